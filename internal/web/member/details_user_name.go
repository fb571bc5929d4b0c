package member

import (
	"context"

	"hoofdpas/internal/web"
)

// setUserName is *Opslaan* at *Gebruikersnaam* (S2, S7), and *Verwijderen*,
// which sends none.
func (p *pages) setUserName(ctx context.Context, r *web.Request) (web.Response, error) {
	typed := r.Field("name")
	err := p.Porter.SetUserName(ctx, r.Me, typed)
	if err == nil {
		done := "member.user_name_saved"
		if typed == "" {
			done = "member.user_name_removed"
		}
		r.Say(good, r.Text.T(done))
		return web.See(detailsAt), nil
	}
	return p.shell.Again(r, err, func(f web.Faults) (web.Page, error) {
		for i := range f {
			f[i].Field = "name" // the form has no other
		}
		return p.detailsPage(ctx, r, func(d *detailsPage) { d.Typed, d.NameFaults = typed, f })
	})
}
