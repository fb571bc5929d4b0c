package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

var _ payment.Store = (*Store)(nil)

// OpenPayment implements payment.Store.
func (s *Store) OpenPayment(ctx context.Context, p payment.Payment, b payment.Booking) (kept payment.Payment, held []payment.Hold, err error) {
	within := s.inTx
	if len(b.Postings) > 0 {
		within = s.inBookingTx
	}
	err = within(ctx, func(tx *sql.Tx) error {
		kept, held = payment.Payment{}, nil
		if p.Key != "" {
			before, err := paymentsWhere(ctx, tx, `WHERE p.form_key = $1`, typed(p.Key))
			if err != nil {
				return err
			}
			if len(before) > 0 {
				kept = before[0]
				kept.Again = true
				return nil
			}
		}
		var err error
		if held, err = holdsOn(ctx, tx, p.Lines); err != nil || len(held) > 0 {
			return err
		}
		if err := mustBeOpen(ctx, tx, p.Till.Shift); err != nil {
			return err
		}
		kept = p
		kept.Received = b.Received
		if kept.ID, err = insertPayment(ctx, tx, kept); err != nil {
			return err
		}
		if err := insertLines(ctx, tx, kept); err != nil {
			return err
		}
		kept.Receipt, err = s.book(ctx, tx, kept, b)
		return err
	})
	if err != nil {
		return payment.Payment{}, nil, fmt.Errorf("open a payment: %w", err)
	}
	return kept, held, nil
}

// mustBeOpen refuses what is taken or handed out in a shift that has been
// closed. 0 is no shift: online.
func mustBeOpen(ctx context.Context, tx *sql.Tx, shift int64) error {
	if shift == 0 {
		return nil
	}
	_, ok, err := one(ctx, tx, value[int64], `SELECT id FROM shifts WHERE id = $1 AND closed_at_ms IS NULL`, shift)
	if err == nil && !ok {
		err = problem.New(problem.Conflict, payment.ReasonShiftOver, nil)
	}
	return err
}

func insertPayment(ctx context.Context, tx *sql.Tx, p payment.Payment) (payment.ID, error) {
	branch, terminal := "", "" // at the desk the shift has them
	if p.Till.Shift == 0 {
		branch, terminal = p.Till.Branch, p.Till.Desk
	}
	id, _, err := one(ctx, tx, value[payment.ID], `INSERT INTO payments (payer_id, staff, means, provider, ref, checkout, form_key,
			order_key, language, state, total, received, rounding, shift_id, started_at_ms, expires_at_ms, ended_at_ms, branch, terminal)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING id`,
		p.Payer.ID, p.Staff, p.Means, p.Provider, orNull(p.Ref), p.Checkout, orNull(p.Key),
		p.OrderKey, typed(p.Language), p.State, int64(p.Total), int64(p.Received), int64(p.Rounding), key(p.Till.Shift),
		ms(p.StartedAt), p.ExpiresAt.UnixMilli(), ms(p.EndedAt), branch, terminal)
	return id, err
}

// insertLines writes the lines in the order of their fees, so that two payments
// over the same fees wait for each other instead of each for the other.
func insertLines(ctx context.Context, tx *sql.Tx, p payment.Payment) error {
	order := make([]int, len(p.Lines))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if d := int64(p.Lines[a].Holder.ID) - int64(p.Lines[b].Holder.ID); d != 0 {
			return int(max(-1, min(d, 1)))
		}
		return strings.Compare(string(p.Lines[a].Fee), string(p.Lines[b].Fee))
	})
	holding := p.State == payment.Open || p.State == payment.Paid
	for _, i := range order {
		l := p.Lines[i]
		n, err := change(ctx, tx, `INSERT INTO payment_fees (payment_id, line, card_id, fee, kind, description, amount, holding, of_amount)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (card_id, fee) WHERE holding DO NOTHING`,
			p.ID, i, l.Holder.ID, string(l.Fee), l.Kind, l.Description, int64(l.Amount), holding, key(int64(l.Of)))
		if err != nil {
			return err
		}
		if n == 0 && slices.ContainsFunc(p.Lines[:i], func(o payment.Line) bool { return o.Holder.ID == l.Holder.ID && o.Fee == l.Fee }) {
			return errors.New("a fee is twice in one payment")
		}
		if n == 0 {
			return errAgain // held since holdsOn looked, which will see it now
		}
	}
	return nil
}

// AttachCheckout implements payment.Store. It does so in whatever state the
// payment is by now: a provider that says paid later must find it.
func (s *Store) AttachCheckout(ctx context.Context, id payment.ID, ref, checkout string) error {
	if err := changeOne(ctx, s.write, `UPDATE payments SET ref = $2, checkout = $3 WHERE id = $1`,
		id, orNull(ref), typed(checkout)); err != nil {
		return fmt.Errorf("keep the provider's page: %w", err)
	}
	return nil
}

// Move implements payment.Store. A step that is not in payment.Steps is an error
// of ours.
func (s *Store) Move(ctx context.Context, p payment.Payment, to payment.State, at time.Time, b payment.Booking) (moved bool, err error) {
	if to != p.State && !payment.Allowed(p.State, to) {
		return false, fmt.Errorf("move a payment: from %s to %s is not allowed", p.State, to)
	}
	err = s.inBookingTx(ctx, func(tx *sql.Tx) error {
		moved = false
		n, err := change(ctx, tx, `UPDATE payments SET state = $3, version = version + 1, received = received + $4,
				ended_at_ms = CASE WHEN state IN ('open', 'failed', 'cancelled', 'expired') AND $3 <> state THEN $5 ELSE ended_at_ms END
			WHERE id = $1 AND version = $2`, p.ID, p.Version, to, int64(b.Received), ms(at))
		if err != nil || n == 0 {
			return err
		}
		if err := unused(ctx, tx, p.ID, b.Unused, at); err != nil {
			return err
		}
		if to != p.State {
			if free, err := hold(ctx, tx, p.ID, to); err != nil || !free {
				return cmp.Or(err, errHeld)
			}
		}
		if err := byChargeback(ctx, tx, p.ID, b.ByChargeback); err != nil {
			return err
		}
		if _, err := s.book(ctx, tx, p, b); err != nil {
			return err
		}
		moved = true
		return nil
	})
	if errors.Is(err, errHeld) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("move a payment: %w", err)
	}
	return moved, nil
}

// errHeld undoes a step to Paid of a payment whose fees another one has.
var errHeld = errors.New("its fees are in another payment")

// hold sets whether a payment that came into a state holds its fees. It reports
// false when it should and another payment does.
func hold(ctx context.Context, tx *sql.Tx, id payment.ID, to payment.State) (bool, error) {
	switch to {
	case payment.Paid:
	case payment.Failed, payment.Cancelled, payment.Expired, payment.Owed:
		_, err := change(ctx, tx, `UPDATE payment_fees SET holding = FALSE
			WHERE payment_id = $1 AND holding AND returned = ''`, id)
		return true, err
	default: // line by line: those that were returned, once the library system knows
		return true, nil
	}
	held, err := heldElsewhere(ctx, tx, id)
	if err != nil || len(held) > 0 {
		return false, err
	}
	_, err = change(ctx, tx, `UPDATE payment_fees SET holding = TRUE WHERE payment_id = $1 AND NOT holding AND refused_at_ms IS NULL
		AND (of_amount IS NULL OR told_at_ms IS NULL)`, id)
	return true, err
}

// heldElsewhere returns the lines of a payment, but for those it is not for,
// whose fees another payment has.
func heldElsewhere(ctx context.Context, q querier, id payment.ID) ([]int, error) {
	return list(ctx, q, value[int], `SELECT f.line FROM payment_fees f JOIN payment_fees o
		ON o.card_id = f.card_id AND o.fee = f.fee AND o.holding AND o.payment_id <> f.payment_id
		WHERE f.payment_id = $1 AND f.refused_at_ms IS NULL ORDER BY f.line`, id)
}

// HeldElsewhere implements payment.Store.
func (s *Store) HeldElsewhere(ctx context.Context, p payment.Payment) ([]int, error) {
	held, err := heldElsewhere(ctx, s.read, p.ID)
	if err != nil {
		return nil, fmt.Errorf("look whether fees are free: %w", err)
	}
	return held, nil
}

// BeginDelivery implements payment.Store.
func (s *Store) BeginDelivery(ctx context.Context, id payment.ID, at, until time.Time) (bool, error) {
	wrong := until.Add(until.Sub(at)) // the clocks of two machines differ by less
	n, err := change(ctx, s.write, `UPDATE payments SET delivering_until_ms = $3
		WHERE id = $1 AND (delivering_until_ms IS NULL OR delivering_until_ms <= $2 OR delivering_until_ms > $4)`,
		id, ms(at), ms(until), ms(wrong))
	if err != nil {
		return false, fmt.Errorf("take a payment to deliver it: %w", err)
	}
	return n == 1, nil
}

// EndDelivery implements payment.Store.
func (s *Store) EndDelivery(ctx context.Context, id payment.ID, until time.Time) error {
	if _, err := change(ctx, s.write, `UPDATE payments SET delivering_until_ms = NULL WHERE id = $1 AND delivering_until_ms = $2`,
		id, ms(until)); err != nil {
		return fmt.Errorf("give a delivered payment back: %w", err)
	}
	return nil
}

// MarkTelling implements payment.Store.
func (s *Store) MarkTelling(ctx context.Context, id payment.ID, lines []int, at time.Time) error {
	if len(lines) == 0 {
		return nil
	}
	args := []any{id, ms(at)}
	for _, line := range lines {
		args = append(args, line)
	}
	if _, err := change(ctx, s.write, `UPDATE payment_fees SET telling_at_ms = $2
		WHERE payment_id = $1 AND told_at_ms IS NULL AND line IN (`+places(3, len(lines))+`)`, args...); err != nil {
		return fmt.Errorf("keep that the library system is being told: %w", err)
	}
	return nil
}

// MarkTold implements payment.Store. A fee of which a part was paid is free from then
// on: its rest can be paid.
func (s *Store) MarkTold(ctx context.Context, id payment.ID, of card.ID, at time.Time) error {
	if _, err := change(ctx, s.write, `UPDATE payment_fees SET told_at_ms = $3, holding = holding AND of_amount IS NULL
		WHERE payment_id = $1 AND card_id = $2 AND told_at_ms IS NULL`, id, of, ms(at)); err != nil {
		return fmt.Errorf("keep that the library system was told: %w", err)
	}
	return nil
}

// MarkReopened implements payment.Store.
func (s *Store) MarkReopened(ctx context.Context, id payment.ID, of card.ID, at time.Time) error {
	if _, err := change(ctx, s.write, `UPDATE payment_fees SET reopened_at_ms = $3, holding = FALSE
		WHERE payment_id = $1 AND card_id = $2 AND returned <> '' AND told_at_ms IS NOT NULL AND reopened_at_ms IS NULL`,
		id, of, ms(at)); err != nil {
		return fmt.Errorf("keep that fees are open again: %w", err)
	}
	return nil
}

// Payment implements payment.Store.
func (s *Store) Payment(ctx context.Context, id payment.ID) (payment.Payment, error) {
	return found(s.payments(ctx, `WHERE p.id = $1`, id))
}

// PaymentByRef implements payment.Store.
func (s *Store) PaymentByRef(ctx context.Context, provider, ref string) (payment.Payment, error) {
	return found(s.payments(ctx, `WHERE p.provider = $1 AND p.ref = $2`, typed(provider), typed(ref)))
}

func found(all []payment.Payment, err error) (payment.Payment, error) {
	if err == nil && len(all) == 0 {
		err = problem.New(problem.NotFound, payment.ReasonNotFound, nil)
	}
	if err != nil {
		return payment.Payment{}, fmt.Errorf("find a payment: %w", err)
	}
	return all[0], nil
}

// PaymentByKey implements payment.Store.
func (s *Store) PaymentByKey(ctx context.Context, key string) (payment.Payment, bool, error) {
	all, err := s.payments(ctx, `WHERE p.form_key = $1`, typed(key))
	if err != nil || len(all) == 0 {
		return payment.Payment{}, false, err
	}
	return all[0], true, nil
}

// PaymentByRefund implements payment.Store.
func (s *Store) PaymentByRefund(ctx context.Context, id payment.RefundID) (payment.Payment, error) {
	return found(s.payments(ctx, `WHERE p.id = (SELECT payment_id FROM refunds WHERE id = $1)`, id))
}

// Waiting implements payment.Store.
func (s *Store) Waiting(ctx context.Context, expired, started time.Time, limit int) ([]payment.Payment, error) {
	return s.payments(ctx, waiting, ms(expired), ms(started), limit)
}

// RefundsUnderWay implements payment.Store.
func (s *Store) RefundsUnderWay(ctx context.Context, limit int) ([]payment.RefundID, error) {
	ids, err := list(ctx, s.read, value[payment.RefundID], refundsUnderWay, limit)
	if err != nil {
		return nil, fmt.Errorf("read refunds under way: %w", err)
	}
	return ids, nil
}

// PaymentsOf implements payment.Store.
func (s *Store) PaymentsOf(ctx context.Context, id card.ID, limit int) ([]payment.Payment, error) {
	return s.payments(ctx, paymentsOf, id, limit)
}

// Taken implements payment.Store.
func (s *Store) Taken(ctx context.Context, staff string, from, to time.Time) ([]payment.Payment, error) {
	return s.payments(ctx, takenBy, typed(staff), ms(from), ms(to))
}

// TakenAtTerminals implements payment.Store.
func (s *Store) TakenAtTerminals(ctx context.Context, from, to time.Time) ([]payment.TerminalTakings, error) {
	taken, err := list(ctx, s.read, func(r row) (t payment.TerminalTakings, err error) {
		err = r.Scan(&t.Terminal.Branch, &t.Terminal.Desk, &t.Payments, &t.Amount)
		return t, err //nolint:wrapcheck // the caller says what it was doing
	}, takenAtTerminals, from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("add up what terminals took: %w", err)
	}
	return taken, nil
}

// Online implements payment.Store.
func (s *Store) Online(ctx context.Context, provider string, from, to time.Time, after payment.ID, limit int) ([]payment.Payment, error) {
	return s.payments(ctx, online, typed(provider), ms(from), ms(to), after, limit)
}

// The conditions of the lists above; a test looks how they are answered.
const (
	waiting = `WHERE p.state = 'open' AND (p.expires_at_ms < $1 OR p.started_at_ms < $2) ORDER BY p.expires_at_ms, p.id LIMIT $3`
	// What others paid for the card is theirs until money came.
	paymentsOf = `WHERE p.id IN (SELECT id FROM (SELECT id FROM payments WHERE payer_id = $1 ORDER BY id DESC LIMIT $2) c
		UNION SELECT payment_id FROM (SELECT DISTINCT f.payment_id FROM payment_fees f JOIN payments q ON q.id = f.payment_id
			WHERE f.card_id = $1 AND q.state IN ('paid', 'owed', 'refunded', 'charged_back')
			ORDER BY f.payment_id DESC LIMIT $2) t) ORDER BY p.id DESC LIMIT $2`
	takenBy = `WHERE p.staff <> '' AND p.staff = $1 AND p.started_at_ms >= $2 AND p.started_at_ms < $3 ORDER BY p.id DESC`
	// What came in is in the ledger, by its instant.
	takenAtTerminals = `SELECT p.branch, p.terminal, count(DISTINCT p.id), CAST(sum(q.amount) AS BIGINT)
		FROM postings q JOIN payments p ON p.id = q.payment_id
		WHERE q.at_ms >= $1 AND q.at_ms < $2 AND p.terminal <> '' AND q.to_account = 'terminal/' || p.branch || '/' || p.terminal
		GROUP BY p.branch, p.terminal ORDER BY p.branch, p.terminal`
	online          = `WHERE p.provider <> '' AND p.provider = $1 AND p.started_at_ms >= $2 AND p.started_at_ms < $3 AND p.id > $4 ORDER BY p.id LIMIT $5`
	refundsUnderWay = `SELECT id FROM refunds WHERE state IN ('due', 'sent') ORDER BY id LIMIT $1`
)

func (s *Store) payments(ctx context.Context, where string, args ...any) (all []payment.Payment, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		all, err = paymentsWhere(ctx, tx, where, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	return all, nil
}
