package payment_test

import (
	"context"
	"testing"
	"time"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// A clock that jumps an hour ends a payment too early, or holds its fees for longer; the
// money that comes is booked either way, and once.
func TestAClockThatJumpsLosesNoPayment(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		mother, sem := w.person("Moeder"), w.person("Sem")
		w.empower(sem, mother)
		look := func(want int) {
			t.Helper()
			if n, err := w.cashier.AskWaiting(ctx); n != want || err != nil {
				t.Errorf("settled %d, %v", n, err)
			}
		}
		w.owes(sem, "a", 100)
		ahead := w.start(w.wish(mother, "", box(sem, "a", 100)))
		w.clock.Pass(time.Hour)
		look(1)
		w.stands(ahead, payment.Expired)
		w.clock.Pass(-time.Hour)
		w.bank.ends(ahead, payment.Paid) // the payer was at the bank all the time
		w.hear(ahead)
		w.delivered(w.stands(ahead, payment.Paid))

		w.owes(sem, "b", 250)
		back := w.start(w.wish(mother, "", box(sem, "b", 250)))
		w.clock.Pass(-time.Hour)
		look(0)
		_, err := w.cashier.Start(ctx, w.wish(sem, "", box(sem, "b", 250)))
		wantReason(t, err, problem.Conflict, payment.ReasonHeld)
		w.bank.ends(back, payment.Paid)
		w.hear(back)
		w.hear(back)
		w.delivered(w.stands(back, payment.Paid))
		if p, err := w.cashier.Receipt(ctx, back.ID); err != nil || p.Receipt.No != ahead.Receipt.No+2 {
			t.Errorf("the receipt is %v, %v", p.Receipt, err)
		}

		w.owes(sem, "c", 30)
		left := w.start(w.wish(mother, "", box(sem, "c", 30)))
		w.clock.Pass(-time.Hour)
		if _, err := w.cashier.GiveUp(ctx, mother, left.ID); err != nil { // nobody has to wait for it
			t.Error(err)
		}
		w.checkBooks([]mandate.Actor{mother, sem})
	})
}
