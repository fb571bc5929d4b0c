package builtin_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/library/guard"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

var (
	_ circulation.LibrarySystem = (*builtin.System)(nil)
	_ account.Cards             = (*builtin.System)(nil)
	_ account.FirstPasswords    = (*builtin.System)(nil)
	_ mandate.Cards             = (*builtin.System)(nil)
)

// clear is a hasher that hashes nothing.
type clear struct{}

func (clear) Matches(_ context.Context, password string, h account.Hash) (bool, error) {
	return h != "" && h == account.Hash(password), nil
}

// at is noon on a day of the library.
func at(d calendar.Date) time.Time {
	return time.Date(d.Year(), time.Month(d.Month()), d.Day(), 12, 0, 0, 0, time.UTC)
}

// world is a built-in system on a store, with a clock that a test moves.
type world struct {
	*builtin.System
	t     *testing.T
	store *store.Store
	today calendar.Date
}

func open(t *testing.T, s *store.Store, l librarytest.Library) *world {
	t.Helper()
	w := &world{t: t, store: s, today: librarytest.Today}
	w.System = &builtin.System{
		Tables: s, Hasher: clear{}, Now: func() time.Time { return at(w.today) },
		Rules: builtin.Rules{Zone: time.UTC, Default: builtin.Category{
			LoanDays: librarytest.LoanDays, MaxRenewals: librarytest.MaxRenewals, FeeLimit: librarytest.FeeLimit,
			FeePerDay: 20, FeeCap: 500,
		}, Categories: map[string]builtin.Category{"jeugd": {LoanDays: 28, MaxRenewals: 3, FeePerDay: 10, FeeCap: 250, FeeLimit: 1000}}},
	}
	w.load(l)
	return w
}

// load imports a library as the whole truth.
func (w *world) load(l librarytest.Library) {
	w.t.Helper()
	ctx := w.t.Context()
	given := exchange.Given{exchange.Cards: len(l.Cards), exchange.Loans: len(l.Loans), exchange.Fees: len(l.Fees)}
	err := w.store.Exchange(ctx, func(g exchange.Stage) error {
		var cards []exchange.CardRow
		first := map[string]account.Hash{}
		for i, c := range l.Cards {
			cards = append(cards, exchange.CardRow{Line: i, Card: c.Card})
			if c.FirstPassword != "" {
				first[c.Number.Text()] = account.Hash(c.FirstPassword)
			}
		}
		var loans []exchange.LoanRow
		for i, x := range l.Loans {
			loans = append(loans, exchange.LoanRow{Line: i, Holder: x.Holder, Loan: x.Loan})
		}
		var fees []exchange.FeeRow
		for i, x := range l.Fees {
			fees = append(fees, exchange.FeeRow{Line: i, Holder: x.Holder, Fee: x.Fee})
		}
		for _, add := range []func() error{
			func() error { return g.AddCards(ctx, cards) },
			func() error { return g.AddLoans(ctx, loans) },
			func() error { return g.AddFees(ctx, fees) },
			func() error { return g.SetFirstPasswords(ctx, first) },
			func() error { _, err := g.Merge(ctx, given, at(w.today)); return err },
		} {
			if err := add(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestScenariosOfEveryLibrarySystem(t *testing.T) {
	t.Parallel()
	for name, fresh := range map[string]func(testing.TB, ...store.Options) *store.Store{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			librarytest.Run(t, func(t *testing.T, l librarytest.Library) librarytest.Fixture {
				w := open(t, fresh(t), l)
				return librarytest.Fixture{Loans: w, Cards: w, Passwords: w, SettleInLibrary: func(_ *testing.T, fee circulation.FeeID) {
					left := l
					left.Fees = slices.DeleteFunc(slices.Clone(l.Fees), func(f librarytest.Fee) bool { return f.ID == fee })
					w.load(left)
				}}
			})
		})
	}
}

// What stands before a library system that is somewhere else, and keeps its
// answers for a while, changes nothing of what it says.
func TestScenariosBehindTheGuard(t *testing.T) {
	t.Parallel()
	librarytest.Run(t, func(t *testing.T, l librarytest.Library) librarytest.Fixture {
		w := open(t, storetest.Any(t), l)
		g := guard.New(w, guard.Options{Name: "builtin", Keep: time.Hour, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		return librarytest.Fixture{Loans: g, Cards: g.Cards(), Passwords: g, SettleInLibrary: func(_ *testing.T, fee circulation.FeeID) {
			left := l
			left.Fees = slices.DeleteFunc(slices.Clone(l.Fees), func(f librarytest.Fee) bool { return f.ID == fee })
			w.load(left)
		}}
	})
}

func number(t *testing.T, text string) card.Number {
	t.Helper()
	n, err := card.ParseNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
