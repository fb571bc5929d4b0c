package desk

import (
	"context"
	"strings"

	"hoofdpas/internal/account"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// latestActs is how far back the card's page tells what the desk did.
const latestActs = 20

// actRow is one line of the desk's log.
type actRow struct{ When, What, Staff string }

// What the desk does with a card; the log's texts have a key for each.
const (
	actFind       = "find"
	actPay        = "pay"
	actEndMandate = "end_mandate"
	actLink       = "link"
	actSignIn     = "sign_in"
	actSignOut    = "sign_out"
	actFinding    = "finding"
	actRefund     = "refund"
	actMail       = "mail"
	actOpenTill   = "open_till"
	actCloseTill  = "close_till"
)

func (p *pages) acts(ctx context.Context, r *web.Request, v visitor) ([]actRow, error) {
	all, err := p.Roster.Acts(ctx, v.ID, latestActs)
	if err != nil {
		return nil, err
	}
	var rows []actRow
	for _, a := range all {
		rows = append(rows, actRow{When: r.Text.Moment(a.At), What: actText(r.Text, a), Staff: a.Staff})
	}
	return rows, nil
}

// actText says what was done. The details are those of payDetail and
// scopesDetail.
func actText(t *text.Printer, a account.StaffAct) string {
	switch a.Act {
	case actPay, actRefund:
		means, amount, _ := strings.Cut(a.Detail, " ")
		cents, err := money.Parse(amount)
		if err == nil {
			return t.T("desk.act_"+a.Act, "means", t.T("desk.means_"+means), "amount", cents)
		}
	case actEndMandate, actLink:
		var verbs []string
		for _, scope := range strings.Fields(a.Detail) {
			verbs = append(verbs, t.T("member.verb_"+scope))
		}
		return t.T("desk.act_"+a.Act, "verbs", t.Join(verbs))
	}
	return t.T("desk.act_" + a.Act)
}

// payDetail is what the log keeps of a payment: "cash 5.20".
func payDetail(m payment.Payment) string { return string(m.Means) + " " + m.Total.String() }

// scopesDetail is what the log keeps of mandates: "renew pay".
func scopesDetail(scopes []mandate.Scope) string {
	var out []string
	for _, s := range scopes {
		out = append(out, string(s))
	}
	return strings.Join(out, " ")
}
