package store

import (
	"context"
	"fmt"

	"hoofdpas/internal/card"
)

// holderColumns are the columns of a holder from the cards row with the alias,
// which a LEFT JOIN may have left out.
func holderColumns(alias string) string {
	return "coalesce(" + alias + ".id, 0), coalesce(" + alias + ".number, ''), coalesce(" + alias + ".name, '')"
}

// intoHolder is where holderColumns are read into.
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
