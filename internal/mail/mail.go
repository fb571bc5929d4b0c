// Package mail hands a letter in plain text to the library's mail server. It
// chooses no words and keeps nothing: whoever calls it tries again. It refuses
// an address that is none, so that nothing typed somewhere becomes a header or a
// second receiver, and tells what will never work (ErrRefused) from what may
// work later. No error of this room holds an address or a word of a letter.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// ErrRefused is a letter that will never be delivered: the address is none, or
// the mail server refuses it for good (SMTP 5xx).
var ErrRefused = errors.New("refused for good")

// TLS is how the way to the mail server is kept private.
type TLS string

// The ways.
const (
	StartTLS TLS = "starttls" // begins in the open and must then become private; a server that cannot is an error
	Implicit TLS = "tls"      // private from the first byte
	NoTLS    TLS = "none"     // readable on the way: for a mail server on this machine
)

// port is where a mail server listens for each way.
var port = map[TLS]int{StartTLS: 587, Implicit: 465, NoTLS: 25} //nolint:gochecknoglobals // a table, never written

// Post delivers letters.
type Post struct {
	Host string
	Port int // 0: the usual one
	// From is the address that letters come from, with or without a name.
	From string
	// Name stands before the address when From has no name.
	Name string
	// User and Password are for the mail server; no User is no log-in.
	User, Password string
	TLS            TLS
	// Roots are the authorities that the server's certificate is checked
	// against; nil is those of the machine.
	Roots *x509.CertPool
	// Patience bounds reaching the server, and then handing over the letter; 0 is
	// 15 seconds each.
	Patience time.Duration
	Now      func() time.Time
}

// Message is a letter to one address.
type Message struct {
	To, Subject, Text string
	// Language is of the text, as in "nl".
	Language string
	// ID names the letter: sent twice with the same one it is recognised. Letters,
	// digits, dots and dashes.
	ID string
}

// Send hands the letter to the mail server. When it returns nil the server has
// taken it; ErrRefused means that trying again is of no use.
func (p *Post) Send(ctx context.Context, m Message) error {
	letter, err := p.write(m)
	if err != nil {
		return err
	}
	client, err := p.client()
	if err != nil {
		return err
	}
	server, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("reach the mail server: %w", err)
	}
	err = client.SendWithSMTPClient(server, letter)
	// What the server says after it took the letter changes nothing.
	_ = client.CloseWithSMTPClient(server)
	if letter.IsDelivered() || err == nil {
		return nil
	}
	return why(err)
}

// Check reaches the mail server and logs in, and sends nothing.
func (p *Post) Check(ctx context.Context) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	server, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("reach the mail server: %w", err)
	}
	if err := client.CloseWithSMTPClient(server); err != nil {
		return fmt.Errorf("leave the mail server: %w", err)
	}
	return nil
}

func (p *Post) write(m Message) (*gomail.Msg, error) {
	from, err := Sender(p.From)
	if err != nil {
		return nil, fmt.Errorf("read the sender: %w", err)
	}
	if from.Name == "" {
		from.Name = p.Name
	}
	to, err := Receiver(m.To)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	letter := gomail.NewMsg()
	letter.FromMailAddress(from)
	letter.ToMailAddress(to)
	letter.Subject(oneLine(m.Subject))
	letter.SetDateWithValue(p.Now())
	letter.SetMessageIDWithValue(oneWord(m.ID) + "@" + host(from.Address))
	// No holiday's answer comes back to it (RFC 3834).
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetGenHeader("Content-Language", oneWord(m.Language))
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	return letter, nil
}

func (p *Post) client() (*gomail.Client, error) {
	const patience = 15 * time.Second
	at, bound := p.Port, p.Patience
	if at == 0 {
		at = port[p.TLS]
	}
	if bound == 0 {
		bound = patience
	}
	options := []gomail.Option{
		gomail.WithPort(at), gomail.WithTimeout(bound), gomail.WithoutNoop(),
		gomail.WithTLSConfig(&tls.Config{ServerName: p.Host, RootCAs: p.Roots, MinVersion: tls.VersionTLS12}),
	}
	switch p.TLS {
	case Implicit:
		options = append(options, gomail.WithSSL())
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if p.User != "" {
		// In the open it never picks a way that shows the password.
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(p.User), gomail.WithPassword(p.Password))
	}
	client, err := gomail.NewClient(p.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("prepare the mail server: %w", err)
	}
	return client, nil
}

// why is what went wrong, without what the server says: it repeats addresses.
func why(err error) error {
	var sending *gomail.SendError
	if !errors.As(err, &sending) {
		return errors.New("hand over a letter: the mail server hung up")
	}
	const permanent = 500
	code := sending.ErrorCode()
	said := fmt.Errorf("hand over a letter: %s, code %d %s", sending.Reason, code, sending.EnhancedStatusCode()) //nolint:err113 // for the log
	if code >= permanent && aboutTheLetter(sending.Reason) {
		return fmt.Errorf("%w: %w", ErrRefused, said)
	}
	return said
}

// aboutTheLetter tells a refusal of this letter from one of all letters, such as
// of our own address: somebody will mend that.
func aboutTheLetter(r gomail.SendErrReason) bool {
	return r == gomail.ErrSMTPRcptTo || r == gomail.ErrSMTPDataClose
}

// longest is the longest address in bytes (RFC 5321).
const longest = 254

// Receiver reads an address to write to. It has no name with it and nothing but
// printable characters, and stands alone.
func Receiver(text string) (*mail.Address, error) {
	text = strings.TrimSpace(text)
	a, err := mail.ParseAddress(text)
	if err != nil || a.Name != "" || a.Address != text || len(text) > longest || !printable(text) {
		return nil, errors.New("not one address") // the text itself stays out of every log
	}
	return a, nil
}

// Sender reads the address that letters come from, such as
// "post@bibliotheek.nl" or "Bibliotheek <post@bibliotheek.nl>".
func Sender(text string) (*mail.Address, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || len(a.Address) > longest || !printable(text) {
		return nil, errors.New("not one address")
	}
	return a, nil
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '\u007f' || (r >= '\u0080' && r < '\u00a0') })
}

// oneLine keeps what cannot stand in a header out of it.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// oneWord keeps letters, digits, dots and dashes.
func oneWord(s string) string {
	return strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') || r == '.' || r == '-' {
			return r
		}
		return -1
	}, s)
}

func host(address string) string { return address[strings.LastIndex(address, "@")+1:] }
