package member

import (
	"context"

	"hoofdpas/internal/account"
	"hoofdpas/internal/web"
)

// stopApp is *Stop* beside an app. One that is out already, or is somebody
// else's, is out for this member: there is no difference to be seen.
func (p *pages) stopApp(ctx context.Context, r *web.Request) (web.Response, error) {
	id, err := number(r.PathValue("id"))
	if err != nil {
		return web.Response{}, err
	}
	if err := p.Apps.End(ctx, r.Me, account.GrantID(id)); err != nil {
		return web.Response{}, err
	}
	r.Say(good, r.Text.T("member.app_stopped"))
	return web.See(appsAt), nil
}
