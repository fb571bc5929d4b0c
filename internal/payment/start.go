package payment

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// Start begins an online payment over the chosen fees and returns it with the
// Checkout to send the payer to (S19). The amounts are read afresh. A form sent
// twice gives the same payment. Errors are problems: ReasonNoProvider,
// ReasonNothing, ReasonKeyReused, ReasonChanged, ReasonTooMuch, ReasonTooLittle,
// ReasonHeld, ReasonHeldByYou, ReasonPaid, circulation.ReasonFeeNotFound, ReasonAway when
// the provider does not answer (nothing is held then), or the library system or
// the store being away.
func (c *Cashier) Start(ctx context.Context, w Wish) (Payment, error) {
	if c.Provider == nil {
		return Payment{}, problem.New(problem.Refused, ReasonNoProvider, nil)
	}
	w.Till, w.Rounding = Till{}, 0
	if err := c.within(ctx, w.Expected); err != nil {
		return Payment{}, err
	}
	p, err := c.open(ctx, w, Online)
	if err != nil {
		return Payment{}, fmt.Errorf("start a payment: %w", err)
	}
	if p.State != Open || p.Checkout != "" {
		return p, nil
	}
	// The fees are held from here on. A browser that goes away, as it does on
	// a double click, must not leave them so.
	return c.checkout(context.WithoutCancel(ctx), p)
}

// within refuses a total below what the provider takes, or above what it or the
// library does.
func (c *Cashier) within(ctx context.Context, total money.Cents) error {
	ask, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	limits, err := c.Provider.Limits(ask)
	if err != nil { // then the provider itself refuses the order, if it must
		c.Log.WarnContext(ctx, "the payment provider's limits are not known", "error", err)
	}
	if c.Most > 0 && (limits.Most == 0 || c.Most < limits.Most) {
		limits.Most = c.Most
	}
	switch {
	case limits.Most > 0 && total > limits.Most:
		return problem.New(problem.Invalid, ReasonTooMuch, problem.Args{"most": limits.Most})
	case total > 0 && total < limits.Least:
		return problem.New(problem.Invalid, ReasonTooLittle, problem.Args{"least": limits.Least})
	}
	return nil
}

// Take takes the chosen fees at the desk, in cash or by PIN: paid at once (S20).
// Its errors are those of Start, without the provider's; ReasonShiftOver says
// that the wish's shift is not open.
func (c *Cashier) Take(ctx context.Context, w Wish, m Means) (Payment, error) {
	if w.Actor.Staff == "" || (m != Cash && m != PIN) {
		return Payment{}, fmt.Errorf("take a payment: %w", noScope())
	}
	if m != Cash {
		w.Rounding = 0
	}
	if w.Till.Shift == 0 || w.Expected+w.Rounding < 0 {
		return Payment{}, shiftOver()
	}
	p, err := c.open(ctx, w, m)
	if err != nil {
		return Payment{}, fmt.Errorf("take a payment: %w", err)
	}
	return p, nil
}

// TakeAtTerminal takes the chosen fees at a terminal in the library (S20; SIP2 37):
// paid at once, into the terminal's own account. The wish's Till is the terminal,
// without a shift. Its errors are those of Take, without the shift's. A terminal
// whose message came twice is told the payment of before only while its fees are
// still chosen the same way: who no longer knows how asks TerminalPayment first.
func (c *Cashier) TakeAtTerminal(ctx context.Context, w Wish) (Payment, error) {
	if w.Actor.Staff != "" || w.Till.Shift != 0 || w.Till.Branch == "" || w.Till.Desk == "" {
		return Payment{}, fmt.Errorf("take a payment at a terminal: %w", noScope())
	}
	w.Rounding = 0
	p, err := c.open(ctx, w, Kiosk)
	if err != nil {
		return Payment{}, fmt.Errorf("take a payment at a terminal: %w", err)
	}
	return p, nil
}

// TerminalPayment returns the payment that a terminal's message made before, by the
// wish's Key; ok is false when there is none.
func (c *Cashier) TerminalPayment(ctx context.Context, key string) (p Payment, ok bool, err error) {
	p, ok, err = c.Store.PaymentByKey(ctx, key)
	if err != nil {
		return Payment{}, false, fmt.Errorf("look for a terminal's payment: %w", err)
	}
	return p, ok && p.Means == Kiosk, nil
}

// open keeps a new payment, or finds the one that the same form made before.
func (c *Cashier) open(ctx context.Context, w Wish, m Means) (Payment, error) {
	if err := check(w); err != nil {
		return Payment{}, err
	}
	if w.Key != "" {
		// Before the fees are read: once told, they are no longer there.
		p, ok, err := c.Store.PaymentByKey(ctx, w.Key)
		if err != nil {
			return Payment{}, fmt.Errorf("look for the form's payment: %w", err)
		}
		if ok {
			return again(p, w, m)
		}
	}
	p, err := c.drawUp(ctx, w, m)
	if err != nil {
		return Payment{}, err
	}
	kept, holds, err := c.keep(ctx, p)
	if err != nil {
		return Payment{}, err
	}
	if len(holds) > 0 && c.freeLapsed(ctx, holds) {
		if kept, holds, err = c.keep(ctx, p); err != nil {
			return Payment{}, err
		}
	}
	switch {
	case len(holds) > 0:
		return Payment{}, c.inTheWay(ctx, w.Actor, holds)
	case kept.Again: // the same form, sent at the same moment
		return again(kept, w, m)
	}
	return kept, nil
}

// maxKey bounds a form's key in bytes; ours have 26.
const maxKey = 64

func check(w Wish) error {
	chosen := 0
	for _, choice := range w.Choices {
		if choice.Permit == nil || choice.Permit.Actor().Holder.ID != w.Actor.Holder.ID || choice.Permit.Actor().Staff != w.Actor.Staff {
			return noScope()
		}
		chosen += len(choice.Fees)
	}
	if chosen == 0 {
		return problem.New(problem.Invalid, ReasonNothing, nil)
	}
	if len(w.Key) > maxKey {
		return problem.New(problem.Conflict, ReasonKeyReused, nil)
	}
	return nil
}

func shiftOver() error { return problem.New(problem.Conflict, ReasonShiftOver, nil) }

func noScope() error {
	return problem.New(problem.Refused, circulation.ReasonNoScope, problem.Args{"scope": string(mandate.Pay)})
}

// drawUp makes the payment from the fees as they are now.
func (c *Cashier) drawUp(ctx context.Context, w Wish, m Means) (Payment, error) {
	p := Payment{
		Payer: w.Actor.Holder, Staff: w.Actor.Staff, Means: m, Key: w.Key, State: Open, OrderKey: newKey(), Language: w.Language,
		Till: w.Till, Rounding: w.Rounding,
	}
	seen := map[lineKey]bool{}
	for _, choice := range w.Choices {
		fees, err := c.Fees.Fees(ctx, choice.Permit)
		if err != nil {
			return Payment{}, err //nolint:wrapcheck // the office says what it was doing
		}
		for n, id := range choice.Fees {
			i := slices.IndexFunc(fees, func(f circulation.Fee) bool { return f.ID == id })
			if i < 0 {
				return Payment{}, noFee()
			}
			line := Line{
				Holder: choice.Permit.Card(), Fee: id, Kind: fees[i].Kind, Description: fees[i].Description, Amount: fees[i].Amount,
			}
			if n == len(choice.Fees)-1 && choice.Part > 0 && choice.Part < line.Amount {
				line.Amount, line.Of = choice.Part, line.Amount
			}
			if seen[line.key()] {
				continue
			}
			seen[line.key()] = true
			p.Lines = append(p.Lines, line)
			if p.Total, err = money.Add(p.Total, line.Amount); err != nil {
				return Payment{}, problem.New(problem.Invalid, ReasonTooMuch, nil).Because(err)
			}
		}
	}
	if p.Total != w.Expected {
		return Payment{}, problem.New(problem.Conflict, ReasonChanged, nil)
	}
	p.StartedAt = c.Now()
	if m == Online {
		p.Provider, p.ExpiresAt = c.Provider.Name(), p.StartedAt.Add(c.openFor())
		return p, nil
	}
	p.State, p.ExpiresAt, p.EndedAt = Paid, p.StartedAt, p.StartedAt
	return p, nil
}

// keep writes the payment, with its booking when it is paid already.
func (c *Cashier) keep(ctx context.Context, p Payment) (Payment, []Hold, error) {
	var b Booking
	if p.State == Paid {
		var err error
		if b, err = c.booked(p, nil, p.EndedAt); err != nil {
			return Payment{}, nil, err
		}
	}
	kept, holds, err := c.Store.OpenPayment(ctx, p, b)
	if err != nil {
		return Payment{}, nil, fmt.Errorf("keep a payment: %w", err)
	}
	return kept, holds, nil
}

// newKey is a key that nobody guesses and that is never used twice.
func newKey() string { return rand.Text() }

// lineKey names a fee.
type lineKey struct {
	card card.ID
	fee  circulation.FeeID
}

func (l Line) key() lineKey { return lineKey{l.Holder.ID, l.Fee} }

// again answers a form that was sent before with its payment, if it has the
// same content. What another payer started tells nothing.
func again(p Payment, w Wish, m Means) (Payment, error) {
	wanted := map[lineKey]bool{}
	for _, choice := range w.Choices {
		for _, fee := range choice.Fees {
			wanted[lineKey{choice.Permit.Card().ID, fee}] = true
		}
	}
	same := p.Payer.ID == w.Actor.Holder.ID && p.Staff == w.Actor.Staff && p.Means == m &&
		p.Total == w.Expected && len(wanted) == len(p.Lines)
	for _, l := range p.Lines {
		same = same && wanted[l.key()]
	}
	if !same {
		return Payment{}, problem.New(problem.Conflict, ReasonKeyReused, nil)
	}
	p.Again = true
	return p, nil
}

// freeLapsed settles the payments in the way whose time is over and reports
// whether there were any: the holds may be gone then.
func (c *Cashier) freeLapsed(ctx context.Context, holds []Hold) bool {
	tried := false
	for i, h := range holds {
		if h.State != Open || h.Until.After(c.Now()) || slices.ContainsFunc(holds[:i], func(o Hold) bool { return o.Payment == h.Payment }) {
			continue
		}
		tried = true
		p, err := c.Store.Payment(ctx, h.Payment)
		if err == nil {
			_, err = c.settle(ctx, p)
		}
		if err != nil {
			c.Log.WarnContext(ctx, "a lapsed payment in the way was not settled", "payment", int64(h.Payment), "error", err)
		}
	}
	return tried
}

// inTheWay says what holds the fees: one problem for each payment.
func (c *Cashier) inTheWay(ctx context.Context, actor mandate.Actor, holds []Hold) error {
	var trouble problem.List
	seen := map[ID]bool{}
	for _, h := range holds {
		if seen[h.Payment] {
			continue
		}
		seen[h.Payment] = true
		switch {
		case h.State == Paid:
			trouble = append(trouble, problem.New(problem.Conflict, ReasonPaid, nil))
		case h.Payer.ID == actor.Holder.ID:
			trouble = append(trouble, problem.New(problem.Conflict, ReasonHeldByYou,
				problem.Args{"until": h.Until, "payment": int64(h.Payment)}))
		default:
			known, err := c.Known.MayKnow(ctx, actor.Holder.ID, h.Payer.ID)
			if err != nil {
				return fmt.Errorf("ask whether the payer may be named: %w", err)
			}
			name := ""
			if known {
				name = h.Payer.Name
			}
			trouble = append(trouble, problem.New(problem.Conflict, ReasonHeld, problem.Args{"until": h.Until, "name": name}))
		}
	}
	return trouble.Or()
}
