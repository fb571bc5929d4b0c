package store

import (
	"context"
	"fmt"

	"hoofdpas/internal/card"
)

// The columns of a holder from the cards row with the alias of that letter,
// which a LEFT JOIN may have left out.
const (
	holderA = `coalesce(a.id, 0), coalesce(a.number, ''), coalesce(a.name, '')`
	holderE = `coalesce(e.id, 0), coalesce(e.number, ''), coalesce(e.name, '')`
	holderK = `coalesce(k.id, 0), coalesce(k.number, ''), coalesce(k.name, '')`
	holderO = `coalesce(o.id, 0), coalesce(o.number, ''), coalesce(o.name, '')`
	holderR = `coalesce(r.id, 0), coalesce(r.number, ''), coalesce(r.name, '')`
)

// intoHolder is where they are read into.
func intoHolder(h *card.Holder) []any { return []any{&h.ID, number{&h.Number}, &h.Name} }

// KnowCard makes sure that we have a row for the card, refreshes its name and
// returns its holder. It opens no closed card again: an import does.
func (s *Store) KnowCard(ctx context.Context, c card.Card) (card.Holder, error) {
	h := card.Holder{Number: c.Number, Name: c.Name}
	old, ok, err := one(ctx, s.read, func(r row) (k card.Holder, err error) {
		err = r.Scan(&k.ID, &k.Name)
		return k, err //nolint:wrapcheck // wrapped below
	}, `SELECT id, name FROM cards WHERE number = $1`, c.Number.Text())
	if err != nil {
		return card.Holder{}, fmt.Errorf("look for a known card: %w", err)
	}
	if ok && old.Name == c.Name {
		h.ID = old.ID
		return h, nil
	}
	h.ID, _, err = one(ctx, s.write, value[card.ID], `INSERT INTO cards (number, name, sort_name) VALUES ($1, $2, $3)
		ON CONFLICT (number) DO UPDATE SET name = excluded.name, sort_name = excluded.sort_name RETURNING id`,
		c.Number.Text(), typed(c.Name), sortName(typed(c.Name)))
	if err != nil {
		return card.Holder{}, fmt.Errorf("keep a card: %w", err)
	}
	return h, nil
}
