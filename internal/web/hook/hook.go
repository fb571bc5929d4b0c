// Package hook takes the webhooks of payment providers. A webhook is a hint
// from anybody at all: it names an order, and the Cashier asks the provider how
// that stands. The answer tells the sender nothing about what we have: it is the
// same for an order of ours, one that does not exist, one of another account
// and a forged signature.
package hook

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Cashier hears that something changed at a provider. payment.Cashier is one.
type Cashier interface {
	Heard(ctx context.Context, provider, ref string) error
}

// Opener is a provider with webhooks of its own form. Others send a form whose
// field id is the provider's key of an order.
type Opener interface {
	// Open returns the provider's key of the order that a webhook is about, or ""
	// when it is about none. A problem of kind Refused means that it is not from
	// the provider, any other error that it should come again.
	Open(ctx context.Context, header http.Header, body []byte) (ref string, err error)
}

// Bounds of what is read, in bytes.
const (
	bodySize = 64 << 10
	keySize  = 255
)

// Handler serves POST /betalen/melding/{provider}; opener is for the provider
// of that name, nil for one that sends forms. It answers 200 when the order was
// looked at and also when there is no such order, 400 to what is no webhook, 413
// to what is too large, and 503 when it should be told again.
func Handler(c Cashier, name string, opener Opener, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		body, status := read(w, r)
		if status != 0 {
			answer(w, status)
			return
		}
		provider := r.PathValue("provider")
		if provider != name || opener == nil {
			answer(w, form(r.Context(), c, log, provider, body))
			return
		}
		ref, err := opener.Open(r.Context(), r.Header, body)
		switch {
		case problem.KindOf(err) == problem.Refused:
			log.WarnContext(r.Context(), "a webhook that is not from the provider, or its secret in the configuration is wrong",
				"provider", provider, "error", err)
			answer(w, http.StatusOK)
		case err != nil:
			log.WarnContext(r.Context(), "a webhook has to come again", "provider", provider, "error", err)
			answer(w, http.StatusServiceUnavailable)
		case ref == "":
			answer(w, http.StatusOK)
		default:
			answer(w, hear(r.Context(), c, log, provider, ref))
		}
	})
}

// form hears a webhook that is a form.
func form(ctx context.Context, c Cashier, log *slog.Logger, provider string, body []byte) int {
	fields, err := url.ParseQuery(string(body))
	ref := fields.Get("id")
	if err != nil || ref == "" {
		return http.StatusBadRequest
	}
	return hear(ctx, c, log, provider, ref)
}

// read reads the body. One that says that it is too large is not read at all.
func read(w http.ResponseWriter, r *http.Request) (body []byte, status int) {
	var large *http.MaxBytesError
	if r.ContentLength > bodySize {
		w.Header().Set("Connection", "close")
		return nil, http.StatusRequestEntityTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodySize))
	switch {
	case errors.As(err, &large):
		return nil, http.StatusRequestEntityTooLarge
	case err != nil:
		return nil, http.StatusBadRequest
	}
	return body, 0
}

// hear tells the Cashier and returns the status of the answer.
func hear(ctx context.Context, c Cashier, log *slog.Logger, provider, ref string) int {
	if len(ref) > keySize {
		return http.StatusBadRequest
	}
	err := c.Heard(ctx, provider, ref)
	switch {
	case err == nil:
		return http.StatusOK
	case problem.Has(err, payment.ReasonNotFound):
		// Neither the name nor the key is logged: anybody may send them.
		log.InfoContext(ctx, "a webhook about no order of ours")
		return http.StatusOK
	}
	log.WarnContext(ctx, "a webhook has to come again", "provider", provider, "error", err)
	return http.StatusServiceUnavailable
}

func answer(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
}
