package store

import (
	"context"
	"fmt"
	"slices"

	"hoofdpas/internal/card"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/payment"
)

// selectPayments reads payments without their lines; what follows is a
// condition on p.
const selectPayments = `SELECT p.id, p.staff, p.means, p.provider, coalesce(p.ref, ''), p.checkout, coalesce(p.form_key, ''), p.state,
		p.total, p.started_at_ms, p.expires_at_ms, p.ended_at_ms, ` + holderK + `
	FROM payments p JOIN cards k ON k.id = p.payer_id `

func readPayment(r row) (p payment.Payment, err error) {
	err = r.Scan(append([]any{
		&p.ID, &p.Staff, &p.Means, &p.Provider, &p.Ref, &p.Checkout, &p.Key, &p.State, &p.Total,
		instant{&p.StartedAt},
		instant{&p.ExpiresAt},
		instant{&p.EndedAt},
	}, intoHolder(&p.Payer)...)...)
	return p, err //nolint:wrapcheck // the caller says what it was doing
}

// paymentsWhere reads payments with their lines.
func paymentsWhere(ctx context.Context, q querier, where string, args ...any) ([]payment.Payment, error) {
	all, err := list(ctx, q, readPayment, selectPayments+where, args...)
	if err != nil {
		return nil, err
	}
	const atOnce = 500 // placeholders in one query
	for part := range slices.Chunk(all, atOnce) {
		if err := readLines(ctx, q, part); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func readLines(ctx context.Context, q querier, of []payment.Payment) error {
	at := map[payment.ID]int{}
	ids := make([]any, len(of))
	for i, p := range of {
		at[p.ID], ids[i] = i, p.ID
	}
	type line struct {
		payment.Line
		of payment.ID
	}
	lines, err := list(ctx, q, func(r row) (l line, err error) {
		err = r.Scan(append([]any{&l.of, &l.Fee, &l.Kind, &l.Description, &l.Amount, &l.Told, &l.Refused}, intoHolder(&l.Holder)...)...)
		return l, err //nolint:wrapcheck // the caller says what it was doing
	}, `SELECT f.payment_id, f.fee, f.kind, f.description, f.amount, f.told_at_ms IS NOT NULL, f.refused_at_ms IS NOT NULL, `+holderK+`
		FROM payment_fees f JOIN cards k ON k.id = f.card_id
		WHERE f.payment_id IN (`+places(1, len(ids))+`) ORDER BY f.payment_id, f.line`, ids...)
	for _, l := range lines {
		p := &of[at[l.of]]
		p.Lines = append(p.Lines, l.Line)
	}
	return err
}

// selectHolds reads what holds fees; what follows is a condition on f, p and k
// (the payer's card).
const selectHolds = `SELECT f.fee, f.card_id, p.id, p.state, p.expires_at_ms, ` + holderK + `
	FROM payment_fees f JOIN payments p ON p.id = f.payment_id JOIN cards k ON k.id = p.payer_id
	WHERE f.holding `

func readHold(r row) (h payment.Hold, err error) {
	err = r.Scan(append([]any{&h.Fee, &h.Card, &h.Payment, &h.State, instant{&h.Until}}, intoHolder(&h.Payer)...)...)
	return h, err //nolint:wrapcheck // the caller says what it was doing
}

// holdsOn returns what holds the fees of the lines: payments that are open or
// paid, told or not.
func holdsOn(ctx context.Context, q querier, lines []payment.Line) ([]payment.Hold, error) {
	var held []payment.Hold
	for _, l := range lines {
		h, ok, err := one(ctx, q, readHold, selectHolds+`AND f.card_id = $1 AND f.fee = $2`, l.Holder.ID, string(l.Fee))
		if err != nil {
			return nil, err
		}
		if ok {
			held = append(held, h)
		}
	}
	return held, nil
}

// Holds implements payment.Store.
func (s *Store) Holds(ctx context.Context, cards []card.ID) ([]payment.Hold, error) {
	const atOnce = 500 // placeholders in one query
	var all []payment.Hold
	for part := range slices.Chunk(cards, atOnce) {
		ids := make([]any, len(part))
		for i, id := range part {
			ids[i] = id
		}
		held, err := list(ctx, s.read, readHold, selectHolds+holdsOf(len(ids)), ids...)
		if err != nil {
			return nil, fmt.Errorf("read what is being paid: %w", err)
		}
		all = append(all, held...)
	}
	return all, nil
}

// holdsOf is the condition for what n cards owe that is in an open payment, or
// in a paid one that the library system has not been told of.
func holdsOf(n int) string {
	return `AND f.card_id IN (` + places(1, n) + `) AND f.told_at_ms IS NULL ORDER BY f.card_id, f.fee`
}

// book writes what belongs to a step of the payment.
func book(ctx context.Context, q querier, id payment.ID, b payment.Booking) error {
	for _, p := range b.Postings {
		if err := changeOne(ctx, q, `INSERT INTO postings (payment_id, from_account, to_account, amount, at_ms)
			VALUES ($1, $2, $3, $4, $5)`, id, string(p.From), string(p.To), int64(p.Amount), ms(p.At)); err != nil {
			return fmt.Errorf("write a posting: %w", err)
		}
	}
	for _, e := range b.Entries {
		if err := addEntry(ctx, q, e); err != nil {
			return fmt.Errorf("write the log: %w", err)
		}
	}
	return nil
}

// Postings implements payment.Store.
func (s *Store) Postings(ctx context.Context) ([]ledger.Posting, error) {
	all, err := list(ctx, s.read, func(r row) (p ledger.Posting, err error) {
		err = r.Scan(&p.From, &p.To, &p.Amount, &p.Payment, instant{&p.At})
		return p, err //nolint:wrapcheck // wrapped below
	}, `SELECT from_account, to_account, amount, payment_id, at_ms FROM postings ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read the postings: %w", err)
	}
	return all, nil
}
