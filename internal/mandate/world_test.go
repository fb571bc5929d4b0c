package mandate_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// noon is when these tests begin, in Amsterdam 13:00.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// world is a book over a real store, a library, and a clock that stands still.
type world struct {
	*mandate.Book
	store  *store.Store
	cards  *library
	slower *slower
	at     time.Time
	people int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOn(t, storetest.Any)
}

func newWorldOn(t testing.TB, open func(testing.TB, ...store.Options) *store.Store) *world {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	must(t, err)
	w := &world{cards: &library{cards: map[card.Number]card.Card{}}, slower: &slower{}, at: noon}
	w.store = open(t, store.Options{Now: w.now})
	w.Book = &mandate.Book{Store: w.store, Cards: w.cards, Slower: w.slower, Now: w.now, Zone: zone}
	return w
}

func (w *world) now() time.Time { return w.at }

func (w *world) pass(d time.Duration) { w.at = w.at.Add(d) }

func (w *world) today() calendar.Date { return calendar.Today(w.at, w.Zone) }

// person is somebody with a card.
type person struct {
	card.Holder
	Born calendar.Date
}

// newPerson hands out a card of its own to somebody.
func (w *world) newPerson(t fataler, name string) person {
	t.Helper()
	w.people++
	p := person{Born: day(t, "1984-03-12").AddDays(w.people)}
	p.Number, p.Name = number(t, fmt.Sprintf("2000%010d", w.people)), name
	c := card.Card{Number: p.Number, Name: name, BirthDate: p.Born}
	w.cards.cards[p.Number] = c
	var err error
	p.Holder, err = w.store.KnowCard(context.Background(), c)
	must(t, err)
	return p
}

// family is three people.
func (w *world) family(t fataler) (marieke, sem, willem person) {
	t.Helper()
	return w.newPerson(t, "Marieke de Vries"), w.newPerson(t, "Sem de Vries"), w.newPerson(t, "Willem Jansen")
}

// shut closes a card, as when the library system has not known it for two
// nights, or opens it again.
func (w *world) shut(t fataler, p person, closed bool) {
	t.Helper()
	ctx := context.Background()
	if !closed {
		c := card.Card{Number: p.Number, Name: p.Name, BirthDate: p.Born}
		w.cards.cards[p.Number] = c
		_, _, err := w.store.Seen(ctx, p.ID, c, w.at)
		must(t, err)
		return
	}
	delete(w.cards.cards, p.Number)
	for night := range 2 {
		_, err := w.store.Missed(ctx, p.ID, w.today().AddDays(night), w.at)
		must(t, err)
	}
}

// asking is a right form: the starter asks to act for the other's card.
func asking(starter, of person, scopes ...mandate.Scope) mandate.Application {
	return mandate.Application{
		Starter: starter.Holder, Side: mandate.Grantee, Number: of.Number, Born: of.Born, Scopes: scopes, Address: "192.0.2.1",
	}
}

// offering is a right form the other way round.
func offering(starter, to person, scopes ...mandate.Scope) mandate.Application {
	a := asking(starter, to, scopes...)
	a.Side = mandate.Grantor
	return a
}

// apply sends the form and returns the newest mandate of the starter.
func (w *world) apply(t fataler, a mandate.Application) mandate.Mandate {
	t.Helper()
	must(t, w.Apply(context.Background(), a))
	all, err := w.store.MandatesOf(context.Background(), a.Starter.ID)
	must(t, err)
	newest := all[0]
	for _, m := range all {
		if m.ID > newest.ID {
			newest = m
		}
	}
	return newest
}

// active makes an active mandate.
func (w *world) active(t fataler, grantee, grantor person, scope mandate.Scope, months int) mandate.Mandate {
	t.Helper()
	a := asking(grantee, grantor, scope)
	a.Months = months
	m := w.apply(t, a)
	m, err := w.Take(context.Background(), by(grantor), m.ID, mandate.Confirm)
	must(t, err)
	return m
}

func by(p person) mandate.Actor { return mandate.Actor{Holder: p.Holder} }

// may reports whether the actor has a permit for the card in the scope.
func (w *world) may(t fataler, actor, of person, scope mandate.Scope) bool {
	t.Helper()
	p, err := w.PermitFor(context.Background(), by(actor), of.ID)
	if err != nil {
		wantProblem(t, err, problem.NotFound, mandate.ReasonNoPermit)
		return false
	}
	return p.Allows(scope)
}

// library knows cards, and counts how often it is asked.
type library struct {
	cards map[card.Number]card.Card
	asked int
	away  error
}

func (l *library) Card(_ context.Context, n card.Number) (card.Card, bool, error) {
	l.asked++
	c, ok := l.cards[n]
	return c, ok, l.away
}

// slower slows nobody down unless told to, and remembers the keys.
type slower struct {
	mu   sync.Mutex
	keys []string
	wait time.Duration
}

func (s *slower) Attempt(_ context.Context, keys ...string) (time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, keys...)
	return s.wait, nil
}

// fataler is what testing.T and rapid.T have in common.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func must(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustBe[T comparable](t fataler, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func wantProblem(t fataler, err error, kind problem.Kind, reason problem.Reason) {
	t.Helper()
	if problem.KindOf(err) != kind || !problem.Has(err, reason) {
		t.Fatalf("got %v, want %s: %s", err, kind, reason)
	}
}

func day(t fataler, iso string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseISO(iso)
	must(t, err)
	return d
}

func number(t fataler, text string) card.Number {
	t.Helper()
	n, err := card.ParseNumber(text)
	must(t, err)
	return n
}
