package mail_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"hoofdpas/internal/mail"
)

// letter is one letter as the server took it.
type letter struct{ from, to, data, user string }

// office is a mail server on this machine.
type office struct {
	at    string
	roots *x509.CertPool

	mu   sync.Mutex
	took []letter
	// refuse says what becomes of a receiver; accept of the letter after it was
	// read.
	refuse func(to string) error
	accept func() error
}

func (o *office) letters() []letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.took
}

// open starts a mail server, private in the way that is asked.
func open(t *testing.T, way mail.TLS) *office {
	t.Helper()
	site := httptest.NewTLSServer(http.NotFoundHandler()) // has a certificate for 127.0.0.1
	t.Cleanup(site.Close)
	o := &office{roots: x509.NewCertPool()}
	o.roots.AddCert(site.Certificate())
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{office: o}, nil }))
	s.Domain = "post.test"
	s.ErrorLog = silent{}
	s.ReadTimeout, s.WriteTimeout = time.Minute, time.Minute
	s.EnableSMTPUTF8 = true
	certificates := &tls.Config{Certificates: site.TLS.Certificates, MinVersion: tls.VersionTLS12}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	o.at = l.Addr().String()
	switch way {
	case mail.Implicit:
		l = tls.NewListener(l, certificates)
	case mail.StartTLS:
		s.TLSConfig = certificates
	}
	go func() { _ = s.Serve(l) }() // ends when it is closed
	t.Cleanup(func() { _ = s.Close() })
	return o
}

type session struct {
	office *office
	letter letter
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "bibliotheek" || password != "geheim" {
			return errors.New("no")
		}
		s.letter.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.letter.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.letter.to = strings.TrimPrefix(s.letter.to+","+to, ",")
	if s.office.refuse != nil {
		return s.office.refuse(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.office.accept != nil {
		if err := s.office.accept(); err != nil {
			return err
		}
	}
	s.letter.data = string(data)
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	s.office.took = append(s.office.took, s.letter)
	return nil
}

func (*session) Reset()        {}
func (*session) Logout() error { return nil }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// silent hears of what goes wrong at the server, which tests do on purpose.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}
