package household_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// A mother renews for her son, again and again, while he ends the mandate. What she asks
// once he has been told that it ended is refused; what was done before stands in the log.
func TestWhatIsAskedOnceAMandateHasEndedIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		h := newHomeOn(t, s, system{})
		mother, son := mandate.Actor{Holder: h.mother}, mandate.Actor{Holder: h.son}
		renewals := 0
		for round := range 10 {
			if round > 0 {
				if err := h.book.Link(ctx, mandate.Link{Staff: "balie", Grantor: h.son, Grantee: h.mother, Scopes: []mandate.Scope{mandate.Renew}}); err != nil {
					t.Fatal(err)
				}
			}
			all, err := s.ActiveFor(ctx, h.mother.ID)
			if err != nil {
				t.Fatal(err)
			}
			var given mandate.ID
			for _, m := range all {
				if m.Grantor.ID == h.son.ID {
					given = m.ID
				}
			}
			renewed := make(chan struct{}, 1)
			var ended atomic.Bool
			var both sync.WaitGroup
			both.Go(func() {
				defer close(renewed)
				for {
					late := ended.Load()
					p, err := h.book.PermitFor(ctx, mother, h.son.ID)
					if problem.Has(err, mandate.ReasonNoPermit) {
						return
					}
					if err == nil {
						_, err = h.office.Renew(ctx, p, "1", calendar.Date{})
					}
					if err != nil || late {
						t.Errorf("asked after it ended: %t, %v", late, err)
						return
					}
					renewals++
					select {
					case renewed <- struct{}{}:
					default:
					}
				}
			})
			both.Go(func() {
				<-renewed
				if _, err := h.book.Take(ctx, son, given, mandate.End); err != nil {
					t.Error(err)
				}
				ended.Store(true)
			})
			both.Wait()
		}
		log, err := h.book.Log(ctx, h.son, 0, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range log {
			if e.Deed == mandate.Renewed {
				renewals--
			}
		}
		if renewals != 0 {
			t.Errorf("%d renewals more than the log has", renewals)
		}
	})
}
