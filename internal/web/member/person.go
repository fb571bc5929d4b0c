package member

import (
	"strconv"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web/ui"
)

// whoIs is the holder of a permit's card as the reader calls them: "Mijzelf",
// or the name on the card. The colour of the initials is the same on every page.
func whoIs(t *text.Printer, p mandate.Permit) ui.Who {
	h := p.Card()
	who := ui.Who{Name: h.Name, Full: h.Name, Key: int64(h.ID)}
	if p.OwnCard() {
		who.Name = t.T("member.myself")
	}
	return who
}

// dueOf writes when something must go back. Not every library system has a date
// for all that is on loan.
func dueOf(t *text.Printer, on, today calendar.Date) ui.Due {
	if on.IsZero() {
		return ui.Due{Away: t.T("member.due_unknown")}
	}
	late := on.Overdue(today)
	return ui.Due{
		Away: t.Away(on, today), Day: t.Day(on, today), ISO: on.String(),
		Late: late, Soon: !late && today.DaysUntil(on) <= 1,
	}
}

// cardTab is the tab of one card (S17); current is the one whose page it is.
func cardTab(t *text.Printer, q mandate.Permit, href string, current mandate.Permit) ui.Tab {
	who := whoIs(t, q)
	return ui.Tab{
		Label: who.Name, Who: &who, Href: href,
		Current: current != nil && current.Card().ID == q.Card().ID,
	}
}

// pass is a permit's card as the addresses and forms of a page name it: "" for
// the reader's own. It is our own ID: a card number stays out of addresses.
func pass(p mandate.Permit) string {
	if p.OwnCard() {
		return ""
	}
	return strconv.FormatInt(int64(p.Card().ID), 10)
}

func loansOf(p mandate.Permit) string { return of(loansAt, p) }

func feesOf(p mandate.Permit) string { return of(feesAt, p) }

func of(address string, p mandate.Permit) string {
	if q := pass(p); q != "" {
		return address + "?pas=" + q
	}
	return address
}
