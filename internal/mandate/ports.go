package mandate

import (
	"context"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// Reasons of this room.
const (
	ReasonNotFound      problem.Reason = "mandate.not_found"      // no such mandate for this person
	ReasonStep          problem.Reason = "mandate.step"           // the mandate is not in a state for that
	ReasonOwnCard       problem.Reason = "mandate.own_card"       // the card typed is the asker's own
	ReasonExists        problem.Reason = "mandate.exists"         // such a mandate is active already
	ReasonNoScope       problem.Reason = "mandate.no_scope"       // no function was chosen
	ReasonUnknownChoice problem.Reason = "mandate.unknown_choice" // a scope, side or term that does not exist
	ReasonBirthDate     problem.Reason = "mandate.birth_date"     // not an existing day, or in the future
	ReasonTooMany       problem.Reason = "mandate.too_many"       // too many requests; argument wait
	ReasonNoPermit      problem.Reason = "mandate.no_permit"      // no active mandate allows this
)

// Deed is what an entry of the log says was done. The acts on a mandate are
// deeds, and so is what was done on behalf of a card.
type Deed string

// Deeds beyond the acts on a mandate.
const (
	Renewed Deed = "renewed" // Count loans were renewed
	Paid    Deed = "paid"    // Amount was paid, over Count fees
	// Refunded and ChargedBack: Amount went back to the payer, over Count fees,
	// which are open again.
	Refunded    Deed = "refunded"
	ChargedBack Deed = "charged_back"
)

// Entry is one line of the log that the holders of both cards can read: who did
// what, when, for whom. It names no titles: what a member reads is private.
type Entry struct {
	ID   int64
	At   time.Time
	Deed Deed
	// Actor is the holder who did it; zero when the clock did. Staff is the
	// staff member's name when it was done at the desk.
	Actor card.Holder
	Staff string
	// Mandate is the mandate that the deed changed or rested on. For a deed
	// done on behalf it may be zero.
	Mandate ID
	Scope   Scope
	// Card is the holder whose card it was about: the grantor. It is zero when
	// what was typed matched nothing. Other is the grantee, likewise.
	Card, Other card.Holder
	// Typed is what the starter typed; Starter which side that was. Pages show
	// the number instead of a name until the mandate has been confirmed.
	Typed     card.Number
	Starter   Side
	Confirmed bool
	Count     int
	Amount    money.Cents
}

// Store is what this room needs kept. Each method is one transaction.
type Store interface {
	// AddRequest keeps a new request and its log entry. When an open request
	// of the same starter, side, scope and typed number exists, that row is
	// renewed instead: RequestedAt, AnswerBy and Until are set, and the other
	// holder too if the new one matched and the old one did not. So a second
	// try after a typing mistake works, and nobody can tell which one matched.
	AddRequest(ctx context.Context, m Mandate, e Entry) (Mandate, error)
	// Mandate returns the mandate, or a problem with ReasonNotFound.
	Mandate(ctx context.Context, id ID) (Mandate, error)
	// MandatesOf returns all mandates in which the card is starter, grantor or
	// grantee, newest request first.
	MandatesOf(ctx context.Context, id card.ID) ([]Mandate, error)
	// ActiveFor returns the active mandates whose grantee is the card, ordered
	// by the grantor's name and id.
	ActiveFor(ctx context.Context, grantee card.ID) ([]Mandate, error)
	// SaveStep writes m's state, ConfirmedAt and ClosedAt if the row still is
	// in state from and was not asked again since m was read, together with the log entry. It reports false, and writes
	// nothing, when the row has moved on, or when the step would make a second
	// active mandate of the same grantor, grantee and scope: the database
	// holds both.
	SaveStep(ctx context.Context, m Mandate, from State, e Entry) (bool, error)
	// Lapsed returns up to limit mandates that the clock has to expire:
	// requested with AnswerBy before now, or active with Until before today.
	Lapsed(ctx context.Context, now time.Time, today string, limit int) ([]Mandate, error)
	// OfClosedCards returns up to limit mandates that the library has to close:
	// active ones of which it closed one of the cards, and requests of which it
	// closed the starter's. A request to a closed card runs out by the clock, as
	// one that matched nobody does.
	OfClosedCards(ctx context.Context, limit int) ([]Mandate, error)
	// AddEntry writes a log entry of something done on behalf of a card.
	AddEntry(ctx context.Context, e Entry) error
	// Entries returns the log of a card, newest first: entries whose Card,
	// Other or Actor it is, with ID below before when before is not zero.
	Entries(ctx context.Context, id card.ID, before int64, limit int) ([]Entry, error)
	// KnowCard makes sure that we have a row for the card, refreshes its name
	// and returns its holder.
	KnowCard(ctx context.Context, c card.Card) (card.Holder, error)
}

// Cards is the port to the library system's cards.
type Cards interface {
	// Card returns what the system knows under the number; ok is false when
	// it knows no such card. An error means that the system is away.
	Card(ctx context.Context, number card.Number) (c card.Card, ok bool, err error)
}

// Slower slows down repeated attempts. Attempt counts one for every key and
// returns how long to wait when it comes too soon for any of them: then nothing
// is counted.
type Slower interface {
	Attempt(ctx context.Context, keys ...string) (wait time.Duration, err error)
}
