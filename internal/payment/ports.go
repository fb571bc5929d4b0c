package payment

import (
	"context"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
)

// Store is what this room needs kept. Each method is one transaction.
type Store interface {
	// OpenPayment keeps a new payment with its lines and its booking in the
	// state it has: Open, or Paid when the desk takes it (then with its
	// DeliveryJob). If any of its fees is in another payment that is open or
	// paid, nothing is written and the holds in the way are returned. If a
	// payment with the same Key exists, that one is returned instead, with
	// Again set, and nothing is written.
	OpenPayment(ctx context.Context, p Payment, b Booking) (Payment, []Hold, error)
	// AttachCheckout writes the provider's Ref and Checkout of an open payment.
	AttachCheckout(ctx context.Context, id ID, ref, checkout string) error
	// Payment returns a payment with its lines, or ReasonNotFound.
	Payment(ctx context.Context, id ID) (Payment, error)
	// PaymentByKey returns the payment that was started with the key; ok is
	// false when there is none.
	PaymentByKey(ctx context.Context, key string) (p Payment, ok bool, err error)
	// PaymentByRef returns the payment with the provider's key, or
	// ReasonNotFound.
	PaymentByRef(ctx context.Context, provider, ref string) (Payment, error)
	// StepPayment moves the payment from one state to another, writes the
	// booking, frees its fees when it leaves Open for anything but Paid, and
	// keeps a DeliveryJob when to is Paid: one transaction. It reports false and writes nothing when the payment is no
	// longer in from, or when to is Paid and one of its fees is in another
	// payment that is open or paid.
	StepPayment(ctx context.Context, id ID, from, to State, at time.Time, b Booking) (bool, error)
	// Holds returns the holds on the fees of the cards.
	Holds(ctx context.Context, cards []card.ID) ([]Hold, error)
	// Stale returns open payments to look after: those whose ExpiresAt is
	// before the instant, oldest first, up to limit.
	Stale(ctx context.Context, before time.Time, limit int) ([]Payment, error)
	// MarkTold records that the library system has been told of the payment's
	// fees of one card.
	MarkTold(ctx context.Context, id ID, card card.ID, at time.Time) error
	// RefuseLine records that the library system refuses a fee of a card for
	// good: the payment's line is told and refused, the fee is free again, and
	// the booking is written. It reports false and writes nothing when the line
	// has been told before.
	RefuseLine(ctx context.Context, id ID, card card.ID, fee circulation.FeeID, at time.Time, b Booking) (bool, error)
	// PaymentsOf returns the payments of a payer, newest first.
	PaymentsOf(ctx context.Context, payer card.ID, limit int) ([]Payment, error)
	// Taken returns the payments that the staff member took at the desk from an
	// instant up to, but not including, another, newest first.
	Taken(ctx context.Context, staff string, from, to time.Time) ([]Payment, error)
	// Postings returns all postings in the order they were written.
	Postings(ctx context.Context) ([]ledger.Posting, error)
}

// Booking is what is kept together with a step, all or nothing: the postings,
// whose Payment the store fills in, and a line in the log of both holders for
// each card that was paid for by another or at the desk.
type Booking struct {
	Postings []ledger.Posting
	Entries  []mandate.Entry
}

// Order is what a provider is asked to collect.
type Order struct {
	// Reference is our payment number; the provider gives it back and uses it
	// as idempotency key: the same reference is the same order.
	Reference   string
	Amount      money.Cents
	Description string
	// Return is where the provider sends the payer afterwards; Webhook where
	// it tells us that something changed.
	Return, Webhook string
	// Language is "nl" or "en".
	Language  string
	ExpiresAt time.Time
}

// Checkout is a provider's answer to an Order.
type Checkout struct {
	Ref string // the provider's key
	URL string // the page where the payer pays
}

// Status is what a provider says about an order. State is Open, Paid, Failed,
// Cancelled or Expired.
type Status struct {
	State  State
	Amount money.Cents
	Ref    string
}

// Provider is the port to a payment provider. Neither method is called inside
// a transaction. Any error but the one that Status names means that the
// provider could not be asked and that nothing is known.
type Provider interface {
	// Name is the provider's short name, used in addresses and accounts.
	Name() string
	// Create makes an order, or returns the one made before with the same
	// Reference.
	Create(ctx context.Context, o Order) (Checkout, error)
	// Status asks how an order stands. A webhook is only a hint to ask. An
	// order that the provider does not have is a problem of kind NotFound.
	Status(ctx context.Context, ref string) (Status, error)
}
