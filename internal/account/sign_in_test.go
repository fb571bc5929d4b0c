package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

func TestTheFirstPasswordLeadsToChoosingOnesOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.card(t, "20001000000012", "Marieke de Vries", "Welkom-1984")
	e, err := w.enter(t, " 2000 1000 0000 12 ", "Welkom-1984") // as it is printed on the card
	must(t, err)
	if me := e.Identity; !me.MustChoose || me.Holder.Name != "Marieke de Vries" || me.Holder.ID == 0 || e.Device == "" {
		t.Fatalf("entered as %+v", e)
	}
	again, ok, err := w.Identify(t.Context(), e.Identity.Holder.ID, e.Identity.Epoch)
	must(t, err)
	if !ok || again != e.Identity {
		t.Errorf("the next request is of %+v, %v", again, ok)
	}
	me, err := w.ChoosePassword(t.Context(), e.Identity, account.NewPassword{New: own, Again: own})
	must(t, err)
	mustBe(t, "must choose", me.MustChoose, false)
	if _, ok, err := w.Identify(t.Context(), me.Holder.ID, e.Identity.Epoch); ok || err != nil {
		t.Errorf("another session lives on: %v, %v", ok, err)
	}
	if now, ok, err := w.Identify(t.Context(), me.Holder.ID, me.Epoch); !ok || err != nil || now != me {
		t.Errorf("the session that chose: %+v, %v, %v", now, ok, err)
	}
	_, err = w.enter(t, "20001000000012", "Welkom-1984")
	wantProblem(t, err, problem.Refused, account.ReasonWrong)
	e, err = w.enter(t, "20001000000012", own)
	must(t, err)
	mustBe(t, "entered", e.Identity, me)
	w.silent(t, "20001000000012", "Marieke", own, "Welkom-1984")
}

func TestAnEmptyFormIsNoAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.enter(t, " ", "")
	wantProblem(t, err, problem.Invalid, account.ReasonLoginEmpty)
	wantProblem(t, err, problem.Invalid, account.ReasonPasswordEmpty)
	mustBe(t, "hashes", w.hasher.done, 0)
}

// TestAWrongNumberAnswersLikeAWrongPassword: the same words and the same work.
func TestAWrongNumberAnswersLikeAWrongPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "20001000000012", "Marieke")
	must(t, w.SetUserName(t.Context(), w.member(t, "20001000000020", "Sem"), "sem.de.vries"))
	w.card(t, "20001000000038", "Noor", "Welkom-2016") // known to the library only
	w.card(t, "20001000000046", "Willem", "")          // without a first password
	gone := w.member(t, "20001000000053", "Fatima")
	must(t, w.SetUserName(t.Context(), gone, "fatima"))
	handed := w.member(t, "20001000000061", "Tom")
	_, err := w.HandOutPassword(t.Context(), account.Staff{Name: "Bea"}, handed.Holder)
	must(t, err)
	w.shut(t, gone)
	for _, c := range []struct{ name, login, password string }{
		{"a wrong own password", "20001000000012", "Zelf-gekozen2!"},
		{"a wrong password for a user name", "Sem.De.Vries", "Zelf-gekozen2!"},
		{"a wrong first password", "20001000000038", "Welkom-2017"},
		{"a card without a password", "20001000000046", "Welkom-2017"},
		{"an own password that was taken away", "20001000000061", own},
		{"the library's, after the desk's", "20001000000061", "Eerste-20001000000061"},
		{"a closed card", "20001000000053", own},
		{"a closed card by name", "fatima", own},
		{"a number of nobody", "99999999999999", own},
		{"a name of nobody", "nobody@example.org", own},
		{"no number and no name", "'; DROP TABLE cards --", own},
		{"too long for either", strings.Repeat("é", 2000), own},
		{"bytes", "\xff\xfe\x00", "\x00\xff"},
	} {
		before := w.hasher.done
		_, err := w.enter(t, c.login, c.password)
		if err == nil || err.Error() != "refused: account.wrong" {
			t.Errorf("%s: %v", c.name, err)
		}
		if n := w.hasher.done - before; n != 1 {
			t.Errorf("%s: %d hashes", c.name, n)
		}
		w.pass(2 * time.Hour)
	}
	before := w.hasher.done
	_, err = w.enter(t, "20001000000012", own)
	must(t, err)
	mustBe(t, "hashes for a right one", w.hasher.done-before, 1)
}

func TestGuessesAreSlowedDownWhetherOrNotTheCardExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "20001000000012", "Marieke")
	w.card(t, "20001000000020", "Sem", "Welkom-2014")
	history := func(login string) (out []time.Duration) {
		for range 12 {
			_, err := w.SignIn(t.Context(), account.Attempt{Login: login, Password: "x", Address: "203.0.113.9"})
			out = append(out, waits(err))
			w.pass(8 * time.Second)
		}
		w.pass(2 * time.Hour)
		return out
	}
	known, first, nobody := history("20001000000012"), history("20001000000020"), history("20001000000099")
	for i := range known {
		if known[i] != nobody[i] || known[i] != first[i] {
			t.Fatalf("waits %v for a card, %v for one that never logged in, %v for none", known, first, nobody)
		}
	}
	if known[4] != 0 || known[5] == 0 {
		t.Errorf("waits %v: five guesses are free", known)
	}
}

func TestASlowedDownAttemptIsNotEvenHashed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "20001000000012", "Marieke")
	for range 5 {
		_, err := w.enter(t, "20001000000012", "x")
		wantProblem(t, err, problem.Refused, account.ReasonWrong)
	}
	before := w.hasher.done
	_, err := w.enter(t, "20001000000012", own)
	wantProblem(t, err, problem.TooMany, account.ReasonSlow)
	mustBe(t, "hashes", w.hasher.done, before)
	w.pass(waits(err))
	_, err = w.enter(t, "20001000000012", own)
	must(t, err)
}

// TestTheOwnerGetsInWhileSomebodyHammers: an attacker with many addresses tries
// at every moment it is let.
func TestTheOwnerGetsInWhileSomebodyHammers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.member(t, "20001000000012", "Marieke")
	e, err := w.enter(t, "20001000000012", own)
	must(t, err)
	home := account.Attempt{Login: "20001000000012", Password: own, Address: "192.0.2.1", Device: e.Device}
	guesses, elsewhere := 0, 0
	for second := range 2 * 60 * 60 {
		if second%20 == 0 {
			_, err := w.SignIn(t.Context(), account.Attempt{Login: "20001000000012", Password: "x", Address: address(second / 20)})
			if waits(err) == 0 {
				guesses++
			}
		}
		if second%600 == 0 {
			if _, err := w.SignIn(t.Context(), home); err != nil {
				t.Fatalf("after %d seconds the owner is told %v", second, err)
			}
			// From a computer of somebody else the owner waits a minute at most.
			_, err := w.SignIn(t.Context(), account.Attempt{Login: "20001000000012", Password: own, Address: "203.0.113.200"})
			if wait := waits(err); wait > time.Minute {
				t.Fatalf("after %d seconds the owner is to wait %s elsewhere", second, wait)
			}
			if err == nil {
				elsewhere++
			}
		}
		w.pass(time.Second)
	}
	if most := 20 + 2*60 + 10; guesses > most {
		t.Errorf("%d guesses in two hours", guesses)
	}
	// When it stops, nothing stays locked.
	w.pass(time.Minute)
	_, err = w.SignIn(t.Context(), account.Attempt{Login: "20001000000012", Password: own, Address: "203.0.113.201"})
	must(t, err)
	mustBe(t, "the session lives", me.Holder.ID != 0, true)
}

func TestALibrarysComputersAreNotLockedByMembersWhoMistype(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const desks = "192.0.2.80"
	const members = 40
	for i := range members {
		w.member(t, fmt.Sprintf("20002%09d", i), "Lener")
	}
	at := func(i int, password string) error {
		_, err := w.SignIn(t.Context(), account.Attempt{Login: fmt.Sprintf("20002%09d", i), Password: password, Address: desks})
		return err
	}
	// A busy day: every two minutes somebody mistypes, and then types it right.
	for n := range 8 * 30 {
		wantProblem(t, at(n%members, "mistyped"), problem.Refused, account.ReasonWrong)
		w.pass(20 * time.Second)
		must(t, at(n%members, own))
		w.pass(100 * time.Second)
	}
	// Twenty at once.
	for i := range 20 {
		wantProblem(t, at(i, "mistyped"), problem.Refused, account.ReasonWrong)
	}
	for i := range 20 {
		must(t, at(i, own))
	}
}

func TestOneStrangerAtManyCardsIsSlowedDownAndTheRestOfTheAddressBarely(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "20001000000012", "Marieke")
	const from = "203.0.113.9"
	guesses := 0
	for i := range 3600 {
		login := "3000" + strings.Repeat("0", 6) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
		_, err := w.SignIn(t.Context(), account.Attempt{Login: login, Password: "Welkom01!", Address: from})
		if waits(err) == 0 {
			guesses++
		}
		w.pass(time.Second)
	}
	if guesses > 350 {
		t.Errorf("%d cards tried in an hour", guesses)
	}
	_, err := w.SignIn(t.Context(), account.Attempt{Login: "20001000000012", Password: own, Address: from})
	if wait := waits(err); wait > 30*time.Second {
		t.Errorf("somebody else there waits %s", wait)
	}
	// Another address does not notice.
	_, err = w.enter(t, "20001000000012", own)
	must(t, err)
}

func TestAFamilysTabletIsKnownForEachOfTheirCards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "20001000000012", "Marieke")
	w.member(t, "20001000000020", "Sem")
	e, err := w.enter(t, "20001000000012", own)
	must(t, err)
	tablet := e.Device
	e, err = w.SignIn(t.Context(), account.Attempt{Login: "20001000000020", Password: own, Address: "192.0.2.1", Device: tablet})
	must(t, err)
	mustBe(t, "another secret for the tablet", e.Device, "")
	hammer := func(login string) {
		for i := range 200 {
			_, _ = w.SignIn(t.Context(), account.Attempt{Login: login, Password: "x", Address: address(i)}) // refused or slowed down
		}
	}
	for _, login := range []string{"20001000000012", "20001000000020"} {
		hammer(login)
		if _, err := w.SignIn(t.Context(), account.Attempt{Login: login, Password: own, Address: "192.0.2.1", Device: tablet}); err != nil {
			t.Errorf("on the tablet: %v", err)
		}
	}
	// What did not come from us is not taken over.
	w.pass(2 * time.Hour)
	for _, forged := range []string{"x", strings.Repeat("a", 5000)} {
		e, err = w.SignIn(t.Context(), account.Attempt{Login: "20001000000012", Password: own, Address: "192.0.2.1", Device: forged})
		must(t, err)
		if e.Device == "" || e.Device == forged {
			t.Errorf("a made-up secret of %d characters stands", len(forged))
		}
	}
	// A device of one card guesses at another like any stranger, and then some.
	for range 30 {
		_, err = w.SignIn(t.Context(), account.Attempt{Login: "20001000000020", Password: "x", Address: "192.0.2.1", Device: tablet})
	}
	if waits(err) == 0 {
		t.Error("a known device guesses freely")
	}
	_, err = w.SignIn(t.Context(), account.Attempt{Login: "20001000000012", Password: own, Address: "192.0.2.1", Device: tablet})
	must(t, err) // the other card of the same tablet
}

func TestWhileTheLibrarySystemIsAwayOwnPasswordsWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.member(t, "20001000000012", "Marieke")
	handed := w.member(t, "20001000000061", "Tom")
	secret, err := w.HandOutPassword(t.Context(), account.Staff{Name: "Bea"}, handed.Holder)
	must(t, err)
	w.card(t, "20001000000020", "Sem", "Welkom-2014")
	w.library.gone = true
	e, err := w.enter(t, "20001000000012", own)
	must(t, err)
	mustBe(t, "entered", e.Identity, me)
	e, err = w.enter(t, "20001000000061", secret)
	must(t, err)
	mustBe(t, "must choose", e.Identity.MustChoose, true)
	for range 50 { // nobody's fault: it is not counted
		_, err = w.enter(t, "20001000000020", "Welkom-2014")
		if problem.KindOf(err) != problem.Unavailable {
			t.Fatalf("got %v", err)
		}
	}
	w.library.gone = false
	_, err = w.enter(t, "20001000000020", "Welkom-2014")
	must(t, err)
}

func TestAHasherThatFailsIsNobodysGuess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "20001000000012", "Marieke")
	w.hasher.away = errors.New("no memory")
	for range 20 {
		if _, err := w.enter(t, "20001000000012", own); err == nil || problem.KindOf(err) != "" {
			t.Fatalf("got %v", err)
		}
	}
	w.hasher.away = nil
	_, err := w.enter(t, "20001000000012", own)
	must(t, err)
}

func TestASessionEndsWithItsEpochAndItsCard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.member(t, "20001000000012", "Marieke")
	other := w.member(t, "20001000000020", "Sem")
	must(t, w.LogOutEverywhere(t.Context(), me))
	if _, ok, err := w.Identify(t.Context(), me.Holder.ID, me.Epoch); ok || err != nil {
		t.Errorf("after logging out everywhere: %v, %v", ok, err)
	}
	if _, ok, err := w.Identify(t.Context(), other.Holder.ID, other.Epoch); !ok || err != nil {
		t.Errorf("somebody else: %v, %v", ok, err)
	}
	w.shut(t, other)
	if _, ok, err := w.Identify(t.Context(), other.Holder.ID, other.Epoch); ok || err != nil {
		t.Errorf("with a closed card: %v, %v", ok, err)
	}
	if _, ok, err := w.Identify(t.Context(), card.ID(4711), 0); ok || err != nil {
		t.Errorf("nobody: %v, %v", ok, err)
	}
}

func TestWhoIsRightIsNeverSlowedDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "20001000000012", "Marieke")
	for range 200 { // a class logs in and out and in, from one address
		_, err := w.enter(t, "20001000000012", own)
		must(t, err)
	}
}

func TestMistypingOneNumberDoesNotSlowDownAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 10 {
		for range 5 {
			_, err := w.enter(t, fmt.Sprintf("2000100000001%d", i), own)
			wantProblem(t, err, problem.Refused, account.ReasonWrong)
		}
	}
}
