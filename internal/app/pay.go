package app

import (
	"fmt"
	"net/http"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/config"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/mollie"
	"hoofdpas/internal/provider/stripe"
	"hoofdpas/internal/provider/testbank"
	"hoofdpas/internal/request"
	"hoofdpas/internal/store"
	"hoofdpas/internal/web/hook"
)

// Cashier furnishes no more than it takes to look after payments, for a
// subcommand. The configuration has been validated.
func Cashier(c config.Config, s *store.Store, out Outside) (*payment.Cashier, error) {
	r, err := furnish(c, s, out)
	if err != nil {
		return nil, err
	}
	return r.cashier, nil
}

// pay furnishes the cashier, with a provider where there is one.
func (r *rooms) pay() error {
	c := r.config.Payment
	r.cashier = &payment.Cashier{
		Store: r.store, System: r.system, Known: r.book,
		// Who takes money reads what is owed now.
		Fees: &circulation.Office{System: r.system.fresh, Journal: r.book, Log: r.out.Log},
		Now:  r.out.Now, Log: r.out.Log, Base: r.public, Library: r.config.Library.Name,
		OpenFor: c.Open(), Most: c.Most(), Zone: r.zone,
	}
	provider, err := r.provider()
	if err != nil {
		return fmt.Errorf("prepare the payment provider: %w", err)
	}
	r.opener, _ = provider.(hook.Opener) // nil for one that sends forms
	if provider != nil && r.out.Watch != nil {
		provider = r.out.Watch.Provider(provider)
	}
	r.cashier.Provider = provider
	return nil
}

// provider is the configured payment provider; nil for none.
func (r *rooms) provider() (payment.Provider, error) {
	c, out := r.config.Payment, r.out
	switch c.Provider {
	case config.TestBank:
		r.bank = testbank.New(testbank.Options{Base: r.public, Client: out.Client, Now: out.Now, Log: out.Log})
		return r.bank, nil
	case config.Mollie:
		return mollie.New(mollie.Options{Key: c.Mollie.Key, URL: c.Mollie.URL, Client: out.Client, Now: out.Now, Log: out.Log}) //nolint:wrapcheck // says it
	case config.Stripe:
		return stripe.New(stripe.Options{ //nolint:wrapcheck // says it
			Key: c.Stripe.Key, WebhookSecret: c.Stripe.WebhookSecret, URL: c.Stripe.URL,
			Client: out.Client, Now: out.Now, Log: out.Log,
		})
	}
	return nil, nil //nolint:nilnil // none is a choice of the library's
}

// webhooks is where the provider tells that something changed.
func (r *rooms) webhooks() http.Handler {
	name := ""
	if r.cashier.Provider != nil {
		name = r.cashier.Provider.Name()
	}
	heard := hook.Handler(r.cashier, name, r.opener, r.out.Log)
	return hook.Watched(heard, request.Frame{Log: r.out.Log, Now: r.out.Now, Watch: r.requests()})
}
