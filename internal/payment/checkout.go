package payment

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"hoofdpas/internal/problem"
)

// defaultLanguage is for a payment of which the payer's is not known.
const defaultLanguage = "nl"

const noPage = "the payment provider gave no page"

// checkout gets the provider's page for a payment that was just opened. When
// the provider does not answer, the payment is closed and its fees are free.
func (c *Cashier) checkout(ctx context.Context, p Payment) (Payment, error) {
	ready, err := c.order(ctx, p)
	if !problem.Has(err, ReasonAway) {
		return ready, err // when it could not be kept, the next look finds it by its reference
	}
	c.Log.WarnContext(ctx, noPage, "payment", int64(p.ID), "provider", p.Provider, "error", err)
	now, readErr := c.Store.Payment(ctx, p.ID)
	if readErr == nil && now.Checkout != "" {
		return now, nil // the same form, sent twice: the other got an answer
	}
	// The payer has seen no page of the provider, so nothing can be paid.
	if _, stepErr := c.move(ctx, p, Status{State: Failed}); stepErr != nil {
		c.Log.ErrorContext(ctx, "a payment without a page stays open until its time is over", "payment", int64(p.ID), "error", stepErr)
	}
	return Payment{}, err
}

// order makes the provider's order for an open payment, or finds the one that
// was made before with the same key, and keeps where it is.
func (c *Cashier) order(ctx context.Context, p Payment) (Payment, error) {
	ask, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	made, err := c.Provider.Create(ask, Order{
		Reference: p.reference(), Key: p.OrderKey, Amount: p.Total, Description: c.description(p),
		Return:    c.Base.JoinPath("betaling", p.reference()).String(),
		Webhook:   c.Base.JoinPath("betalen", "melding", c.Provider.Name()).String(),
		Language:  cmp.Or(p.Language, defaultLanguage),
		ExpiresAt: p.ExpiresAt,
	})
	if err == nil && (made.Ref == "" || made.URL == "") {
		err = errors.New("an order without key or page")
	}
	if err != nil {
		return Payment{}, problem.Away(ReasonAway, "make an order at the payment provider", err)
	}
	if err := c.Store.AttachCheckout(ctx, p.ID, made.Ref, made.URL); err != nil {
		return Payment{}, fmt.Errorf("keep the provider's page: %w", err)
	}
	p.Ref, p.Checkout = made.Ref, made.URL
	return p, nil
}

// description is what the payer reads at the bank.
func (c *Cashier) description(p Payment) string {
	if c.Library == "" {
		return p.reference()
	}
	return c.Library + " " + p.reference()
}
