package store_test

import (
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func BenchmarkReading(b *testing.B) {
	for name, open := range map[string]func(testing.TB, ...store.Options) *store.Store{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres,
	} {
		s := open(b)
		anna, bram, cleo := threePeople(b, s)
		for _, h := range []card.Holder{bram, cleo} {
			for _, scope := range mandate.Scopes {
				active(b, s, anna, h, scope, calendar.Date{})
			}
		}
		for what, read := range map[string]func() error{
			"account":  func() error { _, _, err := s.Account(b.Context(), anna.ID); return err },
			"active":   func() error { _, err := s.ActiveFor(b.Context(), anna.ID); return err },
			"mandates": func() error { _, err := s.MandatesOf(b.Context(), anna.ID); return err },
			"log":      func() error { _, err := s.Entries(b.Context(), anna.ID, 0, 50); return err },
			"holds":    func() error { _, err := s.Holds(b.Context(), []card.ID{anna.ID, bram.ID}); return err },
			"payments": func() error { _, err := s.PaymentsOf(b.Context(), anna.ID, 20); return err },
			"epoch":    func() error { _, err := s.RaiseEpoch(b.Context(), anna.ID); return err },
		} {
			b.Run(name+"/"+what, func(b *testing.B) {
				for b.Loop() {
					must(b, read())
				}
			})
		}
	}
}

// BenchmarkOpening is what the store takes of a program's start.
func BenchmarkOpening(b *testing.B) {
	for name, address := range map[string]string{"sqlite": storetest.SQLiteAddress(b), "postgres": storetest.PostgresAddress(b)} {
		must(b, storetest.Open(b, address).Migrate(b.Context()))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s, err := store.Open(b.Context(), address, store.Options{Now: time.Now})
				must(b, err)
				must(b, s.Migrate(b.Context()))
				must(b, s.Close())
			}
		})
	}
}
