package mandate

import "hoofdpas/internal/card"

// Permit is the proof that somebody may act for a card in some scopes. What
// reads or changes a card's loans or fees takes a Permit, not a card number, so
// a handler cannot forget to check. Only this package makes one: for one's own
// card (Own), or from a mandate that is active now (Book). A Permit is not
// stored and does not outlive the request.
type Permit interface {
	// Actor is who acts.
	Actor() Actor
	// Card is the holder for whose card the actor acts.
	Card() card.Holder
	// Allows reports whether the permit covers the scope. The callee checks.
	Allows(Scope) bool
	// OwnCard reports whether the actor acts for the card's own holder.
	OwnCard() bool

	// sealed keeps other packages from making one: a struct's zero value would
	// compile everywhere.
	sealed()
}

// Actor is who acts: a holder by themselves, or a staff member at the desk for
// a holder who stands before them.
type Actor struct {
	Holder card.Holder
	// Staff is the staff member's name, "" when the holder acts alone.
	Staff string
}

type permit struct {
	actor  Actor
	card   card.Holder
	scopes []Scope
}

func (p permit) Actor() Actor      { return p.actor }
func (p permit) Card() card.Holder { return p.card }
func (p permit) OwnCard() bool     { return p.actor.Holder.ID == p.card.ID }
func (permit) sealed()             {}

func (p permit) Allows(scope Scope) bool {
	for _, s := range p.scopes {
		if s == scope {
			return true
		}
	}
	return false
}

// Own is the permit for the actor's own card: every scope. The caller has
// authenticated the actor; the session is the only place that does.
func Own(actor Actor) Permit {
	return permit{actor: actor, card: actor.Holder, scopes: Scopes}
}
