package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"time"

	"hoofdpas/internal/sip2"
)

const aboutTerminals = "terminals"

// terminals looks at where terminals are answered: whether we can, or do.
func (d *Doctor) terminals(ctx context.Context) {
	k := d.Config.Kiosk
	if !k.On() {
		d.tell(Well, aboutTerminals, "", "none are answered")
		return
	}
	if k.Listen != "" {
		d.listener(ctx, "kiosk.listen", k.Listen, nil)
	}
	if k.TLSListen == "" {
		return
	}
	own, ok := d.certificate()
	if !ok {
		return
	}
	d.listener(ctx, "kiosk.tls_listen", k.TLSListen, &tls.Config{
		MinVersion: tls.VersionTLS12,
		// By whatever name it is reached: it is ours when it shows our certificate.
		InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || !bytes.Equal(s.PeerCertificates[0].Raw, own.Raw) {
				return errors.New("it shows another certificate than that of kiosk.tls_cert")
			}
			return nil
		},
	})
}

// certificate reads the terminals' certificate and looks until when it is good.
func (d *Doctor) certificate() (*x509.Certificate, bool) {
	const about, soon = "certificate", 14 * 24 * time.Hour
	const mend = "renew kiosk.tls_cert and kiosk.tls_key; the program reads them again by itself"
	pair, err := d.Config.Kiosk.Certificate()
	if err != nil {
		d.tell(Wrong, about, mend, "%v", err)
		return nil, false
	}
	own, now := pair.Leaf, d.Out.Now()
	until := own.NotAfter.Format(time.DateOnly)
	switch {
	case now.After(own.NotAfter):
		d.tell(Wrong, about, mend, "that of the terminals was good until %s", until)
	case now.Before(own.NotBefore):
		d.tell(Wrong, about, mend, "that of the terminals is good from %s", own.NotBefore.Format(time.DateOnly))
	case now.Add(soon).After(own.NotAfter):
		d.tell(Warning, about, mend, "that of the terminals is good until %s", until)
	default:
		d.tell(Well, about, "", "that of the terminals is good until %s", until)
	}
	return own, true
}

// listener looks whether an address is free for us, or answers as we do: it lets the
// first of the terminals in.
func (d *Doctor) listener(ctx context.Context, key, address string, overTLS *tls.Config) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err == nil {
		_ = l.Close() // it was only to see
		d.tell(Well, aboutTerminals, "", "%s is free; hoofdpas serve will answer there", address)
		return
	}
	if err := d.enter(ctx, address, overTLS); err != nil {
		d.tell(Wrong, aboutTerminals, fmt.Sprintf("write an address of this machine in %s that no other program has; if it is hoofdpas serve, start it again with this configuration", key),
			"%s is taken, and does not answer as it should: %v", address, err)
		return
	}
	d.tell(Well, aboutTerminals, "", "%s answers", address)
}

// enter logs in as a terminal does.
func (d *Doctor) enter(ctx context.Context, address string, overTLS *tls.Config) error {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("read the address: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	dial := (&net.Dialer{}).DialContext
	if overTLS != nil {
		dial = (&tls.Dialer{Config: overTLS}).DialContext
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	all, charset := d.Config.Kiosk.Terminals()
	first := all[slices.Min(slices.Collect(maps.Keys(all)))]
	c := sip2.NewClient(conn, sip2.Options{
		User: first.User, Password: first.Password, Charset: charset, CRLF: d.Config.Kiosk.Terminator == "crlf", Patience: patience,
	})
	defer c.Close()
	return c.Begin(ctx) //nolint:wrapcheck // says what it was doing
}
