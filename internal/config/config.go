// Package config is the program's configuration: one struct, read from a file,
// the environment and flags (in that order, the later wins), and checked as a
// whole: Validate lists every fault with its mend.
package config

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/money"
	"hoofdpas/internal/till"
)

// Config is the effective configuration. The koanf tags are the keys of the
// file; the environment variable of "library.name" is HOOFDPAS_LIBRARY_NAME.
type Config struct {
	Store     string `koanf:"store"`
	Listen    string `koanf:"listen"`
	PublicURL string `koanf:"public_url"`
	// TrustedProxies are the addresses or networks of our own reverse proxies:
	// only what these say about where a request comes from is believed.
	TrustedProxies []string `koanf:"trusted_proxies"`
	Log            Log      `koanf:"log"`
	Library        Library  `koanf:"library"`
	Login          Login    `koanf:"login"`
	Payment        Payment  `koanf:"payment"`
	Till           Till     `koanf:"till"`
	Mail           Mail     `koanf:"mail"`
	Rules          Rules    `koanf:"rules"`
	Closing        Closing  `koanf:"closing"`
	Kiosk          Kiosk    `koanf:"kiosk"`
	PAIA           PAIA     `koanf:"paia"`
	Metrics        Metrics  `koanf:"metrics"`
	Tracing        Tracing  `koanf:"tracing"`

	// Demo is set by the demo subcommand only: it allows what must not run in
	// front of real members. It is no key of the file.
	Demo bool `koanf:"-"`
}

// Log says how the program tells its operator what happens.
type Log struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"`
}

// Login bounds what logging in costs.
type Login struct {
	// HashesAtOnce is how many password hashes are computed at the same time,
	// 19 MiB each.
	HashesAtOnce int `koanf:"hashes_at_once"`
}

// Till says where money is taken at the desk, and how.
type Till struct {
	// Desks are the desks with a drawer, each as "Branch/Desk".
	Desks []string `koanf:"desks"`
	// Rounding is what cash is rounded to, in euros.
	Rounding string `koanf:"rounding"`
}

// Rule is the lending rules of one category. Amounts are euros as text.
type Rule struct {
	LoanDays    int    `koanf:"loan_days"`
	MaxRenewals int    `koanf:"max_renewals"`
	FeePerDay   string `koanf:"fee_per_day"`
	FeeCap      string `koanf:"fee_cap"`
	FeeLimit    string `koanf:"fee_limit"`
}

// Rules is the rules for everybody, and what differs by category.
type Rules struct {
	Rule     `koanf:",squash"`
	Category map[string]Rule `koanf:"category"`
}

// Closing is when the library is closed: no overdue fee is counted then.
type Closing struct {
	Weekdays []string `koanf:"weekdays"`
	Dates    []string `koanf:"dates"`
}

// key describes one key of the file.
type key struct {
	path   string
	preset any
	about  string
	secret func(string) string // masks the value; nil shows it
}

// keys is every key with its default, the single list that loading, printing
// and the documentation read. Rules of a category stand under
// rules.category.NAME with the keys of rules.
func keys() []key {
	return slices.Concat([]key{
		{"store", "sqlite:hoofdpas.db", "where everything is kept: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE", maskURL},
		{"listen", "127.0.0.1:8080", "address and port to listen on", nil},
		{"public_url", "", "the address members use, such as https://mijn.example.nl", nil},
		{"trusted_proxies", []string{}, "addresses or networks of your reverse proxies, such as 127.0.0.1 or 10.0.0.0/8", nil},
		{"log.level", "info", "debug, info, warn or error", nil},
		{"log.format", "text", "text or json", nil},
	}, libraryKeys(), []key{
		{"login.hashes_at_once", 2, "password hashes computed at the same time, 19 MiB each: as many as processors", nil},
		{"till.desks", []string{"Bibliotheek/Balie"}, "the desks with a drawer, each as Branch/Desk; receipts are numbered per branch", nil},
		{"till.rounding", "0.05", "euros that cash is rounded to at the desk; 0.01 rounds nothing", nil},
		{"rules.loan_days", 21, "days that a renewal gives, counted from today", nil},
		{"rules.max_renewals", 2, "how often one loan can be renewed", nil},
		{"rules.fee_per_day", "0.20", "euros for each open day that an item is late", nil},
		{"rules.fee_cap", "5.00", "euros at most for one item", nil},
		{"rules.fee_limit", "10.00", "open fees from which nothing can be renewed, in euros", nil},
		{"closing.weekdays", []string{"sunday"}, "days of the week on which the library is closed", nil},
		{"closing.dates", []string{}, "dates on which it is closed, YYYY-MM-DD", nil},
	}, paymentKeys(), mailKeys(), kioskKeys(), watchKeys())
}

// maskURL hides the password of an address.
func maskURL(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.Scheme == "" {
		return maskSecret(value) // may hold a password in a form that we cannot read
	}
	q := u.Query()
	for name := range q {
		if lower := strings.ToLower(name); strings.Contains(lower, "pass") || strings.Contains(lower, "secret") {
			q.Set(name, "xxxxx")
		}
	}
	u.RawQuery = q.Encode()
	return u.Redacted()
}

// Location is the library's time zone. Validate has checked it.
func (c Config) Location() (*time.Location, error) {
	return time.LoadLocation(c.Library.Zone) //nolint:wrapcheck // Validate says what it is about
}

// Places returns the desks with a drawer, and what cash is rounded to in cents.
// Validate has checked them.
func (c Config) Places() ([]till.Place, money.Cents) {
	var f faults
	return c.Till.places(&f), c.Till.unit(&f)
}

// Lending returns the rules as the built-in library system applies them, and
// every fault in them.
func (c Config) Lending() (builtin.Rules, error) {
	var f faults
	rules := c.lending(&f)
	return rules, f.err()
}
