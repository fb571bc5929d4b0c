package till_test

import (
	"sync"
	"testing"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/till"
)

// TestAPaymentIsCountedByTheShiftOrRefused lets many take money, pay back and
// move cash while one closes, and opens the next shift.
func TestAPaymentIsCountedByTheShiftOrRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ctx := t.Context()
		shift := w.open(centrum1, 10000)
		before := w.take(shift, 1000, payment.Cash)
		const many = 12
		wishes := make([]payment.Wish, many)
		for i := range wishes {
			wishes[i] = w.wish(100)
		}
		var mu sync.Mutex
		var taken, back, in money.Cents
		count := func(sum *money.Cents, amount money.Cents, err error) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				*sum += amount
			case !problem.Has(err, payment.ReasonShiftOver):
				t.Errorf("neither counted nor refused: %v", err)
			}
		}
		var wg sync.WaitGroup
		for i := range many {
			wg.Go(func() {
				p, err := w.drawer.Take(ctx, shift.ID, wishes[i], payment.Cash)
				count(&taken, p.Received, err)
			})
		}
		wg.Go(func() {
			f, err := w.drawer.PayBack(ctx, shift.ID, payment.RefundWish{
				Payment: before.ID, Lines: []int{0}, Means: payment.Cash, Note: "terug", Staff: "Bea", Key: "terug",
			})
			count(&back, f.Amount, err)
		})
		wg.Go(func() {
			_, err := w.drawer.Move(ctx, "Bea", shift.ID, till.Move{Kind: till.In, Amount: 500, Reason: "wisselgeld", Key: "in"})
			count(&in, 500, err)
		})
		var closed till.Shift
		wg.Go(func() {
			for { // until nothing came between looking and closing
				c := w.right(shift)
				var err error
				if closed, err = w.drawer.Close(ctx, "Bea", shift.ID, c); err == nil {
					return
				}
				if !problem.Has(err, till.ReasonChanged) {
					t.Error(err)
					return
				}
			}
		})
		wg.Wait()
		want := 11000 + taken - back + in
		sum := w.sum(shift)
		if closed.CashExpected != want || sum.Cash != want || w.balances()[cashOf(centrum1)] != want {
			t.Errorf("must hold %v: closed with %v, the rows say %v, the ledger %v", want, closed.CashExpected, sum.Cash, w.balances()[cashOf(centrum1)])
		}
		if sum.CashPayments != 1+int(taken/100) {
			t.Errorf("%d payments are counted, %v was taken", sum.CashPayments, taken)
		}
	})
}

func TestTwoWhoOpenADeskAtOnceOpenOneShift(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var wg sync.WaitGroup
		var mu sync.Mutex
		ids := map[till.ShiftID]bool{}
		refused := 0
		for i := range 8 {
			wg.Go(func() {
				made, err := w.drawer.Open(t.Context(), []string{"Bea", "Bart"}[i%2], centrum1, 5000)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					ids[made.ID] = true
				case problem.Has(err, till.ReasonOpen):
					refused++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(ids) != 1 || refused != 4 || w.balances()[cashOf(centrum1)] != 5000 {
			t.Errorf("opened %v, refused %d; the drawer holds %v", ids, refused, w.balances()[cashOf(centrum1)])
		}
	})
}
