package member

import (
	"context"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/web"
)

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
	m, err := p.Book.Take(ctx, actor(r), mandate.ID(id), act)
	if err == nil {
		r.Say(good, p.done(r, m, act))
	}
	return web.SeeOr(r, relationsAt, err)
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
