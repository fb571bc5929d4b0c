package desk

import (
	"context"
	"strconv"

	"hoofdpas/internal/money"
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
	// Refund is where to pay back, "" when nothing can be; Refunds lead to the
	// receipts of what was paid back; First, on such a one, to the payment's.
	Refund  string
	Refunds []ui.Link
	First   string
	// Mail is *Mail de bon*; nil where no mail is sent.
	Mail *ui.Post
}

// receiptTitle is the number of a payment's receipt in words: "Bon Centrum
// 2026-000123". One without a number has its payment's.
func receiptTitle(t *text.Printer, made payment.Payment) string {
	if number := made.Receipt.String(); number != "" {
		return t.T("desk.receipt", "id", number)
	}
	return t.T("till.payment", "id", int64(made.ID))
}

func (p *pages) showReceipt(ctx context.Context, r *web.Request) (web.Response, error) {
	made, err := p.paymentOf(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if err := p.look(ctx, r, made.Payer); err != nil {
		return web.Response{}, err
	}
	page := receiptPage{
		T: r.Text, CSRF: r.Token(), CardAt: cardAt(made.Payer.ID), Payer: made.Payer.Name, Slip: p.slip(r, made),
	}
	page.Mail = p.mailButton(r, receiptAt(made.ID))
	if canReturn(made) {
		page.Refund = refundAt(made.ID)
	}
	for _, f := range made.Refunds {
		page.Refunds = append(page.Refunds, ui.Link{Href: refundedAt(f), Label: refundTitle(r.Text, f)})
	}
	return web.Show(web.Page{Title: page.Slip.Title, Body: receiptView(page), Section: searchAt}), nil
}

// canReturn reports whether something of a payment can be paid back.
func canReturn(made payment.Payment) bool {
	var paid money.Cents
	for _, l := range made.Lines {
		if l.Kept() {
			paid += l.Amount // a part of the payment's total
		}
	}
	return paid > made.Ahead() || made.Owed() > 0
}

func refundTitle(t *text.Printer, f payment.Refund) string {
	number := f.Receipt.String()
	if number == "" {
		number = strconv.FormatInt(int64(f.ID), 10)
	}
	return t.T("till.refund_title", "number", number)
}

// meansOf is how a payment was made: with a kiosk's name.
func meansOf(t *text.Printer, made payment.Payment) string {
	return t.T("desk.means_"+string(made.Means), "terminal", made.Till.Desk)
}

func (p *pages) slip(r *web.Request, made payment.Payment) ui.Slip {
	t := r.Text
	s := ui.Slip{
		Library: p.shell.Library, Title: receiptTitle(t, made),
		Facts: []ui.Fact{
			{Label: t.T("desk.receipt_when"), Value: t.Moment(made.EndedAt)},
			{Label: t.T("desk.receipt_payer"), Value: made.Payer.Name},
			{Label: t.T("desk.receipt_means"), Value: meansOf(t, made)},
		},
		Groups:     slipGroups(t, made.Lines),
		TotalLabel: t.T("desk.receipt_total"), Total: t.Amount(made.Total), Closing: t.T("desk.receipt_thanks"),
	}
	if made.Staff != "" {
		s.Facts = append(s.Facts, ui.Fact{Label: t.T("desk.receipt_staff"), Value: made.Staff})
	}
	switch {
	case made.Means == payment.Kiosk:
		s.Facts = append(s.Facts, ui.Fact{Label: t.T("till.branch"), Value: made.Till.Branch})
	case made.Till.Branch != "":
		s.Facts = append(s.Facts, ui.Fact{Label: t.T("till.desk"), Value: made.Till.Branch + ", " + made.Till.Desk})
	}
	if made.Rounding != 0 {
		s.After = append(s.After, ui.Line{Label: t.T("till.rounding"), Amount: t.Amount(made.Rounding)})
	}
	if made.Received != made.Total {
		s.After = append(s.After, ui.Line{Label: t.T("till.received"), Amount: t.Amount(made.Received)})
	}
	for _, f := range made.Refunds {
		line := ui.Line{
			Label:  t.T("till.paid_back", "means", t.T("till.by_"+string(f.Means))),
			Note:   f.Receipt.String() + " · " + t.Moment(f.RequestedAt),
			Amount: t.Amount(-f.Amount - f.Rounding),
		}
		if f.State != payment.Done {
			line.Note = t.T("till.refund_" + string(f.State))
		}
		s.After = append(s.After, line)
	}
	for _, c := range made.Chargebacks {
		line := ui.Line{Label: t.T("till.charged_back"), Note: t.Moment(c.At), Amount: t.Amount(-c.Amount)}
		s.After = append(s.After, line)
		if !c.RestoredAt.IsZero() {
			s.After = append(s.After, ui.Line{Label: t.T("till.restored"), Note: t.Moment(c.RestoredAt), Amount: t.Amount(c.Amount)})
		}
	}
	return s
}
