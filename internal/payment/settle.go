package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
)

// askAfter is how long a look at a closed payment still asks the provider: what
// was paid at the last moment may come late, and its message may be lost.
const askAfter = 24 * time.Hour

// Look returns the actor's own payment as it stands now: unless it is settled,
// or was closed long ago, the provider is asked. When the provider cannot be
// asked, it stands as we last knew it.
func (c *Cashier) Look(ctx context.Context, actor mandate.Actor, id ID) (Payment, error) {
	p, err := c.own(ctx, actor, id)
	if err != nil {
		return Payment{}, err
	}
	if p.Came() || (p.State != Open && c.Now().Sub(p.EndedAt) > askAfter) {
		return p, nil
	}
	looked, err := c.settle(ctx, p)
	if problem.Has(err, ReasonUnsure) {
		c.logUnsure(ctx, p, err)
		return p, nil
	}
	return looked, err
}

// GiveUp cancels the actor's own open payment; its fees are free at once. The
// provider is asked first: what has been paid is returned as paid, without an
// error, and what has not can be paid no more. ReasonUnsure says that it could
// not be asked and nothing changed; ReasonStep that the payment was not open.
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
	return c.close(ctx, p, Cancelled)
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

// AskWaiting looks after open payments: the provider is asked about each that
// has been open for a minute, whether a message came or not, what was paid is
// booked, and what has had its time expires. It returns how many are no longer
// open. It may run on several machines at once.
func (c *Cashier) AskWaiting(ctx context.Context) (int, error) {
	const batch = 200
	const misses = 3 // each may take as long as askFor; the next run tries again
	now := c.Now()
	waiting, err := c.Store.Waiting(ctx, now, now.Add(-time.Minute), batch)
	if err != nil {
		return 0, fmt.Errorf("list open payments: %w", err)
	}
	closed, missed := 0, 0
	var failed error
	for _, p := range waiting {
		after, err := c.settle(ctx, p)
		switch {
		case err == nil:
			if after.State != Open {
				closed++
			}
		case problem.Has(err, ReasonUnsure):
			c.logUnsure(ctx, p, err)
			if missed++; missed == misses {
				return closed, failed
			}
		default: // the payments behind it are not to wait for this one
			failed = errors.Join(failed, fmt.Errorf("settle payment %d: %w", p.ID, err))
		}
	}
	return closed, failed
}

func (c *Cashier) logUnsure(ctx context.Context, p Payment, err error) {
	c.Log.WarnContext(ctx, "the payment provider could not be asked", "payment", int64(p.ID), "error", err)
}

// settle asks the provider how the payment stands and books that by the table:
// the one way by which an online payment changes. It returns the payment as it
// then is. ReasonUnsure says that the provider could not be asked; a payment
// that has waited as long again as it was meant to expires then. What was paid
// all the same is booked when the provider says so.
func (c *Cashier) settle(ctx context.Context, p Payment) (Payment, error) {
	if p.Means != Online {
		return p, nil
	}
	s, err := c.ask(ctx, p)
	if err != nil {
		if p.State == Open && !p.ExpiresAt.Add(c.openFor()).After(c.Now()) {
			return c.move(ctx, p, Status{State: Expired})
		}
		return Payment{}, err
	}
	return c.apply(ctx, p, s)
}

// apply books what the provider says.
func (c *Cashier) apply(ctx context.Context, p Payment, s Status) (Payment, error) {
	if s.State == Open {
		if p.lapsed(c.Now()) {
			return c.close(ctx, p, Expired)
		}
		// It may have got its page while we asked.
		return c.Store.Payment(ctx, p.ID) //nolint:wrapcheck // nothing to add
	}
	p, err := c.move(ctx, p, s)
	if err != nil || s.State != Paid {
		return p, err
	}
	return c.wentBack(ctx, p, s)
}

// close ends an open payment that has not been paid, at the provider first, so
// that it is not paid later. When that is too late, or the provider will not, it
// ends here all the same: what is paid then is booked, or goes back.
func (c *Cashier) close(ctx context.Context, p Payment, to State) (Payment, error) {
	if p.Ref != "" && c.Provider != nil && c.Provider.Name() == p.Provider {
		asking, cancel := context.WithTimeout(ctx, askFor)
		defer cancel()
		if err := c.Provider.Cancel(asking, p.Ref); err != nil {
			c.Log.InfoContext(ctx, "an order could not be ended at the payment provider", "payment", int64(p.ID), "error", err)
			if s, err := c.ask(ctx, p); err == nil && s.State == Paid {
				return c.apply(ctx, p, s)
			}
		}
	}
	return c.move(ctx, p, Status{State: to})
}

// ask returns what the provider says. Without an order to ask about there is
// nothing to pay: that counts as open, and so does what cannot be booked.
func (c *Cashier) ask(ctx context.Context, p Payment) (Status, error) {
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
	}
	if f := c.doubt(p, s); f != nil {
		return Status{State: Open}, c.putAside(ctx, *f)
	}
	switch {
	case s.State == Paid && s.Amount <= 0:
		c.Log.ErrorContext(ctx, "the payment provider says paid, but not how much", "payment", int64(p.ID), "provider", p.Provider)
		return Status{}, unsure(errors.New("paid without an amount"))
	case s.State != Open && !Allowed(Open, s.State):
		return Status{}, unsure(fmt.Errorf("unknown state %q", s.State))
	}
	return s, nil
}

func unsure(err error) error { return problem.Away(ReasonUnsure, "ask the payment provider", err) }

// doubt is what keeps a provider's answer from being booked; nil when nothing
// does. Nothing is guessed: another currency, or an order that is not this
// payment's, is for the desk.
func (c *Cashier) doubt(p Payment, s Status) *Finding {
	var f Finding
	switch {
	case s.Reference != "" && s.Reference != p.reference():
		f = p.finding(FoundUnknown, s.Reference, s.Amount, s.Reference, c.Now())
	case s.State == Paid && s.Currency != Euro:
		f = p.finding(FoundCurrency, s.Currency, 0, s.Said, c.Now())
	default:
		return nil
	}
	return &f
}

// putAside keeps a finding for the desk.
func (c *Cashier) putAside(ctx context.Context, f Finding) error {
	if _, err := c.Store.AddFinding(ctx, f); err != nil {
		return fmt.Errorf("put a payment aside for the desk: %w", err)
	}
	c.Log.ErrorContext(ctx, "the desk has to look at a payment", "payment", int64(f.Payment), "finding", string(f.Kind))
	return nil
}

// askAgain is for a payment that was opened by a program that died before the
// provider's answer was kept: the order is asked for again by the same key, so
// that the payer can go on. Nobody has seen its page, so when the provider makes
// none, there is nothing to be paid.
func (c *Cashier) askAgain(ctx context.Context, p Payment) (Status, error) {
	if p.State != Open || p.lapsed(c.Now()) {
		return Status{State: Open}, nil
	}
	ordered, err := c.order(ctx, p)
	switch {
	case err == nil:
		return c.ask(ctx, ordered)
	case problem.Has(err, ReasonAway):
		c.Log.WarnContext(ctx, noPage, "payment", int64(p.ID), "provider", p.Provider, "error", err)
		return Status{State: Open}, nil
	}
	return Status{}, err
}

// tries is how often a step that was overtaken is decided anew. The longest way
// through the table of steps has three, and each may have bookings between.
const tries = 12

// move takes the payment to where the provider says it is, as far as the table
// allows, and returns it as it then is.
func (c *Cashier) move(ctx context.Context, p Payment, s Status) (Payment, error) {
	before := p.State
	p, err := c.again(ctx, p, "step to "+string(s.State), func(p Payment) (State, Booking, error) {
		before = p.State
		return c.step(ctx, p, s)
	})
	if err != nil {
		return Payment{}, err
	}
	if p.State != before {
		c.logMove(ctx, p, before, s)
	}
	return p, nil
}

// step decides where the payment goes when the provider says s, and what is
// booked with that. It is errNothing when the table has no such step.
func (c *Cashier) step(ctx context.Context, p Payment, s Status) (State, Booking, error) {
	at := c.Now()
	switch {
	case !Allowed(p.State, s.State):
		return p.State, Booking{}, errNothing
	case s.State != Paid:
		return s.State, Booking{}, nil
	case s.Amount != p.Total: // never guessed which fees it was meant for
		b, err := c.bookedOwed(p, s.Amount, at)
		return Owed, b, err
	}
	taken, err := c.Store.HeldElsewhere(ctx, p)
	switch {
	case err != nil:
		return "", Booking{}, fmt.Errorf("look whether the fees of a payment are free: %w", err)
	case len(taken) == len(p.Lines): // they have gone to other payments meanwhile
		b, err := c.bookedOwed(p, s.Amount, at)
		return Owed, b, err
	}
	b, err := c.booked(p, taken, at)
	return Paid, b, err
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
