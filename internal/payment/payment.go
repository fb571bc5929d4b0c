// Package payment takes money for fees: one payment over any choice of fees of
// any cards one may pay for (S19, S20), online, in cash or by PIN. It holds the
// states of a payment and the table of allowed steps, the use cases (Cashier),
// and the port to the payment provider.
//
//	open ──► paid                        settled: postings, and a job that tells the library system
//	  │        ├──► refunded             all of it was paid back; its fees are open again
//	  │        └──► charged back         the payer's bank took it back; its fees are open again
//	  ├────► failed, cancelled, expired  its fees are free again
//	  │         ├──► paid                the provider said paid late: for those of its fees that were still free
//	  │         └──► owed                the provider said paid late and none was: we owe it back
//	  └────► owed                        the provider was paid another amount than we asked for
//	           ├──► refunded             it was paid back
//	           └─── refunded, charged back   what had left came back to us: we owe it once more
//
// A payment moves forward only; what we owe may leave more than once. A fee is in at most one payment that is open
// or paid: the database holds that, not this package. A line of a paid payment
// may turn out not to be for its fee (paid otherwise meanwhile, or refused by
// the library system for good): then its fee is free and its amount is owed.
package payment

import (
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// Reasons of this room.
const (
	ReasonNotFound   problem.Reason = "payment.not_found"   // no such payment for this person
	ReasonNothing    problem.Reason = "payment.nothing"     // no fee was chosen
	ReasonHeld       problem.Reason = "payment.held"        // another payment holds a fee; arguments until (time.Time), name (string, "" when the reader may not know)
	ReasonHeldByYou  problem.Reason = "payment.held_by_you" // the payer's own other payment holds a fee; arguments until, payment (int64)
	ReasonPaid       problem.Reason = "payment.paid"        // a fee was paid meanwhile
	ReasonNoProvider problem.Reason = "payment.no_provider" // this library takes no online payments
	ReasonAway       problem.Reason = "payment.away"        // the provider cannot be reached; nothing was paid
	ReasonUnsure     problem.Reason = "payment.unsure"      // the provider cannot be asked whether it has been paid
	ReasonKeyReused  problem.Reason = "payment.key_reused"  // the same key with other content
	ReasonTooMuch    problem.Reason = "payment.too_much"    // above what may be paid at once; argument most (money.Cents), or none when the sum does not even fit
	ReasonTooLittle  problem.Reason = "payment.too_little"  // below what the provider takes; argument least (money.Cents)
	ReasonNotOwed    problem.Reason = "payment.not_owed"    // there is nothing to pay back
	ReasonReturned   problem.Reason = "payment.returned"    // that fee has been returned already
	ReasonNote       problem.Reason = "payment.note"        // a reason has to be written
	ReasonShiftOver  problem.Reason = "payment.shift_over"  // the shift at this desk has been closed, or was never opened
	ReasonStep       problem.Reason = "payment.step"        // not possible in this state
	ReasonChanged    problem.Reason = "payment.changed"     // the amount of a fee changed since it was shown
)

// ID is the key of a payment. Members and staff see it as the payment number.
type ID int64

// State is where a payment stands.
type State string

// The states.
const (
	Open      State = "open"
	Paid      State = "paid"
	Failed    State = "failed"
	Cancelled State = "cancelled"
	Expired   State = "expired"
	Owed      State = "owed"
	Refunded  State = "refunded"
	// ChargedBack is taken back by the payer's bank (storting teruggedraaid).
	ChargedBack State = "charged_back"
)

// States lists every state.
var States = []State{Open, Paid, Failed, Cancelled, Expired, Owed, Refunded, ChargedBack} //nolint:gochecknoglobals // a table, never written

// Step is one row of the table of allowed steps.
type Step struct{ From, To State }

// Steps is the table of allowed steps. What is not in it cannot happen.
var Steps = []Step{ //nolint:gochecknoglobals // a table, never written
	{Open, Paid},
	{Open, Failed},
	{Open, Cancelled},
	{Open, Expired},
	{Open, Owed},
	{Failed, Paid},
	{Cancelled, Paid},
	{Expired, Paid},
	{Failed, Owed},
	{Cancelled, Owed},
	{Expired, Owed},
	{Paid, Refunded},
	{Owed, Refunded},
	{Paid, ChargedBack},
	{Refunded, Owed},
	{ChargedBack, Owed},
}

// Allowed reports whether the table has the step.
func Allowed(from, to State) bool {
	for _, s := range Steps {
		if s.From == from && s.To == to {
			return true
		}
	}
	return false
}

// Means is how the money comes.
type Means string

// The means.
const (
	Online Means = "online"
	Cash   Means = "cash" // contant
	PIN    Means = "pin"
	// Kiosk is what a terminal in the library took, in coins or by card: who owns
	// the terminal keeps those apart.
	Kiosk Means = "kiosk"
	// WriteOff is the means of a refund that will never be handed out: nobody
	// came for it.
	WriteOff Means = "write_off"
)

// OpenFor is how long an open payment holds its fees, unless the library says
// otherwise.
const OpenFor = 15 * time.Minute

// Payment is one payment over the fees of one or more cards.
type Payment struct {
	ID ID
	// Payer is the holder who pays, at the desk the one who stands there.
	Payer card.Holder
	// Staff is the name of the staff member who took it, "" when online.
	Staff    string
	Means    Means
	Provider string // the provider's name when online
	// Ref is the provider's key and Checkout the address of its page; both
	// are empty until the provider has answered.
	Ref, Checkout string
	// Key makes starting idempotent: the same key gives the same payment.
	Key string
	// OrderKey is random and makes asking the provider for it twice one order.
	OrderKey string
	// Language is the payer's, "nl" or "en"; may be empty.
	Language string
	State    State
	// Total is the sum of the lines; Received what came in: Total and Rounding
	// unless the payer was asked for another amount, 0 until it did.
	Total, Received money.Cents
	// Rounding is what cash was rounded up (above zero) or down (below).
	Rounding money.Cents
	Lines    []Line
	Till     Till
	Receipt  ReceiptNumber
	Refunds  []Refund
	// Chargebacks are what the payer's bank took back, restored or not.
	Chargebacks []Chargeback
	// StartedAt and ExpiresAt are set at once, EndedAt when it leaves Open, and
	// once more when it is paid after that.
	StartedAt, ExpiresAt, EndedAt time.Time
	// Version counts its changes: Store.Move makes none on what was overtaken.
	Version int64
	// Again is set on the answer to a form that was sent before: this is the
	// payment that it made then. It is not kept.
	Again bool
}

// Came reports whether money came in for it, wherever that is now.
func (p Payment) Came() bool {
	return p.State == Paid || p.State == Owed || p.State == Refunded || p.State == ChargedBack
}

// Line is one fee in a payment, as it was when the payment started.
type Line struct {
	Holder      card.Holder
	Fee         circulation.FeeID
	Kind        circulation.FeeKind
	Description string
	Amount      money.Cents
	// Of is what the whole fee came to when Amount is only part of it; else 0.
	Of money.Cents
	// Told reports whether the library system has been told. Telling reports that
	// it may have been: that was begun, and what came of it is not known.
	Told, Telling bool
	// Refused reports that the payment is not for this fee after all: the
	// library system would not hear of it, or it had been paid otherwise by the
	// time the money came. The fee is free and the amount is owed to the payer.
	Refused bool
	// Returned says how the money went back, "" when it did not; the fee is
	// open again. Reopened reports whether the library system knows.
	Returned Returned
	Reopened bool
}

// Kept reports whether the payment paid this line, and still does.
func (l Line) Kept() bool { return !l.Refused && l.Returned == "" }

// Returned says how the money of a line went back.
type Returned string

// The ways back.
const (
	ByRefund     Returned = "refunded"
	ByChargeback Returned = "charged_back"
)

// Till is the drawer at which a payment or refund was taken at the desk, or the
// terminal at which it was paid; zero when it was online. Branch and Desk are names
// of the library's own.
type Till struct {
	Shift        int64 // the till's key of the shift; 0 at a terminal, which has none
	Branch, Desk string
}

// TerminalTakings is what came in at a terminal in some time.
type TerminalTakings struct {
	Terminal Till
	Payments int
	Amount   money.Cents
}

// ReceiptNumber numbers receipts without gaps per branch and year (in the
// library's zone); zero when there is none yet. Payments online have Branch
// OnlineBranch.
type ReceiptNumber struct {
	Branch string
	Year   int
	No     int64
}

// OnlineBranch is the branch of what was paid online.
const OnlineBranch = "Online"

// Choice is what somebody wants to pay of one card.
type Choice struct {
	Permit mandate.Permit
	Fees   []circulation.FeeID
	// Part is what is paid of the last of Fees when that is not all of it, above
	// zero; 0 pays it whole.
	Part money.Cents
}

// Hold tells that a fee is in a payment that is open, or paid but not yet told
// to the library system.
type Hold struct {
	Fee     circulation.FeeID
	Card    card.ID
	Payment ID
	Payer   card.Holder
	State   State     // Open or Paid
	Until   time.Time // when an open payment gives it free
	// Rest is what stays owed after it, of a fee that it pays in part; else 0.
	Rest money.Cents
}

// DeliveryJob asks the job runner to tell the library system of a paid
// payment. It is written in the same transaction as the step to Paid.
type DeliveryJob struct {
	Payment ID `json:"payment"`
}

// Kind names the job.
func (DeliveryJob) Kind() string { return "payment.deliver" }
