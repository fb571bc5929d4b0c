package desk

import (
	"context"

	"hoofdpas/internal/card"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// closePage is GET /balie/kas/sluiten: counting the drawer and reading the
// terminal.
type closePage struct {
	T      *text.Printer
	CSRF   string
	Desk   string
	Count  count
	PIN    ui.Field
	Faults web.Faults
}

// checkPage is what follows: what was counted against what must be there,
// before it is final.
type checkPage struct {
	T      *text.Printer
	CSRF   string
	Desk   string
	Typed  []ui.Hidden // what was counted, to come back to
	Rows   []differenceRow
	Differ bool
	Note   string
	Faults web.Faults
}

// differenceRow is one means.
type differenceRow struct {
	Means, Expected, Counted, Difference string
	Differs                              bool
}

func (p *pages) showClose(ctx context.Context, r *web.Request) (web.Response, error) {
	at, _, ok, err := p.working(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if !ok || !at.IsOpen() {
		return openFirst(r, tillAt), nil
	}
	return web.Show(p.closePage(r, at, emptyCount(r.Text), "", nil)), nil
}

func (p *pages) closePage(r *web.Request, at till.Desk, c count, pin string, f web.Faults) web.Page {
	t := r.Text
	page := closePage{T: t, CSRF: r.Token(), Desk: placeName(at.Place), Count: c.with(f), Faults: f, PIN: ui.Field{
		Name: "pin", Label: t.T("till.counted_pin"), Hint: t.T("till.counted_pin_hint"), Value: pin, Errors: f.At("pin"),
		InputMode: "decimal", Autocomplete: "off", Short: true,
	}}
	return web.Page{Title: t.T("till.close"), Body: closeView(page), Section: tillAt, Stay: closeAt}
}

// closeTill is POST /balie/kas/sluiten, in steps: *Tel op* adds up, *Verder*
// shows the differences, *Kas sluiten* closes.
func (p *pages) closeTill(ctx context.Context, r *web.Request) (web.Response, error) {
	at, _, ok, err := p.working(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if !ok || !at.IsOpen() {
		return p.closedAlready(ctx, r)
	}
	step := r.Field("stap")
	adding := step != "kijk" && step != "sluit"
	c, unmet := readCount(r, adding)
	typed := r.Field("pin")
	pin, wrong := signed(r, "pin")
	if wrong != nil && (!adding || typed != "") {
		unmet = append(unmet, wrong)
	}
	again := func(f web.Faults) (web.Page, error) { return p.closePage(r, at, c, typed, f), nil }
	if len(unmet) > 0 {
		return p.shell.Again(r, unmet, again)
	}
	if adding {
		return web.Show(p.closePage(r, at, c, typed, nil)), nil
	}
	// What the reader was shown is what must be closed with.
	count := till.Count{Cash: c.Cash, PIN: pin, Note: r.Field("opmerking")}
	if step == "sluit" {
		if count.ExpectedCash, wrong = signed(r, "hoort"); wrong == nil {
			count.ExpectedPIN, wrong = signed(r, "hoort_pin")
		}
		if wrong != nil {
			return web.Response{}, problem.New(problem.Invalid, web.ReasonForm, nil)
		}
		s, err := p.Drawer.Close(ctx, r.Staff.Name, shiftSent(r), count)
		if err == nil {
			return p.closed(ctx, r, s)
		}
		if problem.KindOf(err) == problem.Conflict && problem.Has(err, payment.ReasonShiftOver) {
			return web.SeeOr(r, tillAt, err)
		}
		return p.shell.Again(r, err, func(f web.Faults) (web.Page, error) { return p.checkPage(ctx, r, at, count, f) })
	}
	page, err := p.checkPage(ctx, r, at, count, nil)
	if err != nil {
		return web.Response{}, err
	}
	return web.Show(page), nil
}

// shiftSent is the shift that a form closes: not whichever is open by now.
func shiftSent(r *web.Request) till.ShiftID {
	id, err := number(r.Field("dienst"))
	if err != nil {
		return 0 // no shift
	}
	return till.ShiftID(id)
}

// closedAlready answers a form that closes a shift that is closed: one that was
// sent twice leads to the report, as the first did.
func (p *pages) closedAlready(ctx context.Context, r *web.Request) (web.Response, error) {
	id := shiftSent(r)
	if id == 0 {
		return openFirst(r, tillAt), nil
	}
	sum, err := p.Drawer.Sum(ctx, id)
	if err != nil {
		return web.Response{}, err
	}
	if sum.ClosedBy == r.Staff.Name {
		r.Say(good, r.Text.T("till.closed", "desk", placeName(sum.Place)))
		return web.See(shiftAt(id)), nil
	}
	return web.SeeOr(r, tillAt, problem.New(problem.Conflict, payment.ReasonShiftOver, nil))
}

func (p *pages) closed(ctx context.Context, r *web.Request, s till.Shift) (web.Response, error) {
	if !s.Again {
		p.did(ctx, r, card.Holder{}, actCloseTill, s.Place.String()+" "+s.CashCounted.String())
	}
	r.Say(good, r.Text.T("till.closed", "desk", placeName(s.Place)))
	return web.See(shiftAt(s.ID)), nil
}

func (p *pages) checkPage(ctx context.Context, r *web.Request, at till.Desk, c till.Count, f web.Faults) (web.Page, error) {
	sum, err := p.Drawer.Sum(ctx, at.Shift.ID)
	if err != nil {
		return web.Page{}, err
	}
	t := r.Text
	page := checkPage{T: t, CSRF: r.Token(), Desk: placeName(at.Place), Note: c.Note, Faults: f}
	for _, name := range countNames() {
		if v := r.Field(name); v != "" {
			page.Typed = append(page.Typed, ui.Hidden{Name: name, Value: v})
		}
	}
	hide := func(name, value string) { page.Typed = append(page.Typed, ui.Hidden{Name: name, Value: value}) }
	hide("geteld", asTyped(t, c.Cash))
	hide("pin", asTyped(t, c.PIN))
	hide("hoort", asTyped(t, sum.Cash))
	hide("hoort_pin", asTyped(t, sum.PIN))
	hide("dienst", idText(int64(at.Shift.ID)))
	row := func(means payment.Means, expected, counted money.Cents) {
		page.Rows = append(page.Rows, differenceRow{
			Means: t.T("desk.means_" + string(means)), Expected: t.Amount(expected), Counted: t.Amount(counted),
			Difference: differs(t, counted-expected), Differs: counted != expected,
		})
		page.Differ = page.Differ || counted != expected
	}
	row(payment.Cash, sum.Cash, c.Cash)
	row(payment.PIN, sum.PIN, c.PIN)
	return web.Page{Title: t.T("till.close"), Body: checkView(page), Section: tillAt, Stay: closeAt}, nil
}
