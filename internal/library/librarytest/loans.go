package librarytest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
)

func sameDate(a, b calendar.Date) bool { return a == b }

func loansByDueDate(t *testing.T, s scene) {
	got := s.loans(t, anna)
	var ids []circulation.LoanID
	for i, l := range got {
		ids = append(ids, l.ID)
		if i > 0 && l.DueOn.Before(got[i-1].DueOn) {
			t.Errorf("%s is due before the one above it", l.ID)
		}
	}
	if len(ids) != 6 || ids[0] != "L1" || ids[1] != "L2" {
		t.Errorf("got %v", ids)
	}
	for _, l := range given().Loans {
		if l.Holder == anna {
			if diff := cmp.Diff(s.Limits.loan(l.Loan), s.Limits.loan(s.loan(t, anna, l.ID)), cmp.Comparer(sameDate)); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func nothingForNobody(t *testing.T, s scene) {
	if loans := s.loans(t, nobody); len(loans) > 0 {
		t.Errorf("got %d loans", len(loans))
	}
	if fees := s.feeIDs(t, nobody); len(fees) > 0 {
		t.Errorf("got %d fees", len(fees))
	}
	_, err := s.Loans.Renew(s.ctx, nobody, "L1", Today.AddDays(3))
	refused(t, err, problem.NotFound, circulation.ReasonLoanNotFound)
	err = s.Loans.Settle(s.ctx, nobody, []circulation.Settlement{{Fee: "F1", Amount: 250}}, "1")
	refused(t, err, problem.NotFound, circulation.ReasonFeeNotFound)
}

func renewalFromToday(t *testing.T, s scene) {
	before := s.loan(t, anna, "L1")
	got, err := s.Loans.Renew(s.ctx, anna, "L1", before.DueOn)
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.DueOn, want.Renewals = Today.AddDays(LoanDays), before.Renewals+1
	want, got = s.Limits.loan(want), s.Limits.loan(got)
	if diff := cmp.Diff(want, got, cmp.Comparer(sameDate)); diff != "" {
		t.Errorf("the answer: %s", diff)
	}
	if diff := cmp.Diff(want, s.Limits.loan(s.loan(t, anna, "L1")), cmp.Comparer(sameDate)); diff != "" {
		t.Errorf("what is kept: %s", diff)
	}
	_, err = s.Loans.Renew(s.ctx, anna, "L1", want.DueOn)
	s.someOf(t, err, problem.Refused, circulation.ReasonTooOften, circulation.ReasonTooSoon)
}

func eachReason(t *testing.T, s scene) {
	for _, c := range []struct {
		holder card.Number
		loan   circulation.LoanID
		want   problem.Reason
		args   problem.Args
	}{
		{anna, "L3", circulation.ReasonReserved, nil},
		{anna, "L4", circulation.ReasonTooOften, problem.Args{"max": MaxRenewals}},
		{anna, "L5", circulation.ReasonTooSoon, problem.Args{"due": Today.AddDays(LoanDays)}},
		{expired, "L8", circulation.ReasonCardExpired, problem.Args{"on": Today.AddDays(-1)}},
		{blocked, "L9", circulation.ReasonCardBlocked, nil},
		{debtor, "L10", circulation.ReasonFees, problem.Args{"limit": FeeLimit}},
	} {
		before := s.loan(t, c.holder, c.loan)
		_, err := s.Loans.Renew(s.ctx, c.holder, c.loan, before.DueOn)
		refused(t, err, problem.Refused, c.want)
		for _, p := range problem.Of(err) {
			if diff := cmp.Diff(s.Limits.arguments(c.want, c.args), p.Args, cmp.Comparer(sameDate)); diff != "" {
				t.Errorf("arguments of %s: %s", p.Reason, diff)
			}
		}
		if after := s.loan(t, c.holder, c.loan); after != before {
			t.Errorf("%s: refused and changed all the same", c.loan)
		}
	}
}

func allReasons(t *testing.T, s scene) {
	_, err := s.Loans.Renew(s.ctx, bad, "L11", Today.AddDays(LoanDays+1))
	s.someOf(t, err, problem.Refused, circulation.ReasonReserved, circulation.ReasonTooOften, circulation.ReasonFees,
		circulation.ReasonCardExpired, circulation.ReasonCardBlocked, circulation.ReasonTooSoon)
}

func renewalOnce(t *testing.T, s scene) {
	due := s.loan(t, anna, "L2").DueOn
	renewed, err := s.Loans.Renew(s.ctx, anna, "L2", due)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Loans.Renew(s.ctx, anna, "L2", due)
	refused(t, err, problem.Conflict, circulation.ReasonChanged)
	if l := s.loan(t, anna, "L2"); l != renewed {
		t.Errorf("it was renewed twice: %d times", l.Renewals)
	}
}

func otherCardsLoan(t *testing.T, s scene) {
	for _, id := range []circulation.LoanID{"L7", "L99", "", "%", "l1", "L1 "} {
		_, err := s.Loans.Renew(s.ctx, anna, id, Today.AddDays(5))
		refused(t, err, problem.NotFound, circulation.ReasonLoanNotFound)
	}
	if l := s.loan(t, bert, "L7"); l.Renewals != 0 {
		t.Error("another card's loan was renewed")
	}
}

func renewedToSameDay(t *testing.T, s scene) {
	// L6 gains one day, L5 none.
	if _, err := s.Loans.Renew(s.ctx, anna, "L6", Today.AddDays(LoanDays-1)); err != nil {
		t.Error(err)
	}
	_, err := s.Loans.Renew(s.ctx, anna, "L5", Today.AddDays(LoanDays))
	refused(t, err, problem.Refused, circulation.ReasonTooSoon)
}
