package stripe_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/provider/stripe"
	"hoofdpas/internal/provider/stripe/stripetest"
)

// open opens a webhook. The age of a signature is by the machine's own clock.
func open(t *testing.T, p *stripe.Provider, w stripetest.Webhook) (string, error) {
	t.Helper()
	return p.Open(t.Context(), http.Header{"Stripe-Signature": {w.Signature}}, w.Body) //nolint:wrapcheck // looked at as it is
}

func TestASignedWebhookNamesItsOrder(t *testing.T) {
	t.Parallel()
	p, server, at := account(t)
	c, err := p.Create(t.Context(), order(at))
	if err != nil {
		t.Fatal(err)
	}
	server.Pay(c.Ref)
	for _, kind := range []string{"checkout.session.completed", "charge.refunded", "charge.dispute.created"} {
		if ref, err := open(t, p, server.About(c.Ref, kind, stripetest.Secret, time.Now())); ref != c.Ref || err != nil {
			t.Errorf("%s is about %q, %v", kind, ref, err)
		}
	}
	for what, object := range map[string]any{
		"an order of another": map[string]any{"object": "charge", "payment_intent": "pi_other"},
		"nothing":             map[string]any{"object": "balance"},
	} {
		w := stripetest.Sign(map[string]any{"id": "evt_1", "object": "event", "data": map[string]any{"object": object}}, stripetest.Secret, time.Now())
		if ref, err := open(t, p, w); ref != "" || err != nil {
			t.Errorf("%s: %q, %v", what, ref, err)
		}
	}
}

func TestAWebhookThatStripeDidNotSendIsRefused(t *testing.T) {
	t.Parallel()
	p, server, at := account(t)
	c, err := p.Create(t.Context(), order(at))
	if err != nil {
		t.Fatal(err)
	}
	good := server.About(c.Ref, "checkout.session.completed", stripetest.Secret, time.Now())
	changed := good
	changed.Body = []byte(strings.Replace(string(good.Body), "unpaid", "paid", 1))
	for what, w := range map[string]stripetest.Webhook{
		"another secret": server.About(c.Ref, "checkout.session.completed", "whsec_other", time.Now()),
		"an old one":     server.About(c.Ref, "checkout.session.completed", stripetest.Secret, time.Now().Add(-6*time.Minute)),
		"changed":        changed, "not signed": {Body: good.Body}, "nonsense": {Signature: "t=x,v1=y", Body: good.Body},
		"empty": {Signature: good.Signature},
	} {
		if ref, err := open(t, p, w); ref != "" || problem.KindOf(err) != problem.Refused {
			t.Errorf("%s: %q, %v", what, ref, err)
		}
	}
}

func TestAWebhookComesAgainWhileStripeCannotBeAsked(t *testing.T) {
	t.Parallel()
	p, server, at := account(t)
	c, err := p.Create(t.Context(), order(at))
	if err != nil {
		t.Fatal(err)
	}
	server.Pay(c.Ref)
	w := server.About(c.Ref, "charge.refunded", stripetest.Secret, time.Now())
	server.Next(slices.Repeat([]stripetest.Fault{stripetest.Fails}, 4)...)
	if ref, err := open(t, p, w); ref != "" || err == nil || problem.KindOf(err) != "" {
		t.Errorf("got %q, %v", ref, err)
	}
}

func TestAnAnswerWithoutEndIsNotReadToIt(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	p, err := stripe.New(stripe.Options{
		Key: "sk_live_x", URL: server.URL, Client: server.Client(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := p.Status(t.Context(), "cs_live_1"); err == nil || s != (payment.Status{}) {
		t.Errorf("got %+v, %v", s, err)
	}
}
