package sip

import (
	"log/slog"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/sip2"
)

func fuzzed(f *testing.F) []*System {
	f.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		f.Fatal(err)
	}
	var all []*System
	for _, name := range ProfileNames() {
		p, err := LoadProfile(name)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, New(Options{
			Profile: p, Zone: zone, Log: slog.New(slog.DiscardHandler),
			Now: func() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) },
		}))
	}
	return all
}

// FuzzFees: whatever a system sends as fees, each that is read is above zero, has
// an id, and its amount stands in what was sent.
func FuzzFees(f *testing.F) {
	for _, line := range []string{
		"Photocopy 0.10", "Damaged cover: “Émile” 12.99", `12 $5.20 "FINE" Het huis`, "6 Water damage 98.045", "5.20 Overdue materials x",
		"x -1.00", " ", "x 1,50", "1 $ \"FINE\" ", "0 0 0.00", "9 9 99999999999999999.99",
	} {
		f.Add(line, "0.30")
	}
	systems := fuzzed(f)
	f.Fuzz(func(t *testing.T, line, owed string) {
		for _, s := range systems {
			m := sip2.Message{Fields: []sip2.Field{{ID: "CG", Value: line}, {ID: "FA", Value: owed}, {ID: "FC", Value: line}}}
			fees := s.rows(t.Context(), cardNumber(t), m)
			if fee, ok := s.line(line); ok {
				fees = append(fees, fee)
			}
			sum, err := s.sum(t.Context(), cardNumber(t), sheet{PatronInformationReply: sip2.PatronInformationReply{Owed: owed}}, []string{line})
			if err == nil {
				fees = append(fees, sum...)
			}
			for _, fee := range fees {
				text := strings.TrimRight(strings.TrimRight(fee.Amount.String(), "0"), ".")
				if fee.Amount <= 0 || fee.Amount > mostCents || !strings.Contains(line+" "+owed, strings.TrimLeft(text, "0")) {
					t.Fatalf("%s: %q and %q are %s", s.o.Profile.Name, line, owed, fee.Amount)
				}
			}
		}
	})
}

// FuzzDue: a due date that is read is one of the calendar, and its digits stand in
// what was sent or are those of the day before or after.
func FuzzDue(f *testing.F) {
	for _, text := range []string{
		"20261129    235900", "20261129   Z233000", "2026-11-29 23:59:00", "2026-11-29", "", "20260229    000000", "29-11-2026", "00010101    000000",
	} {
		f.Add(text)
	}
	systems := fuzzed(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range systems {
			d, ok := s.day(text, s.o.Profile.Loans.Due)
			if !ok {
				continue
			}
			if _, err := calendar.New(d.Year(), d.Month(), d.Day()); err != nil {
				t.Fatalf("%q is %s", text, d)
			}
			plain := strings.ReplaceAll(text, "-", "")
			near := false
			for n := -1; n <= 1; n++ {
				near = near || strings.HasPrefix(plain, strings.ReplaceAll(d.AddDays(n).String(), "-", ""))
			}
			if !near {
				t.Fatalf("%q is %s", text, d)
			}
		}
	})
}

// FuzzReasons: whatever a system says, what is made of it are reasons that we know.
func FuzzReasons(f *testing.F) {
	for _, text := range []string{
		"Item has reached maximum renewals", "too_soon", "renew.too_often max=2", "renew.fees limit=10.00 on=x", "<b>NEE</b>", "max=-1 due=2026-02-29",
	} {
		f.Add(text)
	}
	systems := fuzzed(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range systems {
			for _, p := range s.reasonsIn([]string{text, text}) {
				if kind, ok := reasons[p.Reason]; !ok || kind != p.Kind {
					t.Fatalf("%q is %s", text, p)
				}
				for name := range p.Args {
					if !strings.Contains(text, name+"=") {
						t.Fatalf("%q has %s", text, name)
					}
				}
			}
		}
	})
}

func cardNumber(t testing.TB) card.Number {
	t.Helper()
	n, err := card.ParseNumber("20001000000012")
	if err != nil {
		t.Fatal(err)
	}
	return n
}
