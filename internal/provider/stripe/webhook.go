package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Open returns the order that a webhook is about, "" when it is about none. A
// webhook that Stripe did not sign, or more than five minutes ago, is a problem
// of kind Refused. What it says of the order does not count: only which one it
// is.
func (p *Provider) Open(ctx context.Context, header http.Header, body []byte) (string, error) {
	event, err := webhook.ConstructEventWithOptions(body, header.Get("Stripe-Signature"), p.secret, webhook.ConstructEventOptions{
		// An order's key looks the same in every version of Stripe's API.
		IgnoreAPIVersionMismatch: true,
	})
	if err != nil || event.Data == nil {
		return "", problem.New(problem.Refused, payment.ReasonNotFound, nil).Because(errors.Join(errors.New("a webhook without Stripe's signature"), err))
	}
	var about struct {
		Object        string `json:"object"`
		ID            string `json:"id"`
		PaymentIntent string `json:"payment_intent"`
	}
	if err := json.Unmarshal(event.Data.Raw, &about); err != nil {
		return "", nil // signed, and about nothing of ours
	}
	switch {
	case about.Object == "checkout.session":
		return about.ID, nil
	case about.PaymentIntent == "":
		return "", nil
	}
	// A charge, a refund or a dispute: which order is it of?
	ask := &stripe.CheckoutSessionListParams{PaymentIntent: stripe.String(about.PaymentIntent)}
	ask.Limit = stripe.Int64(1)
	for s, err := range p.api.V1CheckoutSessions.List(ctx, ask).All(ctx) {
		if err != nil {
			return "", fmt.Errorf("find the order that a webhook is about: %w", p.trouble("ask Stripe", err))
		}
		return s.ID, nil
	}
	return "", nil
}
