package mail_test

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"hoofdpas/internal/mail"
)

func (o *office) post(t *testing.T, way mail.TLS) *mail.Post {
	t.Helper()
	host, port, err := net.SplitHostPort(o.at)
	must(t, err)
	n, err := strconv.Atoi(port)
	must(t, err)
	return &mail.Post{
		Host: host, Port: n, From: "post@bieb.test", Name: "Bibliotheek De Proef", TLS: way, Roots: o.roots,
		Now: func() time.Time { return time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC) },
	}
}

var receipt = mail.Message{
	To: "marieke@voorbeeld.test", Subject: "Je bon: € 3,50", Language: "nl", ID: "paid-7.1",
	Text: "Dag Marieke,\n\nJe hebt € 3,50 betaald.\n.\nEen punt aan het begin blijft staan.\n" + strings.Repeat("lang ", 400) + "\n",
}

func TestALetterArrivesAsItWasWrittenByEveryWay(t *testing.T) {
	t.Parallel()
	for _, way := range []mail.TLS{mail.StartTLS, mail.Implicit, mail.NoTLS} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			o := open(t, way)
			p := o.post(t, way)
			if way != mail.NoTLS {
				p.User, p.Password = "bibliotheek", "geheim"
			}
			must(t, p.Send(t.Context(), receipt))
			if len(o.letters()) != 1 {
				t.Fatalf("%d letters came", len(o.letters()))
			}
			l := o.letters()[0]
			if l.from != "post@bieb.test" || l.to != receipt.To || l.user != p.User {
				t.Errorf("came from %s for %s by %q", l.from, l.to, l.user)
			}
			m, err := netmail.ReadMessage(strings.NewReader(l.data))
			must(t, err)
			subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			must(t, err)
			for what, pair := range map[string][2]string{
				"subject":  {subject, receipt.Subject},
				"from":     {m.Header.Get("From"), `"Bibliotheek De Proef" <post@bieb.test>`},
				"to":       {m.Header.Get("To"), "<" + receipt.To + ">"},
				"id":       {m.Header.Get("Message-Id"), "<paid-7.1@bieb.test>"},
				"date":     {m.Header.Get("Date"), "Tue, 24 Nov 2026 11:00:00 +0000"},
				"answers":  {m.Header.Get("Auto-Submitted"), "auto-generated"},
				"language": {m.Header.Get("Content-Language"), "nl"},
				"type":     {m.Header.Get("Content-Type"), "text/plain; charset=UTF-8"},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s: %q, not %q", what, pair[0], pair[1])
				}
			}
			body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
			must(t, err)
			if got := strings.ReplaceAll(string(body), "\r\n", "\n"); strings.TrimRight(got, "\n") != strings.TrimRight(receipt.Text, "\n") {
				t.Errorf("it says %q", got)
			}
		})
	}
}

func TestNothingTypedBecomesAHeaderOrASecondReceiver(t *testing.T) {
	t.Parallel()
	o := open(t, mail.NoTLS)
	p := o.post(t, mail.NoTLS)
	for _, to := range []string{
		"", "marieke", "@", "a@", "a@b\r\nBcc: c@d", "a@b, c@d", "a@b;c@d", "Marieke <a@b>", "<a@b>", "a@b\x00", "a@b c@d", "a b@c",
		"a@b>\r\nRCPT TO:<c@d", strings.Repeat("a", 300) + "@b.test", "a\u0085@b",
	} {
		m := receipt
		m.To = to
		err := p.Send(t.Context(), m)
		if !errors.Is(err, mail.ErrRefused) {
			t.Errorf("to %q: %v", to, err)
		} else if len(to) > 1 && strings.Contains(err.Error(), to) {
			t.Errorf("the error repeats the address: %v", err)
		}
	}
	if len(o.letters()) != 0 {
		t.Fatalf("letters went: %+v", o.letters())
	}
	m := receipt
	m.Subject, m.ID, m.Language = "Bon\r\nBcc: ander@voorbeeld.test\r\n\r\nLees dit", "x>\r\nBcc: y@z", "nl\r\nBcc: y@z"
	must(t, p.Send(t.Context(), m))
	got, err := netmail.ReadMessage(strings.NewReader(o.letters()[0].data))
	must(t, err)
	if got.Header.Get("Bcc") != "" || got.Header.Get("Subject") != "Bon Bcc: ander@voorbeeld.test Lees dit" || o.letters()[0].to != receipt.To {
		t.Errorf("the letter has %v for %s", got.Header, o.letters()[0].to)
	}
}

func TestWhatWillNeverWorkIsToldFromWhatMayWorkLater(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		arrange func(*office, *mail.Post)
		forever bool
	}{
		{"no such receiver", func(o *office, _ *mail.Post) { o.refuse = says(550) }, true},
		{"the receiver is busy", func(o *office, _ *mail.Post) { o.refuse = says(450) }, false},
		{"the letter is taken for rubbish", func(o *office, _ *mail.Post) { o.accept = func() error { return says(554)("") } }, true},
		{"the disk is full", func(o *office, _ *mail.Post) { o.accept = func() error { return says(452)("") } }, false},
		{"another's certificate", func(_ *office, p *mail.Post) { p.Roots = nil }, false},
		{"another password", func(_ *office, p *mail.Post) { p.Password = "anders" }, false},
		{"nobody there", func(_ *office, p *mail.Post) { p.Port = 1 }, false},
		{"our own address is wrong", func(_ *office, p *mail.Post) { p.From = "geen adres" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := open(t, mail.StartTLS)
			p := o.post(t, mail.StartTLS)
			p.User, p.Password = "bibliotheek", "geheim"
			c.arrange(o, p)
			err := p.Send(t.Context(), receipt)
			if err == nil || errors.Is(err, mail.ErrRefused) != c.forever {
				t.Errorf("got %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), "marieke") || strings.Contains(err.Error(), "geheim")) {
				t.Errorf("the error names somebody: %v", err)
			}
			if len(o.letters()) != 0 {
				t.Errorf("it went all the same: %+v", o.letters())
			}
		})
	}
}

// says refuses with a code, and repeats the address as mail servers do.
func says(code int) func(string) error {
	return func(to string) error {
		return &smtp.SMTPError{Code: code, Message: fmt.Sprintf("not %s marieke@voorbeeld.test", to)}
	}
}

func TestTheLettersStayAtHomeWhenTheWayIsNotPrivate(t *testing.T) {
	t.Parallel()
	o := open(t, mail.NoTLS) // knows nothing of TLS
	for _, way := range []mail.TLS{mail.StartTLS, mail.Implicit} {
		if err := o.post(t, way).Send(t.Context(), receipt); err == nil {
			t.Errorf("%s: sent in the open", way)
		}
	}
	// A password is not shown in the open either.
	p := o.post(t, mail.NoTLS)
	p.User, p.Password = "bibliotheek", "geheim"
	if err := p.Send(t.Context(), receipt); err == nil {
		t.Error("logged in in the open")
	}
	if len(o.letters()) != 0 {
		t.Errorf("letters went: %+v", o.letters())
	}
}

func TestAServerThatSaysNothingIsNotWaitedForForever(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	o := &office{at: l.Addr().String()}
	p := o.post(t, mail.NoTLS)
	p.Patience = 50 * time.Millisecond
	if err := p.Send(t.Context(), receipt); err == nil || errors.Is(err, mail.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

func TestSendersMayHaveNames(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"post@bieb.test": true, "Bibliotheek <post@bieb.test>": true, `"Bieb, De" <post@bieb.test>`: true, "post": false, "": false,
		"a@b, c@d": false, "x\r\nBcc: a@b <post@bieb.test>": false,
	} {
		if _, err := mail.Sender(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
