package throttle_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/throttle"
)

// shelf keeps buckets in memory: the rule is what is tested here, the store's
// keeping is tested with the store.
type shelf map[string]throttle.Bucket

func (s shelf) Buckets(_ context.Context, keys []string, decide func([]throttle.Bucket) []throttle.Bucket) error {
	have := make([]throttle.Bucket, len(keys))
	for i, k := range keys {
		have[i] = s[k]
	}
	for i, b := range decide(have) {
		s[keys[i]] = b
	}
	return nil
}

func (s shelf) ForgetBuckets(_ context.Context, keys ...string) error {
	for _, k := range keys {
		delete(s, k)
	}
	return nil
}

func (s shelf) SweepBuckets(_ context.Context, before time.Time) error {
	for k, b := range s {
		if b.Last.Before(before) {
			delete(s, k)
		}
	}
	return nil
}

// rule waits 10 s, 20 s, 40 s and then 1 minute after three free attempts.
func rule() throttle.Rule {
	return throttle.Rule{Free: 3, First: 10 * time.Second, Longest: time.Minute, Forget: time.Hour}
}

func fresh() (t *throttle.Throttle, pass func(time.Duration)) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	return &throttle.Throttle{
		Store: shelf{}, Rules: map[string]throttle.Rule{"x/": rule()}, Now: func() time.Time { return now },
	}, func(d time.Duration) { now = now.Add(d) }
}

func attempt(t rapid.TB, th *throttle.Throttle, keys ...string) time.Duration {
	t.Helper()
	wait, err := th.Attempt(context.Background(), keys...)
	if err != nil {
		t.Fatal(err)
	}
	return wait
}

func TestAfterTheFreeAttemptsEachWaitDoublesUpToTheLongest(t *testing.T) {
	t.Parallel()
	th, pass := fresh()
	for range 3 {
		if wait := attempt(t, th, "x/a"); wait != 0 {
			t.Fatalf("a free attempt waits %s", wait)
		}
	}
	for _, want := range []time.Duration{10, 20, 40, 60, 60} {
		want *= time.Second
		if wait := attempt(t, th, "x/a"); wait != want {
			t.Errorf("waits %s, want %s", wait, want)
		}
		pass(want)
		if wait := attempt(t, th, "x/a"); wait != 0 {
			t.Errorf("after the wait it still waits %s", wait)
		}
	}
	pass(time.Hour)
	if wait := attempt(t, th, "x/a"); wait != 0 {
		t.Errorf("after a quiet hour it waits %s", wait)
	}
}

func TestAnAttemptTooSoonCountsUnderNoKey(t *testing.T) {
	t.Parallel()
	th, _ := fresh()
	for range 3 {
		attempt(t, th, "x/a")
	}
	for range 50 {
		if attempt(t, th, "x/a", "x/b") == 0 {
			t.Fatal("an attempt went through that had to wait")
		}
	}
	if wait := attempt(t, th, "x/b"); wait != 0 {
		t.Errorf("what came too soon was counted elsewhere: %s", wait)
	}
}

func TestAnExcusedAttemptTakesBackOneAndNoMore(t *testing.T) {
	t.Parallel()
	th, _ := fresh()
	for range 3 {
		attempt(t, th, "x/a")
	}
	if err := th.Excuse(context.Background(), "x/a"); err != nil {
		t.Fatal(err)
	}
	if wait := attempt(t, th, "x/a"); wait != 0 {
		t.Errorf("after an excuse it waits %s", wait)
	}
	if wait := attempt(t, th, "x/a"); wait == 0 {
		t.Error("one excuse gave two attempts")
	}
}

func TestNobodyWaitsLongerThanTheLongestWhateverHappened(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		th, pass := fresh()
		for range rapid.IntRange(0, 60).Draw(t, "attempts") {
			attempt(t, th, "x/a")
			// The clock may be set back too.
			pass(time.Duration(rapid.IntRange(-120, 120).Draw(t, "seconds")) * time.Second)
		}
		if wait := attempt(t, th, "x/a"); wait > rule().Longest {
			t.Fatalf("waits %s", wait)
		}
	})
}

func TestANetworkIsAnAddressOrTheNetOfAnIPv6Customer(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "192.0.2.7:4711": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "[2001:db8:1:2::9]:443": "2001:db8:1:2::", "fe80::1%eth0": "fe80::",
		"": "unknown", "@": "unknown", "kiosk": "unknown", throttle.Terminal + "Zuil": "kiosk/Zuil",
	} {
		if got := throttle.Network(address); got != want {
			t.Errorf("%q is %q, want %q", address, got, want)
		}
	}
}
