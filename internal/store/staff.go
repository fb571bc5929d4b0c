package store

import (
	"context"
	"fmt"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
)

const staffColumns = `id, user_name, name, password, disabled, epoch`

func readStaff(r row) (st account.Staff, err error) {
	err = r.Scan(&st.ID, &st.User, &st.Name, &st.Password, &st.Disabled, &st.Epoch)
	return st, err //nolint:wrapcheck // the caller says what it was doing
}

func (s *Store) staff(ctx context.Context, where string, arg any) (account.Staff, bool, error) {
	st, ok, err := one(ctx, s.read, readStaff, `SELECT `+staffColumns+` FROM staff WHERE `+where, arg)
	if err != nil {
		return account.Staff{}, false, fmt.Errorf("read a staff account: %w", err)
	}
	return st, ok, nil
}

// StaffByUser implements account.Store.
func (s *Store) StaffByUser(ctx context.Context, user string) (account.Staff, bool, error) {
	return s.staff(ctx, `user_name = $1`, typed(user))
}

// StaffByID implements account.Store.
func (s *Store) StaffByID(ctx context.Context, id int64) (account.Staff, bool, error) {
	return s.staff(ctx, `id = $1`, id)
}

// AddStaff implements account.Store.
func (s *Store) AddStaff(ctx context.Context, st account.Staff) (taken bool, err error) {
	n, err := change(ctx, s.write, `INSERT INTO staff (user_name, name, password, disabled) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_name) DO NOTHING`, st.User, st.Name, string(st.Password), st.Disabled)
	if err != nil {
		return false, fmt.Errorf("add a staff account: %w", err)
	}
	return n == 0, nil
}

// ListStaff implements account.Store.
func (s *Store) ListStaff(ctx context.Context) ([]account.Staff, error) {
	all, err := list(ctx, s.read, readStaff, `SELECT `+staffColumns+` FROM staff ORDER BY user_name`)
	if err != nil {
		return nil, fmt.Errorf("list staff accounts: %w", err)
	}
	return all, nil
}

// SaveStaff implements account.Store.
func (s *Store) SaveStaff(ctx context.Context, st account.Staff) (bool, error) {
	n, err := change(ctx, s.write, `UPDATE staff SET name = $3, password = $4, disabled = $5, epoch = epoch + 1 WHERE id = $1 AND epoch = $2`,
		st.ID, st.Epoch, st.Name, string(st.Password), st.Disabled)
	if err != nil {
		return false, fmt.Errorf("save a staff account: %w", err)
	}
	return n == 1, nil
}

// AddStaffAct implements account.Store.
func (s *Store) AddStaffAct(ctx context.Context, act account.StaffAct) error {
	if err := addStaffAct(ctx, s.write, act); err != nil {
		return fmt.Errorf("log an act of the desk: %w", err)
	}
	return nil
}

func addStaffAct(ctx context.Context, q querier, act account.StaffAct) error {
	return changeOne(ctx, q, `INSERT INTO staff_acts (at_ms, staff, card_id, act, detail) VALUES ($1, $2, $3, $4, $5)`,
		ms(act.At), act.Staff, key(act.Card.ID), act.Act, typed(act.Detail))
}

// StaffActs implements account.Store.
func (s *Store) StaffActs(ctx context.Context, id card.ID, limit int) ([]account.StaffAct, error) {
	all, err := list(ctx, s.read, func(r row) (a account.StaffAct, err error) {
		err = r.Scan(append([]any{instant{&a.At}, &a.Staff, &a.Act, &a.Detail}, intoHolder(&a.Card)...)...)
		return a, err //nolint:wrapcheck // wrapped below
	}, `SELECT a.at_ms, a.staff, a.act, a.detail, `+holderK+` FROM staff_acts a JOIN cards k ON k.id = a.card_id
		WHERE a.card_id = $1 ORDER BY a.id DESC LIMIT $2`, id, limit)
	if err != nil {
		return nil, fmt.Errorf("read the acts of the desk: %w", err)
	}
	return all, nil
}
