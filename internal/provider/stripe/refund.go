package stripe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v85"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Refund implements payment.Provider. Stripe forgets a key after a day, and a
// job may come again after more: so our number is looked for first.
func (p *Provider) Refund(ctx context.Context, r payment.RefundOrder) (payment.RefundStatus, error) {
	if r.Reference == "" || r.Key == "" || r.Amount <= 0 {
		return payment.RefundStatus{}, errors.New("stripe: a refund has a reference, a key and an amount")
	}
	s, err := p.session(ctx, r.Ref)
	if err != nil {
		return payment.RefundStatus{}, err
	}
	if charge(s) == nil {
		return payment.RefundStatus{}, problem.New(problem.Conflict, payment.ReasonStep, problem.Args{"state": string(state(s))})
	}
	all, err := p.refunds(ctx, s)
	if err != nil {
		return payment.RefundStatus{}, err
	}
	if i := slices.IndexFunc(all, func(made payment.RefundStatus) bool { return made.Reference == r.Reference }); i >= 0 {
		return same(all[i], r)
	}
	ask := &stripe.RefundCreateParams{
		PaymentIntent: stripe.String(s.PaymentIntent.ID), Amount: stripe.Int64(int64(r.Amount)),
		Metadata: map[string]string{reference: r.Reference},
	}
	ask.SetIdempotencyKey("refund " + r.Key)
	made, err := p.api.V1Refunds.Create(ctx, ask)
	if err != nil {
		return payment.RefundStatus{}, p.trouble("pay back through Stripe", err)
	}
	return same(refundStatus(made), r)
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
	s, err := p.session(ctx, ref)
	if err != nil {
		return nil, err
	}
	return p.refunds(ctx, s)
}

func (p *Provider) refunds(ctx context.Context, s *stripe.CheckoutSession) ([]payment.RefundStatus, error) {
	if s.PaymentIntent == nil {
		return nil, nil
	}
	ask := &stripe.RefundListParams{PaymentIntent: stripe.String(s.PaymentIntent.ID)}
	ask.Limit = stripe.Int64(perPage)
	var all []payment.RefundStatus
	for r, err := range p.api.V1Refunds.List(ctx, ask).All(ctx) {
		if err != nil {
			return nil, p.trouble("list the refunds of an order at Stripe", err)
		}
		if r.Currency != euro {
			return nil, fmt.Errorf("a refund at Stripe of %s", amount(r.Amount, r.Currency))
		}
		all = append(all, refundStatus(r))
	}
	slices.SortStableFunc(all, func(a, b payment.RefundStatus) int { return a.At.Compare(b.At) })
	return all, nil
}

func refundStatus(r *stripe.Refund) payment.RefundStatus {
	s := payment.RefundStatus{
		Ref: r.ID, Reference: r.Metadata[reference], State: payment.Sent, Amount: money.Cents(r.Amount), At: at(r.Created),
	}
	switch r.Status {
	case stripe.RefundStatusSucceeded:
		s.State = payment.Done
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		s.State = payment.RefundFailed
	case stripe.RefundStatusPending, stripe.RefundStatusRequiresAction:
	}
	return s
}

// Chargebacks implements payment.Provider: the disputes in which Stripe took the
// money, or gave it back since. An inquiry takes none.
func (p *Provider) Chargebacks(ctx context.Context, ref string) ([]payment.Chargeback, error) {
	s, err := p.session(ctx, ref)
	if err != nil {
		return nil, err
	}
	return p.chargebacks(ctx, s)
}

func (p *Provider) chargebacks(ctx context.Context, s *stripe.CheckoutSession) ([]payment.Chargeback, error) {
	if s.PaymentIntent == nil {
		return nil, nil
	}
	ask := &stripe.DisputeListParams{PaymentIntent: stripe.String(s.PaymentIntent.ID)}
	ask.Limit = stripe.Int64(perPage)
	var all []payment.Chargeback
	for d, err := range p.api.V1Disputes.List(ctx, ask).All(ctx) {
		if err != nil {
			return nil, p.trouble("list the disputes of an order at Stripe", err)
		}
		if d.Currency != euro {
			return nil, fmt.Errorf("a dispute at Stripe of %s", amount(d.Amount, d.Currency))
		}
		c := payment.Chargeback{Ref: d.ID, Amount: money.Cents(d.Amount), At: at(d.Created)}
		switch d.Status {
		case stripe.DisputeStatusWon:
			c.RestoredAt = restored(d)
		case stripe.DisputeStatusNeedsResponse, stripe.DisputeStatusUnderReview, stripe.DisputeStatusLost:
		case stripe.DisputeStatusWarningNeedsResponse, stripe.DisputeStatusWarningUnderReview,
			stripe.DisputeStatusWarningClosed, stripe.DisputeStatusPrevented:
			continue
		default:
			return nil, fmt.Errorf("a dispute at Stripe in state %q", d.Status)
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b payment.Chargeback) int { return a.At.Compare(b.At) })
	return all, nil
}

// restored is when the money of a dispute that was won came back.
func restored(d *stripe.Dispute) time.Time {
	last := d.Created
	for _, b := range d.BalanceTransactions {
		last = max(last, b.Created)
	}
	return at(last)
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
