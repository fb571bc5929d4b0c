// Package providertest holds the scenarios that every payment provider must
// pass: what the Cashier rests on when it sends a payer away and books what
// comes back.
package providertest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Fixture is a provider under test, its payer and its bank.
type Fixture struct {
	Provider payment.Provider
	// Finish lets the payer end the order the way the state says: Paid, Failed,
	// Cancelled or Expired.
	Finish func(t *testing.T, c payment.Checkout, state payment.State)
	// ChargeBack lets the payer's bank take back all that is left of a paid
	// order, Restore give back what it took.
	ChargeBack, Restore func(t *testing.T, c payment.Checkout)
	// EndRefund lets a refund under way arrive (Done) or not (RefundFailed).
	// It is nil where a refund is done at once and cannot fail.
	EndRefund func(t *testing.T, c payment.Checkout, refund string, state payment.RefundState)
	// Other lets the payer pay 12.34 dollars instead of euro. It is nil where
	// that cannot be.
	Other func(t *testing.T, c payment.Checkout)
	// Now is the provider's clock; Advance moves it on. Advance is nil when the
	// provider's clock is not ours to set.
	Now     func() time.Time
	Advance func(time.Duration)
	// Lasts is how long an order can be paid when the provider does not heed
	// Order.ExpiresAt; 0 when it does.
	Lasts time.Duration
	// Ends are the states in which an order ends that was not paid; nil is all
	// three.
	Ends []payment.State
	// Signed is set when webhooks are not a form with the order's key: then the
	// provider's own tests look at them.
	Signed bool
}

func (f Fixture) ends() []payment.State {
	if f.Ends != nil {
		return f.Ends
	}
	return []payment.State{payment.Failed, payment.Cancelled, payment.Expired}
}

// Run runs every scenario, each on a provider of its own, side by side.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	t.Helper()
	for _, s := range slices.Concat(orders(), refunds(), others()) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, open(t))
		})
	}
}

// scenario is one thing that a provider must do.
type scenario struct {
	name string
	run  func(*testing.T, Fixture)
}

func orders() []scenario {
	return []scenario{
		{"its name fits in addresses and accounts", nameFits},
		{"a new order is open, for the amount asked", newOrderIsOpen},
		{"what was asked for comes back with the order", orderComesBack},
		{"the same key is the same order", sameKey},
		{"the same key at the same moment is the same order", sameKeyAtOnce},
		{"another key is another order", otherKey},
		{"the same key never changes the amount", amountStays},
		{"the same key never changes the reference", referenceStays},
		{"an order ends as its payer ends it", outcomes},
		{"what has ended stays as it is", endedStays},
		{"an order whose time is over can no longer be paid", timeIsOver},
		{"an order that does not exist is not found", unknownOrder},
		{"who no longer waits gets an error, not an order", cancelledContext},
		{"an order with nothing to pay, nobody to pay for it or no way back is not made", nonsense},
		{"a long description in any script is no hindrance", longDescription},
		{"a webhook tells the order and nothing else, once the state can be asked", webhookTells},
		{"a webhook tells of what went back too", webhookTellsOfRefunds},
		{"a webhook that is not taken comes again", webhookComesAgain},
	}
}

// order is an order as the Cashier makes it.
func order(f Fixture, reference string) payment.Order {
	return payment.Order{
		Reference: reference, Key: "key-" + reference, Amount: 1234, Description: "Bibliotheek " + reference,
		Return: "http://127.0.0.1:9/betaling/" + reference, Language: "nl",
		ExpiresAt: f.Now().Add(payment.OpenFor),
	}
}

func create(t *testing.T, f Fixture, o payment.Order) payment.Checkout {
	t.Helper()
	c, err := f.Provider.Create(t.Context(), o)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	return c
}

func status(t *testing.T, f Fixture, c payment.Checkout) payment.Status {
	t.Helper()
	s, err := f.Provider.Status(t.Context(), c.Ref)
	if err != nil {
		t.Fatalf("status: %v", err)
	}
	return s
}

func is(t *testing.T, f Fixture, c payment.Checkout, want payment.State) {
	t.Helper()
	s := status(t, f, c)
	if s.State != want || s.Amount != 1234 || s.Ref != c.Ref {
		t.Errorf("status is %s of %v for %q, not %s of 12.34 for %q", s.State, s.Amount, s.Ref, want, c.Ref)
	}
}

func nameFits(t *testing.T, f Fixture) {
	if name := f.Provider.Name(); !regexp.MustCompile(`^[a-z][a-z0-9]{1,31}$`).MatchString(name) {
		t.Errorf("name %q", name)
	}
}

func newOrderIsOpen(t *testing.T, f Fixture) {
	c := create(t, f, order(f, "1"))
	if u, err := url.Parse(c.URL); err != nil || !u.IsAbs() || u.Host == "" {
		t.Errorf("checkout is at %q", c.URL)
	}
	if c.Ref == "" {
		t.Error("the order has no key")
	}
	is(t, f, c, payment.Open)
}

func orderComesBack(t *testing.T, f Fixture) {
	before := f.Now().Add(-time.Minute)
	c := create(t, f, order(f, "417"))
	got := status(t, f, c)
	if got.Reference != "417" || got.Currency != payment.Euro || got.Refunded != 0 || got.ChargedBack != 0 {
		t.Errorf("got %+v", got)
	}
	if got.CreatedAt.Before(before) || got.CreatedAt.After(f.Now().Add(time.Minute)) {
		t.Errorf("it was made at %v, and it is %v", got.CreatedAt, f.Now())
	}
}

func sameKey(t *testing.T, f Fixture) {
	first := create(t, f, order(f, "1"))
	if again := create(t, f, order(f, "1")); again != first {
		t.Errorf("got %v, then %v", first, again)
	}
	f.Finish(t, first, payment.Paid)
	if again := create(t, f, order(f, "1")); again.Ref != first.Ref {
		t.Errorf("after it was paid the same key made another order")
	}
}

func sameKeyAtOnce(t *testing.T, f Fixture) {
	const many = 8
	refs := make([]string, many)
	o := order(f, "1")
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			c, err := f.Provider.Create(t.Context(), o)
			if err != nil {
				t.Errorf("create: %v", err)
			}
			refs[i] = c.Ref
		})
	}
	all.Wait()
	for _, ref := range refs {
		if ref != refs[0] {
			t.Fatalf("one key made several orders: %q", refs)
		}
	}
}

func otherKey(t *testing.T, f Fixture) {
	first, second := create(t, f, order(f, "1")), create(t, f, order(f, "2"))
	if first.Ref == second.Ref {
		t.Fatal("two keys made one order")
	}
	f.Finish(t, first, payment.Paid)
	is(t, f, first, payment.Paid)
	is(t, f, second, payment.Open)
}

func amountStays(t *testing.T, f Fixture) {
	c := create(t, f, order(f, "1"))
	o := order(f, "1")
	o.Amount = 1
	if other, err := f.Provider.Create(t.Context(), o); err == nil && other.Ref != c.Ref {
		t.Error("another amount made another order")
	}
	is(t, f, c, payment.Open) // and the amount is the first
}

func referenceStays(t *testing.T, f Fixture) {
	c := create(t, f, order(f, "1"))
	o := order(f, "1")
	o.Reference = "2"
	if other, err := f.Provider.Create(t.Context(), o); err == nil {
		t.Errorf("another reference with the same key gave %q (the first is %q)", other.Ref, c.Ref)
	}
	if got := status(t, f, c); got.Reference != "1" {
		t.Errorf("the reference is %q", got.Reference)
	}
}

func nonsense(t *testing.T, f Fixture) {
	for what, spoil := range map[string]func(*payment.Order){
		"nothing to pay": func(o *payment.Order) { o.Amount = 0 },
		"below nothing":  func(o *payment.Order) { o.Amount = -1234 },
		"no reference":   func(o *payment.Order) { o.Reference = "" },
		"no key":         func(o *payment.Order) { o.Key = "" },
		"no way back":    func(o *payment.Order) { o.Return = "" },
	} {
		o := order(f, "1")
		spoil(&o)
		if c, err := f.Provider.Create(t.Context(), o); err == nil {
			t.Errorf("%s: made %v", what, c)
		}
	}
}

func longDescription(t *testing.T, f Fixture) {
	o := order(f, "1")
	o.Description = strings.Repeat("Bibliotheek Áéîøü 図書館 ", 40)
	is(t, f, create(t, f, o), payment.Open)
}

func outcomes(t *testing.T, f Fixture) {
	for _, state := range append(f.ends(), payment.Paid) {
		c := create(t, f, order(f, string(state)))
		f.Finish(t, c, state)
		is(t, f, c, state)
		is(t, f, c, state) // asking changes nothing
	}
}

func endedStays(t *testing.T, f Fixture) {
	c := create(t, f, order(f, "1"))
	f.Finish(t, c, payment.Failed)
	f.Finish(t, c, payment.Paid)
	is(t, f, c, payment.Failed)
}

func timeIsOver(t *testing.T, f Fixture) {
	if f.Advance == nil {
		t.Skip("the provider's clock is not ours to set")
	}
	late, paid := create(t, f, order(f, "1")), create(t, f, order(f, "2"))
	f.Finish(t, paid, payment.Paid)
	f.Advance(max(payment.OpenFor, f.Lasts))
	is(t, f, late, payment.Expired)
	f.Finish(t, late, payment.Paid)
	is(t, f, late, payment.Expired)
	is(t, f, paid, payment.Paid)
}

func unknownOrder(t *testing.T, f Fixture) {
	for _, ref := range []string{"", "1", "../1", "ord_0123456789", "tr_0123456789", "cs_test_0123456789", "tr_1/refunds", "tr_1?x=1", "\x00", "é"} {
		_, statusErr := f.Provider.Status(t.Context(), ref)
		_, refundsErr := f.Provider.Refunds(t.Context(), ref)
		_, chargebacksErr := f.Provider.Chargebacks(t.Context(), ref)
		_, refundErr := f.Provider.Refund(t.Context(), payment.RefundOrder{Ref: ref, Reference: "1", Key: "k1", Amount: 1})
		for what, err := range map[string]error{
			"status": statusErr, "refunds": refundsErr, "chargebacks": chargebacksErr, "refund": refundErr,
			"cancel": f.Provider.Cancel(t.Context(), ref),
		} {
			if problem.KindOf(err) != problem.NotFound {
				t.Errorf("%s of %q: %v", what, ref, err)
			}
		}
	}
}

func cancelledContext(t *testing.T, f Fixture) {
	c := create(t, f, order(f, "1"))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Provider.Create(gone, order(f, "2")); err == nil {
		t.Error("made an order")
	}
	if _, err := f.Provider.Status(gone, c.Ref); err == nil || problem.KindOf(err) == problem.NotFound {
		t.Errorf("status: %v", err)
	}
}

// listener is our end of the webhooks: it answers with the codes in turn, then
// with 200.
func listener(t *testing.T, codes ...int) (address string, heard <-chan url.Values) {
	t.Helper()
	const room = 16
	told := make(chan url.Values, room)
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
			t.Errorf("webhook: %s, %v", r.Method, err)
		}
		mu.Lock()
		code := http.StatusOK
		if len(codes) > 0 {
			code, codes = codes[0], codes[1:]
		}
		mu.Unlock()
		told <- r.PostForm
		w.WriteHeader(code)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/betalen/melding/" + "x", told
}

// hear waits for a webhook about the order.
func hear(t *testing.T, heard <-chan url.Values, c payment.Checkout) {
	t.Helper()
	const patience = 30 * time.Second
	select {
	case form := <-heard:
		if len(form) != 1 || form.Get("id") != c.Ref {
			t.Errorf("the webhook says %v", form)
		}
	case <-time.After(patience):
		t.Fatal("no webhook came")
	}
}

func webhookTells(t *testing.T, f Fixture) {
	if f.Signed {
		t.Skip("its webhooks are signed")
	}
	address, heard := listener(t)
	for _, state := range append(f.ends(), payment.Paid) {
		o := order(f, string(state))
		o.Webhook = address
		c := create(t, f, o)
		f.Finish(t, c, state)
		hear(t, heard, c)
		is(t, f, c, state)
	}
}

func webhookTellsOfRefunds(t *testing.T, f Fixture) {
	if f.Signed {
		t.Skip("its webhooks are signed")
	}
	address, heard := listener(t)
	o := order(f, "1")
	o.Webhook = address
	c := create(t, f, o)
	f.Finish(t, c, payment.Paid)
	hear(t, heard, c)
	refund(t, f, refundOrder(c, "7", 234))
	hear(t, heard, c)
	f.ChargeBack(t, c)
	hear(t, heard, c)
	wentBack(t, f, c, 234, 1000)
	f.Restore(t, c)
	hear(t, heard, c)
	wentBack(t, f, c, 234, 0)
}

func webhookComesAgain(t *testing.T, f Fixture) {
	if f.Signed {
		t.Skip("its webhooks are signed")
	}
	address, heard := listener(t, http.StatusServiceUnavailable, http.StatusInternalServerError)
	o := order(f, "1")
	o.Webhook = address
	c := create(t, f, o)
	f.Finish(t, c, payment.Paid)
	for range 3 {
		hear(t, heard, c)
	}
}
