package desk

import (
	"context"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// searchPage is GET and POST /balie: the search field, which has the focus, and
// what was found.
type searchPage struct {
	T      *text.Printer
	CSRF   string
	Typed  string
	Asked  bool // a search was done: Hits, or nothing, is the answer, and the field is empty for the next scan
	Hits   []hit
	Full   bool // there may be more than is shown
	Faults web.Faults
}

// hit is one card that was found. Its number opens it, in a form: a card number
// stands in no address.
type hit struct {
	Name, Number, Born string
	state
}

// state is what is the matter with a card, in words.
type state struct {
	Ended, Blocked bool
	Ends           string // last day of the membership
}

func (p *pages) stateOf(t *text.Printer, c card.Card) state {
	return state{Ended: c.Expired(p.shell.Today()), Blocked: c.Blocked, Ends: t.Date(c.ExpiresOn)}
}

func (p *pages) showSearch(_ context.Context, r *web.Request) (web.Response, error) {
	return web.Show(p.searchPage(r, searchPage{})), nil
}

func (p *pages) searchPage(r *web.Request, page searchPage) web.Page {
	page.T, page.CSRF = r.Text, r.Token()
	return web.Page{Title: r.Text.T("desk.search_title"), Body: searchView(page), Section: searchAt, Stay: searchAt}
}

// search finds cards by number or name. A number that one card has leads
// straight to it: that is what scanning a card does.
func (p *pages) search(ctx context.Context, r *web.Request) (web.Response, error) {
	page := searchPage{Typed: r.Field("zoek"), Asked: true}
	if page.Typed == "" {
		err := problem.New(problem.Invalid, ReasonNothingTyped, nil).At("zoek")
		return p.searchAgain(r, page, err)
	}
	found, err := p.Porter.Lookup(ctx, page.Typed)
	if err != nil {
		return p.searchAgain(r, page, err)
	}
	if typed, err := card.ReadNumber(page.Typed); err == nil && len(found) == 1 && found[0].Number == typed {
		return p.openNumber(ctx, r, typed)
	}
	page.Full = len(found) >= account.MostFound
	for _, c := range found {
		page.Hits = append(page.Hits, hit{
			Name: c.Name, Number: c.Number.Text(), Born: r.Text.Date(c.BirthDate), state: p.stateOf(r.Text, c),
		})
	}
	return web.Show(p.searchPage(r, page)), nil
}

func (p *pages) searchAgain(r *web.Request, page searchPage, err error) (web.Response, error) {
	return p.shell.Again(r, err, func(f web.Faults) (web.Page, error) {
		page.Asked, page.Faults = false, f
		return p.searchPage(r, page), nil
	})
}
