package paia_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/getkin/kin-openapi/openapi3"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar/calendartest"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/household"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/paia"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/text"
	"hoofdpas/internal/throttle"
)

// The library. Marieke may act for Sem and Noor; Bo is nobody's.
const (
	cards = `card_number,name,birth_date,email,category,branch,expires_on,blocked,first_password
20001000000012,Marieke de Vries,1984-03-12,marieke@example.nl,,Centrum,2027-08-01,no,Welkom-1984
20001000000020,Sem de Vries,2014-06-02,sem@example.nl,,Centrum,2027-08-01,no,Welkom-2014
20001000000038,Noor de Vries,2017-01-30,,,Centrum,,no,Welkom-2017
20001000000046,Bo Blok,1990-01-01,,,,2026-01-01,no,Welkom-0000
`
	loans = `loan_id,card_number,item_number,title,author,material,lent_on,due_on,renewals,reserved
1,20001000000012,3001,De aanslag,Mulisch,book,2026-11-10,2026-12-01,0,no
2,20001000000012,3002,Het huis,,book,2026-11-10,2026-12-01,0,yes
3,20001000000020,3003,Spel,,game,2026-11-11,2026-12-02,0,no
`
	fees = `fee_id,card_number,kind,description,amount,charged_on,item_number
7,20001000000012,damage,Kaft gescheurd,2.50,2026-11-03,
9,20001000000020,overdue,Te laat: Spel,1.20,2026-11-01,3003
10,20001000000038,other,,0.80,2026-11-02,
`
	marieke, sem, noor, bo = "20001000000012", "20001000000020", "20001000000038", "20001000000046"
	own                    = "Eigen!wachtwoord1"
)

type hasher struct{}

func (hasher) Hash(_ context.Context, password string) (account.Hash, error) {
	return account.Hash(password), nil
}

func (hasher) Matches(_ context.Context, password string, kept account.Hash) (bool, error) {
	return kept != "" && kept == account.Hash(password), nil
}

// library is the library's own system, which may be away.
type library struct {
	*builtin.System
	away bool
}

func (l *library) Loans(ctx context.Context, n card.Number) ([]circulation.Loan, error) {
	if l.away {
		return nil, problem.Away(circulation.ReasonSystemAway, "read loans", io.EOF)
	}
	return l.System.Loans(ctx, n)
}

// bank takes money when the test says so.
type bank struct {
	payment.Provider // what is not needed here
	mu               sync.Mutex
	orders           map[string]payment.Order
	paid             map[string]bool
}

func (*bank) Name() string { return "bank" }

func (*bank) Limits(context.Context) (payment.Limits, error) { return payment.Limits{}, nil }

func (b *bank) Create(_ context.Context, o payment.Order) (payment.Checkout, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders["tr_"+o.Reference] = o
	return payment.Checkout{Ref: "tr_" + o.Reference, URL: "https://bank.example/" + o.Reference}, nil
}

func (b *bank) Status(_ context.Context, ref string) (payment.Status, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.orders[ref]
	s := payment.Status{Ref: ref, Reference: o.Reference, State: payment.Open, Amount: o.Amount, Currency: "EUR"}
	if b.paid[ref] {
		s.State = payment.Paid
	}
	return s, nil
}

func (*bank) Refunds(context.Context, string) ([]payment.RefundStatus, error) { return nil, nil }

func (*bank) Chargebacks(context.Context, string) ([]payment.Chargeback, error) { return nil, nil }

func (b *bank) pay(id int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paid["tr_"+strconv.FormatInt(id, 10)] = true
}

// world is a library that lets apps in.
type world struct {
	t       testing.TB
	store   *store.Store
	library *library
	porter  *account.Porter
	book    *mandate.Book
	cashier *payment.Cashier
	bank    *bank
	log     *bytes.Buffer
	handler http.Handler

	clock *calendartest.Clock
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB) *world {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	must(t, err)
	w := &world{
		t: t, clock: calendartest.At(time.Date(2026, 11, 25, 12, 0, 0, 0, zone)), log: &bytes.Buffer{},
		bank: &bank{orders: map[string]payment.Order{}, paid: map[string]bool{}},
	}
	rules := builtin.Rules{Zone: zone, Default: builtin.Category{LoanDays: 21, MaxRenewals: 2, FeeLimit: 100_00}}
	w.store = storetest.Any(t, store.Options{Now: w.clock.Now})
	file := func(name, text string) exchange.Source { return exchange.Reader(name, bytes.NewReader([]byte(text))) }
	_, err = exchange.Import(t.Context(), w.store, exchange.Files{
		Cards: file("cards.csv", cards), Loans: file("loans.csv", loans), Fees: file("fees.csv", fees),
	}, exchange.Options{Rules: rules, Hasher: hasher{}, Now: w.clock.Now})
	must(t, err)
	w.library = &library{System: &builtin.System{Tables: w.store, Rules: rules, Hasher: hasher{}, Now: w.clock.Now}}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	slower := &throttle.Throttle{Store: w.store, Rules: account.SlowingRules(), Now: w.clock.Now}
	for prefix, rule := range mandate.SlowingRules() {
		slower.Rules[prefix] = rule
	}
	w.porter = &account.Porter{Store: w.store, Cards: w.library, First: w.library, Hasher: hasher{}, Slower: slower, Now: w.clock.Now, Log: log}
	w.book = &mandate.Book{Store: w.store, Cards: w.library, Slower: slower, Now: w.clock.Now, Zone: zone}
	office := &circulation.Office{System: w.library, Journal: w.book, Log: log}
	site := &url.URL{Scheme: "https", Host: "mijn.example.nl"}
	w.cashier = &payment.Cashier{
		Store: w.store, Fees: office, System: w.library, Provider: w.bank, Known: w.book, Now: w.clock.Now, Log: log, Zone: zone, Base: site,
	}
	texts, err := text.Load(zone)
	must(t, err)
	w.handler = paia.Handler(paia.Options{
		Texts: texts, PublicURL: site, Library: "Bibliotheek Rijn", Origins: []string{"https://app.example"}, Zone: zone, Now: w.clock.Now, Log: log,
	}, paia.Rooms{
		Apps: &account.Apps{Porter: w.porter, Store: w.store, Now: w.clock.Now, Log: log}, Porter: w.porter, Book: w.book, Office: office,
		Viewer: &household.Viewer{Permits: w.book, Office: office, Holds: w.store}, Cashier: w.cashier,
	})
	for number, first := range map[string]string{marieke: "Welkom-1984", sem: "Welkom-2014", bo: "Welkom-0000"} {
		me, err := w.porter.Prove(t.Context(), account.Attempt{Login: number, Password: first, Address: "192.0.2.1"})
		must(t, err)
		_, err = w.porter.ChoosePassword(t.Context(), me, account.NewPassword{New: own, Again: own})
		must(t, err)
	}
	w.link(sem, mandate.Renew, mandate.Pay)
	w.link(noor, mandate.Pay)
	return w
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

// endAll ends what a card has given.
func (w *world) endAll(number string) {
	w.t.Helper()
	ctx := context.Background()
	active, err := w.store.ActiveFor(ctx, w.holder(marieke).ID)
	must(w.t, err)
	for _, m := range active {
		if m.Grantor.Number.Text() == number {
			_, err := w.book.Take(ctx, mandate.Actor{Holder: m.Grantor}, m.ID, mandate.End)
			must(w.t, err)
		}
	}
}

// specification is openapi.json.
var specification = sync.OnceValues(func() (*openapi3.T, error) {
	raw, err := os.ReadFile("openapi.json")
	if err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(raw)
})

// app is a program that asks, with the tokens it has. Every answer is held against
// openapi.json.
type app struct {
	*world
	access, refresh string
}

type reply struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
}

func (a *app) ask(method, path string, body any, change ...func(*http.Request)) reply {
	a.t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		must(a.t, err)
		in = bytes.NewReader(raw)
	}
	r := httptest.NewRequestWithContext(context.Background(), method, path, in)
	r.RemoteAddr = "192.0.2.7:4000"
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if a.access != "" {
		r.Header.Set("Authorization", "Bearer "+a.access)
	}
	for _, f := range change {
		f(r)
	}
	rec := httptest.NewRecorder()
	a.handler.ServeHTTP(rec, r)
	out := reply{status: rec.Code, header: rec.Header(), raw: rec.Body.String()}
	if method != http.MethodHead && method != http.MethodOptions {
		if err := json.Unmarshal(rec.Body.Bytes(), &out.body); err != nil {
			a.t.Fatalf("%s %s: %v in %q", method, path, err, out.raw)
		}
		a.holds(method, r.URL, out)
		if out.status == http.StatusOK && out.body["error"] == nil && body != nil {
			a.described(method, r.URL.Path, body)
		}
	}
	return out
}

// described compares a request that was understood with what openapi.json says.
func (a *app) described(method, path string, body any) {
	a.t.Helper()
	doc, err := specification()
	must(a.t, err)
	raw, err := json.Marshal(body)
	must(a.t, err)
	var sent any
	must(a.t, json.Unmarshal(raw, &sent))
	asked := found(doc, method, path).RequestBody
	if asked == nil {
		a.t.Errorf("%s %s: a body is not described", method, path)
		return
	}
	schema := asked.Value.Content["application/json"].Schema.Value
	if err := schema.VisitJSON(sent, openapi3.EnableJSONSchema2020()); err != nil {
		a.t.Errorf("%s %s: %s was understood and is not described: %v", method, path, raw, err)
	}
}

// holds compares an answer with what openapi.json says.
func (a *app) holds(method string, at *url.URL, out reply) {
	a.t.Helper()
	path := at.Path
	doc, err := specification()
	must(a.t, err)
	if out.header.Get("Content-Type") != "application/json; charset=utf-8" || out.header.Get("X-PAIA-Version") != "1.4.0" ||
		out.header.Get("Cache-Control") != "no-store" {
		a.t.Errorf("%s %s: headers %v", method, path, out.header)
	}
	schema := doc.Components.Schemas["Error"].Value
	if o := found(doc, method, path); o != nil {
		r := o.Responses.Value(strconv.Itoa(out.status))
		if r == nil {
			a.t.Errorf("%s %s: status %d is not described", method, path, out.status)
			return
		}
		schema = r.Value.Content["application/json"].Schema.Value
	}
	if err := schema.VisitJSON(any(out.body), openapi3.EnableJSONSchema2020()); err != nil {
		a.t.Errorf("%s %s: %d %s: %v", method, path, out.status, out.raw, err)
	}
	if out.status == http.StatusOK && out.body["error"] != nil && !at.Query().Has("suppress_response_codes") {
		a.t.Errorf("%s %s: an error looks like success: %s", method, path, out.raw)
	}
}

// found is the description of a method; nil when there is none.
func found(doc *openapi3.T, method, path string) *openapi3.Operation {
	asked := strings.Split(path, "/")
	for pattern, item := range doc.Paths.Map() {
		parts := strings.Split(pattern, "/")
		match := len(parts) == len(asked)
		for i := range parts {
			match = match && (parts[i] == asked[i] || strings.HasPrefix(parts[i], "{") && asked[i] != "")
		}
		if match && item.GetOperation(method) != nil {
			return item.GetOperation(method)
		}
	}
	return nil
}

func (a *app) wants(r reply, status int, code string) {
	a.t.Helper()
	if r.status != status || (code != "" && r.body["error"] != code) {
		a.t.Errorf("got %d %s, want %d %s", r.status, r.raw, status, code)
	}
}

// enter logs an app in for a card.
func (w *world) enter(number string, scopes ...string) *app {
	w.t.Helper()
	a := &app{world: w}
	r := a.ask(http.MethodPost, "/paia/auth/login", map[string]any{
		"grant_type": "password", "username": number, "password": own, "scope": strings.Join(scopes, " "), "client": "Proef",
	})
	a.wants(r, http.StatusOK, "")
	a.keep(r)
	return a
}

func (a *app) keep(r reply) {
	a.t.Helper()
	access, ok := r.body["access_token"].(string)
	refresh, also := r.body["refresh_token"].(string)
	if !ok || !also {
		a.t.Fatalf("no tokens in %v", r.body)
	}
	a.access, a.refresh = access, refresh
}

// everything is every scope that there is.
var everything = []string{
	"read_patron", "read_items", "write_items", "read_fees", "read_messages", "change_password", "read_mandates", "write_mandates", "pay_fees",
}
