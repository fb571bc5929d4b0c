package text

import (
	"strconv"
	"time"

	"hoofdpas/internal/calendar"
)

// Date writes a date with its year: "27 november 2026".
func (p *Printer) Date(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return p.T("text.date", "day", d.Day(), "month", p.month(d), "year", d.Year())
}

// Day writes a date with its day of the week, and the year only when it is not
// today's: "vrijdag 27 november".
func (p *Printer) Day(d, today calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	key := "text.weekday_date"
	if d.Year() != today.Year() {
		key = "text.weekday_date_year"
	}
	return p.T(key, "weekday", p.T("text.weekday_"+strconv.Itoa(int(d.Weekday()))),
		"day", d.Day(), "month", p.month(d), "year", d.Year())
}

func (p *Printer) month(d calendar.Date) string {
	return p.T("text.month_" + strconv.Itoa(d.Month()))
}

// Away writes how far d is from today: "vandaag", "morgen", "over 3 dagen",
// "3 dagen te laat".
func (p *Printer) Away(d, today calendar.Date) string {
	switch n := today.DaysUntil(d); {
	case n < 0:
		return p.N("text.days_late", -n)
	case n == 0:
		return p.T("text.today")
	case n == 1:
		return p.T("text.tomorrow")
	default:
		return p.N("text.in_days", n)
	}
}

// Clock writes an instant's time of day in the library's zone: "16:45".
func (p *Printer) Clock(t time.Time) string { return t.In(p.zone).Format("15:04") }

// Moment writes an instant in the library's zone with its date: "24 november
// 2026, 16:45".
func (p *Printer) Moment(t time.Time) string {
	return p.Date(calendar.Today(t, p.zone)) + ", " + p.Clock(t)
}

// Wait writes how long to wait, rounded up: "30 seconden", "5 minuten".
func (p *Printer) Wait(d time.Duration) string {
	if d <= time.Minute {
		return p.N("text.seconds", max(1, int((d+time.Second-1)/time.Second)))
	}
	return p.N("text.minutes", int((d+time.Minute-1)/time.Minute))
}
