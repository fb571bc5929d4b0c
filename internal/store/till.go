package store

import (
	"context"
	"database/sql"
	"fmt"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/till"
)

var _ till.Store = (*Store)(nil)

// selectShifts reads shifts; what follows is a condition on s.
const selectShifts = `SELECT s.id, s.branch, s.desk, s.opened_by, s.opened_at_ms, s.opening_expected, s.opening_counted,
		s.closed_by, s.closed_at_ms, s.cash_expected, s.cash_counted, s.pin_expected, s.pin_counted, s.note
	FROM shifts s `

func readShift(r row) (s till.Shift, err error) {
	err = r.Scan(&s.ID, &s.Branch, &s.Desk, &s.OpenedBy, instant{&s.OpenedAt}, &s.OpeningExpected, &s.OpeningCounted,
		&s.ClosedBy, instant{&s.ClosedAt}, &s.CashExpected, &s.CashCounted, &s.PINExpected, &s.PINCounted, &s.Note)
	return s, err //nolint:wrapcheck // the caller says what it was doing
}

// The conditions of lists of shifts; a test looks how they are answered.
const (
	lastShift  = `WHERE s.branch = $1 AND s.desk = $2 ORDER BY s.id DESC LIMIT 1`
	shiftsOf   = `WHERE s.branch = $1 AND s.desk = $2 ORDER BY s.id DESC LIMIT $3`
	openShifts = `WHERE s.closed_at_ms IS NULL ORDER BY s.branch, s.desk`
)

// LastShift implements till.Store.
func (s *Store) LastShift(ctx context.Context, at till.Place) (till.Shift, bool, error) {
	last, ok, err := one(ctx, s.read, readShift, selectShifts+lastShift, typed(at.Branch), typed(at.Desk))
	if err != nil {
		return till.Shift{}, false, fmt.Errorf("read the last shift: %w", err)
	}
	return last, ok, nil
}

// OpenShift implements till.Store.
func (s *Store) OpenShift(
	ctx context.Context, made till.Shift, after till.ShiftID, postings []ledger.Posting,
) (kept till.Shift, opened bool, err error) {
	err = s.inBookingTx(ctx, func(tx *sql.Tx) error {
		kept, opened = made, false
		last, _, err := one(ctx, tx, readShift, selectShifts+lastShift, typed(made.Branch), typed(made.Desk))
		if err != nil || last.ID != after || (last.ID != 0 && last.IsOpen()) {
			return err
		}
		if kept.ID, _, err = one(ctx, tx, value[till.ShiftID], `INSERT INTO shifts (branch, desk, opened_by, opened_at_ms,
				opening_expected, opening_counted) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
			typed(made.Branch), typed(made.Desk), typed(made.OpenedBy), ms(made.OpenedAt),
			int64(made.OpeningExpected), int64(made.OpeningCounted)); err != nil {
			return err
		}
		opened = true
		return postIn(ctx, tx, kept.ID, postings)
	})
	if err != nil {
		return till.Shift{}, false, fmt.Errorf("open a shift: %w", err)
	}
	return kept, opened, nil
}

// postIn writes the postings of a shift.
func postIn(ctx context.Context, tx *sql.Tx, id till.ShiftID, postings []ledger.Posting) error {
	all := make([]ledger.Posting, len(postings))
	for i, p := range postings {
		p.Shift = int64(id)
		all[i] = p
	}
	return post(ctx, tx, all)
}

// CloseShift implements till.Store. Who books waits for this, so a payment is
// either among what must be there, or finds the shift closed.
func (s *Store) CloseShift(ctx context.Context, made till.Shift, postings []ledger.Posting) (closed bool, err error) {
	err = s.inBookingTx(ctx, func(tx *sql.Tx) error {
		closed = false
		now, _, err := one(ctx, tx, readShift, selectShifts+`WHERE s.id = $1`, made.ID)
		if err != nil || now.ID == 0 || !now.IsOpen() {
			return err
		}
		sums, err := readSums(ctx, tx, now)
		if err != nil {
			return err
		}
		cash, err := sums.Cash()
		if err != nil {
			return err
		}
		pin, err := sums.PIN()
		if err != nil || cash != made.CashExpected || pin != made.PINExpected {
			return err
		}
		if err := changeOne(ctx, tx, `UPDATE shifts SET closed_by = $2, closed_at_ms = $3, cash_expected = $4, cash_counted = $5,
				pin_expected = $6, pin_counted = $7, note = $8 WHERE id = $1 AND closed_at_ms IS NULL`,
			made.ID, typed(made.ClosedBy), ms(made.ClosedAt), int64(made.CashExpected), int64(made.CashCounted),
			int64(made.PINExpected), int64(made.PINCounted), typed(made.Note)); err != nil {
			return err
		}
		closed = true
		return postIn(ctx, tx, made.ID, postings)
	})
	if err != nil {
		return false, fmt.Errorf("close a shift: %w", err)
	}
	return closed, nil
}

// selectMovements reads movements; what follows is a condition.
const selectMovements = `SELECT id, shift_id, kind, amount, reason, staff, at_ms, form_key FROM movements `

const movementsOf = `WHERE shift_id = $1 ORDER BY id`

func readMovement(r row) (m till.Movement, err error) {
	err = r.Scan(&m.ID, &m.Shift, &m.Kind, &m.Amount, &m.Reason, &m.Staff, instant{&m.At}, &m.Key)
	return m, err //nolint:wrapcheck // the caller says what it was doing
}

// AddMovement implements till.Store.
func (s *Store) AddMovement(ctx context.Context, m till.Movement, postings []ledger.Posting) (kept till.Movement, err error) {
	err = s.inBookingTx(ctx, func(tx *sql.Tx) error {
		before, ok, err := one(ctx, tx, readMovement, selectMovements+`WHERE form_key = $1`, typed(m.Key))
		if err != nil || ok {
			kept, kept.Again = before, true
			return err
		}
		kept = m
		now, _, err := one(ctx, tx, readShift, selectShifts+`WHERE s.id = $1`, m.Shift)
		if err != nil {
			return err
		}
		if now.ID == 0 || !now.IsOpen() {
			return problem.New(problem.Conflict, payment.ReasonShiftOver, nil)
		}
		if m.Kind == till.Out {
			sums, err := readSums(ctx, tx, now)
			if err != nil {
				return err
			}
			holds, err := sums.Cash()
			if err != nil {
				return err
			}
			if holds < m.Amount {
				return till.NotEnough(holds).At("bedrag")
			}
		}
		if kept.ID, _, err = one(ctx, tx, value[till.MovementID], `INSERT INTO movements (shift_id, kind, amount, reason, staff, at_ms, form_key)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
			m.Shift, string(m.Kind), int64(m.Amount), typed(m.Reason), typed(m.Staff), ms(m.At), typed(m.Key)); err != nil {
			return err
		}
		return postIn(ctx, tx, m.Shift, postings)
	})
	if err != nil {
		return till.Movement{}, fmt.Errorf("keep a movement of cash: %w", err)
	}
	return kept, nil
}

// Shift implements till.Store.
func (s *Store) Shift(ctx context.Context, id till.ShiftID) (till.Shift, error) {
	found, ok, err := one(ctx, s.read, readShift, selectShifts+`WHERE s.id = $1`, id)
	if err == nil && !ok {
		err = noShift()
	}
	if err != nil {
		return till.Shift{}, fmt.Errorf("read a shift: %w", err)
	}
	return found, nil
}

func noShift() error { return problem.New(problem.NotFound, till.ReasonNotFound, nil) }

// Sums implements till.Store.
func (s *Store) Sums(ctx context.Context, id till.ShiftID) (sum till.Summary, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		sum = till.Summary{}
		var ok bool
		if sum.Shift, ok, err = one(ctx, tx, readShift, selectShifts+`WHERE s.id = $1`, id); err != nil {
			return err
		}
		if !ok {
			return noShift()
		}
		if sum.Sums, err = readSums(ctx, tx, sum.Shift); err != nil {
			return err
		}
		sum.Movements, err = list(ctx, tx, readMovement, selectMovements+movementsOf, id)
		return err
	})
	if err != nil {
		return till.Summary{}, fmt.Errorf("add up a shift: %w", err)
	}
	return sum, nil
}

// readSums adds up a shift from its rows.
func readSums(ctx context.Context, q querier, of till.Shift) (till.Sums, error) {
	s := till.Sums{Opening: of.OpeningCounted}
	type part struct {
		what             string
		count            int
		amount, rounding money.Cents
	}
	parts, err := list(ctx, q, func(r row) (p part, err error) {
		err = r.Scan(&p.what, &p.count, &p.amount, &p.rounding)
		return p, err //nolint:wrapcheck // the caller says what it was doing
	}, shiftParts, of.ID)
	if err != nil {
		return till.Sums{}, err
	}
	for _, p := range parts {
		switch p.what {
		case "paid cash":
			s.CashIn, s.CashPayments = p.amount, p.count
			s.Rounding += p.rounding
		case "paid pin":
			s.PINIn, s.PINPayments = p.amount, p.count
		case "back cash":
			s.CashBack = p.amount
			s.Rounding -= p.rounding
			s.Refunds += p.count
		case "back pin":
			s.PINBack = p.amount
			s.Refunds += p.count
		case string(till.In):
			s.PutIn = p.amount
		case string(till.Out):
			s.TakenOut = p.amount
		}
	}
	return s, nil
}

// shiftParts adds up what came and went in a shift, by kind.
const shiftParts = `SELECT 'paid ' || means, count(*), CAST(sum(received) AS BIGINT), CAST(sum(rounding) AS BIGINT)
		FROM payments WHERE shift_id = $1 GROUP BY means
	UNION ALL SELECT 'back ' || means, count(*), CAST(sum(amount + rounding) AS BIGINT), CAST(sum(rounding) AS BIGINT)
		FROM refunds WHERE shift_id = $1 AND state <> 'failed' GROUP BY means
	UNION ALL SELECT kind, count(*), CAST(sum(amount) AS BIGINT), 0
		FROM movements WHERE shift_id = $1 GROUP BY kind`

// OpenShifts implements till.Store.
func (s *Store) OpenShifts(ctx context.Context) ([]till.Shift, error) {
	open, err := list(ctx, s.read, readShift, selectShifts+openShifts)
	if err != nil {
		return nil, fmt.Errorf("read the open shifts: %w", err)
	}
	return open, nil
}

// Shifts implements till.Store.
func (s *Store) Shifts(ctx context.Context, at till.Place, limit int) ([]till.Shift, error) {
	where, args := `ORDER BY s.id DESC LIMIT $1`, []any{limit}
	if !at.IsZero() {
		where, args = shiftsOf, []any{typed(at.Branch), typed(at.Desk), limit}
	}
	past, err := list(ctx, s.read, readShift, selectShifts+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the shifts: %w", err)
	}
	return past, nil
}
