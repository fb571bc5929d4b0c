package mandate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/throttle"
)

// AnswerWithin is how long a request waits for an answer: 30 days.
const AnswerWithin = 30 * 24 * time.Hour

// Terms are the choices of how long a mandate shall last, in months from the
// day it is asked; 0 is without an end date.
var Terms = []int{0, 1, 6, 12} //nolint:gochecknoglobals // a table, never written

// Book keeps the mandates: the use cases of this room.
type Book struct {
	Store  Store
	Cards  Cards
	Slower Slower
	Now    func() time.Time
	Zone   *time.Location
}

// Application is a filled-in form: one holder asks for, or offers, mandates.
type Application struct {
	Starter card.Holder
	// Side is the starter's side: Grantee asks, Grantor offers.
	Side   Side
	Number card.Number
	Born   calendar.Date
	Scopes []Scope
	// Months is one of Terms.
	Months int
	// Address is the network address the form came from, for slowing down.
	Address string
}

// Apply asks for one mandate for each scope (S9 to S13). Whether or not number
// and birth date match a card, the outcome is the same: nil, and a row on the
// starter's list. Errors are problems: ReasonOwnCard, ReasonExists,
// ReasonNoScope, ReasonUnknownChoice, ReasonTooMany, or the library system
// being away.
func (b *Book) Apply(ctx context.Context, a Application) error {
	mine, err := b.Store.MandatesOf(ctx, a.Starter.ID)
	if err != nil {
		return fmt.Errorf("apply for a mandate: %w", err)
	}
	if err := b.check(a, mine); err != nil {
		return err
	}
	wait, err := b.Slower.Attempt(ctx, "mandate/card/"+fmt.Sprint(int64(a.Starter.ID)),
		"mandate/address/"+throttle.Network(a.Address), "mandate/target/"+digest(a.Number))
	if err != nil {
		return fmt.Errorf("apply for a mandate: %w", err)
	}
	if wait > 0 {
		return problem.New(problem.TooMany, ReasonTooMany, problem.Args{"wait": wait})
	}
	other, err := b.match(ctx, a)
	if err != nil {
		return err
	}
	for _, scope := range a.Scopes {
		m := b.opened(a, scope, other)
		if _, err := b.Store.AddRequest(ctx, m, entry(m, Deed(Request), Actor{Holder: a.Starter}, m.RequestedAt)); err != nil {
			return fmt.Errorf("apply for a mandate: %w", err)
		}
	}
	return nil
}

// check finds what is wrong with an application without looking at the other
// card, so that its answers tell nothing about it.
func (b *Book) check(a Application, mine []Mandate) error {
	unmet := b.checkChoices(a, mine)
	if a.Born.IsZero() || a.Born.After(b.today()) {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonBirthDate, nil).At("born"))
	}
	return unmet.Or()
}

// checkChoices finds what is wrong with the card and the choices. ReasonExists
// rests only on mandates that the starter can see are active.
func (b *Book) checkChoices(a Application, mine []Mandate) problem.List {
	var unmet problem.List
	if a.Number == a.Starter.Number {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonOwnCard, nil).At("number"))
	}
	if len(a.Scopes) == 0 {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonNoScope, nil).At("scope"))
	}
	known := slices.Contains([]Side{Grantor, Grantee}, a.Side) && slices.Contains(Terms, a.Months)
	for _, s := range a.Scopes {
		known = known && slices.Contains(Scopes, s)
	}
	if !known {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonUnknownChoice, nil).At("scope"))
	}
	for _, m := range mine {
		side, _ := m.sideOf(a.Starter.ID)
		if m.Counts(b.today()) && side == a.Side && slices.Contains(a.Scopes, m.Scope) &&
			m.across(side).Number == a.Number {
			unmet = append(unmet, problem.New(problem.Refused, ReasonExists,
				problem.Args{"scope": string(m.Scope)}).At("scope"))
		}
	}
	return unmet
}

// across returns the holder opposite to side.
func (m Mandate) across(side Side) card.Holder {
	if side == Grantor {
		return m.Grantee
	}
	return m.Grantor
}

// match returns the holder whose card number and birth date were both typed
// right, or zero.
func (b *Book) match(ctx context.Context, a Application) (card.Holder, error) {
	found, ok, err := b.Cards.Card(ctx, a.Number)
	if err != nil {
		return card.Holder{}, fmt.Errorf("look up the typed card: %w", err)
	}
	if !ok || !found.BornOn(a.Born) {
		return card.Holder{}, nil
	}
	h, err := b.Store.KnowCard(ctx, found)
	if err != nil {
		return card.Holder{}, fmt.Errorf("keep the typed card: %w", err)
	}
	return h, nil
}

func (b *Book) opened(a Application, scope Scope, other card.Holder) Mandate {
	now := b.Now()
	m := Mandate{
		Scope: scope, Starter: a.Side, Typed: a.Number, State: Requested,
		RequestedAt: now, AnswerBy: now.Add(AnswerWithin),
	}
	if a.Months > 0 {
		m.Until = b.today().AddMonths(a.Months)
	}
	m.Grantor, m.Grantee = a.Starter, other
	if a.Side == Grantee {
		m.Grantor, m.Grantee = other, a.Starter
	}
	return m
}

// Take lets a holder take a step: Confirm, Decline, Withdraw or End (S15, S16).
// It counts from the next request on, in every session. A mandate that is not
// the holder's own on either side is ReasonNotFound; a step that the table does
// not allow now is ReasonStep.
func (b *Book) Take(ctx context.Context, actor Actor, id ID, act Act) (Mandate, error) {
	m, err := b.Store.Mandate(ctx, id)
	if err != nil {
		return Mandate{}, fmt.Errorf("%s a mandate: %w", act, err)
	}
	if b.hasLapsed(m) {
		if _, err := b.save(ctx, m, Expire, Actor{}); err != nil {
			return Mandate{}, err
		}
		m.State = Expired
	}
	return b.save(ctx, m, act, actor)
}

// save walks the step and writes it, unless the row has moved on meanwhile.
func (b *Book) save(ctx context.Context, m Mandate, act Act, actor Actor) (Mandate, error) {
	now := b.Now()
	next, err := m.take(act, actor.Holder.ID, now)
	if err != nil {
		return Mandate{}, err
	}
	ok, err := b.Store.SaveStep(ctx, next, m.State, entry(next, Deed(act), actor, now))
	if err != nil {
		return Mandate{}, fmt.Errorf("%s a mandate: %w", act, err)
	}
	if !ok {
		return Mandate{}, problem.New(problem.Conflict, ReasonStep, problem.Args{"state": string(m.State)})
	}
	return next, nil
}

// ExpireLapsed takes the clock's steps that are due and returns how many it
// took. It may run on several machines at once.
func (b *Book) ExpireLapsed(ctx context.Context) (int, error) {
	return b.sweep(ctx, Expire, func() ([]Mandate, error) {
		return b.Store.Lapsed(ctx, b.Now(), b.today().String(), batch)
	})
}

// Permits returns what the actor may do: first for their own card, then for
// each card with an active mandate, one permit a card with all its scopes,
// ordered by name (S17).
func (b *Book) Permits(ctx context.Context, actor Actor) ([]Permit, error) {
	active, err := b.Store.ActiveFor(ctx, actor.Holder.ID)
	if err != nil {
		return nil, fmt.Errorf("read permits: %w", err)
	}
	permits := []Permit{Own(actor)}
	at := map[card.ID]int{}
	today := b.today()
	for _, m := range active {
		if !m.Counts(today) || m.Grantee.ID != actor.Holder.ID || m.Grantor.IsZero() {
			continue
		}
		i, ok := at[m.Grantor.ID]
		if !ok {
			i = len(permits)
			at[m.Grantor.ID] = i
			permits = append(permits, permit{actor: actor, card: m.Grantor})
		}
		p, _ := permits[i].(permit)
		p.scopes = append(p.scopes, m.Scope)
		permits[i] = p
	}
	return permits, nil
}

// PermitFor returns the permit for one card: the actor's own, or one that an
// active mandate gives now. Otherwise, whether the card exists or not, it is a
// problem NotFound with ReasonNoPermit.
func (b *Book) PermitFor(ctx context.Context, actor Actor, id card.ID) (Permit, error) {
	all, err := b.Permits(ctx, actor)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.Card().ID == id {
			return p, nil
		}
	}
	return nil, problem.New(problem.NotFound, ReasonNoPermit, nil)
}

// Note writes into the log what was done with a permit on behalf of another's
// card, or for a holder at the desk. What somebody does alone with their own
// card is nobody's business and is not written.
func (b *Book) Note(ctx context.Context, p Permit, e Entry) error {
	if p.OwnCard() && p.Actor().Staff == "" {
		return nil
	}
	e.At, e.Actor, e.Staff = b.Now(), p.Actor().Holder, p.Actor().Staff
	e.Card, e.Other = p.Card(), p.Actor().Holder
	e.Confirmed = true
	if err := b.Store.AddEntry(ctx, e); err != nil {
		return fmt.Errorf("write the log: %w", err)
	}
	return nil
}

// digest keeps the typed number out of the keys of what is slowed down.
func digest(n card.Number) string {
	sum := sha256.Sum256([]byte(n.Text()))
	return hex.EncodeToString(sum[:])
}

func (b *Book) today() calendar.Date { return calendar.Today(b.Now(), b.Zone) }

func (b *Book) hasLapsed(m Mandate) bool {
	switch m.State {
	case Requested:
		return m.AnswerBy.Before(b.Now())
	case Active:
		return m.Until.Overdue(b.today())
	default:
		return false
	}
}

func entry(m Mandate, deed Deed, actor Actor, at time.Time) Entry {
	return Entry{
		At: at, Deed: deed, Actor: actor.Holder, Staff: actor.Staff, Mandate: m.ID, Scope: m.Scope,
		Card: m.Grantor, Other: m.Grantee, Typed: m.Typed, Starter: m.Starter,
		Confirmed: !m.ConfirmedAt.IsZero(),
	}
}
