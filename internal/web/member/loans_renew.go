package member

import (
	"context"
	"net/http"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// renewalsKey is where a session keeps what became of each loan until the next
// page has shown it.
const renewalsKey = "renewals"

// renewals is what became of each loan when a button was pressed.
type renewals []renewal

// renewal is one loan: renewed, or the sentences against it.
type renewal struct {
	Loan    circulation.LoanID
	Reasons []string `json:",omitempty"`
}

// of returns what became of a loan, if anything.
func (b renewals) of(loan circulation.LoanID) (renewed bool, reasons []string) {
	for _, x := range b {
		if x.Loan == loan {
			return len(x.Reasons) == 0, x.Reasons
		}
	}
	return false, nil
}

// renewLoan is *Verlengen* at one item (S18). The form says which date the
// member saw: one that is sent twice does not renew twice.
func (p *pages) renewLoan(ctx context.Context, r *web.Request) (web.Response, error) {
	permit, err := p.permit(ctx, r, r.Field("pas"), mandate.Renew)
	if err != nil {
		return web.Response{}, err
	}
	var due calendar.Date // none, for a loan that has none
	if seen := r.Field("due"); seen != "" {
		if due, err = calendar.ParseISO(seen); err != nil {
			return web.Response{}, problem.New(problem.Invalid, web.ReasonForm, nil).Because(err)
		}
	}
	id := circulation.LoanID(r.Field("loan"))
	loan, err := p.Office.Renew(ctx, permit, id, due)
	var became renewals
	switch problem.KindOf(err) {
	case problem.NotFound:
		return p.goneLoan(ctx, r, permit, err)
	case problem.Unavailable:
		return web.SeeOr(r, loansOf(permit), err)
	}
	if err != nil {
		reasons := r.Text.Problems(err)
		if len(reasons) == 0 {
			return web.Response{}, err
		}
		became = renewals{{Loan: id, Reasons: reasons}}
		r.Say(note, r.Text.T("member.not_renewed"))
	} else {
		became = renewals{{Loan: loan.ID}}
		r.Say(good, renewedSays(r.Text, loan, p.shell.Today()))
	}
	if err := r.Keep(renewalsKey, became); err != nil {
		return web.Response{}, err
	}
	return web.See(loansOf(permit)), nil
}

// goneLoan answers for a loan that is not on the card: returned meanwhile, on
// another card, or never lent. It is not found, the same for all three, and
// what is on the card is shown below the sentence.
func (p *pages) goneLoan(ctx context.Context, r *web.Request, permit mandate.Permit, cause error) (web.Response, error) {
	if !problem.Has(cause, circulation.ReasonLoanNotFound) {
		return web.Response{}, cause
	}
	r.Complain(cause)
	permits, err := p.Book.Permits(ctx, actor(r))
	if err != nil {
		return web.Response{}, err
	}
	page, err := p.loansPage(ctx, r, permits, permit, nil)
	if err != nil {
		return web.Response{}, err
	}
	return web.Show(page).WithStatus(http.StatusNotFound), nil
}

// renewedSays is what was renewed and until when.
func renewedSays(t *text.Printer, l circulation.Loan, today calendar.Date) string {
	if l.DueOn.IsZero() {
		return t.T("member.renewed_no_day", "title", titleOf(t, l))
	}
	return t.T("member.renewed", "title", titleOf(t, l), "day", t.Day(l.DueOn, today))
}

// summary says in a sentence what renewing all came to.
func summary(t *text.Printer, outcomes []circulation.Outcome) string {
	done := 0
	for _, o := range outcomes {
		if o.Err == nil {
			done++
		}
	}
	left := len(outcomes) - done
	switch {
	case len(outcomes) == 0:
		return t.T("member.nothing_to_renew")
	case left == 0:
		return t.N("member.renewed_all", done)
	case done == 0:
		return t.T("member.renewed_none")
	}
	return t.N("member.renewed_some", done) + " " + t.N("member.renewed_left", left)
}
