package member

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"strings"

	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// together is the tab over all cards, as the form names it.
const together = "samen"

// feesPage is GET /betalen and GET /betalen/samen, *Betalen*: what one card
// owes, or all cards that the reader may pay for (S19).
type feesPage struct {
	T    *text.Printer
	CSRF string
	Tabs []ui.Tab
	// Together is the page over all cards.
	Together bool
	// Online tells whether this library takes payments here; if not, the page
	// says where to pay.
	Online bool
	// Key makes a form that is sent twice one payment.
	Key string
	// Retry shows the page anew.
	Retry string
	// From is the tab that the form is on, for coming back to it.
	From   string
	Groups []feeGroup
	// GoOn leads to the reader's own payments that hold some of them.
	GoOn []string
	// Name is whose fees they are, on the page of one card.
	Name string
	Own  bool
	// Total is the sum of what is on this page and can be paid now, AllOwed
	// that of all tabs; PartAway tells that some tab's fees could not be had, so
	// that more may be owed. Payable counts the fees with a check box.
	Total, AllOwed money.Cents
	PartAway       bool
	Payable        int
	Faults         web.Faults
}

// feeGroup is one person's fees.
type feeGroup struct {
	Who  ui.Who
	Own  bool
	Rows []ui.Choice // with a check box when nothing holds the fee
	Away bool        // the fees could not be had
}

func (p *pages) showFees(ctx context.Context, r *web.Request) (web.Response, error) {
	permits, err := p.Book.Permits(ctx, actor(r))
	if err != nil {
		return web.Response{}, err
	}
	permit, err := among(permits, r, r.URL.Query().Get("pas"), mandate.Pay)
	if err != nil {
		return web.Response{}, err
	}
	page, err := p.feesPage(ctx, r, permits, permit, nil, nil)
	if err != nil {
		return web.Response{}, err
	}
	return web.Show(page), nil
}

// feesPage reads the fees of all tabs, for the total, and shows those of the
// permit's card, or all when permit is nil. ticked are the boxes to tick, nil
// for all of them.
func (p *pages) feesPage(
	ctx context.Context, r *web.Request, permits []mandate.Permit, permit mandate.Permit, ticked []string, f web.Faults,
) (web.Page, error) {
	members, err := p.payable(ctx, permits)
	if err != nil {
		return web.Page{}, err
	}
	page := feesPage{
		T: r.Text, CSRF: r.Token(), Together: permit == nil, Online: p.Cashier.Online(),
		Key: rand.Text(), From: together, Retry: togetherAt, Faults: f,
	}
	if permit != nil {
		page.From, page.Retry, page.Name, page.Own = pass(permit), feesOf(permit), permit.Card().Name, permit.OwnCard()
	}
	if page.AllOwed, err = household.Total(members); err != nil {
		return web.Page{}, err
	}
	for _, m := range members {
		tab := cardTab(r.Text, m.Permit, feesOf(m.Permit), permit)
		if tab.Note, err = debt(r.Text, m); err != nil {
			return web.Page{}, err
		}
		page.Tabs = append(page.Tabs, tab)
		page.PartAway = page.PartAway || m.FeesErr != nil
		if permit == nil || permit.Card().ID == m.Permit.Card().ID {
			if err := page.add(r, m, ticked); err != nil {
				return web.Page{}, err
			}
		}
	}
	if len(members) > 1 {
		page.Tabs = append(page.Tabs, ui.Tab{
			Label: r.Text.T("member.together"), Href: togetherAt, Current: permit == nil, Note: page.allOwed(),
		})
	}
	return web.Page{Title: r.Text.T("member.fees"), Body: feesView(page), Section: feesAt, Stay: page.Retry}, nil
}

// debt is what a card owes, for its tab.
func debt(t *text.Printer, m household.Member) (string, error) {
	owes, err := m.Owes()
	if err != nil || m.FeesErr != nil { // not known: no amount
		return "", err
	}
	return t.Amount(owes), nil
}

// payable reads the fees of all cards that the reader may pay for, and the
// loans that the reader may see: an overdue fee has no title of its own, since
// a title is not for everybody who pays.
func (p *pages) payable(ctx context.Context, permits []mandate.Permit) ([]household.Member, error) {
	permits = slices.DeleteFunc(slices.Clone(permits), func(q mandate.Permit) bool { return !q.Allows(mandate.Pay) })
	return p.Viewer.Fill(ctx, permits, household.Want{Fees: true, Loans: true})
}

// add puts in the fees of one card.
func (f *feesPage) add(r *web.Request, m household.Member, ticked []string) error {
	g := feeGroup{Who: whoIs(r.Text, m.Permit), Own: m.Permit.OwnCard(), Away: m.FeesErr != nil}
	titles := map[string]string{}
	for _, l := range m.Loans {
		titles[l.Item] = l.Title
	}
	for i, fee := range m.Fees {
		box := payment.Box{Card: m.Permit.Card().ID, Amount: fee.Amount, Fee: fee.ID}.String()
		row := ui.Choice{
			ID:   "kosten-" + strconv.FormatInt(g.Who.Key, 10) + "-" + strconv.Itoa(i),
			Name: "kosten", Value: box, Amount: r.Text.Amount(fee.Amount), Checked: ticked == nil || slices.Contains(ticked, box),
		}
		row.Label = r.Text.T("member.fee_" + string(fee.Kind))
		var facts []string
		if about := trimmed(cmp.Or(fee.Description, titles[fee.Item])); about != "" && about != row.Label {
			facts = append(facts, row.Label)
			row.Label = about
		}
		if !fee.ChargedOn.IsZero() { // not every system tells when
			facts = append(facts, r.Text.Date(fee.ChargedOn))
		}
		if len(facts) > 0 {
			row.Facts = []string{strings.Join(facts, " · ")}
		}
		if fee.Hold != nil {
			row.Disabled, row.Note = true, held(r, *fee.Hold)
			mine := fee.Hold.State == payment.Open && fee.Hold.Payer.ID == r.Me.Holder.ID
			if at := paymentAt(fee.Hold.Payment); mine && !slices.Contains(f.GoOn, at) {
				f.GoOn = append(f.GoOn, at)
			}
		} else {
			f.Payable++
			var err error
			if f.Total, err = money.Add(f.Total, fee.Amount); err != nil {
				return err
			}
		}
		g.Rows = append(g.Rows, row)
	}
	f.Groups = append(f.Groups, g)
	return nil
}

// held says what holds a fee, by name only when the reader may know it.
func held(r *web.Request, h payment.Hold) string {
	t := r.Text
	switch {
	case h.State == payment.Paid && h.Rest > 0:
		return t.T("member.fee_paid_part")
	case h.State == payment.Paid:
		return t.T("member.fee_paid")
	case h.Payer.ID == r.Me.Holder.ID:
		return t.T("member.fee_held_by_you", "until", h.Until)
	case h.Payer.Name == "":
		return t.T("member.fee_held", "until", h.Until)
	}
	return t.T("member.fee_held_by", "name", h.Payer.Name, "until", h.Until)
}

// allOwed is AllOwed, or that it is no less.
func (f feesPage) allOwed() string {
	if f.PartAway {
		return f.T.T("member.at_least", "amount", f.AllOwed)
	}
	return f.T.Amount(f.AllOwed)
}

// totalLabel says of what the total is.
func (f feesPage) totalLabel() string {
	if slices.ContainsFunc(f.Groups, func(g feeGroup) bool { return g.Away }) {
		return f.T.T("member.total_part")
	}
	return f.T.T("member.fees_total")
}

// missing says whose fees could not be had.
func (f feesPage) missing(g feeGroup) string {
	if g.Own {
		return f.T.T("member.fees_away")
	}
	return f.T.T("member.fees_away_name", "name", g.Who.Name)
}

func (f feesPage) heading() string {
	switch {
	case f.Together:
		return f.T.T("member.fees_together")
	case f.Own:
		return f.T.T("member.fees_mine")
	}
	return f.T.T("member.fees_of", "name", f.Name)
}

func (f feesPage) lead() string {
	switch {
	case f.Payable == 0 || !f.Online:
		return ""
	case f.Together:
		return f.T.T("member.fees_together_text")
	}
	return f.T.T("member.fees_choose")
}

// nothing says kindly that there is nothing to pay.
func (f feesPage) nothing() string {
	switch {
	case f.Together:
		return f.T.T("member.fees_none_together")
	case f.Own:
		return f.T.T("member.owe_nothing")
	}
	return f.T.T("member.fees_none_of", "name", f.Name)
}

// empty reports whether nothing is owed as far as is known.
func (f feesPage) empty() bool {
	return !slices.ContainsFunc(f.Groups, func(g feeGroup) bool { return g.Away || len(g.Rows) > 0 })
}
