package payment

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// Cashier takes payments: the use cases of this room. It asks the provider and
// tells the library system, never inside a transaction; what it learned is then
// booked by the table of steps, whoever asked and however often.
type Cashier struct {
	Store  Store
	Fees   Fees
	System Settler
	// Provider takes the online payments; nil when there is none.
	Provider Provider
	Known    Known
	Now      func() time.Time
	Log      *slog.Logger
	// Base is where members find the program, for the way back from the
	// provider and for its webhook.
	Base *url.URL
	// Library is the name that the payer reads at the bank; may be empty.
	Library string
	// OpenFor is how long an open payment holds its fees; 0 is the constant of
	// that name.
	OpenFor time.Duration
	// Most is the most that is taken online at once, in cents; 0 is no limit.
	Most money.Cents
	// Zone is the library's, for the year of receipt numbers; nil is UTC.
	Zone *time.Location
}

// Fees reads the open fees of a permit's card. circulation.Office is one.
type Fees interface {
	Fees(ctx context.Context, p mandate.Permit) ([]circulation.Fee, error)
}

// Settler tells the library system what was paid, and what is open again. Every
// circulation.LibrarySystem is one.
type Settler interface {
	Settle(ctx context.Context, number card.Number, fees []circulation.Settlement, reference string) error
	// Reopen undoes what Settle did with the same reference, and makes a later
	// Settle with it do nothing.
	Reopen(ctx context.Context, number card.Number, fees []circulation.Settlement, reference string) error
}

// Known says whom somebody may know by name. mandate.Book is one.
type Known interface {
	MayKnow(ctx context.Context, reader, other card.ID) (bool, error)
}

// Wish is what somebody wants to pay.
type Wish struct {
	Actor mandate.Actor
	// Choices holds permits of this very moment, of the actor.
	Choices []Choice
	// Expected is the total that the payer saw.
	Expected money.Cents
	// Key makes a form that is sent twice one payment; "" is none.
	Key string
	// Language is "nl" or "en", for the provider's page.
	Language string
	// Till and Rounding are for what is taken at the desk: where, and what cash
	// was rounded up (above zero) or down.
	Till     Till
	Rounding money.Cents
}

// askFor is how long the provider gets for one answer.
const askFor = 10 * time.Second

// Online reports whether this library takes payments online.
func (c *Cashier) Online() bool { return c.Provider != nil }

// Past returns the payments that the actor made or that were for the actor's
// card, newest first, up to limit. Of what others made it holds only the lines
// of this card.
func (c *Cashier) Past(ctx context.Context, actor mandate.Actor, limit int) ([]Payment, error) {
	past, err := c.Store.PaymentsOf(ctx, actor.Holder.ID, limit)
	if err != nil {
		return nil, fmt.Errorf("list payments: %w", err)
	}
	for i, p := range past {
		if p.Payer.ID != actor.Holder.ID {
			past[i] = p.only(func(id card.ID) bool { return id == actor.Holder.ID })
		}
	}
	return past, nil
}

// Receipt returns any payment, for the desk.
func (c *Cashier) Receipt(ctx context.Context, id ID) (Payment, error) {
	p, err := c.Store.Payment(ctx, id)
	if err != nil {
		return Payment{}, fmt.Errorf("read a receipt: %w", err)
	}
	return p, nil
}

// Taken returns what a staff member took at the desk from an instant up to, but
// not including, another, newest first.
func (c *Cashier) Taken(ctx context.Context, staff string, from, to time.Time) ([]Payment, error) {
	taken, err := c.Store.Taken(ctx, staff, from, to)
	if err != nil {
		return nil, fmt.Errorf("list what was taken at the desk: %w", err)
	}
	return taken, nil
}

// TakenAtTerminals adds up what came in at each terminal in the library from an
// instant up to, but not including, another: what its coin box and its card reader
// must say they took.
func (c *Cashier) TakenAtTerminals(ctx context.Context, from, to time.Time) ([]TerminalTakings, error) {
	taken, err := c.Store.TakenAtTerminals(ctx, from, to)
	if err != nil {
		return nil, fmt.Errorf("add up what terminals took: %w", err)
	}
	return taken, nil
}

// own returns the actor's own payment; another's is not found.
func (c *Cashier) own(ctx context.Context, actor mandate.Actor, id ID) (Payment, error) {
	p, err := c.Store.Payment(ctx, id)
	if err != nil {
		return Payment{}, fmt.Errorf("read a payment: %w", err)
	}
	if p.Payer.ID != actor.Holder.ID {
		return Payment{}, problem.New(problem.NotFound, ReasonNotFound, nil)
	}
	return p, nil
}

// reference is the payment's number as providers and library systems know it.
func (p Payment) reference() string { return strconv.FormatInt(int64(p.ID), 10) }

// lapsed reports whether an open payment's time is over.
func (p Payment) lapsed(now time.Time) bool { return p.State == Open && !p.ExpiresAt.After(now) }

// openFor is how long an open payment holds its fees here.
func (c *Cashier) openFor() time.Duration { return cmp.Or(c.OpenFor, OpenFor) }

// zone is the library's.
func (c *Cashier) zone() *time.Location { return cmp.Or(c.Zone, time.UTC) }

// MailReceipt keeps a letter with the receipt of a payment for its payer, as an
// online payment gets by itself. ReasonNotFound says that nothing came in for it.
func (c *Cashier) MailReceipt(ctx context.Context, id ID) error {
	p, err := c.Store.Payment(ctx, id)
	if err != nil {
		return fmt.Errorf("read a payment: %w", err)
	}
	if !p.Came() {
		return notFound()
	}
	_, err = c.again(ctx, p, "mail the receipt", func(p Payment) (State, Booking, error) {
		return p.State, Booking{Letters: []LetterJob{{Letter: LetterPaid, Payment: p.ID, To: p.Payer.ID}}}, nil
	})
	return err
}
