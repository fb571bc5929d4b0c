package member

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// pastPayments is how many payments the page goes back.
const pastPayments = 50

// paymentsPage is GET /betalingen: what the reader has paid, online and at the
// desk.
type paymentsPage struct {
	T    *text.Printer
	Rows []paymentRow
}

type paymentRow struct {
	ID    payment.ID
	Href  string
	Day   string
	State string
	Means string
	For   string // whose fees, in names
	Total string
}

func (p *pages) showPayments(ctx context.Context, r *web.Request) (web.Response, error) {
	past, err := p.past(ctx, r, pastPayments)
	if err != nil {
		return web.Response{}, err
	}
	page := paymentsPage{T: r.Text}
	for _, m := range past {
		row, err := p.paymentRow(ctx, r, m)
		if err != nil {
			return web.Response{}, err
		}
		page.Rows = append(page.Rows, row)
	}
	return web.Show(web.Page{Title: r.Text.T("member.payments"), Body: paymentsView(page), Section: feesAt}), nil
}

// past are the reader's payments, and what others paid for the reader: what
// others tried and did not pay is their own business.
func (p *pages) past(ctx context.Context, r *web.Request, limit int) ([]payment.Payment, error) {
	past, err := p.Cashier.Past(ctx, actor(r), limit)
	return slices.DeleteFunc(past, func(m payment.Payment) bool { return m.Payer.ID != r.Me.Holder.ID && !m.Came() }), err
}

func (p *pages) paymentRow(ctx context.Context, r *web.Request, m payment.Payment) (paymentRow, error) {
	t := r.Text
	row := paymentRow{
		ID: m.ID, Href: paymentAt(m.ID), Day: t.Date(p.date(m.StartedAt)), State: t.T("member.paid_state_" + string(standingOf(m))),
		Means: meansOf(t, m), Total: t.Amount(m.Total + m.Rounding),
	}
	var names []string
	for _, g := range paidGroups(r, m) {
		names = append(names, g.Who.Name)
	}
	row.For = t.Join(names)
	if m.Payer.ID != r.Me.Holder.ID {
		payer, err := p.payer(ctx, r, m)
		if err != nil {
			return row, err
		}
		row.Means = t.T("member.paid_by", "means", row.Means, "name", payer)
	}
	return row, nil
}

// meansOf is how a payment was made, in words.
func meansOf(t *text.Printer, m payment.Payment) string {
	return t.T("member.means_"+string(m.Means), "terminal", m.Till.Desk)
}

func (p paymentsPage) table() ui.Table {
	t := p.T
	table := ui.Table{
		Caption: t.T("member.payments"), QuietCaption: true,
		Columns: []ui.Column{
			{Label: t.T("member.payment")},
			{Label: t.T("member.payment_for")},
			{Label: t.T("member.payment_state")},
			{Label: t.T("member.payment_means")},
			{Label: t.T("member.payment_amount"), Number: true},
		},
	}
	for _, row := range p.Rows {
		table.Rows = append(table.Rows, []templ.Component{
			paymentLink(row.Href, row.Day), ui.Text(row.For), ui.Text(row.State), ui.Text(row.Means), ui.Text(row.Total),
		})
	}
	return table
}
