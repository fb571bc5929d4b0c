package desk

import (
	"context"
	"strconv"

	"hoofdpas/internal/money"
	"hoofdpas/internal/text"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

func shiftAt(id till.ShiftID) string { return tillAt + "/" + strconv.FormatInt(int64(id), 10) }

func fieldID(name string, i int) string { return name + "-" + strconv.Itoa(i) }

// shiftPage is GET /balie/kas while a shift is open at the reader's desk: what
// must be in the drawer, cash in and out, and the way to closing.
type shiftPage struct {
	T      *text.Printer
	CSRF   string
	Desk   string
	Since  string
	Report string // the address of its report so far
	Others bool   // there are other desks to choose
	Sum    till.Summary
	Moves  []moveRow
	Form   cashForm
	Past   []shiftRow
	Faults web.Faults
}

// moveRow is cash that was put in or taken out.
type moveRow struct{ When, What, Why, Staff, Amount string }

func (p *pages) shiftPage(ctx context.Context, r *web.Request, at till.Desk, others bool, form cashForm, f web.Faults) (web.Page, error) {
	t := r.Text
	page := shiftPage{
		T: t, CSRF: r.Token(), Desk: placeName(at.Place), Report: shiftAt(at.Shift.ID), Others: others, Form: form, Faults: f,
		Since: t.T("till.open_since", "when", t.Moment(at.Shift.OpenedAt), "by", at.Shift.OpenedBy),
	}
	var err error
	if page.Sum, err = p.Drawer.Sum(ctx, at.Shift.ID); err != nil {
		return web.Page{}, err
	}
	page.Moves = moves(t, page.Sum.Movements)
	if page.Past, err = p.pastShifts(ctx, r, at.Place); err != nil {
		return web.Page{}, err
	}
	return web.Page{Title: t.T("till.title_of", "desk", page.Desk), Body: shiftView(page), Section: tillAt, Stay: tillAt}, nil
}

func moves(t *text.Printer, of []till.Movement) []moveRow {
	rows := make([]moveRow, 0, len(of))
	for _, m := range of {
		row := moveRow{When: t.Moment(m.At), What: t.T("till." + string(m.Kind)), Why: m.Reason, Staff: m.Staff, Amount: t.Amount(m.Amount)}
		if m.Kind == till.Out {
			row.Amount = t.Amount(-m.Amount)
		}
		rows = append(rows, row)
	}
	return rows
}

// differs is a difference in words that need no colour: "€ 5,00 te veel".
func differs(t *text.Printer, more money.Cents) string {
	switch {
	case more > 0:
		return t.T("till.too_much", "amount", more)
	case more < 0:
		return t.T("till.too_little", "amount", -more)
	}
	return t.T("till.no_difference")
}

// sumsTable is what came and went, cash beside PIN.
func sumsTable(t *text.Printer, s till.Summary) ui.Table {
	out := ui.Table{Caption: t.T("till.sums"), QuietCaption: true, Columns: []ui.Column{
		{Label: t.T("till.what")}, {Label: t.T("desk.means_cash"), Number: true}, {Label: t.T("desk.means_pin"), Number: true},
	}}
	none := ui.Text("–")
	row := func(label string, cash money.Cents) {
		out.Rows = append(out.Rows, cells(ui.Text(label), ui.Amount(t.Amount(cash)), none))
	}
	row(t.T("till.sum_opening"), s.Opening)
	out.Rows = append(out.Rows,
		cells(ui.Text(t.N("till.sum_received", s.CashPayments+s.PINPayments)), ui.Amount(t.Amount(s.CashIn)), ui.Amount(t.Amount(s.PINIn))),
		cells(ui.Text(t.N("till.sum_back", s.Refunds)), ui.Amount(t.Amount(-s.CashBack)), ui.Amount(t.Amount(-s.PINBack))))
	row(t.T("till.sum_in"), s.PutIn)
	row(t.T("till.sum_out"), -s.TakenOut)
	out.Foot = cells(ui.Text(t.T("till.sum_expected")), ui.Amount(t.Amount(s.Cash)), ui.Amount(t.Amount(s.PIN)))
	return out
}
