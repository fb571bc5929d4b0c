package member_test

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/calendar/calendartest"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/household"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/provider/testbank"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/text"
	"hoofdpas/internal/throttle"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/hook"
	"hoofdpas/internal/web/member"
	"hoofdpas/internal/web/webtest"
)

// own is the password that everybody in these tests chooses (S6).
const own = "Zelfde-voor-ons1!"

// The people of these tests.
var (
	marieke = person{"20001000000012", "Marieke de Vries", "1984-03-12"}
	sem     = person{"20001000000020", "Sem de Vries", "2014-06-02"}
	noor    = person{"20001000000038", "Noor de Vries", "2016-11-23"}
	willem  = person{"20001000000046", "Willem Jansen", "1941-01-30"}
	fatima  = person{"20001000000053", "Fatima El Amrani", "1990-07-08"}
)

type person struct{ number, name, born string }

func (p person) first() string { return "Eerste-" + p.number }

// hasher is quick, for tests that are not about hashing.
type hasher struct{}

func (hasher) Hash(_ context.Context, password string) (account.Hash, error) {
	sum := sha256.Sum256([]byte(password))
	return account.Hash(hex.EncodeToString(sum[:])), nil
}

func (h hasher) Matches(ctx context.Context, password string, hash account.Hash) (bool, error) {
	made, err := h.Hash(ctx, password)
	return hash != "" && made == hash, err
}

// system is the built-in library system, which can be away for some cards.
type system struct {
	*builtin.System
	mu   sync.Mutex
	away map[string]bool
	// bare: it tells neither titles nor due dates. patience: above zero, after so
	// many renewals it is away for that card.
	bare     bool
	patience int
}

func (s *system) leave(p person, away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away[p.number] = away
}

func (s *system) here(n card.Number) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away[n.Text()] {
		return problem.Away(circulation.ReasonSystemAway, "ask the library system", errors.New("no answer"))
	}
	return nil
}

func (s *system) Card(ctx context.Context, n card.Number) (card.Card, bool, error) {
	if err := s.here(n); err != nil {
		return card.Card{}, false, err
	}
	return s.System.Card(ctx, n)
}

func (s *system) CheckFirstPassword(ctx context.Context, n card.Number, password string) (bool, error) {
	if err := s.here(n); err != nil {
		return false, err
	}
	return s.System.CheckFirstPassword(ctx, n, password)
}

func (s *system) Loans(ctx context.Context, n card.Number) ([]circulation.Loan, error) {
	if err := s.here(n); err != nil {
		return nil, err
	}
	loans, err := s.System.Loans(ctx, n)
	for i := range loans {
		if s.bare {
			loans[i].Title, loans[i].DueOn = "", calendar.Date{}
		}
	}
	return loans, err
}

func (s *system) Renew(ctx context.Context, n card.Number, id circulation.LoanID, due calendar.Date) (circulation.Loan, error) {
	if err := s.here(n); err != nil {
		return circulation.Loan{}, err
	}
	s.mu.Lock()
	if s.patience--; s.patience == 0 {
		s.away[n.Text()] = true
	}
	s.mu.Unlock()
	if !s.bare {
		return s.System.Renew(ctx, n, id, due)
	}
	loans, err := s.System.Loans(ctx, n)
	for _, l := range loans {
		if l.ID == id && due.IsZero() {
			l, err = s.System.Renew(ctx, n, id, l.DueOn)
			l.Title, l.DueOn = "", calendar.Date{}
			return l, err
		}
	}
	return circulation.Loan{}, errors.Join(err, problem.New(problem.Conflict, circulation.ReasonChanged, nil))
}

func (s *system) Fees(ctx context.Context, n card.Number) ([]circulation.Fee, error) {
	if err := s.here(n); err != nil {
		return nil, err
	}
	return s.System.Fees(ctx, n)
}

// site is the member's face on a real store and the built-in library system.
type site struct {
	t       *testing.T
	url     string
	clock   *calendartest.Clock
	store   *store.Store
	book    *mandate.Book
	porter  *account.Porter
	cashier *payment.Cashier
	apps    *account.Apps
	system  *system
	rules   builtin.Rules
	chosen  map[person]bool // who has chosen a password
}

// offline leaves out the payment provider, noApps the door to apps; onPostgres keeps
// it all in PostgreSQL.
const (
	offline    = "offline"
	noApps     = "no apps"
	onPostgres = "on PostgreSQL"
)

// open starts the site with what the library handed over.
func open(t *testing.T, l *library, options ...string) *site {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	must(t, err)
	texts, err := text.Load(zone)
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	c := calendartest.At(time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC))
	// Sessions end by the machine's clock, everything else by the test's.
	kept := storetest.Any
	if slices.Contains(options, onPostgres) {
		kept = storetest.Postgres
	}
	s := &site{t: t, clock: c, chosen: map[person]bool{}, store: kept(t, store.Options{Now: time.Now, Log: log})}
	s.rules = builtin.Rules{Zone: zone, Default: builtin.Category{
		LoanDays: 21, MaxRenewals: 2, FeePerDay: 20, FeeCap: 500, FeeLimit: 1000,
	}}
	s.system = &system{System: &builtin.System{Tables: s.store, Rules: s.rules, Hasher: hasher{}, Now: c.Now}, away: map[string]bool{}}
	rules := map[string]throttle.Rule{}
	for _, some := range []map[string]throttle.Rule{account.SlowingRules(), mandate.SlowingRules()} {
		for k, v := range some {
			rules[k] = v
		}
	}
	slower := &throttle.Throttle{Store: s.store, Rules: rules, Now: c.Now}
	s.book = &mandate.Book{Store: s.store, Cards: s.system, Slower: slower, Now: c.Now, Zone: zone}
	s.porter = &account.Porter{
		Store: s.store, Cards: s.system, First: s.system, Hasher: hasher{}, Slower: slower, Now: c.Now, Log: log,
	}
	office := &circulation.Office{System: s.system, Journal: s.book, Log: log}

	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	base, err := url.Parse(server.URL)
	must(t, err)
	s.cashier = &payment.Cashier{
		Store: s.store, Fees: office, System: s.system, Known: s.book, Now: c.Now, Log: log, Base: base,
	}
	if !slices.Contains(options, offline) {
		bank := testbank.New(testbank.Options{Base: base, Client: server.Client(), Now: c.Now, Log: log})
		s.cashier.Provider = bank
		mux.Handle("/testbank/", bank.Handler())
		mux.Handle("/betalen/melding/", hook.Handler(s.cashier, bank.Name(), nil, log))
	}
	shell := &web.Shell{
		Texts: texts, Log: log, Now: c.Now, Zone: zone, Library: "Bibliotheek De Proef", PublicURL: base,
		Sessions: web.NewSessions(s.store.Sessions("leden"), "leden", false),
	}
	s.apps = &account.Apps{Porter: s.porter, Store: s.store, Now: c.Now, Log: log}
	rooms := member.Rooms{
		Porter: s.porter, Book: s.book, Office: office, Cashier: s.cashier, Apps: s.apps,
		Viewer: &household.Viewer{Permits: s.book, Office: office, Holds: s.store},
	}
	if slices.Contains(options, noApps) {
		rooms.Apps = nil
	}
	mux.Handle("/", member.Handler(shell, rooms))
	s.bring(l)
	return s
}

// bring imports what the library hands over.
func (s *site) bring(l *library) {
	s.t.Helper()
	_, err := exchange.Import(s.t.Context(), s.store, exchange.Files{
		Cards: exchange.Reader("cards.csv", strings.NewReader(l.cards.String())),
		Loans: exchange.Reader("loans.csv", strings.NewReader(l.loans.String())),
		Fees:  exchange.Reader("fees.csv", strings.NewReader(l.fees.String())),
	}, exchange.Options{Rules: s.rules, Hasher: hasher{}, Now: s.clock.Now, AllowEmpty: true})
	must(s.t, err)
}

// library is what a library hands over, put together row by row.
type library struct {
	cards, loans, fees strings.Builder
	n                  int
	today              calendar.Date
}

// newLibrary has the five people, with nothing on loan and nothing owed.
func newLibrary() *library {
	today, err := calendar.New(2026, 11, 24)
	if err != nil {
		panic(err)
	}
	l := &library{today: today}
	row(&l.cards, "card_number", "name", "birth_date", "email", "expires_on", "blocked", "first_password")
	row(&l.loans, "loan_id", "card_number", "item_number", "title", "author", "material", "lent_on", "due_on", "renewals", "reserved")
	row(&l.fees, "fee_id", "card_number", "kind", "description", "amount", "charged_on")
	for _, p := range []person{marieke, sem, noor, willem, fatima} {
		row(&l.cards, p.number, p.name, p.born, "", "2027-12-31", "no", p.first())
	}
	return l
}

// loan lends something that is due in so many days.
func (l *library) loan(p person, title string, days int, more ...string) *library {
	l.n++
	renewals, reserved := "0", "no"
	for _, m := range more {
		switch m {
		case "reserved":
			reserved = "yes"
		default:
			renewals = m
		}
	}
	due := l.today.AddDays(days)
	row(&l.loans, fmt.Sprintf("l%d", l.n), p.number, fmt.Sprintf("i%d", l.n), title, "Schrijver, A.", "book",
		due.AddDays(-21).String(), due.String(), renewals, reserved)
	return l
}

// fee charges an amount such as 2.50.
func (l *library) fee(p person, description, amount string) *library {
	l.n++
	row(&l.fees, fmt.Sprintf("f%d", l.n), p.number, "reservation", description, amount, "2026-11-01")
	return l
}

func row(b *strings.Builder, cells ...string) {
	w := csv.NewWriter(b)
	_ = w.Write(cells) // a strings.Builder takes everything
	w.Flush()
}

// household is a mother with two children, a grandfather and a neighbour.
func aHousehold() *library {
	return newLibrary().
		loan(marieke, "Het diner", 9).
		loan(sem, "De brief voor de koning", 3).
		loan(sem, "Kruistocht in spijkerbroek", 1, "reserved").
		loan(sem, "Dummie de mummie", 6, "2").
		loan(noor, "Kikker is verliefd", 12).
		fee(marieke, "Reservering Het smelt", "1.00").
		fee(sem, "Reservering Wonder", "0.50").
		fee(sem, "Kapot gemaakt", "2.50").
		fee(willem, "Reservering De avonden", "1.25")
}

// enter logs somebody in who has chosen a password.
func (s *site) enter(t *testing.T, p person) *browser {
	t.Helper()
	b := s.browser(t)
	var at *webtest.Page
	if s.chosen[p] {
		at = b.signIn(p.number, own)
	} else {
		at = b.signIn(p.number, p.first()).Form("Instellen").Set("new", own).Set("again", own).Send()
		s.chosen[p] = true
	}
	at.Wants(http.StatusOK)
	if at.URL.Path != "/" {
		t.Fatalf("%s could not log in: %s", p.name, at.Text())
	}
	return b
}

// browser is a reader's browser on the site.
type browser struct{ *webtest.Browser }

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	return &browser{webtest.Open(t, s.url)}
}

func (b *browser) signIn(login, password string) *webtest.Page {
	return b.Get("/inloggen").Form("Inloggen").Set("login", login).Set("password", password).Send()
}

// link makes active mandates: grantee may act for grantor.
func (s *site) link(grantee, grantor person, scopes ...mandate.Scope) {
	s.t.Helper()
	ctx := s.t.Context()
	born, err := calendar.ParseISO(grantor.born)
	must(s.t, err)
	asker, asked := s.holder(grantee), s.holder(grantor)
	must(s.t, s.book.Apply(ctx, mandate.Application{
		Starter: asker, Side: mandate.Grantee, Number: asked.Number, Born: born, Scopes: scopes, Address: grantee.number,
	}))
	all, err := s.book.Relations(ctx, asked)
	must(s.t, err)
	for _, r := range all {
		if r.WaitsForMe() {
			_, err := s.book.Take(ctx, mandate.Actor{Holder: asked}, r.Mandate.ID, mandate.Confirm)
			must(s.t, err)
		}
	}
}

// holder is somebody as the store knows them.
func (s *site) holder(p person) card.Holder {
	s.t.Helper()
	n, err := card.ParseNumber(p.number)
	must(s.t, err)
	c, ok, err := s.system.System.Card(s.t.Context(), n)
	must(s.t, err)
	if !ok {
		s.t.Fatalf("no card of %s", p.name)
	}
	h, err := s.store.KnowCard(s.t.Context(), c)
	must(s.t, err)
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
