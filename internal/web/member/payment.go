package member

import (
	"context"
	"strconv"

	"hoofdpas/internal/card"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// paymentPage is GET /betaling/{id}: how one payment of the reader stands, as
// the bank says it at this moment.
type paymentPage struct {
	T        *text.Printer
	CSRF     string
	ID       payment.ID
	State    payment.State
	Facts    []ui.Fact
	Until    string // when an open payment gives its fees free
	Checkout string // where to go on paying
	Total    money.Cents
	Groups   []paidGroup
}

// paidGroup is one person's part of a payment.
type paidGroup struct {
	Who  ui.Who
	Rows []ui.Line
}

func paymentAt(id payment.ID) string { return "/betaling/" + strconv.FormatInt(int64(id), 10) }

func (p *pages) showPayment(ctx context.Context, r *web.Request) (web.Response, error) {
	id, err := number(r.PathValue("id"))
	if err != nil {
		return web.Response{}, err
	}
	made, err := p.Cashier.Look(ctx, actor(r), payment.ID(id))
	if err != nil {
		return web.Response{}, err
	}
	page := paymentPage{
		T: r.Text, CSRF: r.Token(), ID: made.ID, State: made.State, Total: made.Total,
		Facts: []ui.Fact{
			{Label: r.Text.T("member.payment_started"), Value: r.Text.Moment(made.StartedAt)},
			{Label: r.Text.T("member.payment_means"), Value: r.Text.T("member.means_" + string(made.Means))},
		},
		Until: r.Text.Clock(made.ExpiresAt), Checkout: made.Checkout,
		Groups: paidGroups(r, made.Lines),
	}
	return web.Show(web.Page{
		Title: r.Text.T("member.payment_title", "id", int64(made.ID)), Body: paymentView(page), Section: feesAt,
	}), nil
}

// paidGroups puts the lines of one person together, in the order of the
// payment. Paying for somebody took a mandate, so the payer may know the name.
func paidGroups(r *web.Request, lines []payment.Line) []paidGroup {
	var out []paidGroup
	at := map[card.ID]int{}
	for _, l := range lines {
		i, ok := at[l.Holder.ID]
		if !ok {
			i = len(out)
			at[l.Holder.ID] = i
			name := l.Holder.Name
			if l.Holder.ID == r.Me.Holder.ID {
				name = r.Text.T("member.myself")
			}
			out = append(out, paidGroup{Who: ui.Who{Name: name, Full: l.Holder.Name, Key: int64(l.Holder.ID)}})
		}
		line := ui.Line{Label: r.Text.T("member.fee_" + string(l.Kind)), Amount: r.Text.Amount(l.Amount)}
		if about := titleOf(l.Description); about != "" && about != line.Label {
			line.Label, line.Note = about, line.Label
		}
		if l.Refused {
			line.Note = r.Text.T("member.line_refused")
		}
		out[i].Rows = append(out[i].Rows, line)
	}
	return out
}

// giveUp is *Stoppen met betalen*: the fees are free again at once.
func (p *pages) giveUp(ctx context.Context, r *web.Request) (web.Response, error) {
	id, err := number(r.PathValue("id"))
	if err != nil {
		return web.Response{}, err
	}
	_, err = p.Cashier.GiveUp(ctx, actor(r), payment.ID(id))
	if problem.KindOf(err) == problem.NotFound {
		return web.Response{}, err
	}
	return web.SeeOr(r, paymentAt(payment.ID(id)), err)
}
