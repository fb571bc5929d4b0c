package desk

import (
	"context"
	"slices"
	"strconv"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// linkPage is GET and POST /balie/pas/{id}/machtiging: a mandate between this
// card and another whose holder stands at the desk as well. A card without a
// birth date can be linked in no other way.
type linkPage struct {
	T                             *text.Printer
	CSRF                          string
	Who                           who
	Number                        string // as typed
	Sides, Scopes, Terms, Present ui.Options
	Faults                        web.Faults
}

func (p *pages) showLink(ctx context.Context, r *web.Request) (web.Response, error) {
	v, err := p.visitor(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if err := p.look(ctx, r, v.Holder); err != nil {
		return web.Response{}, err
	}
	page := p.linkPage(r, v, asked{Side: string(mandate.Grantee), Months: "0"}, nil)
	return web.Show(page), nil
}

// asked is the form as it was filled in.
type asked struct {
	Number, Side, Months string
	Scopes               []string
	Present              bool
}

func (p *pages) linkPage(r *web.Request, v visitor, a asked, f web.Faults) web.Page {
	t := r.Text
	page := linkPage{T: t, CSRF: r.Token(), Who: p.who(t, v), Number: a.Number, Faults: f}
	page.Sides = ui.Options{Name: "side", Legend: t.T("desk.link_side"), Errors: f.At("side"), Options: []ui.Option{
		{Value: string(mandate.Grantee), Label: t.T("desk.link_grantee", "name", v.Name), Checked: a.Side == string(mandate.Grantee)},
		{Value: string(mandate.Grantor), Label: t.T("desk.link_grantor", "name", v.Name), Checked: a.Side == string(mandate.Grantor)},
	}}
	page.Scopes = ui.Options{Name: "scope", Legend: t.T("member.scope"), Errors: f.At("scope")}
	for _, s := range mandate.Scopes {
		page.Scopes.Options = append(page.Scopes.Options, ui.Option{
			Value: string(s), Label: t.T("member.scope_" + string(s)), Checked: slices.Contains(a.Scopes, string(s)),
		})
	}
	page.Terms = ui.Options{Name: "months", Legend: t.T("member.term"), Errors: f.At("months")}
	for _, months := range mandate.Terms {
		value := strconv.Itoa(months)
		page.Terms.Options = append(page.Terms.Options, ui.Option{
			Value: value, Label: t.T("member.term_" + value), Checked: a.Months == value,
		})
	}
	page.Present = ui.Options{Name: "present", Legend: t.T("desk.link_check"), Errors: f.At("present"), Options: []ui.Option{
		{Value: "yes", Label: t.T("desk.link_present"), Hint: t.T("desk.link_present_hint"), Checked: a.Present},
	}}
	return web.Page{Title: t.T("desk.link"), Body: linkView(page), Section: searchAt, Stay: linkAt(v.ID)}
}

// link is *Machtiging maken*: both holders are at the desk and agree, so that
// asking and confirming are one step. Both read it in their log with the staff
// member's name, and each can end it alone.
func (p *pages) link(ctx context.Context, r *web.Request) (web.Response, error) {
	v, err := p.visitor(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	a := asked{
		Number: r.Field("nummer"), Side: r.Field("side"), Months: r.Field("months"), Scopes: r.Fields("scope"),
		Present: r.Field("present") == "yes",
	}
	l, other, err := p.wanted(ctx, r, v, a)
	if err == nil {
		err = p.Book.Link(ctx, l)
	}
	if err != nil {
		return p.shell.Again(r, err, func(f web.Faults) (web.Page, error) { return p.linkPage(r, v, a, f), nil })
	}
	detail := scopesDetail(l.Scopes)
	p.did(ctx, r, v.Holder, actLink, detail)
	p.did(ctx, r, other, actLink, detail)
	var made []string
	for _, s := range l.Scopes {
		made = append(made, says(r.Text, mandate.Mandate{
			State: mandate.Active, Scope: s, Grantor: l.Grantor, Grantee: l.Grantee,
		}))
	}
	r.Say(good, r.Text.T("desk.linked"), made...)
	return web.See(cardAt(v.ID)), nil
}

// wanted reads the form. Everything that is missing is named at once; choices
// that do not exist are mandate's to refuse.
func (p *pages) wanted(ctx context.Context, r *web.Request, v visitor, a asked) (mandate.Link, card.Holder, error) {
	var unmet problem.List
	other, err := p.other(ctx, v, a.Number)
	switch problem.KindOf(err) {
	case problem.Invalid:
		unmet = append(unmet, problem.Of(err)...)
	default:
		if err != nil {
			return mandate.Link{}, other, err
		}
	}
	l := mandate.Link{Staff: r.Staff.Name, Grantor: other, Grantee: v.Holder}
	switch mandate.Side(a.Side) {
	case mandate.Grantee:
	case mandate.Grantor:
		l.Grantor, l.Grantee = v.Holder, other
	default:
		unmet = append(unmet, problem.New(problem.Invalid, mandate.ReasonUnknownChoice, nil).At("side"))
	}
	for _, s := range a.Scopes {
		l.Scopes = append(l.Scopes, mandate.Scope(s))
	}
	if len(l.Scopes) == 0 {
		unmet = append(unmet, problem.New(problem.Invalid, mandate.ReasonNoScope, nil).At("scope"))
	}
	if l.Months, err = strconv.Atoi(a.Months); err != nil || !slices.Contains(mandate.Terms, l.Months) {
		unmet = append(unmet, problem.New(problem.Invalid, mandate.ReasonUnknownChoice, nil).At("months"))
	}
	if !a.Present {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonNotPresent, nil).At("present"))
	}
	return l, other, unmet.Or()
}

// other finds the holder of the other card. That there is no such card is said
// plainly: who asks is staff, with both cards on the desk.
func (p *pages) other(ctx context.Context, v visitor, typed string) (card.Holder, error) {
	n, err := card.ReadNumber(typed)
	if err != nil {
		return card.Holder{}, problem.New(problem.Invalid, card.ReasonNumberInvalid, nil).At("nummer")
	}
	h, _, err := p.Porter.Known(ctx, n)
	switch {
	case problem.KindOf(err) == problem.NotFound:
		return card.Holder{}, problem.New(problem.Invalid, account.ReasonCardNotFound, nil).At("nummer")
	case err != nil:
		return card.Holder{}, err
	case h.ID == v.ID:
		return card.Holder{}, problem.New(problem.Invalid, mandate.ReasonOwnCard, nil).At("nummer")
	}
	return h, nil
}
