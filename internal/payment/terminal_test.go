package payment_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// kiosk is the terminal of these tests.
func kiosk() payment.Till { return payment.Till{Branch: "Centrum", Desk: "Zuil 1"} }

func (w *world) atKiosk(a mandate.Actor, key string, fees ...payment.Box) payment.Wish {
	wish := w.wish(a, key, fees...)
	wish.Till = kiosk()
	return wish
}

func TestATerminalTakesMoneyOnItsOwnAccount(t *testing.T) {
	t.Parallel()
	eachStore(t, takesOnItsOwnAccount)
}

func takesOnItsOwnAccount(t *testing.T, w *world) {
	ctx := context.Background()
	mother, sem := w.person("Moeder"), w.person("Sem")
	w.empower(sem, mother)
	w.owes(mother, "a", 100)
	w.owes(sem, "b", 250)
	wish := w.atKiosk(mother, "zuil/1", box(mother, "a", 100), box(sem, "b", 250))
	p, err := w.cashier.TakeAtTerminal(ctx, wish)
	if err != nil {
		t.Fatal(err)
	}
	p, err = w.cashier.Receipt(ctx, p.ID)
	if err != nil || p.State != payment.Paid || p.Means != payment.Kiosk || p.Till != kiosk() || p.Total != 350 || p.Received != 350 ||
		p.Receipt.Branch != "Centrum" || p.Receipt.No != 1 {
		t.Errorf("took %+v, %v", p, err)
	}
	for _, posted := range w.postings() {
		if posted.To != ledger.Terminal("Centrum", "Zuil 1") || !strings.HasPrefix(string(posted.From), "fees/") {
			t.Errorf("posted %+v", posted)
		}
	}
	again, err := w.cashier.TakeAtTerminal(ctx, wish)
	if err != nil || again.ID != p.ID || !again.Again {
		t.Errorf("took again %+v, %v", again, err)
	}
	if err := w.cashier.Deliver(ctx, p.ID); err != nil {
		t.Fatal(err)
	}
	found, ok, err := w.cashier.TerminalPayment(ctx, "zuil/1")
	if err != nil || !ok || found.ID != p.ID {
		t.Errorf("found %+v %v %v", found, ok, err)
	}
	if _, ok, err := w.cashier.TerminalPayment(ctx, "zuil/2"); ok || err != nil {
		t.Errorf("found what never was: %v", err)
	}
	if n := len(w.postings()); n != 2 {
		t.Errorf("%d postings", n)
	}
	day, want := w.clock.Now().Add(-time.Hour), payment.TerminalTakings{Terminal: kiosk(), Payments: 1, Amount: 350}
	if taken, err := w.cashier.TakenAtTerminals(ctx, day, day.Add(2*time.Hour)); err != nil || !slices.Equal(taken, []payment.TerminalTakings{want}) {
		t.Errorf("took %+v, %v", taken, err)
	}
	if taken, err := w.cashier.TakenAtTerminals(ctx, day.Add(-time.Hour), day); err != nil || len(taken) > 0 {
		t.Errorf("took %+v an hour before, %v", taken, err)
	}
}

func TestOnlyATerminalTakesMoneyAsOne(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother := w.person("Moeder")
	w.owes(mother, "a", 100)
	for name, change := range map[string]func(*payment.Wish){
		"no terminal": func(wish *payment.Wish) { wish.Till = payment.Till{} },
		"a shift":     func(wish *payment.Wish) { wish.Till = w.till() },
	} {
		wish := w.atKiosk(mother, "", box(mother, "a", 100))
		change(&wish)
		if _, err := w.cashier.TakeAtTerminal(context.Background(), wish); problem.KindOf(err) != problem.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.cashier.TakeAtTerminal(context.Background(), w.atKiosk(atDesk(mother), "", box(mother, "a", 100))); problem.KindOf(err) != problem.Refused {
		t.Errorf("staff: %v", err)
	}
}

func TestAFeeIsPaidInPartAndTheRestLater(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	mother := w.person("Moeder")
	w.owes(mother, "a", 100)
	w.owes(mother, "b", 250)
	wish := w.atKiosk(mother, "k", box(mother, "a", 100), box(mother, "b", 250))
	wish.Choices[0].Part, wish.Expected = 60, 160
	p, err := w.cashier.TakeAtTerminal(ctx, wish)
	if err != nil {
		t.Fatal(err)
	}
	holds, err := w.store.Holds(ctx, []card.ID{mother.Holder.ID})
	if err != nil || len(holds) != 2 || holds[0].Rest != 0 || holds[1].Rest != 190 {
		t.Errorf("held %+v, %v", holds, err)
	}
	p, err = w.cashier.Receipt(ctx, p.ID)
	if err != nil || p.Total != 160 || len(p.Lines) != 2 || p.Lines[0].Of != 0 || p.Lines[1].Amount != 60 || p.Lines[1].Of != 250 {
		t.Fatalf("took %+v, %v", p, err)
	}
	// Nobody pays for the same fee before the library system knows.
	_, err = w.cashier.TakeAtTerminal(ctx, w.atKiosk(mother, "other", box(mother, "b", 250)))
	wantReason(t, err, problem.Conflict, payment.ReasonPaid)
	if err := w.cashier.Deliver(ctx, p.ID); err != nil {
		t.Fatal(err)
	}
	rest, err := w.cashier.TakeAtTerminal(ctx, w.atKiosk(mother, "rest", box(mother, "b", 190)))
	if err != nil || rest.Total != 190 {
		t.Errorf("the rest: %+v, %v", rest, err)
	}
	if err := w.cashier.Deliver(ctx, rest.ID); err != nil {
		t.Fatal(err)
	}
	fees, err := w.library.Fees(ctx, mother.Holder.Number)
	if err != nil || len(fees) > 0 {
		t.Errorf("still owes %v, %v", fees, err)
	}
}
