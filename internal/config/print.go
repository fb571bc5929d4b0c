package config

import (
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
)

// Print writes the configuration as a TOML file that says the same, each key
// with what it is for, and every secret masked.
func (c Config) Print(w io.Writer) error {
	k := koanf.New(".")
	if err := k.Load(structs.Provider(c.flat(), "koanf"), nil); err != nil {
		return fmt.Errorf("print the configuration: %w", err)
	}
	var b strings.Builder
	table := ""
	for _, d := range keys() {
		name := d.path
		if section, rest, ok := strings.Cut(d.path, "."); ok {
			name = rest
			if section != table {
				table = section
				fmt.Fprintf(&b, "\n[%s]\n", table)
			}
		}
		fmt.Fprintf(&b, "# %s\n%s = %s\n", d.about, name, literal(k.Get(d.path), d.secret))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Rules.Category)) {
		r := c.Rules.Category[name]
		fmt.Fprintf(&b, "\n[%s%s]\nloan_days = %d\nmax_renewals = %d\nfee_per_day = %q\nfee_cap = %q\nfee_limit = %q\n",
			category, quoteKey(name), r.LoanDays, r.MaxRenewals, r.FeePerDay, r.FeeCap, r.FeeLimit)
	}
	c.Kiosk.printTerminals(&b)
	_, err := io.WriteString(w, b.String())
	if err != nil {
		return fmt.Errorf("print the configuration: %w", err)
	}
	return nil
}

// printTerminals writes the terminals, each in a section of its own.
func (k Kiosk) printTerminals(b *strings.Builder) {
	for _, name := range slices.Sorted(maps.Keys(k.Terminal)) {
		t := k.Terminal[name]
		fmt.Fprintf(b, "\n[%s%s]\nuser = %q\npassword = %q\npassword_file = %q\nbranch = %q\nrights = %s\nhousehold = %t\npin = %t\n",
			terminals, quoteKey(name), t.User, maskSecret(t.Password), t.PasswordFile, t.Branch, literal(t.Rights, nil), t.Household, t.PIN)
	}
}

// flat is the configuration with the rules where the file has them.
func (c Config) flat() any {
	return struct {
		Store     string   `koanf:"store"`
		Listen    string   `koanf:"listen"`
		PublicURL string   `koanf:"public_url"`
		Proxies   []string `koanf:"trusted_proxies"`
		Log       Log      `koanf:"log"`
		Library   Library  `koanf:"library"`
		Login     Login    `koanf:"login"`
		Payment   Payment  `koanf:"payment"`
		Till      Till     `koanf:"till"`
		Mail      Mail     `koanf:"mail"`
		Kiosk     Kiosk    `koanf:"kiosk"`
		PAIA      PAIA     `koanf:"paia"`
		Metrics   Metrics  `koanf:"metrics"`
		Tracing   Tracing  `koanf:"tracing"`
		Rules     Rule     `koanf:"rules"`
		Closing   Closing  `koanf:"closing"`
	}{c.Store, c.Listen, c.PublicURL, c.TrustedProxies, c.Log, c.Library, c.Login, c.Payment, c.Till, c.Mail, c.Kiosk, c.PAIA, c.Metrics, c.Tracing, c.Rules.Rule, c.Closing}
}

func literal(v any, secret func(string) string) string {
	switch v := v.(type) {
	case string:
		if secret != nil {
			v = secret(v)
		}
		return strconv.Quote(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = strconv.Quote(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

func quoteKey(name string) string {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' {
			return strconv.Quote(name)
		}
	}
	return name
}

// Mask takes every secret of the configuration out of a text, such as an error of
// somebody else's code that may repeat what it was given.
func (c Config) Mask(text string) string {
	k := koanf.New(".")
	if err := k.Load(structs.Provider(c.flat(), "koanf"), nil); err != nil {
		return "***"
	}
	for _, d := range keys() {
		value := k.String(d.path)
		if d.secret == nil || value == "" {
			continue
		}
		if u, err := url.Parse(value); err == nil && u.Scheme != "" {
			text = strings.ReplaceAll(text, value, d.secret(value))
			if password, ok := u.User.Password(); ok && password != "" {
				text = strings.ReplaceAll(text, password, "***")
			}
			continue
		}
		text = strings.ReplaceAll(text, value, "***")
	}
	return text
}
