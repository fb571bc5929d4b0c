package guard

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"hoofdpas/internal/card"
)

// shelf keeps one kind of answer for a while, for a bounded number of cards, and
// lets many who ask for the same card at once share one call.
type shelf[V any] struct {
	keep time.Duration
	now  func() time.Time

	mu      sync.Mutex
	kept    *simplelru.LRU[card.Number, entry[V]]
	doubts  *simplelru.LRU[card.Number, time.Time] // until when nothing is kept
	flights map[card.Number]*flight[V]
}

type entry[V any] struct {
	values []V
	until  time.Time
}

// flight is a call under way. values and err are set before done is closed.
type flight[V any] struct {
	done    chan struct{}
	values  []V
	err     error
	readers int
	stop    context.CancelFunc
}

func newShelf[V any](keep time.Duration, now func() time.Time) *shelf[V] {
	s := &shelf[V]{keep: keep, now: now, flights: map[card.Number]*flight[V]{}}
	s.kept, _ = simplelru.NewLRU[card.Number, entry[V]](kept, nil) // an error only for a size below 1
	s.doubts, _ = simplelru.NewLRU[card.Number, time.Time](kept, nil)
	return s
}

// read returns what is kept, or fetches it. Each reader gets values of their own
// and leaves when ctx ends; when all have left the call is stopped.
func (s *shelf[V]) read(ctx context.Context, number card.Number, fetch func(context.Context) ([]V, error)) ([]V, error) {
	s.mu.Lock()
	if e, ok := s.kept.Get(number); ok && s.now().Before(e.until) {
		s.mu.Unlock()
		return slices.Clone(e.values), nil
	}
	f, ok := s.flights[number]
	if !ok {
		f = s.start(ctx, number, fetch)
	}
	f.readers++
	s.mu.Unlock()
	select {
	case <-f.done:
		return slices.Clone(f.values), f.err
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.readers--; f.readers == 0 {
		s.land(number, f)
		f.stop()
	}
	return nil, away(asked{what: "wait for an answer"}, errLeft)
}

// start begins a call. The lock is held.
func (s *shelf[V]) start(ctx context.Context, number card.Number, fetch func(context.Context) ([]V, error)) *flight[V] {
	under, stop := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight[V]{done: make(chan struct{}), stop: stop}
	s.flights[number] = f
	go func() {
		defer stop()
		f.values, f.err = fetch(under)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.land(number, f) && f.err == nil {
			s.put(number, f.values)
		}
		close(f.done)
	}()
	return f
}

// land ends a flight. It reports false when it had been dropped: then what it
// brings was read before something changed.
func (s *shelf[V]) land(number card.Number, f *flight[V]) bool {
	if s.flights[number] != f {
		return false
	}
	delete(s.flights, number)
	return true
}

func (s *shelf[V]) put(number card.Number, values []V) {
	if s.keep <= 0 {
		return
	}
	now := s.now()
	if until, ok := s.doubts.Get(number); ok && now.Before(until) {
		return
	}
	s.kept.Add(number, entry[V]{slices.Clone(values), now.Add(s.keep)})
}

// drop forgets the card. Who asks from now on is told what the system says from
// now on. With doubt nothing of the card is kept for a while.
func (s *shelf[V]) drop(number card.Number, doubt bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept.Remove(number)
	delete(s.flights, number)
	if doubt {
		s.doubts.Add(number, s.now().Add(s.keep))
	}
}

func (s *shelf[V]) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.Len()
}
