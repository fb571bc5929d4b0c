package sip_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/library/sip"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

var (
	_ circulation.LibrarySystem = (*sip.System)(nil)
	_ account.Cards             = (*sip.System)(nil)
	_ account.FirstPasswords    = (*sip.System)(nil)
	_ mandate.Cards             = (*sip.System)(nil)
)

func zone(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// noon is noon on the day of the scenarios.
func noon(t testing.TB) time.Time {
	t.Helper()
	return librarytest.Today.Begin(zone(t)).Add(12 * time.Hour)
}

// system is a client of the profile. change, when not nil, changes its options.
func system(
	t *testing.T, profile string, dial func(context.Context) (net.Conn, error), change func(*sip2.PoolOptions, *sip.Options),
) *sip.System {
	t.Helper()
	p, err := sip.LoadProfile(profile)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	at := noon(t)
	po := sip2.PoolOptions{
		Dial: dial, Options: sip2.Options{User: "term1", Password: "term1", Location: "CPL", Checksums: true}, Now: func() time.Time { return at }, Log: log,
	}
	o := sip.Options{Profile: p, Institution: "CPL", Currency: "EUR", Zone: zone(t), Now: func() time.Time { return at }, Log: log}
	if change != nil {
		change(&po, &o)
	}
	o.Pool = sip2.NewPool(po)
	t.Cleanup(o.Pool.Close)
	return sip.New(o)
}

// byItem is a connector that calls loans as the scenarios do, where SIP2 knows
// them by the bar code.
type byItem struct{ *sip.System }

const itemPrefix = "39" // of the bar codes of the scenarios

func (b byItem) theirs(l circulation.Loan) circulation.Loan {
	l.ID = circulation.LoanID(strings.TrimPrefix(string(l.ID), itemPrefix))
	return l
}

func (b byItem) Loans(ctx context.Context, number card.Number) ([]circulation.Loan, error) {
	loans, err := b.System.Loans(ctx, number)
	for i, l := range loans {
		loans[i] = b.theirs(l)
	}
	return loans, err
}

func (b byItem) Renew(
	ctx context.Context, number card.Number, loan circulation.LoanID, due calendar.Date,
) (circulation.Loan, error) {
	l, err := b.System.Renew(ctx, number, itemPrefix+loan, due)
	return b.theirs(l), err
}

// kohaLimits are what a Koha does not tell over SIP2.
var kohaLimits = librarytest.Limits{
	Card: func(c card.Card) card.Card {
		c.ExpiresOn, c.Branch = calendar.Date{}, ""
		return c
	},
	Loan: func(l circulation.Loan) circulation.Loan {
		l.Author, l.Material, l.LentOn, l.Renewals = "", "", calendar.Date{}, 0
		return l
	},
	Argument:  func(r problem.Reason, _ string) bool { return r == circulation.ReasonFees },
	OneReason: true, OneSum: true, Reopens: librarytest.Never,
}

func TestScenariosOfEveryLibrarySystemOverKoha(t *testing.T) {
	t.Parallel()
	librarytest.Run(t, func(t *testing.T, l librarytest.Library) librarytest.Fixture {
		s := byItem{system(t, "koha", serve(t, &kohaPeer{lib: l, now: noon(t)}), nil)}
		return librarytest.Fixture{Loans: s, Cards: s, Passwords: s, Limits: kohaLimits}
	})
}
