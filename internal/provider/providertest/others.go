package providertest

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

func others() []scenario {
	return []scenario{
		{"its limits hold", limitsHold},
		{"an order that was cancelled can no longer be paid", cancelled},
		{"cancelling what has ended changes nothing, and what was paid is not cancelled", cancelEnded},
		{"orders are listed by when they were made", listed},
		{"every order of a long list comes once", listedAll},
		{"a list stops at the first error", listStops},
		{"who no longer waits gets an error, whatever was asked", nobodyWaits},
		{"another currency is said and not counted", otherCurrency},
	}
}

func limitsHold(t *testing.T, f Fixture) {
	limits, err := f.Provider.Limits(t.Context())
	if err != nil {
		t.Fatalf("limits: %v", err)
	}
	if limits.Least < 0 || limits.Most < 0 || (limits.Most > 0 && limits.Most < limits.Least) {
		t.Fatalf("limits are %+v", limits)
	}
	least, most := order(f, "least"), order(f, "most")
	least.Amount = max(limits.Least, 1)
	create(t, f, least)
	if limits.Least > 1 {
		below := order(f, "below")
		below.Amount = limits.Least - 1
		_, err := f.Provider.Create(t.Context(), below)
		refused(t, "below the least", err)
	}
	if limits.Most > 0 {
		most.Amount = limits.Most
		create(t, f, most)
		above := order(f, "above")
		above.Amount = limits.Most + 1
		_, err := f.Provider.Create(t.Context(), above)
		refused(t, "above the most", err)
	}
}

func cancelled(t *testing.T, f Fixture) {
	c, other := create(t, f, order(f, "1")), create(t, f, order(f, "2"))
	for range 2 {
		if err := f.Provider.Cancel(t.Context(), c.Ref); err != nil {
			t.Fatalf("cancel: %v", err)
		}
		closed(t, f, c)
	}
	f.Finish(t, c, payment.Paid)
	closed(t, f, c)
	is(t, f, other, payment.Open)
}

// closed checks that an order has ended and was not paid; providers have words
// of their own for one that we ended.
func closed(t *testing.T, f Fixture, c payment.Checkout) {
	t.Helper()
	if s := status(t, f, c); s.State != payment.Cancelled && s.State != payment.Expired {
		t.Errorf("a cancelled order is %s", s.State)
	}
}

func cancelEnded(t *testing.T, f Fixture) {
	for _, state := range f.ends() {
		c := create(t, f, order(f, string(state)))
		f.Finish(t, c, state)
		if err := f.Provider.Cancel(t.Context(), c.Ref); err != nil {
			t.Errorf("cancel what is %s: %v", state, err)
		}
		is(t, f, c, state)
	}
	c := paid(t, f, "1")
	refused(t, "cancel what was paid", f.Provider.Cancel(t.Context(), c.Ref))
	is(t, f, c, payment.Paid)
}

// list returns what is listed, by the provider's key.
func list(t *testing.T, f Fixture, from, to time.Time) map[string]payment.Status {
	t.Helper()
	got := map[string]payment.Status{}
	if err := f.Provider.List(t.Context(), from, to, func(s payment.Status) error {
		if before, ok := got[s.Ref]; ok {
			t.Errorf("listed twice: %+v and %+v", before, s)
		}
		got[s.Ref] = s
		return nil
	}); err != nil {
		t.Fatalf("list: %v", err)
	}
	return got
}

func listed(t *testing.T, f Fixture) {
	if f.Advance == nil {
		t.Skip("the provider's clock is not ours to set")
	}
	start := f.Now()
	first := paid(t, f, "1")
	f.Advance(time.Hour)
	second := create(t, f, order(f, "2"))
	f.Advance(time.Hour)
	third := paid(t, f, "3")
	refund(t, f, refundOrder(third, "7", 234))
	f.ChargeBack(t, third)
	for _, want := range []struct {
		from, to time.Time
		refs     []string
	}{
		{start, start.Add(3 * time.Hour), []string{first.Ref, second.Ref, third.Ref}},
		{start, start.Add(time.Hour), []string{first.Ref}}, // up to, but not including
		{start.Add(time.Hour), start.Add(2 * time.Hour), []string{second.Ref}},
		{start.Add(2 * time.Hour), start.Add(3 * time.Hour), []string{third.Ref}},
		{start.Add(-time.Hour), start, nil},
		{start.Add(3 * time.Hour), start.Add(9 * time.Hour), nil},
	} {
		got := list(t, f, want.from, want.to)
		if len(got) != len(want.refs) {
			t.Errorf("from %v to %v: %+v", want.from, want.to, got)
		}
		for _, ref := range want.refs {
			asked, err := f.Provider.Status(t.Context(), ref)
			if s := got[ref]; err != nil || !s.CreatedAt.Equal(asked.CreatedAt) {
				t.Errorf("listed %+v, asked %+v, %v", s, asked, err)
			}
			asked.CreatedAt = got[ref].CreatedAt
			if got[ref] != asked {
				t.Errorf("the list says %+v, asking %+v", got[ref], asked)
			}
		}
	}
}

func listedAll(t *testing.T, f Fixture) {
	const many = 230 // more than any page holds
	from := f.Now().Add(-time.Minute)
	want := map[string]bool{}
	for i := range many {
		want[create(t, f, order(f, strconv.Itoa(1000+i))).Ref] = true
		if f.Advance != nil && i%10 == 0 {
			f.Advance(time.Second)
		}
	}
	got := list(t, f, from, f.Now().Add(time.Minute))
	for ref := range want {
		if _, ok := got[ref]; !ok {
			t.Errorf("%q is not listed", ref)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d are listed, %d were made", len(got), len(want))
	}
}

func listStops(t *testing.T, f Fixture) {
	create(t, f, order(f, "1"))
	create(t, f, order(f, "2"))
	enough := errors.New("enough")
	calls := 0
	err := f.Provider.List(t.Context(), f.Now().Add(-time.Minute), f.Now().Add(time.Minute), func(payment.Status) error {
		calls++
		return enough
	})
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("called %d times, %v", calls, err)
	}
}

func nobodyWaits(t *testing.T, f Fixture) {
	c := paid(t, f, "1")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, limitsErr := f.Provider.Limits(gone)
	_, refundErr := f.Provider.Refund(gone, refundOrder(c, "7", 1))
	_, refundsErr := f.Provider.Refunds(gone, c.Ref)
	_, chargebacksErr := f.Provider.Chargebacks(gone, c.Ref)
	for what, err := range map[string]error{
		"limits": limitsErr, "refund": refundErr, "refunds": refundsErr, "chargebacks": chargebacksErr,
		"cancel": f.Provider.Cancel(gone, c.Ref),
		"list":   f.Provider.List(gone, f.Now().Add(-time.Hour), f.Now().Add(time.Hour), func(payment.Status) error { return nil }),
	} {
		if kind := problem.KindOf(err); err == nil || kind == problem.NotFound || kind == problem.Refused || kind == problem.Conflict {
			t.Errorf("%s: %v", what, err)
		}
	}
	wentBack(t, f, c, 0, 0)
}

func otherCurrency(t *testing.T, f Fixture) {
	if f.Other == nil {
		t.Skip("there is no other currency")
	}
	c := create(t, f, order(f, "1"))
	f.Other(t, c)
	s := status(t, f, c)
	if s.State != payment.Paid || s.Currency != "USD" || s.Amount != 0 || s.Said != "12.34 USD" {
		t.Errorf("got %+v", s)
	}
	if got := list(t, f, f.Now().Add(-time.Minute), f.Now().Add(time.Minute))[c.Ref]; got.Currency != "USD" || got.Amount != 0 {
		t.Errorf("the list says %+v", got)
	}
}
