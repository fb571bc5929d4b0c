package guard_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/guard"
)

// deed is one thing that somebody does at some moment.
type deed struct {
	renews       bool
	at           time.Duration
	before, rest time.Duration // how long until the system does it, and until it says so
}

// TestWhoHasRenewedNeverReadsWhatWasBefore plays random histories of reading and
// renewing one card side by side, with answers that take anything from no time to
// longer than anybody waits: whoever begins to read when a renewal has been
// answered sees it, and whatever is read was true at some moment since.
func TestWhoHasRenewedNeverReadsWhatWasBefore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		span := func(name string, most int) time.Duration {
			return time.Duration(rapid.IntRange(0, most).Draw(r, name)) * 100 * time.Millisecond
		}
		var deeds []deed
		for range rapid.IntRange(2, 30).Draw(r, "deeds") {
			d := deed{renews: rapid.IntRange(0, 3).Draw(r, "renews") == 0, at: span("at", 400), before: span("before", 60), rest: span("rest", 80)}
			deeds = append(deeds, d)
		}
		var faults []string
		synctest.Test(t, func(t *testing.T) { faults = play(t, deeds) })
		if len(faults) > 0 {
			r.Fatal(faults)
		}
	})
}

func play(t *testing.T, deeds []deed) (faults []string) {
	t.Helper()
	s := &slow{}
	g := guard.New(s, guard.Options{Name: "slow", Timeout: limit, AtOnce: 3, Keep: keep, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	var mu sync.Mutex
	answered := 0 // renewals that somebody knows of
	var all sync.WaitGroup
	for i, d := range deeds {
		all.Go(func() {
			pass(d.at)
			ctx := context.WithValue(t.Context(), deedKey{}, d)
			if d.renews {
				l, err := g.Renew(ctx, anna, "1", calendar.Date{})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					answered = max(answered, l.Renewals)
				}
				return
			}
			mu.Lock()
			least := answered
			mu.Unlock()
			loans, err := g.Loans(ctx, anna)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && (loans[0].Renewals < least || loans[0].Renewals > s.count()) {
				faults = append(faults, fmt.Sprintf("deed %d reads %d renewals, after %d, of %d", i, loans[0].Renewals, least, s.count()))
			}
		})
	}
	all.Wait()
	pass(time.Hour)
	if now := g.State(); now.Asking != 0 || now.Waiting != 0 {
		faults = append(faults, fmt.Sprintf("in the end it is %+v", now))
	}
	return faults
}

type deedKey struct{}

// slow does what the deed in the context says, whether or not anybody waits.
type slow struct {
	scripted
	mu       sync.Mutex
	renewals int
}

func (s *slow) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.renewals
}

func (s *slow) do(ctx context.Context, by int) circulation.Loan {
	d, _ := ctx.Value(deedKey{}).(deed)
	pass(d.before)
	s.mu.Lock()
	s.renewals += by
	l := circulation.Loan{ID: "1", Renewals: s.renewals}
	s.mu.Unlock()
	pass(d.rest)
	return l
}

func (s *slow) Loans(ctx context.Context, _ card.Number) ([]circulation.Loan, error) {
	return []circulation.Loan{s.do(ctx, 0)}, nil
}

func (s *slow) Renew(ctx context.Context, _ card.Number, _ circulation.LoanID, _ calendar.Date) (circulation.Loan, error) {
	return s.do(ctx, 1), nil
}
