package desk

import (
	"context"
	"crypto/rand"

	"hoofdpas/internal/card"
	"hoofdpas/internal/text"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// openPage is GET /balie/kas while the reader's desk has no open shift, or no
// desk was chosen: it opens one, or leads to one that is open.
type openPage struct {
	T    *text.Printer
	CSRF string
	Then string // where to go afterwards
	// Open are desks with an open shift; Closed are those that can be opened.
	Open   []openDesk
	Closed ui.Options
	Count  count
	Past   []shiftRow
	Faults web.Faults
}

// openDesk is a desk where somebody has opened a shift.
type openDesk struct {
	ID, Value, Name, Since string
}

// shiftRow is one shift in a list, with its differences.
type shiftRow struct{ At, Desk, Opened, Closed, Cash, PIN string }

// pastShifts is how many of the last shifts a page lists.
const pastShifts = 10

// showTill is GET /balie/kas: the shift of the reader's desk, or how to open
// one. With "kies" in the address another desk can be chosen.
func (p *pages) showTill(ctx context.Context, r *web.Request) (web.Response, error) {
	at, all, ok, err := p.working(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if ok && at.IsOpen() && !r.URL.Query().Has("kies") {
		page, err := p.shiftPage(ctx, r, at, len(all) > 1, cashForm{Key: rand.Text()}, nil)
		if err != nil {
			return web.Response{}, err
		}
		return web.Show(page), nil
	}
	chosen := ""
	if ok {
		chosen = at.Place.String()
	}
	page, err := p.openPage(ctx, r, all, chosen, web.Local(r.URL.Query().Get("naar"), tillAt), emptyCount(r.Text), nil)
	if err != nil {
		return web.Response{}, err
	}
	return web.Show(page), nil
}

func (p *pages) openPage(
	ctx context.Context, r *web.Request, all []till.Desk, chosen, then string, c count, f web.Faults,
) (web.Page, error) {
	t := r.Text
	page := openPage{T: t, CSRF: r.Token(), Then: then, Count: c.with(f), Faults: f, Closed: ui.Options{
		Name: "plek", Legend: t.T("till.which"), Errors: f.At("plek"),
	}}
	for _, d := range all {
		name := placeName(d.Place)
		if d.IsOpen() {
			page.Open = append(page.Open, openDesk{
				ID: fieldID("open", len(page.Open)), Value: d.Place.String(), Name: name,
				Since: t.T("till.open_since", "when", t.Moment(d.Shift.OpenedAt), "by", d.Shift.OpenedBy),
			})
			continue
		}
		page.Closed.Options = append(page.Closed.Options, ui.Option{
			Value: d.Place.String(), Label: name, Checked: d.Place.String() == chosen,
		})
	}
	if len(page.Closed.Options) == 1 {
		page.Closed.Options[0].Checked = true
	}
	var err error
	if page.Past, err = p.pastShifts(ctx, r, till.Place{}); err != nil {
		return web.Page{}, err
	}
	stay := tillAt
	if then != tillAt {
		stay = tillThen(then)
	}
	return web.Page{Title: t.T("till.open_title"), Body: openView(page), Section: tillAt, Stay: stay}, nil
}

// openTill is POST /balie/kas/openen: *Tel op* only adds up what was counted.
func (p *pages) openTill(ctx context.Context, r *web.Request) (web.Response, error) {
	all, err := p.Drawer.Desks(ctx)
	if err != nil {
		return web.Response{}, err
	}
	sent, then := r.Field("plek"), web.Local(r.Field("naar"), tillAt)
	adding := r.Field("stap") != "open"
	c, unmet := readCount(r, adding)
	again := func(f web.Faults) (web.Page, error) { return p.openPage(ctx, r, all, sent, then, c, f) }
	if adding && len(unmet) == 0 {
		page, err := again(nil)
		if err != nil {
			return web.Response{}, err
		}
		return web.Show(page), nil
	}
	at, ok := place(all, sent)
	if !ok && !adding {
		unmet = append(unmet, noDesk())
	}
	if len(unmet) > 0 {
		return p.shell.Again(r, unmet, again)
	}
	s, err := p.Drawer.Open(ctx, r.Staff.Name, at.Place, c.Cash)
	if err != nil {
		// Somebody else may just have opened it.
		if now, lookErr := p.Drawer.Desks(ctx); lookErr == nil {
			all = now
		}
		return p.shell.Again(r, err, again)
	}
	if err := r.Keep(placeKey, s.Place); err != nil {
		return web.Response{}, err
	}
	if !s.Again {
		p.did(ctx, r, card.Holder{}, actOpenTill, s.Place.String()+" "+s.OpeningCounted.String())
	}
	r.Say(good, r.Text.T("till.opened", "desk", placeName(s.Place), "amount", s.OpeningCounted))
	if d := s.OpeningDifference(); d != 0 {
		r.Say(warn, r.Text.T("till.opened_differs", "expected", s.OpeningExpected, "difference", differs(r.Text, d)))
	}
	return web.See(then), nil
}

func (p *pages) pastShifts(ctx context.Context, r *web.Request, at till.Place) ([]shiftRow, error) {
	past, err := p.Drawer.Past(ctx, at, pastShifts)
	if err != nil {
		return nil, err
	}
	var rows []shiftRow
	for _, s := range past {
		if s.IsOpen() {
			continue // it stands above
		}
		rows = append(rows, shiftRow{
			At: shiftAt(s.ID), Desk: placeName(s.Place),
			Opened: r.Text.T("till.when_by", "when", r.Text.Moment(s.OpenedAt), "by", s.OpenedBy),
			Closed: r.Text.T("till.when_by", "when", r.Text.Moment(s.ClosedAt), "by", s.ClosedBy),
			Cash:   differs(r.Text, s.CashDifference()), PIN: differs(r.Text, s.PINDifference()),
		})
	}
	return rows, nil
}
