package account

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"

	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

// Finder is what only some library systems can do: find cards by a part of the
// holder's name, at most limit.
type Finder interface {
	FindCards(ctx context.Context, query string, limit int) ([]card.Card, error)
}

// MostFound is how many cards a search at the desk finds at most.
const MostFound = 20

// longestQuery bounds a typed number or name in characters.
const longestQuery = 200

// Lookup finds cards for the desk by number or, where the library system can,
// by name; at most 20. A card whose number is the query exactly stands alone.
// Nobody has a name of over 200 characters.
func (p *Porter) Lookup(ctx context.Context, query string) ([]card.Card, error) {
	if utf8.RuneCountInString(query) > longestQuery {
		return nil, nil
	}
	if number, err := card.ReadNumber(query); err == nil {
		c, ok, err := p.Cards.Card(ctx, number)
		if err != nil {
			return nil, fmt.Errorf("look up a card: %w", err)
		}
		if ok {
			return []card.Card{c}, nil
		}
	}
	f, ok := p.Cards.(Finder)
	if !ok || strings.TrimSpace(query) == "" {
		return nil, nil
	}
	found, err := f.FindCards(ctx, query, MostFound)
	if err != nil {
		return nil, fmt.Errorf("find cards: %w", err)
	}
	return found, nil
}

// Known returns the card with the number, and its holder as we know them from
// now on. It is ReasonCardNotFound when there is no such card.
func (p *Porter) Known(ctx context.Context, number card.Number) (card.Holder, card.Card, error) {
	c, ok, err := p.Cards.Card(ctx, number)
	if err != nil {
		return card.Holder{}, card.Card{}, fmt.Errorf("look up a card: %w", err)
	}
	if !ok {
		return card.Holder{}, card.Card{}, problem.New(problem.NotFound, ReasonCardNotFound, nil)
	}
	h, err := p.Store.KnowCard(ctx, c)
	if err != nil {
		return card.Holder{}, card.Card{}, fmt.Errorf("keep a card: %w", err)
	}
	return h, c, nil
}

// KnownByID is Known by our own key. While the library system is away it
// returns the holder as we know them, together with the error.
func (p *Porter) KnownByID(ctx context.Context, id card.ID) (card.Holder, card.Card, error) {
	a, err := p.account(ctx, id)
	if err != nil {
		return card.Holder{}, card.Card{}, err
	}
	if a.Closed {
		return card.Holder{}, card.Card{}, problem.New(problem.NotFound, ReasonCardNotFound, nil)
	}
	h, c, err := p.Known(ctx, a.Holder.Number)
	if problem.KindOf(err) == problem.Unavailable {
		return a.Holder, card.Card{}, err
	}
	return h, c, err
}

// HandOutPassword makes a first password for a card and returns it: the only
// time that it can be read. The own password stops at once and every session of
// the card ends. The act is logged with the staff member's name.
func (p *Porter) HandOutPassword(ctx context.Context, staff Staff, h card.Holder) (string, error) {
	secret, err := readable()
	if err != nil {
		return "", err
	}
	hash, err := p.Hasher.Hash(ctx, secret)
	if err != nil {
		return "", fmt.Errorf("hand out a password: %w", err)
	}
	act := StaffAct{At: p.Now(), Staff: staff.Name, Card: h, Act: "first_password"}
	if err := p.Store.HandOutFirst(ctx, h.ID, hash, act); err != nil {
		return "", fmt.Errorf("hand out a password: %w", err)
	}
	return secret, nil
}

// The letters of a first password are such as nobody mistakes for another: no
// vowels, so that no word comes out, and neither 1, l, I, 0 nor O.
const (
	capitals = "BCDFGHJKLMNPQRSTVWXZ"
	smalls   = "bcdfghjkmnpqrstvwxz"
	numerals = "23456789"
)

// readable makes a password to be read from paper, such as "Kbtm-4827-dhwz!":
// 46 bits, and it meets the rule of S4.
func readable() (string, error) {
	var b strings.Builder
	for _, part := range []struct {
		from  string
		count int
	}{
		{capitals, 1}, {smalls, 3}, {"-", 1}, {numerals, 4}, {"-", 1}, {smalls, 4}, {"!", 1},
	} {
		for range part.count {
			i, err := rand.Int(rand.Reader, big.NewInt(int64(len(part.from))))
			if err != nil {
				return "", fmt.Errorf("make a password: %w", err)
			}
			b.WriteByte(part.from[i.Int64()])
		}
	}
	return b.String(), nil
}
