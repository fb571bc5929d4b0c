package member

import (
	"context"

	"hoofdpas/internal/web"
)

// showFeesTogether is GET /betalen/samen, *Samen betalen* (S19): the fees of
// all cards that the reader may pay for, to be paid in one go.
func (p *pages) showFeesTogether(ctx context.Context, r *web.Request) (web.Response, error) {
	permits, err := p.Book.Permits(ctx, actor(r))
	if err != nil {
		return web.Response{}, err
	}
	page, err := p.feesPage(ctx, r, permits, nil, nil, nil)
	if err != nil {
		return web.Response{}, err
	}
	return web.Show(page), nil
}
