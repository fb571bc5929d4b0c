// Package circulation holds what a member borrows and owes: loans, fees and
// renewals, and the port to the library system that owns them. Every use case
// takes a mandate.Permit and checks its scope: without one there is no way to
// read or change a card's loans and fees.
package circulation

import (
	"context"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// Reasons why a renewal is refused. Connectors turn what their system says
// into these; package text has a sentence for each.
const (
	ReasonReserved     problem.Reason = "renew.reserved"       // another member waits for it
	ReasonTooOften     problem.Reason = "renew.too_often"      // renewed as often as allowed; argument max
	ReasonFees         problem.Reason = "renew.fees"           // fees above the limit; argument limit (money.Cents)
	ReasonCardExpired  problem.Reason = "renew.card_expired"   // the membership has ended; argument on
	ReasonCardBlocked  problem.Reason = "renew.card_blocked"   // the card is blocked
	ReasonTooSoon      problem.Reason = "renew.too_soon"       // it would gain nothing yet; argument due
	ReasonChanged      problem.Reason = "renew.changed"        // renewed meanwhile, or returned
	ReasonLoanNotFound problem.Reason = "renew.not_found"      // no such loan on this card
	ReasonNotAllowed   problem.Reason = "renew.not_allowed"    // the system says no without a reason
	ReasonUnsure       problem.Reason = "renew.unsure"         // the system was asked, its answer was lost, and nothing tells whether it did it
	ReasonSystemAway   problem.Reason = "circulation.away"     // the library system cannot be reached
	ReasonFeeNotFound  problem.Reason = "fee.not_found"        // no such open fee on this card
	ReasonFeeSettled   problem.Reason = "fee.settled"          // settled in the library system meanwhile
	ReasonNotReopened  problem.Reason = "fee.not_reopened"     // the system cannot open a settled fee again
	ReasonNoScope      problem.Reason = "circulation.no_scope" // the permit does not cover this
)

// LoanID is the library system's key of a loan, FeeID that of a fee.
type (
	LoanID string
	FeeID  string
)

// Loan is one item on loan to a card (uitlening).
type Loan struct {
	ID     LoanID
	Item   string // the bar code on the item
	Title  string
	Author string
	// Material is the library's word for the kind of item: book, dvd, game.
	Material string
	LentOn   calendar.Date
	// DueOn is the last day on which it can be returned without a fee; zero when
	// the system tells none. Title may be empty for the same reason.
	DueOn    calendar.Date
	Renewals int
	// Reserved tells that another member waits for it.
	Reserved bool
}

// FeeKind is the kind of a fee. A fine is a fee of kind overdue.
type FeeKind string

// The kinds of the exchange format.
const (
	Overdue        FeeKind = "overdue"
	Reservation    FeeKind = "reservation"
	Damage         FeeKind = "damage"
	Lost           FeeKind = "lost"
	Membership     FeeKind = "membership"
	Administration FeeKind = "administration"
	Other          FeeKind = "other"
)

// FeeKinds lists every kind.
var FeeKinds = []FeeKind{ //nolint:gochecknoglobals // a table, never written
	Overdue, Reservation, Damage, Lost, Membership, Administration, Other,
}

// Fee is an amount that a card owes.
type Fee struct {
	ID          FeeID
	Kind        FeeKind
	Description string
	Amount      money.Cents // above zero
	ChargedOn   calendar.Date
	Item        string // bar code of the item it is about, or ""
}

// Settlement is one fee that was paid here, as told to the library system.
type Settlement struct {
	Fee    FeeID
	Amount money.Cents
	// Of is what the whole fee came to when only part of it was paid: the rest
	// stays open, under the same ID unless the system counts the fee by the day.
	// 0 is for a fee that was paid whole.
	Of money.Cents
	// Again tells that it may have been told before and that the answer was lost:
	// a system that does not know references looks before it books.
	Again bool
}

// LibrarySystem is the port to the system that owns loans and fees. A card it
// does not know has no loans and no fees. What the system refuses is a
// *problem.Problem of kind Refused, Conflict or NotFound with one of the
// reasons above; ReasonSystemAway means that it could not be reached and that
// nothing is known.
type LibrarySystem interface {
	// Loans returns the card's loans, earliest due date first.
	Loans(ctx context.Context, number card.Number) ([]Loan, error)
	// Fees returns the card's open fees, oldest first.
	Fees(ctx context.Context, number card.Number) ([]Fee, error)
	// Renew renews one loan that is due on due and returns it with its new
	// date. A loan whose date is no longer due is ReasonChanged: a form sent
	// twice does not renew twice. All reasons against it come at once.
	Renew(ctx context.Context, number card.Number, loan LoanID, due calendar.Date) (Loan, error)
	// Settle records that fees of the card were paid here. reference is our
	// payment number: settling again with the same reference changes nothing
	// and is no error. A fee that was settled otherwise is ReasonFeeSettled.
	Settle(ctx context.Context, number card.Number, fees []Settlement, reference string) error
	// Reopen records that what the payment settled was given back, so that each
	// of the fees is open again under the ID it had. From then on the payment
	// settles them no more: a Settle that comes late, or again, changes nothing
	// and is no error. A fee that this payment did not settle is left alone, and
	// doing it again changes nothing. A fee that the system cannot open again is
	// Refused with ReasonNotReopened.
	Reopen(ctx context.Context, number card.Number, fees []Settlement, reference string) error
}
