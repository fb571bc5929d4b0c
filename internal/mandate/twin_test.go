package mandate_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
)

// TestWhoAskedCannotTellWhetherItMatched lets two people do the same, until
// somebody else acts: what the one types is right, what the other types is not.
// All that they can see must be the same.
func TestWhoAskedCannotTellWhetherItMatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		p := &twins{w: w, right: w.newPerson(t, "Marieke"), wrong: w.newPerson(t, "Marieke"), target: w.newPerson(t, "Sem"), t: t}
		p.typed = p.target
		if rapid.Bool().Draw(t, "a number of nobody") {
			w.people++
			p.typed.Number = number(t, fmt.Sprintf("2999%010d", w.people))
		} else {
			p.typed = w.newPerson(t, "Noor")
			p.typed.Born = p.typed.Born.AddDays(rapid.SampledFrom([]int{-1, 1, 365}).Draw(t, "days off"))
		}
		t.Repeat(map[string]func(*rapid.T){
			"apply":      p.apply,
			"type wrong": p.applyWrong,
			"step":       p.step,
			"wait":       p.wait,
			"sweep":      p.sweep,
			"close":      p.close,
			"":           p.looksTheSame,
		})
	})
}

// twins are two people who do the same: right types the target's number and
// birth date, wrong types something that belongs to nobody.
type twins struct {
	w                    *world
	t                    *rapid.T
	right, wrong, target person
	typed                person
}

func (p *twins) form(t *rapid.T, starter, of person) mandate.Application {
	a := asking(starter, of, mandate.Scopes...)
	if rapid.Bool().Draw(t, "offer") {
		a.Side = mandate.Grantor
	}
	a.Scopes = a.Scopes[:rapid.IntRange(1, 2).Draw(t, "scopes")]
	a.Months = rapid.SampledFrom(mandate.Terms).Draw(t, "months")
	return a
}

func (p *twins) apply(t *rapid.T) {
	a := p.form(t, p.right, p.target)
	b := a
	b.Starter, b.Number, b.Born = p.wrong.Holder, p.typed.Number, p.typed.Born
	p.both(p.w.Apply(t.Context(), a), p.w.Apply(t.Context(), b))
}

// applyWrong types another birth date: for the one it may be the first try or
// the second.
func (p *twins) applyWrong(t *rapid.T) {
	a := p.form(t, p.right, p.target)
	b := a
	a.Born = p.target.Born.AddDays(3)
	b.Starter, b.Number, b.Born = p.wrong.Holder, p.typed.Number, p.typed.Born.AddDays(3)
	p.both(p.w.Apply(t.Context(), a), p.w.Apply(t.Context(), b))
}

// step tries every step, also those that no button offers.
func (p *twins) step(t *rapid.T) {
	mine, err := p.w.store.MandatesOf(t.Context(), p.right.ID)
	must(t, err)
	theirs, err := p.w.store.MandatesOf(t.Context(), p.wrong.ID)
	must(t, err)
	if len(mine) == 0 || len(theirs) != len(mine) {
		return
	}
	i := rapid.IntRange(0, len(mine)-1).Draw(t, "mandate")
	act := rapid.SampledFrom([]mandate.Act{
		mandate.Withdraw, mandate.Confirm, mandate.Decline, mandate.End, mandate.Expire, mandate.Close,
	}).Draw(t, "act")
	one, oneErr := p.w.Take(t.Context(), by(p.right), mine[i].ID, act)
	two, twoErr := p.w.Take(t.Context(), by(p.wrong), theirs[i].ID, act)
	p.both(oneErr, twoErr)
	mustBe(t, "what a step returns", p.bare(one), p.bare(two))
}

func (p *twins) wait(t *rapid.T) {
	p.w.pass(time.Duration(rapid.IntRange(1, 20*24).Draw(t, "hours")) * time.Hour)
}

func (p *twins) sweep(t *rapid.T) {
	_, err := p.w.ExpireLapsed(t.Context())
	must(t, err)
	_, err = p.w.CloseGone(t.Context())
	must(t, err)
}

// close closes the target's card, or opens it again.
func (p *twins) close(t *rapid.T) {
	_, open := p.w.cards.cards[p.target.Number]
	p.w.shut(t, p.target, open)
}

func (p *twins) both(one, two error) {
	p.t.Helper()
	if fmt.Sprint(one) != fmt.Sprint(two) {
		p.t.Fatalf("one was told %v, the other %v", one, two)
	}
}

// looksTheSame compares everything that the two can read.
func (p *twins) looksTheSame(t *rapid.T) {
	if one, two := p.relations(p.right), p.relations(p.wrong); !slices.Equal(one, two) {
		t.Fatalf("one sees\n%#v\nthe other\n%#v", one, two)
	}
	if one, two := p.log(p.right), p.log(p.wrong); !slices.Equal(one, two) {
		t.Fatalf("one reads\n%#v\nthe other\n%#v", one, two)
	}
	known, err := p.w.MayKnow(t.Context(), p.right.ID, p.target.ID)
	must(t, err)
	mustBe(t, "known", known, false)
	permits, err := p.w.Permits(t.Context(), by(p.right))
	must(t, err)
	mustBe(t, "permits", len(permits), 1)
}

// seen is a mandate.Relation that can be compared.
type seen struct {
	m     mandate.Mandate
	mine  mandate.Side
	other card.Holder
	acts  string
}

func (p *twins) relations(me person) []seen {
	all, err := p.w.Relations(p.t.Context(), me.Holder)
	must(p.t, err)
	out := make([]seen, len(all))
	for i, r := range all {
		out[i] = seen{p.bare(r.Mandate), r.Mine, p.bareHolder(r.Other), fmt.Sprint(r.Acts)}
	}
	return out
}

func (p *twins) log(me person) []mandate.Entry {
	all, err := p.w.Log(p.t.Context(), me.Holder, 0, 1000)
	must(p.t, err)
	for i, e := range all {
		e.ID, e.Mandate, e.Typed = 0, 0, card.Number{}
		e.Actor, e.Card, e.Other = p.bareHolder(e.Actor), p.bareHolder(e.Card), p.bareHolder(e.Other)
		all[i] = e
	}
	return all
}

// bare is a mandate without what the two typed and who they are.
func (p *twins) bare(m mandate.Mandate) mandate.Mandate {
	m.ID, m.Typed = 0, card.Number{}
	m.Grantor, m.Grantee = p.bareHolder(m.Grantor), p.bareHolder(m.Grantee)
	return m
}

// bareHolder says only "the reader" or "whoever has the number that was typed":
// anything more is left as it is, and would differ.
func (p *twins) bareHolder(h card.Holder) card.Holder {
	switch h {
	case p.right.Holder, p.wrong.Holder:
		return card.Holder{Name: "the reader"}
	case card.Holder{Number: p.target.Number}, card.Holder{Number: p.typed.Number}:
		return card.Holder{Name: "what was typed"}
	}
	return h
}
