package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/text"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// fees is the part of the card's page that takes money: every open fee of every
// card that the holder may pay for, by card.
type fees struct {
	Action string
	// Key makes a form that is sent twice one payment.
	Key    string
	Groups []feeGroup
	// Ticked is the sum of the ticked boxes, TickedCount how many they are;
	// Owes is what all cards owe together. Payable counts the fees with a box.
	Ticked, Owes         money.Cents
	TickedCount, Payable int
	// PartAway tells that some card's fees could not be had: more may be owed.
	PartAway bool
	// Cash is what the ticked boxes come to in cash when that is rounded, 0 when
	// it is the same.
	Cash money.Cents
	// Desk is where the reader has the till open; without one OpenAt leads to it.
	Desk, OpenAt string
}

// tillHint says where the money goes, or that there is nowhere yet.
func (f fees) tillHint(t *text.Printer) string {
	if f.Desk == "" {
		return t.T("till.open_first")
	}
	return t.T("till.in_till", "desk", f.Desk)
}

// owesAll is Owes, or that it is no less.
func (f fees) owesAll(t *text.Printer) string {
	if f.PartAway {
		return t.T("member.at_least", "amount", f.Owes)
	}
	return t.Amount(f.Owes)
}

// feeGroup is one card's part.
type feeGroup struct {
	Who  ui.Who
	Own  bool
	Href string // the card's own page, "" on that page
	Rows []ui.Choice
	Owes money.Cents
	Away bool // the fees could not be had
}

// permits are the holder's permits to pay, of this very moment.
func (p *pages) permits(ctx context.Context, r *web.Request, v visitor) ([]mandate.Permit, error) {
	all, err := p.Book.Permits(ctx, actor(r, v.Holder))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(q mandate.Permit) bool { return !q.Allows(mandate.Pay) }), nil
}

func (p *pages) fees(ctx context.Context, r *web.Request, v visitor, ticked []string) (fees, error) {
	permits, err := p.permits(ctx, r, v)
	if err != nil {
		return fees{}, err
	}
	members, err := p.Viewer.Fill(ctx, permits, household.Want{Fees: true})
	if err != nil {
		return fees{}, err
	}
	out := fees{Action: cardAt(v.ID) + "/betalen"}
	s, open, err := p.shift(ctx, r)
	if err != nil {
		return fees{}, err
	}
	if out.OpenAt = tillThen(cardAt(v.ID)); open {
		out.Desk, out.OpenAt = placeName(s.Place), ""
	}
	if out.Owes, err = household.Total(members); err != nil {
		return fees{}, err
	}
	for i, m := range members {
		h := m.Permit.Card()
		g := feeGroup{Who: ui.Who{Name: h.Name, Key: int64(h.ID)}, Own: m.Permit.OwnCard(), Away: m.FeesErr != nil}
		out.PartAway = out.PartAway || g.Away
		if !g.Own {
			g.Href = cardAt(h.ID)
		}
		if g.Owes, err = m.Owes(); err != nil {
			return fees{}, err
		}
		for j, f := range m.Fees {
			row, free := p.feeRow(r, m, f, ticked)
			row.ID = fmt.Sprintf("kosten-%d-%d", i, j)
			g.Rows = append(g.Rows, row)
			if free {
				out.Payable++
			}
			if !row.Checked {
				continue
			}
			out.TickedCount++
			if out.Ticked, err = money.Add(out.Ticked, f.Amount); err != nil {
				return fees{}, err
			}
		}
		out.Groups = append(out.Groups, g)
	}
	if up := till.Round(out.Ticked, p.Drawer.Unit); up != 0 {
		out.Cash = out.Ticked + up
	}
	return out, nil
}

// feeRow is one fee; free tells that it can be paid now.
func (p *pages) feeRow(r *web.Request, m household.Member, f household.Fee, ticked []string) (row ui.Choice, free bool) {
	t := r.Text
	row = ui.Choice{
		Name: "kosten", Label: t.T("member.fee_" + string(f.Kind)), Amount: t.Amount(f.Amount),
	}
	if !f.ChargedOn.IsZero() { // not every system tells when
		row.Facts = []string{t.T("desk.charged", "day", f.ChargedOn)}
	}
	if about := described(row.Label, f.Description); about != "" {
		row.Label += ": " + about
	}
	if f.Hold != nil {
		row.Disabled, row.Note = true, held(r, *f.Hold)
		return row, false
	}
	row.Value = payment.Box{Card: m.Permit.Card().ID, Amount: f.Amount, Fee: f.ID}.String()
	row.Checked = ticked == nil || slices.Contains(ticked, row.Value)
	return row, true
}

// described is the description, unless it says no more than the kind.
func described(kind, description string) string {
	if strings.EqualFold(kind, strings.TrimSpace(description)) {
		return ""
	}
	return description
}

// held says what holds a fee and until when; by name only when the holder at
// the desk, who can read the screen, may know it.
func held(r *web.Request, h payment.Hold) string {
	switch {
	case h.State == payment.Paid && h.Rest > 0:
		return r.Text.T("member.fee_paid_part")
	case h.State == payment.Paid:
		return r.Text.T("member.fee_paid")
	case h.Payer.Name == "":
		return r.Text.T("desk.fee_held", "until", h.Until)
	}
	return r.Text.T("desk.fee_held_by", "name", h.Payer.Name, "until", h.Until)
}
