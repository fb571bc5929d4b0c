package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/calendar"
)

func date(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseISO(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func amsterdam(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestTodayIsTheDayOnTheLibrarysWall(t *testing.T) {
	t.Parallel()
	for instant, want := range map[string]string{
		"2026-11-24T22:59:59Z": "2026-11-24", "2026-11-24T23:00:00Z": "2026-11-25",
		"2026-03-29T00:59:00Z": "2026-03-29", "2026-10-25T22:30:00Z": "2026-10-25", "2026-10-25T23:00:00Z": "2026-10-26",
		"2026-12-31T23:00:00Z": "2027-01-01", "2028-02-28T23:30:00Z": "2028-02-29",
	} {
		now, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := calendar.Today(now, amsterdam(t)); got.String() != want {
			t.Errorf("%s is %s, want %s", instant, got, want)
		}
	}
}

func TestDatesThatDoNotExistAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"2026-02-30", "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01", "0000-01-01", "",
		"2026-01-01T00:00:00Z", "01-01-2026",
	} {
		if d, err := calendar.ParseISO(text); err == nil {
			t.Errorf("%q was read as %s", text, d)
		}
	}
	if d, err := calendar.ParseDutch("29-02-2028"); err != nil || d != date(t, "2028-02-29") {
		t.Errorf("a Dutch date: %s, %v", d, err)
	}
	if _, err := calendar.New(2026, 4, 31); err == nil {
		t.Error("31 April was made")
	}
}

func TestAddDaysCountsDaysOverDaylightSavingAndLeapDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		days int
		want string
	}{
		{"2026-10-24", 1, "2026-10-25"},
		{"2026-10-25", 1, "2026-10-26"},
		{"2026-03-28", 2, "2026-03-30"},
		{"2028-02-28", 1, "2028-02-29"},
		{"2026-12-31", 1, "2027-01-01"},
		{"2026-01-01", -1, "2025-12-31"},
		{"9999-12-31", 5, "9999-12-31"},
		{"0001-01-01", -5, "0001-01-01"},
	} {
		if got := date(t, c.from).AddDays(c.days); got.String() != c.want {
			t.Errorf("%s + %d = %s, want %s", c.from, c.days, got, c.want)
		}
	}
}

func TestAddMonthsStaysInTheMonth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2026-01-31", 1, "2026-02-28"},
		{"2028-01-31", 1, "2028-02-29"},
		{"2026-11-25", 12, "2027-11-25"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2026-12-31", 6, "2027-06-30"},
	} {
		if got := date(t, c.from).AddMonths(c.months); got.String() != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.months, got, c.want)
		}
	}
}

func TestDueTodayIsNotLate(t *testing.T) {
	t.Parallel()
	due := date(t, "2026-12-31")
	for today, late := range map[string]bool{"2026-12-30": false, "2026-12-31": false, "2027-01-01": true} {
		if due.Overdue(date(t, today)) != late {
			t.Errorf("on %s late is %t", today, !late)
		}
	}
	if (calendar.Date{}).Overdue(due) {
		t.Error("no date is late")
	}
}

func TestDaysUntilUndoesAddDays(t *testing.T) {
	t.Parallel()
	start := date(t, "2026-11-25")
	rapid.Check(t, func(t *rapid.T) {
		from := start.AddDays(rapid.IntRange(-500_000, 500_000).Draw(t, "from"))
		n := rapid.IntRange(-200_000, 200_000).Draw(t, "days")
		if got := from.DaysUntil(from.AddDays(n)); got != n {
			t.Fatalf("%s + %d days is %d days away", from, n, got)
		}
		if read, err := calendar.ParseISO(from.String()); err != nil || read != from {
			t.Fatalf("%s is read as %s, %v", from, read, err)
		}
	})
}
