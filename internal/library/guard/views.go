package guard

import (
	"context"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
)

// Cards returns the guarded cards, which are an account.Finder and an
// account.Keyed only when the connector is.
func (s *System) Cards() account.Cards {
	f, finds := s.inner.(account.Finder)
	k, keyed := s.inner.(account.Keyed)
	switch {
	case finds && keyed:
		return struct {
			*System
			finder
			keys
		}{s, finder{s, f}, keys{s, k}}
	case finds:
		return struct {
			*System
			finder
		}{s, finder{s, f}}
	case keyed:
		return struct {
			*System
			keys
		}{s, keys{s, k}}
	}
	return s
}

type finder struct {
	guard *System
	inner account.Finder
}

// FindCards asks every time.
func (f finder) FindCards(ctx context.Context, query string, limit int) ([]card.Card, error) {
	return read(ctx, f.guard, "find cards", card.Number{}, func(ctx context.Context) ([]card.Card, error) {
		return f.inner.FindCards(ctx, query, limit)
	})
}

type keys struct {
	guard *System
	inner account.Keyed
}

// CardByKey asks every time.
func (k keys) CardByKey(ctx context.Context, key string) (card.Card, bool, error) {
	f, err := read(ctx, k.guard, "card by key", card.Number{}, func(ctx context.Context) (found, error) {
		c, ok, err := k.inner.CardByKey(ctx, key)
		return found{c, ok}, err
	})
	return f.card, f.ok, err
}

// Fresh returns the guarded system without anything kept from before: for who is
// about to take money for what it says.
func (s *System) Fresh() circulation.LibrarySystem { return fresh{s} }

type fresh struct{ *System }

// Loans returns the card's loans as they are now.
func (f fresh) Loans(ctx context.Context, number card.Number) ([]circulation.Loan, error) {
	f.loans.drop(number, false)
	return f.System.Loans(ctx, number)
}

// Fees returns the card's open fees as they are now.
func (f fresh) Fees(ctx context.Context, number card.Number) ([]circulation.Fee, error) {
	f.fees.drop(number, false)
	return f.System.Fees(ctx, number)
}
