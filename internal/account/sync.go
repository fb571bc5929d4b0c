package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

// Syncer asks a library system that is not ours for every card that matters
// here: which have a new number, which are gone, which are back. What follows
// from what is seen is one table, docs/it/sync.md.
type Syncer struct {
	Store Store
	// Cards is the library system; when it is Keyed too, a person is found again
	// under a new number.
	Cards Cards
	Now   func() time.Time
	Zone  *time.Location
	Log   *slog.Logger
}

// Synced counts what a run saw.
type Synced struct{ Asked, Renumbered, Missed, Closed, Back int }

// slice is how long one run lasts at most: a short one is over before anybody
// thinks that it hangs, and the next goes on from there.
const slice = time.Minute

// Run asks for cards that were not asked for today, the longest ago first, one
// after the other, for a minute at most. A card that the system cannot answer for
// keeps no other from being asked for; after three in a row it is taken to be
// away.
func (s *Syncer) Run(ctx context.Context) (Synced, error) {
	const batch, misses = 100, 3
	began := s.Now()
	today := calendar.Today(began, s.Zone).Begin(s.Zone)
	var did Synced
	defer func() { s.log(ctx, did) }()
	var failed []error
	tried, inARow := map[card.ID]bool{}, 0
	for {
		some, err := s.Store.ToAsk(ctx, today, batch+len(failed))
		if err != nil {
			return did, fmt.Errorf("ask the library system for cards: %w", err)
		}
		asked := 0
		for _, k := range some {
			if tried[k.Holder.ID] {
				continue
			}
			tried[k.Holder.ID] = true
			asked++
			if err := s.ask(ctx, k, &did); err != nil {
				failed = append(failed, fmt.Errorf("ask the library system for a card: %w", err))
				if inARow++; inARow == misses {
					return did, errors.Join(failed...)
				}
				continue
			}
			inARow = 0
		}
		if asked == 0 || s.Now().Sub(began) > slice {
			return did, errors.Join(failed...)
		}
	}
}

func (s *Syncer) log(ctx context.Context, did Synced) {
	if did.Asked == 0 {
		return
	}
	s.Log.InfoContext(ctx, "asked the library system for cards", "asked", did.Asked, "renumbered", did.Renumbered,
		"missed", did.Missed, "closed", did.Closed, "back", did.Back)
}

// ask asks for one card and keeps what is said.
func (s *Syncer) ask(ctx context.Context, k Known, did *Synced) error {
	c, ok, err := s.Cards.Card(ctx, k.Holder.Number)
	if err == nil && (!ok || (k.Key != "" && c.Key != "" && c.Key != k.Key)) {
		c, ok, err = byKey(ctx, s.Cards, k.Key, c, ok)
	}
	if err != nil {
		return err //nolint:wrapcheck // Run says what it was doing
	}
	did.Asked++
	now := s.Now()
	if !ok {
		did.Missed++
		closed, err := s.Store.Missed(ctx, k.Holder.ID, calendar.Today(now, s.Zone), now)
		if closed {
			did.Closed++
		}
		return err //nolint:wrapcheck // Run says what it was doing
	}
	h, back, err := s.Store.Seen(ctx, k.Holder.ID, c, now)
	if err != nil {
		return err //nolint:wrapcheck // Run says what it was doing
	}
	if back {
		did.Back++
	}
	if h.ID == k.Holder.ID && h.Number != k.Holder.Number {
		did.Renumbered++
	}
	if h.ID != k.Holder.ID {
		s.Log.WarnContext(ctx, "a new number has an account of its own here; the desk has to look at it", "card", k.Holder)
	}
	return nil
}

// byKey finds the person whose number is gone, or is another's by now, by their
// key. Without one it stays with what was said of the number.
func byKey(ctx context.Context, cards Cards, key string, c card.Card, ok bool) (card.Card, bool, error) {
	keyed, can := cards.(Keyed)
	if !can || key == "" {
		return c, ok, nil
	}
	return keyed.CardByKey(ctx, key) //nolint:wrapcheck // the caller says what it was doing
}

// standsWithin is how long a log-in waits for the library system, which it does
// not need.
const standsWithin = 3 * time.Second

// stands asks whether the library still has the card of somebody who has just
// given the right password. While it is away, it has.
func (p *Porter) stands(ctx context.Context, found Account, login string) error {
	asking, cancel := context.WithTimeout(ctx, standsWithin)
	defer cancel()
	c, ok, err := p.Cards.Card(asking, found.Holder.Number)
	if err != nil {
		p.Log.WarnContext(ctx, "the library system could not be asked for a card that logs in", "card", found.Holder, "error", err)
		return nil
	}
	same := ok && (found.Key == "" || c.Key == "" || c.Key == found.Key || c.Name == found.Holder.Name)
	if same {
		_, err := p.Store.KnowCard(ctx, c)
		return err //nolint:wrapcheck // says what it was doing
	}
	if c, ok, err = byKey(asking, p.Cards, found.Key, card.Card{}, false); err != nil || !ok {
		if err != nil {
			p.Log.WarnContext(ctx, "the library system could not be asked for a person", "card", found.Holder, "error", err)
		}
		return problem.New(problem.Refused, ReasonGone, nil)
	}
	if _, err := p.Store.KnowCard(ctx, c); err != nil {
		return err //nolint:wrapcheck // says what it was doing
	}
	if typed, err := card.ReadNumber(login); err == nil && typed == found.Holder.Number {
		return problem.New(problem.Refused, ReasonRenumbered, nil)
	}
	return nil
}

// Renumber gives the account of an old number a new one, at the desk: for a
// library system that tells no key. The library must have the new number, and no
// longer the old one. Problems: ReasonNumberUnknown, ReasonNumberStands,
// ReasonCardNotFound, ReasonNumberUsed, and the library system being away.
func (p *Porter) Renumber(ctx context.Context, staff Staff, old, made card.Number) (card.Holder, error) {
	a, ok, err := p.Store.AccountByNumber(ctx, old)
	if err != nil {
		return card.Holder{}, fmt.Errorf("find the old number: %w", err)
	}
	if !ok {
		return card.Holder{}, problem.New(problem.Invalid, ReasonNumberUnknown, nil).At("oud")
	}
	_, stands, err := p.Cards.Card(ctx, old)
	if err != nil {
		return card.Holder{}, fmt.Errorf("look up the old number: %w", err)
	}
	if stands {
		return card.Holder{}, problem.New(problem.Conflict, ReasonNumberStands, nil).At("oud")
	}
	c, ok, err := p.Cards.Card(ctx, made)
	if err != nil {
		return card.Holder{}, fmt.Errorf("look up the new number: %w", err)
	}
	if !ok {
		return card.Holder{}, problem.New(problem.Invalid, ReasonCardNotFound, nil).At("nieuw")
	}
	act := StaffAct{At: p.Now(), Staff: staff.Name, Card: a.Holder, Act: "new_number"}
	done, err := p.Store.Renumber(ctx, a.Holder.ID, c, act)
	if err != nil {
		return card.Holder{}, fmt.Errorf("give a card another number: %w", err)
	}
	if !done {
		return card.Holder{}, problem.New(problem.Conflict, ReasonNumberUsed, nil).At("nieuw")
	}
	return card.Holder{ID: a.Holder.ID, Number: c.Number, Name: c.Name}, nil
}
