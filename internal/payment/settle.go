package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
)

// patience is how long after its time a payment stays open when the provider
// cannot be asked: as long again as it was meant to. What was paid all the same
// is booked when the provider says so.
const patience = OpenFor

// askAfter is how long a look at a closed payment still asks the provider: what
// was paid at the last moment may come late, and its message may be lost.
const askAfter = 24 * time.Hour

// Look returns the actor's own payment as it stands now: unless it is settled,
// or was closed long ago, the provider is asked. When the provider cannot be asked, it stands as we
// last knew it.
func (c *Cashier) Look(ctx context.Context, actor mandate.Actor, id ID) (Payment, error) {
	p, err := c.own(ctx, actor, id)
	if err != nil {
		return Payment{}, err
	}
	if p.State != Open && c.Now().Sub(p.EndedAt) > askAfter {
		return p, nil
	}
	looked, err := c.settle(ctx, p)
	if problem.Has(err, ReasonUnsure) {
		c.Log.WarnContext(ctx, "the payment provider could not be asked", "payment", int64(p.ID), "error", err)
		return p, nil
	}
	return looked, err
}

// GiveUp cancels the actor's own open payment; its fees are free at once. The
// provider is asked first: what has been paid is returned as paid, without an
// error. ReasonUnsure says that it could not be asked and nothing changed;
// ReasonStep that the payment was not open.
func (c *Cashier) GiveUp(ctx context.Context, actor mandate.Actor, id ID) (Payment, error) {
	p, err := c.own(ctx, actor, id)
	if err != nil {
		return Payment{}, err
	}
	if p.State != Open {
		return Payment{}, problem.New(problem.Conflict, ReasonStep, problem.Args{"state": string(p.State)})
	}
	if p.Ref != "" { // otherwise nobody has seen a page to pay on
		if p, err = c.settle(ctx, p); err != nil {
			return Payment{}, fmt.Errorf("give up a payment: %w", err)
		}
	}
	if p.State != Open {
		return p, nil
	}
	return c.move(ctx, p, Status{State: Cancelled})
}

// Heard is told that something changed with a provider's order. What the
// message says does not count: the provider is asked. ReasonNotFound says that
// there is no such order here, any other error that it should be told again.
func (c *Cashier) Heard(ctx context.Context, provider, ref string) error {
	if c.Provider == nil || c.Provider.Name() != provider || ref == "" {
		return problem.New(problem.NotFound, ReasonNotFound, nil)
	}
	p, err := c.Store.PaymentByRef(ctx, provider, ref)
	if err != nil {
		return fmt.Errorf("find what a provider told of: %w", err)
	}
	_, err = c.settle(context.WithoutCancel(ctx), p)
	return err
}

// SettleStale looks after open payments whose time is over: it asks the
// provider, books what was paid and expires the rest. It returns how many are
// no longer open. It may run on several machines at once.
func (c *Cashier) SettleStale(ctx context.Context) (int, error) {
	const batch = 200
	const misses = 3 // each may take as long as askFor; the next run tries again
	stale, err := c.Store.Stale(ctx, c.Now(), batch)
	if err != nil {
		return 0, fmt.Errorf("list payments whose time is over: %w", err)
	}
	closed, missed := 0, 0
	var failed error
	for _, p := range stale {
		after, err := c.settle(ctx, p)
		switch {
		case err == nil:
			if after.State != Open {
				closed++
			}
		case problem.Has(err, ReasonUnsure):
			c.Log.WarnContext(ctx, "the payment provider could not be asked", "payment", int64(p.ID), "error", err)
			if missed++; missed == misses {
				return closed, failed
			}
		default: // the payments behind it are not to wait for this one
			failed = errors.Join(failed, fmt.Errorf("settle payment %d, whose time is over: %w", p.ID, err))
		}
	}
	return closed, failed
}

// settle asks the provider how the payment stands and books that by the table:
// the one way by which an online payment changes. It returns the payment as it
// then is. ReasonUnsure says that the provider could not be asked; a payment
// that has waited long enough for an answer expires then.
func (c *Cashier) settle(ctx context.Context, p Payment) (Payment, error) {
	if p.settled() || p.Means != Online {
		return p, nil
	}
	s, err := c.ask(ctx, p)
	if err != nil {
		if p.State == Open && !p.ExpiresAt.Add(patience).After(c.Now()) {
			return c.move(ctx, p, Status{State: Expired})
		}
		return Payment{}, err
	}
	if s.State == Open {
		if p.lapsed(c.Now()) {
			return c.move(ctx, p, Status{State: Expired})
		}
		// It may have got its page while we asked.
		return c.Store.Payment(ctx, p.ID) //nolint:wrapcheck // nothing to add
	}
	return c.move(ctx, p, s)
}

// ask returns what the provider says. Without an order to ask about there is
// nothing to pay: that counts as open.
func (c *Cashier) ask(ctx context.Context, p Payment) (Status, error) {
	unsure := func(err error) error { return problem.Away(ReasonUnsure, "ask the payment provider", err) }
	if c.Provider == nil || c.Provider.Name() != p.Provider {
		return Status{}, unsure(errors.New("it is not set up here: " + p.Provider))
	}
	if p.Ref == "" {
		return c.askAgain(ctx, p)
	}
	asking, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	s, err := c.Provider.Status(asking, p.Ref)
	switch {
	case problem.KindOf(err) == problem.NotFound:
		c.Log.WarnContext(ctx, "the payment provider does not know an order of ours", "payment", int64(p.ID), "provider", p.Provider)
		return Status{State: Open}, nil
	case err != nil:
		return Status{}, unsure(err)
	case s.State == Paid && s.Amount <= 0:
		c.Log.ErrorContext(ctx, "the payment provider says paid, but not how much", "payment", int64(p.ID), "provider", p.Provider)
		return Status{}, unsure(errors.New("paid without an amount"))
	case s.State != Open && !Allowed(Open, s.State):
		return Status{}, unsure(fmt.Errorf("unknown state %q", s.State))
	}
	return s, nil
}

// askAgain is for a payment that was opened by a program that died before the
// provider's answer was kept: the order is asked for again by the same
// reference, so that the payer can go on. Nobody has seen its page, so when the
// provider makes none, there is nothing to be paid.
func (c *Cashier) askAgain(ctx context.Context, p Payment) (Status, error) {
	if p.State != Open {
		return Status{State: Open}, nil
	}
	ordered, err := c.order(ctx, p, defaultLanguage)
	switch {
	case err == nil:
		return c.ask(ctx, ordered)
	case problem.Has(err, ReasonAway):
		c.Log.WarnContext(ctx, noPage, "payment", int64(p.ID), "provider", p.Provider, "error", err)
		return Status{State: Open}, nil
	}
	return Status{}, err
}

// move takes the payment to where the provider says it is, as far as the table
// allows, and returns it as it then is. When somebody else moved it meanwhile,
// it is looked at anew.
func (c *Cashier) move(ctx context.Context, p Payment, s Status) (Payment, error) {
	const tries = 8 // the longest way through the table has two steps
	to := s.State
	if to == Paid && s.Amount != p.Total {
		to = Owed // never guessed which fees it was meant for
	}
	for range tries {
		if p.State == to || !Allowed(p.State, to) {
			return p, nil
		}
		at := c.Now()
		b, err := bookedTo(p, to, s.Amount, at)
		if err != nil {
			return Payment{}, err
		}
		moved, err := c.Store.StepPayment(ctx, p.ID, p.State, to, at, b)
		if err != nil {
			return Payment{}, fmt.Errorf("step a payment to %s: %w", to, err)
		}
		before := p.State
		if p, err = c.Store.Payment(ctx, p.ID); err != nil {
			return Payment{}, fmt.Errorf("read a payment again: %w", err)
		}
		switch {
		case moved:
			c.logMove(ctx, p, before, s)
			return p, nil
		case p.State == before && to == Paid:
			to = Owed // its fees have gone to another payment meanwhile
		}
	}
	return Payment{}, fmt.Errorf("step payment %d to %s: overtaken too often", p.ID, to)
}

// logMove says in the operator's log what nobody may overlook.
func (c *Cashier) logMove(ctx context.Context, p Payment, before State, s Status) {
	switch {
	case p.State == Owed:
		c.Log.ErrorContext(ctx, "a payment cannot be used for its fees and has to be paid back", "payment", int64(p.ID),
			"was", string(before), "provider", p.Provider, "asked", p.Total.String(), "paid", s.Amount.String())
	case p.State == Paid && before != Open:
		c.Log.WarnContext(ctx, "a payment was paid late", "payment", int64(p.ID), "was", string(before))
	}
}
