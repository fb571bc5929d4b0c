package job

import (
	"testing"
	"time"
)

func TestANightIsOnceADayAlsoWhenTheClockIsSet(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[string]string{
		"2026-11-25 12:00": "2026-11-26 03:30",
		"2026-11-26 03:29": "2026-11-26 03:30",
		"2026-11-26 03:30": "2026-11-27 03:30",
		"2026-03-28 12:00": "2026-03-29 03:30", // summer time begins
		"2026-10-24 12:00": "2026-10-25 03:30", // and ends
		"2026-12-31 04:00": "2027-01-01 03:30",
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", after, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := (night{zone}).Next(at).Format("2006-01-02 15:04"); got != want {
			t.Errorf("after %s comes %s, not %s", after, got, want)
		}
	}
}
