package member

import (
	"context"
	"slices"
	"strings"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// moneyNotice is one thing on the first page about the reader's payments, with
// the page that tells more.
type moneyNotice struct {
	Kind        ui.Kind
	Text        string
	Href, Label string
	Variant     ui.Variant
	at          time.Time
}

const (
	// lately is how long the first page tells that money went back.
	lately = 30 * 24 * time.Hour
	// homePast is how many payments the first page looks at, and homeLog how many
	// lines of the log.
	homePast, homeLog = 20, 50
	// homeBacks is how many times that money went back it tells of, at most.
	homeBacks = 3
)

// moneyNotices are the reader's payment that is still open, if any, and then
// what went back lately, the newest first.
func (p *pages) moneyNotices(ctx context.Context, r *web.Request) ([]moneyNotice, error) {
	past, err := p.past(ctx, r, homePast)
	if err != nil {
		return nil, err
	}
	var open, backs []moneyNotice
	for _, m := range past {
		if m.Payer.ID != r.Me.Holder.ID {
			continue // what went back of it stands in the log
		}
		if m.State == payment.Open && m.ExpiresAt.After(p.shell.Now()) {
			open = append(open, moneyNotice{
				Kind: ui.KindWarn, Text: r.Text.T("member.home_open", "amount", m.Total, "until", m.ExpiresAt),
				Href: paymentAt(m.ID), Label: r.Text.T("member.home_open_go"), Variant: ui.Primary,
			})
		}
		backs = append(backs, p.backNotices(r, m)...)
	}
	others, err := p.backsOfOthers(ctx, r)
	if err != nil {
		return nil, err
	}
	backs = append(backs, others...)
	slices.SortStableFunc(backs, func(a, b moneyNotice) int { return b.at.Compare(a.at) })
	return append(open, backs[:min(len(backs), homeBacks)]...), nil
}

// backNotices tells what went back lately of a payment that the reader made.
func (p *pages) backNotices(r *web.Request, m payment.Payment) []moneyNotice {
	var out []moneyNotice
	tell := func(what string, amount money.Cents, at time.Time) {
		if p.shell.Now().Sub(at) > lately {
			return
		}
		out = append(out, moneyNotice{
			Kind: note, Text: r.Text.T("member.home_back_"+what, "day", p.date(at), "amount", amount), at: at,
			Href: paymentAt(m.ID), Label: r.Text.T("member.home_back_look"), Variant: ui.Secondary,
		})
	}
	for _, b := range m.Refunds {
		if b.UnderWay() && b.Means != payment.WriteOff {
			tell("refunded", b.Amount, b.RequestedAt)
		}
	}
	for _, c := range m.Chargebacks {
		if c.RestoredAt.IsZero() {
			tell("charged_back", c.Amount, c.At)
		}
	}
	return out
}

// backsOfOthers tells what went back lately of what others paid for the reader.
func (p *pages) backsOfOthers(ctx context.Context, r *web.Request) ([]moneyNotice, error) {
	me := r.Me.Holder
	entries, err := p.Book.Log(ctx, me, 0, homeLog)
	if err != nil {
		return nil, err
	}
	var out []moneyNotice
	for _, e := range entries {
		back := e.Deed == mandate.Refunded || e.Deed == mandate.ChargedBack
		if !back || e.Card.ID != me.ID || e.Actor.ID == me.ID || p.shell.Now().Sub(e.At) > lately {
			continue
		}
		out = append(out, moneyNotice{
			Kind: note, Text: p.logSentence(r, e, me.ID), at: e.At,
			Href: paymentsAt, Label: r.Text.T("member.payments_link"), Variant: ui.Secondary,
		})
	}
	return out, nil
}

// logSentence is an entry as a whole sentence with its day.
func (p *pages) logSentence(r *web.Request, e mandate.Entry, me card.ID) string {
	says := sentence(who(r.Text, e, me) + " " + what(r.Text, e, me))
	return r.Text.Date(p.date(e.At)) + ": " + strings.TrimSuffix(says, ".") + "."
}
