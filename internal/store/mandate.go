package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
)

var _ mandate.Store = (*Store)(nil)

// selectMandates reads mandates with both holders; what follows is a condition
// on m, r (the grantor's card) and e (the grantee's).
const selectMandates = `SELECT m.id, m.scope, m.starter, m.typed, m.state, m.requested_at_ms, m.answer_by_ms, m.confirmed_at_ms,
		m.closed_at_ms, m.until, ` + holderR + `, ` + holderE + `
	FROM mandates m LEFT JOIN cards r ON r.id = m.grantor_id LEFT JOIN cards e ON e.id = m.grantee_id `

func readMandate(r row) (m mandate.Mandate, err error) {
	into := []any{
		&m.ID, &m.Scope, &m.Starter,
		number{&m.Typed},
		&m.State,
		instant{&m.RequestedAt},
		instant{&m.AnswerBy},
		instant{&m.ConfirmedAt},
		instant{&m.ClosedAt},
		day{&m.Until},
	}
	into = append(append(into, intoHolder(&m.Grantor)...), intoHolder(&m.Grantee)...)
	err = r.Scan(into...)
	return m, err //nolint:wrapcheck // the caller says what it was doing
}

// mandateByID reads a mandate, or is a problem with ReasonNotFound.
func mandateByID(ctx context.Context, q querier, id mandate.ID) (mandate.Mandate, error) {
	m, ok, err := one(ctx, q, readMandate, selectMandates+`WHERE m.id = $1`, id)
	if err == nil && !ok {
		err = problem.New(problem.NotFound, mandate.ReasonNotFound, nil)
	}
	return m, err
}

// Mandate implements mandate.Store.
func (s *Store) Mandate(ctx context.Context, id mandate.ID) (mandate.Mandate, error) {
	m, err := mandateByID(ctx, s.read, id)
	if err != nil {
		return mandate.Mandate{}, fmt.Errorf("read a mandate: %w", err)
	}
	return m, nil
}

func (s *Store) mandates(ctx context.Context, where string, args ...any) ([]mandate.Mandate, error) {
	all, err := list(ctx, s.read, readMandate, selectMandates+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read mandates: %w", err)
	}
	return all, nil
}

// The conditions of the lists below; a test looks how they are answered.
const (
	mandatesOf = `WHERE m.grantor_id = $1 OR m.grantee_id = $1 ORDER BY m.requested_at_ms DESC, m.id DESC`
	// A mandate with a closed card on either side counts for nothing at once,
	// before CloseGone has come by.
	activeFor = `WHERE m.state = 'active' AND m.grantee_id = $1 AND r.closed_at_ms IS NULL AND e.closed_at_ms IS NULL
		ORDER BY r.sort_name, r.name, r.id, m.id`
	lapsedAsked  = `WHERE m.state = 'requested' AND m.answer_by_ms < $1 ORDER BY m.answer_by_ms LIMIT $2`
	lapsedActive = `WHERE m.state = 'active' AND m.until < $1 ORDER BY m.until LIMIT $2`
	// ofClosed starts at the closed cards, which have few mandates left; CROSS
	// JOIN keeps SQLite to that order. A request to a closed card runs out as one
	// that matched nobody does: ended sooner, it would tell who asked that it had
	// matched.
	ofClosed = `WHERE m.id IN (
			SELECT g.id FROM cards c CROSS JOIN mandates g WHERE c.closed_at_ms IS NOT NULL AND g.grantor_id = c.id
				AND g.state IN ('requested', 'active') AND (g.state = 'active' OR g.starter = 'grantor')
			UNION SELECT g.id FROM cards c CROSS JOIN mandates g WHERE c.closed_at_ms IS NOT NULL AND g.grantee_id = c.id
				AND g.state IN ('requested', 'active') AND (g.state = 'active' OR g.starter = 'grantee'))
		ORDER BY m.id LIMIT $1`
)

// MandatesOf implements mandate.Store.
func (s *Store) MandatesOf(ctx context.Context, id card.ID) ([]mandate.Mandate, error) {
	return s.mandates(ctx, mandatesOf, id)
}

// ActiveFor implements mandate.Store.
func (s *Store) ActiveFor(ctx context.Context, grantee card.ID) ([]mandate.Mandate, error) {
	return s.mandates(ctx, activeFor, grantee)
}

// Lapsed implements mandate.Store.
func (s *Store) Lapsed(ctx context.Context, now time.Time, today string, limit int) ([]mandate.Mandate, error) {
	asked, err := s.mandates(ctx, lapsedAsked, ms(now), limit)
	if err != nil || len(asked) >= limit {
		return asked, err
	}
	active, err := s.mandates(ctx, lapsedActive, today, limit-len(asked))
	return append(asked, active...), err
}

// OfClosedCards implements mandate.Store.
func (s *Store) OfClosedCards(ctx context.Context, limit int) ([]mandate.Mandate, error) {
	return s.mandates(ctx, ofClosed, limit)
}

// AddRequest implements mandate.Store.
func (s *Store) AddRequest(ctx context.Context, m mandate.Mandate, e mandate.Entry) (kept mandate.Mandate, err error) {
	starter := m.Grantee.ID
	if m.Starter == mandate.Grantor {
		starter = m.Grantor.ID
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		// Of an open request the side that matched stays matched: a second try
		// that matches nothing takes nothing away.
		id, _, err := one(ctx, tx, value[mandate.ID], `INSERT INTO mandates (scope, starter, starter_id, grantor_id, grantee_id,
				typed, state, requested_at_ms, answer_by_ms, until) VALUES ($1, $2, $3, $4, $5, $6, 'requested', $7, $8, $9)
			ON CONFLICT (starter_id, starter, scope, typed) WHERE state = 'requested' DO UPDATE SET
				grantor_id = coalesce(mandates.grantor_id, excluded.grantor_id),
				grantee_id = coalesce(mandates.grantee_id, excluded.grantee_id),
				requested_at_ms = excluded.requested_at_ms, answer_by_ms = excluded.answer_by_ms, until = excluded.until
			RETURNING id`,
			m.Scope, m.Starter, starter, key(m.Grantor.ID), key(m.Grantee.ID), m.Typed.Text(), ms(m.RequestedAt),
			ms(m.AnswerBy), iso(m.Until))
		if err != nil {
			return err
		}
		if kept, err = mandateByID(ctx, tx, id); err != nil {
			return err
		}
		e.Mandate = id
		return addEntry(ctx, tx, e)
	})
	if err != nil {
		return mandate.Mandate{}, fmt.Errorf("keep a request: %w", err)
	}
	return kept, nil
}

// SaveStep implements mandate.Store. A closed card on either side makes nothing
// active.
func (s *Store) SaveStep(ctx context.Context, m mandate.Mandate, from mandate.State, e mandate.Entry) (saved bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		saved = false
		n, err := change(ctx, tx, `UPDATE mandates SET state = $3, confirmed_at_ms = $4, closed_at_ms = $5
			WHERE id = $1 AND state = $2 AND requested_at_ms = $6 AND ($3 <> 'active' OR NOT EXISTS (
				SELECT 1 FROM mandates a WHERE a.state = 'active' AND a.grantor_id = mandates.grantor_id
					AND a.grantee_id = mandates.grantee_id AND a.scope = mandates.scope
				UNION ALL SELECT 1 FROM cards k
					WHERE k.id IN (mandates.grantor_id, mandates.grantee_id) AND k.closed_at_ms IS NOT NULL))`,
			m.ID, from, m.State, ms(m.ConfirmedAt), ms(m.ClosedAt), ms(m.RequestedAt))
		if err != nil || n == 0 {
			return err
		}
		saved = true
		e.Mandate = m.ID
		return addEntry(ctx, tx, e)
	})
	if err != nil {
		return false, fmt.Errorf("save a step of a mandate: %w", err)
	}
	return saved, nil
}
