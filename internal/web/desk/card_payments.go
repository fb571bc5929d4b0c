package desk

import (
	"context"
	"strings"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/web"
)

// pastPayments is how many of a holder's payments the card's page shows.
const pastPayments = 10

// paymentRow is one payment that the holder made, online or at the desk.
type paymentRow struct {
	ID      payment.ID
	Receipt string // the address of its receipt, "" when it was not paid
	// Branch and Number are the receipt's number in two parts; a payment without
	// one has its own.
	Branch, Number string
	When           string
	State          string // where it stands; "" for one that is simply paid
	How            string // online, or the means and the staff member
	For            string // whose fees, in names
	Total          string
}

func (p *pages) payments(ctx context.Context, r *web.Request, v visitor) ([]paymentRow, error) {
	past, err := p.Cashier.Past(ctx, actor(r, v.Holder), pastPayments)
	if err != nil {
		return nil, err
	}
	var rows []paymentRow
	for _, m := range past {
		rows = append(rows, paymentRowOf(r, m))
	}
	return rows, nil
}

func paymentRowOf(r *web.Request, m payment.Payment) paymentRow {
	t := r.Text
	row := paymentRow{
		ID: m.ID, When: t.Moment(m.StartedAt),
		How: meansOf(t, m), Total: t.Amount(m.Total), For: t.Join(names(m.Lines)),
	}
	if m.Came() {
		row.Receipt = receiptAt(m.ID)
		row.Branch, row.Number = m.Receipt.Branch, strings.TrimPrefix(m.Receipt.String(), m.Receipt.Branch+" ")
		if row.Number == "" {
			row.Number = t.T("till.payment", "id", int64(m.ID))
		}
	}
	switch {
	case m.State != payment.Paid:
		row.State = t.T("desk.state_" + string(m.State))
	case len(m.Refunds) > 0:
		row.State = t.T("till.partly_refunded")
	}
	if m.Staff != "" {
		row.How = t.T("desk.taken_by", "means", row.How, "staff", m.Staff)
	}
	return row
}

// names are the people whose fees a payment is about, each once.
func names(lines []payment.Line) []string {
	var out []string
	for _, s := range payment.Shares(lines) {
		out = append(out, s.Holder.Name)
	}
	return out
}
