// Package testbank is a payment provider that takes no money: a page of its own
// with a button for each outcome, and webhooks over HTTP like a real one's,
// which say no more than that something changed. It keeps its orders in memory
// and is meant for the demo and for tests only.
package testbank

import (
	"context"
	"crypto/rand"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Name is the provider's name in addresses and accounts.
const Name = "testbank"

// How long an order is kept after its time is over: one that was paid can be
// paid back or charged back for some time.
const (
	keepFor     = 24 * time.Hour
	keepPaidFor = 90 * 24 * time.Hour
)

// Options are the parts of the world that the bank needs.
type Options struct {
	// Base is the address under which Handler is found, without "/testbank/".
	Base *url.URL
	// Client sends the webhooks.
	Client *http.Client
	Now    func() time.Time
	Log    *slog.Logger
}

// Bank is the provider. Its webhooks are sent while Run runs.
type Bank struct {
	options Options
	page    *template.Template
	policy  string // the page's Content-Security-Policy
	news    chan event

	mu    sync.Mutex
	byRef map[string]*order
	byKey map[string]*order // by Order.Key
}

// order is one order and what became of it.
type order struct {
	ref         string
	asked       payment.Order
	state       payment.State
	made        time.Time
	refunds     []refund
	chargebacks []payment.Chargeback
}

// New makes a bank without orders.
func New(o Options) *Bank {
	const waiting = 256 // webhooks that wait for their turn
	return &Bank{
		options: o, page: newPage(), policy: policy(), news: make(chan event, waiting),
		byRef: map[string]*order{}, byKey: map[string]*order{},
	}
}

// Name implements payment.Provider.
func (*Bank) Name() string { return Name }

// Limits implements payment.Provider: any amount will do.
func (*Bank) Limits(ctx context.Context) (payment.Limits, error) {
	return payment.Limits{}, ctx.Err() //nolint:wrapcheck // nothing to add
}

// Create implements payment.Provider.
func (b *Bank) Create(ctx context.Context, o payment.Order) (payment.Checkout, error) {
	if err := ctx.Err(); err != nil {
		return payment.Checkout{}, err //nolint:wrapcheck // nothing to add
	}
	if o.Reference == "" || o.Key == "" || o.Amount <= 0 || o.Return == "" {
		return payment.Checkout{}, errors.New("testbank: an order has a reference, a key, an amount and a way back")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	made, ok := b.byKey[o.Key]
	if !ok {
		made = &order{ref: rand.Text(), asked: o, state: payment.Open, made: b.options.Now()}
		b.byRef[made.ref], b.byKey[o.Key] = made, made
	}
	if made.asked.Amount != o.Amount || made.asked.Reference != o.Reference {
		return payment.Checkout{}, problem.New(problem.Conflict, payment.ReasonKeyReused, nil)
	}
	return payment.Checkout{Ref: made.ref, URL: b.address(made.ref)}, nil
}

// Status implements payment.Provider.
func (b *Bank) Status(ctx context.Context, ref string) (payment.Status, error) {
	var s payment.Status
	err := b.with(ctx, ref, func(o *order) error {
		s = o.status()
		return nil
	})
	return s, err
}

// Cancel implements payment.Provider.
func (b *Bank) Cancel(ctx context.Context, ref string) error {
	return b.with(ctx, ref, func(o *order) error {
		switch o.state {
		case payment.Paid:
			return problem.New(problem.Conflict, payment.ReasonStep, nil)
		case payment.Open:
			o.state = payment.Cancelled
			b.announce(o)
		}
		return nil
	})
}

// List implements payment.Provider.
func (b *Bank) List(ctx context.Context, from, to time.Time, each func(payment.Status) error) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // nothing to add
	}
	for _, s := range b.made(from, to) {
		if err := each(s); err != nil {
			return err
		}
	}
	return nil
}

// made returns the orders of a time, so that nobody is called under the lock.
func (b *Bank) made(from, to time.Time) []payment.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []payment.Status
	for _, o := range b.byRef {
		if !o.made.Before(from) && o.made.Before(to) {
			b.age(o)
			all = append(all, o.status())
		}
	}
	return all
}

// with calls f with an order as it stands now.
func (b *Bank) with(ctx context.Context, ref string, f func(*order) error) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // nothing to add
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.byRef[ref]
	if !ok {
		return problem.New(problem.NotFound, payment.ReasonNotFound, nil)
	}
	b.age(o)
	return f(o)
}

func (o *order) status() payment.Status {
	return payment.Status{
		Ref: o.ref, Reference: o.asked.Reference, State: o.state, Currency: payment.Euro, Amount: o.asked.Amount,
		Refunded: o.refunded(), ChargedBack: o.chargedBack(), CreatedAt: o.made,
	}
}

// address is where the page of an order is; "" is that of all orders.
func (b *Bank) address(ref string) string {
	return b.options.Base.JoinPath("testbank/").String() + ref
}

// age expires an order whose time is over.
func (b *Bank) age(o *order) {
	if o.state == payment.Open && !o.asked.ExpiresAt.IsZero() && !o.asked.ExpiresAt.After(b.options.Now()) {
		o.state = payment.Expired
	}
}

// forget drops orders whose time was over long ago.
func (b *Bank) forget() {
	for ref, o := range b.byRef {
		keep := keepFor
		if o.state == payment.Paid {
			keep = keepPaidFor
		}
		if !o.asked.ExpiresAt.IsZero() && o.asked.ExpiresAt.Before(b.options.Now().Add(-keep)) {
			delete(b.byRef, ref)
			delete(b.byKey, o.asked.Key)
		}
	}
}

// euros writes an amount as the page's reader does. The bank has no catalogue:
// it stands for a page that is not ours.
func euros(c money.Cents, language string) string {
	if language == english {
		return "€" + c.String()
	}
	return "€ " + comma(c.String())
}
