package koha_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/acs"
	"hoofdpas/internal/library/koha"
	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/library/sip"
	"hoofdpas/internal/sip2"
)

// inside is what a Koha's own SIP2 server sees: the same loans as REST, with their
// titles, and the passwords.
type inside struct{ named }

func (i inside) full(l circulation.Loan) circulation.Loan {
	for _, x := range i.given.Loans {
		if x.ID == l.ID {
			l.Item, l.Title, l.Author, l.Material, l.Reserved = x.Item, x.Title, x.Author, x.Material, x.Reserved
		}
	}
	return l
}

func (i inside) Loans(ctx context.Context, number card.Number) ([]circulation.Loan, error) {
	loans, err := i.named.Loans(ctx, number)
	for n := range loans {
		loans[n] = i.full(loans[n])
	}
	return loans, err
}

func (i inside) Renew(ctx context.Context, number card.Number, loan circulation.LoanID, due calendar.Date) (circulation.Loan, error) {
	l, err := i.named.Renew(ctx, number, loan, due)
	return i.full(l), err
}

func (i inside) CheckFirstPassword(_ context.Context, number card.Number, password string) (bool, error) {
	for _, c := range i.given.Cards {
		if c.Number == number {
			return password != "" && password == c.FirstPassword, nil
		}
	}
	return false, nil
}

// outside is a connector whose loans come by SIP2, called as the scenarios do.
type outside struct{ named }

func (o outside) theirs(l circulation.Loan) circulation.Loan {
	l.ID = circulation.LoanID(strings.TrimPrefix(string(l.ID), "sip:39"))
	return l
}

func (o outside) Loans(ctx context.Context, number card.Number) ([]circulation.Loan, error) {
	loans, err := o.System.Loans(ctx, number)
	for i := range loans {
		loans[i] = o.theirs(loans[i])
	}
	return loans, err
}

func (o outside) Renew(ctx context.Context, number card.Number, loan circulation.LoanID, due calendar.Date) (circulation.Loan, error) {
	if o.server.CheckoutID(loan) > 0 {
		loan = "sip:39" + loan
	}
	l, err := o.System.Renew(ctx, number, loan, due)
	return o.theirs(l), err
}

// besideSIP puts a SIP2 server beside a Koha of 19.06 and a connector before both.
func besideSIP(t *testing.T, l librarytest.Library) outside {
	t.Helper()
	behind := inside{open(t, kohatest.V1906, l)}
	quiet := slog.New(slog.DiscardHandler)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := acs.New(acs.Options{
		System: behind, Cards: behind, Passwords: behind, Currency: "EUR", Institution: "CPL", Zone: zone(t), Now: noon(t), Log: quiet,
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	pool := sip2.NewPool(sip2.PoolOptions{
		Dial: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
		},
		Now: noon(t), Log: quiet,
	})
	t.Cleanup(func() {
		pool.Close()
		stop()
		<-done
	})
	profile, err := sip.LoadProfile("hoofdpas")
	if err != nil {
		t.Fatal(err)
	}
	wire := sip.New(sip.Options{Pool: pool, Profile: profile, Institution: "CPL", Currency: "EUR", Zone: zone(t), Now: noon(t), Log: quiet})
	return outside{named{client(t, behind.server, func(o *koha.Options) {
		o.FeeLimit, o.Items, o.Passwords = librarytest.FeeLimit, wire, wire
	}), behind.server, l}}
}

func TestScenariosWithSIPBesideREST(t *testing.T) {
	t.Parallel()
	librarytest.Run(t, func(t *testing.T, l librarytest.Library) librarytest.Fixture {
		o := besideSIP(t, l)
		return librarytest.Fixture{
			Loans: o, Cards: o, Passwords: o,
			SettleInLibrary: func(_ *testing.T, fee circulation.FeeID) { o.server.PayAtDesk(o.server.LineID(fee)) },
			Limits: librarytest.Limits{
				Card: keyless, OneReason: true, OpenFeesOnly: true, Reopens: librarytest.Never,
			},
		}
	})
}
