package member

import (
	"context"

	"hoofdpas/internal/web"
)

// logOutEverywhere ends every session of the card, this one too.
func (p *pages) logOutEverywhere(ctx context.Context, r *web.Request) (web.Response, error) {
	if err := p.Porter.LogOutEverywhere(ctx, r.Me); err != nil {
		return web.Response{}, err
	}
	if err := r.End(); err != nil {
		return web.Response{}, err
	}
	r.Say(good, r.Text.T("member.signed_out_everywhere"))
	return web.See(signInAt), nil
}
