package librarytest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

func feesByAge(t *testing.T, s scene) {
	fees, err := s.Loans.Fees(s.ctx, bert)
	if err != nil {
		t.Fatal(err)
	}
	all := given().Fees
	if diff := cmp.Diff([]circulation.Fee{all[1].Fee, all[0].Fee}, fees, cmp.Comparer(sameDate)); diff != "" {
		t.Error(diff)
	}
}

func settlements(ids []circulation.FeeID) (all []circulation.Settlement) {
	for _, id := range ids {
		amount := money.Cents(1)
		for _, f := range given().Fees {
			if f.ID == id {
				amount = f.Amount
			}
		}
		all = append(all, circulation.Settlement{Fee: id, Amount: amount})
	}
	return all
}

func (s scene) settle(n card.Number, reference string, ids ...circulation.FeeID) error {
	return s.Loans.Settle(s.ctx, n, settlements(ids), reference) //nolint:wrapcheck // looked at as it is
}

func (s scene) mustSettle(t *testing.T, n card.Number, reference string, ids ...circulation.FeeID) {
	t.Helper()
	if err := s.settle(n, reference, ids...); err != nil {
		t.Fatal(err)
	}
}

// mustSettleAgain settles what may have been settled, as whoever lost an answer.
func (s scene) mustSettleAgain(t *testing.T, n card.Number, reference string, ids ...circulation.FeeID) {
	t.Helper()
	all := settlements(ids)
	for i := range all {
		all[i].Again = true
	}
	if err := s.Loans.Settle(s.ctx, n, all, reference); err != nil {
		t.Fatal(err)
	}
}

// mustReopen opens fees again; a system that cannot may say so.
func (s scene) mustReopen(t *testing.T, n card.Number, reference string, ids ...circulation.FeeID) {
	t.Helper()
	err := s.Loans.Reopen(s.ctx, n, settlements(ids), reference)
	if s.Limits.Reopens == Never && err != nil {
		refused(t, err, problem.Refused, circulation.ReasonNotReopened)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
}

// owesSums checks the amounts of the open fees, whichever fees they are; those
// that were given back are not among them when the system cannot open them again.
func (s scene) owesSums(t *testing.T, n card.Number, kept []money.Cents, back ...money.Cents) {
	t.Helper()
	want := slices.Clone(kept)
	if s.Limits.Reopens != Never {
		want = append(want, back...)
	}
	fees, err := s.Loans.Fees(s.ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	got := []money.Cents{}
	for _, f := range fees {
		got = append(got, f.Amount)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("owes %v, want %v", got, want)
	}
}

func (s scene) owes(t *testing.T, n card.Number, want ...circulation.FeeID) {
	t.Helper()
	if diff := cmp.Diff(append([]circulation.FeeID{}, want...), s.feeIDs(t, n)); diff != "" {
		t.Errorf("open fees: %s", diff)
	}
}

func settled(t *testing.T, s scene) {
	s.mustSettle(t, bert, "1001", "F2")
	s.owes(t, bert, "F1")
	s.mustSettle(t, bert, "1002", "F1")
	s.owes(t, bert)
	s.owes(t, carla, "F3")
}

func settledAgain(t *testing.T, s scene) {
	s.mustSettle(t, bert, "1001", "F1", "F2")
	for range 2 {
		s.mustSettleAgain(t, bert, "1001", "F1", "F2")
	}
	s.owes(t, bert)
	s.owes(t, carla, "F3")
}

// settledSurely settles what may have been told before and was not.
func settledSurely(t *testing.T, s scene) {
	s.mustSettleAgain(t, bert, "1001", "F1", "F2")
	s.owes(t, bert)
}

// settledInPart settles again what was told before of one of two fees.
func settledInPart(t *testing.T, s scene) {
	s.mustSettle(t, bert, "1001", "F1")
	s.mustSettleAgain(t, bert, "1001", "F1", "F2")
	s.owes(t, bert)
	s.owes(t, carla, "F3")
}

// part is what is paid of F2, which comes to f2.
const part money.Cents = 300

func (s scene) settlePart(reference string, again bool) error {
	return s.Loans.Settle(s.ctx, bert, []circulation.Settlement{{Fee: "F2", Amount: part, Of: f2, Again: again}}, reference) //nolint:wrapcheck // looked at as it is
}

// paidInParts pays part of a fee, then the rest: a part that may have been told
// before is told once.
func paidInParts(t *testing.T, s scene) {
	for _, again := range []bool{false, true, true} {
		if err := s.settlePart("1001", again); err != nil {
			t.Fatal(err)
		}
		s.owesSums(t, bert, []money.Cents{f1, f2 - part})
	}
	s.owes(t, bert, "F2", "F1") // under the ID that it had
	if err := s.Loans.Settle(s.ctx, bert, []circulation.Settlement{{Fee: "F2", Amount: f2 - part}}, "1002"); err != nil {
		t.Fatal(err)
	}
	s.owes(t, bert, "F1")
	s.owes(t, carla, "F3")
}

// partsReopened gives back a part, and then the rest.
func partsReopened(t *testing.T, s scene) {
	if err := s.settlePart("1001", false); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err := s.Loans.Reopen(s.ctx, bert, []circulation.Settlement{{Fee: "F2", Amount: part, Of: f2}}, "1001")
		if s.Limits.Reopens == Never {
			refused(t, err, problem.Refused, circulation.ReasonNotReopened)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if s.Limits.Reopens == SameFee {
			s.owesSums(t, bert, []money.Cents{f1, f2})
		} else {
			s.owesSums(t, bert, []money.Cents{f1, f2 - part, part})
		}
	}
	if err := s.settlePart("1001", true); err != nil {
		t.Fatal(err)
	}
	var sum money.Cents
	fees, err := s.Loans.Fees(s.ctx, bert)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fees {
		sum += f.Amount
	}
	if sum != f1+f2 {
		t.Errorf("told late, it took %s off once more", f1+f2-sum)
	}
}

// partReopenedLate gives back a part of a fee whose rest another payment settled.
func partReopenedLate(t *testing.T, s scene) {
	if err := s.settlePart("1001", false); err != nil {
		t.Fatal(err)
	}
	if err := s.Loans.Settle(s.ctx, bert, []circulation.Settlement{{Fee: "F2", Amount: f2 - part}}, "1002"); err != nil {
		t.Fatal(err)
	}
	err := s.Loans.Reopen(s.ctx, bert, []circulation.Settlement{{Fee: "F2", Amount: part, Of: f2}}, "1001")
	if s.Limits.Reopens == Never {
		refused(t, err, problem.Refused, circulation.ReasonNotReopened)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	s.owesSums(t, bert, []money.Cents{f1, part})
	// The other payment settled its part once, and is told of that once more.
	if err := s.Loans.Settle(s.ctx, bert, []circulation.Settlement{{Fee: "F2", Amount: f2 - part, Again: true}}, "1002"); err != nil {
		t.Fatal(err)
	}
	s.owesSums(t, bert, []money.Cents{f1, part})
}

// morePaidThanIsLeft pays for more of a fee than its parts left open.
func morePaidThanIsLeft(t *testing.T, s scene) {
	if err := s.settlePart("1001", false); err != nil {
		t.Fatal(err)
	}
	for reference, much := range map[string]circulation.Settlement{
		"1002": {Fee: "F2", Amount: f2}, "1003": {Fee: "F2", Amount: f2 - part + 1, Of: f2},
	} {
		err := s.Loans.Settle(s.ctx, bert, []circulation.Settlement{much}, reference)
		refused(t, err, problem.Conflict, circulation.ReasonFeeSettled)
	}
	s.owesSums(t, bert, []money.Cents{f1, f2 - part})
}

func settledByAnother(t *testing.T, s scene) {
	s.mustSettle(t, bert, "1001", "F1")
	refused(t, s.settle(bert, "1002", "F1"), problem.Conflict, circulation.ReasonFeeSettled)
	s.mustSettleAgain(t, bert, "1001", "F1")
}

func settledInLibrary(t *testing.T, s scene) {
	s.SettleInLibrary(t, "F1")
	s.owes(t, bert, "F2")
	refused(t, s.settle(bert, "1001", "F1"), problem.Conflict, circulation.ReasonFeeSettled)
	refused(t, s.settle(bert, "", "F1"), problem.Conflict, circulation.ReasonFeeSettled)
}

func otherCardsFee(t *testing.T, s scene) {
	for _, id := range []circulation.FeeID{"F1", "F99", "", "%", "f3", "overdue/L7/2026-11-30/0"} {
		s.notFound(t, s.settle(carla, "1001", id))
	}
	s.owes(t, bert, "F2", "F1")
}

func settledAllOrNone(t *testing.T, s scene) {
	s.notFound(t, s.settle(bert, "1001", "F1", "F3", "F2"))
	s.owes(t, bert, "F2", "F1")
}

func paidThenRenewed(t *testing.T, s scene) {
	due := s.loan(t, debtor, "L10").DueOn
	_, err := s.Loans.Renew(s.ctx, debtor, "L10", due)
	refused(t, err, problem.Refused, circulation.ReasonFees)
	s.mustSettle(t, debtor, "1001", "F5")
	if _, err := s.Loans.Renew(s.ctx, debtor, "L10", due); err != nil {
		t.Error(err)
	}
}

func feesBelowLimit(t *testing.T, s scene) {
	// 9.99 is owed and 10.00 is the limit.
	if _, err := s.Loans.Renew(s.ctx, bert, "L7", Today.AddDays(5)); err != nil {
		t.Error(err)
	}
}

// f1 and f2 are what F1 and F2 are of.
const f1, f2 money.Cents = 250, 749

func reopened(t *testing.T, s scene) {
	before, err := s.Loans.Fees(s.ctx, bert)
	if err != nil {
		t.Fatal(err)
	}
	s.mustSettle(t, bert, "1001", "F1", "F2")
	s.mustReopen(t, bert, "1001", "F1")
	s.owesSums(t, bert, nil, f1)
	s.mustReopen(t, bert, "1001", "F2")
	s.owesSums(t, bert, nil, f1, f2)
	after, err := s.Loans.Fees(s.ctx, bert)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after, cmp.Comparer(sameDate)); s.Limits.Reopens == SameFee && diff != "" {
		t.Errorf("the fees are not as they were: %s", diff)
	}
	again := make([]circulation.Settlement, len(after))
	for i, f := range after {
		again[i] = circulation.Settlement{Fee: f.ID, Amount: f.Amount}
	}
	if err := s.Loans.Settle(s.ctx, bert, again, "1002"); err != nil {
		t.Fatal(err)
	}
	s.owes(t, bert)
}

func reopenedAgain(t *testing.T, s scene) {
	s.mustSettle(t, bert, "1001", "F1")
	for range 2 {
		s.mustReopen(t, bert, "1001", "F1", "F1")
		s.owesSums(t, bert, []money.Cents{f2}, f1)
	}
	if s.Limits.Reopens != SameFee {
		return
	}
	s.mustSettle(t, bert, "1002", "F1")
	s.mustReopen(t, bert, "1001", "F1")
	s.owes(t, bert, "F2")
}

func settledLate(t *testing.T, s scene) {
	s.mustSettle(t, bert, "1001", "F1")
	s.mustReopen(t, bert, "1001", "F1")
	s.mustSettleAgain(t, bert, "1001", "F1")
	s.owesSums(t, bert, []money.Cents{f2}, f1)
	if s.Limits.Reopens != SameFee {
		return
	}
	s.mustSettle(t, bert, "1002", "F1")
	s.mustSettle(t, bert, "1001", "F1")
	s.owes(t, bert, "F2")
}

// settledTooLate settles for the first time what was given back already.
func settledTooLate(t *testing.T, s scene) {
	if s.Limits.Reopens != SameFee {
		t.Skip("it keeps nothing of a payment that never came")
	}
	s.mustReopen(t, bert, "1001", "F2")
	s.mustSettle(t, bert, "1001", "F1", "F2")
	s.owes(t, bert, "F2")
	s.mustSettle(t, bert, "1002", "F2")
	s.owes(t, bert)
}

func reopenedOfAnother(t *testing.T, s scene) {
	s.mustSettle(t, bert, "1001", "F1")
	s.mustReopen(t, bert, "1002", "F1", "F2")
	s.mustReopen(t, bert, "", "F1")
	s.owes(t, bert, "F2")
	s.mustReopen(t, bert, "1001", "F1")
	s.owesSums(t, bert, []money.Cents{f2}, f1)
}

func reopenedOfLibrary(t *testing.T, s scene) {
	s.SettleInLibrary(t, "F1")
	s.mustReopen(t, bert, "1001", "F1")
	s.mustReopen(t, bert, "", "F1")
	s.owes(t, bert, "F2")
}

func reopenedOfNobody(t *testing.T, s scene) {
	s.mustReopen(t, nobody, "1001", "F1")
	for _, id := range []circulation.FeeID{"F99", "", "%", "overdue/L7/2026-11-30/0"} {
		s.mustReopen(t, carla, "1001", id)
	}
	s.owes(t, carla, "F3")
	s.owes(t, bert, "F2", "F1")
}
