package desk

import (
	"context"

	"hoofdpas/internal/card"
	"hoofdpas/internal/web"
)

// open is POST /balie/pas, *Openen* at one of the cards that were found.
func (p *pages) open(ctx context.Context, r *web.Request) (web.Response, error) {
	n, err := card.ParseNumber(r.Field("nummer"))
	if err != nil {
		return web.Response{}, noPage()
	}
	return p.openNumber(ctx, r, n)
}

// openNumber makes sure that we know the card and leads to its page.
func (p *pages) openNumber(ctx context.Context, r *web.Request, n card.Number) (web.Response, error) {
	h, _, err := p.Porter.Known(ctx, n)
	if err != nil {
		return web.SeeOr(r, searchAt, err)
	}
	return web.See(cardAt(h.ID)), nil
}
