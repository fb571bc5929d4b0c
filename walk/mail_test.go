package walk

import (
	"io"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// letter is one letter as a mail server took it.
type letter struct{ to, words string }

// mailbox is a mail server on this machine that keeps what it is handed.
func mailbox(t *testing.T) (settings []string, came <-chan letter) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box := make(chan letter, 100)
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{box: box}, nil }))
	s.Domain = "post.test"
	go func() { _ = s.Serve(l) }() // ends when it is closed
	t.Cleanup(func() { _ = s.Close() })
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return []string{
		"HOOFDPAS_MAIL_HOST=" + host, "HOOFDPAS_MAIL_PORT=" + port, "HOOFDPAS_MAIL_FROM=post@bieb.test", "HOOFDPAS_MAIL_TLS=none",
	}, box
}

type mailSession struct {
	box chan letter
	to  string
}

func (*mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = strings.TrimPrefix(s.to+","+to, ",")
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	words, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		return err
	}
	s.box <- letter{s.to, even(string(words))}
	return nil
}

func (s *mailSession) Reset()      { s.to = "" }
func (*mailSession) Logout() error { return nil }

// TestReceiptsAndOtherNewsComeByMail: the payer gets a receipt with every card's
// lines, and when the bank takes the payment back each holder is told of their
// own card.
func TestReceiptsAndOtherNewsComeByMail(t *testing.T) {
	t.Parallel()
	settings, came := mailbox(t)
	s := tell(t, settings...)
	mother := s.Visitor(phone)
	s.household(mother)
	get := func() letter {
		t.Helper()
		select {
		case l := <-came:
			return l
		case <-time.After(patience * time.Second):
			t.Fatal("no letter came")
			return letter{}
		}
	}
	mother.Open("/betalen/samen")
	mother.ToBank()
	bank := mother.Address()
	mother.Press("Betaald")
	mother.SeesHeading("Betaald")
	receipt := get()
	if receipt.to != "marieke@voorbeeld.example" {
		t.Errorf("the receipt went to %s", receipt.to)
	}
	for _, part := range []string{"Dank je wel", "Bon Online", "Sem de Vries", "Kaft gescheurd", "Willem Jansen", s.home + "/betaling/1"} {
		if !strings.Contains(receipt.words, part) {
			t.Errorf("the receipt lacks %q: %s", part, receipt.words)
		}
	}
	mother.Open(bank[len(s.home):])
	mother.Press("Storneren")
	for range 2 {
		switch l := get(); l.to {
		case "marieke@voorbeeld.example":
			if !strings.Contains(l.words, "Willem Jansen") {
				t.Errorf("the payer is told: %s", l.words)
			}
		case "sem@voorbeeld.example":
			if !strings.Contains(l.words, "Kaft gescheurd") || strings.Contains(l.words, "Willem") {
				t.Errorf("the child is told: %s", l.words)
			}
		default:
			t.Errorf("a letter went to %s", l.to)
		}
	}
	if len(came) != 0 {
		t.Errorf("more letters came: %+v", <-came)
	}
}
