// Package stripetest is a server that behaves like the part of Stripe's API that
// we use, for tests: Checkout Sessions, refunds, disputes and signed webhooks.
// What it knows it keeps in memory; what becomes of a session is the test's to
// say. That what it takes and gives is Stripe's form is shown elsewhere, against
// Stripe's own mock.
package stripetest

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/money"
)

// The key and the secret that the server knows.
const (
	Key    = "sk_test_hemelsblauw"
	Secret = "whsec_hemelsblauw"
)

// Stripe forgets an idempotency key after a day.
const keepKey = 24 * time.Hour

// Server is the API and what is behind it.
type Server struct {
	now  func() time.Time
	http *httptest.Server

	mu       sync.Mutex
	sessions []*session // the oldest first
	keys     map[string]kept
	broken   []Fault
	asked    []http.Header
}

// session is a Checkout Session with what came of it.
type session struct {
	id, intent, charge  string
	status, paymentWord string // as Stripe's API has them
	intentStatus        string
	amount              money.Cents
	currency            string
	reference           string
	created, expires    time.Time
	refunds             []*refund
	disputes            []*dispute
}

type refund struct {
	id, reference, status string
	amount                money.Cents
	created               time.Time
}

type dispute struct {
	id, status       string
	amount           money.Cents
	created, settled time.Time
}

// kept is an answer that is given again to the same key.
type kept struct {
	request [sha256.Size]byte
	at      time.Time
	status  int
	body    []byte
}

// Fault is something that goes wrong with the next request.
type Fault int

// What can go wrong.
const (
	Lost   Fault = iota // it is done, and the answer is lost
	Fails               // nothing is done, and the answer is 500
	Forged              // the answer is a page that is not the API's
	Moved               // the answer sends the client on to another host
)

// Serve starts a server for a test.
func Serve(t testing.TB, now func() time.Time) *Server {
	t.Helper()
	s := &Server{now: now, keys: map[string]kept{}}
	s.http = httptest.NewServer(s.handler())
	t.Cleanup(s.http.Close)
	return s
}

// URL is where the API is.
func (s *Server) URL() string { return s.http.URL }

// Client is a client for it.
func (s *Server) Client() *http.Client { return s.http.Client() }

// Next lets the next requests go wrong, in turn.
func (s *Server) Next(f ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = append(s.broken, f...)
}

// Headers are those of every request so far.
func (s *Server) Headers() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]http.Header{}, s.asked...)
}

// Sessions is how many sessions there are.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// with finds a session as it stands now.
func (s *Server) with(id string, f func(*session)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(id)
	if o != nil {
		f(o)
	}
	return o != nil
}

func (s *Server) find(id string) *session {
	for _, o := range s.sessions {
		if o.id == id {
			s.age(o)
			return o
		}
	}
	return nil
}

// age ends a session whose time is over.
func (s *Server) age(o *session) {
	if o.status == "open" && !o.expires.After(s.now()) {
		o.status, o.intentStatus = "expired", "canceled"
	}
}

// Pay lets the payer of a session pay.
func (s *Server) Pay(id string) bool {
	done := false
	return s.with(id, func(o *session) {
		if done = o.status == "open"; done {
			o.status, o.paymentWord, o.intentStatus, o.charge = "complete", "paid", "succeeded", token("ch_")
		}
	}) && done
}

// Fall lets the payer leave the page with money to come that never comes.
func (s *Server) Fall(id string) bool {
	return s.with(id, func(o *session) {
		if o.status == "open" {
			o.status, o.intentStatus = "complete", "requires_payment_method"
		}
	})
}

// Wait lets the payer leave the page with money to come.
func (s *Server) Wait(id string) bool {
	return s.with(id, func(o *session) {
		if o.status == "open" {
			o.status, o.intentStatus = "complete", "processing"
		}
	})
}

// Expire ends a session, as time does.
func (s *Server) Expire(id string) bool {
	return s.with(id, func(o *session) {
		if o.status == "open" {
			o.status, o.intentStatus = "expired", "canceled"
		}
	})
}

// ByOther makes the session one that another program made with the same account.
func (s *Server) ByOther(id string) bool {
	return s.with(id, func(o *session) { o.reference = "" })
}

// InDollars makes the session one in another currency.
func (s *Server) InDollars(id string) bool {
	return s.with(id, func(o *session) { o.currency = "usd" })
}

// Dispute lets the payer's bank take back all that is left. Status is Stripe's
// word: "needs_response", or "warning_needs_response" when it only asks.
func (s *Server) Dispute(id, status string) bool {
	return s.with(id, func(o *session) {
		o.disputes = append(o.disputes, &dispute{
			id: token("du_"), status: status, amount: o.left(), created: s.now(),
		})
	})
}

// Win ends every dispute of a session: the money comes back.
func (s *Server) Win(id string) bool {
	return s.with(id, func(o *session) {
		for _, d := range o.disputes {
			d.status, d.settled = "won", s.now()
		}
	})
}

// EndRefund lets a refund end: "succeeded" or "failed".
func (s *Server) EndRefund(id, refund, status string) bool {
	return s.with(id, func(o *session) {
		for _, r := range o.refunds {
			if r.id == refund {
				r.status = status
			}
		}
	})
}

// refunded is what was paid back or is about to.
func (o *session) refunded() (sum money.Cents) {
	for _, r := range o.refunds {
		if r.status != "failed" {
			sum += r.amount
		}
	}
	return sum
}

// left is what can be paid back.
func (o *session) left() money.Cents {
	left := o.amount - o.refunded()
	for _, d := range o.disputes {
		if d.status != "won" && !strings.HasPrefix(d.status, "warning_") {
			left -= d.amount
		}
	}
	return left
}

func token(prefix string) string { return prefix + rand.Text() }

// cents reads an amount in the smallest unit.
func cents(text string) (money.Cents, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return money.Cents(n), err == nil
}
