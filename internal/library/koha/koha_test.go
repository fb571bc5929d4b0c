package koha_test

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/koha"
	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/library/librarytest"
)

// zone is the library's.
func zone(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// noon is the middle of the day on which the scenarios play.
func noon(t testing.TB) func() time.Time {
	at := librarytest.Today.Begin(zone(t)).Add(12 * time.Hour)
	return func() time.Time { return at }
}

// client is a connector to the server, by the user's password; change makes it
// another.
func client(t testing.TB, s *kohatest.Server, change func(*koha.Options)) *koha.System {
	t.Helper()
	o := koha.Options{
		URL: s.URL(), User: kohatest.User, Password: kohatest.Password, Branch: "CPL", Zone: zone(t), Client: s.Client(),
		Now: noon(t), Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	system, err := koha.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return system
}

// named is a connector that calls loans and fees as the scenarios do, where Koha
// gives them numbers of its own.
type named struct {
	*koha.System
	server *kohatest.Server
	given  librarytest.Library
}

func (n named) loan(id circulation.LoanID) circulation.LoanID {
	if k := n.server.CheckoutID(id); k > 0 {
		return circulation.LoanID(strconv.Itoa(k))
	}
	return id
}

func (n named) theirs(l circulation.Loan) circulation.Loan {
	for _, x := range n.given.Loans {
		if n.loan(x.ID) == l.ID {
			l.ID = x.ID
		}
	}
	return l
}

func (n named) fees(all []circulation.Settlement) []circulation.Settlement {
	var theirs []circulation.Settlement
	for _, f := range all {
		if k := n.server.LineID(f.Fee); k > 0 {
			f.Fee = circulation.FeeID(strconv.Itoa(k))
		}
		theirs = append(theirs, f)
	}
	return theirs
}

func (n named) Loans(ctx context.Context, number card.Number) ([]circulation.Loan, error) {
	loans, err := n.System.Loans(ctx, number)
	for i, l := range loans {
		loans[i] = n.theirs(l)
	}
	return loans, err
}

func (n named) Fees(ctx context.Context, number card.Number) ([]circulation.Fee, error) {
	fees, err := n.System.Fees(ctx, number)
	for i, f := range fees {
		for _, x := range n.given.Fees {
			if circulation.FeeID(strconv.Itoa(n.server.LineID(x.ID))) == f.ID {
				fees[i].ID = x.ID
			}
		}
	}
	return fees, err
}

func (n named) Renew(
	ctx context.Context, number card.Number, loan circulation.LoanID, due calendar.Date,
) (circulation.Loan, error) {
	l, err := n.System.Renew(ctx, number, n.loan(loan), due)
	return n.theirs(l), err
}

func (n named) Settle(ctx context.Context, number card.Number, fees []circulation.Settlement, reference string) error {
	return n.System.Settle(ctx, number, n.fees(fees), reference)
}

func (n named) Reopen(ctx context.Context, number card.Number, fees []circulation.Settlement, reference string) error {
	return n.System.Reopen(ctx, number, n.fees(fees), reference)
}

// open fills a Koha of the version as the scenarios want it.
func open(t *testing.T, version string, l librarytest.Library) named {
	t.Helper()
	server := kohatest.Serve(t, kohatest.Options{
		Version: version, Zone: zone(t), Now: noon(t),
		// A renewal counts from today, and not sooner than it gives a day.
		Rules: kohatest.Rules{
			LoanDays: librarytest.LoanDays, MaxRenewals: librarytest.MaxRenewals, FromToday: true, EarliestDays: librarytest.LoanDays - 1,
		},
	})
	server.Fill(l)
	return named{client(t, server, func(o *koha.Options) { o.FeeLimit = librarytest.FeeLimit }), server, l}
}

// limits are what each version cannot.
var limits = map[string]librarytest.Limits{
	kohatest.V1906: {
		Card: keyless, Loan: untitled, NoFirstPasswords: true, OneReason: true, OpenFeesOnly: true, Reopens: librarytest.Never,
	},
	kohatest.V2211: {Card: keyless, Loan: unreserved, OneReason: true, OpenFeesOnly: true, Reopens: librarytest.Never},
	kohatest.V2505: {Card: keyless, Loan: unreserved, OneReason: true, Reopens: librarytest.NewFee},
}

// keyless is a card without the key that Koha gave it.
func keyless(c card.Card) card.Card {
	c.Key = ""
	return c
}

// unreserved is a loan as REST tells it: not who waits for it.
func unreserved(l circulation.Loan) circulation.Loan {
	l.Reserved = false
	return l
}

// untitled is a loan as 19.06 tells it by REST alone.
func untitled(l circulation.Loan) circulation.Loan {
	l.Item, l.Title, l.Author, l.Material = "", "", "", ""
	return unreserved(l)
}

func TestScenariosOfEveryLibrarySystem(t *testing.T) {
	t.Parallel()
	for _, version := range kohatest.Versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			librarytest.Run(t, func(t *testing.T, l librarytest.Library) librarytest.Fixture {
				n := open(t, version, l)
				return librarytest.Fixture{
					Loans: n, Cards: n, Passwords: n,
					SettleInLibrary: func(_ *testing.T, fee circulation.FeeID) { n.server.PayAtDesk(n.server.LineID(fee)) },
					Limits:          limits[version],
				}
			})
		})
	}
}
