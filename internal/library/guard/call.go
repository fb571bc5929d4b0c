package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/sony/gobreaker/v2"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
)

// What a call comes to when its time is up: a connector that looks what became of
// a renewal needs a moment for that.
const (
	graceToRead  = 250 * time.Millisecond
	graceToWrite = 6 * time.Second
)

// Why a call was not made, or not waited for.
var (
	errResting = errors.New("it failed time and again and is left alone for a while")
	errBusy    = errors.New("too many calls at once")
	errLate    = errors.New("no answer in time")
	errLeft    = errors.New("nobody waits for it any more")
)

// read makes a call that changes nothing. It ends when ctx does.
func read[T any](ctx context.Context, s *System, what string, number card.Number, call func(context.Context) (T, error)) (T, error) {
	return ask(ctx, s, asked{what: what, number: number, grace: graceToRead}, call)
}

// write makes a call that changes something at a card. Once begun it is not cut
// off because somebody left: then nobody would know what became of it.
func write[T any](ctx context.Context, s *System, what string, number card.Number, call func(context.Context) (T, error)) (T, error) {
	s.forget(number, false)
	v, err := ask(ctx, s, asked{what: what, number: number, grace: graceToWrite, writes: true}, func(ctx context.Context) (T, error) {
		v, err := call(ctx)
		s.forget(number, !answered(err)) // also when it comes too late
		return v, err
	})
	s.forget(number, !answered(err))
	return v, err
}

// asked is what is asked of the system.
type asked struct {
	what   string
	number card.Number
	grace  time.Duration
	writes bool
}

type answer[T any] struct {
	value T
	err   error
}

// ask asks while somebody may watch.
func ask[T any](ctx context.Context, s *System, a asked, call func(context.Context) (T, error)) (v T, err error) {
	if s.options.Watch != nil {
		var end func(error)
		ctx, end = s.options.Watch(ctx, a.what)
		defer func() { end(err) }()
	}
	return inTurn(ctx, s, a, call)
}

// inTurn waits for a turn and makes the call, each within the time limit.
func inTurn[T any](ctx context.Context, s *System, a asked, call func(context.Context) (T, error)) (none T, err error) {
	report, err := s.turn(ctx)
	if err != nil {
		return none, away(a, err)
	}
	under := ctx
	if a.writes {
		under = context.WithoutCancel(ctx)
	}
	limited, cancel := context.WithTimeout(under, s.options.Timeout)
	began := s.options.Now()
	answers := make(chan answer[T], 1)
	go func() {
		// A connector that does not come back keeps its turn until it does.
		defer s.slots.Release(1)
		defer s.asking.Add(-1)
		defer cancel()
		var got answer[T]
		defer func() { answers <- got }()
		defer rescue(&got.err)
		got.value, got.err = call(limited)
	}()
	got := await(limited, answers, a)
	if under.Err() != nil && !answered(got.err) {
		report(errLeft)
		return none, away(a, errLeft)
	}
	report(got.err)
	if answered(got.err) {
		return got.value, got.err
	}
	s.options.Log.WarnContext(ctx, "the library system did not do what it was asked", "system", s.options.Name, "call", a.what,
		"card", a.number, "ms", s.options.Now().Sub(began).Milliseconds(), "error", got.err)
	if problem.Of(got.err) == nil { // a connector says so itself
		return none, away(a, got.err)
	}
	return none, got.err
}

// turn waits until a call can be made. Whoever gets a turn reports how the call
// went.
func (s *System) turn(ctx context.Context) (report func(error), err error) {
	if s.breaker.State() == gobreaker.StateOpen {
		return nil, errResting
	}
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	limited, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	switch err := s.slots.Acquire(limited, 1); {
	case ctx.Err() != nil && err == nil:
		s.slots.Release(1)
		return nil, errLeft
	case ctx.Err() != nil:
		return nil, errLeft
	case err != nil:
		return nil, errBusy
	}
	report, err = s.breaker.Allow()
	if err != nil { // while we waited it turned out to be away
		s.slots.Release(1)
		return nil, errResting
	}
	s.asking.Add(1)
	return report, nil
}

// await takes the answer, and when time is up a little later gives up.
func await[T any](ctx context.Context, answers <-chan answer[T], a asked) answer[T] {
	select {
	case got := <-answers:
		return got
	case <-ctx.Done():
	}
	grace := time.NewTimer(a.grace)
	defer grace.Stop()
	select {
	case got := <-answers:
		return got
	case <-grace.C:
	}
	if a.what == "renew" {
		return answer[T]{err: problem.New(problem.Unavailable, circulation.ReasonUnsure, nil).Because(errLate)}
	}
	return answer[T]{err: errLate}
}

// rescue makes an error of a panic: one odd answer is no reason for the program
// to end. What it panicked with may hold anything, so only its kind is told.
func rescue(err *error) {
	p := recover()
	if p == nil {
		return
	}
	if fault, ok := p.(runtime.Error); ok {
		*err = fmt.Errorf("panic: %w\n%s", fault, debug.Stack())
		return
	}
	*err = fmt.Errorf("panic: %T\n%s", p, debug.Stack())
}

func away(a asked, err error) error {
	return problem.Away(circulation.ReasonSystemAway, a.what, err)
}

// answered reports whether the system answered: it did it, or it said no.
func answered(err error) bool {
	if err == nil {
		return true
	}
	kind := problem.KindOf(err)
	return kind != "" && kind != problem.Unavailable
}

// left reports whether it says nothing about the system.
func left(err error) bool { return errors.Is(err, errLeft) }

// changed tells the operator. The breaker holds its lock meanwhile.
func (s *System) changed(name string, _, to gobreaker.State) {
	level, what := slog.LevelInfo, "the library system is tried again"
	switch to {
	case gobreaker.StateOpen:
		level, what = slog.LevelError, "the library system is left alone for a while: it failed time and again"
	case gobreaker.StateClosed:
		what = "the library system is back"
	case gobreaker.StateHalfOpen:
	}
	s.options.Log.Log(context.Background(), level, what, "system", name)
}
