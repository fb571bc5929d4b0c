package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hoofdpas/internal/sip2"
)

// sipLine is a connection to a SIP2 server. Nothing is sent again by itself: what a
// server asks for is to be seen.
type sipLine struct {
	*tap
	world    *world
	in       *sip2.Reader
	to       *sip2.Writer
	patience time.Duration
	numbered bool // with checksums and sequence numbers
	asked    int
}

// ask sends a request and returns whatever comes back.
func (c *sipLine) ask(m sip2.Message) (sip2.Message, error) {
	ctx, cancel := context.WithTimeout(c.world.ctx, c.patience)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		_ = c.SetDeadline(time.Unix(1, 0)) // long ago: whoever reads or writes gives up
	})
	defer stop()
	request := sip2.Frame{Message: m, Checked: c.numbered}
	if c.numbered && m.Code != sip2.ACSResend {
		request.Seq = '0' + byte(c.asked%10)
		c.asked++
	}
	_, err := c.to.Write(request)
	var answer sip2.Frame
	if err == nil {
		answer, err = c.in.Read()
		c.heard()
	}
	switch {
	case err == nil:
		return answer.Message, nil
	case ctx.Err() != nil:
		return sip2.Message{}, fmt.Errorf("no answer within %s", c.patience)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return sip2.Message{}, errors.New("the server hung up")
	}
	return sip2.Message{}, fmt.Errorf("ask %s: %w", m.Code, err)
}

// tap prints what goes over a connection.
type tap struct {
	net.Conn
	out  io.Writer
	open bool // passwords are printed too
	came []byte
}

// Write prints what is sent.
func (t *tap) Write(p []byte) (int, error) {
	fmt.Fprintln(t.out, "→ "+t.show(p))
	return t.Conn.Write(p) //nolint:wrapcheck // it stands in between
}

// Read keeps what comes, for heard.
func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.came = append(t.came, p[:n]...)
	return n, err //nolint:wrapcheck // it stands in between
}

// heard prints what came since, a line for each of the server's.
func (t *tap) heard() {
	for len(t.came) > 0 {
		n := len(t.came)
		if end := bytes.IndexAny(t.came, "\r\n"); end >= 0 {
			n = end + 1
			for n < len(t.came) && (t.came[n] == '\r' || t.came[n] == '\n') {
				n++
			}
		}
		fmt.Fprintln(t.out, "← "+t.show(t.came[:n]))
		t.came = t.came[n:]
	}
}

// secretFields are the passwords of a terminal (CO) and of a card (AD).
var secretFields = regexp.MustCompile(`\|(CO|AD)[^|\r\n]+`)

// show makes bytes readable: control characters have signs of their own, and what is
// no UTF-8 is written as \x and its number.
func (t *tap) show(raw []byte) string {
	if !t.open {
		raw = secretFields.ReplaceAll(raw, []byte("|$1•••"))
	}
	var b strings.Builder
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02X`, raw[0])
		} else {
			b.WriteRune(sign(r))
		}
		raw = raw[n:]
	}
	return b.String()
}

// sign shows a control character, which could do something to a terminal, as what
// Unicode has to show it.
func sign(r rune) rune {
	const signs, deleted, deletedSign = 0x2400, 0x7f, '␡'
	switch {
	case r < ' ':
		return signs + r
	case r == deleted:
		return deletedSign
	case unicode.IsControl(r):
		return unicode.ReplacementChar
	}
	return r
}

// dial connects, by TLS when that is asked, trusting the certificates of a file when
// there is one.
func (w *world) dial(to string, overTLS bool, trusted string, patience time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	var d net.Dialer
	dial := d.DialContext
	if overTLS {
		pool, err := certificates(trusted)
		if err != nil {
			return nil, err
		}
		t := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}}
		dial = t.DialContext
	}
	conn, err := dial(ctx, "tcp", to)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", to, err)
	}
	return conn, nil
}

// certificates are those of a file; nil, which is those of this machine, without one.
func certificates(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // means those of this machine
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("--ca: there is no certificate in %s", path)
	}
	return pool, nil
}
