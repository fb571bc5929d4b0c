// Package till keeps the drawers of the desk: the shifts (kasdiensten) from
// counting to counting, cash put in and taken out, and what must be in a drawer
// against what was counted. Money itself is taken and paid back by package
// payment; this room says in which shift, and rounds cash.
//
//	Open ──► in use: Take, PayBack, PutIn, TakeOut ──► Close
//
// A desk has one shift at a time: the database holds that. A shift that is
// closed takes nothing more, so what was counted stays true: whoever takes money
// while somebody else closes is either counted or refused with
// payment.ReasonShiftOver. A difference between expected and counted is booked
// at once, so that the ledger's balance of a drawer is always what was last
// counted, and what came and went since.
package till

import (
	"fmt"
	"time"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Reasons of this room.
const (
	ReasonNotFound   problem.Reason = "till.not_found"  // no such desk or shift
	ReasonOpen       problem.Reason = "till.open"       // the desk has a shift that somebody else opened; arguments by (string), since (time.Time)
	ReasonAmount     problem.Reason = "till.amount"     // an amount must be above zero and at most argument most
	ReasonWhy        problem.Reason = "till.why"        // cash in or out needs a reason, of at most argument max characters
	ReasonDifference problem.Reason = "till.difference" // what was counted differs from what was expected: a note must say why
	ReasonNoteLong   problem.Reason = "till.note_long"  // a note is too long; argument max
	ReasonChanged    problem.Reason = "till.changed"    // money came in or went out since the difference was shown
	ReasonNotEnough  problem.Reason = "till.not_enough" // more than the drawer holds; argument holds (money.Cents)
)

// Most is the largest amount that is counted, put in or taken out at once.
const Most money.Cents = 9_999_999

// maxNote bounds what is written, in characters.
const maxNote = 500

// Place is a desk with a drawer. Both are names of the library's own, without a
// slash.
type Place struct{ Branch, Desk string }

// String is the place as it is configured: "Centrum/Balie 1".
func (p Place) String() string { return p.Branch + "/" + p.Desk }

// IsZero reports whether it is no place.
func (p Place) IsZero() bool { return p == Place{} }

func (p Place) purse(m payment.Means) ledger.Account {
	return ledger.Till(p.Branch, p.Desk, string(m))
}

// ShiftID is the key of a shift.
type ShiftID int64

// Shift is the time that one drawer is in use, from counting to counting.
type Shift struct {
	ID ShiftID
	Place
	OpenedBy string // the staff member's name
	OpenedAt time.Time
	// OpeningExpected is what was counted when the desk's last shift was closed;
	// for a desk's first one it is what was counted now.
	OpeningExpected, OpeningCounted money.Cents
	ClosedBy                        string
	ClosedAt                        time.Time // zero while it is open
	// What must be there and what was, at closing; zero while it is open. PIN is
	// what was received by PIN in this shift, counted as the terminal says it,
	// and below zero when more was paid back.
	CashExpected, CashCounted, PINExpected, PINCounted money.Cents
	Note                                               string
	// Again is set on the answer to a form that was sent before. It is not kept.
	Again bool
}

// IsOpen reports whether the shift takes money.
func (s Shift) IsOpen() bool { return s.ClosedAt.IsZero() }

// Till is the shift as payments name it.
func (s Shift) Till() payment.Till {
	return payment.Till{Shift: int64(s.ID), Branch: s.Branch, Desk: s.Desk}
}

// OpeningDifference is what was counted at opening above (or below) zero of what
// was expected.
func (s Shift) OpeningDifference() money.Cents { return s.OpeningCounted - s.OpeningExpected }

// CashDifference and PINDifference are what was counted at closing more, or
// less, than expected.
func (s Shift) CashDifference() money.Cents { return s.CashCounted - s.CashExpected }

// PINDifference is what the terminal says more, or less, than expected.
func (s Shift) PINDifference() money.Cents { return s.PINCounted - s.PINExpected }

// MovementID is the key of a movement.
type MovementID int64

// Kind is which way cash moves other than by paying.
type Kind string

// The kinds. Their values are those of the ledger's reasons.
const (
	In  = Kind(ledger.CashIn)  // from the safe into the drawer
	Out = Kind(ledger.CashOut) // from the drawer to the safe
)

// Movement is cash that was put into a drawer, or taken out of it, other than by
// paying.
type Movement struct {
	ID     MovementID
	Shift  ShiftID
	Kind   Kind
	Amount money.Cents // above zero
	Reason string
	Staff  string
	At     time.Time
	Key    string // makes a form that is sent twice one movement
	// Again is set on the answer to a form that was sent before. It is not kept.
	Again bool
}

// Sums is what came and went in a shift, from its own rows.
type Sums struct {
	Opening money.Cents // counted at opening
	// CashIn was received in cash and CashBack paid back in cash, both as it
	// was handed over, that is rounded; PINIn and PINBack likewise by PIN.
	CashIn, CashBack, PINIn, PINBack money.Cents
	// PutIn and TakenOut are movements.
	PutIn, TakenOut money.Cents
	// Rounding is what rounding cash gained (above zero) or lost.
	Rounding money.Cents
	// How many payments and refunds there were.
	CashPayments, PINPayments, Refunds int
}

// Cash is what must be in the drawer.
func (s Sums) Cash() (money.Cents, error) {
	return total("cash", s.Opening, s.CashIn, s.PutIn, -s.CashBack, -s.TakenOut)
}

// PIN is what the terminal must say.
func (s Sums) PIN() (money.Cents, error) { return total("PIN", s.PINIn, -s.PINBack) }

func total(of string, parts ...money.Cents) (money.Cents, error) {
	sum, err := money.Sum(parts...)
	if err != nil {
		return 0, fmt.Errorf("add up %s: %w", of, err)
	}
	return sum, nil
}

// Summary is a shift with what came and went.
type Summary struct {
	Shift
	Sums
	Movements []Movement // oldest first
	// Cash and PIN are what must be there now, or had to be when it was closed.
	Cash, PIN money.Cents
}

// Round returns what an amount above zero is rounded by when it is handed over
// in cash, so that it becomes a multiple of the unit: the nearest one, half of
// it up. A unit of 1 or less rounds nothing.
func Round(amount, unit money.Cents) money.Cents {
	if unit <= 1 || amount <= 0 {
		return 0
	}
	rest := amount % unit
	if 2*rest >= unit {
		return unit - rest
	}
	return -rest
}
