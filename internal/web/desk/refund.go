package desk

import (
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"strings"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// ReasonNoMeans says that it was not chosen how to pay back.
const ReasonNoMeans problem.Reason = "desk.no_means"

func refundAt(id payment.ID) string { return receiptAt(id) + "/terug" }

func refundedAt(r payment.Refund) string {
	return refundAt(r.Payment) + "/" + strconv.FormatInt(int64(r.ID), 10)
}

// refundPage is GET /balie/bon/{payment}/terug: what to pay back of a payment,
// how, and why.
type refundPage struct {
	T       *text.Printer
	CSRF    string
	Receipt string // its title
	Back    string
	Action  string
	Lines   []ui.Choice
	Free    int // how many can be ticked
	Total   money.Cents
	Ticked  int
	Cash    money.Cents // what cash comes to when it is rounded, 0 when that is the same
	Means   ui.Options
	Note    ui.Field
	OpenAt  string // where to open the till, "" when it is open
	Key     string
	Faults  web.Faults
}

// refundForm is what was filled in.
type refundForm struct {
	lines []int
	owed  bool
	means payment.Means
	note  string
	key   string
}

func (p *pages) paymentOf(ctx context.Context, r *web.Request) (payment.Payment, error) {
	id, err := number(r.PathValue("payment"))
	if err != nil {
		return payment.Payment{}, err
	}
	made, err := p.Cashier.Receipt(ctx, payment.ID(id))
	if err != nil {
		return payment.Payment{}, err
	}
	if !made.Came() {
		return payment.Payment{}, noPage() // nothing was received
	}
	return made, nil
}

func (p *pages) showRefund(ctx context.Context, r *web.Request) (web.Response, error) {
	made, err := p.paymentOf(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if err := p.look(ctx, r, made.Payer); err != nil {
		return web.Response{}, err
	}
	page, err := p.refundPage(ctx, r, made, refundForm{owed: true, key: rand.Text()}, nil)
	if err != nil {
		return web.Response{}, err
	}
	return web.Show(page), nil
}

func (p *pages) refundPage(ctx context.Context, r *web.Request, made payment.Payment, form refundForm, f web.Faults) (web.Page, error) {
	t := r.Text
	_, open, err := p.shift(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	page := refundPage{
		T: t, CSRF: r.Token(), Receipt: receiptTitle(t, made), Back: receiptAt(made.ID), Action: refundAt(made.ID), Key: form.key, Faults: f,
		Note: ui.Field{
			Name: "reden", Label: t.T("till.refund_why"), Hint: t.T("till.refund_why_hint"), Value: form.note, Errors: f.At("reden"), Autocomplete: "off",
		},
	}
	if !open {
		page.OpenAt = tillThen(refundAt(made.ID))
	}
	page.Lines, page.Free = refundLines(t, made, form)
	for _, l := range page.Lines {
		if l.Checked {
			page.Ticked++
		}
	}
	if page.Total, err = till.Due(made, form.returnable(made), form.owed); err != nil {
		return web.Page{}, err
	}
	if up := till.Round(page.Total, p.Drawer.Unit); up != 0 {
		page.Cash = page.Total + up
	}
	page.Means = p.refundMeans(t, made, form, open)
	page.Means.Errors = f.At("middel")
	return web.Page{Title: t.T("till.refund"), Body: refundView(page), Section: searchAt, Stay: refundAt(made.ID)}, nil
}

// refundLines are the lines of a payment, those with a box that can go back.
func refundLines(t *text.Printer, made payment.Payment, form refundForm) (rows []ui.Choice, free int) {
	for i, l := range made.Lines {
		row := ui.Choice{
			ID: fieldID("regel", i), Name: "regel", Value: strconv.Itoa(i), Amount: t.Amount(l.Amount),
			Label: t.T("member.fee_" + string(l.Kind)), Facts: []string{l.Holder.Name}, Note: lineNote(t, l), Disabled: !l.Kept(),
		}
		if about := described(row.Label, l.Description); about != "" {
			row.Label += ": " + about
		}
		if l.Kept() {
			free++
			row.Checked = slices.Contains(form.lines, i)
		}
		rows = append(rows, row)
	}
	if owed := made.Owed(); owed > 0 {
		free++
		rows = append(rows, ui.Choice{
			ID: "tegoed", Name: "tegoed", Value: "ja", Label: t.T("till.refund_owed"), Facts: []string{t.T("till.refund_owed_hint")},
			Amount: t.Amount(owed), Checked: form.owed,
		})
	}
	if ahead := made.Ahead(); ahead > 0 {
		rows = append(rows, ui.Choice{
			ID: "eerder", Name: "eerder", Label: t.T("till.refund_ahead"), Facts: []string{t.T("till.refund_ahead_hint")},
			Amount: t.Amount(-ahead), Disabled: true,
		})
	}
	return rows, free
}

// lineNote says what became of a line that is not paid any more, "" for one that
// is.
func lineNote(t *text.Printer, l payment.Line) string {
	switch {
	case l.Refused:
		return t.T("member.line_refused")
	case l.Returned != "":
		return t.T("member.line_" + string(l.Returned))
	}
	return ""
}

func (p *pages) refundMeans(t *text.Printer, made payment.Payment, form refundForm, open bool) ui.Options {
	o := ui.Options{Name: "middel", Legend: t.T("till.refund_how")}
	add := func(m payment.Means, disabled bool) {
		o.Options = append(o.Options, ui.Option{
			Value: string(m), Label: t.T("till.refund_" + string(m)), Disabled: disabled, Checked: form.means == m,
		})
	}
	if made.Means == payment.Online && made.Ref != "" && p.Cashier.Online() {
		add(payment.Online, false)
	}
	add(payment.Cash, !open)
	add(payment.PIN, !open)
	return o
}

// returnable are the ticked lines that are still paid.
func (f refundForm) returnable(made payment.Payment) []int {
	return slices.DeleteFunc(slices.Clone(f.lines), func(i int) bool { return i < 0 || i >= len(made.Lines) || !made.Lines[i].Kept() })
}

// refund is POST /balie/bon/{payment}/terug; *Tel op* only adds up.
func (p *pages) refund(ctx context.Context, r *web.Request) (web.Response, error) {
	made, err := p.paymentOf(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	form := refundForm{owed: r.Field("tegoed") == "ja", means: payment.Means(r.Field("middel")), note: r.Field("reden"), key: r.Field("key")}
	for _, sent := range r.Fields("regel") {
		i, err := strconv.Atoi(sent)
		if err != nil {
			return web.Response{}, problem.New(problem.Invalid, web.ReasonForm, nil)
		}
		form.lines = append(form.lines, i)
	}
	again := func(f web.Faults) (web.Page, error) {
		now, err := p.Cashier.Receipt(ctx, made.ID)
		if err != nil {
			return web.Page{}, err
		}
		return p.refundPage(ctx, r, now, form, f)
	}
	if r.Field("stap") != "terug" {
		page, err := again(nil)
		if err != nil {
			return web.Response{}, err
		}
		return web.Show(page), nil
	}
	done, err := p.payBack(ctx, r, made, form)
	if err != nil {
		return p.shell.Again(r, err, again)
	}
	if !done.Again {
		p.did(ctx, r, made.Payer, actRefund, string(done.Means)+" "+done.Amount.String())
	}
	key := "till.refunded_" + string(done.Means)
	r.Say(good, r.Text.T(key, "amount", done.Amount+done.Rounding))
	return web.See(refundedAt(done)), nil
}

func (p *pages) payBack(ctx context.Context, r *web.Request, made payment.Payment, form refundForm) (payment.Refund, error) {
	if form.key == "" || len(form.key) > maxKey {
		return payment.Refund{}, problem.New(problem.Invalid, web.ReasonForm, nil)
	}
	var unmet problem.List
	if form.means != payment.Cash && form.means != payment.PIN && form.means != payment.Online {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonNoMeans, nil).At("middel"))
	}
	if form.note == "" {
		unmet = append(unmet, problem.New(problem.Invalid, payment.ReasonNote, nil).At("reden"))
	}
	if len(form.lines) == 0 && !form.owed {
		unmet = append(unmet, problem.New(problem.Invalid, payment.ReasonNotOwed, nil))
	}
	if err := unmet.Or(); err != nil {
		return payment.Refund{}, err
	}
	wish := payment.RefundWish{
		Payment: made.ID, Lines: form.lines, Owed: form.owed, Means: form.means, Note: form.note, Key: form.key, Staff: r.Staff.Name,
	}
	s, open, err := p.shift(ctx, r)
	switch {
	case err != nil:
		return payment.Refund{}, err
	case !open && form.means != payment.Online:
		return payment.Refund{}, problem.New(problem.Conflict, payment.ReasonShiftOver, nil)
	}
	return p.Drawer.PayBack(ctx, s.ID, wish)
}

// showRefunded is GET /balie/bon/{payment}/terug/{refund}: the receipt of a
// refund.
func (p *pages) showRefunded(ctx context.Context, r *web.Request) (web.Response, error) {
	made, err := p.paymentOf(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	id, err := number(r.PathValue("refund"))
	if err != nil {
		return web.Response{}, err
	}
	i := slices.IndexFunc(made.Refunds, func(f payment.Refund) bool { return int64(f.ID) == id })
	if i < 0 {
		return web.Response{}, noPage()
	}
	if err := p.look(ctx, r, made.Payer); err != nil {
		return web.Response{}, err
	}
	slip := p.refundSlip(r, made, made.Refunds[i])
	page := receiptPage{
		T: r.Text, CSRF: r.Token(), CardAt: cardAt(made.Payer.ID), Payer: made.Payer.Name, Slip: slip, First: receiptAt(made.ID),
	}
	return web.Show(web.Page{Title: slip.Title, Body: receiptView(page), Section: searchAt}), nil
}

func (p *pages) refundSlip(r *web.Request, made payment.Payment, f payment.Refund) ui.Slip {
	t := r.Text
	when := f.EndedAt
	if when.IsZero() {
		when = f.RequestedAt
	}
	s := ui.Slip{
		Library: p.shell.Library, Title: refundTitle(t, f),
		Facts: []ui.Fact{
			{Label: t.T("desk.receipt_when"), Value: t.Moment(when)},
			{Label: t.T("till.refund_for"), Value: made.Payer.Name},
			{Label: t.T("desk.receipt_means"), Value: t.T("desk.means_" + string(f.Means))},
			{Label: t.T("till.refund_of"), Value: receiptTitle(t, made)},
		},
		TotalLabel: t.T("till.refund_total"), Total: t.Amount(f.Amount),
	}
	if f.State != payment.Done {
		s.Facts = append(s.Facts, ui.Fact{Label: t.T("till.refund_state"), Value: t.T("till.refund_" + string(f.State))})
	}
	if f.Staff != "" {
		s.Facts = append(s.Facts, ui.Fact{Label: t.T("desk.receipt_staff"), Value: f.Staff})
	}
	if f.Note != "" {
		s.Facts = append(s.Facts, ui.Fact{Label: t.T("till.refund_why"), Value: f.Note})
	}
	var back []payment.Line
	var sum money.Cents
	for _, i := range f.Lines {
		l := made.Lines[i]
		l.Refused, l.Returned = false, ""
		sum += l.Amount // a part of the payment's total
		back = append(back, l)
	}
	s.Groups = slipGroups(t, back)
	switch rest := f.Amount - sum; {
	case rest > 0:
		s.Groups = append(s.Groups, ui.ReceiptGroup{Lines: []ui.Line{{Label: t.T("till.refund_owed"), Amount: t.Amount(rest)}}})
	case rest < 0:
		s.Groups = append(s.Groups, ui.ReceiptGroup{Lines: []ui.Line{{Label: t.T("till.refund_ahead"), Amount: t.Amount(rest)}}})
	}
	if f.Rounding != 0 {
		s.After = []ui.Line{
			{Label: t.T("till.rounding"), Amount: t.Amount(f.Rounding)},
			{Label: t.T("till.handed_out"), Amount: t.Amount(f.Amount + f.Rounding)},
		}
	}
	return s
}

// slipGroups are the lines of a receipt, by card.
func slipGroups(t *text.Printer, lines []payment.Line) []ui.ReceiptGroup {
	var groups []ui.ReceiptGroup
	for _, s := range payment.Shares(lines) {
		group := ui.ReceiptGroup{Title: s.Holder.Name}
		for _, l := range s.Lines {
			kind := t.T("member.fee_" + string(l.Kind))
			line := ui.Line{Label: kind, Note: described(kind, l.Description), Amount: t.Amount(l.Amount)}
			if gone := lineNote(t, l); gone != "" {
				line.Note = gone
			}
			if l.Of > 0 {
				line.Note = strings.TrimPrefix(line.Note+" · ", " · ") + t.T("member.line_part", "of", l.Of)
			}
			group.Lines = append(group.Lines, line)
		}
		groups = append(groups, group)
	}
	return groups
}
