package mandate

import (
	"context"
	"fmt"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/throttle"
)

// SlowingRules are the rules for what this room lets be tried, by the part of
// the key up to its last slash. A parent with five children asks for ten
// mandates in one evening.
func SlowingRules() map[string]throttle.Rule {
	const day = 24 * time.Hour
	return map[string]throttle.Rule{
		"mandate/card/":    {Free: 20, First: time.Minute, Longest: time.Hour, Forget: day},
		"mandate/address/": {Free: 60, First: time.Minute, Longest: time.Hour, Forget: day},
		"mandate/target/":  {Free: 10, First: time.Minute, Longest: time.Hour, Forget: day},
	}
}

// Link is a mandate that the desk makes while both holders stand there: the
// only way for a card without a birth date.
type Link struct {
	Staff            string
	Grantor, Grantee card.Holder
	Scopes           []Scope
	// Months is one of Terms.
	Months int
}

// Link makes an active mandate for each scope. Each is asked by the grantee and
// confirmed by the grantor, both with the staff member's name in the log.
// Problems: ReasonOwnCard, ReasonNoScope, ReasonUnknownChoice, ReasonExists.
func (b *Book) Link(ctx context.Context, l Link) error {
	a := Application{
		Starter: l.Grantee, Side: Grantee, Number: l.Grantor.Number, Scopes: once(l.Scopes), Months: l.Months,
	}
	if err := b.checkChoices(a).Or(); err != nil {
		return err
	}
	if err := b.checkNew(ctx, a); err != nil {
		return err
	}
	for _, scope := range a.Scopes {
		m := b.opened(a, scope, l.Grantor)
		asked := entry(m, Deed(Request), Actor{Holder: l.Grantee, Staff: l.Staff}, m.RequestedAt)
		kept, err := b.Store.AddRequest(ctx, m, asked)
		if err != nil {
			return fmt.Errorf("link two cards: %w", err)
		}
		if _, err := b.Take(ctx, Actor{Holder: l.Grantor, Staff: l.Staff}, kept.ID, Confirm); err != nil {
			return err
		}
	}
	return nil
}

// CloseGone takes the library's step for mandates of closed cards and returns
// how many it took. They have counted for nothing since the card was closed. It
// may run on several machines at once.
func (b *Book) CloseGone(ctx context.Context) (int, error) {
	return b.sweep(ctx, Close, func() ([]Mandate, error) { return b.Store.OfClosedCards(ctx, batch) })
}

// batch is how many mandates a sweep reads at once.
const batch = 500

// sweep takes an act that nobody asks for on every mandate that due returns.
func (b *Book) sweep(ctx context.Context, act Act, due func() ([]Mandate, error)) (int, error) {
	taken := 0
	for {
		some, err := due()
		if err != nil {
			return taken, fmt.Errorf("%s mandates: %w", act, err)
		}
		for _, m := range some {
			switch _, err := b.save(ctx, m, act, Actor{}); {
			case err == nil:
				taken++
			case problem.KindOf(err) != problem.Conflict: // a conflict: another machine was quicker
				return taken, err
			}
		}
		if len(some) < batch {
			return taken, nil
		}
	}
}
