package store_test

import (
	"testing"
	"time"

	"hoofdpas/internal/store"
	"hoofdpas/internal/throttle"
)

func oneMore(have []throttle.Bucket) []throttle.Bucket {
	next := make([]throttle.Bucket, len(have))
	for i, b := range have {
		next[i] = throttle.Bucket{Count: b.Count + 1, Last: noon}
	}
	return next
}

// look reads buckets without writing.
func look(t testing.TB, s *store.Store, keys ...string) (have []throttle.Bucket) {
	t.Helper()
	must(t, s.Buckets(t.Context(), keys, func(b []throttle.Bucket) []throttle.Bucket {
		have = append([]throttle.Bucket(nil), b...)
		return nil
	}))
	return have
}

func TestBucketsAreKeptForgottenAndSwept(t *testing.T) {
	t.Parallel()
	each(t, func() time.Time { return noon }, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		mustBe(t, "an unknown key", look(t, s, "login/card/1")[0], throttle.Bucket{})
		mustBe(t, "rows after only looking", rows(t, s, "buckets"), 0)
		// Out of order, and with what PostgreSQL would refuse.
		keys := []string{"login/z", "login/a\x00\xff", "login/m"}
		must(t, s.Buckets(ctx, keys, oneMore))
		must(t, s.Buckets(ctx, keys[:2], oneMore))
		for i, want := range []int{2, 2, 1} {
			mustBe(t, "bucket", look(t, s, keys...)[i], throttle.Bucket{Count: want, Last: noon})
		}
		must(t, s.ForgetBuckets(ctx, keys[1], "unknown"))
		must(t, s.ForgetBuckets(ctx))
		mustBe(t, "forgotten", look(t, s, keys[1])[0], throttle.Bucket{})
		must(t, s.SweepBuckets(ctx, noon))
		mustBe(t, "not yet swept", rows(t, s, "buckets"), 2)
		must(t, s.SweepBuckets(ctx, noon.Add(time.Millisecond)))
		mustBe(t, "swept", rows(t, s, "buckets"), 0)
	})
}

func TestAttemptsAtOnceAreAllCounted(t *testing.T) {
	t.Parallel()
	each(t, func() time.Time { return noon }, func(t *testing.T, s *store.Store) {
		const n = 40
		mustAll(t, atOnce(n, func(i int) error {
			keys := []string{"login/card/1", "login/address/2"}
			if i%2 == 1 {
				keys = []string{"login/address/2", "login/card/1"} // the other order must not lock up
			}
			return s.Buckets(t.Context(), keys, oneMore)
		}))
		for _, b := range look(t, s, "login/card/1", "login/address/2") {
			mustBe(t, "counted", b.Count, n)
		}
	})
}

func TestWhoGuessesAtOnceGetsNoMoreThanTheFreeAttempts(t *testing.T) {
	t.Parallel()
	each(t, func() time.Time { return noon }, func(t *testing.T, s *store.Store) {
		th := throttle.Throttle{Store: s, Now: func() time.Time { return noon }, Rules: map[string]throttle.Rule{
			"login/": {Free: 5, First: time.Minute, Longest: time.Hour, Forget: time.Hour},
		}}
		mustBe(t, "attempts without waiting", count(t, 30, func(int) (bool, error) {
			wait, err := th.Attempt(t.Context(), "login/1")
			return wait == 0, err
		}), 5)
		must(t, th.Excuse(t.Context(), "login/1", "login/2"))
		mustBe(t, "after an excuse", look(t, s, "login/1")[0].Count, 4)
		mustBe(t, "never below zero", look(t, s, "login/2")[0], throttle.Bucket{})
		must(t, th.Succeeded(t.Context(), "login/1"))
		mustBe(t, "after success", look(t, s, "login/1")[0], throttle.Bucket{})
	})
}
