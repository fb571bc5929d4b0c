package payment_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

func TestOnePaymentOverTheFeesOfSeveralCards(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem := w.person("Moeder"), w.person("Sem")
	w.empower(sem, mother)
	w.owes(mother, "a", 100)
	w.owes(sem, "b", 250)
	w.owes(sem, "c", 50)
	p := w.start(w.wish(mother, "k", box(mother, "a", 100), box(sem, "b", 250)))
	if p.State != payment.Open || p.Total != 350 || len(p.Lines) != 2 || p.Checkout == "" || p.Ref == "" {
		t.Fatalf("started %+v", p)
	}
	if !p.ExpiresAt.Equal(w.clock.Now().Add(payment.OpenFor)) {
		t.Errorf("holds until %v", p.ExpiresAt)
	}
	o := w.bank.last
	number := o.Reference
	if o.Amount != 350 || o.Return != "https://bieb.example/betaling/"+number || !o.ExpiresAt.Equal(p.ExpiresAt) ||
		o.Webhook != "https://bieb.example/betalen/melding/bank" || o.Language != "nl" || o.Description != "Bibliotheek "+number {
		t.Errorf("the bank was asked for %+v", o)
	}
	kept := w.stands(p, payment.Open)
	if kept.Checkout != p.Checkout || kept.Ref != p.Ref {
		t.Errorf("kept %q, %q", kept.Ref, kept.Checkout)
	}
}

func TestWhatCannotStartHoldsNothing(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	mother, stranger := w.person("Moeder"), w.person("Vreemde")
	w.owes(mother, "a", 100)
	good := func() payment.Wish { return w.wish(mother, "", box(mother, "a", 100)) }
	for name, c := range map[string]struct {
		change func(*payment.Wish)
		kind   problem.Kind
		reason problem.Reason
	}{
		"no choice":         {func(w *payment.Wish) { w.Choices = nil }, problem.Invalid, payment.ReasonNothing},
		"no fee":            {func(w *payment.Wish) { w.Choices[0].Fees = nil }, problem.Invalid, payment.ReasonNothing},
		"no permit":         {func(w *payment.Wish) { w.Choices[0].Permit = nil }, problem.Refused, circulation.ReasonNoScope},
		"another's permit":  {func(w *payment.Wish) { w.Actor = stranger }, problem.Refused, circulation.ReasonNoScope},
		"permit of no desk": {func(w *payment.Wish) { w.Actor = atDesk(mother) }, problem.Refused, circulation.ReasonNoScope},
		"no such fee":       {func(w *payment.Wish) { w.Choices[0].Fees[0] = "z" }, problem.NotFound, circulation.ReasonFeeNotFound},
		"another amount":    {func(w *payment.Wish) { w.Expected = 99 }, problem.Conflict, payment.ReasonChanged},
	} {
		wish := good()
		c.change(&wish)
		_, err := w.cashier.Start(ctx, wish)
		t.Log(name)
		wantReason(t, err, c.kind, c.reason)
	}
	w.library.set(func(l *library) { l.away = true })
	_, err := w.cashier.Start(ctx, good())
	wantReason(t, err, problem.Unavailable, circulation.ReasonSystemAway)
	w.library.set(func(l *library) { l.away = false })
	if w.bank.created != 0 {
		t.Errorf("the bank was asked %d times", w.bank.created)
	}
	w.start(good()) // and nothing is in the way
}

func TestAmountsThatDoNotAddUpAreTooMuch(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother := w.person("Moeder")
	const huge = money.Cents(1<<63 - 1)
	w.owes(mother, "a", huge)
	w.owes(mother, "b", 1)
	wish := w.wish(mother, "", box(mother, "a", huge))
	wish.Choices[0].Fees = append(wish.Choices[0].Fees, "b")
	_, err := w.cashier.Start(context.Background(), wish)
	wantReason(t, err, problem.Invalid, payment.ReasonTooMuch)
}

func TestAFeeNamedTwiceIsPaidOnce(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother := w.person("Moeder")
	w.owes(mother, "a", 100)
	wish := w.wish(mother, "", box(mother, "a", 100))
	wish.Choices = append(wish.Choices, wish.Choices[0])
	if p := w.start(wish); p.Total != 100 || len(p.Lines) != 1 {
		t.Errorf("started %+v", p)
	}
}

func TestAFormSentTwiceIsOnePayment(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	mother := w.person("Moeder")
	w.owes(mother, "a", 100)
	w.owes(mother, "b", 30)
	wish := w.wish(mother, "k", box(mother, "a", 100))
	first := w.start(wish)
	if second := w.start(wish); second.ID != first.ID || second.Checkout != first.Checkout || !second.Again || first.Again {
		t.Errorf("first %+v, then %+v", first, second)
	}
	// Also when it has been paid and the library system knows it.
	w.bank.ends(first, payment.Paid)
	w.hear(first)
	if err := w.cashier.Deliver(ctx, first.ID); err != nil {
		t.Fatal(err)
	}
	if third := w.start(wish); third.ID != first.ID || third.State != payment.Paid {
		t.Errorf("then %+v", third)
	}
}

func TestAKeyWithOtherContentIsRefused(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	mother, father := w.person("Moeder"), w.person("Vader")
	for _, who := range []mandate.Actor{mother, father, atDesk(mother)} {
		w.owes(who, "a", 100)
		w.owes(who, "b", 100)
	}
	w.start(w.wish(mother, "k", box(mother, "a", 100)))
	for name, wish := range map[string]payment.Wish{
		"another fee":   w.wish(mother, "k", box(mother, "b", 100)),
		"more fees":     w.wish(mother, "k", box(mother, "a", 100), box(mother, "b", 100)),
		"another payer": w.wish(father, "k", box(father, "a", 100)),
		"another total": w.wish(mother, "k", box(mother, "a", 101)),
	} {
		_, err := w.cashier.Start(ctx, wish)
		t.Log(name)
		wantReason(t, err, problem.Conflict, payment.ReasonKeyReused)
	}
	_, err := w.cashier.Take(ctx, w.wish(atDesk(mother), "k", box(mother, "a", 100)), payment.Cash)
	wantReason(t, err, problem.Conflict, payment.ReasonKeyReused)
}

func TestAFeeThatSomebodyElseIsPayingIsHeld(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	sem, mother, father, stranger := w.person("Sem"), w.person("Moeder"), w.person("Vader"), w.person("Vreemde")
	w.empower(sem, mother)
	w.empower(sem, father)
	w.empower(father, mother) // so they may know each other
	w.empower(sem, stranger)
	w.owes(sem, "a", 100)
	p := w.start(w.wish(mother, "", box(sem, "a", 100)))
	for _, c := range []struct {
		who  mandate.Actor
		name string
	}{{father, "Moeder"}, {sem, "Moeder"}, {stranger, ""}} {
		_, err := w.cashier.Start(ctx, w.wish(c.who, "", box(sem, "a", 100)))
		wantReason(t, err, problem.Conflict, payment.ReasonHeld)
		args := problem.Of(err)[0].Args
		if until, ok := args["until"].(time.Time); !ok || !until.Equal(p.ExpiresAt) || args["name"] != c.name {
			t.Errorf("%s is told %v", c.who.Holder.Name, args)
		}
	}
	_, err := w.cashier.Start(ctx, w.wish(mother, "", box(sem, "a", 100)))
	wantReason(t, err, problem.Conflict, payment.ReasonHeldByYou)
	if args := problem.Of(err)[0].Args; args["payment"] != int64(p.ID) {
		t.Errorf("the payer is told %v", args)
	}
	// At the desk too.
	_, err = w.cashier.Take(ctx, w.wish(atDesk(sem), "", box(sem, "a", 100)), payment.Cash)
	wantReason(t, err, problem.Conflict, payment.ReasonHeld)
}

func TestEverythingInTheWayIsTold(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	sem, mother := w.person("Sem"), w.person("Moeder")
	w.empower(sem, mother)
	w.owes(sem, "a", 100)
	w.owes(sem, "b", 20)
	w.owes(sem, "c", 3)
	w.start(w.wish(mother, "", box(sem, "a", 100)))
	w.start(w.wish(sem, "", box(sem, "b", 20)))
	if _, err := w.cashier.Take(ctx, w.wish(atDesk(sem), "", box(sem, "c", 3)), payment.PIN); err != nil {
		t.Fatal(err)
	}
	_, err := w.cashier.Start(ctx, w.wish(sem, "", box(sem, "a", 100), box(sem, "b", 20), box(sem, "c", 3)))
	for _, reason := range []problem.Reason{payment.ReasonHeld, payment.ReasonHeldByYou, payment.ReasonPaid} {
		wantReason(t, err, problem.Conflict, reason)
	}
}

func TestAPaymentWhoseTimeIsOverIsNotInTheWay(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	sem, mother := w.person("Sem"), w.person("Moeder")
	w.empower(sem, mother)
	w.owes(sem, "a", 100)
	first := w.start(w.wish(mother, "", box(sem, "a", 100)))
	w.clock.Pass(payment.OpenFor)
	second := w.start(w.wish(sem, "", box(sem, "a", 100)))
	w.stands(first, payment.Expired)
	w.stands(second, payment.Open)
}

func TestAPaymentThatWasPaidAtTheLastMomentIsInTheWay(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	sem, mother := w.person("Sem"), w.person("Moeder")
	w.empower(sem, mother)
	w.owes(sem, "a", 100)
	first := w.start(w.wish(mother, "", box(sem, "a", 100)))
	w.bank.ends(first, payment.Paid) // and the webhook is lost
	w.clock.Pass(payment.OpenFor)
	_, err := w.cashier.Start(context.Background(), w.wish(sem, "", box(sem, "a", 100)))
	wantReason(t, err, problem.Conflict, payment.ReasonPaid)
	w.stands(first, payment.Paid)
}

func TestWhenTheBankIsAwayNothingIsHeld(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother := w.person("Moeder")
	w.owes(mother, "a", 100)
	for _, broken := range []func(*bank){func(b *bank) { b.away = true }, func(b *bank) { b.away, b.mute = false, true }} {
		w.bank.set(broken)
		_, err := w.cashier.Start(context.Background(), w.wish(mother, "", box(mother, "a", 100)))
		wantReason(t, err, problem.Unavailable, payment.ReasonAway)
		past, err := w.cashier.Past(context.Background(), mother, 1)
		if err != nil || len(past) != 1 || past[0].State != payment.Failed {
			t.Fatalf("the payment is %+v, %v", past, err)
		}
	}
	w.bank.set(func(b *bank) { b.away, b.mute = false, false })
	w.start(w.wish(mother, "", box(mother, "a", 100)))
}

func TestABrowserThatGoesAwayLeavesNoPaymentWithoutAPage(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother := w.person("Moeder")
	w.owes(mother, "a", 100)
	ctx, cancel := context.WithCancel(context.Background())
	// It goes away as soon as the fees are held.
	w.cashier.Store = goneAfterOpening{w.store, cancel}
	p, err := w.cashier.Start(ctx, w.wish(mother, "k", box(mother, "a", 100)))
	if err != nil || ctx.Err() == nil {
		t.Fatalf("start: %v", err)
	}
	if kept := w.stands(p, payment.Open); kept.Checkout == "" {
		t.Error("the payment has no page to pay on")
	}
}

type goneAfterOpening struct {
	payment.Store
	goes func()
}

func (s goneAfterOpening) OpenPayment(ctx context.Context, p payment.Payment, b payment.Booking) (payment.Payment, []payment.Hold, error) {
	defer s.goes()
	return s.Store.OpenPayment(ctx, p, b) //nolint:wrapcheck // a test's
}

func TestWithoutAProviderNothingIsPaidOnline(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	w.cashier.Provider = nil
	mother := w.person("Moeder")
	w.owes(mother, "a", 100)
	_, err := w.cashier.Start(context.Background(), w.wish(mother, "", box(mother, "a", 100)))
	wantReason(t, err, problem.Refused, payment.ReasonNoProvider)
	if w.cashier.Online() {
		t.Error("it says that it takes payments online")
	}
	wantReason(t, w.cashier.Heard(context.Background(), "bank", "ref-1"), problem.NotFound, payment.ReasonNotFound)
}

func TestTheDeskTakesMoneyAtOnce(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	mother, sem := w.person("Moeder"), w.person("Sem")
	w.empower(sem, mother)
	w.owes(mother, "a", 100)
	w.owes(sem, "b", 250)
	w.owes(sem, "c", 50)
	wish := w.wish(atDesk(mother), "k", box(mother, "a", 100), box(sem, "b", 250), box(sem, "c", 50))
	p, err := w.cashier.Take(ctx, wish, payment.Cash)
	if err != nil {
		t.Fatal(err)
	}
	if p.State != payment.Paid || p.Total != 400 || p.Means != payment.Cash || p.Staff != "Balie Boukje" || p.EndedAt.IsZero() {
		t.Errorf("took %+v", p)
	}
	again, err := w.cashier.Take(ctx, wish, payment.Cash)
	if err != nil || again.ID != p.ID || !again.Again {
		t.Errorf("took again %+v, %v", again, err)
	}
	if r, err := w.cashier.Receipt(ctx, p.ID); err != nil || r.Total != 400 {
		t.Errorf("the receipt is %+v, %v", r, err)
	}
	w.balances(map[ledger.Account]money.Cents{
		ledger.Fees(int64(mother.Holder.ID)): -100, ledger.Fees(int64(sem.Holder.ID)): -300, ledger.Till("Centrum", "Balie 1", "cash"): 400,
	})
	// The log of both holders has a line for each card, with the staff's name.
	w.noted(mother, paidFor{mother, 1, 100, "Balie Boukje"}, paidFor{sem, 2, 300, "Balie Boukje"})
	w.noted(sem, paidFor{sem, 2, 300, "Balie Boukje"})
}

func TestOnlyStaffTakeMoneyAndOnlyInCashOrByPIN(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother := w.person("Moeder")
	w.owes(mother, "a", 100)
	for _, m := range []payment.Means{payment.Cash, payment.PIN} {
		_, err := w.cashier.Take(context.Background(), w.wish(mother, "", box(mother, "a", 100)), m)
		wantReason(t, err, problem.Refused, circulation.ReasonNoScope)
	}
	for _, m := range []payment.Means{"", payment.Online, "cheque"} {
		_, err := w.cashier.Take(context.Background(), w.wish(atDesk(mother), "", box(mother, "a", 100)), m)
		wantReason(t, err, problem.Refused, circulation.ReasonNoScope)
	}
}

func TestWhatWasTakenIsListedByStaffMemberAndTime(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	mother := w.person("Moeder")
	begin := w.clock.Now()
	for _, fee := range []circulation.FeeID{"a", "b", "c"} {
		w.owes(mother, fee, 100)
		if _, err := w.cashier.Take(ctx, w.wish(atDesk(mother), "", box(mother, fee, 100)), payment.PIN); err != nil {
			t.Fatal(err)
		}
		w.clock.Pass(time.Hour)
	}
	taken, err := w.cashier.Taken(ctx, "Balie Boukje", begin.Add(time.Hour), begin.Add(2*time.Hour))
	if err != nil || len(taken) != 1 || taken[0].Lines[0].Fee != "b" {
		t.Errorf("taken %+v, %v", taken, err)
	}
	if taken, err := w.cashier.Taken(ctx, "Iemand anders", begin, w.clock.Now()); err != nil || len(taken) != 0 {
		t.Errorf("another took %+v, %v", taken, err)
	}
}

func TestThePaymentsOfAPayerAreTheirOwn(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	mother, father := w.person("Moeder"), w.person("Vader")
	w.owes(mother, "a", 100)
	p := w.start(w.wish(mother, "", box(mother, "a", 100)))
	if past, err := w.cashier.Past(ctx, father, 10); err != nil || len(past) != 0 {
		t.Errorf("another sees %v, %v", past, err)
	}
	for _, id := range []payment.ID{p.ID, p.ID + 100} {
		_, err := w.cashier.Look(ctx, father, id)
		wantReason(t, err, problem.NotFound, payment.ReasonNotFound)
		_, err = w.cashier.GiveUp(ctx, father, id)
		wantReason(t, err, problem.NotFound, payment.ReasonNotFound)
	}
}

func TestTheLogHasNothingPrivate(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	mother := w.person("Moeder Vermeulen")
	w.owes(mother, "a", 100)
	p := w.start(w.wish(mother, "secret-key", box(mother, "a", 100)))
	w.clock.Pass(payment.OpenFor)
	if _, err := w.cashier.AskWaiting(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.cashier.Take(ctx, w.wish(atDesk(mother), "", box(mother, "a", 100)), payment.Cash); err != nil {
		t.Fatal(err)
	}
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	w.library.set(func(l *library) { l.refuses = map[circulation.FeeID]bool{"a": true} })
	if err := w.cashier.Deliver(ctx, p.ID+1); err != nil {
		t.Fatal(err)
	}
	said := w.log.String()
	if !strings.Contains(said, "has to be paid back") || !strings.Contains(said, "refuses a fee") {
		t.Fatalf("the operator is told %s", said)
	}
	for _, private := range []string{mother.Holder.Number.Text(), "Vermeulen", "Te laat", "secret-key"} {
		if strings.Contains(said, private) {
			t.Errorf("the log has %q: %s", private, said)
		}
	}
}
