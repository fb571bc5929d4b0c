package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"hoofdpas/internal/config"
	"hoofdpas/internal/kiosk"
)

// terminals is what answers kiosks, and where; nil without any.
type terminals struct {
	kiosk     *kiosk.Kiosk
	listeners []net.Listener
}

// currency is that of all amounts here.
const currency = "EUR"

// terminals furnishes the kiosks.
func (r *rooms) terminals() (*terminals, error) {
	c := r.config.Kiosk
	if len(r.out.Terminals) == 0 {
		return nil, nil //nolint:nilnil // none is a choice of the library's
	}
	all, charset := c.Terminals()
	o := kiosk.Options{
		Porter: r.porter, Book: r.book, Viewer: r.viewer, Office: r.office, Cashier: r.cashier, Slower: r.slower, Texts: r.texts,
		Language: c.Language, Institution: c.Institution, Library: r.config.Library.Name, Currency: currency, Address: r.public.String(),
		Charset: charset, CRLF: c.Terminator == "crlf", Connections: c.Connections, PerAddress: c.PerAddress,
		Zone: r.zone, Now: r.out.Now, Log: r.out.Log, Watch: r.part("terminal"),
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t := all[name]
		o.Terminals = append(o.Terminals, kiosk.Terminal{
			Name: name, User: t.User, Password: t.Password, Branch: t.Branch, Household: t.Household, PIN: t.PIN,
			Read: slices.Contains(t.Rights, "read"), Renew: slices.Contains(t.Rights, "renew"), Pay: slices.Contains(t.Rights, "pay"),
		})
	}
	if c.PassOn {
		var err error
		if o.Behind, err = pool(r.config.Library.SIP, r.config.Library.Patience(), r.out); err != nil {
			return nil, fmt.Errorf("prepare the SIP2 server behind the terminals: %w", err)
		}
	}
	return &terminals{kiosk: kiosk.New(o), listeners: r.out.Terminals}, nil
}

// serve answers terminals on one listener until the context ends.
func (t *terminals) serve(ctx context.Context, l net.Listener) error {
	if err := t.kiosk.Serve(ctx, l); err != nil {
		return fmt.Errorf("serve terminals: %w", err)
	}
	return nil
}

// OverTLS is a listener for terminals that speak TLS 1.2 or newer. The certificate
// is read again when its file has changed, so that a renewed one needs no restart.
func OverTLS(l net.Listener, c config.Kiosk, now func() time.Time) net.Listener {
	w := &wallet{config: c, now: now}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: w.certificate})
}

// wallet keeps a certificate for as long as its file stays the same.
type wallet struct {
	config config.Kiosk
	now    func() time.Time

	mu     sync.Mutex
	kept   *tls.Certificate
	of, at time.Time // when the file was written, and when we looked
}

// lookEvery is how often the file is looked at, at most.
const lookEvery = 10 * time.Second

func (w *wallet) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.kept != nil && w.now().Sub(w.at) < lookEvery {
		return w.kept, nil
	}
	w.at = w.now()
	info, err := os.Stat(w.config.TLSCert)
	if err == nil && w.kept != nil && info.ModTime().Equal(w.of) {
		return w.kept, nil
	}
	made, readErr := w.config.Certificate()
	if err != nil || readErr != nil {
		if w.kept != nil {
			return w.kept, nil // half a renewal: the old one still stands
		}
		return nil, readErr //nolint:wrapcheck // says it
	}
	w.kept, w.of = &made, info.ModTime()
	return w.kept, nil
}
