package member

import (
	"context"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// toBankPage is GET /betaling/{id}/naar-de-bank: on to the bank, by itself or by
// a link. A form may lead to our own pages only: browsers hold a form's policy
// against every address that it is sent on to, and banks send a payer on to
// other banks.
type toBankPage struct {
	T        *text.Printer
	ID       payment.ID
	Amount   string
	Checkout string
}

func toBankAt(id payment.ID) string { return paymentAt(id) + "/naar-de-bank" }

func (p *pages) showToBank(ctx context.Context, r *web.Request) (web.Response, error) {
	id, err := number(r.PathValue("id"))
	if err != nil {
		return web.Response{}, err
	}
	made, err := p.Cashier.View(ctx, nil, actor(r), payment.ID(id))
	if err != nil {
		return web.Response{}, err
	}
	if made.State != payment.Open || made.Checkout == "" {
		return web.See(paymentAt(made.ID)), nil
	}
	return web.Show(web.Page{
		Title: r.Text.T("member.to_bank"), Section: feesAt, Onward: made.Checkout,
		Body: toBankView(toBankPage{T: r.Text, ID: made.ID, Amount: r.Text.Amount(made.Total), Checkout: made.Checkout}),
	}), nil
}
