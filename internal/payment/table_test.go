package payment_test

import (
	"testing"

	"hoofdpas/internal/payment"
)

func TestAPaymentMovesForwardOnly(t *testing.T) {
	t.Parallel()
	states := []payment.State{payment.Open, payment.Paid, payment.Failed, payment.Cancelled, payment.Expired, payment.Owed}
	// Nothing leads back to a state that was left, by any way.
	var walk func(from payment.State, seen map[payment.State]bool)
	walk = func(from payment.State, seen map[payment.State]bool) {
		seen[from] = true
		for _, to := range states {
			if !payment.Allowed(from, to) {
				continue
			}
			if seen[to] {
				t.Errorf("%s leads back to %s", from, to)
				continue
			}
			walk(to, seen)
		}
		delete(seen, from)
	}
	walk(payment.Open, map[payment.State]bool{})
	for _, to := range states {
		if payment.Allowed(payment.Paid, to) || payment.Allowed(payment.Owed, to) {
			t.Errorf("what is settled moves on to %s", to)
		}
		if to != payment.Open && !payment.Allowed(payment.Open, to) {
			t.Errorf("an open payment cannot become %s", to)
		}
		if payment.Allowed(to, payment.Paid) != payment.Allowed(to, payment.Owed) {
			t.Errorf("from %s money may come in and not be owed", to)
		}
	}
}
