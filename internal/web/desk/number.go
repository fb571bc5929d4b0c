package desk

import (
	"context"

	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// numberAt is the page for a new number.
const numberAt = "/balie/nieuw-nummer"

// numberPage is GET and POST /balie/nieuw-nummer: a member with a new card, in a
// library system that does not tell whose card it was.
type numberPage struct {
	T         *text.Printer
	CSRF      string
	Old, Made string // as typed
	Faults    web.Faults
}

func (p *pages) showNumber(_ context.Context, r *web.Request) (web.Response, error) {
	return web.Show(p.numberPage(r, numberPage{})), nil
}

func (p *pages) numberPage(r *web.Request, page numberPage) web.Page {
	page.T, page.CSRF = r.Text, r.Token()
	return web.Page{Title: r.Text.T("desk.number"), Body: numberView(page), Section: searchAt, Stay: numberAt}
}

// renumber is *Neem het account mee*.
func (p *pages) renumber(ctx context.Context, r *web.Request) (web.Response, error) {
	page := numberPage{Old: r.Field("oud"), Made: r.Field("nieuw")}
	old, oldErr := card.ReadNumber(page.Old)
	made, madeErr := card.ReadNumber(page.Made)
	var unmet problem.List
	if oldErr != nil {
		unmet = append(unmet, problem.New(problem.Invalid, card.ReasonNumberInvalid, nil).At("oud"))
	}
	if madeErr != nil {
		unmet = append(unmet, problem.New(problem.Invalid, card.ReasonNumberInvalid, nil).At("nieuw"))
	}
	err := unmet.Or()
	var h card.Holder
	if err == nil {
		h, err = p.Porter.Renumber(ctx, r.Staff, old, made)
	}
	if err != nil {
		return p.shell.Again(r, err, func(f web.Faults) (web.Page, error) {
			page.Faults = f
			return p.numberPage(r, page), nil
		})
	}
	r.Say(good, r.Text.T("desk.number_done", "name", h.Name))
	return web.See(cardAt(h.ID)), nil
}
