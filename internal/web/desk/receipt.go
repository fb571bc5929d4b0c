package desk

import (
	"context"

	"hoofdpas/internal/card"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// receiptPage is GET /balie/bon/{payment}: the receipt of a payment, made to be
// printed on a till roll of 80 mm or on A4, and the way on to the next search.
type receiptPage struct {
	T      *text.Printer
	CSRF   string
	CardAt string // the payer's page
	Payer  string
	Slip   ui.Slip
}

func (p *pages) showReceipt(ctx context.Context, r *web.Request) (web.Response, error) {
	id, err := number(r.PathValue("payment"))
	if err != nil {
		return web.Response{}, err
	}
	made, err := p.Cashier.Receipt(ctx, payment.ID(id))
	if err != nil {
		return web.Response{}, err
	}
	if made.State != payment.Paid {
		return web.Response{}, noPage() // nothing was received
	}
	if err := p.look(ctx, r, made.Payer); err != nil {
		return web.Response{}, err
	}
	page := receiptPage{
		T: r.Text, CSRF: r.Token(), CardAt: cardAt(made.Payer.ID), Payer: made.Payer.Name, Slip: p.slip(r, made),
	}
	return web.Show(web.Page{
		Title: r.Text.T("desk.receipt", "id", int64(made.ID)), Body: receiptView(page), Section: searchAt,
	}), nil
}

func (p *pages) slip(r *web.Request, made payment.Payment) ui.Slip {
	t := r.Text
	s := ui.Slip{
		Library: p.shell.Library, Title: t.T("desk.receipt", "id", int64(made.ID)),
		Facts: []ui.Fact{
			{Label: t.T("desk.receipt_when"), Value: t.Moment(made.EndedAt)},
			{Label: t.T("desk.receipt_payer"), Value: made.Payer.Name},
			{Label: t.T("desk.receipt_means"), Value: t.T("desk.means_" + string(made.Means))},
		},
		TotalLabel: t.T("desk.receipt_total"), Total: t.Amount(made.Total), Closing: t.T("desk.receipt_thanks"),
	}
	if made.Staff != "" {
		s.Facts = append(s.Facts, ui.Fact{Label: t.T("desk.receipt_staff"), Value: made.Staff})
	}
	at := map[card.ID]int{}
	for _, l := range made.Lines {
		i, ok := at[l.Holder.ID]
		if !ok {
			i = len(s.Groups)
			at[l.Holder.ID] = i
			s.Groups = append(s.Groups, ui.ReceiptGroup{Title: l.Holder.Name})
		}
		kind := t.T("member.fee_" + string(l.Kind))
		line := ui.Line{Label: kind, Note: described(kind, l.Description), Amount: t.Amount(l.Amount)}
		if l.Refused {
			line.Note = t.T("member.line_refused")
		}
		s.Groups[i].Lines = append(s.Groups[i].Lines, line)
	}
	return s
}
