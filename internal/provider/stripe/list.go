package stripe

import (
	"context"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v85"

	"hoofdpas/internal/payment"
)

// perPage is how many of a list are asked for at once; Stripe gives 100 at most,
// and an answer has to fit.
const perPage = 50

// List implements payment.Provider. Stripe's instants are in whole seconds. What
// other programs ordered with the same account is left out.
func (p *Provider) List(ctx context.Context, from, to time.Time, each func(payment.Status) error) error {
	ask := &stripe.CheckoutSessionListParams{
		CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: notBefore(from), LesserThan: notBefore(to)},
		Expand:       stripe.StringSlice([]string{"data.payment_intent.latest_charge"}),
	}
	ask.Limit = stripe.Int64(perPage)
	for s, err := range p.api.V1CheckoutSessions.List(ctx, ask).All(ctx) {
		if err != nil {
			return p.trouble("list the orders at Stripe", err)
		}
		if s.Metadata[reference] == "" {
			continue
		}
		status, err := p.said(ctx, s)
		if err != nil {
			return fmt.Errorf("order %q: %w", s.ID, err)
		}
		if err := each(status); err != nil {
			return err
		}
	}
	return nil
}

// notBefore is the first whole second that is not before an instant.
func notBefore(t time.Time) int64 {
	s := t.Unix()
	if t.Nanosecond() > 0 {
		s++
	}
	return s
}
