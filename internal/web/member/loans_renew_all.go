package member

import (
	"context"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/web"
)

// renewAll is *Alles verlengen* (S18): what can be renewed is renewed, and each
// of the others says why not.
func (p *pages) renewAll(ctx context.Context, r *web.Request) (web.Response, error) {
	permit, err := p.permit(ctx, r, r.Field("pas"), mandate.Renew)
	if err != nil {
		return web.Response{}, err
	}
	outcomes, err := p.Office.RenewAll(ctx, permit)
	if err != nil {
		return web.SeeOr(r, loansOf(permit), err)
	}
	var became renewals
	kind := good
	for _, o := range outcomes {
		item := renewal{Loan: o.Loan.ID}
		if o.Err != nil {
			kind = note
			if item.Reasons = r.Text.Problems(o.Err); len(item.Reasons) == 0 {
				p.shell.Log.ErrorContext(ctx, "a renewal broke", "error", o.Err)
				item.Reasons = []string{r.Text.T("problem." + string(web.ReasonOurFault))}
			}
		}
		became = append(became, item)
	}
	r.Say(kind, summary(r.Text, outcomes))
	if err := r.Keep(renewalsKey, became); err != nil {
		return web.Response{}, err
	}
	return web.See(loansOf(permit)), nil
}
