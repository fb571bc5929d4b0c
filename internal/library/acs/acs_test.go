package acs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/library/acs"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
	"hoofdpas/internal/store/storetest"
)

// clear is a hasher that hashes nothing.
type clear struct{}

func (clear) Hash(_ context.Context, password string) (account.Hash, error) {
	return account.Hash(password), nil
}

func (clear) Matches(_ context.Context, password string, h account.Hash) (bool, error) {
	return h != "" && h == account.Hash(password), nil
}

// The library: Anna owes for two things, has one item late and one reserved; Bo is
// blocked.
const (
	cards = `card_number,name,birth_date,email,category,branch,expires_on,blocked,first_password
20001000000012,Anna Åkerboom,1984-03-12,anna@example.nl,volwassen,Centrum,2027-08-01,no,Welkom-1984
0020,Bo Blok,,,,,,yes,
`
	loans = `loan_id,card_number,item_number,title,author,material,lent_on,due_on,renewals,reserved
1,20001000000012,3001,De aanslag | een roman,Mulisch,book,2026-10-28,2026-11-18,0,no
2,20001000000012,3002,Het huis,,book,2026-11-10,2026-12-01,0,yes
3,20001000000012,3003,Spel,,game,2026-11-11,2026-12-02,1,no
4,0020,3004,Boek,,book,2026-11-11,2026-12-02,0,no
`
	fees = `fee_id,card_number,kind,description,amount,charged_on,item_number
7,20001000000012,damage,Kaft gescheurd,2.50,2026-11-01,
8,20001000000012,reservation,,0.30,2026-11-02,
`
	anna, bo = "20001000000012", "0020"
)

// terminal is a connection to the library.
type terminal struct {
	*sip2.Client
	t *testing.T
}

// system is the library, which may be away.
type system struct {
	*builtin.System
	away bool
}

func (s *system) Loans(ctx context.Context, n card.Number) ([]circulation.Loan, error) {
	if s.away {
		return nil, problem.Away(circulation.ReasonSystemAway, "read loans", errors.New("no"))
	}
	return s.System.Loans(ctx, n)
}

func open(t *testing.T, o acs.Options) (*terminal, *system) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, zone) }
	rules := builtin.Rules{Zone: zone, Default: builtin.Category{LoanDays: 21, MaxRenewals: 2, FeeLimit: 1000}}
	s := storetest.Any(t)
	file := func(name, text string) exchange.Source {
		return exchange.Reader(name, bytes.NewReader([]byte(text)))
	}
	if _, err := exchange.Import(t.Context(), s, exchange.Files{
		Cards: file("cards.csv", cards), Loans: file("loans.csv", loans), Fees: file("fees.csv", fees),
	}, exchange.Options{Rules: rules, Hasher: clear{}, Now: now}); err != nil {
		t.Fatal(err)
	}
	lib := &system{System: &builtin.System{Tables: s, Rules: rules, Hasher: clear{}, Now: now}}
	o.System, o.Cards, o.Passwords, o.Currency, o.Institution = lib, lib, lib, "EUR", "RIJN"
	o.Zone, o.Now, o.Log = zone, now, slog.New(slog.DiscardHandler)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	go func() { done <- acs.New(o).Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := sip2.NewClient(conn, sip2.Options{User: o.User, Password: "geheim", Checksums: true})
	t.Cleanup(c.Close)
	return &terminal{c, t}, lib
}

func (c *terminal) ask(m sip2.Message) sip2.Message {
	c.t.Helper()
	answer, err := c.Ask(c.t.Context(), m)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer
}

func (c *terminal) card(r sip2.PatronInformationRequest) sip2.PatronInformationReply {
	c.t.Helper()
	a, err := sip2.ReadPatronInformationReply(c.ask(r.Message()), r.List)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func patron(id string) sip2.Patron { return sip2.Patron{ID: id} }

func withPIN(id, pin string) sip2.Patron { return sip2.Patron{ID: id, Password: &pin} }

func TestNobodyIsAnsweredBeforeLoggingIn(t *testing.T) {
	t.Parallel()
	c, _ := open(t, acs.Options{User: "kiosk", Password: "geheim"})
	if answer, err := c.Ask(t.Context(), sip2.PatronInformationRequest{List: sip2.NoList, Patron: patron(anna)}.Message()); err == nil {
		t.Errorf("answered %s", answer)
	}
	c, _ = open(t, acs.Options{User: "kiosk", Password: "anders"})
	if err := c.Begin(t.Context()); !errors.Is(err, sip2.ErrLogIn) {
		t.Errorf("a wrong password: %v", err)
	}
	c, _ = open(t, acs.Options{User: "kiosk", Password: "geheim"})
	if err := c.Begin(t.Context()); err != nil {
		t.Error(err)
	}
	status, err := c.Check(t.Context())
	if takes, known := status.Takes(sip2.TakesRenewAll); err != nil || !takes || !known {
		t.Errorf("got %+v, %v", status, err)
	}
	if takes, _ := status.Takes(sip2.TakesCheckOut); takes {
		t.Error("it says that it lends")
	}
}

func TestACardIsToldToWhoMayKnow(t *testing.T) {
	t.Parallel()
	c, _ := open(t, acs.Options{})
	for name, a := range map[string]sip2.PatronInformationReply{
		"nobody":         c.card(sip2.PatronInformationRequest{List: sip2.FineItems, Patron: patron("2000100000001")}),
		"nobody by sign": c.card(sip2.PatronInformationRequest{List: sip2.FineItems, Patron: patron("%")}),
		"wrong PIN":      c.card(sip2.PatronInformationRequest{List: sip2.FineItems, Patron: withPIN(anna, "welkom-1984")}),
		"empty PIN":      c.card(sip2.PatronInformationRequest{List: sip2.FineItems, Patron: withPIN(anna, "")}),
	} {
		if a.Name != "" || a.Email != "" || a.Owed != "" || len(a.Items) > 0 || (a.ValidPatron == sip2.Yes) == strings.HasPrefix(name, "nobody") {
			t.Errorf("%s: told %+v", name, a)
		}
		if strings.HasSuffix(name, "PIN") && a.ValidPassword != sip2.No {
			t.Errorf("%s: CQ is %q", name, a.ValidPassword)
		}
	}
	a := c.card(sip2.PatronInformationRequest{List: sip2.FineItems, Patron: withPIN(anna, "Welkom-1984")})
	if a.ValidPassword != sip2.Yes || a.Name != "Anna Åkerboom" || a.Owed != "2.80" || a.Currency != "EUR" {
		t.Errorf("got %+v", a)
	}
	if diff := cmp.Diff([]string{"Kaft gescheurd 2.50", "reservation 0.30"}, a.Items); diff != "" {
		t.Error(diff)
	}
	if a := c.card(sip2.PatronInformationRequest{List: sip2.NoList, Patron: patron(bo)}); !a.Status[sip2.RenewalDenied] || !slices.Contains(a.Screen, "card.blocked") {
		t.Errorf("a blocked card: %+v", a)
	}
	status, err := sip2.ReadPatronStatusReply(c.ask(sip2.PatronStatusRequest{Patron: patron(anna)}.Message()))
	if err != nil || status.Owed != "2.80" || status.ValidPatron != sip2.Yes || status.ValidPassword != sip2.Absent {
		t.Errorf("23: %+v, %v", status, err)
	}
}

func TestTheTerminalsPasswordCounts(t *testing.T) {
	t.Parallel()
	c, _ := open(t, acs.Options{TerminalPassword: "zuil"})
	for password, want := range map[string]sip2.Flag{"": sip2.No, "zui": sip2.No, "zuil": sip2.Yes} {
		a := c.card(sip2.PatronInformationRequest{List: sip2.NoList, Patron: sip2.Patron{ID: anna, TerminalPassword: password}})
		if a.ValidPatron != want {
			t.Errorf("%q: %s", password, a.ValidPatron)
		}
	}
}

func TestListsComeInPages(t *testing.T) {
	t.Parallel()
	c, _ := open(t, acs.Options{})
	for _, each := range []struct {
		list        sip2.List
		first, last int
		want        []string
	}{
		{sip2.ChargedItems, 0, 0, []string{"3001", "3002", "3003"}},
		{sip2.ChargedItems, 1, 2, []string{"3001", "3002"}},
		{sip2.ChargedItems, 3, 9, []string{"3003"}},
		{sip2.ChargedItems, 4, 9, nil},
		{sip2.ChargedItems, 3, 2, nil},
		{sip2.ChargedItems, 2, 0, []string{"3002", "3003"}},
		{sip2.OverdueItems, 0, 0, []string{"3001"}},
		{sip2.FineItems, 2, 2, []string{"reservation 0.30"}},
		{sip2.HoldItems, 0, 0, nil},
	} {
		a := c.card(sip2.PatronInformationRequest{List: each.list, First: each.first, Last: each.last, Patron: patron(anna)})
		if diff := cmp.Diff(each.want, a.Items); diff != "" {
			t.Errorf("list %d from %d to %d: %s", each.list, each.first, each.last, diff)
		}
		if diff := cmp.Diff([...]int{-1, 1, 3, 2, -1, -1}, a.Counts); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAnItemIsToldWhileItIsOnLoan(t *testing.T) {
	t.Parallel()
	c, _ := open(t, acs.Options{})
	item := func(code string) sip2.ItemInformationReply {
		a, err := sip2.ReadItemInformationReply(c.ask(sip2.ItemInformationRequest{Item: code}.Message()))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := item("3001"); a.Circulation != sip2.ItemOther || a.Title != "" {
		t.Errorf("not seen yet: %+v", a)
	}
	c.card(sip2.PatronInformationRequest{List: sip2.ChargedItems, Patron: patron(anna)})
	if a := item("3001"); a.Circulation != sip2.ItemCharged || !strings.HasPrefix(a.Title, "De aanslag") || a.Due != "20261118    235900" || a.Queue != 0 {
		t.Errorf("got %+v", a)
	}
	if a := item("3002"); a.Queue != 1 {
		t.Errorf("reserved: %+v", a)
	}
	if a := item("3004"); a.Circulation != sip2.ItemOther {
		t.Errorf("another card's, which nobody asked for: %+v", a)
	}
}

func TestARenewalSaysWhyNot(t *testing.T) {
	t.Parallel()
	c, lib := open(t, acs.Options{})
	renew := func(who, item string) sip2.RenewReply {
		a, err := sip2.ReadRenewReply(c.ask(sip2.RenewRequest{ThirdParty: true, Patron: patron(who), Item: item}.Message()))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := renew(anna, "3001"); !a.OK || a.Due != "20261216    235900" {
		t.Errorf("got %+v", a)
	}
	for item, want := range map[string][]string{
		"3002": {"renew.reserved"}, "3004": {"renew.not_found"}, "": {"renew.not_found"}, "3001": {"renew.too_soon due=2026-12-16"},
	} {
		if a := renew(anna, item); a.OK || !slices.Equal(a.Screen, want) {
			t.Errorf("%s: %v %v", item, a.OK, a.Screen)
		}
	}
	a, err := sip2.ReadRenewAllReply(c.ask(sip2.RenewAllRequest{Patron: patron(anna)}.Message()))
	if err != nil || !a.OK || !slices.Equal(a.RenewedItems, []string{"3003"}) || a.Unrenewed != 2 {
		t.Errorf("all: %+v, %v", a, err)
	}
	lib.away = true
	if _, err := c.Ask(t.Context(), sip2.RenewRequest{Patron: patron(anna), Item: "3003"}.Message()); !errors.Is(err, sip2.ErrNotUnderstood) {
		t.Errorf("while the library is away: %v", err)
	}
}

func TestAFeeIsPaidByNameOrAllAreAtOnce(t *testing.T) {
	t.Parallel()
	c, _ := open(t, acs.Options{})
	pay := func(amount, currency, fee, transaction string) sip2.FeePaidReply {
		a, err := sip2.ReadFeePaidReply(c.ask(sip2.FeePaidRequest{
			Amount: amount, Currency: currency, Fee: fee, Transaction: transaction, Patron: patron(anna),
		}.Message()))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	owes := func(want string) {
		t.Helper()
		if a := c.card(sip2.PatronInformationRequest{List: sip2.FineItems, Patron: patron(anna)}); a.Owed != want {
			t.Errorf("%s is owed, not %s", a.Owed, want)
		}
	}
	for i, bad := range [][2]string{{"1,50", "EUR"}, {"", "EUR"}, {"abc", "EUR"}, {"-1.00", "EUR"}, {"98.045", "EUR"}, {"0", "EUR"}, {"2.50", "USD"}, {"1.00", "EUR"}} {
		fee := "7"
		if bad[0] == "1.00" {
			fee = "" // no fee is named, and it is not all
		}
		if a := pay(bad[0], bad[1], fee, "bad"+strconv.Itoa(i)); a.Accepted {
			t.Errorf("%v was taken", bad)
		}
	}
	owes("2.80")
	for range 2 { // the same payment told twice counts once
		if a := pay("2.50", "EUR", "7", "1001"); !a.Accepted || a.Transaction != "1001" {
			t.Errorf("got %+v", a)
		}
	}
	owes("0.30")
	if a := pay("2.50", "EUR", "7", "1002"); a.Accepted || !slices.Equal(a.Screen, []string{"fee.settled"}) {
		t.Errorf("again by another: %+v", a)
	}
	if a := pay("0.3", "EUR", "", "1003"); !a.Accepted {
		t.Errorf("all: %+v", a)
	}
	owes("0.00")
}

func TestWhatItDoesNotDoIsNotUnderstood(t *testing.T) {
	t.Parallel()
	c, _ := open(t, acs.Options{})
	if a, err := sip2.ReadEndSessionReply(c.ask(sip2.EndSessionRequest{Patron: patron(anna)}.Message())); err != nil || !a.Ended {
		t.Errorf("35: %+v, %v", a, err)
	}
	checkOut := sip2.Message{Code: sip2.CheckOut, Fixed: "YN" + strings.Repeat(" ", 36), Fields: []sip2.Field{{ID: "AA", Value: anna}, {ID: "AB", Value: "3001"}}}
	if _, err := c.Ask(t.Context(), checkOut); !errors.Is(err, sip2.ErrNotUnderstood) {
		t.Errorf("11: %v", err)
	}
}
