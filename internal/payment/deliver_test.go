package payment_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

func paidFamily(w *world) payment.Payment {
	w.t.Helper()
	_, _, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	return w.stands(p, payment.Paid)
}

func (w *world) told(p payment.Payment) (told, untold int) {
	w.t.Helper()
	for _, l := range w.stands(p, payment.Paid).Lines {
		if l.Told {
			told++
		} else {
			untold++
		}
	}
	return told, untold
}

func TestTheLibrarySystemIsToldOnce(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	p := paidFamily(w)
	for range 2 {
		if err := w.cashier.Deliver(context.Background(), p.ID); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(w.library.taken)
	if !slices.Equal(w.library.taken, []circulation.FeeID{"a", "b", "c"}) || w.library.calls != 2 {
		t.Errorf("it was told of %v in %d calls", w.library.taken, w.library.calls)
	}
	if told, untold := w.told(p); told != 3 || untold != 0 {
		t.Errorf("%d fees were told and %d not", told, untold)
	}
	holds, err := w.store.Holds(context.Background(), cardsOf(p))
	if err != nil || len(holds) != 0 {
		t.Errorf("holds %+v, %v", holds, err)
	}
}

func TestWhileTheLibrarySystemIsAwayTheRestIsLeft(t *testing.T) {
	t.Parallel()
	for _, broken := range []func(*library){func(l *library) { l.away = true }, func(l *library) { l.mute = true }} {
		w := onSQLite(t)
		p := paidFamily(w)
		w.library.set(broken)
		err := w.cashier.Deliver(context.Background(), p.ID)
		wantReason(t, err, problem.Unavailable, circulation.ReasonSystemAway)
		if told, untold := w.told(p); told != 0 || untold != 3 {
			t.Errorf("%d fees were told and %d not", told, untold)
		}
		w.library.set(func(l *library) { l.away, l.mute = false, false })
		if err := w.cashier.Deliver(context.Background(), p.ID); err != nil {
			t.Fatal(err)
		}
		if told, _ := w.told(p); told != 3 || len(w.library.taken) != 3 {
			t.Errorf("%d fees were told, taken %v", told, w.library.taken)
		}
	}
}

func TestAFeeThatIsRefusedKeepsNoneOfTheOthersBack(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	p := paidFamily(w)
	w.library.set(func(l *library) { l.refuses = map[circulation.FeeID]bool{"b": true} })
	if err := w.cashier.Deliver(context.Background(), p.ID); err != nil {
		t.Fatal(err)
	}
	slices.Sort(w.library.taken)
	if !slices.Equal(w.library.taken, []circulation.FeeID{"a", "c"}) {
		t.Errorf("it was told of %v", w.library.taken)
	}
	if told, _ := w.told(p); told != 3 || !w.log.has("refuses a fee") {
		t.Errorf("%d fees were told; the operator: %s", told, w.log)
	}
}

// refunds is what we owe to the payer, below zero, and what the payment took for
// fees.
func (w *world) refunds(p payment.Payment) (refunds, fees money.Cents) {
	w.t.Helper()
	postings := w.postings()
	balances, err := ledger.Balances(postings)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(cardsOf(p)))) {
		fees += balances[ledger.Fees(int64(id))]
	}
	return balances[ledger.Refunds(int64(p.Payer.ID))], fees
}

func TestWhatIsRefusedIsOwedToThePayerOnceAndFreeAgain(t *testing.T) {
	t.Parallel()
	for what, means := range map[string]payment.Means{"online": payment.Online, "at the desk": payment.Cash} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := onSQLite(t)
			anna, bram := w.person("Anna"), w.person("Bram")
			w.empower(bram, anna)
			w.owes(bram, "a", 100)
			w.owes(bram, "b", 70)
			w.owes(bram, "c", 5)
			fees := []payment.Box{box(bram, "a", 100), box(bram, "b", 70), box(bram, "c", 5)}
			var p payment.Payment
			if means == payment.Online {
				p = w.start(w.wish(anna, "", fees...))
				w.bank.ends(p, payment.Paid)
				w.hear(p)
			} else {
				var err error
				if p, err = w.cashier.Take(t.Context(), w.wish(atDesk(anna), "", fees...), means); err != nil {
					t.Fatal(err)
				}
			}
			// It refuses b, and then goes away before it has been told of c.
			w.library.set(func(l *library) { l.refuses, l.patience = map[circulation.FeeID]bool{"b": true}, 4 })
			wantReason(t, w.cashier.Deliver(t.Context(), p.ID), problem.Unavailable, circulation.ReasonSystemAway)
			w.library.set(func(l *library) { l.away = false })
			for range 2 {
				if err := w.cashier.Deliver(t.Context(), p.ID); err != nil {
					t.Fatal(err)
				}
			}
			slices.Sort(w.library.taken)
			if !slices.Equal(w.library.taken, []circulation.FeeID{"a", "c"}) {
				t.Errorf("it was told of %v", w.library.taken)
			}
			if refunds, fees := w.refunds(p); refunds != -70 || fees != -105 {
				t.Errorf("refunds have %v and fees %v", refunds, fees)
			}
			var refused []circulation.FeeID
			for _, l := range w.stands(p, payment.Paid).Lines {
				if l.Refused {
					refused = append(refused, l.Fee)
				}
			}
			if told, _ := w.told(p); told != 3 || !slices.Equal(refused, []circulation.FeeID{"b"}) {
				t.Errorf("%d fees were told, %v refused", told, refused)
			}
			if n := strings.Count(w.log.String(), "refuses a fee"); n != 1 || w.log.has("Bram") || w.log.has(bram.Holder.Number.Text()) {
				t.Errorf("the operator's log, %d times: %s", n, w.log)
			}
			// It was not that bad: the fee is there after all, and can be paid.
			w.library.set(func(l *library) { l.refuses = nil })
			again := w.start(w.wish(anna, "", box(bram, "b", 70)))
			w.bank.ends(again, payment.Paid)
			w.hear(again)
			w.checkBooks([]mandate.Actor{anna, bram})
		})
	}
}

func TestWhatIsNotPaidIsNotDelivered(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	_, _, p := family(w)
	if err := w.cashier.Deliver(context.Background(), p.ID); err != nil || w.library.calls != 0 {
		t.Errorf("told %d times, %v", w.library.calls, err)
	}
	wantReason(t, w.cashier.Deliver(context.Background(), p.ID+1), problem.NotFound, payment.ReasonNotFound)
}

// A library system that knows no references books what it is told as often as it
// is told, unless it is said that it may have been told before.
func TestASystemWithoutReferencesIsToldThatItMayHaveBeenTold(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, lost := range map[string]func(*world, payment.Payment){
		"its answer was lost": func(w *world, p payment.Payment) {
			w.library.set(func(l *library) { l.mute = true })
			wantReason(t, w.cashier.Deliver(ctx, p.ID), problem.Unavailable, circulation.ReasonSystemAway)
		},
		"the program ended": func(w *world, p payment.Payment) {
			w.library.set(func(l *library) { l.dies = true })
			defer func() { _ = recover() }()
			_ = w.cashier.Deliver(ctx, p.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onSQLite(t)
			w.library.set(func(l *library) { l.blind = true })
			p := paidFamily(w)
			lost(w, p)
			w.library.set(func(l *library) { l.mute, l.dies = false, false })
			for range 2 {
				if err := w.cashier.Deliver(ctx, p.ID); err != nil {
					t.Fatal(err)
				}
			}
			if told, _ := w.told(p); told != 3 || len(w.library.taken) != 3 || len(w.library.twice) != 0 {
				t.Errorf("%d fees were told, taken %v, twice %v", told, w.library.taken, w.library.twice)
			}
		})
	}
}

// It says no to one of two fees, one of which was paid at the counter: that is an
// answer, and no doubt is left about either.
func TestARefusalLeavesNoDoubt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := onSQLite(t)
	anna := w.person("Anna")
	w.owes(anna, "a", 100)
	w.owes(anna, "b", 70)
	p := w.start(w.wish(anna, "", box(anna, "a", 100), box(anna, "b", 70)))
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	w.library.set(func(l *library) {
		l.blind, l.patience = true, 2 // it says no, and is away when it is asked again
		l.settled[anna.Holder.Number.Text()+" b"] = "counter"
	})
	wantReason(t, w.cashier.Deliver(ctx, p.ID), problem.Unavailable, circulation.ReasonSystemAway)
	w.library.set(func(l *library) { l.away = false })
	if err := w.cashier.Deliver(ctx, p.ID); err != nil {
		t.Fatal(err)
	}
	for _, l := range w.stands(p, payment.Paid).Lines {
		if !l.Told || l.Telling || l.Refused != (l.Fee == "b") {
			t.Errorf("fee %s: told %t, telling %t, refused %t", l.Fee, l.Told, l.Telling, l.Refused)
		}
	}
}

// Two programs over one store have a job each about the same payment.
func TestOneProgramAtATimeDeliversAPayment(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		entered, leave := make(chan struct{}), make(chan struct{})
		w.library.set(func(l *library) { l.blind = true })
		p := paidFamily(w)
		slow, other := *w.cashier, *w.cashier
		slow.System = slowLibrary{w.library, entered, leave}
		var first sync.WaitGroup
		first.Go(func() {
			if err := slow.Deliver(context.Background(), p.ID); err != nil {
				t.Error(err)
			}
		})
		<-entered
		for range 3 {
			if err := other.Deliver(context.Background(), p.ID); err == nil {
				t.Error("a payment is delivered while another program does")
			}
		}
		close(leave)
		first.Wait()
		if err := other.Deliver(context.Background(), p.ID); err != nil {
			t.Error(err)
		}
		if w.library.calls != 2 || len(w.library.twice) != 0 {
			t.Errorf("told %d times, twice %v", w.library.calls, w.library.twice)
		}
	})
}

// slowLibrary does not answer until it may.
type slowLibrary struct {
	*library
	entered chan<- struct{}
	leave   <-chan struct{}
}

func (l slowLibrary) Settle(ctx context.Context, n card.Number, fees []circulation.Settlement, reference string) error {
	select {
	case l.entered <- struct{}{}:
	case <-l.leave:
	}
	<-l.leave
	return l.library.Settle(ctx, n, fees, reference)
}

// A program that was killed has not said that it is done; neither does a clock that
// was an hour ahead keep the others waiting.
func TestADeliveryThatNobodyEndedIsTakenOver(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		p := paidFamily(w)
		begin := func(at time.Time, want bool) {
			t.Helper()
			if got, err := w.store.BeginDelivery(ctx, p.ID, at, at.Add(3*time.Minute)); err != nil || got != want {
				t.Errorf("at %s: %t, %v", at.Format(time.TimeOnly), got, err)
			}
		}
		now := w.clock.Now()
		begin(now, true)
		begin(now.Add(time.Minute), false)
		begin(now.Add(3*time.Minute), true)
		begin(now.Add(time.Hour), true)
		begin(now.Add(time.Hour-time.Minute), false)
		begin(now, true)
		if err := w.store.EndDelivery(ctx, p.ID, now.Add(time.Hour)); err != nil { // another's
			t.Error(err)
		}
		begin(now.Add(time.Second), false)
		if err := w.store.EndDelivery(ctx, p.ID, now.Add(3*time.Minute)); err != nil {
			t.Error(err)
		}
		begin(now.Add(time.Second), true)
	})
}
