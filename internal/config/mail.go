package config

import (
	"net"
	"slices"
	"strings"

	"hoofdpas/internal/mail"
)

// Mail is the library's mail server, for receipts and other letters to members.
type Mail struct {
	// Host is the server's name; "" sends no letters.
	Host string `koanf:"host"`
	// Port is 0 for the usual one.
	Port int `koanf:"port"`
	// From is the address that letters come from.
	From string `koanf:"from"`
	User string `koanf:"user"`
	// Password is for the mail server.
	Password string `koanf:"password"`
	// TLS is starttls, tls or none.
	TLS string `koanf:"tls"`
}

func mailKeys() []key {
	return []key{
		{"mail.host", "", "the library's mail server, for receipts and other letters; empty sends none", nil},
		{"mail.port", 0, "0 is the usual one: 587 for starttls, 465 for tls, 25 for none", nil},
		{"mail.from", "", "the address that letters come from, such as post@bibliotheek-voorbeeld.nl", nil},
		{"mail.user", "", "to log in at the mail server; empty logs in nowhere", nil},
		{"mail.password", "", "to log in at the mail server", maskSecret},
		{"mail.tls", "starttls", "starttls, tls or none; none only for a mail server on this machine", nil},
	}
}

func (m Mail) validate(f *faults) {
	f.oneOf("mail.tls", m.TLS, string(mail.StartTLS), string(mail.Implicit), string(mail.NoTLS))
	if m.Host == "" {
		if m.User != "" || m.From != "" {
			f.add("mail.host: write the name of the mail server, or leave out the other keys of mail")
		}
		return
	}
	if strings.ContainsAny(m.Host, ":/@ \t\r\n") && net.ParseIP(m.Host) == nil {
		f.add("mail.host: %q is no name of a server; write for example smtp.bibliotheek-voorbeeld.nl", m.Host)
	}
	const most = 65535
	if m.Port < 0 || m.Port > most {
		f.add("mail.port: %d is not possible; write 0 for the usual one", m.Port)
	}
	if _, err := mail.Sender(m.From); err != nil {
		f.add("mail.from: write the address that letters come from, such as post@bibliotheek-voorbeeld.nl")
	}
	if m.Password != "" && m.User == "" {
		f.add("mail.user: write whose password mail.password is")
	}
	if mail.TLS(m.TLS) != mail.NoTLS {
		return
	}
	if m.User != "" {
		f.add("mail.tls: with none the password can be read on the way; write starttls or tls, or leave out mail.user")
	}
	if ip := net.ParseIP(m.Host); !slices.Contains([]string{"localhost", "localhost.localdomain"}, m.Host) && (ip == nil || !ip.IsLoopback()) {
		f.add("mail.tls: with none the letters can be read on the way to %s; write starttls or tls", m.Host)
	}
}
