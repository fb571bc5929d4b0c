package mandate_test

import (
	"testing"
	"time"

	"hoofdpas/internal/mandate"
)

// The last day is the library's, whatever the clocks do on it.
func TestAMandateCountsThroughItsLastDayWhicheverThatIs(t *testing.T) {
	t.Parallel()
	for asked, c := range map[string]struct {
		months     int
		last, over string // the last day, and the instant at which it is over
	}{
		"2027-02-28": {1, "2027-03-28", "2027-03-28T22:00:00Z"},  // summer time begins
		"2026-10-31": {12, "2027-10-31", "2027-10-31T23:00:00Z"}, // and ends
		"2028-01-31": {1, "2028-02-29", "2028-02-29T23:00:00Z"},
		"2028-02-29": {12, "2029-02-28", "2029-02-28T23:00:00Z"},
		"2026-12-31": {12, "2027-12-31", "2027-12-31T23:00:00Z"},
	} {
		t.Run(c.last, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.at = day(t, asked).Begin(w.Zone).Add(12 * time.Hour)
			marieke, sem, _ := w.family(t)
			m := w.active(t, marieke, sem, mandate.Renew, c.months)
			mustBe(t, "the last day", m.Until, day(t, c.last))
			over, err := time.Parse(time.RFC3339, c.over)
			must(t, err)
			for after, counts := range map[time.Duration]bool{-time.Millisecond: true, 0: false} {
				w.at = over.Add(after)
				mustBe(t, "permit at "+w.at.String(), w.may(t, marieke, sem, mandate.Renew), counts)
			}
		})
	}
}

// A clock that is an hour ahead for a while, and one that is put back.
func TestAClockThatJumpsGivesNothingAndTakesNoAnswerAway(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		marieke, sem, willem := w.family(t)
		w.active(t, marieke, sem, mandate.Renew, 1)
		w.at = time.Date(2026, 12, 25, 22, 30, 0, 0, time.UTC) // half past eleven on its last evening
		may := func(when string, want bool) {
			t.Helper()
			mustBe(t, when, w.may(t, marieke, sem, mandate.Renew), want)
		}
		may("in the evening", true)
		w.pass(time.Hour)
		may("an hour ahead", false)
		w.pass(-time.Hour)
		may("put right", true)
		w.pass(time.Hour)
		n, err := w.ExpireLapsed(ctx)
		must(t, err)
		mustBe(t, "swept an hour early", n, 1)
		w.pass(-time.Hour)
		may("what was written down as over stays over", false)
		// It is asked and answered as any other, also before the instant at which it was asked.
		asked := w.apply(t, asking(marieke, sem, mandate.Renew))
		w.apply(t, asking(willem, sem, mandate.Pay))
		w.pass(-time.Hour)
		_, err = w.Confirm(ctx, by(sem), asked.ID, asked.RequestedAt)
		must(t, err)
		may("answered by a clock that was put back", true)
		n, err = w.ExpireLapsed(ctx)
		must(t, err)
		mustBe(t, "swept by a clock that was put back", n, 0)
		entries, err := w.Log(ctx, sem.Holder, 0, 1)
		must(t, err)
		mustBe(t, "the last deed in the log", entries[0].Deed, mandate.Deed(mandate.Confirm))
	})
}
