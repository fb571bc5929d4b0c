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
// and birth date match a card, the outcome is the same, after the same work:
// nil, and a row on the starter's list. Errors are problems: ReasonOwnCard,
// ReasonNoScope, ReasonUnknownChoice, ReasonBirthDate, ReasonTooMany,
// ReasonExists, or the library system being away.
func (b *Book) Apply(ctx context.Context, a Application) error {
	a.Scopes = once(a.Scopes)
	if err := b.check(a); err != nil {
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
	// Only now, or a holder could try numbers for nothing until this one tells
	// which is that of a card they are linked to.
	if err := b.checkNew(ctx, a); err != nil {
		return err
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

// once are the scopes without repeats.
func once(scopes []Scope) []Scope { return slices.Compact(slices.Sorted(slices.Values(scopes))) }

// check finds what is wrong with an application without looking at any card or
// mandate, so that its answers tell nothing about them.
func (b *Book) check(a Application) error {
	unmet := b.checkChoices(a)
	if a.Born.IsZero() || a.Born.After(b.today()) {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonBirthDate, nil).At("born"))
	}
	return unmet.Or()
}

// checkChoices finds what is wrong with the card and the choices.
func (b *Book) checkChoices(a Application) problem.List {
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
	return unmet
}

// checkNew refuses what is active already: ReasonExists, for each such scope. It
// rests only on mandates that the starter can see are active.
func (b *Book) checkNew(ctx context.Context, a Application) error {
	mine, err := b.Store.MandatesOf(ctx, a.Starter.ID)
	if err != nil {
		return fmt.Errorf("look for such a mandate: %w", err)
	}
	var unmet problem.List
	for _, m := range mine {
		side, _ := m.sideOf(a.Starter.ID)
		if m.Counts(b.today()) && side == a.Side && slices.Contains(a.Scopes, m.Scope) && m.across(side).Number == a.Number {
			unmet = append(unmet, exists(m.Scope))
		}
	}
	return unmet.Or()
}

func exists(s Scope) *problem.Problem {
	return problem.New(problem.Refused, ReasonExists, problem.Args{"scope": string(s)}).At("scope")
}

// across returns the holder opposite to side.
func (m Mandate) across(side Side) card.Holder {
	if side == Grantor {
		return m.Grantee
	}
	return m.Grantor
}

// match returns the holder whose card number and birth date were both typed
// right, or zero. Its work is the same either way, or its time would tell whose
// birth date was guessed: the library is asked once, and one card is looked up
// among those we know, for want of another the starter's own.
func (b *Book) match(ctx context.Context, a Application) (card.Holder, error) {
	found, ok, err := b.Cards.Card(ctx, a.Number)
	if err != nil {
		return card.Holder{}, fmt.Errorf("look up the typed card: %w", err)
	}
	if !ok {
		found = card.Card{Number: a.Starter.Number, Name: a.Starter.Name}
	}
	h, err := b.Store.KnowCard(ctx, found)
	if err != nil {
		return card.Holder{}, fmt.Errorf("keep the typed card: %w", err)
	}
	if !ok || !found.BornOn(a.Born) || h.ID == a.Starter.ID {
		return card.Holder{}, nil
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
		// Confirmed after its last day it would allow nothing.
		if over := m.Until.AddDays(1).Begin(b.Zone).Add(-time.Millisecond); over.Before(m.AnswerBy) {
			m.AnswerBy = over
		}
	}
	m.Grantor, m.Grantee = a.Starter, other
	if a.Side == Grantee {
		m.Grantor, m.Grantee = other, a.Starter
	}
	return m
}

// Take lets a holder take a step: Confirm, Decline, Withdraw or End (S15, S16),
// and returns the mandate as that holder may see it. It counts from the next
// request on, in every session. A mandate that is not the holder's own on either
// side is ReasonNotFound; a step that the table does not allow now is
// ReasonStep; confirming what is active already, asked by the other way round,
// is ReasonExists.
func (b *Book) Take(ctx context.Context, actor Actor, id ID, act Act) (Mandate, error) {
	m, err := b.Store.Mandate(ctx, id)
	if err != nil {
		return Mandate{}, fmt.Errorf("%s a mandate: %w", act, err)
	}
	// Before all else: a stranger, and an actor who is nobody (that is the
	// clock to the table), learn nothing and move nothing.
	side, ok := m.sideOf(actor.Holder.ID)
	if !ok {
		return Mandate{}, problem.New(problem.NotFound, ReasonNotFound, nil)
	}
	if b.hasLapsed(m) {
		if err := b.expire(ctx, m); err != nil {
			return Mandate{}, err
		}
		m.State = Expired
	}
	if act == Confirm && m.may(ByOther, actor.Holder.ID) {
		if err := b.makeRoom(ctx, m); err != nil {
			return Mandate{}, err
		}
	}
	m, err = b.save(ctx, m, act, actor)
	if err != nil {
		return Mandate{}, err
	}
	m, _ = seenBy(m, actor.Holder.ID, side)
	return m, nil
}

// makeRoom looks before a mandate is confirmed whether there is one like it. One
// that is active stays: the two have asked each other. One that is over makes
// room, if the clock's step has not been written yet.
func (b *Book) makeRoom(ctx context.Context, m Mandate) error {
	if m.State != Requested || !m.Matched() {
		return nil
	}
	alike, err := b.Store.ActiveFor(ctx, m.Grantee.ID)
	if err != nil {
		return fmt.Errorf("look for such a mandate: %w", err)
	}
	for _, a := range alike {
		switch {
		case a.Grantor.ID != m.Grantor.ID || a.Scope != m.Scope:
		case a.Counts(b.today()):
			return exists(m.Scope)
		default:
			if err := b.expire(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// expire takes the clock's step. That somebody else was quicker is no matter.
func (b *Book) expire(ctx context.Context, m Mandate) error {
	if _, err := b.save(ctx, m, Expire, Actor{}); err != nil && problem.KindOf(err) != problem.Conflict {
		return err
	}
	return nil
}

// Confirm is Take for who reads a request and says yes to what they read (S15):
// asked is its RequestedAt. One that was asked again since, perhaps for longer,
// is ReasonStep: nobody agrees to what they have not seen.
func (b *Book) Confirm(ctx context.Context, actor Actor, id ID, asked time.Time) (Mandate, error) {
	m, err := b.Store.Mandate(ctx, id)
	if err != nil {
		return Mandate{}, fmt.Errorf("confirm a mandate: %w", err)
	}
	if _, ok := m.sideOf(actor.Holder.ID); ok && m.RequestedAt.UnixMilli() != asked.UnixMilli() {
		return Mandate{}, problem.New(problem.Conflict, ReasonStep, problem.Args{"state": string(m.State)})
	}
	return b.Take(ctx, actor, id, Confirm)
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
	p, ok := of(all, id)
	if !ok {
		return nil, problem.New(problem.NotFound, ReasonNoPermit, nil)
	}
	return p, nil
}

// Among is PermitFor for who has read all permits of this request: the one for the
// card, if it allows the scope.
func Among(permits []Permit, id card.ID, scope Scope) (Permit, bool) {
	p, ok := of(permits, id)
	return p, ok && p.Allows(scope)
}

func of(permits []Permit, id card.ID) (Permit, bool) {
	i := slices.IndexFunc(permits, func(p Permit) bool { return p.Card().ID == id })
	if i < 0 {
		return nil, false
	}
	return permits[i], true
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
