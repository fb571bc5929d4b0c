package desk

import (
	"cmp"
	"context"
	"strconv"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

const findingsAt = "/balie/aandacht"

const (
	// openFindings and pastFindings are how many the page shows at most.
	openFindings, pastFindings = 50, 20
	// countedFindings is how far the navigation counts.
	countedFindings = 100
)

// findingsPage is GET /balie/aandacht, *Aandacht*: what somebody has to look at,
// with what to do, and below it what was settled.
type findingsPage struct {
	T      *text.Printer
	CSRF   string
	Open   []finding
	More   bool
	Past   []settledRow
	Faults web.Faults
}

// finding is one thing to look at.
type finding struct {
	ID                     payment.FindingID
	Title, Since, Text, Do string
	// PaymentAt and PaymentOf are "" when it is about no payment of ours.
	PaymentAt, PaymentOf string
	Facts                []ui.Fact
	PayBackAt            string // "" when nothing is owed
	WriteOff             bool   // whether there is something to write off
	Action, NoteName     string
	Note                 string // what was typed before
	Errors               []string
}

type settledRow struct{ When, What, Who, Note string }

func findingAt(id payment.FindingID) string {
	return findingsAt + "/" + strconv.FormatInt(int64(id), 10)
}

// noteName is the field for what was done: each form on the page has its own.
func noteName(id payment.FindingID) string { return "gedaan-" + strconv.FormatInt(int64(id), 10) }

// typed is what was written at one of the forms before.
type typed struct {
	id   payment.FindingID
	note string
}

func (p *pages) showFindings(ctx context.Context, r *web.Request) (web.Response, error) {
	page, err := p.findingsPage(ctx, r, typed{}, nil)
	if err != nil {
		return web.Response{}, err
	}
	return web.Show(page), nil
}

func (p *pages) findingsPage(ctx context.Context, r *web.Request, before typed, f web.Faults) (web.Page, error) {
	page := findingsPage{T: r.Text, CSRF: r.Token(), Faults: f}
	open, err := p.Cashier.Findings(ctx, true, openFindings+1)
	if err != nil {
		return web.Page{}, err
	}
	if page.More = len(open) > openFindings; page.More {
		open = open[:openFindings]
	}
	for _, found := range open {
		row, err := p.finding(ctx, r, found)
		if err != nil {
			return web.Page{}, err
		}
		if found.ID == before.id {
			row.Note, row.Errors = before.note, f.At(row.NoteName)
		}
		page.Open = append(page.Open, row)
	}
	past, err := p.Cashier.Findings(ctx, false, pastFindings)
	if err != nil {
		return web.Page{}, err
	}
	for _, found := range past {
		page.Past = append(page.Past, settledRow{
			When: r.Text.Moment(found.SettledAt), What: findingTitle(r.Text, found), Who: found.SettledBy, Note: found.Note,
		})
	}
	return web.Page{Title: r.Text.T("finding.title"), Body: findingsView(page), Section: findingsAt, Stay: findingsAt}, nil
}

func findingTitle(t *text.Printer, f payment.Finding) string { return t.T("finding." + string(f.Kind)) }

// finding is one row, with what is known of its payment.
func (p *pages) finding(ctx context.Context, r *web.Request, f payment.Finding) (finding, error) {
	t := r.Text
	key := "finding." + string(f.Kind)
	row := finding{
		ID: f.ID, Title: t.T(key), Since: t.T("finding.found", "when", t.Moment(f.FoundAt)), Action: findingAt(f.ID), NoteName: noteName(f.ID),
		Text: t.T(key+"_text", "amount", max(f.Amount, -f.Amount)), Do: t.T(key + "_do"),
	}
	if f.Ref != "" {
		row.Facts = append(row.Facts, ui.Fact{Label: t.T("finding.provider", "provider", f.Provider), Value: f.Ref})
	}
	if f.Detail != "" {
		row.Facts = append(row.Facts, ui.Fact{Label: t.T("finding.said"), Value: said(t, f.Detail)})
	}
	if f.Payment == 0 {
		return row, nil
	}
	made, err := p.Cashier.Receipt(ctx, f.Payment)
	if err != nil {
		return finding{}, err
	}
	row.PaymentOf = t.T("finding.payment", "id", int64(made.ID), "name", made.Payer.Name)
	row.PaymentAt = cardAt(made.Payer.ID)
	if made.Came() {
		row.PaymentAt = receiptAt(made.ID)
	}
	row.WriteOff = f.Kind == payment.FoundChargebackOdd && made.Ahead() > 0
	if owed := made.Owed(); owed > 0 {
		row.Facts = append(row.Facts, ui.Fact{Label: t.T("finding.owed"), Value: t.Amount(owed)})
		row.PayBackAt, row.WriteOff = refundAt(made.ID), true
	}
	return row, nil
}

// said puts the other side's codes into words: the reason of a library system, or
// the state of a payment. Anything else is shown as it was said.
func said(t *text.Printer, detail string) string {
	for _, key := range []string{"problem." + detail, "desk.state_" + detail} {
		if t.Has(key) {
			return t.T(key)
		}
	}
	return detail
}

// settleFinding is *Afgehandeld*, or *Afboeken en afgehandeld*, with what was
// done.
func (p *pages) settleFinding(ctx context.Context, r *web.Request) (web.Response, error) {
	n, err := number(r.PathValue("finding"))
	if err != nil {
		return web.Response{}, err
	}
	id := payment.FindingID(n)
	note, off := r.Field(noteName(id)), r.Field("afboeken") != ""
	found, err := p.openFinding(ctx, id)
	if err == nil {
		err = p.Cashier.SettleFinding(ctx, r.Staff.Name, id, note, off)
	}
	switch {
	case problem.Has(err, payment.ReasonNotFound): // somebody was first, or it was sent twice
		r.Say(warn, r.Text.T("finding.was_settled"))
		return web.See(findingsAt), nil
	case err != nil:
		return p.shell.Again(r, err, func(f web.Faults) (web.Page, error) {
			for i := range f {
				f[i].Field = cmp.Or(f[i].Field, noteName(id))
			}
			return p.findingsPage(ctx, r, typed{id, note}, f)
		})
	}
	key := "finding.settled"
	if off {
		key = "finding.written_off"
	}
	r.Say(good, r.Text.T(key, "what", findingTitle(r.Text, found)))
	if found.Payment != 0 {
		if made, err := p.Cashier.Receipt(ctx, found.Payment); err == nil {
			p.did(ctx, r, made.Payer, actFinding, string(found.Kind))
		}
	}
	return web.See(findingsAt), nil
}

// openFinding is the open finding with the ID.
func (p *pages) openFinding(ctx context.Context, id payment.FindingID) (payment.Finding, error) {
	open, err := p.Cashier.Findings(ctx, true, openFindings)
	if err != nil {
		return payment.Finding{}, err
	}
	for _, f := range open {
		if f.ID == id {
			return f, nil
		}
	}
	return payment.Finding{}, problem.New(problem.NotFound, payment.ReasonNotFound, nil)
}

// findingsLabel is the navigation's link, with how many there are.
func (p *pages) findingsLabel(r *web.Request) string {
	label := r.Text.T("finding.title")
	open, err := p.Cashier.Findings(r.Context(), true, countedFindings)
	switch {
	case err != nil || len(open) == 0: // the page itself says what is wrong
		return label
	case len(open) == countedFindings:
		return label + " (" + strconv.Itoa(countedFindings-1) + "+)"
	}
	return label + " (" + strconv.Itoa(len(open)) + ")"
}

func (p findingsPage) past() ui.Table {
	t := p.T
	table := ui.Table{Caption: t.T("finding.past"), QuietCaption: true, Columns: []ui.Column{
		{Label: t.T("finding.column_when")},
		{Label: t.T("finding.column_what")},
		{Label: t.T("finding.column_who")},
		{Label: t.T("finding.column_note")},
	}}
	for _, row := range p.Past {
		table.Rows = append(table.Rows, cells(ui.Text(row.When), ui.Text(row.What), ui.Text(row.Who), ui.Text(row.Note)))
	}
	return table
}
