package desk

import (
	"context"

	"hoofdpas/internal/money"
	"hoofdpas/internal/text"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// reportPage is GET /balie/kas/{shift}: the report of a shift, to be printed like
// a receipt. One that is open is reported so far.
type reportPage struct {
	T    *text.Printer
	Slip ui.Slip
}

func (p *pages) showShift(ctx context.Context, r *web.Request) (web.Response, error) {
	id, err := number(r.PathValue("shift"))
	if err != nil {
		return web.Response{}, err
	}
	sum, err := p.Drawer.Sum(ctx, till.ShiftID(id))
	if err != nil {
		return web.Response{}, err
	}
	page := reportPage{T: r.Text, Slip: p.report(r.Text, sum)}
	return web.Show(web.Page{Title: page.Slip.Title, Body: reportView(page), Section: tillAt}), nil
}

func (p *pages) report(t *text.Printer, s till.Summary) ui.Slip {
	slip := ui.Slip{
		Library: p.shell.Library, Title: t.T("till.report_title", "id", int64(s.Shift.ID)),
		Facts: []ui.Fact{
			{Label: t.T("till.desk"), Value: placeName(s.Place)},
			{Label: t.T("till.was_opened"), Value: t.T("till.when_by", "when", t.Moment(s.OpenedAt), "by", s.OpenedBy)},
		},
		TotalLabel: t.T("till.report_expected"), Total: t.Amount(s.Cash),
	}
	line := func(label string, c money.Cents) ui.Line { return ui.Line{Label: label, Amount: t.Amount(c)} }
	cash := ui.ReceiptGroup{Title: t.T("desk.means_cash")}
	if d := s.OpeningDifference(); d != 0 {
		cash.Lines = append(cash.Lines, line(t.T("till.report_left"), s.OpeningExpected), line(t.T("till.report_opening_difference"), d))
	}
	cash.Lines = append(cash.Lines,
		line(t.T("till.sum_opening"), s.Opening),
		line(t.N("till.report_received", s.CashPayments), s.CashIn), line(t.T("till.report_back"), -s.CashBack),
		line(t.T("till.sum_in"), s.PutIn), line(t.T("till.sum_out"), -s.TakenOut), line(t.T("till.sum_expected"), s.Cash))
	pin := ui.ReceiptGroup{Title: t.T("desk.means_pin"), Lines: []ui.Line{
		line(t.N("till.report_received", s.PINPayments), s.PINIn), line(t.T("till.report_back"), -s.PINBack),
		line(t.T("till.sum_expected"), s.PIN),
	}}
	if s.IsOpen() {
		slip.Facts = append(slip.Facts, ui.Fact{Label: t.T("till.was_closed"), Value: t.T("till.is_open")})
	} else {
		slip.Facts = append(slip.Facts, ui.Fact{
			Label: t.T("till.was_closed"), Value: t.T("till.when_by", "when", t.Moment(s.ClosedAt), "by", s.ClosedBy),
		})
		cash.Lines = append(cash.Lines, line(t.T("till.counted"), s.CashCounted), differenceLine(t, s.CashDifference()))
		pin.Lines = append(pin.Lines, line(t.T("till.report_terminal"), s.PINCounted), differenceLine(t, s.PINDifference()))
		slip.TotalLabel, slip.Total = t.T("till.report_counted"), t.Amount(s.CashCounted)
		if s.Note != "" {
			slip.Facts = append(slip.Facts, ui.Fact{Label: t.T("till.note"), Value: s.Note})
		}
	}
	slip.Groups = append(slip.Groups, cash, pin)
	if len(s.Movements) > 0 {
		g := ui.ReceiptGroup{Title: t.T("till.moves")}
		for _, m := range moves(t, s.Movements) {
			g.Lines = append(g.Lines, ui.Line{Label: m.Why, Note: m.What + " · " + m.When + " · " + m.Staff, Amount: m.Amount})
		}
		slip.Groups = append(slip.Groups, g)
	}
	if s.Rounding != 0 {
		slip.Closing = t.T("till.rounding_so_far", "amount", s.Rounding)
	}
	return slip
}

func differenceLine(t *text.Printer, more money.Cents) ui.Line {
	return ui.Line{Label: t.T("till.difference"), Note: differs(t, more), Amount: t.Amount(more)}
}
