package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
)

const balie = "Welkom-Balie1"

func TestStaffLogInWithTheirOwnAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.roster.Add(t.Context(), "Balie", " Bea ", balie))
	in := func(user, password string) (account.Staff, error) {
		return w.roster.SignIn(t.Context(), user, password, "192.0.2.80")
	}
	s, err := in(" bALIE ", balie)
	must(t, err)
	mustBe(t, "name", s.Name, "Bea")
	if again, ok, err := w.roster.Identify(t.Context(), s.ID, s.Epoch); !ok || err != nil || again != s {
		t.Errorf("the next request: %+v, %v, %v", again, ok, err)
	}
	must(t, w.roster.Add(t.Context(), "weg", "Wim", balie))
	must(t, w.roster.Disable(t.Context(), "weg", true))
	for _, c := range [][2]string{{"balie", "Welkom-Balie2"}, {"nobody", balie}, {"weg", balie}, {"\xff", balie}, {strings.Repeat("a", 2000), "x"}} {
		before := w.hasher.done
		_, err := in(c[0], c[1])
		if err == nil || err.Error() != "refused: account.staff_wrong" || w.hasher.done-before != 1 {
			t.Errorf("%.20q: %v, %d hashes", c[0], err, w.hasher.done-before)
		}
	}
	_, err = in("", "")
	wantProblem(t, err, problem.Invalid, account.ReasonLoginEmpty)
	wantProblem(t, err, problem.Invalid, account.ReasonPasswordEmpty)
	// A member's password opens no desk.
	w.member(t, "20001000000012", "Marieke")
	_, err = in("20001000000012", own)
	wantProblem(t, err, problem.Refused, account.ReasonStaffWrong)
}

func TestAStaffAccountThatChangesEndsItsSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.roster.Add(t.Context(), "balie", "Bea", balie))
	alive := func(s account.Staff) bool {
		_, ok, err := w.roster.Identify(t.Context(), s.ID, s.Epoch)
		must(t, err)
		return ok
	}
	in := func(password string) account.Staff {
		t.Helper()
		s, err := w.roster.SignIn(t.Context(), "balie", password, "192.0.2.80")
		must(t, err)
		return s
	}
	s := in(balie)
	must(t, w.roster.Reset(t.Context(), "BALIE", "Een-ander-wachtwoord"))
	mustBe(t, "after a reset", alive(s), false)
	s = in("Een-ander-wachtwoord")
	must(t, w.roster.Disable(t.Context(), "balie", true))
	mustBe(t, "disabled", alive(s), false)
	must(t, w.roster.Disable(t.Context(), "balie", false))
	mustBe(t, "of before, after opening again", alive(s), false)
	mustBe(t, "a new one", alive(in("Een-ander-wachtwoord")), true)
	wantProblem(t, w.roster.Disable(t.Context(), "nobody", true), problem.NotFound, account.ReasonStaffNotFound)
	wantProblem(t, w.roster.Reset(t.Context(), "nobody", balie), problem.NotFound, account.ReasonStaffNotFound)
	wantProblem(t, w.roster.Reset(t.Context(), "balie", "kort"), problem.Invalid, account.ReasonPasswordShort)
}

func TestAStaffAccountIsOfOnePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.roster.Add(t.Context(), "balie", "Bea", balie))
	wantProblem(t, w.roster.Add(t.Context(), "BALIE", "Wim", balie), problem.Conflict, account.ReasonStaffTaken)
	for _, c := range [][2]string{{"", "Wim"}, {"w", "Wim"}, {"wim wim", "Wim"}, {"wim\x00", "Wim"}, {"wim", " "}, {"wim", "W\nim"}, {strings.Repeat("w", 81), "Wim"}} {
		wantProblem(t, w.roster.Add(t.Context(), c[0], c[1], balie), problem.Invalid, account.ReasonStaffUserInvalid)
	}
	err := w.roster.Add(t.Context(), "", "", "")
	wantProblem(t, err, problem.Invalid, account.ReasonStaffUserInvalid)
	wantProblem(t, err, problem.Invalid, account.ReasonPasswordShort)
	all, err := w.roster.List(t.Context())
	must(t, err)
	mustBe(t, "accounts", len(all), 1)
}

func TestGuessingAStaffPasswordIsSlowedDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.roster.Add(t.Context(), "balie", "Bea", balie))
	guesses := 0
	for range 3600 {
		_, err := w.roster.SignIn(t.Context(), "balie", "x", "203.0.113.9")
		if waits(err) == 0 {
			guesses++
		}
		w.pass(time.Second)
	}
	if guesses > 15 {
		t.Errorf("%d guesses in an hour", guesses)
	}
	// At the desk itself nobody notices.
	_, err := w.roster.SignIn(t.Context(), "balie", balie, "192.0.2.80")
	must(t, err)
	// Whatever fails with us is not counted.
	w.hasher.away = errors.New("no memory")
	for range 20 {
		_, err = w.roster.SignIn(t.Context(), "balie", balie, "192.0.2.80")
		if err == nil || problem.KindOf(err) != "" {
			t.Fatalf("got %v", err)
		}
	}
	w.hasher.away = nil
	_, err = w.roster.SignIn(t.Context(), "balie", balie, "192.0.2.80")
	must(t, err)
}

// full is a store that writes no log.
type full struct{ *store.Store }

func (full) AddStaffAct(context.Context, account.StaffAct) error { return errors.New("disk full") }

func TestWhatStaffDoIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.member(t, "20001000000012", "Marieke")
	bea := account.Staff{ID: 7, Name: "Bea"}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the browser has gone: the deed stands, so does its line
	w.roster.Did(ctx, bea, account.StaffAct{Card: me.Holder, Act: "pay", Detail: "cash 5.20", Staff: "somebody else"})
	acts, err := w.roster.Acts(t.Context(), me.Holder.ID, 10)
	must(t, err)
	want := account.StaffAct{At: w.at, Staff: "Bea", Card: card.Holder{ID: me.Holder.ID, Number: me.Holder.Number, Name: me.Holder.Name}, Act: "pay", Detail: "cash 5.20"}
	if len(acts) != 1 || !acts[0].At.Equal(want.At) || acts[0].Staff != want.Staff || acts[0].Card != want.Card || acts[0].Detail != want.Detail {
		t.Errorf("got %+v", acts)
	}
	w.roster.Store = full{w.store}
	w.roster.Did(t.Context(), bea, account.StaffAct{Card: me.Holder, Act: "pay"})
	if !strings.Contains(w.log.String(), "ERROR") || !strings.Contains(w.log.String(), "disk full") {
		t.Errorf("the operator is told %q", w.log)
	}
	w.silent(t, "Marieke", "20001000000012", "Bea")
}
