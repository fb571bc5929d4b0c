package payment

import (
	"context"
	"errors"
	"fmt"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
)

// Deliver tells the library system of a paid payment, card by card, and keeps
// what it has been told. It may be called again and again: the payment number
// is the reference by which the library system knows what it has seen. An error
// means that something is left to tell. What the library system refuses for
// good is owed to the payer from then on: it is logged for the operator and is
// not told again.
func (c *Cashier) Deliver(ctx context.Context, id ID) error {
	p, err := c.Store.Payment(ctx, id)
	if err != nil {
		return fmt.Errorf("deliver payment %d: %w", id, err)
	}
	if p.State != Paid {
		return nil
	}
	var left []error
	for _, s := range p.shares() {
		if s.lines = untold(s.lines); len(s.lines) == 0 {
			continue
		}
		if err := c.tell(ctx, p, s); err != nil {
			left = append(left, fmt.Errorf("deliver payment %d: %w", id, err))
			continue
		}
		if err := c.Store.MarkTold(ctx, p.ID, s.holder.ID, c.Now()); err != nil {
			left = append(left, fmt.Errorf("keep that payment %d was delivered: %w", id, err))
		}
	}
	return errors.Join(left...)
}

func untold(lines []Line) (left []Line) {
	for _, l := range lines {
		if !l.Told {
			left = append(left, l)
		}
	}
	return left
}

// tell settles one card's fees: all in one go, and when that is refused one by
// one, so that a single fee keeps none of the others back.
func (c *Cashier) tell(ctx context.Context, p Payment, s share) error {
	fees := make([]circulation.Settlement, len(s.lines))
	for i, l := range s.lines {
		fees[i] = circulation.Settlement{Fee: l.Fee, Amount: l.Amount}
	}
	err := c.System.Settle(ctx, s.holder.Number, fees, p.reference())
	if !refused(err) {
		return err //nolint:wrapcheck // Deliver says what it was doing
	}
	if len(fees) == 1 {
		return c.refuse(ctx, p, s.lines[0], err)
	}
	for i, l := range s.lines {
		err := c.System.Settle(ctx, s.holder.Number, fees[i:i+1], p.reference())
		if refused(err) {
			err = c.refuse(ctx, p, l, err)
		}
		if err != nil {
			return err //nolint:wrapcheck // Deliver says what it was doing
		}
	}
	return nil
}

// refused reports whether the library system said no for good.
func refused(err error) bool {
	switch problem.KindOf(err) {
	case problem.Refused, problem.Conflict, problem.NotFound, problem.Invalid:
		return true
	default:
		return false
	}
}

// refuse books what was paid for a fee that the library system refuses, and why
// it does, as owed to the payer. The operator is told by whoever books it.
func (c *Cashier) refuse(ctx context.Context, p Payment, l Line, why error) error {
	at := c.Now()
	b, err := refusedBooking(p, l, at)
	if err != nil {
		return err
	}
	booked, err := c.Store.RefuseLine(ctx, p.ID, l.Holder.ID, l.Fee, at, b)
	if err != nil {
		return fmt.Errorf("book a fee that was refused: %w", err)
	}
	if booked {
		c.Log.ErrorContext(ctx, "the library system refuses a fee that was paid here; it has to be paid back",
			"payment", int64(p.ID), "card", l.Holder, "amount", l.Amount.String(), "error", why)
	}
	return nil
}
