package payment_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/calendar/calendartest"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/till"
)

// world is a library with a cashier on a real store, and with a payment
// provider and a library system that do what the test tells them.
type world struct {
	t       testing.TB
	store   *store.Store
	clock   *calendartest.Clock
	library *library
	bank    *bank
	book    *mandate.Book
	office  *circulation.Office
	cashier *payment.Cashier
	log     *journal
	born    int // persons so far
	drawer  payment.Till
}

func onSQLite(t testing.TB) *world {
	t.Helper()
	c := calendartest.At(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	return newWorld(t, storetest.Any(t, store.Options{Now: c.Now}), c)
}

func newWorld(t testing.TB, s *store.Store, c *calendartest.Clock) *world {
	t.Helper()
	w := &world{t: t, store: s, clock: c, log: &journal{}}
	w.library = &library{fees: map[card.Number][]circulation.Fee{}, settled: map[string]string{}, undone: map[string]bool{}, parts: map[string]map[string]money.Cents{}}
	w.bank = &bank{orders: map[string]*bankOrder{}, now: c.Now}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	w.book = &mandate.Book{Store: s, Cards: noCards{}, Slower: never{}, Now: c.Now, Zone: time.UTC}
	w.office = &circulation.Office{System: w.library, Journal: w.book, Log: log}
	w.cashier = &payment.Cashier{
		Store: s, Fees: w.office, System: w.library, Provider: w.bank, Known: w.book, Now: c.Now, Log: log,
		Base: &url.URL{Scheme: "https", Host: "bieb.example", Path: "/"}, Library: "Bibliotheek",
	}
	return w
}

// person is somebody with a card.
func (w *world) person(name string) mandate.Actor {
	w.t.Helper()
	w.born++
	number, err := card.ParseNumber(fmt.Sprintf("2900000%07d", w.born))
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := w.store.KnowCard(context.Background(), card.Card{Number: number, Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return mandate.Actor{Holder: h}
}

// atDesk is the person before a staff member.
func atDesk(a mandate.Actor) mandate.Actor {
	a.Staff = "Balie Boukje"
	return a
}

// owes charges a fee.
func (w *world) owes(a mandate.Actor, fee circulation.FeeID, amount money.Cents) {
	w.library.charge(a.Holder.Number, circulation.Fee{ID: fee, Kind: circulation.Overdue, Description: "Te laat", Amount: amount})
}

// empower lets the grantee pay for the grantor's card.
func (w *world) empower(grantor, grantee mandate.Actor) {
	w.t.Helper()
	ctx, now := context.Background(), w.clock.Now()
	m, err := w.store.AddRequest(ctx, mandate.Mandate{
		Scope: mandate.Pay, Starter: mandate.Grantee, Grantor: grantor.Holder, Grantee: grantee.Holder, Typed: grantor.Holder.Number,
		State: mandate.Requested, RequestedAt: now, AnswerBy: now.Add(mandate.AnswerWithin),
	}, mandate.Entry{At: now, Deed: mandate.Deed(mandate.Request), Actor: grantee.Holder, Card: grantor.Holder, Other: grantee.Holder})
	if err == nil {
		_, err = w.book.Take(ctx, grantor, m.ID, mandate.Confirm)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// wish is a filled-in form: the fees, as "card.amount.fee", with a key.
func (w *world) wish(a mandate.Actor, key string, fees ...payment.Box) payment.Wish {
	w.t.Helper()
	permits, err := w.book.Permits(context.Background(), a)
	if err != nil {
		w.t.Fatal(err)
	}
	boxes := make([]string, len(fees))
	for i, f := range fees {
		boxes[i] = f.String()
	}
	choices, total, err := payment.Choose(permits, boxes)
	if err != nil {
		w.t.Fatal(err)
	}
	wish := payment.Wish{Actor: a, Choices: choices, Expected: total, Key: key, Language: "nl"}
	if a.Staff != "" {
		wish.Till = w.till()
	}
	return wish
}

// till is the drawer of the world's one desk; its shift is opened when it is
// first asked for.
func (w *world) till() payment.Till {
	w.t.Helper()
	if w.drawer.Shift == 0 {
		s, opened, err := w.store.OpenShift(context.Background(), till.Shift{
			Place: till.Place{Branch: "Centrum", Desk: "Balie 1"}, OpenedBy: "Balie Boukje", OpenedAt: w.clock.Now(),
		}, 0, nil)
		if err != nil || !opened {
			w.t.Fatalf("open a shift: %v, %v", opened, err)
		}
		w.drawer = s.Till()
	}
	return w.drawer
}

// postings returns the whole ledger.
func (w *world) postings() (all []ledger.Posting) {
	w.t.Helper()
	if _, err := w.store.EachPosting(context.Background(), 0, func(r ledger.Row) error {
		all = append(all, r.Posting)
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return all
}

func box(a mandate.Actor, fee circulation.FeeID, amount money.Cents) payment.Box {
	return payment.Box{Card: a.Holder.ID, Amount: amount, Fee: fee}
}

func (w *world) start(wish payment.Wish) payment.Payment {
	w.t.Helper()
	p, err := w.cashier.Start(context.Background(), wish)
	if err != nil {
		w.t.Fatalf("start: %v", err)
	}
	return p
}

// hear is a webhook about the payment.
func (w *world) hear(p payment.Payment) {
	w.t.Helper()
	if err := w.cashier.Heard(context.Background(), "bank", p.Ref); err != nil {
		w.t.Fatalf("hear: %v", err)
	}
}

// stands checks where a payment stands in the store.
func (w *world) stands(p payment.Payment, want payment.State) payment.Payment {
	w.t.Helper()
	now, err := w.store.Payment(context.Background(), p.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	if now.State != want {
		w.t.Errorf("payment %d is %s, not %s", p.ID, now.State, want)
	}
	return now
}

func wantReason(t testing.TB, err error, kind problem.Kind, reason problem.Reason) {
	t.Helper()
	if !problem.Has(err, reason) || problem.KindOf(err) != kind {
		t.Errorf("got %v, not %s: %s", err, kind, reason)
	}
}

// journal is the operator's log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) has(part string) bool { return strings.Contains(j.String(), part) }

type noCards struct{}

func (noCards) Card(context.Context, card.Number) (card.Card, bool, error) {
	return card.Card{}, false, nil
}

type never struct{}

func (never) Attempt(context.Context, ...string) (time.Duration, error) { return 0, nil }

// library is a library system that a test scripts.
type library struct {
	mu      sync.Mutex
	fees    map[card.Number][]circulation.Fee
	settled map[string]string // number and fee → reference
	taken   []circulation.FeeID
	// undone holds number, fee and reference of what is open again.
	undone map[string]bool
	calls  int
	// away: it does nothing; mute: it does what it is asked and its answer is
	// lost; refuses: it refuses these fees for good; patience: above zero, after
	// so many calls more it is away.
	away, mute bool
	// keeps: it will not open these again.
	refuses, keeps map[circulation.FeeID]bool
	patience       int
	reopened       []circulation.FeeID
	// blind: it knows no references. It books whatever it is told, unless it is
	// said that it may have been told before: then it looks. twice are the fees
	// that it booked while they were settled. dies: the program ends when it has
	// done what it was asked.
	blind, dies bool
	twice       []circulation.FeeID
	// parts are what payments, by their references, paid of fees in part: a fee that
	// is open, or that another payment settled since.
	parts map[string]map[string]money.Cents
}

func (l *library) charge(n card.Number, f circulation.Fee) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fees[n] = append(l.fees[n], f)
}

func (l *library) set(f func(*library)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l)
}

func (l *library) Fees(_ context.Context, n card.Number) ([]circulation.Fee, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return nil, problem.New(problem.Unavailable, circulation.ReasonSystemAway, nil)
	}
	var open []circulation.Fee
	for _, f := range l.fees[n] {
		if f.Amount = l.left(n, f.ID); f.Amount > 0 {
			open = append(open, f)
		}
	}
	return open, nil
}

// owed is what is open of a fee, as who chooses it sees it.
func (l *library) owed(n card.Number, id circulation.FeeID) money.Cents {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left(n, id)
}

// left is what is open of a fee.
func (l *library) left(n card.Number, id circulation.FeeID) (amount money.Cents) {
	key := n.Text() + " " + string(id)
	if l.settled[key] != "" {
		return 0
	}
	for _, f := range l.fees[n] {
		if f.ID == id {
			amount = f.Amount
		}
	}
	for _, paid := range l.parts[key] {
		amount -= paid
	}
	return amount
}

func (l *library) Settle(_ context.Context, n card.Number, fees []circulation.Settlement, reference string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if l.patience > 0 {
		l.patience--
		l.away = l.patience == 0
	}
	if l.away {
		return problem.New(problem.Unavailable, circulation.ReasonSystemAway, nil)
	}
	fees = slices.DeleteFunc(slices.Clone(fees), func(f circulation.Settlement) bool {
		return l.undone[n.Text()+" "+string(f.Fee)+" "+reference]
	})
	for _, f := range fees {
		key := n.Text() + " " + string(f.Fee)
		by := l.settled[key]
		if l.blind && by != "" && f.Again {
			continue // settled, by whomever: that may have been us
		}
		told := by == reference || l.parts[key][reference] > 0
		tooMuch := len(l.parts[key]) > 0 && f.Amount > l.left(n, f.Fee)
		if !told && (by != "" || l.refuses[f.Fee] || tooMuch) {
			return problem.New(problem.Conflict, circulation.ReasonFeeSettled, nil)
		}
	}
	for _, f := range fees {
		key := n.Text() + " " + string(f.Fee)
		switch {
		case l.parts[key][reference] > 0:
			if l.blind && !f.Again {
				l.twice = append(l.twice, f.Fee)
			}
		case l.settled[key] == "" && f.Of > 0:
			if l.parts[key] == nil {
				l.parts[key] = map[string]money.Cents{}
			}
			l.parts[key][reference] = f.Amount
		case l.settled[key] == "":
			l.settled[key] = reference
			l.taken = append(l.taken, f.Fee)
		case l.blind && !f.Again:
			l.twice = append(l.twice, f.Fee)
		}
	}
	if l.dies {
		panic("the program ends")
	}
	if l.mute {
		return problem.New(problem.Unavailable, circulation.ReasonSystemAway, nil)
	}
	return nil
}

// Reopen undoes what Settle did with the reference, once and for all.
func (l *library) Reopen(_ context.Context, n card.Number, fees []circulation.Settlement, reference string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return problem.New(problem.Unavailable, circulation.ReasonSystemAway, nil)
	}
	for _, f := range fees {
		if l.keeps[f.Fee] {
			return problem.New(problem.Refused, circulation.ReasonNotReopened, nil)
		}
	}
	for _, f := range fees {
		key := n.Text() + " " + string(f.Fee)
		l.undone[key+" "+reference] = true
		switch by := l.settled[key]; {
		case by == reference:
			l.settled[key] = ""
			l.reopened = append(l.reopened, f.Fee)
		case l.parts[key][reference] > 0 && by != "": // what that payment settled is a part too
			l.settled[key] = ""
			l.parts[key][by] = l.left(n, f.Fee)
		}
		delete(l.parts[key], reference)
	}
	if l.mute {
		return problem.New(problem.Unavailable, circulation.ReasonSystemAway, nil)
	}
	return nil
}

func (*library) Loans(context.Context, card.Number) ([]circulation.Loan, error) { return nil, nil }

func (*library) Renew(context.Context, card.Number, circulation.LoanID, calendar.Date) (circulation.Loan, error) {
	return circulation.Loan{}, errors.New("nothing to renew")
}

// cardsOf lists the cards of a payment.
func cardsOf(p payment.Payment) []card.ID {
	var all []card.ID
	for _, l := range p.Lines {
		all = append(all, l.Holder.ID)
	}
	return all
}
