package app

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/config"
	"hoofdpas/internal/demo"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/stripe/stripetest"
	"hoofdpas/internal/store"
)

// furnished is the demo's library with Stripe.
func furnished(t *testing.T) (*rooms, *stripetest.Server) {
	t.Helper()
	server := stripetest.Serve(t, time.Now)
	c, err := config.Load(config.Sources{Flags: map[string]any{
		"payment.provider": "stripe", "payment.stripe.key": stripetest.Key, "payment.stripe.webhook_secret": stripetest.Secret,
		"payment.stripe.url": server.URL(), "store": "sqlite:" + filepath.Join(t.TempDir(), "demo.db"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	c = DemoConfig(c)
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), c.Store, store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := Outside{Now: time.Now, Client: &http.Client{}, Log: slog.New(slog.DiscardHandler)}
	if err := FillDemo(t.Context(), c, s, out); err != nil {
		t.Fatal(err)
	}
	r, err := furnish(c, s, out)
	if err != nil {
		t.Fatal(err)
	}
	return r, server
}

// begin lets the first member of the demo begin to pay what is open.
func (r *rooms) begin(t *testing.T) payment.Payment {
	t.Helper()
	ctx := t.Context()
	n, err := card.ParseNumber(demo.Cards[0].Number)
	if err != nil {
		t.Fatal(err)
	}
	holder, err := r.store.KnowCard(ctx, card.Card{Number: n, Name: demo.Cards[0].Name})
	if err != nil {
		t.Fatal(err)
	}
	actor := mandate.Actor{Holder: holder}
	permit, err := r.book.PermitFor(ctx, actor, holder.ID)
	if err != nil {
		t.Fatal(err)
	}
	fees, err := r.office.Fees(ctx, permit)
	if err != nil || len(fees) == 0 {
		t.Fatalf("%d fees, %v", len(fees), err)
	}
	w := payment.Wish{Actor: actor, Key: "the form", Expected: fees[0].Amount, Choices: []payment.Choice{
		{Permit: permit, Fees: []circulation.FeeID{fees[0].ID}},
	}}
	p, err := r.cashier.Start(ctx, w)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAWebhookBooksOnlyWhatTheProviderSays(t *testing.T) {
	t.Parallel()
	r, server := furnished(t)
	p := r.begin(t)
	faces, err := r.faces()
	if err != nil {
		t.Fatal(err)
	}
	send := func(w stripetest.Webhook) (status int, said string) {
		q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/betalen/melding/stripe", bytes.NewReader(w.Body))
		q.Header.Set("Stripe-Signature", w.Signature)
		rec := httptest.NewRecorder()
		faces.ServeHTTP(rec, q)
		body, err := io.ReadAll(rec.Result().Body)
		if err != nil {
			t.Error(err)
		}
		return rec.Code, string(body)
	}
	stands := func(want payment.State) {
		t.Helper()
		if now, err := r.store.Payment(t.Context(), p.ID); err != nil || now.State != want {
			t.Errorf("the payment is %s, not %s, %v", now.State, want, err)
		}
	}
	const done = "checkout.session.completed"
	other := stripetest.Serve(t, time.Now) // another account: its orders are not ours
	paid := server.About(p.Ref, done, stripetest.Secret, time.Now())
	paid.Body = bytes.Replace(paid.Body, []byte("unpaid"), []byte("paid"), 1)
	for what, w := range map[string]stripetest.Webhook{
		"before it was paid":       server.About(p.Ref, done, stripetest.Secret, time.Now()),
		"changed on the way":       paid,
		"with another secret":      server.About(p.Ref, done, "whsec_other", time.Now()),
		"of another account":       other.About("cs_test_other", done, stripetest.Secret, time.Now()),
		"about an order not there": stripetest.Sign(map[string]any{"id": "evt_1", "object": "event", "data": map[string]any{"object": map[string]any{"object": "checkout.session", "id": "cs_test_none"}}}, stripetest.Secret, time.Now()),
	} {
		if status, said := send(w); status != http.StatusOK || said != "" {
			t.Errorf("%s: %d %q", what, status, said)
		}
		stands(payment.Open)
	}
	if status, _ := send(stripetest.Webhook{Body: make([]byte, 10<<20)}); status != http.StatusRequestEntityTooLarge {
		t.Errorf("ten megabytes: %d", status)
	}
	server.Pay(p.Ref)
	for range 2 {
		if status, said := send(server.About(p.Ref, done, stripetest.Secret, time.Now())); status != http.StatusOK || said != "" {
			t.Errorf("paid: %d %q", status, said)
		}
		stands(payment.Paid)
	}
}
