package mollie

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
)

// amount is an amount as Mollie writes it.
type amount struct {
	Currency string `json:"currency"` // ISO 4217
	Value    string `json:"value"`    // with the decimals of its currency
}

func euro(c money.Cents) amount { return amount{Currency: payment.Euro, Value: c.String()} }

// Patterns of amounts. Exactly is euro, with two decimals.
var (
	exactly  = regexp.MustCompile(`^[0-9]{1,12}\.[0-9]{2}$`)
	anything = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,4})?$`)
	isoCode  = regexp.MustCompile(`^[A-Z]{3}$`)
)

// cents reads an amount in euro.
func (a amount) cents() (money.Cents, error) {
	if a.Currency != payment.Euro || !exactly.MatchString(a.Value) {
		return 0, fmt.Errorf("not an amount in euro with two decimals: %q %q", a.Value, a.Currency)
	}
	return money.Parse(a.Value) //nolint:wrapcheck // nothing to add
}

// optional reads an amount that may be absent.
func (a *amount) optional() (money.Cents, error) {
	if a == nil {
		return 0, nil
	}
	return a.cents()
}

type metadata struct {
	Reference string `json:"reference"`
}

// reference reads our number from what was given with an order or a refund. What
// others gave may have any form; then it is not one of ours.
func reference(raw json.RawMessage) string {
	var ours metadata
	if json.Unmarshal(raw, &ours) != nil {
		return ""
	}
	return ours.Reference
}

// orderRequest asks for an order.
type orderRequest struct {
	Amount      amount   `json:"amount"`
	Description string   `json:"description"`
	RedirectURL string   `json:"redirectUrl"`
	WebhookURL  string   `json:"webhookUrl,omitempty"`
	Metadata    metadata `json:"metadata"`
	Locale      string   `json:"locale"`
}

// link is an address; nil where there is none.
type link struct {
	Href string `json:"href"`
}

// order is a payment at Mollie, as far as we look.
type order struct {
	ID                string          `json:"id"`
	Status            string          `json:"status"`
	Amount            amount          `json:"amount"`
	AmountRefunded    *amount         `json:"amountRefunded"`
	AmountChargedBack *amount         `json:"amountChargedBack"`
	Metadata          json.RawMessage `json:"metadata"`
	CreatedAt         time.Time       `json:"createdAt"`
	Links             struct {
		Checkout link `json:"checkout"`
	} `json:"_links"`
}

// state is the order's state in our words.
func (o order) state() (payment.State, error) {
	switch o.Status {
	case "open", "pending", "authorized":
		return payment.Open, nil
	case "paid":
		return payment.Paid, nil
	case "canceled":
		return payment.Cancelled, nil
	case "failed":
		return payment.Failed, nil
	case "expired":
		return payment.Expired, nil
	}
	return "", fmt.Errorf("Mollie has a state that we do not know: %q", o.Status) //nolint:staticcheck // a name
}

// status is the order as the Cashier reads it.
func (o order) status() (payment.Status, error) {
	state, err := o.state()
	if err != nil {
		return payment.Status{}, err
	}
	s := payment.Status{
		Ref: o.ID, Reference: reference(o.Metadata), State: state, Currency: o.Amount.Currency, CreatedAt: o.CreatedAt,
	}
	if s.Currency != payment.Euro {
		if !isoCode.MatchString(s.Currency) || !anything.MatchString(o.Amount.Value) {
			return payment.Status{}, fmt.Errorf("not an amount: %q %q", o.Amount.Value, o.Amount.Currency)
		}
		s.Said = o.Amount.Value + " " + s.Currency
		return s, nil
	}
	s.Said = o.Amount.Value + " " + s.Currency
	if s.Amount, err = o.Amount.cents(); err != nil {
		return payment.Status{}, err
	}
	if s.Refunded, err = o.AmountRefunded.optional(); err != nil {
		return payment.Status{}, fmt.Errorf("what was paid back: %w", err)
	}
	if s.ChargedBack, err = o.AmountChargedBack.optional(); err != nil {
		return payment.Status{}, fmt.Errorf("what was charged back: %w", err)
	}
	return s, nil
}

// refundRequest asks for a refund.
type refundRequest struct {
	Amount      amount   `json:"amount"`
	Description string   `json:"description"`
	Metadata    metadata `json:"metadata"`
}

// refund is a refund at Mollie, as far as we look.
type refund struct {
	ID        string          `json:"id"`
	Status    string          `json:"status"`
	Amount    amount          `json:"amount"`
	Metadata  json.RawMessage `json:"metadata"`
	CreatedAt time.Time       `json:"createdAt"`
}

// status is the refund as the Cashier reads it.
func (r refund) status() (payment.RefundStatus, error) {
	s := payment.RefundStatus{Ref: r.ID, Reference: reference(r.Metadata), At: r.CreatedAt}
	switch r.Status {
	case "queued", "pending", "processing":
		s.State = payment.Sent
	case "refunded":
		s.State = payment.Done
	case "failed", "canceled":
		s.State = payment.RefundFailed
	default:
		return payment.RefundStatus{}, fmt.Errorf("Mollie has a state of refunds that we do not know: %q", r.Status) //nolint:staticcheck // a name
	}
	var err error
	s.Amount, err = r.Amount.cents()
	return s, err
}

// chargeback is a chargeback at Mollie, as far as we look.
type chargeback struct {
	ID         string     `json:"id"`
	Amount     amount     `json:"amount"`
	CreatedAt  time.Time  `json:"createdAt"`
	ReversedAt *time.Time `json:"reversedAt"`
}

// method is a means of payment that the profile has.
type method struct {
	ID            string  `json:"id"`
	Status        string  `json:"status"`
	MinimumAmount amount  `json:"minimumAmount"`
	MaximumAmount *amount `json:"maximumAmount"` // nil: no limit
}

// page is one page of a list, and what follows it.
type page[T any] struct {
	Embedded map[string][]T `json:"_embedded"`
	Links    struct {
		Next *link `json:"next"`
	} `json:"_links"`
}
