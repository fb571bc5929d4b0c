package circulation

import (
	"context"
	"fmt"
	"log/slog"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
)

// Office lends on: the use cases of this room.
type Office struct {
	System LibrarySystem
	// Journal is where deeds on behalf of another card are noted.
	Journal Journal
	Log     *slog.Logger
}

// Journal notes what was done with a permit. mandate.Book is one.
type Journal interface {
	Note(ctx context.Context, p mandate.Permit, e mandate.Entry) error
}

// Loans returns the loans of the permit's card, earliest due date first. It
// takes scope renew (S18).
func (o *Office) Loans(ctx context.Context, p mandate.Permit) ([]Loan, error) {
	if err := need(p, mandate.Renew); err != nil {
		return nil, err
	}
	loans, err := o.System.Loans(ctx, p.Card().Number)
	if err != nil {
		return nil, fmt.Errorf("read loans: %w", err)
	}
	return loans, nil
}

// Fees returns the open fees of the permit's card, oldest first. It takes
// scope pay (S19). Fees about an item have no Description without scope renew.
func (o *Office) Fees(ctx context.Context, p mandate.Permit) ([]Fee, error) {
	if err := need(p, mandate.Pay); err != nil {
		return nil, err
	}
	fees, err := o.System.Fees(ctx, p.Card().Number)
	if err != nil {
		return nil, fmt.Errorf("read fees: %w", err)
	}
	if !p.Allows(mandate.Renew) {
		for i := range fees {
			// What a library writes at a fee about an item is most often its
			// title, and what somebody reads is not for who may only pay.
			if fees[i].Item != "" {
				fees[i].Description = ""
			}
		}
	}
	return fees, nil
}

// Renew renews one loan of the permit's card that the person saw due on due
// (S18). It takes scope renew.
func (o *Office) Renew(ctx context.Context, p mandate.Permit, loan LoanID, due calendar.Date) (Loan, error) {
	if err := need(p, mandate.Renew); err != nil {
		return Loan{}, err
	}
	renewed, err := o.System.Renew(ctx, p.Card().Number, loan, due)
	if err != nil {
		return Loan{}, fmt.Errorf("renew a loan: %w", err)
	}
	o.note(ctx, p, 1)
	return renewed, nil
}

// Outcome is what became of one loan when all were to be renewed: the loan with
// its new date, or the reasons against it.
type Outcome struct {
	Loan Loan
	Err  error
}

// RenewAll renews whatever can be renewed on the permit's card and tells for
// each loan what became of it (S18). An error means that nothing was tried.
func (o *Office) RenewAll(ctx context.Context, p mandate.Permit) ([]Outcome, error) {
	loans, err := o.Loans(ctx, p)
	if err != nil {
		return nil, err
	}
	outcomes := make([]Outcome, len(loans))
	done := 0
	for i, l := range loans {
		outcomes[i] = Outcome{Loan: l}
		renewed, err := o.System.Renew(ctx, p.Card().Number, l.ID, l.DueOn)
		if err != nil {
			outcomes[i].Err = fmt.Errorf("renew a loan: %w", err)
			continue
		}
		outcomes[i].Loan = renewed
		done++
	}
	o.note(ctx, p, done)
	return outcomes, nil
}

// note writes the deed into both holders' log. The renewal stands by then, so
// a log that cannot be written is told to the operator, not to the member.
func (o *Office) note(ctx context.Context, p mandate.Permit, count int) {
	if count == 0 {
		return
	}
	e := mandate.Entry{Deed: mandate.Renewed, Scope: mandate.Renew, Count: count}
	if err := o.Journal.Note(context.WithoutCancel(ctx), p, e); err != nil {
		o.Log.ErrorContext(ctx, "renewal not noted in the holders' log", "card", p.Card(), "error", err)
	}
}

func need(p mandate.Permit, scope mandate.Scope) error {
	if p == nil || !p.Allows(scope) {
		return problem.New(problem.Refused, ReasonNoScope, problem.Args{"scope": string(scope)})
	}
	return nil
}
