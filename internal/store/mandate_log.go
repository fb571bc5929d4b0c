package store

import (
	"context"
	"fmt"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
)

// AddEntry implements mandate.Store.
func (s *Store) AddEntry(ctx context.Context, e mandate.Entry) error {
	if err := addEntry(ctx, s.write, e); err != nil {
		return fmt.Errorf("write the log: %w", err)
	}
	return nil
}

func addEntry(ctx context.Context, q querier, e mandate.Entry) error {
	return changeOne(ctx, q, `INSERT INTO mandate_log (at_ms, deed, actor_id, staff, mandate_id, scope, card_id, other_id, typed,
			starter, confirmed, items, amount) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		ms(e.At), e.Deed, key(e.Actor.ID), e.Staff, key(e.Mandate), e.Scope, key(e.Card.ID), key(e.Other.ID), e.Typed.Text(),
		e.Starter, e.Confirmed, e.Count, int64(e.Amount))
}

// selectEntries reads the log of card $1 below entry $2, at most $3: the latest
// of each of the three ways to be in it, each straight from its index.
const selectEntries = `SELECT l.id, l.at_ms, l.deed, l.staff, coalesce(l.mandate_id, 0), l.scope, l.typed, l.starter, l.confirmed,
		l.items, l.amount, ` + holderA + `, ` + holderK + `, ` + holderO + `
	FROM mandate_log l LEFT JOIN cards a ON a.id = l.actor_id LEFT JOIN cards k ON k.id = l.card_id
		LEFT JOIN cards o ON o.id = l.other_id
	WHERE l.id IN (SELECT id FROM (` + latestBy + `card_id` + latestOf + `) c UNION SELECT id FROM (` + latestBy + `other_id` + latestOf + `) t
		UNION SELECT id FROM (` + latestBy + `actor_id` + latestOf + `) w)
	ORDER BY l.id DESC LIMIT $3`

const (
	latestBy = `SELECT id FROM mandate_log WHERE `
	latestOf = ` = $1 AND id < $2 ORDER BY id DESC LIMIT $3`
)

func readEntry(r row) (e mandate.Entry, err error) {
	into := []any{
		&e.ID,
		instant{&e.At},
		&e.Deed, &e.Staff, &e.Mandate, &e.Scope,
		number{&e.Typed},
		&e.Starter, &e.Confirmed,
		&e.Count, &e.Amount,
	}
	for _, h := range []*card.Holder{&e.Actor, &e.Card, &e.Other} {
		into = append(into, intoHolder(h)...)
	}
	err = r.Scan(into...)
	return e, err //nolint:wrapcheck // the caller says what it was doing
}

// Entries implements mandate.Store.
func (s *Store) Entries(ctx context.Context, id card.ID, before int64, limit int) ([]mandate.Entry, error) {
	if before <= 0 {
		const last = 1<<63 - 1
		before = last
	}
	all, err := list(ctx, s.read, readEntry, selectEntries, id, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	return all, nil
}
