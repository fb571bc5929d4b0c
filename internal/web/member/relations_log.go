package member

import (
	"context"
	"strconv"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// logEntries is how many entries one page of the log has.
const logEntries = 50

// logPage is GET /relaties/logboek: who did what, when, for whom, with the
// reader's card and on behalf of others.
type logPage struct {
	T    *text.Printer
	Rows []ui.Entry
	// Older leads to the entries before these, "" on the last page.
	Older string
	First bool
}

func (p *pages) showLog(ctx context.Context, r *web.Request) (web.Response, error) {
	before := int64(0)
	if q := r.URL.Query().Get("voor"); q != "" {
		var err error
		if before, err = number(q); err != nil {
			return web.Response{}, err
		}
	}
	// One more than fits, to know whether there is an older page.
	entries, err := p.Book.Log(ctx, r.Me.Holder, before, logEntries+1)
	if err != nil {
		return web.Response{}, err
	}
	page := logPage{T: r.Text, First: before == 0}
	if len(entries) > logEntries {
		entries = entries[:logEntries]
		page.Older = logAt + "?voor=" + strconv.FormatInt(entries[logEntries-1].ID, 10)
	}
	for _, e := range entries {
		// "Sem de Vries bevestigde: jij mag verlengen voor Sem de Vries"
		page.Rows = append(page.Rows, ui.Entry{
			When: r.Text.Moment(e.At), ISO: e.At.UTC().Format("2006-01-02T15:04:05Z"),
			Text: sentence(who(r.Text, e, r.Me.Holder.ID) + " " + what(r.Text, e, r.Me.Holder.ID)),
		})
	}
	return web.Show(web.Page{Title: r.Text.T("member.log"), Body: logView(page), Section: relationsAt}), nil
}

// who did it: the reader, the other, the desk for one of them, or the clock.
func who(t *text.Printer, e mandate.Entry, me card.ID) string {
	var name string
	switch {
	case e.Actor.ID == me:
		name = t.T("member.log_you")
	case e.Actor.IsZero() && e.Actor.Number.IsZero():
		switch {
		case e.Staff != "":
			return t.T("member.log_desk", "staff", e.Staff)
		case e.Deed == mandate.Deed(mandate.Expire):
			return t.T("member.log_clock")
		}
		return t.T("member.log_library")
	default:
		name = nameOrNumber(t, e.Actor)
	}
	if e.Staff != "" {
		return t.T("member.log_at_desk", "name", name, "staff", e.Staff)
	}
	return name
}

// what was done, for whom.
func what(t *text.Printer, e mandate.Entry, me card.ID) string {
	whose := nameOrNumber(t, e.Card)
	if e.Card.ID == me {
		whose = t.T("member.log_your_card")
	}
	switch e.Deed {
	case mandate.Renewed:
		return t.N("member.log_renewed", e.Count, "name", whose)
	case mandate.Paid:
		return t.N("member.log_paid", e.Count, "name", whose, "amount", e.Amount)
	case mandate.Refunded, mandate.ChargedBack:
		return t.T("member.log_"+string(e.Deed), "name", whose, "amount", e.Amount)
	}
	mine := e.Other.ID == me
	other := e.Other
	if mine {
		other = e.Card
	}
	return t.T("member.log_"+string(e.Deed), "says", says(t, told(e), e.Scope, mine, nameOrNumber(t, other)))
}

// told is how the log tells the mandate of an entry: what was asked, what
// holds from then on, or what held until then.
func told(e mandate.Entry) string {
	wish := "want"
	if e.Starter == mandate.Grantor {
		wish = "offer"
	}
	switch {
	case e.Deed == mandate.Deed(mandate.Request):
		return wish
	case e.Deed == mandate.Deed(mandate.Confirm):
		return "may"
	case e.Confirmed:
		return "might"
	}
	return wish + "ed"
}
