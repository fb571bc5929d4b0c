package app

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/config"
	"hoofdpas/internal/demo"
	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/provider/mollie/mollietest"
	"hoofdpas/internal/store"
)

// examined is what the doctor says, a line for each finding.
func examined(t *testing.T, c config.Config, now func() time.Time, number string) string {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	d := Doctor{
		Config: c, Out: Outside{Now: now, Client: &http.Client{}, Log: slog.New(slog.DiscardHandler)},
		Tell: func(f Finding) {
			if (f.Mend == "") != (f.Health == Well) {
				t.Errorf("%+v: what is not well has a mend, and nothing else has", f)
			}
			fmt.Fprintf(&said, "%s %s: %s\n", f.Health, f.About, f.Found)
		},
	}
	if number != "" {
		n, err := card.ParseNumber(number)
		if err != nil {
			t.Fatal(err)
		}
		d.Card = n
	}
	d.Examine(t.Context())
	return said.String()
}

func configured(t *testing.T, flags map[string]any) config.Config {
	t.Helper()
	c, err := config.Load(config.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func says(t *testing.T, said string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	for _, secret := range []string{kohatest.Password, "hemelsblauw"} {
		if strings.Contains(said, secret) {
			t.Errorf("it says a secret:\n%s", said)
		}
	}
}

const annasNumber = "20001000000012"

// kohaWith is a Koha with one member, and the configuration for it.
func kohaWith(t *testing.T, o kohatest.Options) (*kohatest.Server, config.Config) {
	t.Helper()
	server := kohatest.Serve(t, o)
	server.AddPatron(kohatest.Patron{ID: 51, Number: annasNumber, First: "Anna", Surname: "Geheim", UserID: "anna", Library: "CPL", Category: "PT"})
	return server, configured(t, map[string]any{
		"library.system": "koha", "library.koha.url": server.URL(),
		"library.koha.user": kohatest.User, "library.koha.password": kohatest.Password,
	})
}

func TestDoctorTellsWhatAKohaCanDo(t *testing.T) {
	t.Parallel()
	for version, want := range map[string][]string{
		kohatest.V1906: {"without ", "warning titles: ", "none are checked at Koha"},
		kohatest.V2505: {"25.05", "ok first passwords: checked by koha"},
	} {
		_, c := kohaWith(t, kohatest.Options{Version: version})
		said := examined(t, c, time.Now, annasNumber)
		says(t, said, append(want, "ok koha: http://127.0.0.1:", "ok library system: card ***012 has 0 loans and 0 open fees", "ok clock: as that of the 1")...)
		if strings.Contains(said, "Geheim") {
			t.Errorf("it says a name:\n%s", said)
		}
	}
}

func TestDoctorTellsWhatIsWrongWithAKoha(t *testing.T) {
	t.Parallel()
	_, c := kohaWith(t, kohatest.Options{Version: kohatest.V2505, Lacks: []string{"borrowers"}})
	says(t, examined(t, c, time.Now, ""), "wrong library system: asked for a card: ", "lacks the permission")

	_, c = kohaWith(t, kohatest.Options{Version: kohatest.V2505})
	c.Library.Koha.Password = "hemelsblauw"
	says(t, examined(t, c, time.Now, ""), "wrong library system: asked for a card: ", "does not accept our user")
	c.Library.Koha.Password = kohatest.Password
	says(t, examined(t, c, time.Now, "20001000000099"), "wrong library system: card ***099 cannot be had")

	late := func() time.Time { return time.Now().Add(time.Hour) }
	says(t, examined(t, c, late, ""), "wrong clock: 127.0.0.1:", "by 1h0m")

	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>Log in</html>")
	}))
	t.Cleanup(page.Close)
	c.Library.Koha.URL = page.URL
	if said := examined(t, c, time.Now, ""); !strings.Contains(said, "wrong ") {
		t.Errorf("a page is taken for a Koha:\n%s", said)
	}
}

// sipLibrary is the demo's library behind SIP2, and the configuration for it; the
// listener may be wrapped.
func sipLibrary(t *testing.T, wrap ...func(net.Listener) net.Listener) config.Config {
	t.Helper()
	c := DemoConfig(configured(t, map[string]any{
		"library.system": "sip", "library.sip.user": "hoofdpas", "library.sip.password": "hemelsblauw", "library.sip.profile": DemoProfile,
	}))
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "library.db"), store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrap {
		l = w(l)
	}
	out := Outside{Now: time.Now, Listener: l, Log: slog.New(slog.DiscardHandler)}
	if err := FillDemo(t.Context(), c, s, out); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	served := c
	go func() { done <- ServeLibrary(ctx, served, s, out) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	c.Library.SIP.Address = l.Addr().String()
	return c
}

func TestDoctorLogsInBySIP2(t *testing.T) {
	t.Parallel()
	c := sipLibrary(t)
	says(t, examined(t, c, time.Now, demo.Cards[1].Number),
		"ok sip2: 127.0.0.1:", "profile hoofdpas: lets us in and is on line", "ok library system: card ***020 has 5 loans and ", "ok payments: the demo's own bank", "ok clock: as that of the 1")
	late := func() time.Time { return time.Now().Add(2 * time.Hour) }
	says(t, examined(t, c, late, ""), "warning clock: 127.0.0.1:", "the time of another zone, 2h0m0s from ours")
	c.Library.SIP.User = "iemand"
	says(t, examined(t, c, time.Now, ""), "wrong sip2: 127.0.0.1:", "log-in refused")
	c.Library.SIP.Address = "127.0.0.1:1"
	says(t, examined(t, c, time.Now, ""), "wrong sip2: 127.0.0.1:1: ", "connection refused")
}

func TestTitlesAndFirstPasswordsComeBySIP2WhereKohaHasNone(t *testing.T) {
	t.Parallel()
	_, c := kohaWith(t, kohatest.Options{Version: kohatest.V1906})
	c.Library.SIP = sipLibrary(t).Library.SIP
	said := examined(t, c, time.Now, annasNumber)
	says(t, said, "ok koha: ", "ok sip2: ", "ok first passwords: checked by sip", "ok library system: card ***012 has ")
	if strings.Contains(said, "titles") {
		t.Errorf("it misses titles:\n%s", said)
	}
}

func TestSIP2GoesBehindTLS(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(secure.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c := sipLibrary(t, func(l net.Listener) net.Listener {
		return tls.NewListener(l, &tls.Config{Certificates: secure.TLS.Certificates, MinVersion: tls.VersionTLS12})
	})
	c.Library.SIP.TLS, c.Library.SIP.TLSCA = true, ca
	says(t, examined(t, c, time.Now, ""), "ok sip2: 127.0.0.1:")
	c.Library.SIP.TLSCA = ""
	says(t, examined(t, c, time.Now, ""), "wrong sip2: 127.0.0.1:", "certificate")
}

func TestDoctorTriesTheProvidersKey(t *testing.T) {
	t.Parallel()
	bank := mollietest.Serve(t, mollietest.Options{})
	c := configured(t, map[string]any{
		"payment.provider": "mollie", "payment.mollie.key": bank.APIKey(), "payment.mollie.url": bank.URL(), "public_url": bank.URL(),
	})
	says(t, examined(t, c, time.Now, ""), "warning payments: mollie takes the key, which is for tests", "wrong public address: "+bank.URL()+"/inloggen answers 40")
	c.Payment.Mollie.Key = "live_hemelsblauw"
	says(t, examined(t, c, time.Now, ""), "wrong payments: mollie: ")
}
