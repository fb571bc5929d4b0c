package desk

import (
	"context"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// todayPage is GET /balie/vandaag: what this staff member took today, by means.
type todayPage struct {
	T    *text.Printer
	Day  string
	Sums []takenRow
	All  takenRow
	Rows []paymentRow
}

// takenRow is what came in by one means.
type takenRow struct {
	Means  string
	Count  int
	Amount money.Cents
}

func (p *pages) showToday(ctx context.Context, r *web.Request) (web.Response, error) {
	today := p.shell.Today()
	from := today.Begin(p.shell.Zone)
	taken, err := p.Cashier.Taken(ctx, r.Staff.Name, from, today.AddDays(1).Begin(p.shell.Zone))
	if err != nil {
		return web.Response{}, err
	}
	page := todayPage{T: r.Text, Day: r.Text.Day(today, today)}
	for _, means := range []payment.Means{payment.Cash, payment.PIN} {
		row := takenRow{Means: r.Text.T("desk.means_" + string(means))}
		for _, m := range taken {
			if m.Means != means {
				continue
			}
			row.Count++
			if row.Amount, err = money.Add(row.Amount, m.Received); err != nil {
				return web.Response{}, err
			}
		}
		page.Sums = append(page.Sums, row)
		page.All.Count += row.Count
		if page.All.Amount, err = money.Add(page.All.Amount, row.Amount); err != nil {
			return web.Response{}, err
		}
	}
	for _, m := range taken {
		row := paymentRowOf(r, m)
		row.How = r.Text.T("desk.means_" + string(m.Means)) // all by the reader
		page.Rows = append(page.Rows, row)
	}
	return web.Show(web.Page{Title: r.Text.T("desk.today"), Body: todayView(page), Section: todayAt}), nil
}
