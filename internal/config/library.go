package config

import (
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"hoofdpas/internal/library/sip"
	"hoofdpas/internal/money"
)

// The library systems.
const (
	Builtin = "builtin"
	Koha    = "koha"
	SIP     = "sip"
)

// Who checks first passwords in front of a Koha.
const (
	FirstByKoha = "koha"
	FirstBySIP  = "sip"
	FirstByDesk = "desk"
)

// Library is about the library itself and the system that it keeps its cards,
// loans and fees in.
type Library struct {
	Name string `koanf:"name"`
	// Zone is the time zone of its due dates, as in "Europe/Amsterdam".
	Zone string `koanf:"zone"`
	// Style is a file with the library's own colours and fonts; see HouseStyle.
	Style string `koanf:"style"`
	// System is one of the names above.
	System string `koanf:"system"`
	// Timeout is how long one call to it may take, as in "10s".
	Timeout string `koanf:"timeout"`
	// CallsAtOnce is how many calls to it there are at the same time.
	CallsAtOnce int `koanf:"calls_at_once"`
	// Keep is how long its answers are kept, as in "30s".
	Keep string     `koanf:"keep"`
	Koha KohaConfig `koanf:"koha"`
	SIP  SIPConfig  `koanf:"sip"`
}

// KohaConfig is how a Koha is reached.
type KohaConfig struct {
	URL string `koanf:"url"`
	// PlainHTTP allows http where others could be on the way.
	PlainHTTP    bool   `koanf:"plain_http"`
	User         string `koanf:"user"`
	Password     string `koanf:"password"`
	ClientID     string `koanf:"client_id"`
	ClientSecret string `koanf:"client_secret"`
	// Branch is Koha's code of the library that takes the money.
	Branch string `koanf:"branch"`
	// FirstPassword says who checks first passwords, one of the names above; "" is
	// the first of these that there is.
	FirstPassword string `koanf:"first_password"`
	PaymentType   string `koanf:"payment_type"`
	// FeeLimit is what a card owes when it can renew nothing more, in euros; ""
	// is no limit.
	FeeLimit string `koanf:"fee_limit"`
}

// SIPConfig is how a system that speaks SIP2 is reached.
type SIPConfig struct {
	Address          string `koanf:"address"`
	TLS              bool   `koanf:"tls"`
	TLSCA            string `koanf:"tls_ca"`
	User             string `koanf:"user"`
	Password         string `koanf:"password"`
	Location         string `koanf:"location"`
	Institution      string `koanf:"institution"`
	TerminalPassword string `koanf:"terminal_password"`
	Charset          string `koanf:"charset"`
	Profile          string `koanf:"profile"`
	Terminator       string `koanf:"terminator"`
	Checksums        bool   `koanf:"checksums"`
	Connections      int    `koanf:"connections"`
	Currency         string `koanf:"currency"`
}

func libraryKeys() []key {
	return []key{
		{"library.name", "Bibliotheek", "as it stands at the top of every page", nil},
		{"library.zone", "Europe/Amsterdam", "time zone of due dates", nil},
		{"library.style", "", "a CSS file that sets the library's own colours; see docs/house-style.md", nil},
		{"library.system", Builtin, "where cards, loans and fees are: builtin (by import), koha (docs/it/koha.md) or sip", nil},
		{"library.timeout", "10s", "how long one call to koha or sip may take", nil},
		{"library.calls_at_once", 16, "calls to koha or sip at the same time", nil},
		{"library.keep", "30s", "how long loans and fees from koha or sip are kept; 0s asks anew each time", nil},
		{"library.koha.url", "", "where Koha's staff interface is, such as https://koha-staf.bibliotheek-voorbeeld.nl", maskURL},
		{"library.koha.plain_http", false, "true allows a url with http under a public name, when nobody else is on the way there", nil},
		{"library.koha.user", "", "user of Koha's API, for basic authentication", nil},
		{"library.koha.password", "", "the user's password", maskSecret},
		{"library.koha.client_id", "", "API client at Koha, for OAuth2 instead of a user", nil},
		{"library.koha.client_secret", "", "the client's secret", maskSecret},
		{"library.koha.branch", "", "Koha's code of the library that payments are booked at", nil},
		{"library.koha.first_password", "", "who checks first passwords: koha (22.11 or newer), sip (library.sip.address) or desk; empty is the first that there is", nil},
		{"library.koha.payment_type", "", "Koha's code of how was paid, such as CARD", nil},
		{"library.koha.fee_limit", "", "open fees from which Koha renews nothing (its FinesLimit or OPACFineNoRenewals), in euros; empty is no limit", nil},
		{"library.sip.address", "", "host and port of a SIP2 server, such as 10.0.0.5:6001; beside koha: for titles and first passwords", nil},
		{"library.sip.tls", false, "true for a server behind TLS", nil},
		{"library.sip.tls_ca", "", "file of the certificates (PEM) that sign the server's; empty is the machine's own", nil},
		{"library.sip.user", "", "to log in at the SIP2 server; empty logs in nowhere", nil},
		{"library.sip.password", "", "to log in at the SIP2 server", maskSecret},
		{"library.sip.location", "", "location code (CP) to log in with", nil},
		{"library.sip.institution", "", "institution id (AO)", nil},
		{"library.sip.terminal_password", "", "terminal password (AC), where the server asks for one", maskSecret},
		{"library.sip.charset", "utf-8", "utf-8, latin-1 or cp850", nil},
		{"library.sip.profile", Koha, "what the server's answers mean: koha, evergreen, wise, folio, hoofdpas, or the path of a TOML file", nil},
		{"library.sip.terminator", "cr", "how our lines end: cr or crlf", nil},
		{"library.sip.checksums", true, "whether our messages are numbered and have checksums", nil},
		{"library.sip.connections", 4, "connections to the SIP2 server at most", nil},
		{"library.sip.currency", "EUR", "currency of fees, three letters", nil},
	}
}

// Remote reports whether cards, loans and fees are in a system that is not ours.
func (l Library) Remote() bool { return l.System != Builtin }

// Patience is Timeout. Validate has checked it.
func (l Library) Patience() time.Duration {
	d, _ := time.ParseDuration(l.Timeout) // as above
	return d
}

// Kept is Keep. Validate has checked it.
func (l Library) Kept() time.Duration {
	d, _ := time.ParseDuration(l.Keep) // as above
	return d
}

// Limit is FeeLimit in cents, 0 for none. Validate has checked it.
func (k KohaConfig) Limit() money.Cents {
	c, _ := money.Parse(k.FeeLimit) // as above
	return c
}

// Roots are the certificates of TLSCA; nil for the machine's own.
func (s SIPConfig) Roots() (*x509.CertPool, error) {
	if s.TLSCA == "" {
		return nil, nil //nolint:nilnil // the machine's own
	}
	pem, err := os.ReadFile(s.TLSCA)
	if err != nil {
		return nil, err //nolint:wrapcheck // names the file
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, os.ErrInvalid
	}
	return roots, nil
}

// demo checks that what the demo pays and renews reaches nobody's real library.
func (l Library) demo(f *faults) {
	if u, err := url.Parse(l.Koha.URL); l.System == Koha && (err != nil || !loopback(u.Hostname())) {
		f.add("library.koha.url: what the demo pays is made up; it works only in front of a Koha on this machine")
	}
	if host, _, _ := net.SplitHostPort(l.SIP.Address); l.Remote() && l.SIP.Address != "" && !loopback(host) { // what is no address is told elsewhere
		f.add("library.sip.address: what the demo pays is made up; it works only in front of a server on this machine")
	}
}

func (l Library) validate(f *faults) {
	f.oneOf("library.system", l.System, Builtin, Koha, SIP)
	f.duration("library.timeout", l.Timeout, time.Second, 5*time.Minute)
	f.duration("library.keep", l.Keep, 0, 10*time.Minute)
	const mostCalls = 1000
	if l.CallsAtOnce < 1 || l.CallsAtOnce > mostCalls {
		f.add("library.calls_at_once: %d is not possible; write a number from 1 to %d", l.CallsAtOnce, mostCalls)
	}
	switch {
	case l.System == Koha:
		l.Koha.validate(f, l.SIP.Address != "")
	case l.System == SIP && l.SIP.Address == "":
		f.add("library.sip.address: write the host and the port of the SIP2 server, such as 10.0.0.5:6001")
	}
	if l.Remote() && l.SIP.Address != "" {
		l.SIP.validate(f)
	}
}

// duration checks a length of time from least to most.
func (f *faults) duration(key, value string, least, most time.Duration) {
	if d, err := time.ParseDuration(value); err != nil || d < least || d > most {
		f.add("%s: %q is not possible; write a time from %s to %s, such as 10s", key, value, least, most)
	}
}

func (k KohaConfig) validate(f *faults, sip bool) {
	u, err := url.Parse(k.URL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "":
		f.add("library.koha.url: write where Koha's staff interface is, such as https://koha-staf.bibliotheek-voorbeeld.nl, without a user or a password")
	case u.Scheme == "http" && public(u.Hostname()) && !k.PlainHTTP:
		f.add("library.koha.url: with http the password can be read on the way to %s; write https or, when nobody else is on the way there, library.koha.plain_http = true", u.Hostname())
	}
	user, client := k.User != "" && k.Password != "", k.ClientID != "" && k.ClientSecret != ""
	switch {
	case !user && !client:
		f.add("library.koha.user: write a user and library.koha.password, or library.koha.client_id and library.koha.client_secret; " +
			"the secrets better not in this file but by HOOFDPAS_LIBRARY_KOHA_PASSWORD_FILE")
	case !client && (k.ClientID != "" || k.ClientSecret != ""):
		f.add("library.koha.client_id: write both library.koha.client_id and library.koha.client_secret, or neither")
	}
	if k.FirstPassword != "" {
		f.oneOf("library.koha.first_password", k.FirstPassword, FirstByKoha, FirstBySIP, FirstByDesk)
	}
	if k.FirstPassword == FirstBySIP && !sip {
		f.add("library.koha.first_password: sip needs library.sip.address; write it, or choose koha or desk")
	}
	if k.FeeLimit != "" {
		f.amount("library.koha.fee_limit", k.FeeLimit)
	}
}

func (s SIPConfig) validate(f *faults) {
	host, port, err := net.SplitHostPort(s.Address)
	if n, portErr := strconv.ParseUint(port, 10, 16); err != nil || host == "" || portErr != nil || n == 0 {
		f.add("library.sip.address: %q is no host with a port; write for example 10.0.0.5:6001", s.Address)
	}
	if s.Password != "" && s.User == "" {
		f.add("library.sip.user: write whose password library.sip.password is")
	}
	for _, each := range []struct{ key, value string }{
		{"user", s.User},
		{"password", s.Password},
		{"location", s.Location},
		{"institution", s.Institution},
		{"terminal_password", s.TerminalPassword},
	} {
		if strings.ContainsAny(each.value, "|\r\n") {
			f.add("library.sip.%s: it holds a sign that SIP2 cannot carry; have it changed at the server", each.key)
		}
	}
	if s.TLSCA != "" && !s.TLS {
		f.add("library.sip.tls_ca: it is of no use without TLS; write library.sip.tls = true, or leave it out")
	}
	if _, err := s.Roots(); err != nil {
		f.add("library.sip.tls_ca: %q holds no certificate that can be read; write the path of a PEM file", s.TLSCA)
	}
	f.oneOf("library.sip.charset", s.Charset, "utf-8", "latin-1", "cp850")
	f.oneOf("library.sip.terminator", s.Terminator, "cr", "crlf")
	if _, err := sip.LoadProfile(s.Profile); err != nil {
		f.add("library.sip.profile: %w", err)
	}
	const most = 64
	if s.Connections < 1 || s.Connections > most {
		f.add("library.sip.connections: %d is not possible; write a number from 1 to %d", s.Connections, most)
	}
	if len(s.Currency) != 3 || strings.ToUpper(s.Currency) != s.Currency || strings.ContainsFunc(s.Currency, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		f.add("library.sip.currency: %q is no currency; write three capitals, such as EUR", s.Currency)
	}
}
