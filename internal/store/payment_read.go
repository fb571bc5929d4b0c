package store

import (
	"context"
	"fmt"
	"slices"

	"hoofdpas/internal/card"
	"hoofdpas/internal/payment"
)

// selectPayments reads payments without their lines; what follows is a
// condition on p.
const selectPayments = `SELECT p.id, p.staff, p.means, p.provider, coalesce(p.ref, ''), p.checkout, coalesce(p.form_key, ''),
		p.order_key, p.language, p.state, p.total, p.received, p.rounding, p.version, p.started_at_ms, p.expires_at_ms, p.ended_at_ms,
		coalesce(p.shift_id, 0), coalesce(s.branch, p.branch), coalesce(s.desk, p.terminal),
		coalesce(r.branch, ''), coalesce(r.year, 0), coalesce(r.no, 0), ` + holderK + `
	FROM payments p JOIN cards k ON k.id = p.payer_id LEFT JOIN shifts s ON s.id = p.shift_id
		LEFT JOIN receipts r ON r.payment_id = p.id `

func readPayment(r row) (p payment.Payment, err error) {
	err = r.Scan(append([]any{
		&p.ID, &p.Staff, &p.Means, &p.Provider, &p.Ref, &p.Checkout, &p.Key,
		&p.OrderKey, &p.Language, &p.State, &p.Total, &p.Received, &p.Rounding, &p.Version,
		instant{&p.StartedAt},
		instant{&p.ExpiresAt},
		instant{&p.EndedAt},
		&p.Till.Shift, &p.Till.Branch, &p.Till.Desk,
		&p.Receipt.Branch, &p.Receipt.Year, &p.Receipt.No,
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
		at, ids := map[payment.ID]*payment.Payment{}, make([]any, len(part))
		for i := range part {
			at[part[i].ID], ids[i] = &part[i], part[i].ID
		}
		for _, read := range []func(context.Context, querier, map[payment.ID]*payment.Payment, []any) error{
			readLines, readRefunds, readRefundLines, readChargebacks,
		} {
			if err := read(ctx, q, at, ids); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func readLines(ctx context.Context, q querier, at map[payment.ID]*payment.Payment, ids []any) error {
	type line struct {
		payment.Line
		of payment.ID
	}
	lines, err := list(ctx, q, func(r row) (l line, err error) {
		err = r.Scan(append([]any{
			&l.of, &l.Fee, &l.Kind, &l.Description, &l.Amount, &l.Told, &l.Telling, &l.Refused, &l.Returned, &l.Reopened, &l.Of,
		}, intoHolder(&l.Holder)...)...)
		return l, err //nolint:wrapcheck // the caller says what it was doing
	}, `SELECT f.payment_id, f.fee, f.kind, f.description, f.amount, f.told_at_ms IS NOT NULL,
			f.told_at_ms IS NULL AND f.telling_at_ms IS NOT NULL, f.refused_at_ms IS NOT NULL,
			f.returned, f.reopened_at_ms IS NOT NULL, coalesce(f.of_amount, 0), `+holderK+`
		FROM payment_fees f JOIN cards k ON k.id = f.card_id
		WHERE f.payment_id IN (`+places(1, len(ids))+`) ORDER BY f.payment_id, f.line`, ids...)
	for _, l := range lines {
		at[l.of].Lines = append(at[l.of].Lines, l.Line)
	}
	return err
}

func readRefunds(ctx context.Context, q querier, at map[payment.ID]*payment.Payment, ids []any) error {
	all, err := list(ctx, q, func(r row) (f payment.Refund, err error) {
		err = r.Scan(&f.ID, &f.Payment, &f.Means, &f.Provider, &f.Ref, &f.OrderKey, &f.Key, &f.Reason, &f.Note, &f.Amount, &f.Rounding,
			&f.State, &f.Staff, &f.Till.Shift, &f.Till.Branch, &f.Till.Desk,
			&f.Receipt.Branch, &f.Receipt.Year, &f.Receipt.No,
			instant{&f.RequestedAt},
			instant{&f.EndedAt})
		return f, err //nolint:wrapcheck // the caller says what it was doing
	}, `SELECT f.id, f.payment_id, f.means, f.provider, coalesce(f.ref, ''), f.order_key, coalesce(f.form_key, ''), f.reason, f.note,
			f.amount, f.rounding, f.state, f.staff, coalesce(f.shift_id, 0), coalesce(s.branch, ''), coalesce(s.desk, ''),
			coalesce(r.branch, ''), coalesce(r.year, 0), coalesce(r.no, 0), f.requested_at_ms, f.ended_at_ms
		FROM refunds f LEFT JOIN shifts s ON s.id = f.shift_id LEFT JOIN receipts r ON r.refund_id = f.id
		WHERE f.payment_id IN (`+places(1, len(ids))+`) ORDER BY f.id`, ids...)
	for _, f := range all {
		at[f.Payment].Refunds = append(at[f.Payment].Refunds, f)
	}
	return err
}

func readRefundLines(ctx context.Context, q querier, at map[payment.ID]*payment.Payment, ids []any) error {
	type line struct {
		refund payment.RefundID
		of     payment.ID
		index  int
	}
	all, err := list(ctx, q, func(r row) (l line, err error) {
		err = r.Scan(&l.refund, &l.of, &l.index)
		return l, err //nolint:wrapcheck // the caller says what it was doing
	}, `SELECT refund_id, payment_id, line FROM refund_lines WHERE payment_id IN (`+places(1, len(ids))+`) ORDER BY payment_id, line`, ids...)
	for _, l := range all {
		refunds := at[l.of].Refunds
		i := slices.IndexFunc(refunds, func(f payment.Refund) bool { return f.ID == l.refund })
		refunds[i].Lines = append(refunds[i].Lines, l.index)
	}
	return err
}

func readChargebacks(ctx context.Context, q querier, at map[payment.ID]*payment.Payment, ids []any) error {
	type chargeback struct {
		payment.Chargeback
		of payment.ID
	}
	all, err := list(ctx, q, func(r row) (b chargeback, err error) {
		err = r.Scan(&b.of, &b.Ref, &b.Amount, instant{&b.At}, instant{&b.RestoredAt})
		return b, err //nolint:wrapcheck // the caller says what it was doing
	}, `SELECT payment_id, ref, amount, at_ms, restored_at_ms FROM chargebacks WHERE payment_id IN (`+places(1, len(ids))+`) ORDER BY id`, ids...)
	for _, b := range all {
		at[b.of].Chargebacks = append(at[b.of].Chargebacks, b.Chargeback)
	}
	return err
}

// selectHolds reads what holds fees; what follows is a condition on f, p and k
// (the payer's card).
const selectHolds = `SELECT f.fee, f.card_id, p.id, p.state, p.expires_at_ms, coalesce(f.of_amount - f.amount, 0), ` + holderK + `
	FROM payment_fees f JOIN payments p ON p.id = f.payment_id JOIN cards k ON k.id = p.payer_id
	WHERE f.holding `

func readHold(r row) (h payment.Hold, err error) {
	err = r.Scan(append([]any{&h.Fee, &h.Card, &h.Payment, &h.State, instant{&h.Until}, &h.Rest}, intoHolder(&h.Payer)...)...)
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
// in one that came in and of which the library system has not been told all.
func holdsOf(n int) string {
	return `AND f.card_id IN (` + places(1, n) + `) AND (f.told_at_ms IS NULL OR f.returned <> '') ORDER BY f.card_id, f.fee`
}
