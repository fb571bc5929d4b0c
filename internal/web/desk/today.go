package desk

import (
	"context"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// todayPage is GET /balie/vandaag: what this staff member took today, by means, and
// what each terminal in the library did.
type todayPage struct {
	T    *text.Printer
	Day  string
	Sums []takenRow
	All  takenRow
	Rows []paymentRow
	// Terminals is empty where there are none, or none took anything.
	Terminals []takenRow
}

// takenRow is what came in by one means, or at one terminal.
type takenRow struct {
	How    string
	Count  int
	Amount money.Cents
}

func (p *pages) showToday(ctx context.Context, r *web.Request) (web.Response, error) {
	today := p.shell.Today()
	from := today.Begin(p.shell.Zone)
	until := today.AddDays(1).Begin(p.shell.Zone)
	taken, err := p.Cashier.Taken(ctx, r.Staff.Name, from, until)
	if err != nil {
		return web.Response{}, err
	}
	terminals, err := p.Cashier.TakenAtTerminals(ctx, from, until)
	if err != nil {
		return web.Response{}, err
	}
	page := todayPage{T: r.Text, Day: r.Text.Day(today, today)}
	for _, at := range terminals {
		name := at.Terminal.Branch + ", " + at.Terminal.Desk
		page.Terminals = append(page.Terminals, takenRow{How: name, Count: at.Payments, Amount: at.Amount})
	}
	for _, means := range []payment.Means{payment.Cash, payment.PIN} {
		row := takenRow{How: r.Text.T("desk.means_" + string(means))}
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
