package member

import (
	"context"
	"strconv"
	"time"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/web"
)

// askedField carries when a request was asked, as the page showed it.
const askedField = "gevraagd"

// takeStep is *Bevestigen*, *Weigeren*, *Intrekken* or *Beëindigen* (S15, S16).
// It counts from the next request on, in every session.
func (p *pages) takeStep(ctx context.Context, r *web.Request) (web.Response, error) {
	id, err := number(r.PathValue("id"))
	if err != nil {
		return web.Response{}, err
	}
	act, ok := actOf(r.PathValue("act"))
	if !ok {
		return web.Response{}, noPage()
	}
	m, err := p.take(ctx, r, mandate.ID(id), act)
	if err == nil {
		r.Say(good, p.done(r, m, act))
	}
	return web.SeeOr(r, relationsAt, err)
}

// take takes the step. Who confirms says yes to what stood on the page.
func (p *pages) take(ctx context.Context, r *web.Request, id mandate.ID, act mandate.Act) (mandate.Mandate, error) {
	if act != mandate.Confirm {
		return p.Book.Take(ctx, actor(r), id, act) //nolint:wrapcheck // says what it was doing
	}
	asked, err := strconv.ParseInt(r.Field(askedField), 10, 64)
	if err != nil {
		asked = 0 // as of a request that was not on the page
	}
	return p.Book.Confirm(ctx, actor(r), id, time.UnixMilli(asked)) //nolint:wrapcheck // says what it was doing
}

func actOf(path string) (mandate.Act, bool) {
	for act, at := range paths {
		if at == path {
			return act, true
		}
	}
	return "", false
}

// done says what a step came to, as the one who took it may read it.
func (p *pages) done(r *web.Request, m mandate.Mandate, act mandate.Act) string {
	mine := m.Grantee.ID == r.Me.Holder.ID
	other := m.Grantee
	if mine {
		other = m.Grantor
	}
	return r.Text.T("member.done_"+string(act),
		"says", says(r.Text, phase(m), m.Scope, mine, nameOrNumber(r.Text, other)))
}
