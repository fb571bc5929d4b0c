package config_test

import (
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/config"
)

// paying is a configuration with payments as they should be, changed by change.
func paying(t *testing.T, change func(*config.Config)) error {
	t.Helper()
	c, err := config.Load(config.Sources{Flags: map[string]any{
		"public_url": "https://mijn.bibliotheek-voorbeeld.nl", "payment.provider": "mollie",
		"payment.mollie.key": "live_hemelsblauw", "payment.stripe.key": "sk_live_hemelsblauw",
		"payment.stripe.webhook_secret": "whsec_hemelsblauw",
	}})
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	return c.Validate()
}

func TestAFaultInThePaymentsIsNamedWithItsMendAndWithoutItsSecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*config.Config)
		want   string // "" is no fault
	}{
		"mollie":              {func(*config.Config) {}, ""},
		"stripe":              {func(c *config.Config) { c.Payment.Provider = "stripe" }, ""},
		"mollie for tests":    {func(c *config.Config) { c.Payment.Mollie.Key = "test_hemelsblauw" }, ""},
		"unknown":             {func(c *config.Config) { c.Payment.Provider = "adyen" }, "payment.provider"},
		"the demo's":          {func(c *config.Config) { c.Payment.Provider = "testbank" }, "payment.provider"},
		"no key":              {func(c *config.Config) { c.Payment.Mollie.Key = "" }, "HOOFDPAS_PAYMENT_MOLLIE_KEY_FILE"},
		"half a key":          {func(c *config.Config) { c.Payment.Mollie.Key = "live_" }, "payment.mollie.key"},
		"the other's key":     {func(c *config.Config) { c.Payment.Mollie.Key = "sk_live_hemelsblauw" }, "payment.mollie.key"},
		"two keys":            {func(c *config.Config) { c.Payment.Mollie.Key = "live_hemels blauw" }, "payment.mollie.key"},
		"a key in the clear":  {func(c *config.Config) { c.Payment.Mollie.URL = "http://api.mollie.com" }, "payment.mollie.url"},
		"no secret":           {func(c *config.Config) { c.Payment.Provider, c.Payment.Stripe.WebhookSecret = "stripe", "" }, "payment.stripe.webhook_secret"},
		"a public key":        {func(c *config.Config) { c.Payment.Provider, c.Payment.Stripe.Key = "stripe", "pk_live_hemelsblauw" }, "payment.stripe.key"},
		"no address":          {func(c *config.Config) { c.PublicURL = "" }, "public_url"},
		"no TLS":              {func(c *config.Config) { c.PublicURL = "http://mijn.bibliotheek-voorbeeld.nl" }, "public_url"},
		"this machine":        {func(c *config.Config) { c.PublicURL = "https://localhost" }, "public_url"},
		"the library's house": {func(c *config.Config) { c.PublicURL = "https://192.168.1.10" }, "public_url"},
		"inside":              {func(c *config.Config) { c.PublicURL = "https://catalogus" }, "public_url"},
		"mollie here":         {func(c *config.Config) { c.PublicURL, c.Payment.Mollie.URL = "", "http://127.0.0.1:9999" }, ""},
		"stripe for tests": {func(c *config.Config) {
			c.Payment.Provider, c.PublicURL, c.Payment.Stripe.Key = "stripe", "", "sk_test_x"
		}, ""},
		"a demo for money":   {func(c *config.Config) { c.Demo = true }, "payment.provider"},
		"a demo for tests":   {func(c *config.Config) { c.Demo, c.Payment.Mollie.Key, c.Payment.Stripe.Key = true, "test_x", "" }, ""},
		"no time":            {func(c *config.Config) { c.Payment.OpenFor = "15" }, "payment.open_for"},
		"too short":          {func(c *config.Config) { c.Payment.OpenFor = "0s" }, "payment.open_for"},
		"too long at stripe": {func(c *config.Config) { c.Payment.Provider, c.Payment.OpenFor = "stripe", "24h" }, "payment.open_for"},
		"too long":           {func(c *config.Config) { c.Payment.OpenFor = "25h" }, "payment.open_for"},
		"nothing at most":    {func(c *config.Config) { c.Payment.Maximum = "0" }, "payment.maximum"},
		"no amount":          {func(c *config.Config) { c.Payment.Maximum = "-5" }, "payment.maximum"},
	} {
		err := paying(t, c.change)
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "blauw") {
			t.Errorf("%s: the fault shows the secret: %v", name, err)
		}
	}
}

func TestWhatWasCheckedIsRead(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{Environ: []string{
		"HOOFDPAS_PAYMENT_OPEN_FOR=90s", "HOOFDPAS_PAYMENT_MAXIMUM=123.45",
		"HOOFDPAS_PAYMENT_MOLLIE_KEY_FILE=" + write(t, "live_x\n"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Payment; p.Open() != 90*time.Second || p.Most() != 12345 || p.Mollie.Key != "live_x" {
		t.Errorf("got %v, %v, %q", p.Open(), p.Most(), p.Mollie.Key)
	}
}

func TestPrintShowsThatThereIsAKeyAndNotWhichOne(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{Flags: map[string]any{
		"payment.mollie.key": "live_hemelsblauw", "payment.stripe.key": "sk_live_hemelsblauw",
		"payment.stripe.webhook_secret": "whsec_hemelsblauw",
	}})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "blauw") || strings.Count(out.String(), `= "***"`) != 3 {
		t.Errorf("printed:\n%s", out.String())
	}
}
