// Package hook takes the webhooks of payment providers. A webhook is a hint
// from anybody at all: it names an order, and the Cashier asks the provider how
// that stands. The answer tells the sender nothing about what we have.
package hook

import (
	"context"
	"log/slog"
	"net/http"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Cashier hears that something changed at a provider. payment.Cashier is one.
type Cashier interface {
	Heard(ctx context.Context, provider, ref string) error
}

// Bounds of what is read.
const (
	bodySize = 4 << 10
	keySize  = 255
)

// Handler serves POST /betalen/melding/{provider} with the form field id, the
// provider's key of an order. It answers 200 when the order was looked at and
// also when there is no such order, 400 to what is no webhook, and 503 when it
// should be told again.
func Handler(c Cashier, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, bodySize)
		if err := r.ParseForm(); err != nil {
			answer(w, http.StatusBadRequest)
			return
		}
		provider, ref := r.PathValue("provider"), r.PostForm.Get("id")
		if ref == "" || len(ref) > keySize {
			answer(w, http.StatusBadRequest)
			return
		}
		err := c.Heard(r.Context(), provider, ref)
		switch {
		case err == nil:
			answer(w, http.StatusOK)
		case problem.Has(err, payment.ReasonNotFound):
			// Neither the name nor the key is logged: anybody may send them.
			log.InfoContext(r.Context(), "a webhook about no order of ours")
			answer(w, http.StatusOK)
		default:
			log.WarnContext(r.Context(), "a webhook has to come again", "provider", provider, "error", err)
			answer(w, http.StatusServiceUnavailable)
		}
	})
}

func answer(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
}
