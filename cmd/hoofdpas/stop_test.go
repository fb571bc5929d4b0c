package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"hoofdpas/internal/app"
	"hoofdpas/internal/config"
	"hoofdpas/internal/demo"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/mollie/mollietest"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/web/webtest"
)

// gate is where something waits until the test lets it through.
type gate struct{ entered, open chan struct{} }

func newGate() gate { return gate{make(chan struct{}, 10), make(chan struct{})} }

func (g gate) pass() {
	g.entered <- struct{}{}
	<-g.open
}

// The program is told to stop while it makes an order at the provider for somebody,
// and while it sends a letter: both are done before it ends, and nobody new comes in.
func TestStoppingFinishesWhatWasBegunAndTakesNothingNew(t *testing.T) {
	t.Parallel()
	bank := mollietest.Serve(t, mollietest.Options{Lasts: time.Hour})
	ordering, sending := newGate(), newGate()
	file := filepath.Join(t.TempDir(), "l.db")
	willem := demo.Cards[3]
	base, tell, ended := startOn(t, file, slowBank(t, bank, ordering), bank.APIKey(), slowPost(t, sending))

	enter := func(c demo.Card) *webtest.Browser {
		const own = "Zelf-gekozen1!"
		b := webtest.Open(t, base)
		b.Get("/inloggen").Form("Inloggen").Set("login", c.Number).Set("password", c.Password).Send().
			Form("Instellen").Set("new", own).Set("again", own).Send().Wants(http.StatusOK, c.Name)
		return b
	}
	first, second := enter(demo.Cards[0]), enter(willem)
	pay := func(b *webtest.Browser) error {
		f := b.Get("/betalen").Form("Betalen")
		_, err := b.Try(http.MethodPost, f.Action, f.Fields)
		return err
	}
	if err := pay(first); err != nil {
		t.Fatal(err)
	}
	if err := bank.Finish(bank.Orders()[0].Ref, mollietest.Paid); err != nil {
		t.Fatal(err)
	}
	<-sending.entered // the letter about it

	paying := make(chan error, 1)
	go func() { paying <- pay(second) }()
	<-ordering.entered

	tell()
	for {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			break // nobody new comes in
		}
		_ = c.Close() // it was only tried
	}
	close(ordering.open)
	// Who was paying is sent on to the bank; the page in between is another request.
	var next *url.Error
	if err := <-paying; !errors.As(err, &next) || !strings.HasSuffix(next.URL, "/betaling/2/naar-de-bank") {
		t.Errorf("who was paying: %v", err)
	}
	close(sending.open)
	if said, err := ended(); err != nil || strings.Contains(said, "level=ERROR") {
		t.Errorf("it ended with %v:\n%s", err, said)
	}

	s := storetest.Open(t, "sqlite:"+file)
	for i, want := range []payment.State{payment.Paid, payment.Open} {
		p, err := s.Payment(t.Context(), payment.ID(i+1))
		if err != nil || p.State != want || p.Ref == "" {
			t.Errorf("payment %d is %s, with %q, %v", i+1, p.State, p.Ref, err)
		}
	}
	tally, err := s.Tally(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if tally.Jobs["running"] != 0 || tally.Jobs["retryable"] != 0 {
		t.Errorf("jobs: %v", tally.Jobs)
	}
}

// startOn starts the real program in a process of its own on the demo's library.
func startOn(t *testing.T, file, bankURL, bankKey, post string) (base string, tell func(), ended func() (string, error)) {
	t.Helper()
	c, err := config.Load(config.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	s := storetest.Open(t, "sqlite:"+file)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := app.FillDemo(t.Context(), app.DemoConfig(c), s, app.Outside{Now: time.Now, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(post)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], "--store", "sqlite:"+file, "serve", "--listen", "127.0.0.1:0")
	run.Args[0] = "hoofdpas" // TestMain then runs the program
	run.Env = []string{
		"HOME=" + t.TempDir(), "HOOFDPAS_LIBRARY_NAME=Bibliotheek Rijnwaarde", "HOOFDPAS_CLOSING_WEEKDAYS=sunday",
		"HOOFDPAS_PAYMENT_PROVIDER=mollie", "HOOFDPAS_PAYMENT_MOLLIE_KEY=" + bankKey, "HOOFDPAS_PAYMENT_MOLLIE_URL=" + bankURL,
		"HOOFDPAS_MAIL_HOST=" + host, "HOOFDPAS_MAIL_PORT=" + port, "HOOFDPAS_MAIL_FROM=post@voorbeeld.example", "HOOFDPAS_MAIL_TLS=none",
	}
	stderr, err := run.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Process.Kill() })
	lines := bufio.NewReader(stderr)
	said := ""
	for public := regexp.MustCompile(`public=(\S+)`); base == ""; {
		line, err := lines.ReadString('\n')
		if said += line; err != nil {
			t.Fatalf("it did not say where it listens: %s", said)
		}
		if m := public.FindStringSubmatch(line); m != nil {
			base = m[1]
		}
	}
	rest := make(chan string, 1)
	go func() {
		more, _ := io.ReadAll(lines) // to its end
		rest <- said + string(more)
	}()
	return base, func() {
			if err := run.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
		}, func() (string, error) {
			all := <-rest
			return all, run.Wait()
		}
}

// slowBank is the provider, behind a gate for the second order.
func slowBank(t *testing.T, bank *mollietest.Server, g gate) string {
	t.Helper()
	target, err := url.Parse(bank.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	orders := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/payments") {
			select {
			case orders <- struct{}{}:
			default:
				g.pass()
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// slowPost is a mail server behind a gate.
func slowPost(t *testing.T, g gate) string {
	t.Helper()
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return slowLetter{g}, nil }))
	s.Domain = "localhost"
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }() // until it is closed
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

type slowLetter struct{ gate }

func (slowLetter) Mail(string, *smtp.MailOptions) error { return nil }
func (slowLetter) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (slowLetter) Reset()                               {}
func (slowLetter) Logout() error                        { return nil }

func (l slowLetter) Data(r io.Reader) error {
	l.pass()
	if _, err := io.Copy(io.Discard, r); err != nil {
		return fmt.Errorf("read a letter: %w", err)
	}
	return nil
}
