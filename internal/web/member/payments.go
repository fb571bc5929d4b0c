package member

import (
	"context"

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
	past, err := p.Cashier.Past(ctx, actor(r), pastPayments)
	if err != nil {
		return web.Response{}, err
	}
	page := paymentsPage{T: r.Text}
	for _, m := range past {
		row := paymentRow{
			ID: m.ID, Href: paymentAt(m.ID), Day: p.day(r, m), State: r.Text.T("member.paid_state_" + string(m.State)),
			Means: r.Text.T("member.means_" + string(m.Means)), Total: r.Text.Amount(m.Total),
		}
		var names []string
		for _, g := range paidGroups(r, m.Lines) {
			names = append(names, g.Who.Name)
		}
		row.For = r.Text.Join(names)
		page.Rows = append(page.Rows, row)
	}
	return web.Show(web.Page{Title: r.Text.T("member.payments"), Body: paymentsView(page), Section: feesAt}), nil
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
