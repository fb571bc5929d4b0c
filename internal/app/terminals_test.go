package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hoofdpas/internal/calendar/calendartest"
	"hoofdpas/internal/config"
	"hoofdpas/internal/demo"
	"hoofdpas/internal/store"
)

// issue writes a certificate with its key, good from a minute ago.
func issue(t *testing.T, c config.Kiosk, name string, until time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Minute), NotAfter: until,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{c.TLSKey: {Type: "PRIVATE KEY", Bytes: secret}, c.TLSCert: {Type: "CERTIFICATE", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// shown is whose certificate somebody sees who connects with TLS of at most the
// version.
func shown(t *testing.T, address string, version uint16) (string, error) {
	t.Helper()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: version}}
	conn, err := d.DialContext(t.Context(), "tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName, nil //nolint:errcheck,forcetypeassert // tls.Dialer says so
}

func TestARenewedCertificateNeedsNoRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := config.Kiosk{TLSCert: filepath.Join(dir, "kiosk.crt"), TLSKey: filepath.Join(dir, "kiosk.key")}
	issue(t, c, "old", time.Now().Add(time.Hour))
	clock := calendartest.At(time.Now())
	l := OverTLS(listener(t), c, clock.Now)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = conn.(*tls.Conn).HandshakeContext(context.Background()) }() //nolint:errcheck,forcetypeassert // the one who connects tells
		}
	}()
	sees := func(want string) {
		t.Helper()
		if name, err := shown(t, l.Addr().String(), tls.VersionTLS13); err != nil || name != want {
			t.Errorf("it shows %q, not %q: %v", name, want, err)
		}
	}
	sees("old")
	if name, err := shown(t, l.Addr().String(), tls.VersionTLS11); err == nil {
		t.Errorf("TLS 1.1 is spoken with %q", name)
	}
	issue(t, c, "new", time.Now().Add(time.Hour))
	changed := time.Now().Add(time.Minute) // whatever the file system's clock can tell apart
	if err := os.Chtimes(c.TLSCert, changed, changed); err != nil {
		t.Fatal(err)
	}
	sees("old")
	clock.Pass(lookEvery)
	sees("new")
	if err := os.WriteFile(c.TLSKey, []byte("half a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(c.TLSCert, changed.Add(time.Minute), changed.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	clock.Pass(lookEvery)
	sees("new")
}

func TestDoctorLooksAtTerminals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := DemoConfig(configured(t, nil))
	c.Store = "sqlite:" + filepath.Join(dir, "library.db")
	c.Kiosk.TLSCert, c.Kiosk.TLSKey = filepath.Join(dir, "kiosk.crt"), filepath.Join(dir, "kiosk.key")
	issue(t, c.Kiosk, "kiosk", time.Now().Add(30*24*time.Hour))
	s, err := store.Open(t.Context(), c.Store, store.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	plain, secret := listener(t), listener(t)
	c.Kiosk.Listen, c.Kiosk.TLSListen = plain.Addr().String(), secret.Addr().String()
	a, err := New(t.Context(), c, s, Outside{
		Now: time.Now, Listener: listener(t), Client: &http.Client{}, Log: slog.New(slog.DiscardHandler),
		Terminals: []net.Listener{plain, OverTLS(secret, c.Kiosk, time.Now)},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	says(t, examined(t, c, time.Now, ""), "ok terminals: "+c.Kiosk.Listen+" answers", "ok terminals: "+c.Kiosk.TLSListen+" answers", "ok certificate: that of the terminals is good until ")

	late := func(d time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(d) } }
	says(t, examined(t, c, late(20*24*time.Hour), ""), "warning certificate: ")
	says(t, examined(t, c, late(40*24*time.Hour), ""), "wrong certificate: that of the terminals was good until ")

	other := c.Kiosk
	other.TLSCert, other.TLSKey = filepath.Join(dir, "other.crt"), filepath.Join(dir, "other.key")
	issue(t, other, "other", time.Now().Add(30*24*time.Hour))
	c.Kiosk = other
	says(t, examined(t, c, time.Now, ""), "wrong terminals: "+c.Kiosk.TLSListen+" is taken, and does not answer as it should: ", "another certificate")
	c.Kiosk.Terminal = map[string]config.Terminal{demo.Terminal.Name: {User: "zuil", Password: "iets-anders", Branch: "Centrum", Rights: []string{"read"}}}
	says(t, examined(t, c, time.Now, ""), "wrong terminals: "+c.Kiosk.Listen+" is taken, and does not answer as it should: sip2: log-in refused")
}
