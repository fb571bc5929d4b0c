// Package mollie takes money through Mollie (iDEAL, Bancontact, cards): a client
// of its payments API, version 2, with an API key of one website profile.
//
//	Mollie says                 we say
//	open, pending, authorized   payment.Open
//	paid                        payment.Paid, also when it was paid back or charged back
//	canceled                    payment.Cancelled
//	failed                      payment.Failed
//	expired                     payment.Expired
//
// Mollie's webhook carries an order's key and nothing else, and is not signed:
// it is a hint to ask. Mollie has no time of ours after which an order can no
// longer be paid; that is what Cancel is for, and Mollie may refuse it. It
// forgets an idempotency key after an hour: an order that is asked for again
// after that is another one, which nobody has seen the page of, and a refund is
// looked for by our number before it is asked for.
//
// Amounts are text and are read exactly: euro with two decimals, or not at all.
package mollie

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Name is the provider's name in addresses and accounts.
const Name = "mollie"

// Address is where Mollie's API is.
const Address = "https://api.mollie.com"

// Options are the parts of the world that the client needs.
type Options struct {
	// Key is the API key of the website profile, test_... or live_....
	Key string
	// URL is where the API is; "" is Address.
	URL    string
	Client *http.Client
	Now    func() time.Time
	Log    *slog.Logger
}

// Provider is a website profile at Mollie. It keeps nothing but the limits.
type Provider struct {
	base *url.URL
	key  func() string // no text, so that nothing prints it
	http *http.Client
	now  func() time.Time
	log  *slog.Logger

	mu          sync.Mutex // around what is known of the limits
	known       bool
	limits      payment.Limits
	askLimitsAt time.Time // when to ask again
}

// New makes a client. It asks Mollie nothing yet.
func New(o Options) (*Provider, error) {
	base, err := url.Parse(cmp.Or(o.URL, Address))
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, errors.New("mollie: the address of the API is not an address")
	}
	if o.Key == "" {
		return nil, errors.New("mollie: there is no API key")
	}
	if strings.HasPrefix(o.Key, "test_") {
		o.Log.Warn("mollie: this is a key for tests: no money is taken, and what is paid is not money")
	}
	p := &Provider{base: base, key: func() string { return o.Key }, now: o.Now, log: o.Log}
	// A copy: what is sent with the key goes to this address and no further.
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p.http = &client
	return p, nil
}

// Name implements payment.Provider.
func (*Provider) Name() string { return Name }

// Create implements payment.Provider. The same Key is the same order for an
// hour. A problem of kind Refused means that Mollie makes no such order, for
// its amount for example.
func (p *Provider) Create(ctx context.Context, o payment.Order) (payment.Checkout, error) {
	if o.Reference == "" || o.Key == "" || o.Amount <= 0 || o.Return == "" {
		return payment.Checkout{}, errors.New("mollie: an order has a reference, a key, an amount and a way back")
	}
	var made order
	if err := p.call(ctx, request{
		method: http.MethodPost, path: []string{"v2", "payments"}, key: "order " + o.Key, body: orderRequest{
			Amount: euro(o.Amount), Description: short(o.Description), RedirectURL: o.Return, WebhookURL: o.Webhook,
			Metadata: metadata{Reference: o.Reference}, Locale: locale(o.Language),
		},
	}, &made); err != nil {
		return payment.Checkout{}, fmt.Errorf("make an order at Mollie: %w", err)
	}
	s, err := made.status()
	switch {
	case err != nil:
		return payment.Checkout{}, fmt.Errorf("read Mollie's order: %w", err)
	case !refPattern.MatchString(made.ID):
		return payment.Checkout{}, fmt.Errorf("read Mollie's order: its key is %q", made.ID)
	case s.Reference != o.Reference || s.Currency != payment.Euro || s.Amount != o.Amount:
		return payment.Checkout{}, problem.New(problem.Conflict, payment.ReasonKeyReused, nil)
	case s.State != payment.Open: // a page is of no use any more
		return payment.Checkout{Ref: made.ID}, nil
	}
	page, err := p.checkout(made.Links.Checkout.Href)
	if err != nil {
		return payment.Checkout{}, fmt.Errorf("read Mollie's order: %w", err)
	}
	return payment.Checkout{Ref: made.ID, URL: page}, nil
}

// checkout checks the address that a payer is sent to.
func (p *Provider) checkout(address string) (string, error) {
	page, err := url.Parse(address)
	if err != nil || page.Host == "" || (page.Scheme != "https" && page.Scheme != p.base.Scheme) {
		return "", fmt.Errorf("no page to pay on: %q", address)
	}
	return page.String(), nil
}

// Status implements payment.Provider.
func (p *Provider) Status(ctx context.Context, ref string) (payment.Status, error) {
	o, err := p.order(ctx, ref)
	if err != nil {
		return payment.Status{}, err
	}
	return p.said(ctx, o)
}

// order reads an order.
func (p *Provider) order(ctx context.Context, ref string) (order, error) {
	path, err := below(ref)
	if err != nil {
		return order{}, err
	}
	var o order
	if err := p.call(ctx, request{method: http.MethodGet, path: path}, &o); err != nil {
		return order{}, fmt.Errorf("ask Mollie for an order: %w", err)
	}
	if o.ID != ref {
		return order{}, fmt.Errorf("ask Mollie for an order: it answered with %q", o.ID)
	}
	return o, nil
}

// said is what Mollie says of an order. The sum that Mollie gives for what was
// charged back may hold what the bank gave back since, so that is counted, when
// it is an order of ours.
func (p *Provider) said(ctx context.Context, o order) (payment.Status, error) {
	s, err := o.status()
	if err != nil {
		return payment.Status{}, fmt.Errorf("read Mollie's order: %w", err)
	}
	if s.ChargedBack == 0 || s.Reference == "" {
		return s, nil
	}
	all, err := p.Chargebacks(ctx, o.ID)
	if err != nil {
		return payment.Status{}, err
	}
	s.ChargedBack, err = stillTaken(all)
	return s, err
}

// Cancel implements payment.Provider. Mollie lets go of an order as long as its
// payer has not gone on to a bank that will not.
func (p *Provider) Cancel(ctx context.Context, ref string) error {
	path, err := below(ref)
	if err != nil {
		return err
	}
	err = p.call(ctx, request{method: http.MethodDelete, path: path, again: true}, nil)
	if err == nil {
		return nil
	}
	if kind := problem.KindOf(err); kind != problem.Refused && kind != problem.Conflict {
		return fmt.Errorf("cancel an order at Mollie: %w", err)
	}
	// It may have been cancelled by a try whose answer was lost, or have ended.
	o, askErr := p.order(ctx, ref)
	if askErr != nil {
		return askErr
	}
	switch state, stateErr := o.state(); {
	case stateErr != nil:
		return stateErr
	case state == payment.Open:
		return fmt.Errorf("cancel an order at Mollie: %w", err)
	case state == payment.Paid:
		return problem.New(problem.Conflict, payment.ReasonStep, problem.Args{"state": string(state)}).Because(err)
	}
	return nil
}

// refPattern is what an order's key looks like.
var refPattern = regexp.MustCompile(`^tr_[A-Za-z0-9]{1,64}$`)

// below is the path of an order and what is below it. What cannot be a key is
// not asked for: it is from outside and would become part of an address.
func below(ref string, rest ...string) ([]string, error) {
	if !refPattern.MatchString(ref) {
		return nil, problem.New(problem.NotFound, payment.ReasonNotFound, nil)
	}
	return append([]string{"v2", "payments", ref}, rest...), nil
}

// locale is the language of Mollie's pages.
func locale(language string) string {
	if language == "en" {
		return "en_GB"
	}
	return "nl_NL"
}

// short cuts a text to what Mollie takes.
func short(text string) string {
	const most = 255 // characters
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}

// uuid is our key in the form that Mollie asks for: a UUID of version 4, always
// the same for the same key.
func uuid(ours string) string {
	const version, variant = 0x40, 0x80
	sum := sha256.Sum256([]byte(ours))
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|version, u[8]&0x3f|variant
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
