package mandate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/throttle"
)

func TestAnApplicationNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, _ := w.family(t)
	invalid := problem.Invalid
	for name, c := range map[string]struct {
		change func(*mandate.Application)
		kind   problem.Kind
		want   []problem.Reason
	}{
		"the own card":          {func(a *mandate.Application) { a.Number = a.Starter.Number }, invalid, []problem.Reason{mandate.ReasonOwnCard}},
		"no function":           {func(a *mandate.Application) { a.Scopes = nil }, invalid, []problem.Reason{mandate.ReasonNoScope}},
		"an unknown function":   {func(a *mandate.Application) { a.Scopes = []mandate.Scope{"renew", "read"} }, invalid, []problem.Reason{mandate.ReasonUnknownChoice}},
		"an unknown side":       {func(a *mandate.Application) { a.Side = "both" }, invalid, []problem.Reason{mandate.ReasonUnknownChoice}},
		"no side":               {func(a *mandate.Application) { a.Side = "" }, invalid, []problem.Reason{mandate.ReasonUnknownChoice}},
		"an unknown term":       {func(a *mandate.Application) { a.Months = 2 }, invalid, []problem.Reason{mandate.ReasonUnknownChoice}},
		"no birth date":         {func(a *mandate.Application) { a.Born = zeroDate }, invalid, []problem.Reason{mandate.ReasonBirthDate}},
		"born tomorrow":         {func(a *mandate.Application) { a.Born = w.today().AddDays(1) }, invalid, []problem.Reason{mandate.ReasonBirthDate}},
		"several at once":       {func(a *mandate.Application) { a.Number, a.Scopes, a.Born = a.Starter.Number, nil, zeroDate }, invalid, []problem.Reason{mandate.ReasonOwnCard, mandate.ReasonNoScope, mandate.ReasonBirthDate}},
		"a side that is a card": {func(a *mandate.Application) { a.Side = mandate.Side(a.Starter.Number.Text()) }, invalid, []problem.Reason{mandate.ReasonUnknownChoice}},
	} {
		a := asking(marieke, sem, mandate.Renew)
		c.change(&a)
		err := w.Apply(t.Context(), a)
		var got []problem.Reason
		for _, p := range problem.Of(err) {
			got = append(got, p.Reason)
			mustBe(t, name, p.Kind, c.kind)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	all, err := w.store.MandatesOf(t.Context(), marieke.ID)
	must(t, err)
	mustBe(t, "kept", len(all), 0)
	mustBe(t, "looked up", w.cards.asked, 0)
}

var zeroDate calendar.Date

func TestWhatIsActiveCannotBeAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, willem := w.family(t)
	w.active(t, marieke, sem, mandate.Renew, 0)
	wantProblem(t, w.Apply(t.Context(), asking(marieke, sem, mandate.Pay, mandate.Renew)), problem.Refused, mandate.ReasonExists)
	// Offered by the other it is the same mandate.
	wantProblem(t, w.Apply(t.Context(), offering(sem, marieke, mandate.Renew)), problem.Refused, mandate.ReasonExists)
	// Another function, direction or card is another mandate.
	w.apply(t, asking(marieke, sem, mandate.Pay))
	w.apply(t, asking(sem, marieke, mandate.Renew))
	w.apply(t, asking(willem, sem, mandate.Renew))
}

func TestWhatIsActiveIsToldOnlyToWhoIsSlowedDownLikeAnyOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, _ := w.family(t)
	w.active(t, marieke, sem, mandate.Renew, 0)
	// Sem knows Marieke by name, not by number: trying numbers must cost him.
	w.slower.wait = time.Minute
	a := asking(marieke, sem, mandate.Renew)
	a.Starter, a.Side, a.Number, a.Born = sem.Holder, mandate.Grantor, marieke.Number, day(t, "1950-01-01")
	wantProblem(t, w.Apply(t.Context(), a), problem.TooMany, mandate.ReasonTooMany)
	a.Born = zeroDate
	if err := w.Apply(t.Context(), a); problem.Has(err, mandate.ReasonExists) {
		t.Error("a form with a fault tells for nothing whose number it is")
	}
}

func TestAFunctionChosenTwiceIsAskedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, _ := w.family(t)
	w.apply(t, asking(marieke, sem, mandate.Pay, mandate.Renew, mandate.Pay))
	entries, err := w.Log(t.Context(), sem.Holder, 0, 10)
	must(t, err)
	mustBe(t, "entries", len(entries), 2)
}

// counting counts what an application costs.
type counting struct {
	mandate.Store
	known, added int
}

func (c *counting) KnowCard(ctx context.Context, k card.Card) (card.Holder, error) {
	c.known++
	return c.Store.KnowCard(ctx, k) //nolint:wrapcheck // handed on
}

func (c *counting) AddRequest(ctx context.Context, m mandate.Mandate, e mandate.Entry) (mandate.Mandate, error) {
	c.added++
	return c.Store.AddRequest(ctx, m, e) //nolint:wrapcheck // handed on
}

func TestARequestThatMatchesNobodyCostsTheSameWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, willem := w.family(t)
	wrongDate, wrongNumber := asking(marieke, sem, mandate.Renew, mandate.Pay), asking(marieke, sem, mandate.Renew, mandate.Pay)
	wrongDate.Born = sem.Born.AddDays(1)
	wrongNumber.Number = number(t, "29999999999999")
	for name, a := range map[string]mandate.Application{
		"right": asking(marieke, sem, mandate.Renew, mandate.Pay), "wrong date": wrongDate, "wrong number": wrongNumber,
	} {
		count := &counting{Store: w.store}
		w.Book.Store, w.cards.asked = count, 0
		must(t, w.Apply(t.Context(), a))
		if w.cards.asked != 1 || count.known != 1 || count.added != 2 {
			t.Errorf("%s: asked the library %d times, %d rows known, %d requests added", name, w.cards.asked, count.known, count.added)
		}
	}
	// And nobody has become known by it, nor has lost a name.
	h, err := w.store.KnowCard(t.Context(), card.Card{Number: marieke.Number, Name: marieke.Name})
	must(t, err)
	mustBe(t, "the starter", h, marieke.Holder)
	_, more, err := w.store.Account(t.Context(), willem.ID+1)
	must(t, err)
	mustBe(t, "another card", more, false)
}

func TestAnApplicationCountsPerCardAddressAndTargetWithoutTheNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, willem := w.family(t)
	must(t, w.Apply(t.Context(), asking(marieke, sem, mandate.Renew)))
	first := w.slower.keys
	w.slower.keys = nil
	a := asking(willem, sem, mandate.Renew)
	a.Address, a.Born = "[2001:db8::7]:4711", day(t, "2000-01-01")
	must(t, w.Apply(t.Context(), a))
	second := w.slower.keys
	mustBe(t, "keys", len(first), 3)
	for _, k := range append(slices.Clone(first), second...) {
		if strings.Contains(k, sem.Number.Text()) || strings.Contains(k, "4711") {
			t.Errorf("key %q tells the number or the port", k)
		}
		if throttled := ruleOf(k); throttled == "" {
			t.Errorf("key %q has no rule", k)
		}
	}
	if first[0] == second[0] || first[1] == second[1] || first[2] != second[2] {
		t.Errorf("another starter, another address, the same target: %v and %v", first, second)
	}
	w.slower.wait = 90 * time.Second
	err := w.Apply(t.Context(), asking(marieke, willem, mandate.Pay))
	wantProblem(t, err, problem.TooMany, mandate.ReasonTooMany)
	mustBe(t, "wait", problem.Of(err)[0].Args["wait"], any(90*time.Second))
	all, err := w.store.MandatesOf(t.Context(), willem.ID)
	must(t, err)
	mustBe(t, "kept", len(all), 1)
}

func ruleOf(key string) string {
	for prefix := range mandate.SlowingRules() {
		if strings.HasPrefix(key, prefix) {
			return prefix
		}
	}
	return ""
}

func TestAParentWithManyChildrenIsNotSlowedDownAndAGuesserIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Slower = &throttle.Throttle{Store: w.store, Rules: mandate.SlowingRules(), Now: w.now}
	parent, guesser := w.newPerson(t, "Marieke de Vries"), w.newPerson(t, "Gluurder")
	for range 6 {
		child := w.newPerson(t, "Kind")
		must(t, w.Apply(t.Context(), asking(parent, child, mandate.Renew, mandate.Pay)))
		must(t, w.Apply(t.Context(), offering(parent, child, mandate.Renew, mandate.Pay)))
	}
	target := w.newPerson(t, "Doelwit")
	guesses := 0
	for i := range 24 * 60 { // a guess a minute, a day long
		a := asking(guesser, target, mandate.Renew)
		a.Born = target.Born.AddDays(i + 1)
		switch err := w.Apply(t.Context(), a); {
		case err == nil:
			guesses++
		case !problem.Has(err, mandate.ReasonTooMany):
			t.Fatal(err)
		}
		w.pass(time.Minute)
	}
	if guesses > 50 {
		t.Errorf("%d birth dates were tried in one day", guesses)
	}
}

func TestWhileTheLibraryIsAwayNothingIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, _ := w.family(t)
	w.cards.away = problem.Away("circulation.away", "ask", errors.New("no answer"))
	if err := w.Apply(t.Context(), asking(marieke, sem, mandate.Renew)); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("got %v", err)
	}
	all, err := w.store.MandatesOf(t.Context(), marieke.ID)
	must(t, err)
	mustBe(t, "kept", len(all), 0)
}

func TestAnswersComeWithinThirtyDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, willem := w.family(t)
	first, second := w.apply(t, asking(marieke, sem, mandate.Renew)), w.apply(t, asking(marieke, willem, mandate.Renew))
	w.pass(30 * 24 * time.Hour)
	_, err := w.Take(t.Context(), by(sem), first.ID, mandate.Confirm)
	must(t, err)
	w.pass(time.Second)
	for range 2 { // the clock's step is written the first time
		_, err = w.Take(t.Context(), by(willem), second.ID, mandate.Confirm)
		wantProblem(t, err, problem.Conflict, mandate.ReasonStep)
	}
	mustBe(t, "permit", w.may(t, marieke, willem, mandate.Renew), false)
	entries, err := w.Log(t.Context(), willem.Holder, 0, 10)
	must(t, err)
	mustBe(t, "entries", len(entries), 2)
	mustBe(t, "deed", entries[0].Deed, mandate.Deed(mandate.Expire))
	mustBe(t, "actor", entries[0].Actor, card.Holder{})
}

func TestWhatEndsBeforeItIsAnsweredCannotBeConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at = time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	marieke, sem, _ := w.family(t)
	a := asking(marieke, sem, mandate.Renew)
	a.Months = 1
	m := w.apply(t, a)
	mustBe(t, "until", m.Until, day(t, "2027-02-28"))
	w.at = time.Date(2027, 2, 28, 22, 59, 59, 0, time.UTC) // the last second of it in Amsterdam
	rel, err := w.Relations(t.Context(), sem.Holder)
	must(t, err)
	mustBe(t, "waits", rel[0].WaitsForMe(), true)
	w.pass(time.Second)
	_, err = w.Take(t.Context(), by(sem), m.ID, mandate.Confirm)
	wantProblem(t, err, problem.Conflict, mandate.ReasonStep)
	waiting, err := w.Waiting(t.Context(), sem.Holder)
	must(t, err)
	mustBe(t, "waiting", waiting, 0)
}

func TestAMandateCountsThroughItsLastDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, _ := w.family(t)
	m := w.active(t, marieke, sem, mandate.Renew, 6)
	mustBe(t, "until", m.Until, day(t, "2027-05-25"))
	w.at = time.Date(2027, 5, 25, 21, 59, 59, 0, time.UTC) // summer time in Amsterdam
	mustBe(t, "on the last day", w.may(t, marieke, sem, mandate.Renew), true)
	w.pass(time.Second)
	mustBe(t, "the day after", w.may(t, marieke, sem, mandate.Renew), false)
	known, err := w.MayKnow(t.Context(), marieke.ID, sem.ID)
	must(t, err)
	mustBe(t, "known the day after", known, false)
	// Nobody can end what is over, and the log says that the clock did.
	_, err = w.Take(t.Context(), by(sem), m.ID, mandate.End)
	wantProblem(t, err, problem.Conflict, mandate.ReasonStep)
	entries, err := w.Log(t.Context(), sem.Holder, 0, 1)
	must(t, err)
	mustBe(t, "deed", entries[0].Deed, mandate.Deed(mandate.Expire))
}

func TestAMandateThatIsOverMakesRoomForTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, _ := w.family(t)
	w.active(t, marieke, sem, mandate.Renew, 1)
	w.at = time.Date(2026, 12, 26, 8, 0, 0, 0, time.UTC) // over, and the clock's step has not been written
	next := w.active(t, marieke, sem, mandate.Renew, 0)
	mustBe(t, "state", next.State, mandate.Active)
	mustBe(t, "permit", w.may(t, marieke, sem, mandate.Renew), true)
}

func TestRequestsThatCrossMakeOneMandate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, _ := w.family(t)
	asked, offered := w.apply(t, asking(marieke, sem, mandate.Pay)), w.apply(t, offering(sem, marieke, mandate.Pay))
	_, err := w.Take(t.Context(), by(sem), asked.ID, mandate.Confirm)
	must(t, err)
	// It is said as it is, not that something changed.
	_, err = w.Take(t.Context(), by(marieke), offered.ID, mandate.Confirm)
	wantProblem(t, err, problem.Refused, mandate.ReasonExists)
	_, err = w.Take(t.Context(), by(marieke), offered.ID, mandate.Decline)
	must(t, err)
	mustBe(t, "permit", w.may(t, marieke, sem, mandate.Pay), true)
}

func TestEitherSideEndsAndItCountsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, _ := w.family(t)
	for _, who := range []mandate.Actor{by(marieke), by(sem), {Holder: sem.Holder, Staff: "Bea"}} {
		m := w.active(t, marieke, sem, mandate.Renew, 0)
		mustBe(t, "permit", w.may(t, marieke, sem, mandate.Renew), true)
		_, err := w.Take(t.Context(), who, m.ID, mandate.End)
		must(t, err)
		mustBe(t, "permit after ending", w.may(t, marieke, sem, mandate.Renew), false)
		entries, err := w.Log(t.Context(), marieke.Holder, 0, 1)
		must(t, err)
		mustBe(t, "who", entries[0].Actor, who.Holder)
		mustBe(t, "at the desk", entries[0].Staff, who.Staff)
	}
}

func TestNobodyElseLearnsThatAMandateExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, willem := w.family(t)
	lapsed := w.apply(t, asking(marieke, sem, mandate.Renew))
	w.pass(31 * 24 * time.Hour)
	open := w.apply(t, asking(marieke, sem, mandate.Pay))
	for _, who := range []mandate.Actor{by(willem), {}, {Staff: "Bea"}} {
		for _, id := range []mandate.ID{lapsed.ID, open.ID, 4711} {
			for _, act := range []mandate.Act{
				mandate.Confirm, mandate.Decline, mandate.Withdraw, mandate.End, mandate.Expire, mandate.Close, mandate.Request, "",
			} {
				_, err := w.Take(t.Context(), who, id, act)
				wantProblem(t, err, problem.NotFound, mandate.ReasonNotFound)
				mustBe(t, "the same words", len(problem.Of(err)[0].Args), 0)
			}
		}
	}
	// A stranger moves nothing, not even the clock's step.
	m, err := w.store.Mandate(t.Context(), lapsed.ID)
	must(t, err)
	mustBe(t, "state", m.State, mandate.Requested)
}

// racing is a store in which somebody else was quicker with the first step.
type racing struct {
	mandate.Store
	lost bool
}

func (r *racing) SaveStep(ctx context.Context, m mandate.Mandate, from mandate.State, e mandate.Entry) (bool, error) {
	if !r.lost {
		r.lost = true
		if _, err := r.Store.SaveStep(ctx, m, from, e); err != nil {
			return false, err //nolint:wrapcheck // handed on
		}
	}
	return r.Store.SaveStep(ctx, m, from, e) //nolint:wrapcheck // handed on
}

func TestTheSameStepTwiceAtOnceIsTakenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, _ := w.family(t)
	m := w.apply(t, asking(marieke, sem, mandate.Renew))
	w.Book.Store = &racing{Store: w.store}
	_, err := w.Take(t.Context(), by(sem), m.ID, mandate.Confirm)
	wantProblem(t, err, problem.Conflict, mandate.ReasonStep)
	// The clock's step is no quarrel: whoever writes it, the request is over.
	w.Book.Store = w.store
	second := w.apply(t, asking(marieke, sem, mandate.Pay))
	w.pass(31 * 24 * time.Hour)
	w.Book.Store = &racing{Store: w.store}
	_, err = w.Take(t.Context(), by(sem), second.ID, mandate.Confirm)
	wantProblem(t, err, problem.Conflict, mandate.ReasonStep)
	mustBe(t, "state told", problem.Of(err)[0].Args["state"], any(string(mandate.Expired)))
	entries, err := w.Log(t.Context(), sem.Holder, 0, 10)
	must(t, err)
	mustBe(t, "entries", len(entries), 4) // two requests, one confirmation, one expiry
}

func TestTheClockSweepsWhatLapsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, willem := w.family(t)
	w.active(t, marieke, sem, mandate.Renew, 1)
	w.active(t, marieke, sem, mandate.Pay, 0)
	w.apply(t, asking(willem, sem, mandate.Renew))
	n, err := w.ExpireLapsed(t.Context())
	must(t, err)
	mustBe(t, "too soon", n, 0)
	w.pass(40 * 24 * time.Hour)
	for _, want := range []int{2, 0} {
		n, err = w.ExpireLapsed(t.Context())
		must(t, err)
		mustBe(t, "swept", n, want)
	}
	mustBe(t, "without an end", w.may(t, marieke, sem, mandate.Pay), true)
}

func TestNobodyAgreesToWhatTheyHaveNotSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, willem := w.family(t)
	month := asking(marieke, sem, mandate.Renew)
	month.Months = 1
	seen := w.apply(t, month)
	w.pass(time.Minute)
	asked := w.apply(t, asking(marieke, sem, mandate.Renew)) // again, without an end
	mustBe(t, "the same mandate", asked.ID, seen.ID)
	_, err := w.Confirm(t.Context(), by(sem), seen.ID, seen.RequestedAt)
	wantProblem(t, err, problem.Conflict, mandate.ReasonStep)
	mustBe(t, "permit", w.may(t, marieke, sem, mandate.Renew), false)
	// Strangers learn nothing from the instant either.
	_, err = w.Confirm(t.Context(), by(willem), seen.ID, seen.RequestedAt)
	wantProblem(t, err, problem.NotFound, mandate.ReasonNotFound)
	_, err = w.Confirm(t.Context(), by(sem), asked.ID, asked.RequestedAt)
	must(t, err)
	mustBe(t, "permit", w.may(t, marieke, sem, mandate.Renew), true)
}
