package mandate_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
)

// TestMain plays fewer histories than rapid would, since each is on a real
// store, unless told otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "rapid.checks" })
	if !told {
		if err := flag.Set("rapid.checks", "50"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func calendarDay(n int) calendar.Date { return firstDay().AddDays(n) }
func daysSince(d calendar.Date) int   { return firstDay().DaysUntil(d) }
func firstDay() calendar.Date         { return calendar.Today(noon, time.UTC) }

func pick[T any](t *rapid.T, s []T, name string) T {
	return s[rapid.IntRange(0, len(s)-1).Draw(t, name)]
}

// TestNobodyMayWhatNoActiveMandateAllows plays random histories of several
// cards on a real store, beside a plain model: requests and offers with right
// and wrong dates, answers, ends, the desk, closed cards that come back, and
// time. At each moment the permits, the lists and the logs are as the model
// says.
func TestNobodyMayWhatNoActiveMandateAllows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		w.at = noon
		h := &history{model: model{w: w, closed: map[card.ID]bool{}}}
		for i := range rapid.IntRange(2, 4).Draw(t, "people") {
			h.people = append(h.people, w.newPerson(t, fmt.Sprintf("Lener %d", i)))
		}
		t.Repeat(map[string]func(*rapid.T){
			"apply": h.apply, "apply 2": h.apply,
			"take": h.take, "answer": h.answer, "answer 2": h.answer, "answer 3": h.answer,
			"link": h.link, "deed": h.deed,
			"wait": h.wait, "outlast": h.outlast, "outlast 2": h.outlast, "sweep": h.sweep, "close": h.close,
			"": h.check,
		})
		for _, p := range h.people {
			h.checkLog(t, p)
		}
	})
}

type history struct {
	model
	people []person
}

// apply fills in the form in every way.
func (h *history) apply(t *rapid.T) {
	starter, to := pick(t, h.people, "starter"), pick(t, h.people, "to")
	a := asking(starter, to, rapid.SliceOfN(rapid.SampledFrom(mandate.Scopes), 1, 3).Draw(t, "scopes")...)
	a.Side = pick(t, []mandate.Side{mandate.Grantee, mandate.Grantor}, "side")
	a.Months = pick(t, mandate.Terms, "months")
	if len(h.rows) > 0 && rapid.IntRange(0, 2).Draw(t, "once more") == 0 {
		r := pick(t, h.rows, "row")
		starter, to = r.starter, h.people[slices.IndexFunc(h.people, func(p person) bool { return p.Number == r.typed })]
		a.Side = r.side
		if rapid.Bool().Draw(t, "crossing") {
			starter, to = to, starter
			a.Side = map[mandate.Side]mandate.Side{mandate.Grantor: mandate.Grantee, mandate.Grantee: mandate.Grantor}[r.side]
		}
		a.Starter, a.Number, a.Born, a.Scopes = starter.Holder, to.Number, to.Born, []mandate.Scope{r.scope}
	}
	matched := !h.closed[to.ID] && rapid.IntRange(0, 4).Draw(t, "right date") > 0
	if !matched {
		a.Born, to.Holder = to.Born.AddDays(1), card.Holder{}
	}
	err := h.w.Apply(t.Context(), a)
	if a.Number == starter.Number {
		wantProblem(t, err, problem.Invalid, mandate.ReasonOwnCard)
		return
	}
	for _, r := range h.rows {
		if h.now(r) == mandate.Active && slices.Contains(a.Scopes, r.scope) &&
			(r.grantee().ID == starter.ID && a.Side == mandate.Grantee && r.grantor().Number == a.Number ||
				r.grantor().ID == starter.ID && a.Side == mandate.Grantor && r.grantee().Number == a.Number) {
			wantProblem(t, err, problem.Refused, mandate.ReasonExists)
			return
		}
	}
	must(t, err)
	h.requests(t, row{starter: starter, other: to, side: a.Side, typed: a.Number, months: a.Months}, a.Scopes, "")
}

// requests writes the rows into the model, and finds out their IDs.
func (h *history) requests(t *rapid.T, r row, scopes []mandate.Scope, staff string) (out []*row) {
	for _, s := range mandate.Scopes {
		if slices.Contains(scopes, s) {
			r.scope = s
			out = append(out, h.request(r, staff))
		}
	}
	all, err := h.w.store.MandatesOf(t.Context(), r.starter.ID)
	must(t, err)
	for _, m := range all {
		if !slices.ContainsFunc(h.rows, func(r *row) bool { return r.id == m.ID }) {
			i := slices.IndexFunc(out, func(r *row) bool { return r.id == 0 && r.scope == m.Scope })
			if i < 0 {
				t.Fatalf("a mandate that nobody asked: %#v", m)
			}
			out[i].id = m.ID
		}
	}
	return out
}

// take lets anybody try any step on any mandate.
func (h *history) take(t *rapid.T) {
	if len(h.rows) == 0 {
		return
	}
	h.step(t, pick(t, h.people, "who"), pick(t, h.rows, "row"), pick(t, []mandate.Act{
		mandate.Confirm, mandate.Decline, mandate.Withdraw, mandate.End, mandate.Expire, mandate.Close, mandate.Request,
	}, "act"))
}

// answer presses a button that is there.
func (h *history) answer(t *rapid.T) {
	who := pick(t, h.people, "who")
	var rows []*row
	for _, r := range h.rows {
		if r.isOf(who) && len(h.offered(who, r)) > 0 {
			rows = append(rows, r)
		}
	}
	if len(rows) > 0 {
		r := pick(t, rows, "row")
		h.step(t, who, r, pick(t, h.offered(who, r), "act"))
	}
}

func (h *history) step(t *rapid.T, who person, r *row, act mandate.Act) {
	actor := by(who)
	if rapid.IntRange(0, 5).Draw(t, "at the desk") == 0 {
		actor.Staff = "Bea"
	}
	_, err := h.w.Take(t.Context(), actor, r.id, act)
	want := h.model.take(who, r, act, actor.Staff)
	got := ""
	for _, p := range problem.Of(err) {
		got = string(p.Reason)
	}
	if err != nil && got == "" {
		t.Fatal(err)
	}
	mustBe(t, "the step", got, want)
}

// link is the desk's.
func (h *history) link(t *rapid.T) {
	grantor, grantee := pick(t, h.people, "grantor"), pick(t, h.people, "grantee")
	if h.closed[grantor.ID] || h.closed[grantee.ID] {
		return // the desk finds no closed card
	}
	l := mandate.Link{
		Staff: "Bea", Grantor: grantor.Holder, Grantee: grantee.Holder, Months: pick(t, mandate.Terms, "months"),
		Scopes: rapid.SliceOfN(rapid.SampledFrom(mandate.Scopes), 1, 2).Draw(t, "scopes"),
	}
	err := h.w.Link(t.Context(), l)
	if grantor.ID == grantee.ID {
		wantProblem(t, err, problem.Invalid, mandate.ReasonOwnCard)
		return
	}
	for _, s := range l.Scopes {
		if h.allowed(grantee, grantor, s) {
			wantProblem(t, err, problem.Refused, mandate.ReasonExists)
			return
		}
	}
	must(t, err)
	rows := h.requests(t, row{starter: grantee, other: grantor, side: mandate.Grantee, typed: grantor.Number, months: l.Months}, l.Scopes, l.Staff)
	for _, r := range rows {
		mustBe(t, "the desk confirms", h.confirm(grantor, r, l.Staff), "")
	}
}

// deed is done on behalf, where a permit is to be had.
func (h *history) deed(t *rapid.T) {
	actor, of := pick(t, h.people, "actor"), pick(t, h.people, "of")
	p, err := h.w.PermitFor(t.Context(), by(actor), of.ID)
	if err != nil || !p.Allows(mandate.Pay) {
		mustBe(t, "no permit", h.allowed(actor, of, mandate.Pay), false)
		return
	}
	must(t, h.w.Note(t.Context(), p, mandate.Entry{Deed: mandate.Paid, Scope: mandate.Pay, Count: 1, Amount: 20}))
	if actor.ID != of.ID {
		h.log = append(h.log, line{
			deed: mandate.Paid, actor: actor.Holder, whose: of.Holder, to: actor.Holder, scope: mandate.Pay, accepted: true,
		})
	}
}

func (h *history) wait(t *rapid.T) {
	hours := rapid.OneOf(rapid.IntRange(0, 48), rapid.IntRange(24, 40*24)).Draw(t, "hours")
	h.w.pass(time.Duration(hours) * time.Hour)
}

// outlast waits until a mandate with an end, or an open request, is just over,
// or just not.
func (h *history) outlast(t *rapid.T) {
	var ends []time.Time
	for _, r := range h.rows {
		switch h.now(r) {
		case mandate.Requested:
			ends = append(ends, r.asked.Add(mandate.AnswerWithin))
		case mandate.Active:
			if r.months > 0 {
				ends = append(ends, calendarDay(r.askedOn).AddMonths(r.months).AddDays(1).Begin(h.w.Zone))
			}
		}
	}
	if len(ends) > 0 {
		end := pick(t, ends, "end").Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "seconds")) * time.Second)
		h.w.pass(max(0, end.Sub(h.w.at)))
	}
}

// sweep takes the steps that nobody asks for. Mandates of earlier histories are
// swept along: how many it took is told elsewhere.
func (h *history) sweep(t *rapid.T) {
	_, err := h.w.ExpireLapsed(t.Context())
	must(t, err)
	h.runOut(h.rows...)
	_, err = h.w.CloseGone(t.Context())
	must(t, err)
	for _, r := range h.rows {
		switch {
		case r.state == mandate.Active && (h.closed[r.starter.ID] || h.closed[r.other.ID]):
			h.move(r, mandate.Close, mandate.Ended, card.Holder{}, "")
		case r.state == mandate.Requested && h.closed[r.starter.ID]:
			h.move(r, mandate.Close, mandate.Expired, card.Holder{}, "")
		}
	}
}

// close closes a card, or opens it again.
func (h *history) close(t *rapid.T) {
	p := pick(t, h.people, "card")
	h.closed[p.ID] = !h.closed[p.ID]
	h.w.shut(t, p, h.closed[p.ID])
}

func (h *history) check(t *rapid.T) {
	for _, actor := range h.people {
		permits, err := h.w.Permits(t.Context(), by(actor))
		must(t, err)
		for _, of := range h.people {
			for _, scope := range mandate.Scopes {
				n := 0
				for _, p := range permits {
					if p.Card().ID == of.ID && p.Allows(scope) && p.Actor() == by(actor) && p.OwnCard() == (actor.ID == of.ID) {
						n++
					}
				}
				if want := h.allowed(actor, of, scope); n > 1 || (n == 1) != want {
					t.Fatalf("%s has %d permits for %s's card to %s, allowed: %v", actor.Name, n, of.Name, scope, want)
				}
			}
		}
		h.checkRelations(t, actor)
	}
}

func (h *history) checkRelations(t *rapid.T, me person) {
	all, err := h.w.Relations(t.Context(), me.Holder)
	must(t, err)
	n, waiting := 0, 0
	for _, r := range h.rows {
		if !r.isOf(me) {
			continue
		}
		n++
		i := slices.IndexFunc(all, func(rel mandate.Relation) bool { return rel.Mandate.ID == r.id })
		if i < 0 {
			t.Fatalf("%s does not see mandate %d", me.Name, r.id)
		}
		want := r.starter.Holder
		if me.ID == r.starter.ID {
			if want = r.other.Holder; !r.accepted {
				want = card.Holder{Number: r.typed}
			}
		}
		rel := all[i]
		if rel.Other != want || rel.Mandate.State != h.now(r) || !slices.Equal(rel.Acts, h.offered(me, r)) || rel.Mandate.Scope != r.scope ||
			rel.Mandate.Grantor != want && rel.Mandate.Grantee != want {
			t.Fatalf("%s sees %#v, of %#v", me.Name, rel, r)
		}
		if rel.WaitsForMe() {
			waiting++
		}
	}
	mustBe(t, "relations", len(all), n)
	got, err := h.w.Waiting(t.Context(), me.Holder)
	must(t, err)
	mustBe(t, "waiting", got, waiting)
}

// checkLog compares what somebody reads with what happened, in any order where
// several things happened at the same moment.
func (h *history) checkLog(t *rapid.T, me person) {
	entries, err := h.w.Log(t.Context(), me.Holder, 0, 10_000)
	must(t, err)
	got := make([]line, len(entries))
	for i, e := range entries {
		got[i] = line{
			deed: e.Deed, actor: e.Actor, whose: e.Card, to: e.Other, staff: e.Staff, scope: e.Scope, typed: e.Typed, accepted: e.Confirmed,
		}
		if i > 0 && (e.ID >= entries[i-1].ID || e.At.After(entries[i-1].At)) {
			t.Fatalf("%s reads the log out of order", me.Name)
		}
	}
	want := h.reads(me)
	order := func(a, b line) int { return cmp.Compare(fmt.Sprintf("%#v", a), fmt.Sprintf("%#v", b)) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) {
		t.Fatalf("%s reads\n%#v\nwant\n%#v", me.Name, got, want)
	}
}
