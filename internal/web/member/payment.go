package member

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// paymentPage is GET /betaling/{id}: how one payment stands, as the bank says it
// at this moment, and its receipt. Who did not pay it sees only the lines of
// cards that they may pay for, their own among them.
type paymentPage struct {
	T    *text.Printer
	CSRF string
	ID   payment.ID
	// Standing is the state, in more detail where money has come.
	Standing standing
	// Part marks a page for another than the payer.
	Part     bool
	Facts    []ui.Fact
	Until    string // when an open payment gives its fees free
	Checkout string // where to go on paying
	Groups   []paidGroup
	Rounding string // what cash was rounded, "" when it was not
	Total    string
	Backs    []string // what went back, a sentence each
	// Again is after how many seconds it looks again by itself, 0 for a page that
	// need not, or that the reader has told not to.
	Again int
}

// open reports whether it can still be paid.
func (p paymentPage) open() bool { return p.Standing == standing(payment.Open) }

func (p paymentPage) heading() string {
	if p.Part && p.Standing == standing(payment.Owed) {
		return p.T.T("member.payment_part_owed")
	}
	return p.T.T("member.payment_" + string(p.Standing))
}

func (p paymentPage) lead() string {
	if p.Part {
		return p.T.T("member.payment_part")
	}
	return p.T.T("member.payment_"+string(p.Standing)+"_text", "until", p.Until)
}

// paidGroup is one person's part of a payment.
type paidGroup struct {
	Who  ui.Who
	Own  bool
	Rows []ui.Line
}

func paymentAt(id payment.ID) string { return "/betaling/" + strconv.FormatInt(int64(id), 10) }

func (p *pages) showPayment(ctx context.Context, r *web.Request) (web.Response, error) {
	id, err := number(r.PathValue("id"))
	if err != nil {
		return web.Response{}, err
	}
	made, err := p.seen(ctx, r, payment.ID(id))
	if err != nil {
		return web.Response{}, err
	}
	page := paymentPage{
		T: r.Text, CSRF: r.Token(), ID: made.ID, Standing: standingOf(made), Part: made.Payer.ID != r.Me.Holder.ID,
		Until: r.Text.Clock(made.ExpiresAt), Checkout: made.Checkout, Groups: paidGroups(r, made),
		Total: r.Text.Amount(made.Total), Backs: p.backs(r, made),
	}
	if made.Rounding != 0 {
		page.Rounding = r.Text.Amount(made.Rounding)
		page.Total = r.Text.Amount(made.Total + made.Rounding) // what was handed over
	}
	if page.Facts, err = p.paymentFacts(ctx, r, made); err != nil {
		return web.Response{}, err
	}
	if !r.URL.Query().Has(still) {
		page.Again = p.again(made)
	}
	return web.Show(web.Page{
		Title: r.Text.T("member.payment_title", "id", int64(made.ID)), Body: paymentView(page), Section: feesAt, Again: page.Again,
	}), nil
}

// seen returns the payment as the reader may see it: the payer as the bank says
// it now, another only what concerns them.
func (p *pages) seen(ctx context.Context, r *web.Request, id payment.ID) (payment.Payment, error) {
	made, err := p.Cashier.Look(ctx, actor(r), id)
	if problem.KindOf(err) != problem.NotFound {
		return made, err
	}
	permits, err := p.Book.Permits(ctx, actor(r))
	if err != nil {
		return payment.Payment{}, err
	}
	return p.Cashier.View(ctx, permits, actor(r), id)
}

// still is in the address of a page that does not look again by itself.
const still = "stil"

// again is after how many seconds the page of an open payment looks again by
// itself, 0 for one that has ended: soon while the payer comes back from
// the bank, later when they do not.
func (p *pages) again(made payment.Payment) int {
	const soon, later, late = 5, 15, 60
	switch age := p.shell.Now().Sub(made.StartedAt); {
	case made.State != payment.Open:
		return 0
	case age < 3*time.Minute:
		return soon
	case age < 10*time.Minute:
		return later
	}
	return late
}

func (p *pages) paymentFacts(ctx context.Context, r *web.Request, made payment.Payment) ([]ui.Fact, error) {
	t := r.Text
	var facts []ui.Fact
	if number := made.Receipt.String(); number != "" {
		facts = append(facts, ui.Fact{Label: t.T("member.payment_receipt"), Value: number})
	}
	if made.Came() {
		facts = append(facts, ui.Fact{Label: t.T("member.payment_ended"), Value: t.Moment(made.EndedAt)})
	} else {
		facts = append(facts, ui.Fact{Label: t.T("member.payment_started"), Value: t.Moment(made.StartedAt)})
	}
	if made.Came() { // on paper "Mijzelf" says nothing
		name, err := p.payer(ctx, r, made)
		if err != nil {
			return nil, err
		}
		facts = append(facts, ui.Fact{Label: t.T("member.payment_payer"), Value: name})
	}
	return append(facts, ui.Fact{Label: t.T("member.payment_means"), Value: meansOf(t, made)}), nil
}

// payer is who paid, by name when the reader may know it: from the log, which
// tells each holder who paid for them, or from a mandate.
func (p *pages) payer(ctx context.Context, r *web.Request, made payment.Payment) (string, error) {
	mine := slices.ContainsFunc(made.Lines, func(l payment.Line) bool { return l.Holder.ID == r.Me.Holder.ID })
	known := mine
	if !known {
		var err error
		if known, err = p.Book.MayKnow(ctx, r.Me.Holder.ID, made.Payer.ID); err != nil {
			return "", err
		}
	}
	if !known || made.Payer.Name == "" {
		return r.Text.T("member.payment_payer_other"), nil
	}
	return made.Payer.Name, nil
}

// backs tells what went back of a payment, in the order in which it did.
func (p *pages) backs(r *web.Request, made payment.Payment) []string {
	t := r.Text
	type dated struct {
		at   time.Time
		says string
	}
	var all []dated
	for _, b := range made.Refunds {
		says := refundSays(t, b, p.date(b.EndedAt))
		if number := b.Receipt.String(); number != "" {
			says += " " + t.T("member.back_receipt", "number", number)
		}
		all = append(all, dated{b.RequestedAt, says})
	}
	for _, c := range made.Chargebacks {
		key := "member.back_bank"
		if !c.RestoredAt.IsZero() {
			key = "member.back_restored"
		}
		all = append(all, dated{c.At, t.T(key, "amount", c.Amount, "day", p.date(c.At), "until", p.date(c.RestoredAt))})
	}
	slices.SortStableFunc(all, func(a, b dated) int { return a.at.Compare(b.at) })
	var out []string
	for _, d := range all {
		out = append(out, d.says)
	}
	if owed := made.Owed(); made.Came() && owed > 0 && made.Payer.ID == r.Me.Holder.ID {
		out = append(out, t.T("member.back_owed", "amount", owed))
	}
	return out
}

func refundSays(t *text.Printer, b payment.Refund, day calendar.Date) string {
	amount := b.Amount + b.Rounding
	switch b.State {
	case payment.Done:
		return t.T("member.back_done_"+string(b.Means), "amount", amount, "day", day)
	case payment.RefundFailed:
		return t.T("member.back_failed", "amount", amount)
	}
	return t.T("member.back_due", "amount", amount)
}

// date is the day of an instant in the library's zone.
func (p *pages) date(at time.Time) calendar.Date {
	if at.IsZero() {
		return calendar.Date{}
	}
	return calendar.Today(at, p.shell.Zone)
}

// paidGroups puts the lines of one person together, in the order of the
// payment. Paying for somebody took a mandate, so the payer may know the name.
func paidGroups(r *web.Request, made payment.Payment) []paidGroup {
	var out []paidGroup
	for _, s := range payment.Shares(made.Lines) {
		name, own := s.Holder.Name, s.Holder.ID == r.Me.Holder.ID
		if own {
			name = r.Text.T("member.myself")
		}
		group := paidGroup{Own: own, Who: ui.Who{Name: name, Full: s.Holder.Name, Key: int64(s.Holder.ID)}}
		for _, l := range s.Lines {
			line := ui.Line{Label: r.Text.T("member.fee_" + string(l.Kind)), Amount: r.Text.Amount(l.Amount)}
			if about := trimmed(l.Description); about != "" && about != line.Label {
				line.Label, line.Note = about, line.Label
			}
			if became := became(made, l); became != "" {
				line.Note = r.Text.T(became)
			}
			if l.Of > 0 {
				line.Note = strings.TrimPrefix(line.Note+" · ", " · ") + r.Text.T("member.line_part", "of", l.Of)
			}
			group.Rows = append(group.Rows, line)
		}
		out = append(out, group)
	}
	return out
}

// became is the key of what became of a line, "" when it was paid and that is
// that.
func became(made payment.Payment, l payment.Line) string {
	switch {
	case l.Refused && made.Means == payment.Online:
		return "member.line_refused_online"
	case l.Refused:
		return "member.line_refused"
	case l.Returned != "":
		return "member.line_" + string(l.Returned)
	case made.State == payment.Paid && !l.Told:
		return "member.line_waits"
	}
	return ""
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
