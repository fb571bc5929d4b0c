package config

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"hoofdpas/internal/money"
)

// The payment providers.
const (
	NoProvider = "none"
	TestBank   = "testbank" // in the demo only
	Mollie     = "mollie"
	Stripe     = "stripe"
)

// Payment says how members pay online.
type Payment struct {
	// Provider is one of the names above.
	Provider string `koanf:"provider"`
	// OpenFor is how long an open payment holds its fees, as in "15m".
	OpenFor string `koanf:"open_for"`
	// Maximum is the most that is taken online at once, in euros.
	Maximum string       `koanf:"maximum"`
	Mollie  MollieConfig `koanf:"mollie"`
	Stripe  StripeConfig `koanf:"stripe"`
}

// MollieConfig is the account at Mollie.
type MollieConfig struct {
	Key string `koanf:"key"`
	URL string `koanf:"url"`
}

// StripeConfig is the account at Stripe.
type StripeConfig struct {
	Key           string `koanf:"key"`
	WebhookSecret string `koanf:"webhook_secret"`
	URL           string `koanf:"url"`
}

func paymentKeys() []key {
	return []key{
		{"payment.provider", NoProvider, "none (pay at the desk), mollie or stripe; see docs/it/payments.md (testbank exists in the demo only)", nil},
		{"payment.open_for", "15m", "how long a payment that was begun holds its fees, at most 24h", nil},
		{"payment.maximum", "500.00", "euros at most that are paid online at once", nil},
		{"payment.mollie.key", "", "the API key, live_... or test_...", maskSecret},
		{"payment.mollie.url", "https://api.mollie.com", "where Mollie's API is", nil},
		{"payment.stripe.key", "", "the secret key or a restricted one, sk_live_..., rk_live_... or with test", maskSecret},
		{"payment.stripe.webhook_secret", "", "the webhook's signing secret, whsec_...", maskSecret},
		{"payment.stripe.url", "https://api.stripe.com", "where Stripe's API is", nil},
	}
}

// maskSecret hides a value and shows that there is one.
func maskSecret(value string) string {
	if value == "" {
		return ""
	}
	return "***"
}

// Open is OpenFor. Validate has checked it.
func (p Payment) Open() time.Duration {
	d, _ := time.ParseDuration(p.OpenFor) // as above
	return d
}

// Most is Maximum in cents. Validate has checked it.
func (p Payment) Most() money.Cents {
	c, _ := money.Parse(p.Maximum) // as above
	return c
}

// Bounds of payment.open_for.
const (
	shortest = time.Second
	longest  = 24 * time.Hour

	stripeLongest = 23 * time.Hour // Stripe's is a day, and its page lasts longer than our payment
)

func (c Config) validatePayment(f *faults) {
	p := c.Payment
	if c.Demo && (strings.HasPrefix(p.Mollie.Key, "live_") || strings.Contains(p.Stripe.Key, "k_live_")) {
		f.add("payment.provider: what the demo asks for is made up; give it a key for tests, never one that takes money")
	}
	if d, err := time.ParseDuration(p.OpenFor); err != nil || d < shortest || d > longest {
		f.add("payment.open_for: %q is not possible; write a time up to 24h, such as 15m", p.OpenFor)
	}
	if most, err := money.Parse(p.Maximum); err != nil || most == 0 {
		f.add("payment.maximum: %q is not possible; write an amount in euros above zero, such as \"500.00\"", p.Maximum)
	}
	switch p.Provider {
	case TestBank:
		if !c.Demo {
			f.add("payment.provider: testbank takes no real money and works in the demo only; write none")
		}
	case Mollie:
		f.secret("payment.mollie.key", p.Mollie.Key, "live_", "test_")
		f.api("payment.mollie.url", p.Mollie.URL)
		c.reachable(f, p.Mollie.URL, "")
	case Stripe:
		f.secret("payment.stripe.key", p.Stripe.Key, "sk_live_", "rk_live_", "sk_test_", "rk_test_")
		if p.Open() > stripeLongest {
			f.add("payment.open_for: %q is longer than Stripe keeps a page open; write at most 23h", p.OpenFor)
		}
		f.secret("payment.stripe.webhook_secret", p.Stripe.WebhookSecret, "whsec_")
		f.api("payment.stripe.url", p.Stripe.URL)
		c.reachable(f, p.Stripe.URL, p.Stripe.Key)
	default:
		f.oneOf("payment.provider", p.Provider, NoProvider, Mollie, Stripe)
	}
}

// secret checks how a secret begins. The value itself is in no fault.
func (f *faults) secret(key, value string, begins ...string) {
	for _, b := range begins {
		if rest, ok := strings.CutPrefix(value, b); ok && rest != "" && !strings.ContainsAny(rest, " \t\r\n") {
			return
		}
	}
	f.add("%s: write it as the provider shows it, it begins with %s; better not in this file but by %s_FILE", key,
		strings.Join(begins, " or "), variable(key))
}

func (f *faults) api(key, value string) {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || (u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname()))) {
		f.add("%s: %q is no address that a key may be sent to; leave it out, or write one that begins with https://", key, value)
	}
}

// reachable checks that payers come back to, and webhooks reach, an address
// that others can use. A provider on this machine, or Stripe with a test key,
// gets by with less.
func (c Config) reachable(f *faults, api, stripeKey string) {
	if u, err := url.Parse(api); err == nil && loopback(u.Hostname()) {
		return
	}
	if strings.Contains(stripeKey, "k_test_") {
		return
	}
	u, err := url.Parse(c.PublicURL)
	if c.PublicURL == "" || err != nil || u.Scheme != "https" || !public(u.Hostname()) {
		f.add("public_url: %s tells us of payments at this address, so it has to begin with https:// and be reachable from outside", c.Payment.Provider)
	}
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// public reports whether a host may be one that others can reach.
func public(host string) bool {
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") {
		return false
	}
	ip := net.ParseIP(host)
	if ip == nil {
		return strings.Contains(host, ".")
	}
	return !ip.IsLoopback() && !ip.IsPrivate() && !ip.IsUnspecified() && !ip.IsLinkLocalUnicast()
}
