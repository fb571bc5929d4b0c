package member

import (
	"context"

	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// menuPage is GET /menu, *Mijn menu* (S7, S8): every part of the site, one tap
// away on a phone.
type menuPage struct {
	T       *text.Printer
	CSRF    string
	Waiting int // mandates that wait for the member's answer
}

func (p *pages) menu(ctx context.Context, r *web.Request) (web.Response, error) {
	waiting, err := p.Book.Waiting(ctx, r.Me.Holder)
	if err != nil {
		return web.Response{}, err
	}
	page := menuPage{T: r.Text, CSRF: r.Token(), Waiting: waiting}
	return web.Show(web.Page{Title: r.Text.T("member.menu"), Body: menuView(page), Section: menuAt, HideNav: true}), nil
}

func (m menuPage) items() []ui.Item {
	t := m.T
	relations := ui.Item{Href: relationsAt, Label: t.T("member.relations"), Hint: t.T("member.menu_relations")}
	if m.Waiting > 0 {
		relations.Hint = t.N("member.waiting", m.Waiting)
	}
	return []ui.Item{
		{Href: loansAt, Label: t.T("member.loans"), Hint: t.T("member.menu_loans")},
		{Href: feesAt, Label: t.T("member.fees"), Hint: t.T("member.menu_fees")},
		relations,
		{Href: detailsAt, Label: t.T("member.details"), Hint: t.T("member.menu_details")},
	}
}
