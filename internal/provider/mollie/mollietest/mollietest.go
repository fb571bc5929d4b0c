// Package mollietest is a payment provider for tests that behaves as Mollie's
// payments API does, by its published description: payments, refunds,
// chargebacks, methods, idempotency keys that are forgotten after an hour, and
// webhooks that say no more than that something changed. Its payer is the test,
// by Finish, or a browser on its page. Faults make it as bad as a bad day.
//
// It stands in the test's own process, so that it goes on when the program
// under test is killed, and Orders tells what is true.
package mollietest

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/money"
)

// Key is the API key when Options have none.
const Key = "test_mollietestmollietestmollietest"

// Options are how the provider is set up; the zero value will do.
type Options struct {
	Key string
	Now func() time.Time // the time of day when nil
	// Lasts is how long an order can be paid; 0 is 15 minutes, as with iDEAL.
	Lasts time.Duration
	// RefundsTake is how long a refund is under way; 0 is until FinishRefund.
	RefundsTake time.Duration
	// Again are the pauses before a webhook that was not taken is sent again;
	// nil is a few, short at first.
	Again []time.Duration
	// Methods are the means of payment; nil is iDEAL from 0.01 to 50,000.00.
	Methods []Method
	// Seed makes the faults come in the same order each time.
	Seed   uint64
	Faults Faults
	Log    *slog.Logger
}

// Method is a means of payment with what it takes, in euro. Most 0 is no limit.
type Method struct {
	ID          string
	Least, Most money.Cents
}

// The states of an order, as Mollie writes them.
const (
	Open     = "open"
	Pending  = "pending"
	Paid     = "paid"
	Failed   = "failed"
	Canceled = "canceled"
	Expired  = "expired"
)

// The states of a refund, as Mollie writes them.
const (
	Queued       = "queued"
	Refunded     = "refunded"
	RefundFailed = "failed"
)

// Order is a payment at the provider: the truth.
type Order struct {
	Ref       string // tr_...
	Reference string // metadata.reference
	// Asked is what was asked for, in euro. Currency and Value are what the
	// provider says, which is the same unless a fault made it another.
	Asked            money.Cents
	Currency, Value  string
	Status           string
	Locale           string
	Description      string
	Return, Webhook  string
	CreatedAt        time.Time
	PaidAt, ClosedAt time.Time // zero when it was not
	Refunds          []Refund
	Chargebacks      []Chargeback
	metadata         any
}

// Refund is a refund at the provider.
type Refund struct {
	Ref         string // re_...
	Reference   string // metadata.reference, "" when it was made at the provider itself
	Amount      money.Cents
	Status      string
	Description string
	CreatedAt   time.Time
	metadata    any
}

// Chargeback is a chargeback at the provider.
type Chargeback struct {
	Ref        string // chb_...
	Amount     money.Cents
	CreatedAt  time.Time
	ReversedAt time.Time // zero when it was not
}

// Server is the provider. Its methods may be used side by side.
type Server struct {
	options Options
	http    *httptest.Server
	post    *postman

	mu      sync.Mutex
	random  *rand.Rand
	faults  Faults
	next    []Fault
	orders  []*Order // oldest first
	byRef   map[string]*Order
	answers map[string]kept // by idempotency key
}

// kept is an answer that is given again.
type kept struct {
	at     time.Time
	status int
	body   []byte
}

// Serve starts a provider on loopback, which stops with the test.
func Serve(t testing.TB, o Options) *Server {
	t.Helper()
	s := newServer(o)
	s.http = httptest.NewServer(s.handler())
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.post.run(ctx) })
	running.Go(func() { s.grow(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		s.http.Close()
	})
	return s
}

func newServer(o Options) *Server {
	if o.Key == "" {
		o.Key = Key
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Lasts == 0 {
		o.Lasts = 15 * time.Minute
	}
	if o.Again == nil {
		o.Again = []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 10 * time.Second, time.Minute}
	}
	if o.Methods == nil {
		o.Methods = []Method{{ID: "ideal", Least: 1, Most: 50_000_00}}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{
		options: o, post: newPostman(o), faults: o.Faults,
		random: rand.New(rand.NewPCG(o.Seed, 1)), //nolint:gosec // for faults
		byRef:  map[string]*Order{}, answers: map[string]kept{},
	}
}

// URL is the address of the API, for payment.mollie.url.
func (s *Server) URL() string { return s.http.URL }

// APIKey is the key that it accepts.
func (s *Server) APIKey() string { return s.options.Key }

// Client is a client for this server.
func (s *Server) Client() *http.Client { return s.http.Client() }

// Orders returns every order as it stands, oldest first.
func (s *Server) Orders() []Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Order, 0, len(s.orders))
	for _, o := range s.orders {
		s.age(o)
		all = append(all, o.copy())
	}
	return all
}

// Order returns one order as it stands.
func (s *Server) Order(ref string) (Order, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.byRef[ref]
	if !ok {
		return Order{}, false
	}
	s.age(o)
	return o.copy(), true
}

func (o *Order) copy() Order {
	c := *o
	c.Refunds, c.Chargebacks = slices.Clone(o.Refunds), slices.Clone(o.Chargebacks)
	return c
}

// Waiting is how many webhooks are still to be sent.
func (s *Server) Waiting() int { return s.post.waiting() }

// grow does now and then what time does, so that its webhooks come by
// themselves.
func (s *Server) grow(ctx context.Context) {
	for rest(ctx, time.Second) {
		s.mu.Lock()
		for _, o := range s.orders {
			s.age(o)
		}
		s.mu.Unlock()
	}
}

// age does what time does: an order expires, a refund arrives.
func (s *Server) age(o *Order) {
	now := s.options.Now()
	if (o.Status == Open || o.Status == Pending) && !o.CreatedAt.Add(s.options.Lasts).After(now) {
		o.Status, o.ClosedAt = Expired, now
		s.tell(o)
	}
	if s.options.RefundsTake == 0 {
		return
	}
	for i, r := range o.Refunds {
		if r.Status == Queued && !r.CreatedAt.Add(s.options.RefundsTake).After(now) {
			o.Refunds[i].Status = Refunded
			if s.chance(s.faults.RefundFails) {
				o.Refunds[i].Status = RefundFailed
			}
			s.tell(o)
		}
	}
}
