package builtin

import (
	"context"
	"fmt"
	"slices"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
)

// Renew renews one loan that is due on due, counted from today. What a late
// item has cost so far becomes a fee that no longer grows.
func (s *System) Renew(
	ctx context.Context, number card.Number, loan circulation.LoanID, due calendar.Date,
) (circulation.Loan, error) {
	today := s.today()
	var renewed circulation.Loan
	err := s.Tables.ChangeLibrary(ctx, number, nil, func(sheet Sheet) (Change, error) {
		i := slices.IndexFunc(sheet.Loans, func(l circulation.Loan) bool { return l.ID == loan })
		if i < 0 || !sheet.Open {
			return Change{}, problem.New(problem.NotFound, circulation.ReasonLoanNotFound, nil)
		}
		renewed = sheet.Loans[i]
		if renewed.DueOn != due {
			return Change{}, problem.New(problem.Conflict, circulation.ReasonChanged, nil)
		}
		if err := s.against(sheet, renewed, today).Or(); err != nil {
			return Change{}, err
		}
		change := Change{Renewed: &renewed}
		if fee, ok := s.growing(sheet, renewed, today); ok {
			change.Charged = append(change.Charged, fee)
		}
		renewed.DueOn = today.AddDays(s.Rules.of(sheet.Card.Category).LoanDays)
		renewed.Renewals++
		return change, nil
	})
	if err != nil {
		return circulation.Loan{}, fmt.Errorf("renew in the built-in system: %w", err)
	}
	return renewed, nil
}

// against returns every reason why the loan cannot be renewed on today.
func (s *System) against(sheet Sheet, loan circulation.Loan, today calendar.Date) problem.List {
	var reasons problem.List
	refuse := func(r problem.Reason, args problem.Args) {
		reasons = append(reasons, problem.New(problem.Refused, r, args))
	}
	rules := s.Rules.of(sheet.Card.Category)
	if loan.Reserved {
		refuse(circulation.ReasonReserved, nil)
	}
	if loan.Renewals >= rules.MaxRenewals {
		refuse(circulation.ReasonTooOften, problem.Args{"max": rules.MaxRenewals})
	}
	if total := owed(s.open(sheet, today)); total > 0 && total >= rules.FeeLimit {
		refuse(circulation.ReasonFees, problem.Args{"limit": rules.FeeLimit})
	}
	if sheet.Card.Expired(today) {
		refuse(circulation.ReasonCardExpired, problem.Args{"on": sheet.Card.ExpiresOn})
	}
	if sheet.Card.Blocked {
		refuse(circulation.ReasonCardBlocked, nil)
	}
	if !today.AddDays(rules.LoanDays).After(loan.DueOn) {
		refuse(circulation.ReasonTooSoon, problem.Args{"due": loan.DueOn})
	}
	return reasons
}
