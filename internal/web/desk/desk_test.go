package desk_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar/calendartest"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/household"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/text"
	"hoofdpas/internal/throttle"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/desk"
	"hoofdpas/internal/web/member"
	"hoofdpas/internal/web/webtest"
)

// The people of these tests, by card number. Grandmother has no birth date.
const (
	marieke = "20001000000012"
	sem     = "20001000000020"
	noor    = "20001000000038"
	willem  = "20001000000046"
	oma     = "20001000000087"
	fatima  = "20001000000053"
	tom     = "20001000000061"
	ans     = "20001000000079"
)

const cards = `card_number,name,birth_date,expires_on,blocked,first_password
20001000000012,Marieke de Vries,1984-03-12,2027-06-30,no,Welkom-1984
20001000000020,Sem de Vries,2014-06-02,2027-06-30,no,Welkom-2014
20001000000038,Noor de Vries,2016-11-23,2027-06-30,no,
20001000000046,Willem Jansen,1941-01-30,2027-06-30,no,
20001000000087,Oma Zonder Datum,,,no,
20001000000053,"El Amrani, Fatima ""F.""",1990-07-08,2027-06-30,no,
20001000000061,Tom Bakker,1975-09-17,2027-06-30,yes,
20001000000079,Ans Visser,1958-04-04,2026-01-31,no,
`

const fees = `fee_id,card_number,kind,description,amount,charged_on
m1,20001000000012,reservation,Het smelt,1.50,2026-11-02
s1,20001000000020,overdue,De Gruffalo,2.50,2026-11-03
s2,20001000000020,damage,"Kikker <b>&</b> ""vriendjes""",10.00,2026-11-04
n1,20001000000038,lost,Jip en Janneke,4.25,2026-11-05
w1,20001000000046,membership,,12.00,2026-11-06
`

// system is the built-in library system, which can be away, or have no answer
// about the fees of one card.
type system struct {
	*builtin.System
	mu      sync.Mutex
	away    bool
	without string
}

func (s *system) leave(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

func (s *system) here() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return problem.Away(circulation.ReasonSystemAway, "ask the library system", errors.New("no answer"))
	}
	return nil
}

func (s *system) Card(ctx context.Context, n card.Number) (card.Card, bool, error) {
	if err := s.here(); err != nil {
		return card.Card{}, false, err
	}
	return s.System.Card(ctx, n)
}

func (s *system) FindCards(ctx context.Context, query string, limit int) ([]card.Card, error) {
	if err := s.here(); err != nil {
		return nil, err
	}
	return s.System.FindCards(ctx, query, limit)
}

func (s *system) Fees(ctx context.Context, n card.Number) ([]circulation.Fee, error) {
	if err := s.here(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.without == n.Text() {
		return nil, problem.Away(circulation.ReasonSystemAway, "ask for fees", errors.New("no answer"))
	}
	return s.System.Fees(ctx, n)
}

// quick hashes quickly, for tests that are not about hashing.
type quick struct{}

func (quick) Hash(_ context.Context, password string) (account.Hash, error) {
	return account.Hash(fmt.Sprintf("%x", sha256.Sum256([]byte(password)))), nil
}

func (q quick) Matches(ctx context.Context, password string, h account.Hash) (bool, error) {
	made, err := q.Hash(ctx, password)
	return h != "" && made == h, err
}

// bank takes orders, which stay open until a test pays them.
type bank struct {
	payment.Provider
	mu   sync.Mutex
	paid map[string]money.Cents
	took money.Cents // of every order, back
}

func (*bank) Name() string { return "bank" }

func (*bank) Limits(context.Context) (payment.Limits, error) { return payment.Limits{}, nil }

func (*bank) Create(_ context.Context, o payment.Order) (payment.Checkout, error) {
	return payment.Checkout{Ref: "bank-" + o.Reference, URL: "https://bank.test/" + o.Reference}, nil
}

func (b *bank) pay(ref string, amount money.Cents) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paid[ref] = amount
}

func (b *bank) Status(_ context.Context, ref string) (payment.Status, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := payment.Status{Ref: ref, Reference: strings.TrimPrefix(ref, "bank-"), State: payment.Open, Currency: payment.Euro, Amount: b.paid[ref]}
	if s.Amount > 0 {
		s.State, s.ChargedBack = payment.Paid, b.took
	}
	return s, nil
}

func (b *bank) Chargebacks(_ context.Context, ref string) ([]payment.Chargeback, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return []payment.Chargeback{{Ref: "cb-" + ref, Amount: b.took, At: time.Unix(1, 0)}}, nil
}

func (*bank) Cancel(context.Context, string) error { return nil }

// library is both faces of the program over a real store and the built-in
// library system.
type library struct {
	t       *testing.T
	site    string
	clock   *calendartest.Clock
	store   *store.Store
	system  *system
	roster  *account.Roster
	porter  *account.Porter
	book    *mandate.Book
	cashier *payment.Cashier
	drawer  *till.Drawer
	bank    *bank
	logged  *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// staffPassword is the password of every staff account here.
const staffPassword = "Welkom-bij-de-Balie1!"

// place is the only desk, unless a test adds others.
var place = till.Place{Branch: "Centrum", Desk: "Balie 1"}

// open starts a library with the fees, in which the till is open with € 100,00.
func open(t *testing.T, fees string) *library {
	t.Helper()
	l := shut(t, fees)
	_, err := l.drawer.Open(t.Context(), "Begin", place, 10000)
	must(t, err)
	return l
}

// shut starts a library with the fees, and with the staff members Bea and Bart;
// the till is closed.
func shut(t *testing.T, fees string) *library {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	must(t, err)
	texts, err := text.Load(zone)
	must(t, err)
	l := &library{t: t, bank: &bank{paid: map[string]money.Cents{}}, logged: &lockedBuffer{}, clock: calendartest.At(time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC))}
	log := slog.New(slog.NewTextHandler(l.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	now := l.clock.Now
	l.store = storetest.Any(t, store.Options{Now: now, Log: log})
	hasher := quick{}
	rules := builtin.Rules{Zone: zone, Default: builtin.Category{LoanDays: 21, MaxRenewals: 2, FeePerDay: 20, FeeCap: 500, FeeLimit: 1000}}
	l.system = &system{System: &builtin.System{Tables: l.store, Rules: rules, Hasher: hasher, Now: now}}
	l.bring(cards, fees)
	slowing := account.SlowingRules()
	maps.Copy(slowing, mandate.SlowingRules())
	slower := &throttle.Throttle{Store: l.store, Rules: slowing, Now: now}
	l.book = &mandate.Book{Store: l.store, Cards: l.system, Slower: slower, Now: now, Zone: zone}
	l.porter = &account.Porter{
		Store: l.store, Cards: l.system, First: l.system, Hasher: hasher, Slower: slower, Now: now, Log: log,
	}
	l.roster = &account.Roster{Store: l.store, Hasher: hasher, Slower: slower, Now: now, Log: log}
	must(t, l.roster.Add(t.Context(), "bea", "Bea van de Balie", staffPassword))
	must(t, l.roster.Add(t.Context(), "bart", "Bart Bos", staffPassword))
	office := &circulation.Office{System: l.system, Journal: l.book, Log: log}
	l.cashier = &payment.Cashier{
		Store: l.store, Fees: office, System: l.system, Provider: l.bank, Known: l.book, Now: now, Log: log,
		Base: &url.URL{Scheme: "http", Host: "bieb.test"}, Zone: zone,
	}
	l.drawer = &till.Drawer{Store: l.store, Cashier: l.cashier, Places: []till.Place{place}, Unit: 5, Now: now, Log: log}
	viewer := &household.Viewer{Permits: l.book, Office: office, Holds: l.store}

	shell := func(prefix, name string) *web.Shell {
		return &web.Shell{
			Texts: texts, Log: log, Now: now, Zone: zone, Prefix: prefix, Library: "Bibliotheek De Proef",
			PublicURL: l.cashier.Base, Sessions: web.NewSessions(l.store.Sessions(name), name, false),
		}
	}
	mux := http.NewServeMux()
	staff := desk.Handler(shell("/balie", "balie"), desk.Rooms{
		Porter: l.porter, Roster: l.roster, Book: l.book, Viewer: viewer, Cashier: l.cashier, Drawer: l.drawer, Mails: true,
	})
	mux.Handle("/balie", staff)
	mux.Handle("/balie/", staff)
	mux.Handle("/", member.Handler(shell("", "leden"), member.Rooms{
		Porter: l.porter, Book: l.book, Office: office, Viewer: viewer, Cashier: l.cashier,
	}))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	l.site = server.URL
	return l
}

// bring imports what the library hands over.
func (l *library) bring(cards, fees string) {
	l.t.Helper()
	_, err := exchange.Import(l.t.Context(), l.store, exchange.Files{
		Cards: exchange.Reader("cards.csv", strings.NewReader(cards)),
		Fees:  exchange.Reader("fees.csv", strings.NewReader(fees)),
	}, exchange.Options{Rules: l.system.Rules, Hasher: quick{}, Now: l.clock.Now, AllowEmpty: true})
	must(l.t, err)
}

// household lets Marieke pay for Sem and Noor, and renew for Sem.
func (l *library) household() *library {
	l.t.Helper()
	l.link(sem, marieke, mandate.Pay, mandate.Renew)
	l.link(noor, marieke, mandate.Pay)
	return l
}

func (l *library) link(grantor, grantee string, scopes ...mandate.Scope) {
	l.t.Helper()
	must(l.t, l.book.Link(l.t.Context(), mandate.Link{
		Staff: "Begin", Grantor: l.holder(grantor), Grantee: l.holder(grantee), Scopes: scopes,
	}))
}

func (l *library) holder(number string) card.Holder {
	l.t.Helper()
	n, err := card.ParseNumber(number)
	must(l.t, err)
	h, _, err := l.porter.Known(l.t.Context(), n)
	must(l.t, err)
	return h
}

// at is the address of a card's page.
func (l *library) at(number string) string {
	l.t.Helper()
	return fmt.Sprintf("/balie/pas/%d", l.holder(number).ID)
}

// staff opens a browser in which the staff member is logged in.
func (l *library) staff(user string) *webtest.Browser {
	l.t.Helper()
	b := webtest.Open(l.t, l.site)
	b.Get("/balie").WantsAt("/balie/inloggen").Form("Inloggen").
		Set("login", user).Set("password", staffPassword).Send().WantsAt("/balie")
	return b
}

// owes is what the library system says that a card owes, and has not been paid
// here.
func (l *library) owes(number string) []string {
	l.t.Helper()
	h := l.holder(number)
	all, err := l.system.System.Fees(l.t.Context(), h.Number)
	must(l.t, err)
	holds, err := l.store.Holds(l.t.Context(), []card.ID{h.ID})
	must(l.t, err)
	var out []string
	for _, f := range all {
		paid := false
		for _, hold := range holds {
			paid = paid || hold.Fee == f.ID && hold.State == payment.Paid
		}
		if !paid {
			out = append(out, string(f.ID))
		}
	}
	return out
}

// payments are all payments of a card's holder, newest first.
func (l *library) payments(number string) []payment.Payment {
	l.t.Helper()
	all, err := l.cashier.Past(l.t.Context(), mandate.Actor{Holder: l.holder(number)}, 100)
	must(l.t, err)
	return all
}

// acts are what the desk's log says about a card, newest first.
func (l *library) acts(number string) []string {
	l.t.Helper()
	all, err := l.roster.Acts(l.t.Context(), l.holder(number).ID, 100)
	must(l.t, err)
	var out []string
	for _, a := range all {
		out = append(out, strings.TrimSpace(a.Staff+": "+a.Act+" "+a.Detail))
	}
	return out
}

// log is a card's log as its holder reads it, newest first.
func (l *library) log(number string) []mandate.Entry {
	l.t.Helper()
	all, err := l.book.Log(l.t.Context(), l.holder(number), 0, 100)
	must(l.t, err)
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
