package member

import (
	"context"
	"strconv"
	"strings"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// loansPage is GET /geleend, *Geleend*: what one card has on loan, with a tab
// for each card whose loans the reader may see (S17, S18).
type loansPage struct {
	T     *text.Printer
	CSRF  string
	Tabs  []ui.Tab
	Name  string // whose loans
	Own   bool
	Pass  string // the card in the forms, "" for the reader's own
	Away  bool   // the loans could not be had
	Retry string
	Loans []ui.Loan
}

func (p *pages) showLoans(ctx context.Context, r *web.Request) (web.Response, error) {
	permits, err := p.Book.Permits(ctx, actor(r))
	if err != nil {
		return web.Response{}, err
	}
	permit, err := among(permits, r, r.URL.Query().Get("pas"), mandate.Renew)
	if err != nil {
		return web.Response{}, err
	}
	var became renewals
	r.Take(renewalsKey, &became)
	page, err := p.loansPage(ctx, r, permits, permit, became)
	if err != nil {
		return web.Response{}, err
	}
	return web.Show(page), nil
}

// loansPage reads the tab's loans and puts what a button did beside each.
func (p *pages) loansPage(
	ctx context.Context, r *web.Request, permits []mandate.Permit, permit mandate.Permit, became renewals,
) (web.Page, error) {
	members, err := p.Viewer.Fill(ctx, []mandate.Permit{permit}, household.Want{Loans: true})
	if err != nil {
		return web.Page{}, err
	}
	m, today, t := members[0], p.shell.Today(), r.Text
	page := loansPage{
		T: t, CSRF: r.Token(), Name: permit.Card().Name, Own: permit.OwnCard(), Pass: pass(permit),
		Away: m.LoansErr != nil, Retry: loansOf(permit),
	}
	if page.Away && len(became) > 0 { // until it can be shown
		if err := r.Keep(renewalsKey, became); err != nil {
			return web.Page{}, err
		}
	}
	for _, q := range permits {
		if q.Allows(mandate.Renew) {
			page.Tabs = append(page.Tabs, cardTab(t, q, loansOf(q), permit))
		}
	}
	for i, l := range m.Loans {
		row := loanOf(t, l, today, renewForm(t, page.CSRF, permit, l))
		row.ID = strconv.Itoa(i)
		renewed, reasons := became.of(l.ID)
		row.Problems = reasons
		if renewed {
			row.Facts = append([]string{t.T("member.renewed_here")}, row.Facts...)
		}
		page.Loans = append(page.Loans, row)
	}
	return web.Page{Title: t.T("member.loans"), Body: loansView(page), Section: loansAt, Stay: loansOf(permit)}, nil
}

// loanOf is one loan as pages show it: the date is the largest thing on it.
func loanOf(t *text.Printer, l circulation.Loan, today calendar.Date, renew ui.Post) ui.Loan {
	row := ui.Loan{Due: dueOf(t, l.DueOn, today), Title: titleOf(t, l), Renew: &renew}
	var about []string
	if key := "member.material_" + strings.ToLower(l.Material); t.Has(key) {
		about = append(about, t.T(key)) // a library's own code says nothing to a member
	}
	if l.Author != "" {
		about = append(about, strings.TrimRight(l.Author, " ,/"))
	}
	if l.Renewals > 0 {
		about = append(about, t.N("member.renewals", l.Renewals))
	}
	if len(about) > 0 {
		row.Facts = append(row.Facts, strings.Join(about, " · "))
	}
	if l.Reserved {
		row.Facts = append(row.Facts, t.T("member.reserved"))
	}
	return row
}

// renewForm is *Verlengen* at one loan. The date says what the reader saw.
func renewForm(t *text.Printer, csrf string, p mandate.Permit, l circulation.Loan) ui.Post {
	return ui.Post{
		Action: "/geleend/verlengen", CSRF: csrf,
		Hidden: []ui.Hidden{{Name: "pas", Value: pass(p)}, {Name: "loan", Value: string(l.ID)}, {Name: "due", Value: l.DueOn.String()}},
		Button: ui.Press{Label: t.T("member.renew"), Variant: ui.Secondary},
	}
}

// titleOf is what a loan is called: where a library system tells no titles, by
// what stands on the item.
func titleOf(t *text.Printer, l circulation.Loan) string {
	switch {
	case strings.TrimSpace(l.Title) != "":
		return trimmed(l.Title)
	case l.Item != "":
		return t.T("member.loan_untitled", "item", l.Item)
	}
	return t.T("member.loan_unknown")
}

// trimmed leaves out what a catalogue puts between a title and what follows it
// there: "The C programming language /".
func trimmed(title string) string {
	if short := strings.TrimRight(title, " /:;=,"); short != "" {
		return short
	}
	return title
}

// missing says whose loans could not be had.
func (l loansPage) missing() string {
	if l.Own {
		return l.T.T("member.loans_away")
	}
	return l.T.T("member.loans_away_name", "name", l.Name)
}

func (l loansPage) heading() string {
	if l.Own {
		return l.T.T("member.loans_mine")
	}
	return l.T.T("member.loans_of", "name", l.Name)
}
