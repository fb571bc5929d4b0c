package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// book writes what belongs to a step of the payment, and returns the number of
// its receipt when there is a new one. It runs in inBookingTx when there are
// postings.
func (s *Store) book(ctx context.Context, tx *sql.Tx, p payment.Payment, b payment.Booking) (payment.ReceiptNumber, error) {
	refund, err := s.insertRefund(ctx, tx, p, b.Refund)
	if err != nil {
		return payment.ReceiptNumber{}, err
	}
	var postings []ledger.Posting
	for _, q := range b.Postings {
		q.Payment = int64(p.ID)
		postings = append(postings, q)
	}
	for _, q := range b.RefundPostings {
		q.Payment, q.Refund = int64(p.ID), int64(refund)
		postings = append(postings, q)
	}
	if err := post(ctx, tx, postings); err != nil {
		return payment.ReceiptNumber{}, err
	}
	for _, e := range b.Entries {
		if err := addEntry(ctx, tx, e); err != nil {
			return payment.ReceiptNumber{}, fmt.Errorf("write the log: %w", err)
		}
	}
	if err := moveRefunds(ctx, tx, b.RefundMoves); err != nil {
		return payment.ReceiptNumber{}, err
	}
	if err := keepChargebacks(ctx, tx, p, b.Chargebacks); err != nil {
		return payment.ReceiptNumber{}, err
	}
	for _, f := range b.Findings {
		if err := addFinding(ctx, tx, f); err != nil {
			return payment.ReceiptNumber{}, err
		}
	}
	if err := s.follow(ctx, tx, p.ID, b); err != nil {
		return payment.ReceiptNumber{}, err
	}
	if _, err := nextReceipt(ctx, tx, b.RefundSeries, 0, refund); err != nil {
		return payment.ReceiptNumber{}, err
	}
	return nextReceipt(ctx, tx, b.Series, p.ID, 0)
}

// follow keeps the jobs that must follow.
func (s *Store) follow(ctx context.Context, tx *sql.Tx, id payment.ID, b payment.Booking) error {
	for _, l := range b.Letters {
		l.Payment = id
		if err := s.addJob(ctx, tx, l); err != nil {
			return err
		}
	}
	if b.Deliver {
		return s.addJob(ctx, tx, payment.DeliveryJob{Payment: id})
	}
	return nil
}

// insertRefund keeps a new refund, returns its lines, and keeps its job when the
// provider has to be asked.
func (s *Store) insertRefund(ctx context.Context, tx *sql.Tx, p payment.Payment, r *payment.Refund) (payment.RefundID, error) {
	if r == nil {
		return 0, nil
	}
	if err := mustBeOpen(ctx, tx, r.Till.Shift); err != nil {
		return 0, err
	}
	if r.Key != "" {
		// The same form of this payment was answered before it came here.
		_, reused, err := one(ctx, tx, value[int64], `SELECT id FROM refunds WHERE form_key = $1`, typed(r.Key))
		if err == nil && reused {
			err = problem.New(problem.Conflict, payment.ReasonKeyReused, nil)
		}
		if err != nil {
			return 0, err
		}
	}
	id, _, err := one(ctx, tx, value[payment.RefundID], `INSERT INTO refunds (payment_id, means, provider, reason, note, amount, rounding,
			state, ref, order_key, form_key, staff, shift_id, requested_at_ms, ended_at_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id`,
		p.ID, r.Means, r.Provider, r.Reason, typed(r.Note), int64(r.Amount), int64(r.Rounding),
		r.State, orNull(r.Ref), r.OrderKey, orNull(r.Key), r.Staff, key(r.Till.Shift), ms(r.RequestedAt), ms(r.EndedAt))
	if err != nil {
		return 0, fmt.Errorf("write a refund: %w", err)
	}
	for _, line := range r.Lines {
		// Move has seen that nothing changed since it was decided.
		if err := changeOne(ctx, tx, `UPDATE payment_fees SET returned = $3 WHERE payment_id = $1 AND line = $2
			AND returned = '' AND refused_at_ms IS NULL`, p.ID, line, payment.ByRefund); err != nil {
			return 0, fmt.Errorf("return a line: %w", err)
		}
		if err := changeOne(ctx, tx, `INSERT INTO refund_lines (refund_id, payment_id, line) VALUES ($1, $2, $3)`, id, p.ID, line); err != nil {
			return 0, fmt.Errorf("write a line of a refund: %w", err)
		}
	}
	if r.State == payment.Due {
		return id, s.addJob(ctx, tx, payment.RefundJob{Refund: id})
	}
	return id, nil
}

func moveRefunds(ctx context.Context, tx *sql.Tx, moves []payment.RefundMove) error {
	for _, m := range moves {
		var ended time.Time
		if m.To == payment.Done || m.To == payment.RefundFailed {
			ended = m.At
		}
		if err := changeOne(ctx, tx, `UPDATE refunds SET state = $2, ref = coalesce($3, ref), ended_at_ms = $4 WHERE id = $1`,
			m.ID, m.To, orNull(m.Ref), ms(ended)); err != nil {
			return fmt.Errorf("step a refund: %w", err)
		}
	}
	return nil
}

func keepChargebacks(ctx context.Context, tx *sql.Tx, p payment.Payment, all []payment.Chargeback) error {
	for _, b := range all {
		if err := changeOne(ctx, tx, `INSERT INTO chargebacks (payment_id, provider, ref, amount, at_ms, restored_at_ms)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (provider, ref) DO UPDATE SET restored_at_ms = excluded.restored_at_ms`,
			p.ID, p.Provider, typed(b.Ref), int64(b.Amount), ms(b.At), ms(b.RestoredAt)); err != nil {
			return fmt.Errorf("write a chargeback: %w", err)
		}
	}
	return nil
}

// unused frees the lines that a payment is not for after all.
func unused(ctx context.Context, tx *sql.Tx, id payment.ID, lines []int, at time.Time) error {
	for _, line := range lines {
		if err := changeOne(ctx, tx, `UPDATE payment_fees SET told_at_ms = coalesce(told_at_ms, $3), refused_at_ms = $3, holding = FALSE
			WHERE payment_id = $1 AND line = $2`, id, line, ms(at)); err != nil {
			return fmt.Errorf("free a line: %w", err)
		}
	}
	return nil
}

func byChargeback(ctx context.Context, tx *sql.Tx, id payment.ID, lines []int) error {
	for _, line := range lines {
		if err := changeOne(ctx, tx, `UPDATE payment_fees SET returned = $3 WHERE payment_id = $1 AND line = $2
			AND returned = '' AND refused_at_ms IS NULL`, id, line, payment.ByChargeback); err != nil {
			return fmt.Errorf("return a line: %w", err)
		}
	}
	return nil
}

// nextReceipt gives the payment, or the refund, the next number of its series. Those
// who book do so one after the other, so no number is skipped or given twice.
func nextReceipt(ctx context.Context, tx *sql.Tx, s payment.Series, id payment.ID, refund payment.RefundID) (payment.ReceiptNumber, error) {
	if s.Branch == "" {
		return payment.ReceiptNumber{}, nil
	}
	no, ok, err := one(ctx, tx, value[int64], `INSERT INTO receipts (branch, year, no, payment_id, refund_id)
		SELECT $1, $2, coalesce(max(no), 0) + 1, $3, $4 FROM receipts WHERE branch = $1 AND year = $2 RETURNING no`,
		s.Branch, s.Year, key(id), key(refund))
	if err == nil && !ok {
		err = errors.New("it got none")
	}
	if err != nil {
		return payment.ReceiptNumber{}, fmt.Errorf("number a receipt: %w", err)
	}
	return payment.ReceiptNumber{Branch: s.Branch, Year: s.Year, No: no}, nil
}
