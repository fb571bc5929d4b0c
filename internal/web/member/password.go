package member

import (
	"context"

	"hoofdpas/internal/account"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// passwordPage is GET and POST /wachtwoord: choosing the first own password
// (S3 to S5). What was typed is never shown again.
type passwordPage struct {
	T      *text.Printer
	CSRF   string
	Name   string
	Faults web.Faults
}

func (p *pages) showPassword(_ context.Context, r *web.Request) (web.Response, error) {
	return web.Show(p.passwordForm(r, nil)), nil
}

func (p *pages) passwordForm(r *web.Request, f web.Faults) web.Page {
	page := passwordPage{T: r.Text, CSRF: r.Token(), Name: r.Me.Holder.Name, Faults: f}
	return web.Page{Title: r.Text.T("member.password"), Body: passwordView(page), Section: passwordAt, Stay: passwordAt}
}

func (p *pages) setPassword(ctx context.Context, r *web.Request) (web.Response, error) {
	me, err := p.Porter.ChoosePassword(ctx, r.Me, account.NewPassword{New: r.Raw("new"), Again: r.Raw("again")})
	if err != nil {
		return p.shell.Again(r, err, func(f web.Faults) (web.Page, error) { return p.passwordForm(r, f), nil })
	}
	return p.carryOn(r, me, "member.password_chosen", homeAt)
}

// carryOn keeps the member in, under a new session, after a password was
// changed: every other session is over.
func (p *pages) carryOn(r *web.Request, me account.Identity, done, to string) (web.Response, error) {
	if err := r.Begin(web.Sitting{Who: int64(me.Holder.ID), Epoch: me.Epoch}); err != nil {
		return web.Response{}, err
	}
	r.Say(good, r.Text.T(done))
	return web.See(to), nil
}
