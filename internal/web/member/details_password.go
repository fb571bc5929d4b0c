package member

import (
	"context"

	"hoofdpas/internal/account"
	"hoofdpas/internal/web"
)

// changePassword is *Wachtwoord veranderen*: every other session of the card
// ends, this one goes on.
func (p *pages) changePassword(ctx context.Context, r *web.Request) (web.Response, error) {
	me, err := p.Porter.ChoosePassword(ctx, r.Me, account.NewPassword{
		Current: r.Raw("current"), New: r.Raw("new"), Again: r.Raw("again"),
	})
	if err == nil {
		return p.carryOn(r, me, "member.password_changed", detailsAt)
	}
	return p.shell.Again(r, err, func(f web.Faults) (web.Page, error) {
		return p.detailsPage(ctx, r, func(d *detailsPage) { d.PasswordFaults = f })
	})
}
