package sip_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/library/acs"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/library/sip"
	"hoofdpas/internal/sip2"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// clear is a hasher that hashes nothing.
type clear struct{}

func (clear) Matches(_ context.Context, password string, h account.Hash) (bool, error) {
	return h != "" && h == account.Hash(password), nil
}

// load imports a library as the whole truth.
func load(t *testing.T, s *store.Store, l librarytest.Library) {
	t.Helper()
	ctx := t.Context()
	given := exchange.Given{exchange.Cards: len(l.Cards), exchange.Loans: len(l.Loans), exchange.Fees: len(l.Fees)}
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
	at := noon(t)
	err := s.Exchange(ctx, func(g exchange.Stage) error {
		for _, add := range []func() error{
			func() error { return g.AddCards(ctx, cards) },
			func() error { return g.AddLoans(ctx, loans) },
			func() error { return g.AddFees(ctx, fees) },
			func() error { return g.SetFirstPasswords(ctx, first) },
			func() error { _, err := g.Merge(ctx, given, at); return err },
		} {
			if err := add(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// overACS is a client of our own server, over our own library system.
func overACS(t *testing.T, l librarytest.Library, charset string) (*sip.System, *store.Store) {
	t.Helper()
	s := storetest.Any(t)
	load(t, s, l)
	log, at := slog.New(slog.DiscardHandler), noon(t)
	own := &builtin.System{
		Tables: s, Hasher: clear{}, Now: func() time.Time { return at },
		Rules: builtin.Rules{Zone: zone(t), Default: builtin.Category{
			LoanDays: librarytest.LoanDays, MaxRenewals: librarytest.MaxRenewals, FeeLimit: librarytest.FeeLimit,
		}},
	}
	letters, err := sip2.ParseCharset(charset)
	if err != nil {
		t.Fatal(err)
	}
	server := acs.New(acs.Options{
		System: own, Cards: own, Passwords: own, User: "term1", Password: "term1", Institution: "CPL", Library: "Centrum",
		Currency: "EUR", Charset: letters, Zone: zone(t), Now: func() time.Time { return at }, Log: log,
	})
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	dial := func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
	}
	return system(t, "hoofdpas", dial, func(o *sip2.PoolOptions, _ *sip.Options) { o.Charset = letters }), s
}

func TestScenariosOfEveryLibrarySystemOverOurOwnServer(t *testing.T) {
	t.Parallel()
	for _, charset := range []string{"utf-8", "latin-1"} {
		t.Run(charset, func(t *testing.T) {
			t.Parallel()
			librarytest.Run(t, func(t *testing.T, l librarytest.Library) librarytest.Fixture {
				client, s := overACS(t, l, charset)
				own := byItem{client}
				return librarytest.Fixture{
					Loans: own, Cards: own, Passwords: own, Limits: librarytest.Limits{Reopens: librarytest.Never},
					SettleInLibrary: func(t *testing.T, fee circulation.FeeID) {
						t.Helper()
						left := l
						left.Fees = slices.DeleteFunc(slices.Clone(l.Fees), func(f librarytest.Fee) bool { return f.ID == fee })
						load(t, s, left)
					},
				}
			})
		})
	}
}

func TestManyLoansOverOurOwnServer(t *testing.T) {
	t.Parallel()
	l := small(t)
	l.Loans = nil
	const many = 230
	for i := range many {
		l.Loans = append(l.Loans, librarytest.Loan{Holder: number(t, annas), Loan: circulation.Loan{
			ID: circulation.LoanID(fmt.Sprint(i)), Item: fmt.Sprint("39", i), Title: fmt.Sprint("Boek ", i), LentOn: librarytest.Today,
			DueOn: librarytest.Today.AddDays(i % 30),
		}})
	}
	l.Fees = nil
	client, _ := overACS(t, l, "utf-8")
	loans, err := client.Loans(t.Context(), number(t, annas))
	if err != nil || len(loans) != many {
		t.Errorf("got %d loans, %v", len(loans), err)
	}
}
