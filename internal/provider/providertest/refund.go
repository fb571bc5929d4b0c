package providertest

import (
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

func refunds() []scenario {
	return []scenario{
		{"all of an order can be paid back", refundAll},
		{"an order can be paid back in parts, and no more than it", refundParts},
		{"equal parts with keys of their own are refunds of their own", refundEqualParts},
		{"the same key is the same refund", refundSameKey},
		{"the same key is the same refund days later", refundSameKeyLater},
		{"the same key at the same moment is the same refund", refundAtOnce},
		{"the same key never changes the amount of a refund", refundAmountStays},
		{"what was not paid cannot be paid back", refundUnpaid},
		{"refunds are listed, oldest first", refundsListed},
		{"a refund that does not arrive can be made anew", refundFails},
		{"an order whose refund is under way leaves its order paid", refundLeavesPaid},
		{"the payer's bank can take it back, and give it back", chargeback},
		{"what was taken back cannot be paid back", chargebackLeavesNothing},
	}
}

func paid(t *testing.T, f Fixture, reference string) payment.Checkout {
	t.Helper()
	c := create(t, f, order(f, reference))
	f.Finish(t, c, payment.Paid)
	return c
}

// refundOrder is a refund as the Cashier asks for it.
func refundOrder(c payment.Checkout, reference string, amount money.Cents) payment.RefundOrder {
	return payment.RefundOrder{
		Ref: c.Ref, Reference: reference, Key: "refund-" + reference, Amount: amount, Description: "Bibliotheek terug " + reference,
	}
}

func refund(t *testing.T, f Fixture, r payment.RefundOrder) payment.RefundStatus {
	t.Helper()
	s, err := f.Provider.Refund(t.Context(), r)
	if err != nil {
		t.Fatalf("refund: %v", err)
	}
	if s.Ref == "" || s.Reference != r.Reference || s.Amount != r.Amount || (s.State != payment.Sent && s.State != payment.Done) {
		t.Fatalf("asked for %+v, got %+v", r, s)
	}
	return s
}

func refused(t *testing.T, what string, err error) {
	t.Helper()
	if kind := problem.KindOf(err); kind != problem.Refused && kind != problem.Conflict {
		t.Errorf("%s: %v", what, err)
	}
}

func refundsOf(t *testing.T, f Fixture, c payment.Checkout) []payment.RefundStatus {
	t.Helper()
	all, err := f.Provider.Refunds(t.Context(), c.Ref)
	if err != nil {
		t.Fatalf("refunds: %v", err)
	}
	return all
}

// wentBack checks what the provider says went back.
func wentBack(t *testing.T, f Fixture, c payment.Checkout, refunded, chargedBack money.Cents) {
	t.Helper()
	s := status(t, f, c)
	if s.State != payment.Paid || s.Amount != 1234 || s.Refunded != refunded || s.ChargedBack != chargedBack {
		t.Errorf("%s of %v, paid back %v, charged back %v; want paid of 12.34, %v and %v",
			s.State, s.Amount, s.Refunded, s.ChargedBack, refunded, chargedBack)
	}
}

func refundAll(t *testing.T, f Fixture) {
	c := paid(t, f, "1")
	refund(t, f, refundOrder(c, "7", 1234))
	wentBack(t, f, c, 1234, 0)
	_, err := f.Provider.Refund(t.Context(), refundOrder(c, "8", 1))
	refused(t, "a cent more", err)
	wentBack(t, f, c, 1234, 0)
}

func refundParts(t *testing.T, f Fixture) {
	c := paid(t, f, "1")
	refund(t, f, refundOrder(c, "7", 1000))
	wentBack(t, f, c, 1000, 0)
	_, err := f.Provider.Refund(t.Context(), refundOrder(c, "8", 235))
	refused(t, "more than is left", err)
	wentBack(t, f, c, 1000, 0)
	refund(t, f, refundOrder(c, "9", 234))
	wentBack(t, f, c, 1234, 0)
}

func refundEqualParts(t *testing.T, f Fixture) {
	c := paid(t, f, "1")
	first, second := refund(t, f, refundOrder(c, "7", 250)), refund(t, f, refundOrder(c, "8", 250))
	if first.Ref == second.Ref {
		t.Errorf("two refunds are one: %q", first.Ref)
	}
	wentBack(t, f, c, 500, 0)
}

func refundSameKey(t *testing.T, f Fixture) {
	c := paid(t, f, "1")
	first := refund(t, f, refundOrder(c, "7", 500))
	if again := refund(t, f, refundOrder(c, "7", 500)); again.Ref != first.Ref {
		t.Errorf("the second refund is %q, not %q", again.Ref, first.Ref)
	}
	wentBack(t, f, c, 500, 0)
}

func refundSameKeyLater(t *testing.T, f Fixture) {
	if f.Advance == nil {
		t.Skip("the provider's clock is not ours to set")
	}
	c := paid(t, f, "1")
	first := refund(t, f, refundOrder(c, "7", 500))
	f.Advance(3 * 24 * time.Hour)
	if again := refund(t, f, refundOrder(c, "7", 500)); again.Ref != first.Ref {
		t.Errorf("the second refund is %q, not %q", again.Ref, first.Ref)
	}
	wentBack(t, f, c, 500, 0)
}

func refundAtOnce(t *testing.T, f Fixture) {
	const many = 8
	c := paid(t, f, "1")
	refs := make([]string, many)
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			s, err := f.Provider.Refund(t.Context(), refundOrder(c, "7", 100))
			if err != nil {
				t.Errorf("refund: %v", err)
			}
			refs[i] = s.Ref
		})
	}
	all.Wait()
	for _, ref := range refs {
		if ref != refs[0] {
			t.Fatalf("one key made several refunds: %q", refs)
		}
	}
	wentBack(t, f, c, 100, 0)
}

func refundAmountStays(t *testing.T, f Fixture) {
	c := paid(t, f, "1")
	refund(t, f, refundOrder(c, "7", 500))
	if s, err := f.Provider.Refund(t.Context(), refundOrder(c, "7", 600)); err == nil {
		t.Errorf("another amount gave %+v", s)
	}
	wentBack(t, f, c, 500, 0)
}

func refundUnpaid(t *testing.T, f Fixture) {
	for _, state := range append(f.ends(), payment.Open) {
		c := create(t, f, order(f, string(state)))
		if state != payment.Open {
			f.Finish(t, c, state)
		}
		_, err := f.Provider.Refund(t.Context(), refundOrder(c, "7", 1))
		refused(t, string(state), err)
		is(t, f, c, state)
		if all := refundsOf(t, f, c); len(all) != 0 {
			t.Errorf("%s: refunds %+v", state, all)
		}
	}
}

func refundsListed(t *testing.T, f Fixture) {
	c, other := paid(t, f, "1"), paid(t, f, "2")
	if all := refundsOf(t, f, c); len(all) != 0 {
		t.Errorf("before any refund there are %+v", all)
	}
	var want []payment.RefundStatus
	for i, reference := range []string{"7", "8", "9"} {
		want = append(want, refund(t, f, refundOrder(c, reference, money.Cents(100+i))))
		if f.Advance != nil {
			f.Advance(2 * time.Second)
		}
	}
	refund(t, f, refundOrder(other, "10", 5))
	all := refundsOf(t, f, c)
	if len(all) != len(want) {
		t.Fatalf("got %+v", all)
	}
	for i, r := range all {
		if r.Amount != want[i].Amount || r.Ref != want[i].Ref || r.Reference != want[i].Reference || r.At.IsZero() {
			t.Errorf("refund %d is %+v, not %+v", i, r, want[i])
		}
	}
}

func refundFails(t *testing.T, f Fixture) {
	if f.EndRefund == nil {
		t.Skip("a refund is done at once")
	}
	c := paid(t, f, "1")
	first := refund(t, f, refundOrder(c, "7", 1234))
	f.EndRefund(t, c, first.Ref, payment.RefundFailed)
	wentBack(t, f, c, 0, 0)
	if all := refundsOf(t, f, c); len(all) != 1 || all[0].State != payment.RefundFailed {
		t.Fatalf("the refunds are %+v", all)
	}
	second := refund(t, f, refundOrder(c, "8", 1234))
	f.EndRefund(t, c, second.Ref, payment.Done)
	wentBack(t, f, c, 1234, 0)
	states := map[string]payment.RefundState{}
	for _, r := range refundsOf(t, f, c) {
		states[r.Reference] = r.State
	}
	if states["7"] != payment.RefundFailed || states["8"] != payment.Done {
		t.Errorf("the refunds are %v", states)
	}
}

func refundLeavesPaid(t *testing.T, f Fixture) {
	c := paid(t, f, "1")
	refund(t, f, refundOrder(c, "7", 1234))
	is(t, f, c, payment.Paid)
}

func chargebacksOf(t *testing.T, f Fixture, c payment.Checkout) []payment.Chargeback {
	t.Helper()
	all, err := f.Provider.Chargebacks(t.Context(), c.Ref)
	if err != nil {
		t.Fatalf("chargebacks: %v", err)
	}
	return all
}

func chargeback(t *testing.T, f Fixture) {
	c := paid(t, f, "1")
	if all := chargebacksOf(t, f, c); len(all) != 0 {
		t.Errorf("before any there are %+v", all)
	}
	f.ChargeBack(t, c)
	wentBack(t, f, c, 0, 1234)
	taken := chargebacksOf(t, f, c)
	if len(taken) != 1 || taken[0].Ref == "" || taken[0].Amount != 1234 || taken[0].At.IsZero() || !taken[0].RestoredAt.IsZero() {
		t.Fatalf("the chargebacks are %+v", taken)
	}
	f.Restore(t, c)
	wentBack(t, f, c, 0, 0)
	given := chargebacksOf(t, f, c)
	if len(given) != 1 || given[0].Ref != taken[0].Ref || given[0].Amount != 1234 || given[0].RestoredAt.IsZero() {
		t.Errorf("after it was given back they are %+v", given)
	}
}

func chargebackLeavesNothing(t *testing.T, f Fixture) {
	c := paid(t, f, "1")
	refund(t, f, refundOrder(c, "7", 234))
	f.ChargeBack(t, c)
	wentBack(t, f, c, 234, 1000)
	_, err := f.Provider.Refund(t.Context(), refundOrder(c, "8", 1))
	refused(t, "what was taken back", err)
	wentBack(t, f, c, 234, 1000)
}
