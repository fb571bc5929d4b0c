package payment

import (
	"context"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
)

// Store is what this room needs kept. Each method is one transaction.
type Store interface {
	// OpenPayment keeps a new payment with its lines and its booking in the
	// state it has: Open, or Paid when the desk takes it. If any of its fees is
	// in another payment that is open or paid, nothing is written and the holds
	// in the way are returned. If a payment with the same Key exists, that one
	// is returned instead, with Again set, and nothing is written. A Till whose
	// shift is not open is ReasonShiftOver.
	OpenPayment(ctx context.Context, p Payment, b Booking) (Payment, []Hold, error)
	// AttachCheckout writes the provider's Ref and Checkout of a payment.
	AttachCheckout(ctx context.Context, id ID, ref, checkout string) error
	// Payment returns a payment with its lines, refunds and chargebacks, or
	// ReasonNotFound.
	Payment(ctx context.Context, id ID) (Payment, error)
	// PaymentByKey returns the payment that was started with the key; ok is
	// false when there is none.
	PaymentByKey(ctx context.Context, key string) (p Payment, ok bool, err error)
	// PaymentByRef returns the payment with the provider's key, or
	// ReasonNotFound.
	PaymentByRef(ctx context.Context, provider, ref string) (Payment, error)
	// PaymentByRefund returns the payment that the refund is of, or
	// ReasonNotFound.
	PaymentByRefund(ctx context.Context, id RefundID) (Payment, error)
	// Move takes the payment from where it was when p was read to a state, which
	// may be the same one, and writes the booking with it. It reports false and
	// writes nothing when the payment has changed since p was read, or when it
	// becomes Paid and one of its fees, other than those of b.Unused, is in
	// another payment that is open or paid. When it leaves Open for anything but
	// Paid its fees are free.
	Move(ctx context.Context, p Payment, to State, at time.Time, b Booking) (bool, error)
	// HeldElsewhere returns the indexes of the payment's lines whose fees are in
	// another payment that is open or paid.
	HeldElsewhere(ctx context.Context, p Payment) ([]int, error)
	// Holds returns the holds on the fees of the cards.
	Holds(ctx context.Context, cards []card.ID) ([]Hold, error)
	// Waiting returns open payments, the first to expire first: those whose
	// ExpiresAt is before the instant, and those that started before started, up
	// to limit.
	Waiting(ctx context.Context, expired, started time.Time, limit int) ([]Payment, error)
	// RefundsUnderWay returns refunds in state Due or Sent, oldest first, up to
	// limit.
	RefundsUnderWay(ctx context.Context, limit int) ([]RefundID, error)
	// BeginDelivery takes the payment for one who delivers it, from an instant until
	// another; it reports false while somebody else has it, or when there is no such
	// payment. That somebody has it for longer than anybody takes it for was said by a
	// clock that was wrong, and does not count.
	BeginDelivery(ctx context.Context, id ID, at, until time.Time) (bool, error)
	// EndDelivery gives the payment back to whoever comes next, unless another than
	// the one who took it until then has it.
	EndDelivery(ctx context.Context, id ID, until time.Time) error
	// MarkTelling records that the library system is about to be told of the
	// lines, by index; the zero time that it refused, so that none of it was done.
	// Lines that it has been told of are left alone.
	MarkTelling(ctx context.Context, id ID, lines []int, at time.Time) error
	// MarkTold records that the library system has been told of the payment's
	// fees of one card. A line that was returned meanwhile has to be opened
	// again there.
	MarkTold(ctx context.Context, id ID, card card.ID, at time.Time) error
	// MarkReopened records that the library system knows that the returned lines
	// of one card are open again: their fees are free.
	MarkReopened(ctx context.Context, id ID, card card.ID, at time.Time) error
	// PaymentsOf returns the payments that the card's holder paid, or that were
	// for the card, newest first.
	PaymentsOf(ctx context.Context, id card.ID, limit int) ([]Payment, error)
	// Taken returns the payments that the staff member took at the desk from an
	// instant up to, but not including, another, newest first.
	Taken(ctx context.Context, staff string, from, to time.Time) ([]Payment, error)
	// TakenAtTerminals adds up what came in at each terminal from an instant up to,
	// but not including, another, by branch and name.
	TakenAtTerminals(ctx context.Context, from, to time.Time) ([]TerminalTakings, error)
	// Online returns payments at the provider that started from an instant up to,
	// but not including, another, in the order of their IDs above after, up to
	// limit.
	Online(ctx context.Context, provider string, from, to time.Time, after ID, limit int) ([]Payment, error)
	// Findings returns findings, oldest first when they are open, otherwise those
	// that were settled, newest first, up to limit.
	Findings(ctx context.Context, open bool, limit int) ([]Finding, error)
	// Finding returns a finding, or ReasonNotFound.
	Finding(ctx context.Context, id FindingID) (Finding, error)
	// AddFinding keeps a finding, or returns the one of the same Kind and About
	// that was found before, settled or not.
	AddFinding(ctx context.Context, f Finding) (Finding, error)
	// SettleFinding records that a staff member settled an open finding, and
	// writes the postings. It reports false when it is not open.
	SettleFinding(ctx context.Context, id FindingID, staff, note string, at time.Time, postings []ledger.Posting) (bool, error)
}

// Booking is what is kept together with a step, all or nothing. The store fills
// in the ID of the payment in the postings, and that of a new refund.
type Booking struct {
	Postings []ledger.Posting
	// Entries are lines in the log of both holders, for what was done for
	// another's card or at the desk.
	Entries []mandate.Entry
	// Letters are jobs that tell people by mail.
	Letters []LetterJob
	// Findings are for the desk; one that was found before is not kept again.
	Findings []Finding
	// Unused are the indexes of lines that the payment is not for after all:
	// Refused from then on. ByChargeback are those that the payer's bank took
	// back.
	Unused, ByChargeback []int
	// Refund is a new refund with its postings. Its Lines are Returned from then
	// on; one that is Due gets its RefundJob.
	Refund         *Refund
	RefundPostings []ledger.Posting
	// RefundMoves are steps of refunds that exist.
	RefundMoves []RefundMove
	// Chargebacks are new or, with the same Ref, restored.
	Chargebacks []Chargeback
	// Received is what came in, when it is not 0.
	Received money.Cents
	// Series numbers the receipt of the payment, RefundSeries that of Refund; the
	// zero value numbers nothing.
	Series, RefundSeries Series
	// Deliver keeps a DeliveryJob.
	Deliver bool
}

// Series is what receipts are numbered in.
type Series struct {
	Branch string
	Year   int // in the library's zone
}

// RefundMove is a step of a refund.
type RefundMove struct {
	ID  RefundID
	To  RefundState
	Ref string // the provider's key, "" to leave it
	At  time.Time
}

// Order is what a provider is asked to collect.
type Order struct {
	// Reference is our payment number; the provider gives it back.
	Reference string
	// Key makes asking twice one order: the same key is the same order.
	Key         string
	Amount      money.Cents // euro
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

// Euro is the only currency that is booked.
const Euro = "EUR"

// Status is what a provider says about an order. State is Open, Paid, Failed,
// Cancelled or Expired; what was paid back or charged back leaves it Paid.
type Status struct {
	Ref       string // the provider's key
	Reference string // our payment number as we gave it, "" when it is not one of ours
	State     State
	Currency  string // as in ISO 4217; the amounts are of this currency
	// Amount is what was asked, and paid when it is Paid. It is 0 when the
	// currency is not Euro: then Said holds it as text.
	Amount money.Cents
	Said   string // the amount as the provider wrote it, such as "12.34 USD"
	// Refunded is what was paid back or is about to, ChargedBack what the
	// payer's bank took back and has not given back.
	Refunded, ChargedBack money.Cents
	CreatedAt             time.Time
}

// RefundOrder is what a provider is asked to pay back.
type RefundOrder struct {
	Ref string // the provider's key of the order
	// Reference is our refund number; the provider gives it back. Key makes
	// asking twice one refund.
	Reference, Key string
	Amount         money.Cents
	Description    string
}

// RefundStatus is what a provider says about a refund. State is Sent, Done or
// RefundFailed.
type RefundStatus struct {
	Ref       string // the provider's key
	Reference string // our refund number as we gave it, "" when it is not one of ours
	State     RefundState
	Amount    money.Cents
	At        time.Time
}

// Limits are the least and the most that a provider takes at once; 0 is no
// limit.
type Limits struct{ Least, Most money.Cents }

// Provider is the port to a payment provider. No method is called inside a
// transaction. A problem of kind NotFound means that the provider does not have
// the order, one of kind Refused or Conflict that it will not do that, for good.
// Any other error means that it could not be asked and that nothing is known.
type Provider interface {
	// Name is the provider's short name, used in addresses and accounts.
	Name() string
	// Limits returns what it takes at once.
	Limits(ctx context.Context) (Limits, error)
	// Create makes an order, or returns the one made before with the same Key.
	Create(ctx context.Context, o Order) (Checkout, error)
	// Status asks how an order stands. A webhook is only a hint to ask.
	Status(ctx context.Context, ref string) (Status, error)
	// Cancel ends an order that has not been paid, so that it cannot be paid any
	// more. Refused or Conflict means that this is not possible (any more).
	Cancel(ctx context.Context, ref string) error
	// Refund pays back, or returns the refund made before with the same Key.
	Refund(ctx context.Context, r RefundOrder) (RefundStatus, error)
	// Refunds returns all refunds of an order, oldest first.
	Refunds(ctx context.Context, ref string) ([]RefundStatus, error)
	// Chargebacks returns what the payer's bank took back of an order, oldest
	// first.
	Chargebacks(ctx context.Context, ref string) ([]Chargeback, error)
	// List calls each for every order that was created from an instant up to,
	// but not including, another, in any order, and stops at its first error.
	List(ctx context.Context, from, to time.Time, each func(Status) error) error
}
