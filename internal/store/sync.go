package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
)

// toAsk are the cards that matter here and that the library system was not asked
// for since $1, the longest ago first: those that somebody logs in with, and
// those of a mandate that counts or may come to.
const toAsk = `SELECT k.id, k.number, k.name, coalesce(k.system_key, '') FROM cards k
	WHERE (k.asked_at_ms IS NULL OR k.asked_at_ms < $1) AND (k.number NOT LIKE 'vervallen-%' OR k.system_key IS NOT NULL)
		AND (k.password <> '' OR k.first_password <> '' OR k.user_name IS NOT NULL
			OR EXISTS (SELECT 1 FROM mandates m WHERE m.grantor_id = k.id AND m.state IN ('requested', 'active'))
			OR EXISTS (SELECT 1 FROM mandates m WHERE m.grantee_id = k.id AND m.state IN ('requested', 'active')))
	ORDER BY coalesce(k.asked_at_ms, 0), k.id LIMIT $2`

// ToAsk implements account.Store.
func (s *Store) ToAsk(ctx context.Context, before time.Time, limit int) ([]account.Known, error) {
	all, err := list(ctx, s.read, func(r row) (k account.Known, err error) {
		err = r.Scan(&k.Holder.ID, number{&k.Holder.Number}, &k.Holder.Name, &k.Key)
		return k, err //nolint:wrapcheck // wrapped below
	}, toAsk, ms(before), limit)
	if err != nil {
		return nil, fmt.Errorf("list the cards to ask for: %w", err)
	}
	return all, nil
}

// Seen implements account.Store.
func (s *Store) Seen(ctx context.Context, id card.ID, c card.Card, at time.Time) (h card.Holder, back bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if h, err = knowCard(ctx, tx, c, at); err != nil {
			return err
		}
		n, err := change(ctx, tx, `UPDATE cards SET closed_at_ms = NULL WHERE id = $1 AND closed_at_ms IS NOT NULL`, h.ID)
		if back = n > 0; err != nil {
			return err
		}
		_, err = change(ctx, tx, `UPDATE cards SET missed_on = NULL, asked_at_ms = $2 WHERE id IN ($1, $3)`, h.ID, ms(at), id)
		return err
	})
	if err != nil {
		return card.Holder{}, false, fmt.Errorf("keep what the library system says of a card: %w", err)
	}
	return h, back, nil
}

// Missed implements account.Store.
func (s *Store) Missed(ctx context.Context, id card.ID, on calendar.Date, at time.Time) (closed bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		n, err := change(ctx, tx, `UPDATE cards SET closed_at_ms = $3, epoch = epoch + 1
			WHERE id = $1 AND closed_at_ms IS NULL AND missed_on < $2`, id, iso(on), ms(at))
		if closed = n > 0; err != nil {
			return err
		}
		_, err = change(ctx, tx, `UPDATE cards SET missed_on = coalesce(missed_on, $2), asked_at_ms = $3 WHERE id = $1`, id, iso(on), ms(at))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("keep that the library system knows no such card: %w", err)
	}
	return closed, nil
}

// Renumber implements account.Store.
func (s *Store) Renumber(ctx context.Context, id card.ID, c card.Card, act account.StaffAct) (done bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		done = false
		taken, ok, err := one(ctx, tx, readKnown, selectKnown+`number = $1`, c.Number.Text())
		if err != nil || (ok && taken.id == id) {
			return err
		}
		if ok {
			if empty, err := holdsNothing(ctx, tx, taken.id); err != nil || !empty {
				return err
			}
			if err := giveUpNumber(ctx, tx, taken.id, act.At); err != nil {
				return err
			}
		}
		done = true
		if err := nameCard(ctx, tx, card.Holder{ID: id, Number: c.Number, Name: typed(c.Name)}, c.Key); err != nil {
			return err
		}
		if _, err := change(ctx, tx, `UPDATE cards SET closed_at_ms = NULL, missed_on = NULL WHERE id = $1`, id); err != nil {
			return err
		}
		return addStaffAct(ctx, tx, act)
	})
	if err != nil {
		return false, fmt.Errorf("give a card another number: %w", err)
	}
	return done, nil
}
