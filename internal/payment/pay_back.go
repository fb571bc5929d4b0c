package payment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// RefundWish is what a staff member wants to pay back of a payment.
type RefundWish struct {
	Payment ID
	// Lines are the indexes of the payment's lines to return: their fees are open
	// again. Owed is also what the payment is owed for no line.
	Lines []int
	Owed  bool
	// Means is Online to pay back through the provider; Cash and PIN hand it out
	// at Till; WriteOff keeps what is owed, since nobody comes for it.
	Means Means
	// Note says why; it is required.
	Note  string
	Staff string
	Till  Till
	// Rounding is what cash was rounded up (above zero: more is handed out) or
	// down.
	Rounding money.Cents
	// Key makes a form that is sent twice one refund.
	Key string
}

// maxNote bounds what a staff member writes, in bytes.
const maxNote = 1000

// PayBack pays back part of a payment, or all of it. What is Ahead is taken off:
// never more leaves us than came in. Problems: ReasonNotFound,
// ReasonNote without a note, ReasonReturned when a line went back before,
// ReasonNotOwed when that comes to nothing, ReasonNoProvider when it cannot be
// paid back online, ReasonShiftOver, ReasonKeyReused.
func (c *Cashier) PayBack(ctx context.Context, w RefundWish) (Refund, error) {
	w.Note = strings.TrimSpace(w.Note)
	if w.Staff == "" || len(w.Key) > maxKey {
		return Refund{}, fmt.Errorf("pay back: %w", noScope())
	}
	if w.Note == "" || len(w.Note) > maxNote {
		return Refund{}, problem.New(problem.Invalid, ReasonNote, nil)
	}
	if w.Means != Cash {
		w.Rounding = 0
	}
	p, err := c.Store.Payment(ctx, w.Payment)
	if err != nil {
		return Refund{}, fmt.Errorf("find a payment to pay back: %w", err)
	}
	var before *Refund
	made := newKey()
	p, err = c.again(ctx, p, "pay back", func(p Payment) (State, Booking, error) {
		if i := slices.IndexFunc(p.Refunds, func(r Refund) bool { return w.Key != "" && r.Key == w.Key }); i >= 0 {
			before = &p.Refunds[i]
			return p.State, Booking{}, errNothing
		}
		return c.payBack(p, w, made)
	})
	switch {
	case err != nil:
		return Refund{}, err
	case before != nil:
		return sameRefund(*before, w)
	}
	return p.Refunds[slices.IndexFunc(p.Refunds, func(r Refund) bool { return r.OrderKey == made })], nil
}

func sameRefund(r Refund, w RefundWish) (Refund, error) {
	if !slices.Equal(r.Lines, sorted(w.Lines)) || r.Means != w.Means || r.Staff != w.Staff || r.Note != w.Note {
		return Refund{}, problem.New(problem.Conflict, ReasonKeyReused, nil)
	}
	r.Again = true
	return r, nil
}

func sorted(indexes []int) []int {
	s := slices.Clone(indexes)
	slices.Sort(s)
	return slices.Compact(s)
}

// payBack decides on a refund and writes its booking.
func (c *Cashier) payBack(p Payment, w RefundWish, key string) (State, Booking, error) {
	if !p.Came() {
		return "", Booking{}, problem.New(problem.Conflict, ReasonNotOwed, nil)
	}
	r := Refund{
		Payment: p.ID, Means: w.Means, Reason: RefundByStaff, Note: w.Note, Lines: sorted(w.Lines), Rounding: w.Rounding,
		OrderKey: key, Key: w.Key, Staff: w.Staff, RequestedAt: c.Now(),
	}
	for _, i := range r.Lines {
		switch {
		case i < 0 || i >= len(p.Lines):
			return "", Booking{}, problem.New(problem.NotFound, ReasonNotFound, nil)
		case !p.Lines[i].Kept():
			return "", Booking{}, problem.New(problem.Conflict, ReasonReturned, nil)
		}
	}
	b := &book{payment: p, at: r.RequestedAt}
	lines, sum := p.pick(r.Lines)
	if r.Amount = sum - p.Ahead(); w.Owed {
		r.Amount += p.Owed()
	}
	if r.Amount <= 0 || (w.Means == WriteOff && sum > 0) {
		return "", Booking{}, problem.New(problem.Conflict, ReasonNotOwed, nil)
	}
	if err := c.way(p, w, &r); err != nil {
		return "", Booking{}, err
	}
	b.giveBack(lines, r.Amount, w.Staff)
	b.takeOff(sum)
	after := p.State
	if r.State == Done {
		b.paidBack(r)
		from, to, rounding := rounded(-r.Rounding, r.purse(), r.Till)
		b.refundPosting(r, from, to, rounding, ledger.Rounding)
		after = p.afterRefund(r, Done)
	}
	if w.Means != WriteOff {
		b.RefundSeries = c.series(w.Means, w.Till, b.at)
	}
	b.Refund = &r
	return after, b.Booking, b.err
}

// takeOff books that what the payer's bank took for no fee is taken off what is
// owed for lines that come to the sum: neither owes it to the other any more.
func (b *book) takeOff(sum money.Cents) {
	taken := b.payment.ChargedBack()
	for _, l := range b.payment.Lines {
		if l.Returned == ByChargeback {
			taken -= l.Amount
		}
	}
	payer := int64(b.payment.Payer.ID)
	b.post(ledger.Chargebacks(payer), ledger.Refunds(payer), max(0, min(sum, b.payment.Ahead(), taken)), ledger.Chargeback)
}

// way sets how a refund goes back.
func (c *Cashier) way(p Payment, w RefundWish, r *Refund) error {
	switch w.Means {
	case Online:
		if p.Means != Online || p.Ref == "" || c.Provider == nil || c.Provider.Name() != p.Provider {
			return problem.New(problem.Refused, ReasonNoProvider, nil)
		}
		r.Provider, r.State = p.Provider, Due
		return nil
	case Cash, PIN:
		if w.Till.Shift == 0 || r.Amount+w.Rounding < 0 {
			return shiftOver()
		}
		r.Till = w.Till
	case WriteOff:
	default:
		return problem.New(problem.Invalid, ReasonNoProvider, nil)
	}
	r.State, r.EndedAt = Done, r.RequestedAt
	return nil
}

// refund is one of the payment's refunds; they are never taken out.
func (p Payment) refund(id RefundID) Refund {
	return p.Refunds[slices.IndexFunc(p.Refunds, func(r Refund) bool { return r.ID == id })]
}

// SeeThrough asks the provider for a refund that is Due, or how one that is Sent
// stands, and books the answer. An error means that it has to be tried again. A
// refund that the provider refuses for good is for the desk.
func (c *Cashier) SeeThrough(ctx context.Context, id RefundID) error {
	p, err := c.Store.PaymentByRefund(ctx, id)
	if err != nil {
		return fmt.Errorf("see refund %d through: %w", id, err)
	}
	r := p.refund(id)
	if r.Means != Online || (r.State != Due && r.State != Sent) {
		return nil
	}
	if c.Provider == nil || c.Provider.Name() != r.Provider {
		return unsure(errors.New("it is not set up here: " + r.Provider))
	}
	s, err := c.askRefund(ctx, p, r)
	if refused(err) && r.State == Due { // what was sent may have arrived: a refusal to tell of it is not one to pay
		c.Log.ErrorContext(ctx, "the payment provider will not pay back; the desk has to", "payment", int64(p.ID), "error", err)
		s, err = RefundStatus{State: RefundFailed}, nil
	}
	if err != nil {
		return unsure(err)
	}
	_, err = c.again(ctx, p, "book a refund", func(p Payment) (State, Booking, error) {
		return c.refundStep(p, p.refund(id), s)
	})
	return err
}

// askRefund returns what the provider says of a refund. One that may have been
// asked for before is looked for first: a provider forgets keys after a while.
func (c *Cashier) askRefund(ctx context.Context, p Payment, r Refund) (RefundStatus, error) {
	asking, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	all, err := c.Provider.Refunds(asking, p.Ref)
	if err != nil {
		return RefundStatus{}, err //nolint:wrapcheck // SeeThrough says what it was doing
	}
	if i := slices.IndexFunc(all, func(s RefundStatus) bool { return s.isOf(r) }); i >= 0 {
		return all[i], nil
	}
	if r.State == Sent {
		return RefundStatus{}, errors.New("a refund that was sent is not there")
	}
	return c.Provider.Refund(asking, RefundOrder{ //nolint:wrapcheck // SeeThrough says what it was doing
		Ref: p.Ref, Reference: r.reference(), Key: r.OrderKey, Amount: r.Amount, Description: c.description(p),
	})
}

// FollowRefunds sees through refunds that are under way, and returns how many
// got somewhere or failed trying.
func (c *Cashier) FollowRefunds(ctx context.Context) (int, error) {
	const batch = 1000 // each is asked for; a provider without balance may keep many waiting
	ids, err := c.Store.RefundsUnderWay(ctx, batch)
	if err != nil {
		return 0, fmt.Errorf("list refunds under way: %w", err)
	}
	var failed error
	for _, id := range ids {
		if err := c.SeeThrough(ctx, id); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return len(ids), failed
}
