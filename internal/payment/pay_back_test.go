package payment_test

import (
	"context"
	"slices"
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

// told delivers the payment and returns it.
func (w *world) delivered(p payment.Payment) payment.Payment {
	w.t.Helper()
	if err := w.cashier.Deliver(context.Background(), p.ID); err != nil {
		w.t.Fatal(err)
	}
	p, err := w.store.Payment(context.Background(), p.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// paysBack is a refund that a staff member makes.
func (w *world) paysBack(p payment.Payment, m payment.Means, key string, lines ...int) (payment.Refund, error) {
	wish := payment.RefundWish{Payment: p.ID, Lines: lines, Means: m, Note: "Het boek was er nog", Staff: "Balie Boukje", Key: key}
	if m != payment.Online {
		wish.Till = w.till()
	}
	return w.cashier.PayBack(context.Background(), wish)
}

func (w *world) findings() (kinds []payment.FindingKind) {
	w.t.Helper()
	all, err := w.cashier.Findings(context.Background(), true, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range all {
		kinds = append(kinds, f.Kind)
	}
	slices.Sort(kinds)
	return kinds
}

func (w *world) found(want ...payment.FindingKind) {
	w.t.Helper()
	slices.Sort(want)
	if got := w.findings(); !slices.Equal(got, want) {
		w.t.Errorf("the desk has to look at %v, not %v", got, want)
	}
}

func TestWhatIsPaidBackIsOpenAgainAndCanBePaidAgain(t *testing.T) {
	t.Parallel()
	for _, m := range []payment.Means{payment.Online, payment.Cash, payment.PIN} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			w := onSQLite(t)
			mother, sem, p := family(w)
			w.bank.ends(p, payment.Paid)
			w.hear(p)
			p = w.delivered(p)
			r, err := w.paysBack(p, m, "k", 1) // b, of Sem: 2.50
			if err != nil {
				t.Fatal(err)
			}
			if again, err := w.paysBack(p, m, "k", 1); err != nil || !again.Again || again.ID != r.ID {
				t.Errorf("the same form made %+v, %v", again, err)
			}
			_, err = w.paysBack(p, m, "k", 2)
			wantReason(t, err, problem.Conflict, payment.ReasonKeyReused)
			_, err = w.paysBack(p, m, "k2", 1)
			wantReason(t, err, problem.Conflict, payment.ReasonReturned)
			// Until the library system knows, nobody pays it again.
			_, err = w.cashier.Start(t.Context(), w.wish(sem, "", box(sem, "b", 250)))
			wantReason(t, err, problem.NotFound, circulation.ReasonFeeNotFound)
			p = w.delivered(p)
			if !slices.Equal(w.library.reopened, []circulation.FeeID{"b"}) || !p.Lines[1].Reopened {
				t.Errorf("the library system opened %v", w.library.reopened)
			}
			if _, err := w.cashier.FollowRefunds(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.stands(p, payment.Paid) // for the others
			purse := ledger.Provider("bank")
			want := map[ledger.Account]money.Cents{
				ledger.Fees(int64(mother.Holder.ID)): -100, ledger.Fees(int64(sem.Holder.ID)): -50,
				ledger.Refunds(int64(mother.Holder.ID)): 0, purse: 150,
			}
			if m != payment.Online {
				want[purse] = 400
				want[ledger.Till("Centrum", "Balie 1", string(m))] = -250
			}
			w.balances(want)
			again := w.start(w.wish(sem, "", box(sem, "b", 250)))
			w.bank.ends(again, payment.Paid)
			w.hear(again)
			w.delivered(again)
			w.checkBooks([]mandate.Actor{mother, sem})
			w.found()
		})
	}
}

func TestAllPaidBackIsRefundedWhenTheMoneyHasLeft(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	w.bank.set(func(b *bank) { b.slow = true })
	r, err := w.paysBack(p, payment.Online, "k", 0, 1, 2)
	if err != nil || r.State != payment.Due || r.Amount != 400 {
		t.Fatalf("paid back %+v, %v", r, err)
	}
	w.stands(p, payment.Paid)
	for range 2 {
		if err := w.cashier.SeeThrough(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
	}
	if now := w.stands(p, payment.Paid); now.Refunds[0].State != payment.Sent || now.Owed() != 0 {
		t.Errorf("the refund is %s, owed %v", now.Refunds[0].State, now.Owed())
	}
	w.bank.becomes(p, payment.Done)
	w.hear(p)
	w.hear(p)
	w.stands(p, payment.Refunded)
	// Told of being paid and of being open again, in that order.
	w.delivered(p)
	if len(w.library.taken) != 3 || len(w.library.reopened) != 3 {
		t.Errorf("taken %v, reopened %v", w.library.taken, w.library.reopened)
	}
	w.checkBooks([]mandate.Actor{mother, sem})
}

func TestARefundThatTheProviderWillNotDoIsForTheDesk(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	w.bank.set(func(b *bank) { b.refuses = true })
	r, err := w.paysBack(p, payment.Online, "k", 0)
	if err == nil {
		err = w.cashier.SeeThrough(t.Context(), r.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.found(payment.FoundRefundFailed)
	now := w.stands(p, payment.Paid)
	if now.Refunds[0].State != payment.RefundFailed || now.Owed() != 100 {
		t.Fatalf("the refund is %s, owed %v", now.Refunds[0].State, now.Owed())
	}
	// The desk hands it out.
	if _, err := w.cashier.PayBack(t.Context(), payment.RefundWish{
		Payment: p.ID, Owed: true, Means: payment.Cash, Note: "contant", Staff: "Balie Boukje", Till: w.till(),
	}); err != nil {
		t.Fatal(err)
	}
	if now := w.stands(p, payment.Paid); now.Owed() != 0 {
		t.Errorf("owed %v", now.Owed())
	}
	w.checkBooks([]mandate.Actor{mother, sem})
}

func TestOnlyWhatIsThereIsPaidBack(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	_, _, p := family(w)
	_, err := w.paysBack(p, payment.Cash, "", 0)
	wantReason(t, err, problem.Conflict, payment.ReasonNotOwed) // it is open
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	for what, c := range map[string]struct {
		change func(*payment.RefundWish)
		kind   problem.Kind
		reason problem.Reason
	}{
		"nothing chosen":   {func(r *payment.RefundWish) { r.Lines = nil }, problem.Conflict, payment.ReasonNotOwed},
		"nothing owed":     {func(r *payment.RefundWish) { r.Lines, r.Owed = nil, true }, problem.Conflict, payment.ReasonNotOwed},
		"no such line":     {func(r *payment.RefundWish) { r.Lines = []int{3} }, problem.NotFound, payment.ReasonNotFound},
		"below the first":  {func(r *payment.RefundWish) { r.Lines = []int{-1} }, problem.NotFound, payment.ReasonNotFound},
		"no reason":        {func(r *payment.RefundWish) { r.Note = " " }, problem.Invalid, payment.ReasonNote},
		"a long reason":    {func(r *payment.RefundWish) { r.Note = strings.Repeat("x", 1001) }, problem.Invalid, payment.ReasonNote},
		"no shift":         {func(r *payment.RefundWish) { r.Till = payment.Till{} }, problem.Conflict, payment.ReasonShiftOver},
		"a shift not open": {func(r *payment.RefundWish) { r.Till.Shift = 99 }, problem.Conflict, payment.ReasonShiftOver},
		"no such payment":  {func(r *payment.RefundWish) { r.Payment++ }, problem.NotFound, payment.ReasonNotFound},
		"no such means":    {func(r *payment.RefundWish) { r.Means = "gold" }, problem.Invalid, payment.ReasonNoProvider},
		"written off":      {func(r *payment.RefundWish) { r.Means = payment.WriteOff }, problem.Conflict, payment.ReasonNotOwed},
	} {
		wish := payment.RefundWish{Payment: p.ID, Lines: []int{0}, Means: payment.Cash, Note: "x", Staff: "Balie Boukje", Till: w.till()}
		c.change(&wish)
		_, err := w.cashier.PayBack(t.Context(), wish)
		if !problem.Has(err, c.reason) || problem.KindOf(err) != c.kind {
			t.Errorf("%s: %v", what, err)
		}
	}
	if now := w.stands(p, payment.Paid); len(now.Refunds) != 0 {
		t.Errorf("it made %+v", now.Refunds)
	}
}

func TestAChargebackOpensTheFeesAgain(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	w.delivered(p)
	w.bank.takesBack(p, 400)
	for range 3 {
		w.hear(p)
	}
	if now := w.stands(p, payment.ChargedBack); now.Owed() != 0 {
		t.Errorf("owed %v", now.Owed())
	}
	w.delivered(p)
	if len(w.library.reopened) != 3 {
		t.Errorf("the library system opened %v", w.library.reopened)
	}
	w.found(payment.FoundChargeback)
	w.balances(map[ledger.Account]money.Cents{
		ledger.Fees(int64(mother.Holder.ID)): 0, ledger.Fees(int64(sem.Holder.ID)): 0, ledger.Provider("bank"): 0,
	})
	for _, reader := range []mandate.Actor{mother, sem} {
		entries, err := w.store.Entries(t.Context(), reader.Holder.ID, 0, 100)
		if err != nil || !slices.ContainsFunc(entries, func(e mandate.Entry) bool { return e.Deed == mandate.ChargedBack }) {
			t.Errorf("%s was not told: %v", reader.Holder.Name, err)
		}
	}
	// The bank was wrong: what it gives back is for no fee any more.
	w.bank.restores(p)
	w.hear(p)
	w.hear(p)
	w.found(payment.FoundChargeback, payment.FoundRestored)
	if now := w.stands(p, payment.Owed); now.Owed() != 400 {
		t.Errorf("owed %v", now.Owed())
	}
	w.checkBooks([]mandate.Actor{mother, sem})
}

func TestAnAmountThatFitsNoFeesIsNotGuessed(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		happens func(*world, payment.Payment)
		kind    payment.FindingKind
	}{
		"taken back by the bank":  {func(w *world, p payment.Payment) { w.bank.takesBack(p, 123) }, payment.FoundChargebackOdd},
		"paid back at the bank":   {func(w *world, p payment.Payment) { w.bank.paysBack(p, 123) }, payment.FoundRefundElsewhere},
		"the whole, at the bank":  {func(w *world, p payment.Payment) { w.bank.paysBack(p, 400) }, ""},
		"and once more than that": {func(w *world, p payment.Payment) { w.bank.paysBack(p, 300); w.bank.paysBack(p, 300) }, payment.FoundRefundElsewhere},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := onSQLite(t)
			mother, sem, p := family(w)
			w.bank.ends(p, payment.Paid)
			w.hear(p)
			c.happens(w, p)
			w.hear(p)
			w.hear(p)
			if c.kind != "" {
				w.stands(p, payment.Paid)
				if got := slices.Compact(w.findings()); !slices.Equal(got, []payment.FindingKind{c.kind}) {
					t.Errorf("the desk has to look at %v", got)
				}
			} else {
				w.stands(p, payment.Refunded)
				w.found()
			}
			w.checkBooks([]mandate.Actor{mother, sem})
		})
	}
}

func TestAnotherCurrencyIsPutAsideForTheDesk(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, _, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.bank.with(p, func(o *bankOrder) { o.currency = "USD" })
	for range 2 {
		w.hear(p)
	}
	w.stands(p, payment.Open)
	w.clock.Pass(payment.OpenFor + time.Millisecond)
	if _, err := w.cashier.AskWaiting(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.stands(p, payment.Expired)
	w.balances(nil)
	all, err := w.cashier.Findings(t.Context(), true, 10)
	if err != nil || len(all) != 1 || all[0].Kind != payment.FoundCurrency || all[0].Detail != "4.00 USD" || all[0].Payment != p.ID {
		t.Errorf("found %+v, %v", all, err)
	}
	w.start(w.wish(mother, "", box(mother, "a", 100))) // the fees are free
}

func TestAnOrderOfAnotherPaymentIsNotBooked(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	_, _, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.bank.with(p, func(o *bankOrder) { o.reference = "999" })
	w.hear(p)
	w.stands(p, payment.Open)
	w.found(payment.FoundUnknown)
	w.balances(nil)
}

func TestAFindingIsSettledOnceAndWithANote(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem, p := family(w)
	w.bank.pays(p, 300)
	w.hear(p)
	w.found(payment.FoundAmount)
	all, err := w.cashier.Findings(t.Context(), true, 10)
	if err != nil {
		t.Fatal(err)
	}
	id := all[0].ID
	wantReason(t, w.cashier.SettleFinding(t.Context(), "Balie Boukje", id, " ", false), problem.Invalid, payment.ReasonNote)
	wantReason(t, w.cashier.SettleFinding(t.Context(), "Balie Boukje", id+1, "x", false), problem.NotFound, payment.ReasonNotFound)
	if err := w.cashier.SettleFinding(t.Context(), "Balie Boukje", id, "Niemand kwam", true); err != nil {
		t.Fatal(err)
	}
	wantReason(t, w.cashier.SettleFinding(t.Context(), "Balie Boukje", id, "x", true), problem.NotFound, payment.ReasonNotFound)
	w.found()
	w.balances(map[ledger.Account]money.Cents{
		ledger.Refunds(int64(mother.Holder.ID)): 0, ledger.Provider("bank"): 300, ledger.WriteOffs: -300,
	})
	settled, err := w.cashier.Findings(t.Context(), false, 10)
	if err != nil || len(settled) != 1 || settled[0].Note != "Niemand kwam" || settled[0].SettledBy != "Balie Boukje" {
		t.Errorf("settled %+v, %v", settled, err)
	}
	if got := w.stands(p, payment.Refunded).Owed(); got != 0 {
		t.Errorf("owed %v", got)
	}
	_ = sem
}

func TestWhatTheLibrarySystemWillNotOpenAgainIsForTheDesk(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	_, _, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	w.delivered(p)
	w.library.set(func(l *library) { l.keeps = map[circulation.FeeID]bool{"b": true} })
	if _, err := w.paysBack(p, payment.Online, "", 1); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.delivered(p)
	}
	w.found(payment.FoundNotReopened)
}

func TestReceiptsAreNumberedWithoutGapsPerBranchAndYear(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	w.cashier.Zone = amsterdam
	anna := w.person("Anna")
	for _, fee := range []circulation.FeeID{"a", "b", "c", "d", "e"} {
		w.owes(anna, fee, 100)
	}
	take := func(fee circulation.FeeID) string {
		p, err := w.cashier.Take(t.Context(), w.wish(atDesk(anna), "", box(anna, fee, 100)), payment.Cash)
		if err != nil {
			t.Fatal(err)
		}
		return p.Receipt.String()
	}
	var got []string
	got = append(got, take("a"))
	online := w.start(w.wish(anna, "", box(anna, "b", 100)))
	lost := w.start(w.wish(anna, "", box(anna, "c", 100)))
	w.bank.ends(online, payment.Paid)
	w.hear(online)
	w.bank.ends(lost, payment.Failed)
	w.hear(lost)
	got = append(got, w.stands(online, payment.Paid).Receipt.String(), w.stands(lost, payment.Failed).Receipt.String(), take("c"))
	r, err := w.paysBack(online, payment.Cash, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, r.Receipt.String())
	newYear := time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC) // in Amsterdam
	w.clock.Pass(newYear.Sub(w.clock.Now()))
	got = append(got, take("d"))
	want := []string{"Centrum 2026-000001", "Online 2026-000001", "", "Centrum 2026-000002", "Centrum 2026-000003", "Centrum 2027-000001"}
	if !slices.Equal(got, want) {
		t.Errorf("receipts are numbered %q", got)
	}
}

func TestLimitsAreKept(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	anna := w.person("Anna")
	w.owes(anna, "a", 100)
	w.owes(anna, "b", 500)
	w.bank.limits = payment.Limits{Least: 101, Most: 100_000}
	w.cashier.Most = 599
	_, err := w.cashier.Start(t.Context(), w.wish(anna, "", box(anna, "a", 100)))
	wantReason(t, err, problem.Invalid, payment.ReasonTooLittle)
	_, err = w.cashier.Start(t.Context(), w.wish(anna, "", box(anna, "a", 100), box(anna, "b", 500)))
	wantReason(t, err, problem.Invalid, payment.ReasonTooMuch)
	if of := problem.Of(err); of[0].Args["most"] != money.Cents(599) {
		t.Errorf("the most is %v", of[0].Args)
	}
	w.start(w.wish(anna, "", box(anna, "b", 500)))
	if p, err := w.cashier.Take(t.Context(), w.wish(atDesk(anna), "", box(anna, "a", 100)), payment.Cash); err != nil || p.State != payment.Paid {
		t.Errorf("at the desk: %+v, %v", p, err)
	}
}

func TestWhoMaySeeOnlyOneOfTheCardsSeesOnlyThoseLines(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem, p := family(w)
	stranger := w.person("Vreemde")
	see := func(a mandate.Actor) (payment.Payment, error) {
		permits, err := w.book.Permits(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		return w.cashier.View(t.Context(), permits, a, p.ID)
	}
	_, err := see(sem)
	wantReason(t, err, problem.NotFound, payment.ReasonNotFound) // not yet paid: the payer's own
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	if all, err := see(mother); err != nil || len(all.Lines) != 3 || all.Total != 400 {
		t.Errorf("the payer sees %+v, %v", all, err)
	}
	part, err := see(sem)
	if err != nil || len(part.Lines) != 2 || part.Total != 300 || part.Received != 300 || part.Checkout != "" {
		t.Errorf("Sem sees %+v, %v", part, err)
	}
	for _, l := range part.Lines {
		if l.Holder.ID != sem.Holder.ID {
			t.Errorf("Sem sees a line of %v", l.Holder.ID)
		}
	}
	_, err = see(stranger)
	wantReason(t, err, problem.NotFound, payment.ReasonNotFound)
	past, err := w.cashier.Past(t.Context(), sem, 10)
	if err != nil || len(past) != 1 || len(past[0].Lines) != 2 || past[0].Total != 300 {
		t.Errorf("Sem's past is %+v, %v", past, err)
	}
}

func TestComparingWithTheProviderNamesEachDifference(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := t.Context()
	began := w.clock.Now()
	mother, sem, p := family(w)
	w.owes(mother, "y", 10)
	w.owes(mother, "z", 20)
	missing := w.start(w.wish(mother, "", box(mother, "y", 10)))
	lost := w.start(w.wish(mother, "", box(mother, "z", 20)))
	w.bank.ends(p, payment.Paid)
	w.bank.ends(missing, payment.Paid)
	w.hear(missing)
	w.bank.ends(lost, payment.Paid) // and no webhook ever comes
	reconcile := func() payment.Report {
		t.Helper()
		done := 0
		r, err := w.cashier.Reconcile(ctx, began, w.clock.Now().Add(time.Second), func(n int) { done = n })
		if err != nil || r.Payments != 3 || done != 3 {
			t.Fatalf("compared %+v (%d), %v", r, done, err)
		}
		return r
	}
	if r := reconcile(); len(r.Differences) != 0 || r.Orders != 3 {
		t.Errorf("differs: %+v", r)
	}
	w.stands(lost, payment.Paid)
	// The bank loses one, and has one of ours that we do not.
	w.bank.with(missing, func(o *bankOrder) { o.ref = "ref-unknown" })
	w.bank.orders["unknown"] = w.bank.orders[strings.TrimPrefix(missing.Ref, "ref-")]
	delete(w.bank.orders, strings.TrimPrefix(missing.Ref, "ref-"))
	for range 2 {
		var kinds []payment.FindingKind
		for _, f := range reconcile().Differences {
			kinds = append(kinds, f.Kind)
		}
		slices.Sort(kinds)
		if !slices.Equal(kinds, []payment.FindingKind{payment.FoundMissing, payment.FoundUnknown}) {
			t.Errorf("differs: %v", kinds)
		}
	}
	w.found(payment.FoundMissing, payment.FoundUnknown)
	all, err := w.cashier.Findings(ctx, true, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if err := w.cashier.SettleFinding(ctx, "Balie Boukje", f.ID, "gebeld", false); err != nil {
			t.Fatal(err)
		}
	}
	if r := reconcile(); len(r.Differences) != 0 {
		t.Errorf("what was settled is named again: %+v", r)
	}
	w.bank.set(func(b *bank) { b.away = true })
	_, err = w.cashier.Reconcile(ctx, began, w.clock.Now(), nil)
	wantReason(t, err, problem.Unavailable, payment.ReasonUnsure)
	_ = sem
}

func TestWhatIsPaidBackBeforeTheLibrarySystemWasToldIsHeldUntilItKnows(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	if _, err := w.paysBack(p, payment.Online, "", 1); err != nil {
		t.Fatal(err)
	}
	// The library system lists the fee as open: it was never told.
	_, err := w.cashier.Start(t.Context(), w.wish(sem, "", box(sem, "b", 250)))
	wantReason(t, err, problem.Conflict, payment.ReasonPaid)
	w.delivered(p)
	w.start(w.wish(sem, "", box(sem, "b", 250)))
	w.checkOpen(mother)
}

// checkOpen checks that a payer has nothing under way.
func (w *world) checkOpen(a mandate.Actor) {
	w.t.Helper()
	for _, p := range w.all([]mandate.Actor{a}) {
		if p.State == payment.Open {
			w.t.Errorf("payment %d is open", p.ID)
		}
	}
}

func TestWhatWasRestoredIsNotRestoredAgainWhenMoreIsTakenBack(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	w.bank.takesBack(p, 10)
	w.hear(p)
	w.bank.restores(p)
	w.hear(p)
	w.bank.takesBack(p, 20)
	w.hear(p)
	now := w.stands(p, payment.Paid)
	if len(now.Chargebacks) != 2 || now.Chargebacks[0].RestoredAt.IsZero() || !now.Chargebacks[1].RestoredAt.IsZero() {
		t.Errorf("taken back: %+v", now.Chargebacks)
	}
	w.checkBooks([]mandate.Actor{mother, sem})
}

func TestEveryNightIsComparedAndOnSundaysTheQuarter(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	_, _, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	for range 20 {
		w.clock.Pass(24 * time.Hour)
	}
	w.bank.takesBack(p, 400) // and nobody tells
	states := map[time.Weekday]payment.State{}
	for range 7 {
		if err := w.cashier.Nightly(t.Context()); err != nil {
			t.Fatal(err)
		}
		now, err := w.store.Payment(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		states[w.clock.Now().Weekday()] = now.State
		if w.clock.Now().Weekday() == time.Sunday {
			break
		}
		w.clock.Pass(24 * time.Hour)
	}
	if states[time.Saturday] != payment.Paid || states[time.Sunday] != payment.ChargedBack {
		t.Errorf("by day: %v", states)
	}
}

func TestWhatWentBackForNoFeeIsNotHandedOutOnceMore(t *testing.T) {
	t.Parallel()
	for what, happens := range map[string]func(*world, payment.Payment){
		"taken back by the bank": func(w *world, p payment.Payment) { w.bank.takesBack(p, 350) },
		"paid back at the bank":  func(w *world, p payment.Payment) { w.bank.paysBack(p, 350) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := onSQLite(t)
			mother, sem, p := family(w)
			w.bank.ends(p, payment.Paid)
			w.hear(p)
			happens(w, p)
			w.hear(p)
			if now := w.stands(p, payment.Paid); now.Ahead() != 350 {
				t.Errorf("ahead %v", now.Ahead())
			}
			for line := range 3 {
				_, err := w.paysBack(p, payment.Cash, "", line)
				wantReason(t, err, problem.Conflict, payment.ReasonNotOwed)
			}
			r, err := w.paysBack(p, payment.Cash, "", 0, 1, 2)
			if err != nil || r.Amount != 50 {
				t.Errorf("paid back %v, %v", r.Amount, err)
			}
			if now := w.stands(p, payment.Refunded); now.Ahead() != 0 || now.Owed() != 0 {
				t.Errorf("ahead %v, owed %v", now.Ahead(), now.Owed())
			}
			books, err := ledger.Balances(w.postings())
			payer := int64(mother.Holder.ID)
			if err != nil || books[ledger.Refunds(payer)] != 0 || books[ledger.Chargebacks(payer)] != 0 {
				t.Errorf("the books say %v, %v", books, err)
			}
			w.checkBooks([]mandate.Actor{mother, sem})
		})
	}
}

func TestOnlyWhatTheBankStillHasIsWrittenOff(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, sem, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	w.bank.takesBack(p, 123)
	w.hear(p)
	all, err := w.cashier.Findings(t.Context(), true, 10)
	if err != nil || len(all) != 1 || all[0].Kind != payment.FoundChargebackOdd {
		t.Fatalf("found %+v, %v", all, err)
	}
	w.bank.restores(p)
	w.hear(p)
	odd := all[0].ID
	wantReason(t, w.cashier.SettleFinding(t.Context(), "Balie Boukje", odd, "weg", true), problem.Conflict, payment.ReasonNotOwed)
	w.balances(map[ledger.Account]money.Cents{
		ledger.Fees(int64(mother.Holder.ID)): -100, ledger.Fees(int64(sem.Holder.ID)): -300, ledger.Provider("bank"): 400,
		ledger.Chargebacks(int64(mother.Holder.ID)): 0,
	})
	if err := w.cashier.SettleFinding(t.Context(), "Balie Boukje", odd, "het is er weer", false); err != nil {
		t.Error(err)
	}
}

func TestARefundThatIsUnderWayHasNotFailedWhenTheOrderCannotBeFound(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	_, _, p := family(w)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	w.bank.set(func(b *bank) { b.slow = true })
	r, err := w.paysBack(p, payment.Online, "k", 0)
	if err == nil {
		err = w.cashier.SeeThrough(t.Context(), r.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	var orders map[string]*bankOrder
	w.bank.set(func(b *bank) { orders, b.orders = b.orders, nil }) // as with the key of another account
	if err := w.cashier.SeeThrough(t.Context(), r.ID); !problem.Has(err, payment.ReasonUnsure) {
		t.Errorf("it says %v", err)
	}
	w.found()
	w.bank.set(func(b *bank) { b.orders = orders })
	w.bank.with(p, func(o *bankOrder) { o.refunds[0].State = payment.Done })
	w.hear(p)
	if now := w.stands(p, payment.Paid); now.Refunds[0].State != payment.Done || now.Owed() != 0 {
		t.Errorf("the refund is %s, owed %v", now.Refunds[0].State, now.Owed())
	}
}

func TestWhatTheBankTookOfWhatWeOwedIsOwedNoMore(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	mother, _, p := family(w)
	refunds, taken := ledger.Refunds(int64(mother.Holder.ID)), ledger.Chargebacks(int64(mother.Holder.ID))
	w.bank.pays(p, 300) // not what was asked
	w.hear(p)
	w.bank.takesBack(p, 250)
	w.hear(p)
	w.balances(map[ledger.Account]money.Cents{refunds: -50, ledger.Provider("bank"): 50})
	w.bank.takesBack(p, 60) // more than there is
	w.hear(p)
	w.balances(map[ledger.Account]money.Cents{refunds: 0, taken: 10, ledger.Provider("bank"): -10})
	w.bank.restores(p)
	w.hear(p)
	if now := w.stands(p, payment.Owed); now.Owed() != 300 {
		t.Errorf("owed %v", now.Owed())
	}
	w.balances(map[ledger.Account]money.Cents{refunds: -300, taken: 0, ledger.Provider("bank"): 300})
}

func TestWhatWasPaidLateEndedWhenTheMoneyCame(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	_, _, p := family(w)
	w.clock.Pass(payment.OpenFor + time.Millisecond)
	if _, err := w.cashier.AskWaiting(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.stands(p, payment.Expired)
	w.clock.Pass(20 * time.Minute)
	w.bank.ends(p, payment.Paid)
	w.hear(p)
	if now := w.stands(p, payment.Paid); !now.EndedAt.Equal(w.clock.Now()) {
		t.Errorf("ended at %v, and the money came at %v", now.EndedAt, w.clock.Now())
	}
	came := w.clock.Now()
	w.clock.Pass(time.Hour)
	w.bank.takesBack(p, 400)
	w.hear(p)
	if now := w.stands(p, payment.ChargedBack); !now.EndedAt.Equal(came) {
		t.Errorf("ended at %v, and the money came at %v", now.EndedAt, came)
	}
}

func TestAFormOfOnePaymentPaysNothingBackOfAnother(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, w *world) {
		mother, _, p := family(w)
		w.owes(mother, "other", 100)
		other := w.start(w.wish(mother, "", box(mother, "other", 100)))
		for _, of := range []payment.Payment{p, other} {
			w.bank.ends(of, payment.Paid)
			w.hear(of)
		}
		if _, err := w.paysBack(p, payment.Cash, "same", 0); err != nil {
			t.Fatal(err)
		}
		_, err := w.paysBack(other, payment.Cash, "same", 0)
		wantReason(t, err, problem.Conflict, payment.ReasonKeyReused)
		if now := w.stands(other, payment.Paid); len(now.Refunds) != 0 {
			t.Errorf("paid back %+v", now.Refunds)
		}
	})
}
