package koha

import (
	"sync"
	"time"
)

// shelf keeps a bounded number of things for a while. When it is full, what is
// too old goes, and if nothing is, something.
type shelf[K comparable, V any] struct {
	most int
	keep time.Duration
	now  func() time.Time

	mu   sync.Mutex
	kept map[K]kept[V]
}

type kept[V any] struct {
	value V
	until time.Time
}

func newShelf[K comparable, V any](most int, keep time.Duration, now func() time.Time) *shelf[K, V] {
	return &shelf[K, V]{most: most, keep: keep, now: now, kept: map[K]kept[V]{}}
}

func (s *shelf[K, V]) get(k K) (value V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.kept[k]
	if !ok || !s.now().Before(found.until) {
		return value, false
	}
	return found.value, true
}

func (s *shelf[K, V]) put(k K, value V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if len(s.kept) >= s.most {
		for old, found := range s.kept {
			if !now.Before(found.until) {
				delete(s.kept, old)
			}
		}
	}
	for old := range s.kept {
		if len(s.kept) < s.most {
			break
		}
		delete(s.kept, old)
	}
	s.kept[k] = kept[V]{value, now.Add(s.keep)}
}

func (s *shelf[K, V]) drop(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, k)
}
