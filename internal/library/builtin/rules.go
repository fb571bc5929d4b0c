// Package builtin is the library system of a library that has none of its own:
// it keeps cards, loans and fees in tables (Tables), decides renewals and
// counts overdue fees by the rules of the configuration (Rules). The demo and
// many tests run on it.
//
// It refuses a renewal with every reason against it at once, never brings a due
// date forward, and takes nothing twice: a fee that was settled stays settled,
// whatever is asked or imported afterwards.
package builtin

import (
	"slices"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/money"
)

// Rules are the lending rules of a library.
type Rules struct {
	// Default is for every card whose category has no rules of its own.
	Default    Category
	Categories map[string]Category
	Closed     Closing
	// Zone says which day it is.
	Zone *time.Location
}

// Category is the lending rules of one category of cards.
type Category struct {
	// LoanDays is what a renewal gives, counted from today.
	LoanDays    int
	MaxRenewals int
	// FeePerDay is charged for each open day that an item is late, FeeCap is
	// the most for one item.
	FeePerDay, FeeCap money.Cents
	// FeeLimit is what a card owes when it can renew nothing any more. Whoever
	// owes nothing can always renew, also when it is zero.
	FeeLimit money.Cents
}

// Closing is the days on which the library is closed. No overdue fee is
// counted then: nobody could have returned anything.
type Closing struct {
	Weekdays []time.Weekday
	Dates    []calendar.Date
}

// Knows reports whether the category has rules of its own.
func (r Rules) Knows(category string) bool {
	_, ok := r.Categories[category]
	return ok
}

// of returns the rules of the category, or the default ones.
func (r Rules) of(category string) Category {
	if c, ok := r.Categories[category]; ok {
		return c
	}
	return r.Default
}

func (c Closing) on(d calendar.Date) bool {
	return slices.Contains(c.Weekdays, d.Weekday()) || slices.Contains(c.Dates, d)
}

// late is the overdue fee on today of an item that was due on due: so much for
// each open day after it, today included, up to the cap.
func (r Rules) late(c Category, due, today calendar.Date) money.Cents {
	if c.FeePerDay <= 0 {
		return 0
	}
	var fee money.Cents
	for d := due.AddDays(1); !d.After(today) && fee < c.FeeCap; d = d.AddDays(1) {
		if r.Closed.on(d) {
			continue
		}
		// The difference cannot overflow, as the sum could.
		if c.FeeCap-fee <= c.FeePerDay {
			return c.FeeCap
		}
		fee += c.FeePerDay
	}
	return fee
}
