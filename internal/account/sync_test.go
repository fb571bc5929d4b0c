package account_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/throttle"
)

// keyed is a library system that tells keys.
type keyed struct{ *library }

func (k keyed) CardByKey(_ context.Context, key string) (card.Card, bool, error) {
	for _, c := range k.cards {
		if c.Key == key {
			return c, true, k.here()
		}
	}
	return card.Card{}, false, k.here()
}

// syncing is a world whose library system tells keys, on a store of choice.
func syncing(t testing.TB, s *store.Store) (*world, *account.Syncer) {
	t.Helper()
	w := &world{hasher: &hasher{}, at: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), store: s}
	w.library = &library{hasher: w.hasher, cards: map[card.Number]card.Card{}, first: map[card.Number]string{}}
	log := slog.New(slog.DiscardHandler)
	slower := &throttle.Throttle{Store: s, Rules: account.SlowingRules(), Now: w.now}
	w.Porter = &account.Porter{Store: s, Cards: keyed{w.library}, First: w.library, Hasher: w.hasher, Slower: slower, Now: w.now, Log: log}
	return w, &account.Syncer{Store: s, Cards: keyed{w.library}, Now: w.now, Zone: time.UTC, Log: log}
}

// person is a member whose library system knows them by a key.
func (w *world) person(t *testing.T, number, name, key string) account.Identity {
	t.Helper()
	w.card(t, number, name, "Eerste-"+number)
	w.as(number, func(c *card.Card) { c.Key = key })
	e, err := w.enter(t, number, "Eerste-"+number)
	must(t, err)
	me, err := w.ChoosePassword(t.Context(), e.Identity, account.NewPassword{New: own, Again: own})
	must(t, err)
	return me
}

// as changes a card in the library system.
func (w *world) as(number string, change func(*card.Card)) {
	n, err := card.ParseNumber(number)
	if err != nil {
		panic(err)
	}
	c := w.library.cards[n]
	delete(w.library.cards, n)
	change(&c)
	if !c.Number.IsZero() {
		w.library.cards[c.Number] = c
	}
}

func (w *world) renumber(old, made string) {
	w.as(old, func(c *card.Card) {
		n, err := card.ParseNumber(made)
		if err != nil {
			panic(err)
		}
		c.Number = n
	})
}

func (w *world) vanish(number string) { w.as(number, func(c *card.Card) { *c = card.Card{} }) }

func each(t *testing.T, f func(t *testing.T, w *world, s *account.Syncer)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, sync := syncing(t, s)
		f(t, w, sync)
	})
}

func TestALostCardsNewNumberTakesTheAccountAlong(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world, sync *account.Syncer) {
		me := w.person(t, "20000001", "Anna", "p1")
		must(t, w.SetUserName(t.Context(), me, "anna"))
		w.renumber("20000001", "20000009")
		did, err := sync.Run(t.Context())
		must(t, err)
		mustBe(t, "did", did, account.Synced{Asked: 1, Renumbered: 1})
		_, err = w.enter(t, "20000001", own)
		wantProblem(t, err, problem.Refused, account.ReasonWrong)
		for _, login := range []string{"20000009", "anna"} {
			e, err := w.enter(t, login, own)
			must(t, err)
			mustBe(t, "whose account", e.Identity.Holder.ID, me.Holder.ID)
			mustBe(t, "number", e.Identity.Holder.Number.Text(), "20000009")
		}
		if _, ok, err := w.Identify(t.Context(), me.Holder.ID, me.Epoch); err != nil || !ok {
			t.Errorf("the session ended: %v, %v", ok, err)
		}
	})
}

func TestANewNumberIsFoundAtTheLogIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world, _ *account.Syncer) {
		me := w.person(t, "20000001", "Anna", "p1")
		must(t, w.SetUserName(t.Context(), me, "anna"))
		w.renumber("20000001", "20000009")
		_, err := w.enter(t, "20000001", "verkeerd")
		wantProblem(t, err, problem.Refused, account.ReasonWrong)
		_, err = w.enter(t, "20000001", own)
		wantProblem(t, err, problem.Refused, account.ReasonRenumbered)
		e, err := w.enter(t, "anna", own)
		must(t, err)
		mustBe(t, "number", e.Identity.Holder.Number.Text(), "20000009")
		_, err = w.enter(t, "20000001", own)
		wantProblem(t, err, problem.Refused, account.ReasonWrong) // the old number stopped
	})
}

func TestACardThatIsGoneLogsInNoMoreAndIsClosedTheSecondNight(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world, sync *account.Syncer) {
		me := w.person(t, "20000001", "Anna", "p1")
		gone := w.library.cards[me.Holder.Number]
		w.vanish("20000001")
		_, err := w.enter(t, "20000001", own)
		wantProblem(t, err, problem.Refused, account.ReasonGone)
		for _, night := range []struct {
			later time.Duration
			want  account.Synced
		}{
			{time.Minute, account.Synced{Asked: 1, Missed: 1}},
			{time.Minute, account.Synced{}}, // the same night once more
			{24 * time.Hour, account.Synced{Asked: 1, Missed: 1, Closed: 1}},
		} {
			closed := night.want.Closed
			w.pass(night.later)
			did, err := sync.Run(t.Context())
			must(t, err)
			mustBe(t, "did", did, night.want)
			_, ok, err := w.Identify(t.Context(), me.Holder.ID, me.Epoch)
			must(t, err)
			mustBe(t, "session", ok, closed == 0)
		}
		w.library.cards[gone.Number] = gone
		w.pass(24 * time.Hour)
		did, err := sync.Run(t.Context())
		must(t, err)
		mustBe(t, "did", did, account.Synced{Asked: 1, Back: 1})
		_, err = w.enter(t, "20000001", own)
		must(t, err)
	})
}

func TestANumberThatWasGivenToSomebodyElseTakesNothingAlong(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world, sync *account.Syncer) {
		anna := w.person(t, "20000001", "Anna", "p1")
		w.pass(24 * time.Hour)
		w.vanish("20000001")
		w.card(t, "20000001", "Bram", "Eerste-Bram")
		w.as("20000001", func(c *card.Card) { c.Key = "p2" })
		_, err := w.enter(t, "20000001", own)
		wantProblem(t, err, problem.Refused, account.ReasonGone)
		_, err = sync.Run(t.Context())
		must(t, err)
		w.pass(24 * time.Hour)
		_, err = sync.Run(t.Context())
		must(t, err)
		h, _, err := w.Known(t.Context(), anna.Holder.Number) // the desk looks Bram up
		must(t, err)
		if h.ID == anna.Holder.ID || h.Name != "Bram" {
			t.Fatalf("the number is %v's", h.ID)
		}
		e, err := w.enter(t, "20000001", "Eerste-Bram")
		must(t, err)
		mustBe(t, "who", e.Identity.Holder.ID, h.ID)
		_, ok, err := w.Identify(t.Context(), anna.Holder.ID, anna.Epoch)
		must(t, err)
		mustBe(t, "Anna's session", ok, false)
	})
}

func TestWhileTheLibrarySystemIsAwayNothingIsClosedAndTheRestIsAskedNextTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world, sync *account.Syncer) {
		w.person(t, "20000001", "Anna", "p1")
		w.person(t, "20000002", "Bram", "p2")
		w.library.gone = true
		for range 3 {
			w.pass(24 * time.Hour)
			if _, err := sync.Run(t.Context()); problem.KindOf(err) != problem.Unavailable {
				t.Fatalf("got %v", err)
			}
		}
		_, err := w.enter(t, "20000001", own)
		must(t, err) // by the own password
		w.library.gone = false
		did, err := sync.Run(t.Context())
		must(t, err)
		mustBe(t, "did", did, account.Synced{Asked: 2})
	})
}

func TestACardThatTheSystemCannotAnswerForKeepsNoOtherBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world, sync *account.Syncer) {
		for i := range 4 {
			w.person(t, fmt.Sprintf("2000000%d", i), "Lener", fmt.Sprintf("p%d", i))
		}
		sync.Cards = choking{keyed{w.library}, "20000000"}
		w.renumber("20000003", "20000009")
		for range 2 {
			w.pass(24 * time.Hour)
			did, err := sync.Run(t.Context())
			if problem.KindOf(err) != problem.Unavailable || did.Asked != 3 {
				t.Fatalf("did %+v, %v", did, err)
			}
		}
		_, err := w.enter(t, "20000009", own)
		must(t, err)
	})
}

// choking is a library system that has no answer for one number.
type choking struct {
	keyed
	at string
}

func (c choking) Card(ctx context.Context, n card.Number) (card.Card, bool, error) {
	if n.Text() == c.at {
		return card.Card{}, false, problem.Away("circulation.away", "ask the library system", errors.New("two cards have this number"))
	}
	return c.keyed.Card(ctx, n)
}

func TestTheDeskGivesANewNumberWhenTheSystemTellsNoKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world, _ *account.Syncer) {
		me := w.person(t, "20000001", "Anna", "")
		staff := account.Staff{ID: 1, Name: "Boukje"}
		number := func(text string) card.Number {
			n, err := card.ParseNumber(text)
			must(t, err)
			return n
		}
		w.card(t, "20000009", "Anna", "")
		_, err := w.Renumber(t.Context(), staff, number("20000001"), number("20000009"))
		wantProblem(t, err, problem.Conflict, account.ReasonNumberStands)
		w.vanish("20000001")
		_, err = w.Renumber(t.Context(), staff, number("20000007"), number("20000009"))
		wantProblem(t, err, problem.Invalid, account.ReasonNumberUnknown)
		_, err = w.Renumber(t.Context(), staff, number("20000001"), number("20000008"))
		wantProblem(t, err, problem.Invalid, account.ReasonCardNotFound)
		w.person(t, "20000005", "Cleo", "")
		_, err = w.Renumber(t.Context(), staff, number("20000001"), number("20000005"))
		wantProblem(t, err, problem.Conflict, account.ReasonNumberUsed)
		h, err := w.Renumber(t.Context(), staff, number("20000001"), number("20000009"))
		must(t, err)
		mustBe(t, "whose", h.ID, me.Holder.ID)
		e, err := w.enter(t, "20000009", own)
		must(t, err)
		mustBe(t, "who", e.Identity.Holder.ID, me.Holder.ID)
		acts, err := w.store.StaffActs(t.Context(), me.Holder.ID, 10)
		must(t, err)
		if len(acts) != 1 || acts[0].Act != "new_number" || acts[0].Staff != "Boukje" {
			t.Errorf("the log: %+v", acts)
		}
	})
}

// TestAPersonKeepsTheirAccountWhateverBecomesOfTheirNumber plays histories of
// cards that are lost, vanish, come back and pass to others, against the one
// rule that matters: whoever logs in with a password of their own is in their own
// account, and nobody else's.
func TestAPersonKeepsTheirAccountWhateverBecomesOfTheirNumber(t *testing.T) {
	fewHistories(t)
	t.Parallel()
	s := storetest.Any(t)
	w, sync := syncing(t, s)
	born := 0
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		w.library.cards, w.library.first = map[card.Number]card.Card{}, map[card.Number]string{}
		type man struct {
			name, key, secret string
			number            card.Number
			id                card.ID
			here              bool
		}
		var people []*man
		number := func() card.Number {
			born++
			n, err := card.ParseNumber(fmt.Sprintf("3%07d", born))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		put := func(m *man) {
			w.library.cards[m.number] = card.Card{Number: m.number, Name: m.name, Key: m.key}
			m.here = true
		}
		var free []card.Number
		take := func(m *man) {
			delete(w.library.cards, m.number)
			m.here = false
			free = append(free, m.number)
		}
		for i := range 3 {
			m := &man{name: fmt.Sprintf("Lener %d", born), number: number()}
			m.key, m.secret = fmt.Sprintf("k%d", born), fmt.Sprintf("Eigen-%d-Geheim!", born)
			put(m)
			h, err := s.KnowCard(ctx, w.library.cards[m.number])
			if err != nil {
				t.Fatal(err)
			}
			if _, ok, err := s.SetPassword(ctx, h.ID, account.Hash("hash of "+m.secret), 0); err != nil || !ok {
				t.Fatalf("person %d: %v, %v", i, ok, err)
			}
			m.id = h.ID
			people = append(people, m)
		}
		someone := func(t *rapid.T) *man { return people[rapid.IntRange(0, len(people)-1).Draw(t, "who")] }
		t.Repeat(map[string]func(*rapid.T){
			"lose": func(t *rapid.T) {
				if m := someone(t); m.here {
					take(m)
					m.number = number()
					if rapid.Bool().Draw(t, "an old number") {
						old := free[0]
						if _, taken := w.library.cards[old]; !taken && len(free) > 1 {
							m.number = old
						}
						free = free[1:]
					}
					put(m)
				}
			},
			"vanish": func(t *rapid.T) {
				if m := someone(t); m.here {
					take(m)
				}
			},
			"return": func(t *rapid.T) {
				m := someone(t)
				if _, taken := w.library.cards[m.number]; !m.here && !taken {
					put(m)
				}
			},
			"night": func(t *rapid.T) {
				w.pass(24 * time.Hour)
				if _, err := sync.Run(ctx); err != nil {
					t.Fatal(err)
				}
			},
			"look up": func(t *rapid.T) {
				if m := someone(t); m.here {
					if _, _, err := w.Known(ctx, m.number); err != nil {
						t.Fatal(err)
					}
				}
			},
			"log in": func(t *rapid.T) {
				m, other := someone(t), someone(t)
				e, err := w.SignIn(ctx, account.Attempt{Login: other.number.Text(), Password: m.secret, Address: address(born % 50_000)})
				w.pass(2 * time.Hour)
				if err != nil {
					return
				}
				if e.Identity.Holder.ID != m.id {
					t.Fatalf("%s came into account %d, not %d", m.name, e.Identity.Holder.ID, m.id)
				}
				if !m.here {
					t.Fatalf("%s logged in without a card", m.name)
				}
			},
		})
		// In the end everybody who has a card can use it, by their own number.
		for range 2 {
			w.pass(24 * time.Hour)
			if _, err := sync.Run(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range people {
			if !m.here {
				continue
			}
			w.pass(48 * time.Hour)
			e, err := w.SignIn(ctx, account.Attempt{Login: m.number.Text(), Password: m.secret, Address: address(born % 50_000)})
			if err != nil || e.Identity.Holder.ID != m.id {
				t.Fatalf("%s with %s: account %d, not %d; %v", m.name, m.number.Text(), e.Identity.Holder.ID, m.id, err)
			}
		}
	})
}
