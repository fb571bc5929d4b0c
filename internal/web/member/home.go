package member

import (
	"context"
	"slices"
	"strconv"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// homeLoans is how many loans the first page shows; the rest is one tap away.
const homeLoans = 5

// homePage is GET /, *Mijn bibliotheek*: what must go back when and what there
// is to pay, over all cards of the household.
type homePage struct {
	T       *text.Printer
	CSRF    string
	Name    string
	Waiting int // mandates that wait for the reader's answer
	// Moneys tell of the reader's payments: one that is under way, and what went
	// back lately.
	Moneys []moneyNotice
	// Loans are the first to go back; More is how many follow.
	Loans []ui.Loan
	More  int
	// Linked tells that there are other people's cards among them.
	Linked bool
	// Owes is the sum over the cards that the reader may pay for.
	Owes   money.Cents
	FeesAt string
	// LoansAway and FeesAway name the cards whose part could not be had.
	LoansAway, FeesAway []string
}

func (p *pages) home(ctx context.Context, r *web.Request) (web.Response, error) {
	waiting, err := p.Book.Waiting(ctx, r.Me.Holder)
	if err != nil {
		return web.Response{}, err
	}
	members, err := p.Viewer.Read(ctx, actor(r), household.Want{Loans: true, Fees: true})
	if err != nil {
		return web.Response{}, err
	}
	page := homePage{
		T: r.Text, CSRF: r.Token(), Name: r.Me.Holder.Name, Waiting: waiting, Linked: len(members) > 1, FeesAt: feesAt,
	}
	if page.Owes, err = household.Total(members); err != nil {
		return web.Response{}, err
	}
	if page.Moneys, err = p.moneyNotices(ctx, r); err != nil {
		return web.Response{}, err
	}
	page.addFees(members)
	page.addLoans(members, p.shell.Today())
	return web.Show(web.Page{Title: r.Text.T("member.home"), Body: homeView(page), Section: homeAt}), nil
}

// totalLabel says of what the total is.
func (h homePage) totalLabel() string {
	if len(h.FeesAway) > 0 {
		return h.T.T("member.total_part")
	}
	return h.T.T("member.owe_total")
}

func (h *homePage) addFees(members []household.Member) {
	payers := 0
	for _, m := range members {
		if m.Permit.Allows(mandate.Pay) {
			payers++
		}
		if m.FeesErr != nil {
			h.FeesAway = append(h.FeesAway, whoIs(h.T, m.Permit).Name)
		}
	}
	if payers > 1 {
		h.FeesAt = togetherAt
	}
}

// addLoans puts the loans of all cards in the order of their dates and leaves
// out what does not fit.
func (h *homePage) addLoans(members []household.Member, today calendar.Date) {
	type dated struct {
		on   calendar.Date
		loan ui.Loan
	}
	var all []dated
	for _, m := range members {
		who := whoIs(h.T, m.Permit)
		if m.LoansErr != nil {
			h.LoansAway = append(h.LoansAway, who.Name)
		}
		for _, l := range m.Loans {
			row := loanOf(h.T, l, today, renewForm(h.T, h.CSRF, m.Permit, l))
			row.Facts = row.Facts[:0] // only what and when
			if h.Linked {
				row.Who = &who
			}
			all = append(all, dated{l.DueOn, row})
		}
	}
	slices.SortStableFunc(all, func(a, b dated) int { return sooner(a.on, b.on) })
	for i, d := range all[:min(len(all), homeLoans)] {
		d.loan.ID = strconv.Itoa(i)
		h.Loans = append(h.Loans, d.loan)
	}
	h.More = len(all) - len(h.Loans)
}

// sooner orders dates; what has none comes last.
func sooner(a, b calendar.Date) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return b.DaysUntil(a)
}
