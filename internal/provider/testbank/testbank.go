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

// keepFor is how long an order is kept after its time is over.
const keepFor = 24 * time.Hour

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

	mu     sync.Mutex
	byRef  map[string]*order
	byName map[string]*order // by our payment number
}

// order is one order and what became of it.
type order struct {
	ref   string
	asked payment.Order
	state payment.State
}

// New makes a bank without orders.
func New(o Options) *Bank {
	const waiting = 256 // webhooks that wait for their turn
	return &Bank{
		options: o, page: newPage(), policy: policy(), news: make(chan event, waiting),
		byRef: map[string]*order{}, byName: map[string]*order{},
	}
}

// Name implements payment.Provider.
func (*Bank) Name() string { return Name }

// Create implements payment.Provider.
func (b *Bank) Create(ctx context.Context, o payment.Order) (payment.Checkout, error) {
	if err := ctx.Err(); err != nil {
		return payment.Checkout{}, err //nolint:wrapcheck // nothing to add
	}
	if o.Reference == "" || o.Amount <= 0 || o.Return == "" {
		return payment.Checkout{}, errors.New("testbank: an order has a reference, an amount and a way back")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	made, ok := b.byName[o.Reference]
	if !ok {
		made = &order{ref: rand.Text(), asked: o, state: payment.Open}
		b.byRef[made.ref], b.byName[o.Reference] = made, made
	}
	if made.asked.Amount != o.Amount {
		return payment.Checkout{}, errors.New("testbank: the same reference with another amount")
	}
	return payment.Checkout{Ref: made.ref, URL: b.address(made.ref)}, nil
}

// Status implements payment.Provider.
func (b *Bank) Status(ctx context.Context, ref string) (payment.Status, error) {
	if err := ctx.Err(); err != nil {
		return payment.Status{}, err //nolint:wrapcheck // nothing to add
	}
	o, state, ok := b.look(ref)
	if !ok {
		return payment.Status{}, problem.New(problem.NotFound, payment.ReasonNotFound, nil)
	}
	return payment.Status{State: state, Amount: o.Amount, Ref: ref}, nil
}

func (b *Bank) address(ref string) string {
	return b.options.Base.JoinPath("testbank", ref).String()
}

// look returns an order as it stands now.
func (b *Bank) look(ref string) (payment.Order, payment.State, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.byRef[ref]
	if !ok {
		return payment.Order{}, "", false
	}
	b.age(o)
	return o.asked, o.state, true
}

// age expires an order whose time is over.
func (b *Bank) age(o *order) {
	if o.state == payment.Open && !o.asked.ExpiresAt.IsZero() && !o.asked.ExpiresAt.After(b.options.Now()) {
		o.state = payment.Expired
	}
}

// decide gives an order its outcome, once, and returns it.
func (b *Bank) decide(ref string, outcome payment.State) (o payment.Order, ok bool) {
	b.mu.Lock()
	found, ok := b.byRef[ref]
	if !ok {
		b.mu.Unlock()
		return payment.Order{}, false
	}
	b.age(found)
	decided := found.state == payment.Open
	if decided {
		found.state = outcome
	}
	o = found.asked
	b.mu.Unlock()
	if decided {
		b.announce(event{webhook: o.Webhook, ref: ref})
	}
	return o, true
}

// forget drops orders whose time was over long ago.
func (b *Bank) forget() {
	limit := b.options.Now().Add(-keepFor)
	for ref, o := range b.byRef {
		if !o.asked.ExpiresAt.IsZero() && o.asked.ExpiresAt.Before(limit) {
			delete(b.byRef, ref)
			delete(b.byName, o.asked.Reference)
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
