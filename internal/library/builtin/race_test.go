package builtin_test

import (
	"fmt"
	"sync"
	"testing"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// onlyOne does the same many times at once: it must be done once, and be refused for
// the reason every other time.
func onlyOne(t *testing.T, what string, refused problem.Reason, do func(i int) error) {
	t.Helper()
	errs := make([]error, 6)
	start := make(chan struct{})
	var g sync.WaitGroup
	for i := range errs {
		g.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	g.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else {
			has(t, err, refused)
		}
	}
	if done != 1 {
		t.Fatalf("%s %d times", what, done)
	}
}

func TestManyRenewalsAtOnceRenewOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n := number(t, "20001000000012")
		l := librarytest.Library{Cards: []librarytest.Card{{Card: card.Card{Number: n, Name: "Anna"}}}}
		for i := range 10 {
			l.Loans = append(l.Loans, librarytest.Loan{Holder: n, Loan: circulation.Loan{
				ID: circulation.LoanID(fmt.Sprint(i)), Item: fmt.Sprint(i), Title: "Boek", LentOn: librarytest.Today.AddDays(-20), DueOn: librarytest.Today,
			}})
		}
		l.Loans[0].DueOn = librarytest.Today.AddDays(-5) // what it has cost so far is charged once too
		w := open(t, s, l)
		for _, loan := range l.Loans {
			onlyOne(t, "renewed", circulation.ReasonChanged, func(int) error {
				_, err := w.Renew(t.Context(), n, loan.ID, loan.DueOn)
				return err
			})
		}
		loans, err := w.Loans(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		for _, loan := range loans {
			if loan.Renewals != 1 {
				t.Errorf("it was renewed %d times", loan.Renewals)
			}
		}
		w.owes(n, 100)
	})
}

func TestManyPaymentsAtOnceSettleAFeeOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, n := lateLibrary(t, "")
		for i := range 9 {
			l.Fees = append(l.Fees, librarytest.Fee{Holder: n, Fee: circulation.Fee{
				ID: circulation.FeeID(fmt.Sprint(i)), Kind: circulation.Damage, Amount: 250, ChargedOn: librarytest.Today,
			}})
		}
		w := open(t, s, l)
		for _, fee := range w.mustFees(n) { // one of them grows
			onlyOne(t, "settled", circulation.ReasonFeeSettled, func(i int) error { return w.pay(n, fmt.Sprint(i), fee) })
		}
		w.owes(n)
	})
}

// What is left of a fee is paid by many who each saw all of it.
func TestPartsThatArePaidAtOnceAreNoMoreThanTheFee(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n := number(t, "20001000000012")
		l := librarytest.Library{Cards: []librarytest.Card{{Card: card.Card{Number: n, Name: "Anna"}}}}
		for i := range 8 {
			l.Fees = append(l.Fees, librarytest.Fee{Holder: n, Fee: circulation.Fee{
				ID: circulation.FeeID(fmt.Sprint(i)), Kind: circulation.Damage, Amount: 100, ChargedOn: librarytest.Today,
			}})
		}
		w := open(t, s, l)
		for _, fee := range l.Fees {
			onlyOne(t, "paid in part", circulation.ReasonFeeSettled, func(i int) error {
				return w.Settle(t.Context(), n, []circulation.Settlement{{Fee: fee.ID, Amount: 60, Of: 100}}, fmt.Sprint(i))
			})
		}
		for _, fee := range w.mustFees(n) {
			if fee.Amount != 40 {
				t.Errorf("%s is left", fee.Amount)
			}
		}
	})
}
