// Package mandate decides who may act for whose card. It knows no database, no
// HTTP and no library system: it holds the states of a mandate and the table
// of allowed steps, the use cases that walk it (Book), and the proof that comes
// out of it (Permit).
//
//	             confirm (the other)            end (either, desk)
//	┌───────────┐ ─────────────────► ┌────────┐ ─────────────────► ended
//	│ requested │                    │ active │
//	└───────────┘                    └────────┘ ─────────────────► expired
//	  │   │   │                         the day after its last day; closing one of
//	  │   │   │                         the cards ends an active mandate, closing
//	  │   │   │                         that of who asked expires a requested one
//	  │   │   └── expire: 30 days without an answer ─► expired
//	  │   └────── decline (the other) ───────────────► declined
//	  └────────── withdraw (who asked) ──────────────► withdrawn
//
// A mandate says: the grantor (machtigingsgever) lets the grantee
// (gemachtigde) act for the grantor's card, for one scope (functie). Either may
// start it (S10): the grantee asks ("Machtig mij voor zijn/haar abonnement"),
// or the grantor offers ("Ik machtig hem/haar voor mijn abonnement"). Nobody
// confirms what they started (S15).
package mandate

import (
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

// ID is the key of one mandate.
type ID int64

// Scope is what a mandate allows (functie). A new scope is a row in Scopes and
// a text in the catalogues.
type Scope string

// The scopes (S11).
const (
	Renew Scope = "renew" // verlengen: see the card's loans and renew them
	Pay   Scope = "pay"   // betalen: see the card's fees and pay them
)

// Scopes lists every scope in the order in which pages show them.
var Scopes = []Scope{Renew, Pay} //nolint:gochecknoglobals // a table, never written

// State is where a mandate stands.
type State string

// The states.
const (
	Requested State = "requested"
	Active    State = "active"
	Declined  State = "declined"
	Withdrawn State = "withdrawn"
	Expired   State = "expired"
	Ended     State = "ended"
)

// States lists every state.
var States = []State{Requested, Active, Declined, Withdrawn, Expired, Ended} //nolint:gochecknoglobals // a table, never written

// Act is a step somebody takes.
type Act string

// The acts. Request starts a mandate; Expire is taken by the clock, Close by the
// library.
const (
	Request  Act = "request"
	Confirm  Act = "confirm"
	Decline  Act = "decline"
	Withdraw Act = "withdraw"
	End      Act = "end"
	Expire   Act = "expire"
	Close    Act = "close" // the library closed one of the two cards
)

// By says whose step it is.
type By string

// Who may take a step.
const (
	ByStarter By = "starter" // who asked or offered
	ByOther   By = "other"   // the one it was asked of or offered to
	ByEither  By = "either"  // both holders, and the desk at a holder's request (S16)
	ByClock   By = "clock"   // time
	ByLibrary By = "library" // the library, when it closes a card
)

// Step is one row of the table of allowed steps.
type Step struct {
	From State
	Act  Act
	By   By
	To   State
}

// Steps is the table of allowed steps. What is not in it cannot happen. The
// code, the log's texts, the documentation and the property tests read it.
var Steps = []Step{ //nolint:gochecknoglobals // a table, never written
	{Requested, Confirm, ByOther, Active},
	{Requested, Decline, ByOther, Declined},
	{Requested, Withdraw, ByStarter, Withdrawn},
	{Requested, Expire, ByClock, Expired},
	{Active, End, ByEither, Ended},
	{Active, Expire, ByClock, Expired},
	{Requested, Close, ByLibrary, Expired},
	{Active, Close, ByLibrary, Ended},
}

// Side is one of the two ends of a mandate.
type Side string

// The sides.
const (
	Grantor Side = "grantor" // machtigingsgever: whose card it is
	Grantee Side = "grantee" // gemachtigde: who may act for it
)

// Mandate is one card's holder letting another act for it, for one scope.
type Mandate struct {
	ID    ID
	Scope Scope
	// Starter tells which side asked: the grantee (a request) or the grantor
	// (an offer).
	Starter Side
	// Grantor and Grantee are the two holders. The one that the starter typed
	// is zero while what was typed matched no card (S9): the starter's list
	// shows the mandate all the same.
	Grantor, Grantee card.Holder
	// Typed is the card number as the starter typed it.
	Typed card.Number
	State State
	// RequestedAt is when it was asked (again); AnswerBy the instant after
	// which the clock expires an unanswered request.
	RequestedAt, AnswerBy time.Time
	// ConfirmedAt and ClosedAt are zero until they happen.
	ConfirmedAt, ClosedAt time.Time
	// Until is the last day on which an active mandate counts, or zero for no
	// end date. It is a calendar date in the library's zone.
	Until calendar.Date
}

// Matched reports whether what the starter typed belongs to a card.
func (m Mandate) Matched() bool { return !m.Grantor.IsZero() && !m.Grantee.IsZero() }

// started returns the holder who asked or offered.
func (m Mandate) started() card.Holder {
	if m.Starter == Grantor {
		return m.Grantor
	}
	return m.Grantee
}

// asked returns the holder it was asked of, zero when nothing matched.
func (m Mandate) asked() card.Holder {
	if m.Starter == Grantor {
		return m.Grantee
	}
	return m.Grantor
}

// Counts reports whether the mandate allows anything on today: it is active
// and its last day has not passed, whether or not the clock's step has been
// written yet.
func (m Mandate) Counts(today calendar.Date) bool {
	return m.State == Active && !m.Until.Overdue(today)
}

// sideOf returns the side the card is on, or false when it is on neither.
func (m Mandate) sideOf(id card.ID) (Side, bool) {
	switch {
	case id == 0:
		return "", false
	case m.Grantor.ID == id:
		return Grantor, true
	case m.Grantee.ID == id:
		return Grantee, true
	}
	return "", false
}

// may reports whether the holder of the card, or nobody (the clock, the library)
// when id is zero, is one whom the step's By names.
func (m Mandate) may(by By, id card.ID) bool {
	switch by {
	case ByStarter:
		return id != 0 && m.started().ID == id
	case ByOther:
		return id != 0 && m.asked().ID == id && m.started().ID != id
	case ByEither:
		_, ok := m.sideOf(id)
		return ok
	case ByClock, ByLibrary:
		return id == 0
	}
	return false
}

// Acts lists what the holder of the card may do with the mandate on today, in
// the order of the table.
func (m Mandate) Acts(id card.ID) []Act {
	var acts []Act
	for _, s := range Steps {
		if s.From == m.State && id != 0 && m.may(s.By, id) {
			acts = append(acts, s.Act)
		}
	}
	return acts
}

// take walks one step of the table. The holder of card by takes it; zero is the
// clock. A holder who is on neither side is told there is no such mandate.
func (m Mandate) take(act Act, by card.ID, now time.Time) (Mandate, error) {
	if _, ok := m.sideOf(by); !ok && by != 0 {
		return m, problem.New(problem.NotFound, ReasonNotFound, nil)
	}
	for _, s := range Steps {
		if s.From != m.State || s.Act != act || !m.may(s.By, by) {
			continue
		}
		m.State = s.To
		if s.To == Active {
			m.ConfirmedAt = now
		} else {
			m.ClosedAt = now
		}
		return m, nil
	}
	return m, problem.New(problem.Conflict, ReasonStep, problem.Args{"state": string(m.State)})
}
