package account_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// mobile is a world with apps, on a store of choice.
type mobile struct {
	*world
	apps *account.Apps
}

func newMobile(t *testing.T, open func(testing.TB, ...store.Options) *store.Store) mobile {
	t.Helper()
	w := newWorldOn(t, open)
	return mobile{w, &account.Apps{Porter: w.Porter, Store: w.store, Now: w.now, Log: w.Log}}
}

func eachMobile(t *testing.T, f func(t *testing.T, m mobile)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB, ...store.Options) *store.Store{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, newMobile(t, open))
		})
	}
}

// begin logs an app in to a card whose password is own.
func (m mobile) begin(t *testing.T, number, app string, scopes ...account.AppScope) account.Tokens {
	t.Helper()
	tokens, err := m.apps.Begin(t.Context(), m.attempt(number, own), app, scopes)
	must(t, err)
	return tokens
}

func (mobile) attempt(login, password string) account.Attempt {
	return account.Attempt{Login: login, Password: password, Address: "192.0.2.7:4711"}
}

// works tells whether the access token opens the card.
func (m mobile) works(t *testing.T, access string) bool {
	t.Helper()
	_, me, err := m.apps.Identify(t.Context(), access)
	if err != nil {
		wantProblem(t, err, problem.Refused, account.ReasonTokenWrong)
		mustBe(t, "who", me, account.Identity{})
	}
	return err == nil
}

func (m mobile) turn(t *testing.T, tokens account.Tokens) account.Tokens {
	t.Helper()
	next, err := m.apps.Refresh(t.Context(), tokens.Refresh)
	must(t, err)
	return next
}

func (m mobile) turnsNot(t *testing.T, refresh string) {
	t.Helper()
	_, err := m.apps.Refresh(t.Context(), refresh)
	wantProblem(t, err, problem.Refused, account.ReasonTokenWrong)
}

func (m mobile) names(t *testing.T, me account.Identity) string {
	t.Helper()
	all, err := m.apps.List(t.Context(), me)
	must(t, err)
	var names []string
	for _, g := range all {
		names = append(names, g.App)
	}
	return strings.Join(names, ", ")
}

const marieke = "20001000000012"

func TestAnAppIsLetInForWhatItAskedAndNoMore(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		me := m.member(t, marieke, "Marieke")
		tokens := m.begin(t, " 2000 1000 0000 12 ", "Boekje", account.ReadItems, account.PayFees, account.ReadItems)
		mustBe(t, "expires in", tokens.ExpiresIn, 15*time.Minute)
		g, who, err := m.apps.Identify(t.Context(), tokens.Access)
		must(t, err)
		mustBe(t, "who", who, me)
		mustBe(t, "grant", fmt.Sprint(g), fmt.Sprint(tokens.Grant))
		if !slices.Equal(g.Scopes, []account.AppScope{account.ReadItems, account.PayFees}) || g.Allows(account.ReadFees) || !g.Allows(account.PayFees) {
			t.Errorf("scopes %v", g.Scopes)
		}
		if g.App != "Boekje" || g.Holder != me.Holder || !g.BegunAt.Equal(m.at) || !g.EndsAt.Equal(m.at.Add(60*24*time.Hour)) {
			t.Errorf("grant %+v", g)
		}
		usual := m.begin(t, marieke, "")
		mustBe(t, "usual", fmt.Sprint(usual.Grant.Scopes), "[read_patron read_items write_items read_fees read_messages]")
		_, err = m.apps.Begin(t.Context(), m.attempt(marieke, own), "x", []account.AppScope{account.ReadItems, "update_patron"})
		wantProblem(t, err, problem.Invalid, account.ReasonScopeUnknown)
	})
}

func TestAnAppLogsInWithAnOwnPasswordOnly(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		m.card(t, marieke, "Marieke", "Welkom-1984")
		_, err := m.apps.Begin(t.Context(), m.attempt(marieke, "Welkom-1984"), "Boekje", nil)
		wantProblem(t, err, problem.Refused, account.ReasonMustChoose)
		sem := m.member(t, "20001000000020", "Sem")
		before := m.hasher.done
		_, err = m.apps.Begin(t.Context(), m.attempt("20001000000020", "verkeerd"), "Boekje", nil)
		wantProblem(t, err, problem.Refused, account.ReasonWrong)
		mustBe(t, "hashes", m.hasher.done-before, 1)
		_, err = m.apps.Begin(t.Context(), m.attempt("", ""), "Boekje", nil)
		wantProblem(t, err, problem.Invalid, account.ReasonLoginEmpty)
		mustBe(t, "apps", m.names(t, sem), "")
	})
}

func TestAnAppThatGuessesIsSlowedDownAsAPageIs(t *testing.T) {
	t.Parallel()
	m := newMobile(t, storetest.SQLite)
	m.member(t, marieke, "Marieke")
	var err error
	for range 6 {
		_, err = m.apps.Begin(t.Context(), m.attempt(marieke, "verkeerd"), "Boekje", nil)
	}
	wantProblem(t, err, problem.TooMany, account.ReasonSlow)
	// It is one count with the page's.
	_, err = m.SignIn(t.Context(), m.attempt(marieke, own))
	wantProblem(t, err, problem.TooMany, account.ReasonSlow)
}

func TestATerminalCountsByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, marieke, "Marieke")
	w.Store = noDevices{w.store, t}
	try := func(terminal, password string) error {
		_, err := w.Prove(t.Context(), account.Attempt{Login: marieke, Password: password, Address: "kiosk/" + terminal})
		return err
	}
	for range 5 {
		wantProblem(t, try("Zuil", "0000"), problem.Refused, account.ReasonWrong)
	}
	wantProblem(t, try("Zuil", own), problem.TooMany, account.ReasonSlow)
	must(t, try("Zuil 2", own))
}

// noDevices is a store that has no device to remember.
type noDevices struct {
	*store.Store
	t *testing.T
}

func (n noDevices) AddDevice(context.Context, card.ID, string, time.Time) error {
	n.t.Error("remembers a device")
	return nil
}

func TestAnAccessTokenLivesForAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		m.member(t, marieke, "Marieke")
		first := m.begin(t, marieke, "Boekje")
		m.pass(15*time.Minute - time.Millisecond)
		mustBe(t, "before", m.works(t, first.Access), true)
		m.pass(time.Millisecond)
		mustBe(t, "after", m.works(t, first.Access), false)
		second := m.turn(t, first)
		mustBe(t, "the next", m.works(t, second.Access), true)
		mustBe(t, "the grant", second.Grant.ID, first.Grant.ID)
		third := m.turn(t, second) // before its time
		mustBe(t, "the former", m.works(t, second.Access), false)
		mustBe(t, "the present", m.works(t, third.Access), true)
		m.pass(60*24*time.Hour - time.Millisecond)
		fourth := m.turn(t, third)
		m.pass(60 * 24 * time.Hour)
		m.turnsNot(t, fourth.Refresh)
	})
}

func TestAClockThatJumpsLogsNoAppOut(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		me := m.member(t, marieke, "Marieke")
		tokens := m.begin(t, marieke, "Boekje")
		m.pass(time.Hour)
		mustBe(t, "an hour ahead", m.works(t, tokens.Access), false)
		tokens = m.turn(t, tokens)
		m.pass(-time.Hour)
		mustBe(t, "put back", m.works(t, tokens.Access), true)
		tokens = m.turn(t, tokens) // and lives as long as any again
		m.pass(15 * time.Minute)
		mustBe(t, "a quarter later", m.works(t, tokens.Access), false)
		mustBe(t, "apps", m.names(t, me), "Boekje")
	})
}

func TestARefreshTokenThatComesBackEndsTheGrant(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		me := m.member(t, marieke, "Marieke")
		other := m.begin(t, marieke, "Leeslijst")
		stolen := m.begin(t, marieke, "Boekje")
		app := m.turn(t, m.turn(t, stolen))
		m.turnsNot(t, stolen.Refresh)
		mustBe(t, "the app's", m.works(t, app.Access), false)
		m.turnsNot(t, app.Refresh)
		mustBe(t, "the other app's", m.works(t, other.Access), true)
		mustBe(t, "apps", m.names(t, me), "Leeslijst")
		if n := strings.Count(m.log.String(), "WARN"); n != 1 {
			t.Errorf("%d warnings: %s", n, m.log)
		}
		m.silent(t, marieke, "Marieke", "Boekje", stolen.Refresh, stolen.Refresh[:20], app.Access, app.Refresh)
	})
}

func TestWhenTwoRefreshAtOnceOneGetsTokensAtMost(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		me := m.member(t, marieke, "Marieke")
		tokens := m.begin(t, marieke, "Boekje")
		errs := make(chan error)
		for range 8 {
			go func() {
				_, err := m.apps.Refresh(t.Context(), tokens.Refresh)
				errs <- err
			}()
		}
		got := 0
		for range 8 {
			if err := <-errs; err == nil {
				got++
			} else if !problem.Has(err, account.ReasonTokenWrong) {
				t.Error(err)
			}
		}
		mustBe(t, "got tokens", got, 1)
		mustBe(t, "apps", m.names(t, me), "") // two had it
	})
}

func TestTokensThatWeNeverGaveOpenNothing(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		m.member(t, marieke, "Marieke")
		tokens := m.begin(t, marieke, "Boekje")
		family, rest, _ := strings.Cut(tokens.Refresh, ".")
		for _, wrong := range []string{
			"", ".", "x", tokens.Refresh, family, rest, tokens.Access + "=", strings.ToLower(tokens.Access), " " + tokens.Access,
			"' OR 1=1 --", "\x00", "\xff", strings.Repeat("a", 1<<16),
		} {
			mustBe(t, fmt.Sprintf("%.20q", wrong), m.works(t, wrong), false)
		}
		for _, wrong := range []string{"", ".", "x", tokens.Access, rest, tokens.Access + "." + rest, "\x00.\xff", family[1:] + "." + rest} {
			m.turnsNot(t, wrong)
		}
		mustBe(t, "the right one", m.works(t, tokens.Access), true)
		m.turn(t, tokens)
	})
}

func TestTokensAreLongRandomAndNotInTheStore(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		m.member(t, marieke, "Marieke")
		seen := map[string]bool{}
		for range 20 {
			tokens := m.begin(t, marieke, "Boekje")
			family, rest, _ := strings.Cut(tokens.Refresh, ".")
			for _, part := range []string{tokens.Access, family, rest} {
				b, err := base64.RawURLEncoding.DecodeString(part)
				if err != nil || len(b) != 32 || seen[part] {
					t.Fatalf("%d bytes, %v, seen before %v", len(b), err, seen[part])
				}
				seen[part] = true
			}
			for _, shown := range []string{
				fmt.Sprint(tokens), fmt.Sprintf("%+v %#v", tokens, tokens), slog.AnyValue(tokens).Resolve().String(),
			} {
				if strings.Contains(shown, tokens.Access) || strings.Contains(shown, family) {
					t.Errorf("shows itself: %s", shown)
				}
			}
		}
	})
}

func TestWhatEndsSessionsEndsApps(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, m mobile, me account.Identity){
		"another password": func(t *testing.T, m mobile, me account.Identity) {
			_, err := m.ChoosePassword(t.Context(), me, account.NewPassword{Current: own, New: "Volgend-jaar2?", Again: "Volgend-jaar2?"})
			must(t, err)
		},
		"log out everywhere": func(t *testing.T, m mobile, me account.Identity) { must(t, m.LogOutEverywhere(t.Context(), me)) },
		"a first password from the desk": func(t *testing.T, m mobile, me account.Identity) {
			_, err := m.HandOutPassword(t.Context(), account.Staff{Name: "Bea"}, me.Holder)
			must(t, err)
		},
		"the card is closed": func(t *testing.T, m mobile, me account.Identity) {
			for i := range 2 {
				_, err := m.store.Missed(t.Context(), me.Holder.ID, calendar.Today(m.at.AddDate(0, 0, i), time.UTC), m.at)
				must(t, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachMobile(t, func(t *testing.T, m mobile) {
				me := m.member(t, marieke, "Marieke")
				tokens := m.begin(t, marieke, "Boekje")
				sem := m.member(t, "20001000000020", "Sem")
				theirs := m.begin(t, "20001000000020", "Boekje")
				end(t, m, me)
				mustBe(t, "access", m.works(t, tokens.Access), false)
				m.turnsNot(t, tokens.Refresh)
				mustBe(t, "apps", m.names(t, me), "")
				mustBe(t, "somebody else's", m.works(t, theirs.Access), true)
				mustBe(t, "somebody else's apps", m.names(t, sem), "Boekje")
			})
		})
	}
}

func TestAnAppIsStoppedByItsHolderAndByItself(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		me := m.member(t, marieke, "Marieke")
		sem := m.member(t, "20001000000020", "Sem")
		one, two := m.begin(t, marieke, "een"), m.begin(t, marieke, "twee")
		must(t, m.apps.End(t.Context(), sem, one.Grant.ID)) // not Sem's
		mustBe(t, "after another's stop", m.works(t, one.Access), true)
		for range 2 {
			must(t, m.apps.End(t.Context(), me, one.Grant.ID))
		}
		mustBe(t, "stopped", m.works(t, one.Access), false)
		m.turnsNot(t, one.Refresh)
		must(t, m.apps.Logout(t.Context(), two.Access))
		wantProblem(t, m.apps.Logout(t.Context(), two.Access), problem.Refused, account.ReasonTokenWrong)
		mustBe(t, "apps", m.names(t, me), "")
	})
}

func TestACardLetsTwentyAppsInAndTheOneUsedLongestAgoGoes(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		me := m.member(t, marieke, "Marieke")
		oldest := m.begin(t, marieke, "0")
		m.pass(2 * time.Minute)
		idle := m.begin(t, marieke, "1")
		for i := range 18 {
			m.pass(30 * time.Second)
			m.begin(t, marieke, fmt.Sprint(i+2))
		}
		m.pass(time.Minute)
		mustBe(t, "the oldest, used again", m.works(t, oldest.Access), true)
		last := m.begin(t, marieke, "20")
		mustBe(t, "used longest ago", m.works(t, idle.Access), false)
		mustBe(t, "the oldest", m.works(t, oldest.Access), true)
		mustBe(t, "the last", m.works(t, last.Access), true)
		all, err := m.apps.List(t.Context(), me)
		must(t, err)
		mustBe(t, "apps", len(all), 20)
	})
}

func TestWhenAnAppWasUsedIsKeptToTheMinute(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		me := m.member(t, marieke, "Marieke")
		tokens := m.begin(t, marieke, "Boekje")
		used := func(want time.Duration) {
			t.Helper()
			mustBe(t, "works", m.works(t, tokens.Access), true)
			all, err := m.apps.List(t.Context(), me)
			must(t, err)
			mustBe(t, "used", all[0].UsedAt.Sub(all[0].BegunAt), want)
		}
		m.pass(59 * time.Second)
		used(0)
		m.pass(time.Second)
		used(time.Minute)
		m.pass(59 * time.Second)
		used(time.Minute)
		m.pass(time.Second)
		used(2 * time.Minute)
	})
}

func TestAnAppThatChangesThePasswordStaysAndAllElseIsOut(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		const next = "Volgend-jaar2?"
		me := m.member(t, marieke, "Marieke")
		app, other := m.begin(t, marieke, "Boekje", account.WritePassword), m.begin(t, marieke, "Leeslijst")
		wantProblem(t, m.apps.ChangePassword(t.Context(), app.Access, "verkeerd", next), problem.Invalid, account.ReasonPasswordCurrent)
		wantProblem(t, m.apps.ChangePassword(t.Context(), app.Access, own, "kort"), problem.Invalid, account.ReasonPasswordShort)
		wantProblem(t, m.apps.ChangePassword(t.Context(), "x", own, next), problem.Refused, account.ReasonTokenWrong)
		must(t, m.apps.ChangePassword(t.Context(), app.Access, own, next))
		mustBe(t, "the app that asked", m.works(t, app.Access), true)
		mustBe(t, "the other", m.works(t, other.Access), false)
		if _, ok, err := m.Identify(t.Context(), me.Holder.ID, me.Epoch); ok || err != nil {
			t.Errorf("a session lives on: %v, %v", ok, err)
		}
		m.turn(t, app)
		_, err := m.Prove(t.Context(), m.attempt(marieke, next))
		must(t, err)
	})
}

func TestAnAppsOwnNameIsOneLineOfWhatCanBeSeen(t *testing.T) {
	t.Parallel()
	m := newMobile(t, storetest.SQLite)
	m.member(t, marieke, "Marieke")
	for claimed, want := range map[string]string{
		"":                              "",
		"  Boekje \n\t van  Kees  ":     "Boekje van Kees",
		"a\x00b\x1b[31mc\u202edc\u200b": "ab[31mcdc",
		"\xffBoekje\xfe":                "Boekje",
		"Café 📚 <b>":                    "Café 📚 <b>",
		strings.Repeat("é", 59) + " é":  strings.Repeat("é", 59),
		strings.Repeat("x", 10_000):     strings.Repeat("x", 60),
	} {
		mustBe(t, fmt.Sprintf("%.20q", claimed), m.begin(t, marieke, claimed).Grant.App, want)
	}
}
