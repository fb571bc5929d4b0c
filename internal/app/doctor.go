package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/config"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Health is how something was found.
type Health string

// The kinds of health. Only Wrong is for monitoring to ring about.
const (
	Well    Health = "ok"
	Warning Health = "warning"
	Wrong   Health = "wrong"
)

// Finding is what an examination found about one thing.
type Finding struct {
	Health Health `json:"health"`
	About  string `json:"about"`
	Found  string `json:"found"`
	// Mend is what to do about it, "" when all is well.
	Mend string `json:"mend,omitempty"`
}

// Doctor examines what the program stands on, outside of its store: each part is
// asked one thing that changes nothing.
type Doctor struct {
	Config config.Config
	Out    Outside
	// Card is a card to read loans and fees of, to see that we may; zero for none.
	Card card.Number
	// Tell is called with each finding, in order.
	Tell func(Finding)

	clock *clockReader
}

// Examine looks at everything. The configuration has been validated.
func (d *Doctor) Examine(ctx context.Context) {
	client := *d.Out.Client
	d.clock = &clockReader{next: cmp.Or(client.Transport, http.DefaultTransport), now: d.Out.Now, ahead: map[string]time.Duration{}}
	client.Transport = d.clock
	d.Out.Client = &client
	d.zone()
	d.library(ctx)
	d.provider(ctx)
	d.mail(ctx)
	d.terminals(ctx)
	d.address(ctx)
	d.told()
}

func (d *Doctor) tell(h Health, about, mend, found string, args ...any) {
	d.Tell(Finding{Health: h, About: about, Found: fmt.Sprintf(found, args...), Mend: mend})
}

// zone shows the day by which due dates are counted.
func (d *Doctor) zone() {
	zone, err := d.Config.Location()
	if err != nil {
		d.tell(Wrong, "time zone", "write library.zone as in Europe/Amsterdam", "%v", err)
		return
	}
	d.tell(Well, "time zone", "", "%s; there it is %s", zone, d.Out.Now().In(zone).Format("Monday 2 January 2006, 15:04"))
}

// provider asks the payment provider for the orders of the last minute, which
// takes a key that is good.
func (d *Doctor) provider(ctx context.Context) {
	const about = "payments"
	c := d.Config.Payment
	switch c.Provider {
	case config.NoProvider:
		d.tell(Well, about, "", "no provider: members pay at the desk")
		return
	case config.TestBank:
		d.tell(Well, about, "", "the demo's own bank")
		return
	}
	r := &rooms{config: d.Config, out: d.Out}
	p, err := r.provider()
	if err == nil {
		now := d.Out.Now()
		err = p.List(ctx, now.Add(-time.Minute), now, func(payment.Status) error { return nil })
	}
	if err != nil {
		d.tell(Wrong, about, fmt.Sprintf("see that this machine can reach %s, and that payment.%s.key is the key that its pages show", c.Provider, c.Provider),
			"%s: %v", c.Provider, cause(err))
		return
	}
	kind := "real money"
	if strings.HasPrefix(c.Mollie.Key, "test_") && c.Provider == config.Mollie || strings.Contains(c.Stripe.Key, "k_test_") && c.Provider == config.Stripe {
		d.tell(Warning, about, fmt.Sprintf("write a live key in payment.%s.key before members pay", c.Provider), "%s takes the key, which is for tests", c.Provider)
		return
	}
	d.tell(Well, about, "", "%s takes the key; %s", c.Provider, kind)
}

// mail logs in at the mail server and sends nothing.
func (d *Doctor) mail(ctx context.Context) {
	const about = "mail"
	m := d.Config.Mail
	if m.Host == "" {
		d.tell(Well, about, "", "no mail server: no letters are sent")
		return
	}
	post := (&rooms{config: d.Config, out: d.Out}).post()
	if err := post.Check(ctx); err != nil {
		d.tell(Wrong, about, "see mail.host, mail.port, mail.tls, mail.user and mail.password, and that this machine may reach the mail server",
			"%s: %v", m.Host, err)
		return
	}
	d.tell(Well, about, "", "%s lets us in; letters come from %s", m.Host, m.From)
}

// address opens the page that members begin at, by the address that they use.
func (d *Doctor) address(ctx context.Context) {
	const about = "public address"
	address := strings.TrimSuffix(d.Config.PublicURL, "/")
	if address == "" {
		d.tell(Warning, about, "write public_url: links in letters and the way back from the bank need it", "none is configured; %s is used", d.Config.Listen)
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/inloggen", nil)
	if err != nil {
		d.tell(Wrong, about, "write public_url as members type it", "%s is no address", address)
		return
	}
	resp, err := d.Out.Client.Do(req)
	if err != nil {
		d.tell(Wrong, about, "start hoofdpas serve, and let the reverse proxy of that name lead to "+d.Config.Listen, "%v", err)
		return
	}
	_ = resp.Body.Close() // nothing of it is read
	switch {
	case resp.StatusCode != http.StatusOK:
		d.tell(Wrong, about, "start hoofdpas serve, and let the reverse proxy of that name lead to "+d.Config.Listen,
			"%s/inloggen answers %d", address, resp.StatusCode)
	case strings.HasPrefix(address, "http://"):
		d.tell(Warning, about, "put a reverse proxy with TLS in front and write https in public_url", "%s answers, for all to read on the way", address)
	default:
		d.tell(Well, about, "", "%s answers", address)
	}
}

// told compares our clock with those of whom was asked.
func (d *Doctor) told() {
	const about, most, halfHour, farthest = "clock", time.Minute, 30 * time.Minute, 14 * time.Hour
	d.clock.mu.Lock()
	defer d.clock.mu.Unlock()
	if len(d.clock.ahead) == 0 {
		d.tell(Well, about, "", "%s; nobody else was asked", d.Out.Now().UTC().Format(time.RFC3339))
		return
	}
	for _, host := range slices.Sorted(maps.Keys(d.clock.ahead)) {
		ahead := d.clock.ahead[host]
		switch zones := ahead.Round(halfHour); {
		case ahead.Abs() <= most:
		case host == d.Config.Library.SIP.Address && (ahead-zones).Abs() <= most && zones.Abs() <= farthest:
			// SIP2 tells no zone, and its server's may be another than its library's.
			d.tell(Warning, about, "see that due dates are those that the library has; library.zone is the zone of the SIP2 server's due dates",
				"%s has the time of another zone, %s from ours", host, zones.Abs())
			return
		default:
			d.tell(Wrong, about, "set the clock of this machine by NTP (timedatectl set-ntp true), or that of the other",
				"%s has a clock that differs from ours by %s", host, ahead.Abs().Round(time.Second))
			return
		}
	}
	d.tell(Well, about, "", "as that of the %d that told theirs, within a minute", len(d.clock.ahead))
}

// clockReader passes requests on and notes by how much the clock of who answers is
// ahead of ours.
type clockReader struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	ahead map[string]time.Duration
}

// RoundTrip implements http.RoundTripper.
func (c *clockReader) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return resp, err //nolint:wrapcheck // it stands in between
	}
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		c.note(r.URL.Host, at)
	}
	return resp, nil
}

func (c *clockReader) note(who string, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead[who] = at.Sub(c.now())
}

// cause is what lies behind a problem, for the operator.
func cause(err error) error {
	for _, p := range problem.Of(err) {
		if behind := errors.Unwrap(p); behind != nil {
			return behind
		}
	}
	return err
}
