package payment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
)

// Deliver tells the library system of a payment, card by card, and keeps what it
// has been told: first what was paid, then which of it was returned and is open
// again. It may be called again and again: the payment number is the reference
// by which the library system knows what it has seen. An error means that
// something is left to tell. What the library system refuses for good is owed to
// the payer from then on, and is for the desk; it is not told again. While another
// program delivers the same payment it is an error too.
func (c *Cashier) Deliver(ctx context.Context, id ID) error {
	ctx, done, err := c.alone(ctx, id)
	if err != nil {
		return fmt.Errorf("deliver payment %d: %w", id, err)
	}
	defer done()
	const rounds = 3 // a line may be returned while its payment is being told
	for range rounds {
		p, err := c.Store.Payment(ctx, id)
		if err != nil {
			return fmt.Errorf("deliver payment %d: %w", id, err)
		}
		left, err := c.deliver(ctx, p)
		if err != nil {
			return fmt.Errorf("deliver payment %d: %w", id, err)
		}
		if left == 0 {
			return nil
		}
	}
	return fmt.Errorf("deliver payment %d: it changes all the time", id)
}

const (
	deliverWithin = 2 * time.Minute
	// aloneFor is how long others leave a payment alone that somebody delivers: the
	// time for it, and a minute by which the clocks of two machines may differ.
	aloneFor = deliverWithin + time.Minute
)

var errDelivering = errors.New("another program is delivering it")

// alone keeps others, in this program or another, from telling what is just being
// told. done lets the next one in; a program that died is waited for no longer than
// aloneFor.
func (c *Cashier) alone(ctx context.Context, id ID) (within context.Context, done func(), err error) {
	now := c.Now()
	until := now.Add(aloneFor)
	ok, err := c.Store.BeginDelivery(ctx, id, now, until)
	if err == nil && !ok {
		_, err = c.Store.Payment(ctx, id) // says so when there is none
		err = cmp.Or(err, errDelivering)
	}
	if err != nil {
		return ctx, nil, err //nolint:wrapcheck // Deliver says what it was doing
	}
	within, cancel := context.WithTimeout(ctx, deliverWithin)
	return within, func() {
		cancel()
		const patience = 5 * time.Second
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		if err := c.Store.EndDelivery(ctx, id, until); err != nil {
			c.Log.WarnContext(ctx, "a payment that was delivered is left alone for some minutes", "payment", int64(id), "error", err)
		}
	}, nil
}

// deliver tells what is left to tell, and returns how much that was.
func (c *Cashier) deliver(ctx context.Context, p Payment) (left int, err error) {
	if !p.Came() {
		return 0, nil
	}
	paid := Shares(choose(p.Lines, func(l Line) bool { return !l.Told }))
	back := Shares(choose(p.Lines, func(l Line) bool { return l.Told && !l.Refused && l.Returned != "" && !l.Reopened }))
	var failed []error
	for _, s := range paid {
		if err := c.tell(ctx, p, s); err != nil {
			failed = append(failed, err)
		} else if err := c.Store.MarkTold(ctx, p.ID, s.Holder.ID, c.Now()); err != nil {
			failed = append(failed, fmt.Errorf("keep that it was delivered: %w", err))
		}
	}
	for _, s := range back {
		if err := c.reopen(ctx, p, s); err != nil {
			failed = append(failed, err)
		} else if err := c.Store.MarkReopened(ctx, p.ID, s.Holder.ID, c.Now()); err != nil {
			failed = append(failed, fmt.Errorf("keep that fees are open again: %w", err))
		}
	}
	return len(paid) + len(back), errors.Join(failed...)
}

func choose(lines []Line, which func(Line) bool) (chosen []Line) {
	for _, l := range lines {
		if which(l) {
			chosen = append(chosen, l)
		}
	}
	return chosen
}

func settlements(lines []Line) []circulation.Settlement {
	fees := make([]circulation.Settlement, len(lines))
	for i, l := range lines {
		fees[i] = circulation.Settlement{Fee: l.Fee, Amount: l.Amount, Of: l.Of, Again: l.Telling}
	}
	return fees
}

// tell settles one card's fees: all in one go, and when that is refused one by
// one, so that a single fee keeps none of the others back.
func (c *Cashier) tell(ctx context.Context, p Payment, s Share) error {
	err := c.sayPaid(ctx, p, s.Lines)
	if !refused(err) {
		return err
	}
	for i, l := range s.Lines {
		if len(s.Lines) > 1 {
			err = c.sayPaid(ctx, p, s.Lines[i:i+1])
		}
		if refused(err) {
			err = c.unwanted(ctx, p, l, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sayPaid tells the library system of some lines of one card. That it is about to
// is kept first: whoever tells again, after a lost answer or in a program that
// was started anew, says so, and a system that does not know references looks
// before it books. A refusal is an answer: what had not been told before has not
// been told now.
func (c *Cashier) sayPaid(ctx context.Context, p Payment, lines []Line) error {
	var first []int
	for _, l := range lines {
		if !l.Telling {
			first = append(first, p.index(l))
		}
	}
	if err := c.Store.MarkTelling(ctx, p.ID, first, c.Now()); err != nil {
		return fmt.Errorf("keep that it is being delivered: %w", err)
	}
	err := c.System.Settle(ctx, lines[0].Holder.Number, settlements(lines), p.reference())
	if refused(err) {
		if err := c.Store.MarkTelling(ctx, p.ID, first, time.Time{}); err != nil {
			return fmt.Errorf("keep that it was not delivered: %w", err)
		}
	}
	return err //nolint:wrapcheck // Deliver says what it was doing
}

// refused reports whether the other side said no for good.
func refused(err error) bool {
	switch problem.KindOf(err) {
	case problem.Refused, problem.Conflict, problem.NotFound, problem.Invalid:
		return true
	default:
		return false
	}
}

// unwanted books what was paid for a fee that the library system refuses, and
// why it does, as owed to the payer. A line that was returned meanwhile is owed
// already.
func (c *Cashier) unwanted(ctx context.Context, p Payment, l Line, why error) error {
	booked := false
	_, err := c.again(ctx, p, "book a fee that was refused", func(p Payment) (State, Booking, error) {
		i := p.index(l)
		if now := p.Lines[i]; now.Told || !now.Kept() {
			booked = false
			return p.State, Booking{}, errNothing
		}
		booked = true
		b, err := c.bookedUnwanted(p, i, string(reasonOf(why)), c.Now())
		return p.State, b, err
	})
	if err == nil && booked {
		c.Log.ErrorContext(ctx, "the library system refuses a fee that was paid here; it has to be paid back",
			"payment", int64(p.ID), "card", l.Holder, "amount", l.Amount.String(), "error", why)
	}
	return err
}

// index is where the line is in the payment.
func (p Payment) index(l Line) int {
	for i, o := range p.Lines {
		if o.key() == l.key() {
			return i
		}
	}
	return -1 // cannot be: lines are never taken out
}

func reasonOf(err error) problem.Reason {
	for _, p := range problem.Of(err) {
		return p.Reason
	}
	return ""
}

// reopen tells the library system that one card's fees are open again. What it
// cannot open again is for the desk.
func (c *Cashier) reopen(ctx context.Context, p Payment, s Share) error {
	err := c.System.Reopen(ctx, s.Holder.Number, settlements(s.Lines), p.reference())
	if !refused(err) {
		return err //nolint:wrapcheck // Deliver says what it was doing
	}
	return c.putAside(ctx, p.finding(FoundNotReopened, strconv.FormatInt(int64(s.Holder.ID), 10), s.Amount, string(reasonOf(err)), c.Now()))
}
