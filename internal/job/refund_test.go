package job

import (
	"context"
	"errors"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func TestARefundIsTriedUntilTheProviderHasIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tries := make(chan payment.RefundID, 10)
		n := 0
		stop := run(t, s, till{refund: func(_ context.Context, id payment.RefundID) error {
			n++
			tries <- id
			switch n {
			case 1:
				return problem.New(problem.Unavailable, payment.ReasonUnsure, nil)
			case 2:
				return errors.New("some fault")
			}
			return nil
		}}, &journal{})
		paidWith(t, s, "a", func(card.Holder) payment.Booking {
			return payment.Booking{Refund: &payment.Refund{
				Means: payment.Online, Provider: "bank", Reason: payment.RefundLate, Amount: 100, State: payment.Due, OrderKey: "k",
				RequestedAt: time.Now(),
			}}
		})
		first := await(t, tries)
		if second, third := await(t, tries), await(t, tries); first == 0 || second != first || third != first {
			t.Errorf("tried %d, %d and %d", first, second, third)
		}
		stop()
		if len(tries) != 0 {
			t.Error("tried again after it succeeded")
		}
	})
}
