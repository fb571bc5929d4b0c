package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
)

var _ account.Store = (*Store)(nil)

const accountColumns = `id, number, name, closed_at_ms IS NOT NULL, coalesce(user_name, ''), password, first_password, epoch,
	coalesce(system_key, '')`

func readAccount(r row) (a account.Account, err error) {
	var name string
	if err = r.Scan(&a.Holder.ID, number{&a.Holder.Number}, &a.Holder.Name, &a.Closed, &name, &a.Password, &a.First,
		&a.Epoch, &a.Key); err != nil || name == "" {
		return a, err //nolint:wrapcheck // the caller says what it was doing
	}
	if a.UserName, err = card.ParseUserName(name); err != nil {
		return a, fmt.Errorf("a user name in the store is not one: %w", err)
	}
	return a, nil
}

func (s *Store) account(ctx context.Context, where string, arg any) (account.Account, bool, error) {
	a, ok, err := one(ctx, s.read, readAccount, `SELECT `+accountColumns+` FROM cards WHERE `+where, arg)
	if err != nil {
		return account.Account{}, false, fmt.Errorf("read an account: %w", err)
	}
	return a, ok, nil
}

// Account implements account.Store.
func (s *Store) Account(ctx context.Context, id card.ID) (account.Account, bool, error) {
	return s.account(ctx, `id = $1`, id)
}

// AccountByNumber implements account.Store.
func (s *Store) AccountByNumber(ctx context.Context, n card.Number) (account.Account, bool, error) {
	return s.account(ctx, `number = $1`, n.Text())
}

// AccountByUserName implements account.Store.
func (s *Store) AccountByUserName(ctx context.Context, key string) (account.Account, bool, error) {
	return s.account(ctx, `user_name_key = $1`, typed(key))
}

// SetPassword implements account.Store. An own password ends the one that the
// desk handed out.
func (s *Store) SetPassword(ctx context.Context, id card.ID, h account.Hash, epoch int64) (int64, bool, error) {
	raised, ok, err := one(ctx, s.write, value[int64],
		`UPDATE cards SET password = $2, first_password = '', epoch = epoch + 1 WHERE id = $1 AND epoch = $3 RETURNING epoch`,
		id, string(h), epoch)
	if err != nil {
		return 0, false, fmt.Errorf("set a password: %w", err)
	}
	return raised, ok, nil
}

// RaiseEpoch implements account.Store.
func (s *Store) RaiseEpoch(ctx context.Context, id card.ID) (int64, error) {
	epoch, ok, err := one(ctx, s.write, value[int64], `UPDATE cards SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch`, id)
	if err == nil && !ok {
		err = sql.ErrNoRows
	}
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return epoch, nil
}

// HandOutFirst implements account.Store: the own password goes, a first one
// comes, every session ends and the act is logged, all or nothing.
func (s *Store) HandOutFirst(ctx context.Context, id card.ID, h account.Hash, act account.StaffAct) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if err := changeOne(ctx, tx, `UPDATE cards SET password = '', first_password = $2, epoch = epoch + 1 WHERE id = $1`,
			id, string(h)); err != nil {
			return err
		}
		return addStaffAct(ctx, tx, act)
	})
	if err != nil {
		return fmt.Errorf("hand out a password: %w", err)
	}
	return nil
}

// SetUserName implements account.Store.
func (s *Store) SetUserName(ctx context.Context, id card.ID, u card.UserName) (taken bool, err error) {
	var name, key any // NULL: no name
	if !u.IsZero() {
		name, key = u.Text(), u.Key()
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		taken = false
		if !u.IsZero() {
			others, _, err := one(ctx, tx, value[int64],
				`SELECT count(*) FROM cards WHERE user_name_key = $1 AND id <> $2`, key, id)
			if err != nil || others > 0 {
				taken = others > 0
				return err
			}
		}
		return changeOne(ctx, tx, `UPDATE cards SET user_name = $2, user_name_key = $3 WHERE id = $1`, id, name, key)
	})
	if err != nil {
		return false, fmt.Errorf("set a user name: %w", err)
	}
	return taken, nil
}

// KnowsDevice implements account.Store.
func (s *Store) KnowsDevice(ctx context.Context, id card.ID, tokenHash string) (bool, error) {
	_, ok, err := one(ctx, s.read, value[int64],
		`SELECT seen_at_ms FROM devices WHERE card_id = $1 AND token_hash = $2`, id, typed(tokenHash))
	if err != nil {
		return false, fmt.Errorf("look for a device: %w", err)
	}
	return ok, nil
}

// devicesAtMost is how many devices a card remembers: the latest. Who forgets
// their cookies, as a public computer does, comes back as a new device.
const devicesAtMost = 20

// AddDevice implements account.Store.
func (s *Store) AddDevice(ctx context.Context, id card.ID, tokenHash string, at time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := change(ctx, tx, `INSERT INTO devices (card_id, token_hash, seen_at_ms) VALUES ($1, $2, $3)
			ON CONFLICT (card_id, token_hash) DO UPDATE SET seen_at_ms = excluded.seen_at_ms`,
			id, typed(tokenHash), ms(at)); err != nil {
			return err
		}
		_, err := change(ctx, tx, `DELETE FROM devices WHERE card_id = $1 AND token_hash NOT IN (
			SELECT token_hash FROM devices WHERE card_id = $1 ORDER BY seen_at_ms DESC, token_hash LIMIT $2)`, id, devicesAtMost)
		return err
	})
	if err != nil {
		return fmt.Errorf("remember a device: %w", err)
	}
	return nil
}
