package builtin

import (
	"strconv"
	"strings"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
)

// The overdue fee of a loan that is still out grows by the day, so it is
// computed when it is read. What has been paid or fixed of it is kept as a
// part: a fee with an ID of its own, which names the loan, the due date it is
// about and how many parts came before. What is left is the next part. The card
// and the item do not count: an import may move a loan to others.

// partPrefix begins the ID of a part. The store looks for parts by it.
func partPrefix(loan circulation.LoanID, due calendar.Date) string {
	return "overdue/" + string(loan) + "/" + due.String() + "/"
}

// isPart reports whether the fee is a part of the overdue fee of the loan.
func isPart(id circulation.FeeID, loan circulation.Loan) bool {
	n, ok := strings.CutPrefix(string(id), partPrefix(loan.ID, loan.DueOn))
	if !ok {
		return false
	}
	_, err := strconv.ParseUint(n, 10, 31)
	return err == nil
}

// growing returns the overdue fee of the loan as far as no part has it yet.
// There is none when the import brought one for it: then the library that
// exported it counts the days, and its amount is the truth.
func (s *System) growing(sheet Sheet, loan circulation.Loan, today calendar.Date) (circulation.Fee, bool) {
	if !loan.DueOn.Overdue(today) {
		return circulation.Fee{}, false
	}
	amount := s.Rules.late(s.Rules.of(sheet.Card.Category), loan.DueOn, today)
	for _, f := range sheet.Fees {
		if f.Imported && f.Kind == circulation.Overdue && f.Item == loan.Item && !f.ChargedOn.Before(loan.DueOn) {
			return circulation.Fee{}, false
		}
	}
	parts := 0
	for _, f := range sheet.Parts {
		if isPart(f.ID, loan) {
			amount -= f.Amount
			parts++
		}
	}
	if amount <= 0 {
		return circulation.Fee{}, false
	}
	// No title: who may pay for a card may not always see what it has on loan.
	return circulation.Fee{
		ID:        circulation.FeeID(partPrefix(loan.ID, loan.DueOn) + strconv.Itoa(parts)),
		Kind:      circulation.Overdue,
		Amount:    amount,
		ChargedOn: loan.DueOn.AddDays(1),
		Item:      loan.Item,
	}, true
}

// open returns everything that the card owes on today, oldest first.
func (s *System) open(sheet Sheet, today calendar.Date) []circulation.Fee {
	var fees []circulation.Fee
	for _, f := range sheet.Fees {
		if f.Amount -= f.Paid; !f.Settled && f.Amount > 0 {
			fees = append(fees, f.Fee)
		}
	}
	for _, l := range sheet.Loans {
		if f, ok := s.growing(sheet, l, today); ok {
			fees = append(fees, f)
		}
	}
	sortFees(fees)
	return fees
}

// owed is the sum of the fees. Amounts are far below where a sum overflows.
func owed(fees []circulation.Fee) money.Cents {
	var total money.Cents
	for _, f := range fees {
		total += f.Amount
	}
	return total
}
