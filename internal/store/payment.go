package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

var _ payment.Store = (*Store)(nil)

// OpenPayment implements payment.Store.
func (s *Store) OpenPayment(ctx context.Context, p payment.Payment, b payment.Booking) (kept payment.Payment, held []payment.Hold, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
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
		kept = p
		if kept.ID, err = insertPayment(ctx, tx, p); err != nil {
			return err
		}
		if err := insertLines(ctx, tx, kept); err != nil {
			return err
		}
		if err := book(ctx, tx, kept.ID, b); err != nil {
			return err
		}
		if p.State != payment.Paid {
			return nil
		}
		return s.addJob(ctx, tx, payment.DeliveryJob{Payment: kept.ID})
	})
	if err != nil {
		return payment.Payment{}, nil, fmt.Errorf("open a payment: %w", err)
	}
	return kept, held, nil
}

func insertPayment(ctx context.Context, tx *sql.Tx, p payment.Payment) (payment.ID, error) {
	id, _, err := one(ctx, tx, value[payment.ID], `INSERT INTO payments (payer_id, staff, means, provider, ref, checkout, form_key,
			state, total, started_at_ms, expires_at_ms, ended_at_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		p.Payer.ID, p.Staff, p.Means, p.Provider, orNull(p.Ref), p.Checkout, orNull(p.Key),
		p.State, int64(p.Total), ms(p.StartedAt), p.ExpiresAt.UnixMilli(), ms(p.EndedAt))
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
		n, err := change(ctx, tx, `INSERT INTO payment_fees (payment_id, line, card_id, fee, kind, description, amount, holding)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (card_id, fee) WHERE holding DO NOTHING`,
			p.ID, i, l.Holder.ID, string(l.Fee), l.Kind, l.Description, int64(l.Amount), holding)
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

// StepPayment implements payment.Store. A step that is not in payment.Steps is
// an error of ours.
func (s *Store) StepPayment(ctx context.Context, id payment.ID, from, to payment.State, at time.Time, b payment.Booking) (stepped bool, err error) {
	if !payment.Allowed(from, to) {
		return false, fmt.Errorf("step a payment: from %s to %s is not allowed", from, to)
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		stepped = false
		n, err := change(ctx, tx, `UPDATE payments SET state = $3, ended_at_ms = $4 WHERE id = $1 AND state = $2
			AND ($3 <> 'paid' OR NOT EXISTS (SELECT 1 FROM payment_fees f JOIN payment_fees o
				ON o.card_id = f.card_id AND o.fee = f.fee AND o.holding AND o.payment_id <> f.payment_id
				WHERE f.payment_id = payments.id))`,
			id, from, to, ms(at))
		if err != nil || n == 0 {
			return err
		}
		stepped = true
		if _, err := change(ctx, tx, `UPDATE payment_fees SET holding = $2 WHERE payment_id = $1 AND holding <> $2`,
			id, to == payment.Paid); err != nil {
			return err
		}
		if err := book(ctx, tx, id, b); err != nil || to != payment.Paid {
			return err
		}
		return s.addJob(ctx, tx, payment.DeliveryJob{Payment: id})
	})
	if err != nil {
		return false, fmt.Errorf("step a payment: %w", err)
	}
	return stepped, nil
}

// MarkTold implements payment.Store.
func (s *Store) MarkTold(ctx context.Context, id payment.ID, of card.ID, at time.Time) error {
	if _, err := change(ctx, s.write, `UPDATE payment_fees SET told_at_ms = $3
		WHERE payment_id = $1 AND card_id = $2 AND told_at_ms IS NULL`, id, of, ms(at)); err != nil {
		return fmt.Errorf("keep that the library system was told: %w", err)
	}
	return nil
}

// RefuseLine implements payment.Store.
func (s *Store) RefuseLine(
	ctx context.Context, id payment.ID, of card.ID, fee circulation.FeeID, at time.Time, b payment.Booking,
) (refused bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		n, err := change(ctx, tx, `UPDATE payment_fees SET told_at_ms = $4, refused_at_ms = $4, holding = FALSE
			WHERE payment_id = $1 AND card_id = $2 AND fee = $3 AND told_at_ms IS NULL`, id, of, string(fee), ms(at))
		if refused = n > 0; err != nil || !refused {
			return err
		}
		return book(ctx, tx, id, b)
	})
	if err != nil {
		return false, fmt.Errorf("keep that the library system refused: %w", err)
	}
	return refused, nil
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

// Stale implements payment.Store.
func (s *Store) Stale(ctx context.Context, before time.Time, limit int) ([]payment.Payment, error) {
	return s.payments(ctx, stale, ms(before), limit)
}

// PaymentsOf implements payment.Store.
func (s *Store) PaymentsOf(ctx context.Context, payer card.ID, limit int) ([]payment.Payment, error) {
	return s.payments(ctx, paymentsOf, payer, limit)
}

// Taken implements payment.Store.
func (s *Store) Taken(ctx context.Context, staff string, from, to time.Time) ([]payment.Payment, error) {
	return s.payments(ctx, takenBy, typed(staff), ms(from), ms(to))
}

// The conditions of the lists above; a test looks how they are answered.
const (
	stale      = `WHERE p.state = 'open' AND p.expires_at_ms < $1 ORDER BY p.expires_at_ms, p.id LIMIT $2`
	paymentsOf = `WHERE p.payer_id = $1 ORDER BY p.id DESC LIMIT $2`
	takenBy    = `WHERE p.staff <> '' AND p.staff = $1 AND p.started_at_ms >= $2 AND p.started_at_ms < $3 ORDER BY p.id DESC`
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
