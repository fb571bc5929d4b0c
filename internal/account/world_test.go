package account_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/throttle"
)

// own is a password that meets the rule.
const own = "Zelf-gekozen1!"

// world is a porter and a roster over a real store and real slowing down, a
// library system and a clock that stands still.
type world struct {
	*account.Porter
	roster  *account.Roster
	store   *store.Store
	library *library
	hasher  *hasher
	log     *bytes.Buffer
	at      time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, storetest.Any)
}

func newWorldOn(t testing.TB, open func(testing.TB, ...store.Options) *store.Store) *world {
	t.Helper()
	w := &world{
		hasher: &hasher{}, log: &bytes.Buffer{}, at: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC),
	}
	w.library = &library{hasher: w.hasher, cards: map[card.Number]card.Card{}, first: map[card.Number]string{}}
	w.store = open(t, store.Options{Now: w.now})
	slower := &throttle.Throttle{Store: w.store, Rules: account.SlowingRules(), Now: w.now}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	w.Porter = &account.Porter{
		Store: w.store, Cards: w.library, First: w.library, Hasher: w.hasher, Slower: slower, Now: w.now, Log: log,
	}
	w.roster = &account.Roster{Store: w.store, Hasher: w.hasher, Slower: slower, Now: w.now, Log: log}
	return w
}

func (w *world) now() time.Time { return w.at }

func (w *world) pass(d time.Duration) { w.at = w.at.Add(d) }

// card hands out a card with a first password.
func (w *world) card(t *testing.T, number, name, first string) card.Card {
	t.Helper()
	n, err := card.ParseNumber(number)
	must(t, err)
	c := card.Card{Number: n, Name: name}
	w.library.cards[n], w.library.first[n] = c, first
	return c
}

// member is somebody who has logged in and chosen the password own.
func (w *world) member(t *testing.T, number, name string) account.Identity {
	t.Helper()
	w.card(t, number, name, "Eerste-"+number)
	e, err := w.enter(t, number, "Eerste-"+number)
	must(t, err)
	me, err := w.ChoosePassword(t.Context(), e.Identity, account.NewPassword{New: own, Again: own})
	must(t, err)
	return me
}

// shut closes a card in the library system, and here as an import does.
func (w *world) shut(t *testing.T, me account.Identity) {
	t.Helper()
	delete(w.library.cards, me.Holder.Number)
	w.Porter.Store = closed{w.store, me.Holder.ID}
}

// closed is the store after an import without the card.
type closed struct {
	*store.Store
	id card.ID
}

func (c closed) mark(a account.Account, ok bool, err error) (account.Account, bool, error) {
	a.Closed = a.Closed || a.Holder.ID == c.id
	return a, ok, err
}

func (c closed) Account(ctx context.Context, id card.ID) (account.Account, bool, error) {
	return c.mark(c.Store.Account(ctx, id))
}

func (c closed) AccountByNumber(ctx context.Context, n card.Number) (account.Account, bool, error) {
	return c.mark(c.Store.AccountByNumber(ctx, n))
}

func (c closed) AccountByUserName(ctx context.Context, key string) (account.Account, bool, error) {
	return c.mark(c.Store.AccountByUserName(ctx, key))
}

// enter logs in from a computer at home that nobody logged in with before.
func (w *world) enter(t *testing.T, login, password string) (account.Entrance, error) {
	t.Helper()
	return w.SignIn(t.Context(), account.Attempt{Login: login, Password: password, Address: "192.0.2.1:4711"})
}

// hasher hashes quickly, and counts.
type hasher struct {
	mu   sync.Mutex
	done int
	away error
}

func (h *hasher) count() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done++
	return h.away
}

func (h *hasher) Hash(_ context.Context, password string) (account.Hash, error) {
	return account.Hash("hash of " + password), h.count()
}

func (h *hasher) Matches(_ context.Context, password string, hash account.Hash) (bool, error) {
	return hash == account.Hash("hash of "+password), h.count()
}

// library is a library system: cards and first passwords.
type library struct {
	hasher *hasher
	cards  map[card.Number]card.Card
	first  map[card.Number]string
	gone   bool
}

func (l *library) here() error {
	if l.gone {
		return problem.Away("circulation.away", "ask the library system", errors.New("no answer"))
	}
	return nil
}

func (l *library) Card(_ context.Context, n card.Number) (card.Card, bool, error) {
	c, ok := l.cards[n]
	return c, ok, l.here()
}

func (l *library) CheckFirstPassword(ctx context.Context, n card.Number, password string) (bool, error) {
	if err := l.here(); err != nil {
		return false, err
	}
	var hash account.Hash
	if first := l.first[n]; first != "" {
		hash = account.Hash("hash of " + first)
	}
	return l.hasher.Matches(ctx, password, hash)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustBe[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func wantProblem(t *testing.T, err error, kind problem.Kind, reason problem.Reason) {
	t.Helper()
	if problem.KindOf(err) != kind || !problem.Has(err, reason) {
		t.Fatalf("got %v, want %s: %s", err, kind, reason)
	}
}

// waits returns how long a log-in has to wait, 0 when it need not.
func waits(err error) time.Duration {
	for _, p := range problem.Of(err) {
		if p.Reason == account.ReasonSlow {
			wait, _ := p.Args["wait"].(time.Duration)
			return wait
		}
	}
	return 0
}

// silent fails when the log tells a number, a name or a password.
func (w *world) silent(t *testing.T, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(w.log.String(), s) {
			t.Errorf("the log tells %q: %s", s, w.log)
		}
	}
}

func address(i int) string { return fmt.Sprintf("198.51.%d.%d", i/250, i%250+1) }

// fewHistories is for a test each of whose steps writes to the disk, unless
// somebody asks for more. It is called before the test goes on in parallel.
func fewHistories(t *testing.T) {
	t.Helper()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		must(t, flag.Set("rapid.checks", "30"))
	}
}
