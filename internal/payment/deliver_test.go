package payment_test

import (
	"context"
	"slices"
	"testing"

	"hoofdpas/internal/circulation"
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

func TestWhatIsNotPaidIsNotDelivered(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	_, _, p := family(w)
	if err := w.cashier.Deliver(context.Background(), p.ID); err != nil || w.library.calls != 0 {
		t.Errorf("told %d times, %v", w.library.calls, err)
	}
	wantReason(t, w.cashier.Deliver(context.Background(), p.ID+1), problem.NotFound, payment.ReasonNotFound)
}
