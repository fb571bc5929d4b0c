package config

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/sip2"
)

// Kiosk is about the terminals in the library, which speak SIP2.
type Kiosk struct {
	// Listen is the address for terminals on the library's own network, TLSListen
	// that for TLS; "" listens on none.
	Listen    string `koanf:"listen"`
	TLSListen string `koanf:"tls_listen"`
	// TLSCert and TLSKey are files; they are read again when they change.
	TLSCert string `koanf:"tls_cert"`
	TLSKey  string `koanf:"tls_key"`
	// Institution is AO in answers.
	Institution string `koanf:"institution"`
	Charset     string `koanf:"charset"`
	Terminator  string `koanf:"terminator"`
	// Language is for a terminal that does not say one.
	Language    string `koanf:"language"`
	Connections int    `koanf:"connections"`
	PerAddress  int    `koanf:"connections_per_address"`
	// PassOn hands what is not answered here to library.sip.
	PassOn bool `koanf:"pass_on"`
	// Terminal are the terminals by their names.
	Terminal map[string]Terminal `koanf:"terminal"`
}

// Terminal is one kiosk or self-check machine.
type Terminal struct {
	User     string `koanf:"user"`
	Password string `koanf:"password"`
	// PasswordFile holds the password instead.
	PasswordFile string `koanf:"password_file"`
	Branch       string `koanf:"branch"`
	// Rights are read, renew and pay.
	Rights    []string `koanf:"rights"`
	Household bool     `koanf:"household"`
	PIN       bool     `koanf:"pin"`
}

// PAIA is about apps.
type PAIA struct {
	// Open answers apps at all.
	Open bool `koanf:"open"`
	// Origins are the sites whose pages may ask, as in https://app.example.nl.
	Origins []string `koanf:"origins"`
}

// terminals is where the terminals stand in the file.
const terminals = "kiosk.terminal."

// terminalKeys are the keys of one terminal.
func terminalKeys() []key {
	return []key{
		{"user", "", "", nil},
		{"password", "", "", maskSecret},
		{"password_file", "", "", nil},
		{"branch", "", "", nil},
		{"rights", []string{"read", "renew", "pay"}, "", nil},
		{"household", false, "", nil},
		{"pin", true, "", nil},
	}
}

func kioskKeys() []key {
	return []key{
		{"kiosk.listen", "", "address and port for kiosks (SIP2) on the library's own network, such as 10.0.0.5:6001; docs/it/kiosk.md", nil},
		{"kiosk.tls_listen", "", "address and port for kiosks that speak TLS", nil},
		{"kiosk.tls_cert", "", "the certificate, a file; read again when it changes", nil},
		{"kiosk.tls_key", "", "its key, a file", nil},
		{"kiosk.institution", "", "the institution in answers (AO)", nil},
		{"kiosk.charset", "utf-8", "utf-8, latin-1 or cp850, as the kiosks do", nil},
		{"kiosk.terminator", "cr", "what ends a line: cr or crlf", nil},
		{"kiosk.language", "nl", "nl or en, for a kiosk that does not say", nil},
		{"kiosk.connections", 2000, "kiosks at the same time, on each listener", nil},
		{"kiosk.connections_per_address", 64, "those of one address", nil},
		{"kiosk.pass_on", false, "true hands checkouts and whatever else is not answered here to library.sip", nil},
		{"paia.open", false, "true lets apps in, by PAIA; docs/api.md", nil},
		{"paia.origins", []string{}, "sites whose pages may ask, such as https://app.example.nl; programs need none", nil},
	}
}

func (k Kiosk) charset(f *faults) sip2.Charset {
	c, err := sip2.ParseCharset(k.Charset)
	if err != nil {
		f.add("kiosk.charset: %q is not possible; choose utf-8, latin-1 or cp850", k.Charset)
	}
	return c
}

// Terminals returns the terminals with their passwords, by name. Validate has
// checked them.
func (k Kiosk) Terminals() (map[string]Terminal, sip2.Charset) {
	var f faults
	all := maps.Clone(k.Terminal)
	for name, t := range all {
		t.Password = t.password(name, &f)
		all[name] = t
	}
	return all, k.charset(&f)
}

// On reports whether terminals are answered.
func (k Kiosk) On() bool { return k.Listen != "" || k.TLSListen != "" }

func (t Terminal) password(name string, f *faults) string {
	if t.PasswordFile == "" {
		return t.Password
	}
	raw, err := os.ReadFile(t.PasswordFile)
	if err != nil {
		f.add("%s%s.password_file: %w", terminals, name, err)
	}
	return strings.TrimSpace(string(raw))
}

// Certificate reads the certificate and its key.
func (k Kiosk) Certificate() (tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(k.TLSCert, k.TLSKey)
	if err != nil {
		return c, fmt.Errorf("read kiosk.tls_cert and kiosk.tls_key: %w", err)
	}
	return c, nil
}

func (c Config) validateKiosk(f *faults) {
	k := c.Kiosk
	for path, address := range map[string]string{"kiosk.listen": k.Listen, "kiosk.tls_listen": k.TLSListen} {
		if _, port, err := net.SplitHostPort(address); address != "" && (err != nil || port == "") {
			f.add("%s: %q is no address with a port; write for example 10.0.0.5:6001", path, address)
		}
	}
	if k.TLSListen != "" {
		if _, err := k.Certificate(); err != nil {
			f.add("kiosk.tls_cert: %w; name the files of a certificate and its key", err)
		}
	}
	k.charset(f)
	f.oneOf("kiosk.terminator", k.Terminator, "cr", "crlf")
	f.oneOf("kiosk.language", k.Language, "nl", "en")
	const most = 100_000
	if k.Connections < 1 || k.Connections > most {
		f.add("kiosk.connections: %d is not possible; write a number from 1 to %d", k.Connections, most)
	}
	if k.PerAddress < 1 || k.PerAddress > k.Connections {
		f.add("kiosk.connections_per_address: %d is not possible; write a number from 1 to that of kiosk.connections", k.PerAddress)
	}
	if k.PassOn && c.Library.SIP.Address == "" {
		f.add("kiosk.pass_on: write in library.sip.address where the library's own SIP2 server is")
	}
	if k.On() && len(k.Terminal) == 0 {
		f.add("kiosk.terminal: name the terminals, each as [kiosk.terminal.NAME] with user, password and branch")
	}
	users := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(k.Terminal)) {
		t := k.Terminal[name]
		t.validate(name, f)
		if other, twice := users[t.User]; twice && t.User != "" {
			f.add("%s%s.user: %q is the user of %s too; give each terminal its own", terminals, name, t.User, other)
		}
		users[t.User] = name
	}
	for _, o := range c.PAIA.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.Path != "" || u.RawQuery != "" || u.User != nil {
			f.add("paia.origins: %q is no origin; write for example https://app.example.nl, without a path", o)
		}
	}
}

func (t Terminal) validate(name string, f *faults) {
	path := terminals + name
	const longest = 40 // characters of a name, which stands on receipts
	if strings.ContainsAny(name, "/=+@") || strings.HasPrefix(name, "-") || utf8.RuneCountInString(name) > longest {
		f.add("%s: choose a name of letters and digits, of at most %d characters; it stands on receipts", path, longest)
	}
	if t.User == "" {
		f.add("%s.user: write the user that the terminal logs in with", path)
	}
	if t.Password != "" && t.PasswordFile != "" {
		f.add("%s.password_file: leave out one of password and password_file", path)
	}
	const shortest = 8
	if password := t.password(name, f); utf8.RuneCountInString(password) < shortest {
		f.add("%s.password: write a password of at least %d characters, or a file with it in password_file", path, shortest)
	}
	switch {
	case t.Branch == "" || strings.Contains(t.Branch, "/") || strings.ContainsAny(t.Branch[:1], "=+-@") || utf8.RuneCountInString(t.Branch) > longest:
		f.add("%s.branch: write the branch where it stands, as in till.desks", path)
	case t.Branch == payment.OnlineBranch:
		f.add("%s.branch: receipts of what is paid online have that branch; choose another name", path)
	}
	if len(t.Rights) == 0 {
		f.add("%s.rights: choose read, renew, pay or several of them", path)
	}
	for _, r := range t.Rights {
		f.oneOf(path+".rights", r, "read", "renew", "pay")
	}
	if t.Household && !t.PIN {
		f.add("%s.household: without pin a card in hand would open other people's cards; write pin = true", path)
	}
}
