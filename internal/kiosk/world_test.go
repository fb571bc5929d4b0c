package kiosk_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar/calendartest"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/household"
	"hoofdpas/internal/kiosk"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/text"
	"hoofdpas/internal/throttle"
)

// The library. Marieke has linked the cards of Sem and Noor; Bo is nobody's.
const (
	cards = `card_number,name,birth_date,email,category,branch,expires_on,blocked,first_password
20001000000012,Marieke de Vries,1984-03-12,marieke@example.nl,,Centrum,2027-08-01,no,Welkom-1984
20001000000020,Sem de Vries,2014-06-02,,,Centrum,,no,Welkom-2014
20001000000038,"Vries, Noor de",2017-01-30,,,Centrum,,no,Welkom-2017
20001000000046,Bo Blok,,,,,,yes,Welkom-0000
`
	loans = `loan_id,card_number,item_number,title,author,material,lent_on,due_on,renewals,reserved
1,20001000000012,3001,De aanslag,Mulisch,book,2026-10-28,2026-11-18,0,no
2,20001000000012,3002,Het huis,,book,2026-11-10,2026-12-01,0,yes
3,20001000000020,3003,Spel,,game,2026-11-11,2026-12-02,0,no
4,20001000000038,3004,Prentenboek,,book,2026-11-11,2026-12-02,0,no
5,20001000000046,3005,Boek,,book,2026-11-11,2026-12-02,0,no
`
	fees = `fee_id,card_number,kind,description,amount,charged_on,item_number
7,20001000000012,damage,Kaft gescheurd,2.50,2026-11-03,
8,20001000000012,reservation,,0.30,2026-11-02,
9,20001000000020,overdue,Te laat: Spel,1.20,2026-11-01,3003
10,20001000000038,overdue,Te laat: Prentenboek,0.80,2026-11-02,3004
11,20001000000038,other,Zakje,0.40,2026-11-09,
12,20001000000046,other,Zakje,0.40,2026-11-09,
`
	marieke, sem, noor, bo = "20001000000012", "20001000000020", "20001000000038", "20001000000046"
	own                    = "Eigen!wachtwoord1"
)

// hasher hashes nothing, and counts.
type hasher struct {
	mu   sync.Mutex
	done int
}

func (h *hasher) Hash(_ context.Context, password string) (account.Hash, error) {
	return account.Hash(password), nil
}

func (h *hasher) Matches(_ context.Context, password string, kept account.Hash) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done++
	return kept != "" && kept == account.Hash(password), nil
}

func (h *hasher) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.done
}

// library is the library's own system, which may be away, for one card or for all.
type library struct {
	*builtin.System
	mu   sync.Mutex
	away func(card.Number) bool
}

func (l *library) leave(away func(card.Number) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = away
}

func (l *library) reach(n card.Number) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away != nil && l.away(n) {
		return problem.Away(circulation.ReasonSystemAway, "ask the library", errors.New("no answer"))
	}
	return nil
}

func (l *library) Loans(ctx context.Context, n card.Number) ([]circulation.Loan, error) {
	if err := l.reach(n); err != nil {
		return nil, err
	}
	return l.System.Loans(ctx, n)
}

func (l *library) Fees(ctx context.Context, n card.Number) ([]circulation.Fee, error) {
	if err := l.reach(n); err != nil {
		return nil, err
	}
	return l.System.Fees(ctx, n)
}

type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// world is a library with terminals.
type world struct {
	t       testing.TB
	clock   *calendartest.Clock
	store   *store.Store
	library *library
	hasher  *hasher
	porter  *account.Porter
	book    *mandate.Book
	cashier *payment.Cashier
	options kiosk.Options
	log     *journal
	addr    string
}

// zuil is a terminal that may do everything, for a household.
func zuil() kiosk.Terminal {
	return kiosk.Terminal{
		Name: "Zuil", User: "zuil", Password: "geheim", Branch: "Centrum", Read: true, Renew: true, Pay: true, Household: true, PIN: true,
	}
}

// open starts a kiosk for the terminals, or for zuil when there are none.
func open(t testing.TB, change ...func(*kiosk.Options)) *world {
	t.Helper()
	w := furnish(t)
	for _, f := range change {
		f(&w.options)
	}
	w.serve()
	return w
}

// filled is the store of the library as each test finds it, made once: copying the
// file is quicker.
var filled struct {
	once sync.Once
	file []byte
}

// furnish makes a library that is in use.
func furnish(t testing.TB) *world {
	t.Helper()
	address := storetest.AnyAddress(t)
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		filled.once.Do(func() {
			fill(t, address)
			var err error
			filled.file, err = os.ReadFile(path)
			must(t, err)
		})
		must(t, os.WriteFile(path, filled.file, 0o600))
	} else {
		fill(t, address)
	}
	return inUse(t, address)
}

// inUse is a world over a store that was filled.
func inUse(t testing.TB, address string) *world {
	t.Helper()
	w := rooms(t)
	w.use(storetest.Open(t, address, store.Options{Now: w.clock.Now}))
	return w
}

// fill fills a store with the cards, with both children linked and an own password
// for their mother.
func fill(t testing.TB, address string) {
	t.Helper()
	ctx, w := context.Background(), rooms(t)
	s, err := store.Open(ctx, address, store.Options{Now: w.clock.Now, MaxConns: 1})
	must(t, err)
	w.use(s)
	file := func(name, text string) exchange.Source {
		return exchange.Reader(name, bytes.NewReader([]byte(text)))
	}
	_, err = exchange.Import(ctx, s, exchange.Files{
		Cards: file("cards.csv", cards), Loans: file("loans.csv", loans), Fees: file("fees.csv", fees),
	}, exchange.Options{Rules: w.library.Rules, Hasher: w.hasher, Now: w.clock.Now})
	must(t, err)
	for _, child := range []string{sem, noor} {
		w.link(child, mandate.Renew, mandate.Pay)
	}
	w.choose(marieke, "Welkom-1984")
	must(t, s.Close())
}

// rooms is a world before it has a store.
func rooms(t testing.TB) *world {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	must(t, err)
	w := &world{t: t, clock: calendartest.At(time.Date(2026, 11, 25, 12, 0, 0, 0, zone)), hasher: &hasher{}, log: &journal{}}
	rules := builtin.Rules{Zone: zone, Default: builtin.Category{LoanDays: 21, MaxRenewals: 2, FeeLimit: 100_00}}
	w.library = &library{System: &builtin.System{Rules: rules, Hasher: w.hasher, Now: w.clock.Now}}
	return w
}

// use furnishes the rooms on a store.
func (w *world) use(s *store.Store) {
	w.t.Helper()
	w.store, w.library.Tables = s, s
	now, zone := w.clock.Now, w.library.Rules.Zone
	log := slog.New(slog.NewTextHandler(w.log, nil))
	slower := &throttle.Throttle{Store: w.store, Rules: account.SlowingRules(), Now: now}
	for prefix, rule := range kiosk.SlowingRules() {
		slower.Rules[prefix] = rule
	}
	w.porter = &account.Porter{
		Store: w.store, Cards: w.library, First: w.library, Hasher: w.hasher, Slower: slower, Now: now, Log: log,
	}
	w.book = &mandate.Book{Store: w.store, Cards: w.library, Slower: slower, Now: now, Zone: zone}
	office := &circulation.Office{System: w.library, Journal: w.book, Log: log}
	w.cashier = &payment.Cashier{Store: w.store, Fees: office, System: w.library, Known: w.book, Now: now, Log: log, Zone: zone}
	texts, err := text.Load(zone)
	must(w.t, err)
	w.options = kiosk.Options{
		Terminals: []kiosk.Terminal{zuil()}, Porter: w.porter, Book: w.book, Office: office, Cashier: w.cashier, Slower: slower, Texts: texts,
		Viewer:   &household.Viewer{Permits: w.book, Office: office, Holds: w.store},
		Language: "nl", Institution: "RIJN", Library: "Bibliotheek Rijn", Currency: "EUR", Address: "https://mijn.example.nl/",
		Zone: zone, Now: now, Log: log,
	}
}

// serve starts the kiosk on loopback, until the test ends.
func (w *world) serve() {
	w.t.Helper()
	l, err := (&net.ListenConfig{}).Listen(w.t.Context(), "tcp", "127.0.0.1:0")
	must(w.t, err)
	w.addr = l.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	done := make(chan error, 1)
	go func() { done <- kiosk.New(w.options).Serve(ctx, l) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
}

func (w *world) holder(number string) card.Holder {
	w.t.Helper()
	n, err := card.ParseNumber(number)
	must(w.t, err)
	h, _, err := w.porter.Known(context.Background(), n)
	must(w.t, err)
	return h
}

// link lets Marieke act for a card.
func (w *world) link(number string, scopes ...mandate.Scope) {
	w.t.Helper()
	must(w.t, w.book.Link(context.Background(), mandate.Link{
		Staff: "Balie", Grantor: w.holder(number), Grantee: w.holder(marieke), Scopes: scopes,
	}))
}

// end ends what a card has given.
func (w *world) end(number string, scope mandate.Scope) {
	w.t.Helper()
	ctx := context.Background()
	active, err := w.store.ActiveFor(ctx, w.holder(marieke).ID)
	must(w.t, err)
	for _, m := range active {
		if m.Grantor.Number.Text() == number && m.Scope == scope {
			_, err := w.book.Take(ctx, mandate.Actor{Holder: m.Grantor}, m.ID, mandate.End)
			must(w.t, err)
			return
		}
	}
	w.t.Fatal("there is no such mandate")
}

// choose logs a card in with its first password and chooses an own one.
func (w *world) choose(number, first string) account.Identity {
	w.t.Helper()
	ctx := context.Background()
	me, err := w.porter.Prove(ctx, account.Attempt{Login: number, Password: first, Address: "192.0.2.1"})
	must(w.t, err)
	me, err = w.porter.ChoosePassword(ctx, me, account.NewPassword{New: own, Again: own})
	must(w.t, err)
	return me
}

// payments are all that terminals took.
func (w *world) payments() (all []payment.Payment) {
	w.t.Helper()
	for id := payment.ID(1); ; id++ {
		p, err := w.store.Payment(context.Background(), id)
		if problem.KindOf(err) == problem.NotFound {
			return all
		}
		must(w.t, err)
		all = append(all, p)
	}
}

// deliver tells the library system of all payments.
func (w *world) deliver() {
	w.t.Helper()
	for _, p := range w.payments() {
		must(w.t, w.cashier.Deliver(context.Background(), p.ID))
	}
}

// machine is a terminal's end of a connection.
type machine struct {
	*sip2.Client
	t testing.TB
}

// dial connects without logging in.
func (w *world) dial(user, password string) *machine {
	w.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(w.t.Context(), "tcp", w.addr)
	must(w.t, err)
	c := sip2.NewClient(conn, sip2.Options{User: user, Password: password, Checksums: true})
	w.t.Cleanup(c.Close)
	return &machine{c, w.t}
}

// enter connects and logs in as the user, or as zuil.
func (w *world) enter(user ...string) *machine {
	w.t.Helper()
	m := w.dial(cmp.Or(strings.Join(user, ""), "zuil"), "geheim")
	must(w.t, m.Begin(w.t.Context()))
	return m
}

func (m *machine) ask(request sip2.Message) sip2.Message {
	m.t.Helper()
	answer, err := m.Ask(m.t.Context(), request)
	must(m.t, err)
	return answer
}

func (m *machine) info(p sip2.Patron, list sip2.List) sip2.PatronInformationReply {
	m.t.Helper()
	a, err := sip2.ReadPatronInformationReply(m.ask(sip2.PatronInformationRequest{List: list, Patron: p}.Message()), list)
	must(m.t, err)
	return a
}

func (m *machine) pay(r sip2.FeePaidRequest) sip2.FeePaidReply {
	m.t.Helper()
	r.Currency = cmp.Or(r.Currency, "EUR")
	a, err := sip2.ReadFeePaidReply(m.ask(r.Message()))
	must(m.t, err)
	return a
}

func (m *machine) renew(p sip2.Patron, item, date string) sip2.RenewReply {
	m.t.Helper()
	a, err := sip2.ReadRenewReply(m.ask(sip2.RenewRequest{Patron: p, Item: item, Date: date}.Message()))
	must(m.t, err)
	return a
}

func (m *machine) item(code string) sip2.ItemInformationReply {
	m.t.Helper()
	a, err := sip2.ReadItemInformationReply(m.ask(sip2.ItemInformationRequest{Item: code}.Message()))
	must(m.t, err)
	return a
}

func inHand(id string) sip2.Patron { return sip2.Patron{ID: id} }

func with(id, pin string) sip2.Patron { return sip2.Patron{ID: id, Password: &pin} }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// told reports whether one of the sentences begins as wanted.
func told(lines []string, want string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, want) })
}
