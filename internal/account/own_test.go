package account_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

func TestChoosingNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.card(t, "20001000000012", "Marieke", "Welkom-1984!")
	e, err := w.enter(t, "20001000000012", "Welkom-1984!")
	must(t, err)
	_, err = w.ChoosePassword(t.Context(), e.Identity, account.NewPassword{New: "abc", Again: "abd"})
	for _, r := range []problem.Reason{
		account.ReasonPasswordShort, account.ReasonPasswordCapital, account.ReasonPasswordDigit, account.ReasonPasswordSign,
		account.ReasonPasswordDiffers,
	} {
		wantProblem(t, err, problem.Invalid, r)
	}
	mustBe(t, "problems", len(problem.Of(err)), 5)
	// The one that the library handed out is known to others.
	_, err = w.ChoosePassword(t.Context(), e.Identity, account.NewPassword{New: "Welkom-1984!", Again: "Welkom-1984!"})
	wantProblem(t, err, problem.Invalid, account.ReasonPasswordFirst)
	me, ok, err := w.Identify(t.Context(), e.Identity.Holder.ID, e.Identity.Epoch)
	must(t, err)
	if !ok || !me.MustChoose {
		t.Errorf("after bad forms: %+v, %v", me, ok)
	}
}

func TestChangingAPasswordAsksTheOneSoFar(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.member(t, "20001000000012", "Marieke")
	const next = "Volgend-jaar2?"
	for _, wrong := range []string{"", "Zelf-gekozen2!", next} {
		_, err := w.ChoosePassword(t.Context(), me, account.NewPassword{Current: wrong, New: next, Again: next})
		wantProblem(t, err, problem.Invalid, account.ReasonPasswordCurrent)
	}
	later, err := w.ChoosePassword(t.Context(), me, account.NewPassword{Current: own, New: next, Again: next})
	must(t, err)
	if later.Epoch == me.Epoch {
		t.Error("other sessions live on")
	}
	_, err = w.enter(t, "20001000000012", next)
	must(t, err)
	_, err = w.enter(t, "20001000000012", own)
	wantProblem(t, err, problem.Refused, account.ReasonWrong)
	// Nor does it become the library's again.
	first := "Eerste-20001000000012!"
	w.library.first[me.Holder.Number] = first
	form := account.NewPassword{Current: next, New: first, Again: first}
	_, err = w.ChoosePassword(t.Context(), later, form)
	wantProblem(t, err, problem.Invalid, account.ReasonPasswordFirst)
	// But a library system that is away holds nobody up who needs another.
	w.library.gone = true
	form.New, form.Again = "Weer-een-andere3$", "Weer-een-andere3$"
	_, err = w.ChoosePassword(t.Context(), later, form)
	must(t, err)
	w.silent(t, "20001000000012", "Marieke", next, form.New)
}

func TestGuessingThePasswordSoFarIsSlowedDownAndLocksNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.member(t, "20001000000012", "Marieke")
	tried := 0
	for range 600 { // ten minutes at a computer that was left open
		_, err := w.ChoosePassword(t.Context(), me, account.NewPassword{Current: "x", New: own, Again: own})
		if waits(err) == 0 {
			tried++
		}
		w.pass(time.Second)
	}
	if tried > 20 {
		t.Errorf("%d tried", tried)
	}
	_, err := w.enter(t, "20001000000012", own)
	must(t, err)
	w.pass(15 * time.Minute)
	_, err = w.ChoosePassword(t.Context(), me, account.NewPassword{Current: own, New: "Volgend-jaar2?", Again: "Volgend-jaar2?"})
	must(t, err)
}

func TestADoubleClickOnInstellenKeepsTheMemberIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.card(t, "20001000000012", "Marieke", "Welkom-1984")
	e, err := w.enter(t, "20001000000012", "Welkom-1984")
	must(t, err)
	form := account.NewPassword{New: own, Again: own}
	one, err := w.ChoosePassword(t.Context(), e.Identity, form)
	must(t, err)
	two, err := w.ChoosePassword(t.Context(), e.Identity, form) // of the same session, begun before
	must(t, err)
	mustBe(t, "the second answer", two, one)
	// Another password by then is somebody else's doing.
	form.New, form.Again = "Iemand-anders9!", "Iemand-anders9!"
	_, err = w.ChoosePassword(t.Context(), e.Identity, form)
	wantProblem(t, err, problem.Invalid, account.ReasonPasswordCurrent)
}

func TestWhatTheDeskTookAwayIsNotChosenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	thief := w.member(t, "20001000000012", "Marieke")
	_, err := w.HandOutPassword(t.Context(), account.Staff{Name: "Bea"}, thief.Holder)
	must(t, err)
	// A request that had begun before: the first password counts now, and it is
	// not asked of who must choose.
	_, err = w.ChoosePassword(t.Context(), thief, account.NewPassword{Current: own, New: own, Again: own})
	wantProblem(t, err, problem.Invalid, account.ReasonPasswordCurrent)
	_, err = w.enter(t, "20001000000012", own)
	wantProblem(t, err, problem.Refused, account.ReasonWrong)
}

// TestAPasswordMayBeTheSameForAllCards is S6.
func TestAPasswordMayBeTheSameForAllCards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, n := range []string{"20001000000012", "20001000000020", "20001000000038"} {
		w.member(t, n, "De Vries") // chooses own
		_, err := w.enter(t, n, own)
		must(t, err)
	}
}

// TestAUserName is S2 and S7.
func TestAUserName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem := w.member(t, "20001000000012", "Marieke"), w.member(t, "20001000000020", "Sem")
	must(t, w.SetUserName(t.Context(), marieke, " Marieke@Thuis.nl "))
	name, err := w.UserName(t.Context(), marieke)
	must(t, err)
	mustBe(t, "kept as written", name.Text(), "Marieke@Thuis.nl")
	for _, typed := range []string{"Marieke@Thuis.nl", "marieke@thuis.NL", " MARIEKE@THUIS.NL "} {
		e, err := w.enter(t, typed, own)
		must(t, err)
		mustBe(t, "entered", e.Identity.Holder, marieke.Holder)
	}
	wantProblem(t, w.SetUserName(t.Context(), sem, "MARIEKE@thuis.nl"), problem.Invalid, account.ReasonUserNameTaken)
	must(t, w.SetUserName(t.Context(), marieke, "boekenwurm")) // changed
	_, err = w.enter(t, "Marieke@Thuis.nl", own)
	wantProblem(t, err, problem.Refused, account.ReasonWrong)
	must(t, w.SetUserName(t.Context(), sem, "marieke@thuis.nl")) // free again
	must(t, w.SetUserName(t.Context(), sem, ""))                 // removed
	_, err = w.enter(t, "marieke@thuis.nl", own)
	wantProblem(t, err, problem.Refused, account.ReasonWrong)
	_, err = w.enter(t, "20001000000020", own) // the number works all along
	must(t, err)
	for typed, want := range map[string]problem.Reason{
		"abc":                   card.ReasonUserNameLength,
		"   ":                   card.ReasonUserNameLength,
		strings.Repeat("a", 81): card.ReasonUserNameLength,
		"mar ieke":              card.ReasonUserNameSigns,
		"marieke<b>":            card.ReasonUserNameSigns,
		"20001000000038":        card.ReasonUserNameNoWords,
		"2000-1000-0000-38":     card.ReasonUserNameNoWords,
		"😀😀😀😀":                  card.ReasonUserNameSigns,
		"marieke\u202ethuis":    card.ReasonUserNameSigns, // right to left
		"ma\x00rieke":           card.ReasonUserNameSigns,
	} {
		err := w.SetUserName(t.Context(), sem, typed)
		wantProblem(t, err, problem.Invalid, want)
		mustBe(t, "field", problem.Of(err)[0].Field, "user_name")
	}
}

func TestAUserNameIsNeverSomebodysNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke := w.member(t, "20001000000012", "Marieke")
	w.card(t, "AB-1234", "Never logged in", "")
	gone := w.member(t, "AB-5678", "Closed by now")
	w.shut(t, gone)
	for _, n := range []string{"AB-1234", "AB-5678"} {
		wantProblem(t, w.SetUserName(t.Context(), marieke, n), problem.Invalid, account.ReasonUserNameTaken)
	}
	w.library.gone = true
	if err := w.SetUserName(t.Context(), marieke, "AB-9999"); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("while nobody knows: %v", err)
	}
}

func TestThePasswordTheDeskHandsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.member(t, "20001000000012", "Marieke")
	seen := map[string]bool{}
	var old string
	for range 50 {
		secret, err := w.HandOutPassword(t.Context(), account.Staff{Name: "Bea"}, me.Holder)
		must(t, err)
		must(t, account.CheckPassword(secret))
		if seen[secret] || strings.ContainsAny(secret, "0O1lIaeiouAEU") {
			t.Fatalf("%q: handed out before, or hard to read", secret)
		}
		seen[secret], old = true, secret
	}
	if _, ok, err := w.Identify(t.Context(), me.Holder.ID, me.Epoch); ok || err != nil {
		t.Errorf("a session from before lives: %v, %v", ok, err)
	}
	secret, err := w.HandOutPassword(t.Context(), account.Staff{Name: "Bea"}, me.Holder)
	must(t, err)
	_, err = w.enter(t, "20001000000012", old)
	wantProblem(t, err, problem.Refused, account.ReasonWrong)
	e, err := w.enter(t, "20001000000012", secret)
	must(t, err)
	mustBe(t, "must choose", e.Identity.MustChoose, true)
	_, err = w.ChoosePassword(t.Context(), e.Identity, account.NewPassword{New: secret, Again: secret})
	wantProblem(t, err, problem.Invalid, account.ReasonPasswordFirst)
	_, err = w.ChoosePassword(t.Context(), e.Identity, account.NewPassword{New: own, Again: own})
	must(t, err)
	acts, err := w.roster.Acts(t.Context(), me.Holder.ID, 100)
	must(t, err)
	if len(acts) != 51 || acts[0].Act != "first_password" || acts[0].Staff != "Bea" || acts[0].Detail != "" || !acts[0].At.Equal(w.at) {
		t.Errorf("%d acts, the last %+v", len(acts), acts[0])
	}
	w.silent(t, secret, "Marieke", "20001000000012")
}

// finder is a library system that can find cards by name.
type finder struct {
	*library
	asked []string
}

func (f *finder) FindCards(_ context.Context, query string, limit int) (found []card.Card, err error) {
	f.asked = append(f.asked, query)
	for _, c := range f.cards {
		if len(found) < limit && strings.Contains(c.Name, query) {
			found = append(found, c)
		}
	}
	return found, f.here()
}

func TestTheDeskFindsCardsByNumberOrName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.card(t, "20001000000012", "Marieke", "")
	for i := range 30 {
		w.card(t, fmt.Sprintf("30%012d", i), "Jansen", "")
	}
	look := func(query string) []card.Card {
		t.Helper()
		found, err := w.Lookup(t.Context(), query)
		must(t, err)
		return found
	}
	if found := look("2000 1000 0000 12"); len(found) != 1 || found[0] != c {
		t.Errorf("by number: %v", found)
	}
	mustBe(t, "a system that cannot search", len(look("Jansen")), 0)
	f := &finder{library: w.library}
	w.Cards = f
	mustBe(t, "by name", len(look("Jansen")), 20)
	mustBe(t, "nothing typed", len(look("  ")), 0)
	mustBe(t, "nobody's name", len(look(strings.Repeat("a ", 1000))), 0)
	mustBe(t, "searches", len(f.asked), 1)
	w.library.gone = true
	for _, query := range []string{"20001000000012", "Jansen"} {
		if _, err := w.Lookup(t.Context(), query); problem.KindOf(err) != problem.Unavailable {
			t.Errorf("%s, while away: %v", query, err)
		}
	}
}

func TestTheDeskKnowsCards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.card(t, "20001000000012", "Marieke", "")
	nobody, err := card.ParseNumber("4711")
	must(t, err)
	h, found, err := w.Known(t.Context(), c.Number)
	must(t, err)
	if found != c || h.Name != "Marieke" || h.ID == 0 {
		t.Errorf("known: %+v", h)
	}
	_, _, err = w.Known(t.Context(), nobody)
	wantProblem(t, err, problem.NotFound, account.ReasonCardNotFound)
	again, _, err := w.KnownByID(t.Context(), h.ID)
	must(t, err)
	mustBe(t, "by our own key", again, h)
	w.library.gone = true
	again, _, err = w.KnownByID(t.Context(), h.ID)
	if again != h || problem.KindOf(err) != problem.Unavailable {
		t.Errorf("while the library system is away: %+v, %v", again, err)
	}
	w.library.gone = false
	_, _, err = w.KnownByID(t.Context(), 4711)
	wantProblem(t, err, problem.NotFound, account.ReasonCardNotFound)
	w.shut(t, account.Identity{Holder: h})
	_, _, err = w.KnownByID(t.Context(), h.ID)
	wantProblem(t, err, problem.NotFound, account.ReasonCardNotFound)
}

func TestGuessesSideBySideAreCountedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "20001000000012", "Marieke")
	var mu sync.Mutex
	var wg sync.WaitGroup
	hashed := 0
	for range 40 {
		wg.Go(func() {
			_, err := w.SignIn(context.Background(), account.Attempt{Login: "20001000000012", Password: "x", Address: "203.0.113.9"})
			mu.Lock()
			defer mu.Unlock()
			if problem.Has(err, account.ReasonWrong) {
				hashed++
			}
		})
	}
	wg.Wait()
	mustBe(t, "guesses", hashed, 5)
}
