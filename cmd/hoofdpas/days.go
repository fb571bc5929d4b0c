package main

import (
	"errors"
	"time"

	"hoofdpas/internal/calendar"
)

// day is a flag that holds a date, YYYY-MM-DD, in the library's zone.
type day struct{ calendar.Date }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *day) UnmarshalText(text []byte) (err error) {
	if d.Date, err = calendar.ParseISO(string(text)); err != nil {
		return errors.New("a day is written as 2026-11-24")
	}
	return nil
}

// days are the flags of a subcommand about some days.
type days struct {
	From day `help:"First day, YYYY-MM-DD." required:"" placeholder:"DAY"`
	To   day `help:"Last day, YYYY-MM-DD." required:"" placeholder:"DAY"`
}

// in returns the instants at which the first day begins and the last has ended.
func (d days) in(zone *time.Location) (from, to time.Time, err error) {
	if d.To.Before(d.From.Date) {
		return time.Time{}, time.Time{}, errors.New("the last day is before the first: let --to follow --from")
	}
	return d.From.Begin(zone), d.To.AddDays(1).Begin(zone), nil
}
