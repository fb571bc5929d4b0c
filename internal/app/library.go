package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/config"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/library/guard"
	"hoofdpas/internal/library/koha"
	"hoofdpas/internal/library/sip"
	"hoofdpas/internal/sip2"
)

// lending is the library system as the rooms use it.
type lending struct {
	guard.Connector // guarded when it is somewhere else
	// cards can also find by name or know a person by a key, where the system can.
	cards account.Cards
	// fresh is the same system with nothing kept: for who takes money.
	fresh circulation.LibrarySystem

	koha *koha.System // nil when it is none
	sip  *sip.System  // nil when it is none, and without SIP2 beside koha
	pool *sip2.Pool   // of sip
}

// close ends the connections that are kept.
func (l lending) close() {
	if l.pool != nil {
		l.pool.Close()
	}
}

// builtin is the library system in our own store.
func (r *rooms) builtin(hasher account.Hasher) (lending, error) {
	rules, err := r.config.Lending()
	if err != nil {
		return lending{}, fmt.Errorf("read the rules: %w", err)
	}
	s := &builtin.System{Tables: r.store, Rules: rules, Hasher: hasher, Now: r.out.Now}
	return lending{Connector: s, cards: s, fresh: s}, nil
}

// library opens the configured library system. It connects nowhere yet.
func (r *rooms) library(hasher account.Hasher) (lending, error) {
	if !r.config.Library.Remote() {
		return r.builtin(hasher)
	}
	l, err := remote(r.config, r.zone, r.out)
	if err != nil {
		return lending{}, fmt.Errorf("prepare the library system: %w", err)
	}
	c := r.config.Library
	atOnce := c.CallsAtOnce
	if c.System == config.SIP {
		// Who waits for a connection inside a call would look like a server that
		// does not answer.
		atOnce = min(atOnce, c.SIP.Connections)
	}
	guarded := guard.New(l.Connector, guard.Options{
		Name: c.System, Timeout: c.Patience(), AtOnce: atOnce, Keep: c.Kept(),
		Watch: r.part("library"), Now: r.out.Now, Log: r.out.Log,
	})
	l.Connector, l.cards, l.fresh = guarded, guarded.Cards(), guarded.Fresh()
	return l, nil
}

// remote is a library system that is not ours, not guarded.
func remote(c config.Config, zone *time.Location, out Outside) (l lending, err error) {
	if s := c.Library.SIP; s.Address != "" {
		if l.pool, err = pool(s, c.Library.Patience(), out); err != nil {
			return lending{}, err
		}
		profile, err := sip.LoadProfile(s.Profile)
		if err != nil {
			return lending{}, err //nolint:wrapcheck // says it
		}
		l.sip = sip.New(sip.Options{
			Pool: l.pool, Profile: profile, Institution: s.Institution, TerminalPassword: s.TerminalPassword,
			Currency: s.Currency, Zone: zone, Now: out.Now, Log: out.Log,
		})
		l.Connector = l.sip
	}
	if c.Library.System == config.Koha {
		k := c.Library.Koha
		o := koha.Options{
			URL: k.URL, User: k.User, Password: k.Password, ClientID: k.ClientID, ClientSecret: k.ClientSecret,
			Branch: k.Branch, PaymentType: k.PaymentType, FirstPassword: k.FirstPassword, FeeLimit: k.Limit(),
			Zone: zone, Client: systemClient(c.Library, out.Client), Now: out.Now, Log: out.Log,
		}
		if l.sip != nil {
			o.Items, o.Passwords = l.sip, l.sip
		}
		if l.koha, err = koha.New(o); err != nil {
			return lending{}, err //nolint:wrapcheck // says it
		}
		l.Connector = l.koha
	}
	return l, nil
}

// systemClient asks the library system, over a bounded number of connections.
// How long a call may take is for its context to say: what is looked at after an
// answer was lost needs time too.
func systemClient(c config.Library, like *http.Client) *http.Client {
	client := *like
	client.Timeout = 0
	if t, ok := http.DefaultTransport.(*http.Transport); ok && client.Transport == nil {
		t = t.Clone()
		t.MaxConnsPerHost, t.MaxIdleConnsPerHost = c.CallsAtOnce, c.CallsAtOnce
		client.Transport = t
	}
	return &client
}

// pool connects to a SIP2 server when it is first asked.
func pool(c config.SIPConfig, patience time.Duration, out Outside) (*sip2.Pool, error) {
	charset, err := sip2.ParseCharset(c.Charset)
	if err != nil {
		return nil, err //nolint:wrapcheck // says it
	}
	dial, err := dialer(c)
	if err != nil {
		return nil, err
	}
	return sip2.NewPool(sip2.PoolOptions{
		Dial: dial, Size: c.Connections, Now: out.Now, Log: out.Log,
		Options: sip2.Options{
			User: c.User, Password: c.Password, Location: c.Location, Charset: charset,
			CRLF: c.Terminator == "crlf", Checksums: c.Checksums, Patience: patience,
		},
	}), nil
}

// dialer connects to the server, by TLS where that is configured.
func dialer(c config.SIPConfig) (func(context.Context) (net.Conn, error), error) {
	var plain net.Dialer
	if !c.TLS {
		return func(ctx context.Context) (net.Conn, error) {
			return plain.DialContext(ctx, "tcp", c.Address) //nolint:wrapcheck // the pool says it
		}, nil
	}
	roots, err := c.Roots()
	if err != nil {
		return nil, fmt.Errorf("read library.sip.tls_ca: %w", err)
	}
	secure := tls.Dialer{NetDialer: &plain, Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return func(ctx context.Context) (net.Conn, error) {
		return secure.DialContext(ctx, "tcp", c.Address) //nolint:wrapcheck // the pool says it
	}, nil
}
