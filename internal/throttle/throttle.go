// Package throttle slows down what is tried again and again: log-ins, requests
// for mandates, PINs at a kiosk. Nothing is ever locked for good: after some
// free attempts each next one has to wait, longer every time up to a bound,
// and the count is forgotten after a quiet while. An attempt that came too
// soon is not counted, so hammering makes nothing worse for the owner.
package throttle

import (
	"context"
	"time"
)

// Rule says how attempts of one kind are slowed down.
type Rule struct {
	// Free is how many attempts go without waiting.
	Free int
	// First is the wait before the attempt that follows the free ones; it
	// doubles with each further attempt up to Longest.
	First, Longest time.Duration
	// Forget is the quiet time after which the count starts again.
	Forget time.Duration
}

// Bucket is what is kept of one key.
type Bucket struct {
	Count int
	// Last is the last counted attempt; zero when there was none.
	Last time.Time
}

// clockSkew is how far the clocks of our machines may lie apart.
const clockSkew = time.Minute

// forgotten reports whether the bucket no longer counts. One that lies in the
// future was written before the clock was set back: keeping to it could lock
// somebody out for as long as the clock was wrong.
func (b Bucket) forgotten(r Rule, now time.Time) bool {
	quiet := now.Sub(b.Last)
	return b.Count == 0 || quiet >= r.Forget || quiet < -clockSkew
}

// wait is how long after now the next attempt under the rule must wait.
func (b Bucket) wait(r Rule, now time.Time) time.Duration {
	if b.Count < r.Free || b.forgotten(r, now) {
		return 0
	}
	pause := r.First
	for i := r.Free; i < b.Count && pause < r.Longest; i++ {
		pause *= 2
	}
	return max(0, min(pause, r.Longest)-max(0, now.Sub(b.Last)))
}

// Store keeps the buckets.
type Store interface {
	// Buckets hands the stored buckets of the keys to decide, in one
	// transaction that no other may interleave for the same keys, and writes
	// back what decide returns. A key without a row is a zero Bucket; nil
	// from decide writes nothing. decide may run twice.
	Buckets(ctx context.Context, keys []string, decide func([]Bucket) []Bucket) error
	// ForgetBuckets deletes the buckets of the keys.
	ForgetBuckets(ctx context.Context, keys ...string) error
	// SweepBuckets deletes the buckets last used before the instant.
	SweepBuckets(ctx context.Context, before time.Time) error
}

// Throttle applies rules to keys. Rules are chosen by the part of the key up
// to its last slash: "login/card/" for "login/card/17".
type Throttle struct {
	Store Store
	Rules map[string]Rule
	Now   func() time.Time
}

// Attempt counts an attempt under every key, or returns how long to wait when
// it comes too soon for any of them; then nothing is counted.
func (t *Throttle) Attempt(ctx context.Context, keys ...string) (time.Duration, error) {
	var wait time.Duration
	err := t.Store.Buckets(ctx, keys, func(have []Bucket) []Bucket {
		now := t.Now()
		wait = 0
		for i, b := range have {
			wait = max(wait, b.wait(t.rule(keys[i]), now))
		}
		if wait > 0 {
			return nil
		}
		next := make([]Bucket, len(have))
		for i, b := range have {
			if b.forgotten(t.rule(keys[i]), now) {
				b.Count = 0
			}
			next[i] = Bucket{Count: b.Count + 1, Last: now}
		}
		return next
	})
	return wait, err
}

// Succeeded forgets the attempts under the keys.
func (t *Throttle) Succeeded(ctx context.Context, keys ...string) error {
	return t.Store.ForgetBuckets(ctx, keys...)
}

// Excuse takes back one counted attempt under each key: it turned out to be no
// guess. Unlike Succeeded it leaves what others did under the same key, so that
// somebody who guesses cannot wipe the slate by logging in as themselves now
// and then.
func (t *Throttle) Excuse(ctx context.Context, keys ...string) error {
	return t.Store.Buckets(ctx, keys, func(have []Bucket) []Bucket {
		next := make([]Bucket, len(have))
		for i, b := range have {
			next[i] = Bucket{Count: max(0, b.Count-1), Last: b.Last}
		}
		return next
	})
}

// Sweep deletes buckets that no rule remembers any more.
func (t *Throttle) Sweep(ctx context.Context) error {
	var longest time.Duration
	for _, r := range t.Rules {
		longest = max(longest, r.Forget)
	}
	return t.Store.SweepBuckets(ctx, t.Now().Add(-longest))
}

func (t *Throttle) rule(key string) Rule {
	for i := len(key) - 1; i >= 0; i-- {
		if r, ok := t.Rules[key[:i+1]]; ok && key[i] == '/' {
			return r
		}
	}
	return Rule{Free: 5, First: 30 * time.Second, Longest: 15 * time.Minute, Forget: time.Hour}
}
