package mollie

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Refund implements payment.Provider. Mollie forgets a key after an hour, and a
// job may come again after days: so our number is looked for first. Refused
// means for good; Mollie's answer that an equal refund was asked for just now
// is an error to come again with.
func (p *Provider) Refund(ctx context.Context, r payment.RefundOrder) (payment.RefundStatus, error) {
	if r.Reference == "" || r.Key == "" || r.Amount <= 0 {
		return payment.RefundStatus{}, errors.New("mollie: a refund has a reference, a key and an amount")
	}
	if made, ok, err := p.made(ctx, r); ok || err != nil {
		return made, err
	}
	path, err := below(r.Ref, "refunds")
	if err != nil {
		return payment.RefundStatus{}, err
	}
	var made refund
	err = p.call(ctx, request{method: http.MethodPost, path: path, key: "refund " + r.Key, body: refundRequest{
		Amount: euro(r.Amount), Description: short(r.Description), Metadata: metadata{Reference: r.Reference},
	}}, &made)
	if problem.KindOf(err) == problem.Conflict {
		// "Two identical refund requests in short succession": ours, whose answer
		// was lost, or another of the same amount.
		if before, ok, askErr := p.made(ctx, r); ok || askErr != nil {
			return before, askErr
		}
		return payment.RefundStatus{}, problem.Away(payment.ReasonAway, "pay back through Mollie", err)
	}
	if err != nil {
		return payment.RefundStatus{}, fmt.Errorf("pay back through Mollie: %w", err)
	}
	s, err := made.status()
	if err != nil {
		return payment.RefundStatus{}, fmt.Errorf("read Mollie's refund: %w", err)
	}
	return same(s, r)
}

// made looks for the refund among those that were made.
func (p *Provider) made(ctx context.Context, r payment.RefundOrder) (payment.RefundStatus, bool, error) {
	all, err := p.Refunds(ctx, r.Ref)
	if err != nil {
		return payment.RefundStatus{}, false, err
	}
	i := slices.IndexFunc(all, func(s payment.RefundStatus) bool { return s.Reference == r.Reference })
	if i < 0 {
		return payment.RefundStatus{}, false, nil
	}
	s, err := same(all[i], r)
	return s, true, err
}

// same checks that a refund is the one that was asked for.
func same(s payment.RefundStatus, r payment.RefundOrder) (payment.RefundStatus, error) {
	if s.Reference != r.Reference || s.Amount != r.Amount || s.Ref == "" {
		return payment.RefundStatus{}, problem.New(problem.Conflict, payment.ReasonKeyReused, nil)
	}
	return s, nil
}

// Refunds implements payment.Provider.
func (p *Provider) Refunds(ctx context.Context, ref string) ([]payment.RefundStatus, error) {
	path, err := below(ref, "refunds")
	if err != nil {
		return nil, err
	}
	var all []payment.RefundStatus
	if err := eachOf(ctx, p, path, "refunds", func(r refund) (bool, error) {
		s, err := r.status()
		all = append(all, s)
		return true, err
	}); err != nil {
		return nil, fmt.Errorf("list the refunds of an order at Mollie: %w", err)
	}
	slices.SortStableFunc(all, func(a, b payment.RefundStatus) int { return a.At.Compare(b.At) })
	return all, nil
}

// Chargebacks implements payment.Provider.
func (p *Provider) Chargebacks(ctx context.Context, ref string) ([]payment.Chargeback, error) {
	path, err := below(ref, "chargebacks")
	if err != nil {
		return nil, err
	}
	var all []payment.Chargeback
	if err := eachOf(ctx, p, path, "chargebacks", func(c chargeback) (bool, error) {
		taken, err := c.Amount.cents()
		ours := payment.Chargeback{Ref: c.ID, Amount: taken, At: c.CreatedAt}
		if c.ReversedAt != nil {
			ours.RestoredAt = *c.ReversedAt
		}
		all = append(all, ours)
		return true, err
	}); err != nil {
		return nil, fmt.Errorf("list the chargebacks of an order at Mollie: %w", err)
	}
	slices.SortStableFunc(all, func(a, b payment.Chargeback) int { return a.At.Compare(b.At) })
	return all, nil
}

// stillTaken is the sum of what was taken back and not given back.
func stillTaken(all []payment.Chargeback) (money.Cents, error) {
	var sums []money.Cents
	for _, c := range all {
		if c.RestoredAt.IsZero() {
			sums = append(sums, c.Amount)
		}
	}
	return money.Sum(sums...) //nolint:wrapcheck // nothing to add
}
