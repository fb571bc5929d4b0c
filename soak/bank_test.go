package soak

import (
	"math/rand/v2"
	"time"

	"hoofdpas/internal/money"
	"hoofdpas/internal/provider/mollie/mollietest"
)

// refundsTake is how long the provider takes to pay back.
const refundsTake = 300 * time.Millisecond

// badDay is what goes wrong at the provider.
func badDay(openFor time.Duration) mollietest.Faults {
	return mollietest.Faults{
		Lost: 0.03, Refused: 0.03, Busy: 0.01, Slow: 0.1, SlowBy: 100 * time.Millisecond,
		Twice: 0.3, Late: 0.4, LateBy: 2 * openFor, Unsent: 0.2, RefundFails: 0.05,
	}
}

// meddle does what happens at a provider without anybody here: money is paid
// back there, banks take money back and give it back, and old webhooks come
// again. It returns when done is closed.
func (w *world) meddle(done <-chan struct{}) {
	random := rand.New(rand.NewPCG(w.seed, 1<<40))
	for {
		select {
		case <-done:
			return
		default:
		}
		pause(20 * time.Millisecond)
		if random.IntN(400) == 0 {
			w.bank.Next(mollietest.Silent) // takes what is asked, and never answers
		}
		orders := w.bank.Orders()
		if len(orders) == 0 {
			continue
		}
		o := orders[random.IntN(len(orders))]
		if o.Status == mollietest.Paid && random.IntN(4) == 0 {
			w.meddleWith(o, random)
			continue
		}
		_ = w.bank.Tell(o.Ref) // it exists
	}
}

func (w *world) meddleWith(o mollietest.Order, random *rand.Rand) {
	part := func() money.Cents { return 1 + money.Cents(random.Int64N(int64(o.Asked))) }
	if n := len(o.Chargebacks); n > 0 && o.Chargebacks[n-1].ReversedAt.IsZero() {
		if random.IntN(2) == 0 {
			_ = w.bank.Restore(o.Ref, o.Chargebacks[n-1].Ref) // it exists
		}
		return
	}
	if len(o.Refunds) > 0 || len(o.Chargebacks) > 0 {
		return // once is enough for one order
	}
	switch random.IntN(8) {
	case 0:
		_, _ = w.bank.RefundHere(o.Ref, o.Asked) // not possible any more: then not
	case 1:
		_, _ = w.bank.RefundHere(o.Ref, part())
	case 2:
		_, _ = w.bank.ChargeBack(o.Ref, o.Asked)
	case 3:
		_, _ = w.bank.ChargeBack(o.Ref, part())
	}
}
