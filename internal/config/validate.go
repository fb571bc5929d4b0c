package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/money"
)

// faults collects what is wrong, each with its mend.
type faults []error

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

func (f *faults) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		f.add("%s: %q is not possible; choose %s", key, value, strings.Join(allowed, ", "))
	}
}

func (f *faults) err() error { return errors.Join(*f...) }

// Validate returns every fault in the configuration, joined, each naming its
// key and what to write instead.
func (c Config) Validate() error {
	var f faults
	if !strings.HasPrefix(c.Store, "sqlite:") && !strings.HasPrefix(c.Store, "postgres://") && !strings.HasPrefix(c.Store, "postgresql://") {
		f.add("store: write sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE")
	}
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port == "" {
		f.add("listen: %q is no address with a port; write for example 127.0.0.1:8080", c.Listen)
	}
	c.validateURL(&f)
	for _, p := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(p); err == nil {
			continue
		}
		if _, err := netip.ParseAddr(p); err != nil {
			f.add("trusted_proxies: %q is no address or network; write for example 127.0.0.1 or 10.0.0.0/8", p)
		}
	}
	f.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	f.oneOf("log.format", c.Log.Format, "text", "json")
	if strings.TrimSpace(c.Library.Name) == "" {
		f.add("library.name: write the name of the library; it stands at the top of every page")
	}
	if _, err := c.Location(); err != nil || c.Library.Zone == "" {
		f.add("library.zone: %q is no time zone; write for example Europe/Amsterdam", c.Library.Zone)
	}
	if _, err := c.HouseStyle(); err != nil {
		f.add("library.style: %w; write the path of a CSS file, or nothing", err)
	}
	c.Library.validate(&f)
	if c.Demo {
		c.Library.demo(&f)
	}
	const most = 1024 // 19 GiB
	if c.Login.HashesAtOnce < 1 || c.Login.HashesAtOnce > most {
		f.add("login.hashes_at_once: %d is not possible; write a number from 1 to %d", c.Login.HashesAtOnce, most)
	}
	c.validatePayment(&f)
	c.Mail.validate(&f)
	c.validateKiosk(&f)
	c.validateWatch(&f)
	c.Till.places(&f)
	c.Till.unit(&f)
	c.lending(&f)
	return f.err()
}

func (c Config) validateURL(f *faults) {
	if c.PublicURL == "" {
		return
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		f.add("public_url: write the address that members use, such as https://mijn.example.nl, without a path")
	}
}

func (c Config) lending(f *faults) builtin.Rules {
	zone, err := c.Location()
	if err != nil {
		zone = time.UTC // the fault stands under library.zone
	}
	rules := builtin.Rules{
		Default:    c.Rules.rule("rules", f),
		Categories: map[string]builtin.Category{},
		Closed:     c.Closing.closing(f),
		Zone:       zone,
	}
	for _, name := range slices.Sorted(maps.Keys(c.Rules.Category)) {
		rules.Categories[name] = c.Rules.Category[name].rule(category+name, f)
	}
	return rules
}

func (r Rule) rule(path string, f *faults) builtin.Category {
	const longest = 3650 // ten years
	if r.LoanDays < 1 || r.LoanDays > longest {
		f.add("%s.loan_days: %d is not possible; write a number of days from 1 to %d", path, r.LoanDays, longest)
	}
	if r.MaxRenewals < 0 {
		f.add("%s.max_renewals: %d is not possible; write 0 or more", path, r.MaxRenewals)
	}
	return builtin.Category{
		LoanDays: r.LoanDays, MaxRenewals: r.MaxRenewals,
		FeePerDay: f.amount(path+".fee_per_day", r.FeePerDay),
		FeeCap:    f.amount(path+".fee_cap", r.FeeCap),
		FeeLimit:  f.amount(path+".fee_limit", r.FeeLimit),
	}
}

func (f *faults) amount(path, value string) money.Cents {
	c, err := money.Parse(value)
	if err != nil {
		f.add("%s: %q is no amount in euros; write for example \"0.20\"", path, value)
	}
	return c
}

func (c Closing) closing(f *faults) builtin.Closing {
	var out builtin.Closing
	for _, text := range c.Weekdays {
		day := slices.IndexFunc(weekdays(), func(d time.Weekday) bool { return strings.EqualFold(d.String(), text) })
		if day < 0 {
			f.add("closing.weekdays: %q is no day; write for example sunday", text)
			continue
		}
		out.Weekdays = append(out.Weekdays, weekdays()[day])
	}
	if len(out.Weekdays) == len(weekdays()) {
		f.add("closing.weekdays: the library is closed every day; leave out the days on which it is open")
	}
	for _, text := range c.Dates {
		d, err := calendar.ParseISO(text)
		if err != nil {
			f.add("closing.dates: %q is no date; write for example 2026-12-25", text)
			continue
		}
		out.Dates = append(out.Dates, d)
	}
	return out
}

func weekdays() []time.Weekday {
	return []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday}
}
