package payment

import (
	"context"
	"fmt"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
)

// View returns what the actor may see of a payment: the payer all of it, another
// only the lines of cards that they may pay for, their own among them (permits
// are those of this very moment). Nothing of it is ReasonNotFound.
func (c *Cashier) View(ctx context.Context, permits []mandate.Permit, actor mandate.Actor, id ID) (Payment, error) {
	p, err := c.Store.Payment(ctx, id)
	if err != nil {
		return Payment{}, fmt.Errorf("read a payment: %w", err)
	}
	if p.Payer.ID == actor.Holder.ID {
		return p, nil
	}
	part := p.only(func(of card.ID) bool {
		_, pays := mandate.Among(permits, of, mandate.Pay)
		return pays || of == actor.Holder.ID
	})
	if len(part.Lines) == 0 || !p.Came() {
		return Payment{}, problem.New(problem.NotFound, ReasonNotFound, nil)
	}
	return part, nil
}

// only is the part of a payment that is about some cards. What was paid back or
// taken back as a whole is the payer's business; each line says what became of
// it.
func (p Payment) only(may func(card.ID) bool) Payment {
	lines := p.Lines
	p.Lines, p.Refunds, p.Chargebacks = nil, nil, nil
	p.Total, p.Rounding, p.Checkout, p.Ref = 0, 0, "", ""
	for _, l := range lines {
		if may(l.Holder.ID) {
			p.Lines = append(p.Lines, l)
			p.Total += l.Amount
		}
	}
	p.Received = p.Total
	return p
}
