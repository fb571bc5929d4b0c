package payment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/problem"
)

// Findings returns what somebody at the desk has to look at, the oldest first;
// or, when open is false, what was settled, the newest first.
func (c *Cashier) Findings(ctx context.Context, open bool, limit int) ([]Finding, error) {
	all, err := c.Store.Findings(ctx, open, limit)
	if err != nil {
		return nil, fmt.Errorf("list what the desk has to look at: %w", err)
	}
	return all, nil
}

// SettleFinding records that a staff member settled a finding, and how (note).
// With writeOff, what is still owed of its payment, or what the payer's bank took
// back for no fee, is written off. Problems: ReasonNote, ReasonNotFound when it
// is not open, ReasonNotOwed when there is nothing to write off.
func (c *Cashier) SettleFinding(ctx context.Context, staff string, id FindingID, note string, writeOff bool) error {
	if note = strings.TrimSpace(note); note == "" || len(note) > maxNote {
		return problem.New(problem.Invalid, ReasonNote, nil)
	}
	f, err := c.Store.Finding(ctx, id)
	if err != nil {
		return fmt.Errorf("settle a finding: %w", err)
	}
	if staff == "" || !f.SettledAt.IsZero() {
		return notFound()
	}
	var postings []ledger.Posting
	if writeOff {
		if postings, err = c.writeOff(ctx, staff, f, note); err != nil {
			return err
		}
	}
	settled, err := c.Store.SettleFinding(ctx, id, staff, note, c.Now(), postings)
	switch {
	case err != nil:
		return fmt.Errorf("settle a finding: %w", err)
	case !settled:
		return notFound()
	}
	return nil
}

func notFound() error { return problem.New(problem.NotFound, ReasonNotFound, nil) }

// writeOff writes off what a finding is about: a claim on the payer is a posting
// that goes with it, and what we owe is a refund of its own.
func (c *Cashier) writeOff(ctx context.Context, staff string, f Finding, note string) ([]ledger.Posting, error) {
	p, err := c.Store.Payment(ctx, f.Payment)
	if err != nil {
		return nil, fmt.Errorf("read the payment of a finding: %w", err)
	}
	if f.Kind != FoundChargebackOdd {
		_, err := c.PayBack(ctx, RefundWish{
			Payment: p.ID, Owed: true, Means: WriteOff, Note: note, Staff: staff, Key: fmt.Sprintf("finding-%d", f.ID),
		})
		return nil, err
	}
	// Not what the bank gave back since, or what was taken off a refund.
	lost := min(f.Amount, p.Ahead())
	if lost == 0 || slices.ContainsFunc(p.Chargebacks, func(b Chargeback) bool {
		return !b.RestoredAt.IsZero() && f.About == p.finding(f.Kind, b.Ref, 0, "", f.FoundAt).About
	}) {
		return nil, problem.New(problem.Conflict, ReasonNotOwed, nil)
	}
	b := &book{payment: p, at: c.Now()}
	b.post(ledger.Chargebacks(int64(p.Payer.ID)), ledger.WriteOffs, lost, ledger.WrittenOff)
	return b.Postings, b.err
}
