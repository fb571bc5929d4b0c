package payment_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/calendar/calendartest"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// atOnce runs all of them at the same moment.
func atOnce(all ...func()) {
	start := make(chan struct{})
	var running sync.WaitGroup
	for _, f := range all {
		running.Go(func() {
			<-start
			f()
		})
	}
	close(start)
	running.Wait()
}

// eachStore runs f on a world over each store.
func eachStore(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f(t, newWorld(t, s, calendartest.At(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))))
	})
}

func TestTwoWhoStartForOneFeeAtOnceNeverBothHoldIt(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		sem, mother := w.person("Sem"), w.person("Moeder")
		w.empower(sem, mother)
		for round := range 20 {
			shared, own := circulation.FeeID(fmt.Sprintf("s%d", round)), circulation.FeeID(fmt.Sprintf("o%d", round))
			w.owes(sem, shared, 100)
			w.owes(mother, own, 30)
			wishes := map[string]payment.Wish{
				"Sem":    w.wish(sem, "", box(sem, shared, 100)),
				"Moeder": w.wish(mother, "", box(mother, own, 30), box(sem, shared, 100)),
			}
			var mu sync.Mutex
			started, refused := []payment.Payment{}, []error{}
			try := func(wish payment.Wish) func() {
				return func() {
					p, err := w.cashier.Start(context.Background(), wish)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						started = append(started, p)
					} else {
						refused = append(refused, err)
					}
				}
			}
			atOnce(try(wishes["Sem"]), try(wishes["Moeder"]))
			if len(started) != 1 || len(refused) != 1 {
				t.Fatalf("round %d: %d started, refused %v", round, len(started), refused)
			}
			wantReason(t, refused[0], problem.Conflict, payment.ReasonHeld)
			args := problem.Of(refused[0])[0].Args
			if until, ok := args["until"].(time.Time); !ok || !until.Equal(started[0].ExpiresAt) || args["name"] != started[0].Payer.Name {
				t.Errorf("round %d: told %v", round, args)
			}
		}
	})
}

func TestOneFormSentTwiceAtOnceIsOnePayment(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		mother := w.person("Moeder")
		for round := range 20 {
			fee := circulation.FeeID(fmt.Sprintf("f%d", round))
			w.owes(mother, fee, 100)
			online := w.wish(mother, "k"+string(fee), box(mother, fee, 100))
			var got [2]payment.Payment
			var errs [2]error
			start := func(i int) func() {
				return func() { got[i], errs[i] = w.cashier.Start(context.Background(), online) }
			}
			atOnce(start(0), start(1))
			if errs[0] != nil || errs[1] != nil || got[0].ID != got[1].ID || got[0].Checkout != got[1].Checkout || got[0].Checkout == "" {
				t.Fatalf("round %d: %+v, %v; %+v, %v", round, got[0], errs[0], got[1], errs[1])
			}
			if got[0].Again == got[1].Again {
				t.Errorf("round %d: both say the same about who was first", round)
			}
		}
	})
}

// The payer of a payment that failed has paid after all, while the same fee is paid at
// the desk, or a part of it at a kiosk.
func TestALateWebhookAndWhoTakesMoneyNeverBothTakeOneFee(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		mother := w.person("Moeder")
		for round := range 20 {
			fee := circulation.FeeID(fmt.Sprintf("f%d", round))
			w.owes(mother, fee, 100)
			late := w.start(w.wish(mother, "", box(mother, fee, 100)))
			w.bank.ends(late, payment.Failed)
			w.hear(late)
			w.bank.ends(late, payment.Paid)
			atDesk, part := w.wish(atDesk(mother), "", box(mother, fee, 100)), w.part(mother, fee, 100, 60)
			var takenErr, heardErr, again error
			var taken payment.Payment
			atOnce(
				func() {
					if round%2 == 0 {
						taken, takenErr = w.cashier.Take(ctx, atDesk, payment.Cash)
					} else {
						taken, takenErr = w.cashier.TakeAtTerminal(ctx, part)
					}
				},
				func() { heardErr = w.cashier.Heard(ctx, "bank", late.Ref) },
				func() { again = w.cashier.Heard(ctx, "bank", late.Ref) },
			)
			if heardErr != nil || again != nil {
				t.Fatalf("round %d: heard %v, %v", round, heardErr, again)
			}
			if takenErr == nil {
				w.stands(taken, payment.Paid)
				w.stands(late, payment.Owed)
			} else {
				wantReason(t, takenErr, problem.Conflict, payment.ReasonPaid)
				w.stands(late, payment.Paid)
			}
		}
		w.checkBooks([]mandate.Actor{mother})
	})
}

// part is a form at a kiosk for a part of what is open of a fee.
func (w *world) part(a mandate.Actor, fee circulation.FeeID, open, part money.Cents) payment.Wish {
	w.t.Helper()
	wish := w.atKiosk(a, "", box(a, fee, open))
	wish.Choices[0].Part, wish.Expected = part, part
	return wish
}

// onlyOne tries every way to pay the same at once. One succeeds; the others are told
// that somebody is paying or has paid.
func (w *world) onlyOne(ways ...func() (payment.Payment, error)) payment.Payment {
	w.t.Helper()
	var mu sync.Mutex
	var made []payment.Payment
	all := make([]func(), len(ways))
	for i, pay := range ways {
		all[i] = func() {
			p, err := pay()
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made = append(made, p)
			} else if !slices.ContainsFunc([]problem.Reason{payment.ReasonHeld, payment.ReasonHeldByYou, payment.ReasonPaid}, func(r problem.Reason) bool { return problem.Has(err, r) }) {
				w.t.Error(err)
			}
		}
	}
	atOnce(all...)
	if len(made) != 1 {
		w.t.Fatalf("%d payments of one fee: %+v", len(made), made)
	}
	return made[0]
}

// A fee is paid whole online, whole and in part at kiosks, and at the desk; and what a
// part left of it is paid in as many ways again.
func TestHoweverAFeeIsPaidAtOnceItIsPaidOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		mother, sem := w.person("Moeder"), w.person("Sem")
		w.empower(sem, mother)
		for round := range 12 {
			fee := circulation.FeeID(fmt.Sprintf("f%d", round))
			w.owes(sem, fee, 100)
			for open := money.Cents(100); open > 0; open = w.library.owed(sem.Holder.Number, fee) {
				online, whole := w.wish(mother, "", box(sem, fee, open)), w.atKiosk(mother, "", box(sem, fee, open))
				atDesk, part := w.wish(atDesk(sem), "", box(sem, fee, open)), w.part(sem, fee, open, max(1, open*6/10))
				p := w.onlyOne(
					func() (payment.Payment, error) { return w.cashier.Start(ctx, online) },
					func() (payment.Payment, error) { return w.cashier.TakeAtTerminal(ctx, part) },
					func() (payment.Payment, error) { return w.cashier.TakeAtTerminal(ctx, whole) },
					func() (payment.Payment, error) { return w.cashier.Take(ctx, atDesk, payment.Cash) },
				)
				if p.Means == payment.Online {
					w.bank.ends(p, payment.Paid)
					w.hear(p)
				}
				w.delivered(p)
			}
		}
		w.checkBooks([]mandate.Actor{mother, sem})
	})
}

// The desk pays a line back while the payer's bank takes the same money.
func TestARefundAndAChargebackAtOnceAreOneAfterTheOther(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		mother := w.person("Moeder")
		for round := range 12 {
			fee := circulation.FeeID(fmt.Sprintf("f%d", round))
			w.owes(mother, fee, 100)
			p := w.start(w.wish(mother, "", box(mother, fee, 100)))
			w.bank.ends(p, payment.Paid)
			w.hear(p)
			w.till()
			means := []payment.Means{payment.Online, payment.Cash}[round%2]
			w.bank.takesBack(p, 100)
			var backErr error
			var heard [2]error
			atOnce(
				func() { _, backErr = w.paysBack(p, means, "", 0) },
				func() { heard[0] = w.cashier.Heard(ctx, "bank", p.Ref) },
				func() { heard[1] = w.cashier.Heard(ctx, "bank", p.Ref) },
			)
			if heard[0] != nil || heard[1] != nil {
				t.Fatalf("round %d: heard %v, %v", round, heard[0], heard[1])
			}
			now, err := w.cashier.Receipt(ctx, p.ID)
			if err != nil || len(now.Chargebacks) != 1 {
				t.Fatalf("round %d: %+v, %v", round, now, err)
			}
			if backErr == nil {
				if now.Lines[0].Returned != payment.ByRefund || len(now.Refunds) != 1 {
					t.Errorf("round %d: paid back first, and it is %+v", round, now)
				}
			} else if !problem.Has(backErr, payment.ReasonReturned) || now.Lines[0].Returned != payment.ByChargeback || len(now.Refunds) != 0 {
				t.Errorf("round %d: the bank was first, %v, and it is %+v", round, backErr, now)
			}
		}
		w.checkBooks([]mandate.Actor{mother})
	})
}

func TestOneLineIsPaidBackOnceHoweverManyDoItAtOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		mother := w.person("Moeder")
		for round := range 8 {
			fee := circulation.FeeID(fmt.Sprintf("f%d", round))
			w.owes(mother, fee, 100)
			p := w.start(w.wish(mother, "", box(mother, fee, 100)))
			w.bank.ends(p, payment.Paid)
			w.hear(p)
			w.till()
			var mu sync.Mutex
			paid, refused := 0, 0
			back := func(m payment.Means) func() {
				return func() {
					_, err := w.paysBack(p, m, "", 0)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						paid++
					case problem.Has(err, payment.ReasonReturned):
						refused++
					default:
						t.Errorf("round %d: %v", round, err)
					}
				}
			}
			atOnce(back(payment.Online), back(payment.Cash), back(payment.PIN), back(payment.Online))
			if paid != 1 || refused != 3 {
				t.Fatalf("round %d: paid back %d times, refused %d times", round, paid, refused)
			}
			again, err := w.cashier.Receipt(t.Context(), p.ID)
			if err != nil || len(again.Refunds) != 1 {
				t.Fatalf("round %d: %d refunds, %v", round, len(again.Refunds), err)
			}
			id := again.Refunds[0].ID
			var errs [3]error
			see := func(i int) func() { return func() { errs[i] = w.cashier.SeeThrough(context.Background(), id) } }
			atOnce(see(0), see(1), see(2))
			for _, err := range errs {
				if err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
			}
			w.stands(p, payment.Refunded)
		}
		w.checkBooks([]mandate.Actor{mother})
	})
}

func TestAChargebackIsBookedOnceHoweverManyHearOfItAtOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		mother := w.person("Moeder")
		for round := range 8 {
			fee := circulation.FeeID(fmt.Sprintf("f%d", round))
			w.owes(mother, fee, 100)
			p := w.start(w.wish(mother, "", box(mother, fee, 100)))
			w.bank.ends(p, payment.Paid)
			w.bank.takesBack(p, 100)
			// Paid and taken back, before anybody asked; and a delivery in between.
			var errs [4]error
			hear := func(i int) func() { return func() { errs[i] = w.cashier.Heard(context.Background(), "bank", p.Ref) } }
			atOnce(hear(0), hear(1), hear(2), func() { errs[3] = w.cashier.Deliver(context.Background(), p.ID) })
			for _, err := range errs {
				if err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
			}
			w.stands(p, payment.ChargedBack)
			w.delivered(p)
			if now := w.stands(p, payment.ChargedBack); len(now.Chargebacks) != 1 || !now.Lines[0].Reopened {
				t.Errorf("round %d: %+v", round, now)
			}
		}
		w.checkBooks([]mandate.Actor{mother})
	})
}
