package desk

import (
	"context"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/web"
)

// endMandate is *Beëindigen* at the request of the holder at the desk (S16). It
// counts from the next request on, in every session, and both holders read in
// their log which staff member did it.
func (p *pages) endMandate(ctx context.Context, r *web.Request) (web.Response, error) {
	v, err := p.visitor(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	id, err := number(r.PathValue("mandate"))
	if err != nil {
		return web.Response{}, err
	}
	m, err := p.Book.Take(ctx, actor(r, v.Holder), mandate.ID(id), mandate.End)
	if err == nil {
		p.did(ctx, r, v.Holder, actEndMandate, string(m.Scope))
		r.Say(good, r.Text.T("desk.ended", "says", says(r.Text, m)))
	}
	return web.SeeOr(r, cardAt(v.ID), err)
}
