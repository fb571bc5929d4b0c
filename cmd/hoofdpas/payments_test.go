package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/mollie"
	"hoofdpas/internal/provider/mollie/mollietest"
)

// reconcile compares November with Mollie.
func (f *family) reconcile(more ...string) (printed string, code int) {
	f.t.Helper()
	var out bytes.Buffer
	err := run(&world{
		ctx: f.t.Context(), out: &out, err: &out, now: func() time.Time { return f.now() },
		environ: append([]string{
			"HOOFDPAS_STORE=" + f.address, "HOOFDPAS_PAYMENT_PROVIDER=mollie", "HOOFDPAS_LOG_LEVEL=error",
			"HOOFDPAS_PAYMENT_MOLLIE_KEY=" + f.mollie.APIKey(), "HOOFDPAS_PAYMENT_MOLLIE_URL=" + f.mollie.URL(),
		}, more...),
	}, []string{"payments", "reconcile", "--from", "2026-11-01", "--to", "2026-11-30"})
	if err != nil {
		return out.String() + err.Error(), exitCode(err)
	}
	return out.String(), 0
}

func (f *family) agrees(words string, code int, more ...string) {
	f.t.Helper()
	if printed, got := f.reconcile(more...); got != code || !strings.Contains(printed, words) {
		f.t.Errorf("reconcile ended with %d and said:\n%s\nwant %d and: %s", got, printed, code, words)
	}
}

func TestReconcileSaysWhetherAllAgrees(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	f.agrees("Compared: 0 of our payments, 0 orders at mollie.\nAll agrees.", 0)
	f.payBack(f.pay())
	f.agrees("Compared: 1 of our payments, 1 orders at mollie.\nAll agrees.", 0)
	f.agrees("the payment provider", 1, "HOOFDPAS_PAYMENT_MOLLIE_KEY=test_anothers")
	f.agrees("payment.provider is none", 1, "HOOFDPAS_PAYMENT_PROVIDER=none")

	// Somebody else uses the same key.
	other, err := mollie.New(mollie.Options{
		Key: f.mollie.APIKey(), URL: f.mollie.URL(), Client: &http.Client{}, Now: func() time.Time { return f.now() }, Log: slog.New(slog.DiscardHandler),
	})
	f.must(err)
	made, err := other.Create(t.Context(), payment.Order{Reference: "99", Key: "k", Amount: 500, Description: "x", Return: "https://x.example/"})
	f.must(err)
	f.must(f.mollie.Finish(made.Ref, mollietest.Paid))
	f.agrees("mollie has order "+made.Ref+" of 5.00, for our number \"99\", and there is no such payment here.", 2)
	f.agrees("1 to look at; the desk has them under Aandacht", 2)
}

func TestAPaymentWhoseWebhookNeverCameIsBookedByReconcile(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	p := f.start()
	f.must(f.mollie.Finish(p.Ref, mollietest.Paid))
	f.agrees("All agrees.", 0)
	if now, err := f.store.Payment(t.Context(), p.ID); err != nil || now.State != payment.Paid {
		t.Errorf("it is %s, %v", now.State, err)
	}
}

func TestEveryDifferenceHasASentence(t *testing.T) {
	t.Parallel()
	for _, k := range payment.FindingKinds {
		said := sayFinding(payment.Finding{Kind: k, Payment: 417, Provider: "mollie", Ref: "tr_1", Amount: 1234, Detail: "12.34 USD"})
		if !strings.HasSuffix(said, ".") || strings.Contains(said, string(k)) || !strings.Contains(said, "tr_1") {
			t.Errorf("%s: %s", k, said)
		}
	}
}
