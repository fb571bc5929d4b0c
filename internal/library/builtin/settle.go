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

// Settle records that fees of the card were paid here: all of them or, when one
// cannot be settled, none. What was paid settles the fee whole, even when an
// import changed its amount in the meantime: nobody pays for one fee twice. Only
// what was paid as a part of it leaves the rest open, and then no more can be
// settled than that rest.
func (s *System) Settle(
	ctx context.Context, number card.Number, fees []circulation.Settlement, reference string,
) error {
	today := s.today()
	asked := make([]circulation.FeeID, len(fees))
	for i, f := range fees {
		asked[i] = f.Fee
	}
	err := s.Tables.ChangeLibrary(ctx, number, asked, func(sheet Sheet) (Change, error) {
		var change Change
		var trouble problem.List
		for i, f := range fees {
			if slices.Contains(asked[:i], f.Fee) {
				continue
			}
			fee, again, p := s.toSettle(sheet, f, reference, today)
			switch {
			case p != nil:
				trouble = append(trouble, p)
			case again:
			case f.Of > 0 && f.Amount < fee.Amount:
				change.Paid = append(change.Paid, Settled{Fee: fee, Amount: f.Amount, Reference: reference})
			default:
				change.Settled = append(change.Settled, Settled{Fee: fee, Amount: f.Amount, Reference: reference})
			}
		}
		return change, trouble.Or()
	})
	if err != nil {
		return fmt.Errorf("settle in the built-in system: %w", err)
	}
	return nil
}

// Reopen opens the fees again that the payment settled. An overdue fee that
// grew on a late loan stays a part of it: what grows is counted beside it.
func (s *System) Reopen(
	ctx context.Context, number card.Number, fees []circulation.Settlement, reference string,
) error {
	ids := make([]circulation.FeeID, len(fees))
	for i, f := range fees {
		ids[i] = f.Fee
	}
	err := s.Tables.ChangeLibrary(ctx, number, nil, func(Sheet) (Change, error) {
		var change Change
		if reference != "" {
			for _, id := range ids {
				change.Reopened = append(change.Reopened, Reopened{Fee: id, Reference: reference})
			}
		}
		return change, nil
	})
	if err != nil {
		return fmt.Errorf("reopen in the built-in system: %w", err)
	}
	return nil
}

// toSettle finds the fee that a settlement is about; again is true when the
// same payment has settled it before, also when that was undone since.
func (s *System) toSettle(
	sheet Sheet, f circulation.Settlement, reference string, today calendar.Date,
) (fee circulation.Fee, again bool, p *problem.Problem) {
	if slices.Contains(sheet.Reopened, Reopened{Fee: f.Fee, Reference: reference}) {
		return circulation.Fee{}, true, nil
	}
	if reference != "" && slices.ContainsFunc(sheet.Paid, func(p Settled) bool { return p.Fee.ID == f.Fee && p.Reference == reference }) {
		return circulation.Fee{}, true, nil
	}
	for _, kept := range sheet.Asked {
		switch {
		case kept.ID != f.Fee:
		case kept.Reference == reference && reference != "":
			return kept.Fee, true, nil
		default:
			return kept.Fee, false, problem.New(problem.Conflict, circulation.ReasonFeeSettled, nil)
		}
	}
	for _, kept := range sheet.Fees {
		if kept.ID != f.Fee || kept.Settled {
			continue
		}
		if kept.Amount -= kept.Paid; kept.Paid > 0 && f.Amount > kept.Amount {
			return kept.Fee, false, problem.New(problem.Conflict, circulation.ReasonFeeSettled, nil)
		}
		return kept.Fee, false, nil
	}
	for _, l := range sheet.Loans {
		if fee, ok := s.growing(sheet, l, today); ok && fee.ID == f.Fee {
			// It may have grown since the payment began: the rest is a new fee.
			fee.Amount = f.Amount
			return fee, false, nil
		}
	}
	return fee, false, problem.New(problem.NotFound, circulation.ReasonFeeNotFound, nil)
}
