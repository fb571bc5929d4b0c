package payment_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// balances checks all accounts.
func (w *world) balances(want map[ledger.Account]money.Cents) {
	w.t.Helper()
	postings := w.postings()
	got, err := ledger.Balances(postings)
	if err != nil {
		w.t.Fatal(err)
	}
	for account, amount := range want {
		if got[account] != amount {
			w.t.Errorf("%s has %v, not %v", account, got[account], amount)
		}
		delete(got, account)
	}
	for account, amount := range got {
		w.t.Errorf("%s has %v, and should not exist", account, amount)
	}
}

// paidFor is a line in the log: somebody paid for a card.
type paidFor struct {
	card   mandate.Actor
	count  int
	amount money.Cents
	staff  string
}

// noted checks what a holder can read about payments, in any order.
func (w *world) noted(reader mandate.Actor, want ...paidFor) {
	w.t.Helper()
	entries, err := w.store.Entries(context.Background(), reader.Holder.ID, 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	type line struct {
		card   card.ID
		count  int
		amount money.Cents
		staff  string
	}
	got := map[line]int{}
	for _, e := range entries {
		if e.Deed == mandate.Paid {
			got[line{e.Card.ID, e.Count, e.Amount, e.Staff}]++
			if e.Scope != mandate.Pay || e.At.IsZero() || e.Actor.IsZero() || e.Other.ID != e.Actor.ID || !e.Confirmed {
				w.t.Errorf("entry %+v", e)
			}
		}
	}
	for _, p := range want {
		got[line{p.card.Holder.ID, p.count, p.amount, p.staff}]--
	}
	for l, n := range got {
		if n != 0 {
			w.t.Errorf("%s reads %d times too often: %+v", reader.Holder.Name, n, l)
		}
	}
}

// family is a mother who may pay for Sem, and a started payment over a fee of
// each.
func family(w *world) (mother, sem mandate.Actor, p payment.Payment) {
	w.t.Helper()
	mother, sem = w.person("Moeder"), w.person("Sem")
	w.empower(sem, mother)
	w.owes(mother, "a", 100)
	w.owes(sem, "b", 250)
	w.owes(sem, "c", 50)
	return mother, sem, w.start(w.wish(mother, "", box(mother, "a", 100), box(sem, "b", 250), box(sem, "c", 50)))
}

func TestAPaidPaymentIsBookedOnceHoweverOftenWeHearOfIt(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem, p := family(w)
	w.bank.ends(p, payment.Paid)
	for range 3 {
		w.hear(p)
		if looked, err := w.cashier.Look(context.Background(), mother, p.ID); err != nil || looked.State != payment.Paid {
			t.Errorf("looks like %+v, %v", looked, err)
		}
	}
	w.balances(map[ledger.Account]money.Cents{
		ledger.Fees(int64(mother.Holder.ID)): -100, ledger.Fees(int64(sem.Holder.ID)): -300, ledger.Provider("bank"): 400,
	})
	w.noted(sem, paidFor{sem, 2, 300, ""})
	w.noted(mother, paidFor{sem, 2, 300, ""}) // the own card is nobody's business
}

func TestWhatTheProviderSaysIsWhereItStands(t *testing.T) {
	t.Parallel()
	for _, said := range []payment.State{payment.Open, payment.Paid, payment.Failed, payment.Cancelled, payment.Expired} {
		t.Run(string(said), func(t *testing.T) {
			t.Parallel()
			w := onSQLite(t)
			mother, _, p := family(w)
			w.bank.ends(p, said)
			looked, err := w.cashier.Look(context.Background(), mother, p.ID)
			if err != nil || looked.State != said {
				t.Errorf("looks like %s, %v", looked.State, err)
			}
			w.stands(p, said)
			if said != payment.Open && said != payment.Paid {
				w.start(w.wish(mother, "", box(mother, "a", 100))) // its fees are free
			}
		})
	}
}

func TestWhatIsPaidLateIsPaidWhenItsFeesAreFree(t *testing.T) {
	t.Parallel()
	for _, before := range []payment.State{payment.Failed, payment.Cancelled, payment.Expired} {
		t.Run(string(before), func(t *testing.T) {
			t.Parallel()
			w := onSQLite(t)
			mother, sem, p := family(w)
			w.bank.ends(p, before)
			w.hear(p)
			w.stands(p, before)
			w.bank.ends(p, payment.Paid)
			w.hear(p)
			w.hear(p)
			w.stands(p, payment.Paid)
			w.balances(map[ledger.Account]money.Cents{
				ledger.Fees(int64(mother.Holder.ID)): -100, ledger.Fees(int64(sem.Holder.ID)): -300, ledger.Provider("bank"): 400,
			})
			// And the fees are held again.
			_, err := w.cashier.Start(context.Background(), w.wish(mother, "", box(mother, "a", 100)))
			wantReason(t, err, problem.Conflict, payment.ReasonPaid)
		})
	}
}

func TestWhatIsPaidLateCountsForTheFeesThatAreStillFreeAndTheRestGoesBack(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem, p := family(w)
	w.expire(p)
	second := w.start(w.wish(mother, "", box(mother, "a", 100))) // one of the three fees
	w.bank.ends(second, payment.Paid)
	w.hear(second)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	w.hear(p)
	late := w.stands(p, payment.Paid)
	if late.Lines[0].Kept() || !late.Lines[1].Kept() || !late.Lines[2].Kept() || late.Received != 400 {
		t.Errorf("it kept %+v", late)
	}
	if len(late.Refunds) != 1 || late.Refunds[0].Amount != 100 || late.Refunds[0].Reason != payment.RefundLate || late.Refunds[0].State != payment.Due {
		t.Fatalf("it pays back %+v", late.Refunds)
	}
	if late.Receipt.No == 0 || late.Refunds[0].Receipt.No == 0 || late.Receipt.No == late.Refunds[0].Receipt.No {
		t.Errorf("the payment has receipt %v, what goes back %v", late.Receipt, late.Refunds[0].Receipt)
	}
	w.balances(map[ledger.Account]money.Cents{
		ledger.Fees(int64(mother.Holder.ID)): -100, ledger.Fees(int64(sem.Holder.ID)): -300,
		ledger.Refunds(int64(mother.Holder.ID)): -100, ledger.Provider("bank"): 500,
	})
	for range 2 {
		if err := w.cashier.SeeThrough(t.Context(), late.Refunds[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	w.balances(map[ledger.Account]money.Cents{
		ledger.Fees(int64(mother.Holder.ID)): -100, ledger.Fees(int64(sem.Holder.ID)): -300, ledger.Provider("bank"): 400,
		ledger.Refunds(int64(mother.Holder.ID)): 0,
	})
	if w.bank.sent != 1 {
		t.Errorf("the bank was asked to pay back %d times", w.bank.sent)
	}
	w.stands(p, payment.Paid) // for the other two
}

func TestWhatIsPaidLateGoesBackWholeWhenNoFeeIsFree(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem, p := family(w)
	w.expire(p)
	w.start(w.wish(mother, "", box(mother, "a", 100), box(sem, "b", 250), box(sem, "c", 50)))
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	w.hear(p)
	w.stands(p, payment.Owed)
	w.balances(map[ledger.Account]money.Cents{ledger.Refunds(int64(mother.Holder.ID)): -400, ledger.Provider("bank"): 400})
	w.noted(mother)
	if !w.log.has("has to be paid back") {
		t.Error("the operator was not told")
	}
	if err := w.cashier.Deliver(t.Context(), p.ID); err != nil || w.library.calls != 0 {
		t.Errorf("the library system was told %d times of what is owed, %v", w.library.calls, err)
	}
	if n, err := w.cashier.FollowRefunds(t.Context()); n != 1 || err != nil {
		t.Fatalf("followed %d, %v", n, err)
	}
	w.stands(p, payment.Refunded)
	w.balances(map[ledger.Account]money.Cents{ledger.Refunds(int64(mother.Holder.ID)): 0, ledger.Provider("bank"): 0})
}

// expire lets the payment's time pass.
func (w *world) expire(p payment.Payment) {
	w.t.Helper()
	w.clock.Pass(payment.OpenFor + time.Millisecond)
	if n, err := w.cashier.AskWaiting(context.Background()); n != 1 || err != nil {
		w.t.Fatalf("settled %d, %v", n, err)
	}
	w.stands(p, payment.Expired)
}

func TestAnotherAmountThanWeAskedForIsPutAsideAsOwed(t *testing.T) {
	t.Parallel()
	for _, amount := range []money.Cents{1, 399, 401} {
		w := onSQLite(t)
		mother, _, p := family(w)
		w.bank.pays(p, amount)
		w.hear(p)
		w.stands(p, payment.Owed)
		w.balances(map[ledger.Account]money.Cents{
			ledger.Refunds(int64(mother.Holder.ID)): -amount, ledger.Provider("bank"): amount,
		})
		if !w.log.has("has to be paid back") || !w.log.has("asked=4.00") {
			t.Errorf("the operator was told %s", w.log)
		}
		w.start(w.wish(mother, "", box(mother, "a", 100))) // the fees are free
	}
}

func TestPaidWithoutAnAmountIsNotBelieved(t *testing.T) {
	t.Parallel()
	for _, amount := range []money.Cents{0, -400} {
		w := onSQLite(t)
		_, _, p := family(w)
		w.bank.pays(p, amount)
		err := w.cashier.Heard(context.Background(), "bank", p.Ref)
		wantReason(t, err, problem.Unavailable, payment.ReasonUnsure)
		w.stands(p, payment.Open)
		w.balances(nil)
	}
}

func TestEveryOpenPaymentIsAskedForAlsoWhenNoWebhookComes(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	mother, _, lost := family(w)
	w.owes(mother, "z", 10)
	paid := w.start(w.wish(mother, "", box(mother, "z", 10)))
	w.bank.ends(paid, payment.Paid) // and its webhook is lost
	w.clock.Pass(time.Minute)
	if n, err := w.cashier.AskWaiting(ctx); n != 0 || err != nil {
		t.Fatalf("too early: settled %d, %v", n, err)
	}
	w.clock.Pass(time.Millisecond)
	if n, err := w.cashier.AskWaiting(ctx); n != 1 || err != nil {
		t.Fatalf("settled %d, %v", n, err)
	}
	w.stands(paid, payment.Paid)
	w.stands(lost, payment.Open)
	w.clock.Pass(payment.OpenFor)
	if n, err := w.cashier.AskWaiting(ctx); n != 1 || err != nil || w.bank.cancelled != 1 {
		t.Fatalf("settled %d, %v; ended %d at the bank", n, err, w.bank.cancelled)
	}
	w.stands(lost, payment.Expired)
	if n, err := w.cashier.AskWaiting(ctx); n != 0 || err != nil {
		t.Errorf("settled again %d, %v", n, err)
	}
}

func TestWhileTheProviderIsAwayAPaymentWaitsAsLongAgain(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	mother, _, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.bank.set(func(b *bank) { b.away = true })
	if looked, err := w.cashier.Look(ctx, mother, p.ID); err != nil || looked.State != payment.Open {
		t.Errorf("looks like %+v, %v", looked, err)
	}
	wantReason(t, w.cashier.Heard(ctx, "bank", p.Ref), problem.Unavailable, payment.ReasonUnsure)
	w.clock.Pass(payment.OpenFor + time.Millisecond)
	if n, err := w.cashier.AskWaiting(ctx); n != 0 || err != nil {
		t.Fatalf("settled %d, %v", n, err)
	}
	w.stands(p, payment.Open)
	w.clock.Pass(payment.OpenFor + time.Millisecond)
	if n, err := w.cashier.AskWaiting(ctx); n != 1 || err != nil {
		t.Fatalf("settled %d, %v", n, err)
	}
	w.stands(p, payment.Expired)
	// Nothing is lost: the webhook comes again, or the payer looks.
	w.bank.set(func(b *bank) { b.away = false })
	if looked, err := w.cashier.Look(ctx, mother, p.ID); err != nil || looked.State != payment.Paid {
		t.Errorf("looks like %+v, %v", looked, err)
	}
}

func TestAPaymentClosedLongAgoIsNotAskedAboutWhenLookedAt(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, _, p := family(w)
	w.bank.ends(p, payment.Failed)
	w.hear(p)
	w.clock.Pass(25 * time.Hour)
	before := w.bank.asked
	if looked, err := w.cashier.Look(context.Background(), mother, p.ID); err != nil || looked.State != payment.Failed || w.bank.asked != before {
		t.Errorf("looks like %s, %v; the bank was asked %d times", looked.State, err, w.bank.asked-before)
	}
}

func TestGivingUpFreesTheFeesAtOnce(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := context.Background()
	mother, _, p := family(w)
	after, err := w.cashier.GiveUp(ctx, mother, p.ID)
	if err != nil || after.State != payment.Cancelled {
		t.Fatalf("gave up %+v, %v", after, err)
	}
	w.start(w.wish(mother, "", box(mother, "a", 100)))
	_, err = w.cashier.GiveUp(ctx, mother, p.ID)
	wantReason(t, err, problem.Conflict, payment.ReasonStep)
}

func TestGivingUpWhatHasBeenPaidFindsItPaid(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, _, p := family(w)
	w.bank.ends(p, payment.Paid)
	after, err := w.cashier.GiveUp(context.Background(), mother, p.ID)
	if err != nil || after.State != payment.Paid {
		t.Errorf("gave up %+v, %v", after, err)
	}
}

func TestNobodyGivesUpWhileTheProviderCannotBeAsked(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, _, p := family(w)
	w.bank.set(func(b *bank) { b.away = true })
	_, err := w.cashier.GiveUp(context.Background(), mother, p.ID)
	wantReason(t, err, problem.Unavailable, payment.ReasonUnsure)
	w.stands(p, payment.Open)
}

// died is a payment whose program died between opening it and keeping its page.
func died(w *world) (mandate.Actor, payment.Payment) {
	w.t.Helper()
	mother := w.person("Moeder")
	w.owes(mother, "a", 100)
	w.bank.set(func(b *bank) { b.dies = true })
	func() {
		defer func() {
			if err, ok := recover().(error); !ok || !errors.Is(err, errAway) {
				w.t.Errorf("it did not die: %v", err)
			}
		}()
		_, _ = w.cashier.Start(context.Background(), w.wish(mother, "k", box(mother, "a", 100)))
	}()
	w.bank.set(func(b *bank) { b.dies = false })
	past, err := w.cashier.Past(context.Background(), mother, 1)
	if err != nil || len(past) != 1 || past[0].State != payment.Open || past[0].Ref != "" {
		w.t.Fatalf("it left %+v, %v", past, err)
	}
	return mother, past[0]
}

func TestAPaymentThatAProgramDiedInGetsItsPageAgain(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(*world, mandate.Actor, payment.Payment) (payment.Payment, error){
		"by a look": func(w *world, a mandate.Actor, p payment.Payment) (payment.Payment, error) {
			return w.cashier.Look(context.Background(), a, p.ID)
		},
		"by the same form": func(w *world, a mandate.Actor, _ payment.Payment) (payment.Payment, error) {
			return w.cashier.Start(context.Background(), w.wish(a, "k", box(a, "a", 100)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onSQLite(t)
			mother, left := died(w)
			p, err := again(w, mother, left)
			if err != nil || p.ID != left.ID || p.Checkout == "" || p.Ref == "" || len(w.bank.orders) != 1 {
				t.Fatalf("got %+v, %v, %d orders", p, err, len(w.bank.orders))
			}
			w.bank.ends(p, payment.Paid)
			w.hear(p)
			w.stands(p, payment.Paid)
		})
	}
}

func TestAPaymentThatAProgramDiedInExpires(t *testing.T) {
	t.Parallel()
	for _, away := range []bool{false, true} {
		w := onSQLite(t)
		_, p := died(w)
		w.clock.Pass(payment.OpenFor + time.Millisecond)
		w.bank.set(func(b *bank) { b.away = away })
		if n, err := w.cashier.AskWaiting(context.Background()); n != 1 || err != nil {
			t.Errorf("settled %d, %v", n, err)
		}
		w.stands(p, payment.Expired)
	}
}

func TestAPaymentOfAProviderThatIsGoneExpires(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	_, _, p := family(w)
	w.cashier.Provider = nil
	w.clock.Pass(2*payment.OpenFor + time.Millisecond)
	if n, err := w.cashier.AskWaiting(context.Background()); n != 1 || err != nil {
		t.Errorf("settled %d, %v", n, err)
	}
	w.stands(p, payment.Expired)
}

func TestAWebhookAboutNoOrderOfOursIsNotFound(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	_, _, p := family(w)
	for _, c := range [][2]string{{"bank", "ref-x"}, {"bank", ""}, {"otherbank", p.Ref}, {"", p.Ref}, {"bank", "\x00\xff"}} {
		wantReason(t, w.cashier.Heard(context.Background(), c[0], c[1]), problem.NotFound, payment.ReasonNotFound)
	}
}
