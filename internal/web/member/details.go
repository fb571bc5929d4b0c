package member

import (
	"context"

	"hoofdpas/internal/card"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// detailsPage is GET /mijn-gegevens, *Mijn gegevens* (S7): what the library
// knows, the user name and the password.
type detailsPage struct {
	T      *text.Printer
	CSRF   string
	Name   string
	Number string // the reader's own, whole
	// Away tells that the library system could not say the rest.
	Away                       bool
	Born, Email, Ends          string
	Ended, Blocked             bool
	UserName                   string // as it is
	Typed                      string // as it stands in the field
	NameFaults, PasswordFaults web.Faults
	Apps                       bool // there is a page about apps
}

func (p *pages) showDetails(ctx context.Context, r *web.Request) (web.Response, error) {
	page, err := p.detailsPage(ctx, r, func(*detailsPage) {})
	if err != nil {
		return web.Response{}, err
	}
	return web.Show(page), nil
}

// detailsPage reads the page; change puts in what a form was typed with.
func (p *pages) detailsPage(ctx context.Context, r *web.Request, change func(*detailsPage)) (web.Page, error) {
	name, err := p.Porter.UserName(ctx, r.Me)
	if err != nil {
		return web.Page{}, err
	}
	me := r.Me.Holder
	page := detailsPage{
		T: r.Text, CSRF: r.Token(), Name: me.Name, Number: me.Number.Text(), UserName: name.Text(), Typed: name.Text(),
		Apps: p.Apps != nil,
	}
	c, ok, err := p.Porter.Cards.Card(ctx, me.Number)
	if err != nil || !ok {
		p.shell.Log.WarnContext(ctx, "a card could not be read for its holder", "card", me, "error", err)
		page.Away = true
	} else {
		page.known(c, p)
	}
	change(&page)
	return web.Page{Title: r.Text.T("member.details"), Body: detailsView(page), Section: detailsAt, Stay: detailsAt}, nil
}

// known puts in what the library system knows.
func (d *detailsPage) known(c card.Card, p *pages) {
	d.Born, d.Ends = d.T.Date(c.BirthDate), d.T.Date(c.ExpiresOn)
	d.Email, d.Ended, d.Blocked = c.Email, c.Expired(p.shell.Today()), c.Blocked
}

func (d detailsPage) facts() []ui.Fact {
	t := d.T
	known := func(s string) string {
		if s == "" {
			return t.T("member.known_unknown")
		}
		return s
	}
	facts := []ui.Fact{
		{Label: t.T("member.known_name"), Value: d.Name},
		{Label: t.T("member.known_number"), Value: d.Number},
	}
	if d.Away {
		return facts
	}
	return append(facts,
		ui.Fact{Label: t.T("member.known_born"), Value: known(d.Born)},
		ui.Fact{Label: t.T("member.known_email"), Value: known(d.Email)},
		ui.Fact{Label: t.T("member.known_ends"), Value: known(d.Ends)},
	)
}
