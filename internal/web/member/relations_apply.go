package member

import (
	"context"
	"slices"
	"strconv"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// applyForm is the form on *Relaties* with what was typed (S9 to S11).
type applyForm struct {
	Number           string
	Day, Month, Year string
	Side             string
	Scopes           map[string]bool
	Months           int
	Faults           web.Faults
}

// apply is *Aanvragen*. Whether or not number and birth date match a card, the
// answer is the same sentence and the same list (S9).
func (p *pages) apply(ctx context.Context, r *web.Request) (web.Response, error) {
	form := applyForm{
		Number: r.Field("number"), Day: r.Field("day"), Month: r.Field("month"), Year: r.Field("year"),
		Side: r.Field("side"), Scopes: map[string]bool{},
	}
	for _, s := range r.Fields("scope") {
		form.Scopes[s] = true
	}
	application, err := p.application(r, &form)
	if err == nil {
		err = p.Book.Apply(ctx, application)
	}
	if err == nil {
		r.Say(good, r.Text.T("member.applied"), r.Text.T("member.applied_next"))
		return web.See(relationsAt), nil
	}
	return p.shell.Again(r, err, func(f web.Faults) (web.Page, error) {
		fields := []string{"", "number", "born", "side", "scope", "months"} // from top to bottom
		slices.SortStableFunc(f, func(a, b ui.Fault) int {
			return slices.Index(fields, a.Field) - slices.Index(fields, b.Field)
		})
		form.Faults = f
		return p.relationsPage(ctx, r, form)
	})
}

// application reads the form. What cannot be read at all is named together
// with what else is missing; the rest is mandate's to judge.
func (p *pages) application(r *web.Request, form *applyForm) (mandate.Application, error) {
	a := mandate.Application{Starter: r.Me.Holder, Side: mandate.Side(form.Side), Address: r.Address()}
	for _, s := range r.Fields("scope") {
		a.Scopes = append(a.Scopes, mandate.Scope(s))
	}
	months, err := strconv.Atoi(r.Field("months"))
	if err != nil {
		months = -1 // no choice of ours
	}
	a.Months, form.Months = months, months
	a.Born, _ = birthDate(form.Day, form.Month, form.Year) // no date is told by mandate
	if a.Number, err = card.ReadNumber(form.Number); err == nil {
		return a, nil
	}
	var unmet problem.List
	for _, q := range problem.Of(err) {
		unmet = append(unmet, q.At("number"))
	}
	if a.Born.IsZero() {
		unmet = append(unmet, problem.New(problem.Invalid, mandate.ReasonBirthDate, nil).At("born"))
	}
	if len(a.Scopes) == 0 {
		unmet = append(unmet, problem.New(problem.Invalid, mandate.ReasonNoScope, nil).At("scope"))
	}
	return a, unmet.Or()
}

// birthDate reads the three fields. A year of two digits is not guessed.
func birthDate(day, month, year string) (calendar.Date, error) {
	var n [3]int
	for i, s := range []string{day, month, year} {
		var err error
		if n[i], err = strconv.Atoi(s); err != nil {
			return calendar.Date{}, calendar.ErrNotDate
		}
	}
	const firstYear = 1800 // nobody was born before
	if n[2] < firstYear {
		return calendar.Date{}, calendar.ErrNotDate
	}
	return calendar.New(n[2], n[1], n[0])
}

func (p relationsPage) sides() ui.Options {
	o := ui.Options{Name: "side", Legend: p.T.T("member.relation"), Errors: p.Form.Faults.At("side")}
	for _, side := range []mandate.Side{mandate.Grantee, mandate.Grantor} {
		o.Options = append(o.Options, ui.Option{
			Value: string(side), Label: p.T.T("member.side_" + string(side)), Hint: p.T.T("member.side_" + string(side) + "_hint"),
			Checked: p.Form.Side == string(side),
		})
	}
	return o
}

func (p relationsPage) scopes() ui.Options {
	o := ui.Options{Name: "scope", Legend: p.T.T("member.scope"), Errors: p.Form.Faults.At("scope")}
	for _, s := range mandate.Scopes {
		o.Options = append(o.Options, ui.Option{
			Value: string(s), Label: p.T.T("member.scope_" + string(s)), Hint: p.T.T("member.scope_" + string(s) + "_hint"),
			Checked: p.Form.Scopes[string(s)],
		})
	}
	return o
}

func (p relationsPage) terms() ui.Options {
	o := ui.Options{Name: "months", Legend: p.T.T("member.term"), Hint: p.T.T("member.term_hint")}
	for _, months := range mandate.Terms {
		n := strconv.Itoa(months)
		o.Options = append(o.Options, ui.Option{Value: n, Label: p.T.T("member.term_" + n), Checked: p.Form.Months == months})
	}
	return o
}
