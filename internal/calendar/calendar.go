// Package calendar keeps dates as dates. A due date, a birthday or the last day
// of a membership is a day on the library's wall, not an instant: it has no
// time of day and no zone. Only "today" needs a zone, and it is handed in.
package calendar

import (
	"errors"
	"time"
)

// Date is a day of the proleptic Gregorian calendar. The zero Date means "no
// date". Dates are comparable with ==.
type Date struct {
	year  int16
	month uint8
	day   uint8
}

// ErrNotDate says that a text or a triple is not an existing day.
var ErrNotDate = errors.New("not a date")

// New makes a date of year 1 to 9999, or ErrNotDate: 30 February is refused,
// not turned into 1 March.
func New(year, month, day int) (Date, error) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 {
		return Date{}, ErrNotDate
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day {
		return Date{}, ErrNotDate
	}
	return of(t), nil
}

// of is the day of t in t's own location.
func of(t time.Time) Date {
	y, m, d := t.Date()
	return Date{int16(y), uint8(m), uint8(d)} //nolint:gosec // a year of 1 to 9999, checked by the callers
}

// Today is the day it is at the instant now in the library's zone: 23:30 UTC on
// 24 November is the 25th in Amsterdam.
func Today(now time.Time, zone *time.Location) Date { return of(now.In(zone)) }

// ParseISO reads "2026-11-24".
func ParseISO(text string) (Date, error) {
	return parse("2006-01-02", text)
}

// ParseDutch reads "24-11-2026".
func ParseDutch(text string) (Date, error) {
	return parse("02-01-2006", text)
}

func parse(layout, text string) (Date, error) {
	if len(text) != len(layout) {
		return Date{}, ErrNotDate
	}
	t, err := time.Parse(layout, text)
	if err != nil || t.Year() < 1 {
		return Date{}, ErrNotDate
	}
	return of(t), nil
}

// Begin is the instant at which the day begins in the library's zone.
func (d Date) Begin(zone *time.Location) time.Time {
	return time.Date(d.Year(), time.Month(d.Month()), d.Day(), 0, 0, 0, 0, zone)
}

// IsZero reports whether d is "no date".
func (d Date) IsZero() bool { return d == Date{} }

// Year is the year, 1 to 9999, or 0 for no date.
func (d Date) Year() int { return int(d.year) }

// Month is the month, 1 to 12, or 0 for no date.
func (d Date) Month() int { return int(d.month) }

// Day is the day of the month, or 0 for no date.
func (d Date) Day() int { return int(d.day) }

// Weekday is the day of the week of a date that is not zero.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// String writes the date as ISO 8601, "2026-11-24", or "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	digit := func(n int) byte { return byte('0' + n%10) }
	y, m, n := int(d.year), int(d.month), int(d.day)
	// By hand: an import writes some for each row.
	return string([]byte{digit(y / 1000), digit(y / 100), digit(y / 10), digit(y), '-', digit(m / 10), digit(m), '-', digit(n / 10), digit(n)})
}

// farthest is more days, and so more months, than the calendar holds.
const farthest = 10_000 * 366

// AddDays is the date n days later (or earlier, when n is negative). It counts
// days, not hours, so the ends of daylight saving time do not matter. Past the
// ends of the calendar it stays at its first or last day; no date stays none.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	return within(d.utc().AddDate(0, 0, max(-farthest, min(n, farthest))))
}

// AddMonths is the same day n months later, or the last day of that month when
// it is shorter: 31 January plus one month is the last day of February. It
// keeps to the ends of the calendar as AddDays does.
func (d Date) AddMonths(n int) Date {
	if d.IsZero() {
		return d
	}
	n = max(-farthest, min(n, farthest))
	first := time.Date(int(d.year), time.Month(d.month), 1, 0, 0, 0, 0, time.UTC).AddDate(0, n, 0)
	last := first.AddDate(0, 1, -1).Day()
	return within(first.AddDate(0, 0, min(int(d.day), last)-1))
}

func within(t time.Time) Date {
	switch {
	case t.Year() < 1:
		return Date{1, 1, 1}
	case t.Year() > 9999:
		return Date{9999, 12, 31}
	}
	return of(t)
}

// Before reports whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.utc().Before(other.utc()) }

// After reports whether d is a later day than other.
func (d Date) After(other Date) bool { return other.Before(d) }

// DaysUntil is the number of days from d to other: 1 for tomorrow, -1 for
// yesterday.
func (d Date) DaysUntil(other Date) int {
	const day = 24 * 60 * 60 // exact: UTC has no daylight saving
	// In seconds: a time.Duration ends at 292 years.
	return int((other.utc().Unix() - d.utc().Unix()) / day)
}

// Overdue reports whether something due on d is late on today. What is due
// today is not late.
func (d Date) Overdue(today Date) bool { return !d.IsZero() && d.Before(today) }

func (d Date) utc() time.Time {
	return time.Date(int(d.year), time.Month(d.month), int(d.day), 0, 0, 0, 0, time.UTC)
}
