// Package stripe takes money through Stripe's Checkout (iDEAL and cards): a
// Checkout Session is an order, on Stripe's own page.
//
//	the session is            we say
//	open                      payment.Open
//	complete, and paid        payment.Paid, also when it was paid back or disputed
//	complete, not yet paid    payment.Open
//	... and it never will be  payment.Failed
//	expired                   payment.Expired, also when Cancel did it
//
// A payer who fails, or turns back, can try again on the same page: that leaves
// the session open. A session lasts for half an hour at least, longer than our
// payments do; Cancel is what ends it when ours ends.
//
// Stripe forgets an idempotency key after a day. A session that is asked for
// again by then is one that has ended; a refund is looked for by our number
// before it is asked for.
//
// Amounts are whole cents of a currency, on both sides.
package stripe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Name is the provider's name in addresses and accounts.
const Name = "stripe"

// Address is where Stripe's API is.
const Address = "https://api.stripe.com"

// Options are the parts of the world that the client needs.
type Options struct {
	// Key is the account's secret key or a restricted one.
	Key string
	// WebhookSecret is what Stripe signs webhooks with.
	WebhookSecret string
	// URL is where the API is; "" is Address.
	URL    string
	Client *http.Client
	Now    func() time.Time
	Log    *slog.Logger
}

// Provider is an account at Stripe. It keeps nothing.
type Provider struct {
	api    *stripe.Client
	key    string
	secret string
	scheme string // of the API's address
	now    func() time.Time
}

// New makes a client.
func New(o Options) (*Provider, error) {
	base, err := url.Parse(cmp.Or(o.URL, Address))
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, errors.New("stripe: the address of the API is not an address")
	}
	if o.Key == "" {
		return nil, errors.New("stripe: there is no key")
	}
	if strings.Contains(o.Key, "k_test_") {
		o.Log.Warn("stripe: this is a key for tests: no money is taken, and what is paid is not money")
	}
	// A copy: what is sent with the key goes to this address and no further.
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Transport = transport{cmp.Or[http.RoundTripper](client.Transport, http.DefaultTransport)}
	backends := stripe.NewBackendsWithConfig(&stripe.BackendConfig{
		HTTPClient: &client, URL: stripe.String(base.String()), MaxNetworkRetries: stripe.Int64(0), // transport does that
		// Whoever asks gets the error and logs it, once.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	return &Provider{
		api: stripe.NewClient(o.Key, stripe.WithBackends(backends)), key: o.Key, secret: o.WebhookSecret,
		scheme: base.Scheme, now: o.Now,
	}, nil
}

// Name implements payment.Provider.
func (*Provider) Name() string { return Name }

// Limits implements payment.Provider: what Stripe takes in euro.
// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
func (*Provider) Limits(ctx context.Context) (payment.Limits, error) {
	return payment.Limits{Least: 50, Most: 99_999_999}, ctx.Err() //nolint:wrapcheck // nothing to add
}

// beyond is how much longer than our payment the session lasts. Stripe takes no
// less than half an hour from now, and the same order has to say the same
// however late it is asked for.
const beyond = 31 * time.Minute

// Create implements payment.Provider. The same Key is the same order for a day.
func (p *Provider) Create(ctx context.Context, o payment.Order) (payment.Checkout, error) {
	if o.Reference == "" || o.Key == "" || o.Amount <= 0 || o.Return == "" {
		return payment.Checkout{}, errors.New("stripe: an order has a reference, a key, an amount and a way back")
	}
	ours := map[string]string{reference: o.Reference}
	ask := &stripe.CheckoutSessionCreateParams{
		Mode:               stripe.String(string(stripe.CheckoutSessionModePayment)),
		PaymentMethodTypes: stripe.StringSlice([]string{"ideal", "card"}),
		// The price stays in euro, wherever the payer's card is from.
		AdaptivePricing:   &stripe.CheckoutSessionCreateAdaptivePricingParams{Enabled: stripe.Bool(false)},
		ClientReferenceID: stripe.String(o.Reference),
		Metadata:          ours,
		SuccessURL:        stripe.String(o.Return),
		CancelURL:         stripe.String(o.Return),
		Locale:            stripe.String(cmp.Or(o.Language, "nl")),
		LineItems: []*stripe.CheckoutSessionCreateLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionCreateLineItemPriceDataParams{
				Currency:    stripe.String(euro),
				UnitAmount:  stripe.Int64(int64(o.Amount)),
				ProductData: &stripe.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: stripe.String(short(o.Description, o.Reference))},
			},
		}},
		PaymentIntentData: &stripe.CheckoutSessionCreatePaymentIntentDataParams{
			Description: stripe.String(short(o.Description, o.Reference)), Metadata: ours,
		},
	}
	if !o.ExpiresAt.IsZero() {
		ask.ExpiresAt = stripe.Int64(o.ExpiresAt.Add(beyond).Unix())
	}
	ask.SetIdempotencyKey("order " + o.Key)
	made, err := p.api.V1CheckoutSessions.Create(ctx, ask)
	if err != nil {
		return payment.Checkout{}, p.trouble("make an order at Stripe", err)
	}
	switch {
	case !refPattern.MatchString(made.ID):
		return payment.Checkout{}, fmt.Errorf("read Stripe's order: its key is %q", made.ID)
	case made.Metadata[reference] != o.Reference || made.Currency != euro || made.AmountTotal != int64(o.Amount):
		return payment.Checkout{}, problem.New(problem.Conflict, payment.ReasonKeyReused, nil)
	}
	page, err := url.Parse(made.URL)
	if err != nil || page.Host == "" || (page.Scheme != "https" && page.Scheme != p.scheme) {
		return payment.Checkout{}, fmt.Errorf("read Stripe's order: no page to pay on: %q", made.URL)
	}
	return payment.Checkout{Ref: made.ID, URL: page.String()}, nil
}

// Status implements payment.Provider.
func (p *Provider) Status(ctx context.Context, ref string) (payment.Status, error) {
	s, err := p.session(ctx, ref)
	if err != nil {
		return payment.Status{}, err
	}
	return p.said(ctx, s)
}

// Cancel implements payment.Provider.
func (p *Provider) Cancel(ctx context.Context, ref string) error {
	if !refPattern.MatchString(ref) {
		return unknown()
	}
	_, err := p.api.V1CheckoutSessions.Expire(ctx, ref, &stripe.CheckoutSessionExpireParams{})
	if err == nil {
		return nil
	}
	err = p.trouble("cancel an order at Stripe", err)
	if problem.KindOf(err) != problem.Refused {
		return err
	}
	// It may have been ended by a try whose answer was lost, or by itself.
	s, askErr := p.session(ctx, ref)
	switch {
	case askErr != nil:
		return askErr
	case state(s) == payment.Paid:
		return problem.New(problem.Conflict, payment.ReasonStep, problem.Args{"state": string(payment.Paid)}).Because(err)
	case state(s) == payment.Open:
		return err
	}
	return nil
}

// session reads an order with what came of it.
func (p *Provider) session(ctx context.Context, ref string) (*stripe.CheckoutSession, error) {
	if !refPattern.MatchString(ref) {
		return nil, unknown()
	}
	s, err := p.api.V1CheckoutSessions.Retrieve(ctx, ref, &stripe.CheckoutSessionRetrieveParams{
		Expand: stripe.StringSlice([]string{"payment_intent.latest_charge"}),
	})
	if err != nil {
		return nil, p.trouble("ask Stripe for an order", err)
	}
	if s.ID != ref {
		return nil, fmt.Errorf("ask Stripe for an order: it answered with %q", s.ID)
	}
	return s, nil
}

// said is what Stripe says of an order.
func (p *Provider) said(ctx context.Context, s *stripe.CheckoutSession) (payment.Status, error) {
	st := payment.Status{
		Ref: s.ID, Reference: s.Metadata[reference], State: state(s),
		Currency: strings.ToUpper(string(s.Currency)), Said: amount(s.AmountTotal, s.Currency), CreatedAt: at(s.Created),
	}
	if s.Currency != euro {
		return st, nil
	}
	st.Amount = money.Cents(s.AmountTotal)
	if c := charge(s); c != nil {
		if c.Currency != euro || c.AmountCaptured > s.AmountTotal {
			return payment.Status{}, fmt.Errorf("read Stripe's order: %s asked and %s taken", st.Said, amount(c.AmountCaptured, c.Currency))
		}
		st.Refunded = money.Cents(c.AmountRefunded)
		if c.Disputed {
			all, err := p.chargebacks(ctx, s)
			if err != nil {
				return payment.Status{}, err
			}
			st.ChargedBack, err = stillTaken(all)
			if err != nil {
				return payment.Status{}, fmt.Errorf("add up what was charged back: %w", err)
			}
		}
	}
	return st, nil
}

// charge is what was taken of the payer; nil when nothing was.
func charge(s *stripe.CheckoutSession) *stripe.Charge {
	if s.PaymentIntent == nil || s.PaymentIntent.LatestCharge == nil || !s.PaymentIntent.LatestCharge.Paid {
		return nil
	}
	return s.PaymentIntent.LatestCharge
}

// state is how an order stands. What we do not know counts as open: it is asked
// again.
func state(s *stripe.CheckoutSession) payment.State {
	switch {
	case s.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid:
		return payment.Paid
	case s.Status == stripe.CheckoutSessionStatusExpired:
		return payment.Expired
	case s.Status != stripe.CheckoutSessionStatusComplete || s.PaymentIntent == nil:
		return payment.Open
	}
	// The page is done with, and the money is still to come.
	switch s.PaymentIntent.Status {
	case stripe.PaymentIntentStatusCanceled, stripe.PaymentIntentStatusRequiresPaymentMethod:
		return payment.Failed
	default:
		return payment.Open
	}
}

// refPattern is what an order's key looks like. What cannot be one is not asked
// for: it is from outside and would become part of an address.
var refPattern = regexp.MustCompile(`^cs_(test|live)_[A-Za-z0-9]{1,200}$`)

func unknown() error { return problem.New(problem.NotFound, payment.ReasonNotFound, nil) }

// Words of Stripe's.
const (
	euro      = "eur"
	reference = "reference" // the metadata that hold our number
)

func at(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// amount is an amount as text. Stripe counts in the smallest unit of a currency,
// and some have no cents.
func amount(n int64, c stripe.Currency) string {
	text := money.Cents(n).String()
	if slices.Contains([]stripe.Currency{
		"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf",
	}, c) {
		text = strconv.FormatInt(n, 10)
	}
	return text + " " + strings.ToUpper(string(c))
}

// short cuts a text to what Stripe takes, and is never empty.
func short(text, otherwise string) string {
	const most = 250 // characters
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return cmp.Or(text, otherwise)
}
