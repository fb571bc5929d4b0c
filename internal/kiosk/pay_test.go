package kiosk_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/kiosk"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/sip2"
)

// card is CG of a whole card.
func (w *world) card(number string) string {
	w.t.Helper()
	return strconv.FormatInt(int64(w.holder(number).ID), 10)
}

// fee is CG of a fee.
func (w *world) fee(number, id string) string { return w.card(number) + "." + id }

func TestWhatIsPlainlyNoAmountIsRefused(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	for amount, says := range map[string]string{
		"": "Dit bedrag klopt niet.", "abc": "Dit bedrag klopt niet.", "-1.00": "Dit bedrag klopt niet.", "0": "Dit bedrag klopt niet.",
		"0.00": "Dit bedrag klopt niet.", "1,50": "Dit bedrag klopt niet.", "1.005": "Dit bedrag klopt niet.", "1e2": "Dit bedrag klopt niet.",
		"5.20 EUR": "Dit bedrag klopt niet.", "5.200": "Dit bedrag klopt niet.", "99999999999999999999": "Dit bedrag klopt niet.",
		"99999999999999": "Dit is te veel. Je kunt nu EUR 5,20 betalen.", "5.21": "Dit is te veel.",
	} {
		for _, cg := range []string{"", w.card(marieke), w.fee(marieke, "7")} {
			a := m.pay(sip2.FeePaidRequest{Amount: amount, Fee: cg, Patron: with(marieke, own), Transaction: "bad" + amount})
			if a.Accepted || !told(a.Screen, says[:15]) || len(a.Print) > 0 || cg == "" && !told(a.Screen, says) {
				t.Errorf("%q for %q: %+v", amount, cg, a)
			}
		}
	}
	for _, currency := range []string{"USD", "   ", "eur"} {
		if a := m.pay(sip2.FeePaidRequest{Amount: "5.20", Currency: currency, Patron: with(marieke, own)}); a.Accepted || !told(a.Screen, "Je kunt hier alleen met EUR betalen.") {
			t.Errorf("%q: %+v", currency, a)
		}
	}
	if len(w.payments()) > 0 {
		t.Error("something was booked")
	}
}

func TestAnyOtherAmountPaysTheOldestFirst(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter().pay(sip2.FeePaidRequest{Amount: "1.60", Patron: with(marieke, own)})
	all := w.payments()
	if !a.Accepted || len(all) != 1 || all[0].Total != 160 {
		t.Fatalf("got %+v, %+v", a, all)
	}
	var lines []string
	for _, l := range all[0].Lines {
		lines = append(lines, string(l.Fee)+" "+l.Amount.String())
	}
	if !slices.Equal(sorted(lines), []string{"10 0.10", "8 0.30", "9 1.20"}) || !told(a.Screen[1:], "Voor Noor blijft EUR 0,70 open.") {
		t.Errorf("paid %q, said %q", lines, a.Screen)
	}
}

func sorted(s []string) []string { slices.Sort(s); return s }

func TestOneLinkedCardsSumPaysThatCard(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	m.pay(sip2.FeePaidRequest{Amount: "0.40", Fee: w.fee(noor, "11"), Patron: with(marieke, own)})
	if a := m.pay(sip2.FeePaidRequest{Amount: "0.80", Patron: with(marieke, own)}); !a.Accepted || !slices.Contains(a.Print, "Noor: EUR 0,80") {
		t.Errorf("got %+v", a)
	}
}

func TestWhatWasPaidInPartStaysOpenForTheRest(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	a := m.pay(sip2.FeePaidRequest{Amount: "1.00", Fee: w.fee(marieke, "7"), Patron: with(marieke, own)})
	if !a.Accepted || !told(a.Screen, "Voor Marieke blijft EUR 1,50 open.") {
		t.Errorf("got %+v", a)
	}
	w.deliver()
	if a := m.info(with(marieke, own), sip2.FineItems); a.Owed != "4.20" || !slices.Contains(a.Items, "Marieke: Kaft gescheurd 1.50") {
		t.Errorf("got %+v", a)
	}
	if a := m.pay(sip2.FeePaidRequest{Amount: "4.20", Patron: with(marieke, own)}); !a.Accepted {
		t.Errorf("got %+v", a)
	}
	w.deliver()
	if a := m.info(with(marieke, own), sip2.FineItems); a.Owed != "0.00" {
		t.Errorf("got %+v", a)
	}
}

func TestNobodyPaysForWhomTheyMayNot(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	for name, cg := range map[string]string{
		"a stranger's fee": w.fee(bo, "12"), "a stranger's card": w.card(bo), "no such fee": w.fee(marieke, "99"),
		"another card's": w.fee(marieke, "9"), "nonsense": "x.y.z", "a plain fee": "7",
	} {
		a := m.pay(sip2.FeePaidRequest{Amount: "0.40", Fee: cg, Patron: with(marieke, own)})
		if a.Accepted || !told(a.Screen, "Dit staat niet meer open.") {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if len(w.payments()) > 0 {
		t.Error("something was booked")
	}
}

func TestAMandateThatEndsCountsForTheNextMessage(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	if a := m.info(with(marieke, own), sip2.FineItems); a.Owed != "5.20" {
		t.Fatalf("got %+v", a)
	}
	w.end(sem, mandate.Pay)
	for _, r := range []sip2.FeePaidRequest{{Amount: "5.20"}, {Amount: "1.20", Fee: w.fee(sem, "9")}, {Amount: "1.20", Fee: w.card(sem)}} {
		r.Patron = with(marieke, own)
		if a := m.pay(r); a.Accepted {
			t.Errorf("%s for %q: %+v", r.Amount, r.Fee, a)
		}
	}
	if len(w.payments()) > 0 {
		t.Error("something was booked")
	}
}

func TestAPowerCutBetweenTheCoinAndTheAnswer(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := sip2.FeePaidRequest{Amount: "5.20", Currency: "EUR", Patron: with(marieke, own), Transaction: "1001"}
	m := w.enter()
	done := make(chan sip2.FeePaidReply)
	go func() { // the terminal goes dark while its request is on its way
		ctx, cut := context.WithCancel(t.Context())
		cut()
		_, _ = m.Ask(ctx, r.Message())
		m.Close()
		close(done)
	}()
	<-done
	first := w.enter().pay(r)
	if !first.Accepted || first.Transaction != "1001" {
		t.Fatalf("got %+v", first)
	}
	w.deliver() // the fees are gone by now
	for range 2 {
		again := w.enter().pay(r)
		if !again.Accepted || !slices.Equal(again.Screen, first.Screen) || !slices.Equal(again.Print, first.Print) {
			t.Errorf("got %+v, want %+v", again, first)
		}
	}
	other := *w // another instance of the program, or this one after a restart
	other.serve()
	if again := other.enter().pay(r); !again.Accepted || !slices.Equal(again.Screen, first.Screen) {
		t.Errorf("elsewhere: %+v", again)
	}
	if n := len(w.payments()); n != 1 {
		t.Errorf("booked %d times", n)
	}
}

func TestATransactionIsOnePayment(t *testing.T) {
	t.Parallel()
	w := open(t, func(o *kiosk.Options) {
		second := zuil()
		second.Name, second.User = "Zuil 2", "zuil2"
		o.Terminals = append(o.Terminals, second)
	})
	w.choose(sem, "Welkom-2014")
	m := w.enter()
	first := sip2.FeePaidRequest{Amount: "0.80", Fee: w.fee(noor, "10"), Patron: with(marieke, own), Transaction: "1"}
	if a := m.pay(first); !a.Accepted {
		t.Fatalf("got %+v", a)
	}
	for name, change := range map[string]func(*sip2.FeePaidRequest){
		"another amount": func(r *sip2.FeePaidRequest) { r.Amount = "0.40" },
		"another fee":    func(r *sip2.FeePaidRequest) { r.Fee = w.fee(noor, "11") },
		"another card":   func(r *sip2.FeePaidRequest) { r.Patron = with(sem, own) },
	} {
		r := first
		change(&r)
		if a := m.pay(r); a.Accepted || !told(a.Screen, "Deze betaling is al eens gebruikt.") {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if a := m.pay(first); !a.Accepted {
		t.Errorf("the same: %+v", a)
	}
	w.clock.Pass(24*time.Hour + time.Second)
	if a := m.pay(first); a.Accepted || !told(a.Screen, "Het nummer van deze betaling is oud.") {
		t.Errorf("a day later: %+v", a)
	}
	if n := len(w.payments()); n != 1 {
		t.Errorf("booked %d times", n)
	}
	another := first
	another.Amount, another.Fee = "0.40", w.fee(noor, "11")
	if a := w.enter("zuil2").pay(another); !a.Accepted {
		t.Errorf("the same number at another terminal: %+v", a)
	}
}

func TestWithoutATransactionTheFeeIsPaidOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := sip2.FeePaidRequest{Amount: "0.80", Fee: w.fee(noor, "10"), Patron: with(marieke, own)}
	if a := w.enter().pay(r); !a.Accepted {
		t.Fatalf("got %+v", a)
	}
	if a := w.enter().pay(r); a.Accepted || !told(a.Screen, "Voor EUR 0,80 loopt al een andere betaling.") {
		t.Errorf("got %+v", a)
	}
}

func TestTwoKiosksTakeAFeeOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	machines := []*machine{w.enter(), w.enter(), w.enter(), w.enter()}
	for name, transaction := range map[string]func(i int) string{
		"by two transactions": func(i int) string { return "9" + string(rune('0'+i)) },
		"by the same one":     func(int) string { return "80" },
	} {
		before := len(w.payments())
		var all sync.WaitGroup
		answers := make([]sip2.FeePaidReply, len(machines))
		amount := map[bool]string{true: "2.80", false: "1.20"}[name == "by two transactions"]
		cg := map[bool]string{true: w.card(marieke), false: w.card(sem)}[name == "by two transactions"]
		for i, m := range machines {
			all.Go(func() {
				answer, err := m.Ask(context.Background(), sip2.FeePaidRequest{
					Amount: amount, Currency: "EUR", Fee: cg, Patron: with(marieke, own), Transaction: transaction(i),
				}.Message())
				if err == nil {
					answers[i], err = sip2.ReadFeePaidReply(answer)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		yes := 0
		for _, a := range answers {
			if a.Accepted {
				yes++
			}
		}
		if n := len(w.payments()) - before; n != 1 || name == "by two transactions" && yes != 1 || name == "by the same one" && yes != len(machines) {
			t.Errorf("%s: %d payments, accepted %d times: %+v", name, n, yes, answers)
		}
	}
}

func TestWhatIsBeingPaidElsewhereIsLeftOut(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	if a := m.pay(sip2.FeePaidRequest{Amount: "2.50", Fee: w.fee(marieke, "7"), Patron: with(marieke, own)}); !a.Accepted {
		t.Fatalf("got %+v", a)
	}
	a := m.info(with(marieke, own), sip2.FineItems)
	if a.Owed != "2.70" || len(a.Items) != 4 || !told(a.Screen, "Voor EUR 2,50 loopt al een andere betaling. Dat telt hier niet mee.") {
		t.Errorf("got %+v", a)
	}
	paid := m.pay(sip2.FeePaidRequest{Amount: "5.20", Patron: with(marieke, own)})
	if paid.Accepted || !slices.Equal(paid.Screen, []string{"Dit is te veel. Je kunt nu EUR 2,70 betalen.", "Voor EUR 2,50 loopt al een andere betaling."}) {
		t.Errorf("got %+v", paid)
	}
}

func TestNothingIsTakenWhileItIsNotKnownWhatIsOwed(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	w.library.leave(func(n card.Number) bool { return n.Text() == sem })
	a := m.info(with(marieke, own), sip2.FineItems)
	if a.Owed != "4.00" || a.Counts[sip2.FineItems] != -1 || !told(a.Screen, "Wat er voor Sem openstaat, kunnen we nu niet zien.") {
		t.Errorf("one card: %+v", a)
	}
	if a := m.pay(sip2.FeePaidRequest{Amount: "4.00", Patron: with(marieke, own), Transaction: "7"}); a.Accepted || !told(a.Screen, "We kunnen het bibliotheeksysteem nu niet bereiken.") {
		t.Errorf("one card: %+v", a)
	}
	w.library.leave(func(card.Number) bool { return true })
	if a := m.info(with(marieke, own), sip2.ChargedItems); a.Owed != "" || a.Counts[sip2.ChargedItems] != -1 || a.Name == "" {
		t.Errorf("all: %+v", a)
	}
	w.library.leave(nil)
	if a := m.pay(sip2.FeePaidRequest{Amount: "5.20", Patron: with(marieke, own), Transaction: "7"}); !a.Accepted {
		t.Errorf("once it is there again: %+v", a)
	}
}

// A store that fails at the last step may have booked or not.
type failing struct {
	payment.Store
	booked bool
}

func (f failing) OpenPayment(ctx context.Context, p payment.Payment, b payment.Booking) (payment.Payment, []payment.Hold, error) {
	if f.booked {
		_, _, _ = f.Store.OpenPayment(ctx, p, b)
	}
	return payment.Payment{}, nil, context.DeadlineExceeded
}

func TestNoIsNotSaidOfWhatMayHaveBeenBooked(t *testing.T) {
	t.Parallel()
	for name, booked := range map[string]bool{"booked": true, "not booked": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			w.cashier.Store = failing{w.store, booked}
			r := sip2.FeePaidRequest{Amount: "5.20", Currency: "EUR", Patron: with(marieke, own), Transaction: "7"}
			answer, err := w.enter().Ask(t.Context(), r.Message())
			if booked && (err != nil || answer.Fixed[0] != 'Y') || !booked && err == nil {
				t.Errorf("got %s, %v", answer.Fixed, err)
			}
		})
	}
}
