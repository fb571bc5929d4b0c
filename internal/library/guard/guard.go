// Package guard stands before a library system that is somewhere else, so that a
// slow, broken or absent one never takes the site down. It wraps a connector and
// is one itself.
//
//	a call takes too long      it is given up; what it does after that is not waited for
//	many calls at once         so many are made, the others wait their turn, not for ever
//	five failures in a row     no call is made for ten seconds, then one to see how it is
//	loans and fees again       the answer of a moment ago, until something was done to the card
//	many ask the same at once  one call, and each leaves when they will
//
// A refusal is an answer and no failure. What could not be had is
// circulation.ReasonSystemAway; a renewal whose answer did not come in time is
// circulation.ReasonUnsure. Nothing is asked again here: whether that is safe
// only the connector knows.
package guard

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/semaphore"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
)

// Connector is a way to a library system.
type Connector interface {
	circulation.LibrarySystem
	account.Cards
	account.FirstPasswords
}

// Options are the bounds. What is zero or below is the default in brackets.
type Options struct {
	// Name of the connector, for the log.
	Name string
	// Timeout is how long one call may take, and how long one may wait for its
	// turn (10 s).
	Timeout time.Duration
	// AtOnce is how many calls are made at once (8).
	AtOnce int
	// Keep is how long loans and fees are kept; 0 is not at all.
	Keep time.Duration
	// Watch, when there is one, is told of each call that is asked for and, by what
	// it returns, how it ended.
	Watch func(ctx context.Context, call string) (context.Context, func(error))
	Now   func() time.Time
	Log   *slog.Logger
}

// The bounds that are no matter of choice.
const (
	defaultTimeout = 10 * time.Second
	defaultAtOnce  = 8
	// failures in a row until no call is made for rest.
	failures = 5
	rest     = 10 * time.Second
	// kept is how many cards' answers are kept at most.
	kept = 5000
)

// System is a guarded library system. Its methods are safe for many at once.
type System struct {
	inner   Connector
	options Options
	slots   *semaphore.Weighted
	breaker *gobreaker.TwoStepCircuitBreaker[any]
	loans   *shelf[circulation.Loan]
	fees    *shelf[circulation.Fee]

	waiting, asking atomic.Int64
}

var _ Connector = (*System)(nil)

// New guards a connector.
func New(inner Connector, o Options) *System {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.AtOnce <= 0 {
		o.AtOnce = defaultAtOnce
	}
	s := &System{
		inner: inner, options: o, slots: semaphore.NewWeighted(int64(o.AtOnce)),
		loans: newShelf[circulation.Loan](o.Keep, o.Now), fees: newShelf[circulation.Fee](o.Keep, o.Now),
	}
	s.breaker = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Name: o.Name, MaxRequests: 1, Timeout: rest,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures },
		IsSuccessful: answered, IsExcluded: left,
		OnStateChange: s.changed,
	})
	return s
}

// Loans returns the card's loans, at most Keep old, or what was found when
// somebody else asked just now.
func (s *System) Loans(ctx context.Context, number card.Number) ([]circulation.Loan, error) {
	return s.loans.read(ctx, number, func(ctx context.Context) ([]circulation.Loan, error) {
		return read(ctx, s, "loans", number, func(ctx context.Context) ([]circulation.Loan, error) { return s.inner.Loans(ctx, number) })
	})
}

// Fees returns the card's open fees as Loans does its loans.
func (s *System) Fees(ctx context.Context, number card.Number) ([]circulation.Fee, error) {
	return s.fees.read(ctx, number, func(ctx context.Context) ([]circulation.Fee, error) {
		return read(ctx, s, "fees", number, func(ctx context.Context) ([]circulation.Fee, error) { return s.inner.Fees(ctx, number) })
	})
}

// Card asks every time.
func (s *System) Card(ctx context.Context, number card.Number) (card.Card, bool, error) {
	f, err := read(ctx, s, "card", number, func(ctx context.Context) (found, error) {
		c, ok, err := s.inner.Card(ctx, number)
		return found{c, ok}, err
	})
	return f.card, f.ok, err
}

// found is a card that may not be there.
type found struct {
	card card.Card
	ok   bool
}

// CheckFirstPassword asks every time.
func (s *System) CheckFirstPassword(ctx context.Context, number card.Number, password string) (bool, error) {
	return read(ctx, s, "first password", number, func(ctx context.Context) (bool, error) {
		return s.inner.CheckFirstPassword(ctx, number, password)
	})
}

// Renew renews, and goes on when nobody waits any more.
func (s *System) Renew(ctx context.Context, number card.Number, loan circulation.LoanID, due calendar.Date) (circulation.Loan, error) {
	return write(ctx, s, "renew", number, func(ctx context.Context) (circulation.Loan, error) {
		return s.inner.Renew(ctx, number, loan, due)
	})
}

// Settle settles, and goes on when nobody waits any more.
func (s *System) Settle(ctx context.Context, number card.Number, fees []circulation.Settlement, reference string) error {
	_, err := write(ctx, s, "settle", number, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.inner.Settle(ctx, number, fees, reference)
	})
	return err
}

// Reopen opens fees again, and goes on when nobody waits any more.
func (s *System) Reopen(ctx context.Context, number card.Number, fees []circulation.Settlement, reference string) error {
	_, err := write(ctx, s, "reopen", number, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.inner.Reopen(ctx, number, fees, reference)
	})
	return err
}

// forget drops what was kept of a card. doubt tells that the system may still be
// at work on it: then what it says is not kept for a while either.
func (s *System) forget(number card.Number, doubt bool) {
	s.loans.drop(number, doubt)
	s.fees.drop(number, doubt)
}

// State is how a guarded system is doing.
type State struct {
	Name string
	// Away tells that no call is made for now.
	Away bool
	// Failures in a row so far.
	Failures int
	// Asking is how many calls are being made, Waiting how many wait their turn.
	Asking, Waiting int
	// Kept is how many answers are kept, old ones included.
	Kept int
}

// State tells how the system is doing now.
func (s *System) State() State {
	return State{
		Name: s.options.Name, Away: s.breaker.State() == gobreaker.StateOpen,
		Failures: int(s.breaker.Counts().ConsecutiveFailures), Asking: int(s.asking.Load()), Waiting: int(s.waiting.Load()),
		Kept: s.loans.size() + s.fees.size(),
	}
}
