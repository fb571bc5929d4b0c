package mandate_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// eachStore runs f on a world over each store.
func eachStore(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB, ...store.Options) *store.Store{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, newWorldOn(t, open))
		})
	}
}

// atOnce runs all of them at the same moment and returns their errors.
func atOnce(all ...func() error) []error {
	errs := make([]error, len(all))
	start := make(chan struct{})
	var running sync.WaitGroup
	for i, f := range all {
		running.Go(func() {
			<-start
			errs[i] = f()
		})
	}
	close(start)
	running.Wait()
	return errs
}

// takes is a step of somebody, to be taken at the same moment as others.
func (w *world) takes(p person, m mandate.Mandate, act mandate.Act) func() error {
	return func() error {
		_, err := w.Take(context.Background(), by(p), m.ID, act)
		return err
	}
}

// deeds counts what the log says of the mandate.
func (w *world) deeds(t *testing.T, reader person, m mandate.Mandate) map[mandate.Deed]int {
	t.Helper()
	all, err := w.store.Entries(t.Context(), reader.ID, 0, 1000)
	must(t, err)
	deeds := map[mandate.Deed]int{}
	for _, e := range all {
		if e.Mandate == m.ID {
			deeds[e.Deed]++
		}
	}
	return deeds
}

func (w *world) state(t *testing.T, m mandate.Mandate) mandate.State {
	t.Helper()
	now, err := w.store.Mandate(t.Context(), m.ID)
	must(t, err)
	return now.State
}

// The grantor answers in two tabs, and the grantee withdraws meanwhile.
func TestOfAllWhoAnswerARequestAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	became := map[mandate.Act]mandate.State{
		mandate.Confirm: mandate.Active, mandate.Decline: mandate.Declined, mandate.Withdraw: mandate.Withdrawn,
	}
	eachStore(t, func(t *testing.T, w *world) {
		for range 15 {
			marieke, sem, _ := w.family(t)
			m := w.apply(t, asking(marieke, sem, mandate.Renew))
			acts := []mandate.Act{mandate.Confirm, mandate.Confirm, mandate.Decline, mandate.Withdraw}
			errs := atOnce(w.takes(sem, m, acts[0]), w.takes(sem, m, acts[1]), w.takes(sem, m, acts[2]), w.takes(marieke, m, acts[3]))
			var did []mandate.Act
			for i, err := range errs {
				if err == nil {
					did = append(did, acts[i])
				} else if !problem.Has(err, mandate.ReasonStep) && !problem.Has(err, mandate.ReasonExists) {
					t.Fatal(err)
				}
			}
			if len(did) != 1 || w.state(t, m) != became[did[0]] {
				t.Fatalf("took %v, and it is %s", did, w.state(t, m))
			}
			deeds := w.deeds(t, sem, m)
			if len(deeds) != 2 || deeds[mandate.Deed(mandate.Request)] != 1 || deeds[mandate.Deed(did[0])] != 1 {
				t.Fatalf("took %s, and the log says %v", did[0], deeds)
			}
			mustBe(t, "permit", w.may(t, marieke, sem, mandate.Renew), did[0] == mandate.Confirm)
		}
	})
}

// Each asked the other: one mandate is active, the other waits for an answer. It is
// confirmed while both end the active one.
func TestConfirmingWhileTheOneLikeItEndsIsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		for range 15 {
			marieke, sem, _ := w.family(t)
			waits := w.apply(t, offering(sem, marieke, mandate.Renew))
			active := w.active(t, marieke, sem, mandate.Renew, 0)
			errs := atOnce(w.takes(marieke, waits, mandate.Confirm), w.takes(sem, active, mandate.End), w.takes(marieke, active, mandate.End))
			confirmed := errs[0] == nil
			if !confirmed && !problem.Has(errs[0], mandate.ReasonExists) && !problem.Has(errs[0], mandate.ReasonStep) {
				t.Fatal(errs[0])
			}
			if (errs[1] == nil) == (errs[2] == nil) || !problem.Has(errors.Join(errs[1], errs[2]), mandate.ReasonStep) {
				t.Fatalf("ended: %v, %v", errs[1], errs[2])
			}
			mustBe(t, "the one that was active", w.state(t, active), mandate.Ended)
			mustBe(t, "ended in the log", w.deeds(t, sem, active)[mandate.Deed(mandate.End)], 1)
			mustBe(t, "permit", w.may(t, marieke, sem, mandate.Renew), confirmed)
			mustBe(t, "confirmed in the log", w.deeds(t, sem, waits)[mandate.Deed(mandate.Confirm)] == 1, confirmed)
		}
	})
}

// Whichever comes first, a closed card has no mandate that counts, and none that is
// left open: either the confirmation was refused, or it was ended with the card.
func TestConfirmingWhileTheCardClosesIsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		for range 15 {
			marieke, sem, _ := w.family(t)
			m := w.apply(t, offering(sem, marieke, mandate.Renew))
			errs := atOnce(w.takes(marieke, m, mandate.Confirm), func() error {
				for night := range 2 {
					if _, err := w.store.Missed(context.Background(), sem.ID, w.today().AddDays(night), w.at); err != nil {
						return err
					}
				}
				return nil
			}, func() error { _, err := w.CloseGone(context.Background()); return err })
			must(t, errors.Join(errs[1:]...))
			if errs[0] != nil && !problem.Has(errs[0], mandate.ReasonStep) {
				t.Fatal(errs[0])
			}
			mustBe(t, "permit", w.may(t, marieke, sem, mandate.Renew), false)
			_, err := w.CloseGone(t.Context())
			must(t, err)
			want := mandate.Expired
			if errs[0] == nil {
				want = mandate.Ended
			}
			mustBe(t, "state", w.state(t, m), want)
			deeds := w.deeds(t, sem, m)
			mustBe(t, "closed in the log", deeds[mandate.Deed(mandate.Close)], 1)
			mustBe(t, "confirmed in the log", deeds[mandate.Deed(mandate.Confirm)] == 1, errs[0] == nil)
		}
	})
}

// Two instances' clocks strike, and the holder ends one of the mandates.
func TestWhatLapsedIsSweptOnceHoweverManySweep(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		marieke, sem, willem := w.family(t)
		lapsed := []mandate.Mandate{w.apply(t, asking(willem, sem, mandate.Pay)), w.active(t, marieke, sem, mandate.Renew, 1)}
		w.pass(40 * 24 * time.Hour)
		swept := make([]int, 3)
		sweep := func(i int) func() error {
			return func() (err error) { swept[i], err = w.ExpireLapsed(context.Background()); return err }
		}
		errs := atOnce(sweep(0), sweep(1), sweep(2), w.takes(sem, lapsed[1], mandate.End))
		must(t, errors.Join(errs[:3]...))
		wantProblem(t, errs[3], problem.Conflict, mandate.ReasonStep)
		for _, m := range lapsed {
			mustBe(t, "state", w.state(t, m), mandate.Expired)
			mustBe(t, "expired in the log", w.deeds(t, sem, m)[mandate.Deed(mandate.Expire)], 1)
		}
		if n := swept[0] + swept[1] + swept[2]; n > len(lapsed) {
			t.Errorf("%d were swept: %v", n, swept)
		}
	})
}
