package calendar_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"hoofdpas/internal/calendar"
)

func TestADayBeginsInTheLibrarysZone(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	for iso, want := range map[string]string{
		"2026-11-24": "2026-11-23T23:00:00Z",
		"2026-07-01": "2026-06-30T22:00:00Z",
		"2026-10-25": "2026-10-24T22:00:00Z", // the day on which summer time ends
		"2026-10-26": "2026-10-25T23:00:00Z",
	} {
		d, err := calendar.ParseISO(iso)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Begin(zone).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s begins at %s, not %s", iso, got, want)
		}
	}
}
