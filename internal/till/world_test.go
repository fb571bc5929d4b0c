package till_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

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

var (
	centrum1 = till.Place{Branch: "Centrum", Desk: "Balie 1"}
	centrum2 = till.Place{Branch: "Centrum", Desk: "Balie 2"}
	oost     = till.Place{Branch: "Oost", Desk: "Balie"}
)

// world is the drawers of a library on a real store.
type world struct {
	t       testing.TB
	store   *store.Store
	cashier *payment.Cashier
	drawer  *till.Drawer
	book    *mandate.Book
	fees    *fees
	member  mandate.Actor
	mu      sync.Mutex
	now     time.Time
	keys    int
}

func onSQLite(t testing.TB) *world {
	t.Helper()
	return newWorld(t, storetest.Any(t))
}

// onEach runs f on both stores.
func onEach(t *testing.T, f func(*testing.T, *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Helper()
		f(t, newWorld(t, s))
	})
}

func newWorld(t testing.TB, s *store.Store) *world {
	t.Helper()
	w := &world{t: t, store: s, fees: &fees{}, now: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}
	w.book = &mandate.Book{Store: s, Cards: noCards{}, Slower: never{}, Now: w.clock, Zone: time.UTC}
	log := slog.New(slog.DiscardHandler)
	w.cashier = &payment.Cashier{Store: s, Fees: w.fees, System: w.fees, Known: w.book, Now: w.clock, Log: log, Zone: time.UTC}
	w.drawer = &till.Drawer{
		Store: s, Cashier: w.cashier, Places: []till.Place{centrum1, centrum2, oost}, Unit: 5, Now: w.clock, Log: log,
	}
	number, err := card.ParseNumber("29000000000001")
	must(t, err)
	h, err := s.KnowCard(context.Background(), card.Card{Number: number, Name: "Marieke"})
	must(t, err)
	w.member = mandate.Actor{Holder: h, Staff: "Bea"}
	return w
}

// clock is a millisecond later each time.
func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Millisecond)
	return w.now
}

func (w *world) key() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keys++
	return fmt.Sprintf("key-%d", w.keys)
}

func (w *world) open(at till.Place, counted money.Cents) till.Shift {
	w.t.Helper()
	s, err := w.drawer.Open(context.Background(), "Bea", at, counted)
	must(w.t, err)
	return s
}

// wish is to pay a new fee of the amount.
func (w *world) wish(amount money.Cents) payment.Wish {
	w.t.Helper()
	permits, err := w.book.Permits(context.Background(), w.member)
	must(w.t, err)
	id := w.fees.charge(amount)
	return payment.Wish{
		Actor: w.member, Choices: []payment.Choice{{Permit: permits[0], Fees: []circulation.FeeID{id}}}, Expected: amount, Key: w.key(),
	}
}

func (w *world) take(s till.Shift, amount money.Cents, m payment.Means) payment.Payment {
	w.t.Helper()
	p, err := w.drawer.Take(context.Background(), s.ID, w.wish(amount), m)
	must(w.t, err)
	return p
}

func (w *world) sum(s till.Shift) till.Summary {
	w.t.Helper()
	sum, err := w.drawer.Sum(context.Background(), s.ID)
	must(w.t, err)
	return sum
}

// right is a count that is what must be there.
func (w *world) right(s till.Shift) till.Count {
	w.t.Helper()
	sum := w.sum(s)
	return till.Count{Cash: sum.Cash, PIN: sum.PIN, ExpectedCash: sum.Cash, ExpectedPIN: sum.PIN}
}

// balances are those of the ledger, whose chain must hold and whose sum is zero.
func (w *world) balances() map[ledger.Account]money.Cents {
	w.t.Helper()
	var all []ledger.Posting
	_, err := w.store.EachPosting(context.Background(), 0, func(r ledger.Row) error {
		all = append(all, r.Posting)
		return nil
	})
	must(w.t, err)
	b, err := ledger.Balances(all)
	must(w.t, err)
	var sum money.Cents
	for _, c := range b {
		sum += c
	}
	if sum != 0 {
		w.t.Fatalf("the ledger sums to %v", sum)
	}
	return b
}

func cashOf(at till.Place) ledger.Account { return ledger.Till(at.Branch, at.Desk, "cash") }

func pinOf(at till.Place) ledger.Account { return ledger.Till(at.Branch, at.Desk, "pin") }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantReason(t testing.TB, err error, kind problem.Kind, reason problem.Reason) {
	t.Helper()
	if !problem.Has(err, reason) || problem.KindOf(err) != kind {
		t.Errorf("got %v, not %s: %s", err, kind, reason)
	}
}

// fees are what a library charged; it has been told nothing of payments.
type fees struct {
	mu  sync.Mutex
	all []circulation.Fee
}

func (f *fees) charge(amount money.Cents) circulation.FeeID {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := circulation.FeeID(fmt.Sprintf("fee-%d", len(f.all)+1))
	f.all = append(f.all, circulation.Fee{ID: id, Kind: circulation.Overdue, Amount: amount})
	return id
}

func (f *fees) Fees(context.Context, mandate.Permit) ([]circulation.Fee, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]circulation.Fee{}, f.all...), nil
}

func (*fees) Settle(context.Context, card.Number, []circulation.Settlement, string) error { return nil }

func (*fees) Reopen(context.Context, card.Number, []circulation.Settlement, string) error { return nil }

type noCards struct{}

func (noCards) Card(context.Context, card.Number) (card.Card, bool, error) {
	return card.Card{}, false, nil
}

type never struct{}

func (never) Attempt(context.Context, ...string) (time.Duration, error) { return 0, nil }
