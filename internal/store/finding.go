package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

const selectFindings = `SELECT id, kind, about, coalesce(payment_id, 0), provider, ref, amount, detail, found_at_ms, settled_at_ms,
	settled_by, note FROM findings `

func readFinding(r row) (f payment.Finding, err error) {
	err = r.Scan(&f.ID, &f.Kind, &f.About, &f.Payment, &f.Provider, &f.Ref, &f.Amount, &f.Detail,
		instant{&f.FoundAt},
		instant{&f.SettledAt},
		&f.SettledBy, &f.Note)
	return f, err //nolint:wrapcheck // the caller says what it was doing
}

// The lists; a test looks how they are answered.
const (
	openFindings    = `WHERE settled_at_ms IS NULL ORDER BY id LIMIT $1`
	settledFindings = `WHERE settled_at_ms IS NOT NULL ORDER BY settled_at_ms DESC, id DESC LIMIT $1`
)

// Findings implements payment.Store.
func (s *Store) Findings(ctx context.Context, open bool, limit int) ([]payment.Finding, error) {
	which := settledFindings
	if open {
		which = openFindings
	}
	all, err := list(ctx, s.read, readFinding, selectFindings+which, limit)
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	return all, nil
}

// Finding implements payment.Store.
func (s *Store) Finding(ctx context.Context, id payment.FindingID) (payment.Finding, error) {
	f, ok, err := one(ctx, s.read, readFinding, selectFindings+`WHERE id = $1`, id)
	if err == nil && !ok {
		err = problem.New(problem.NotFound, payment.ReasonNotFound, nil)
	}
	if err != nil {
		return payment.Finding{}, fmt.Errorf("read a finding: %w", err)
	}
	return f, nil
}

// AddFinding implements payment.Store.
func (s *Store) AddFinding(ctx context.Context, f payment.Finding) (kept payment.Finding, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if err := addFinding(ctx, tx, f); err != nil {
			return err
		}
		kept, _, err = one(ctx, tx, readFinding, selectFindings+`WHERE kind = $1 AND about = $2`, f.Kind, typed(f.About))
		return err
	})
	if err != nil {
		return payment.Finding{}, fmt.Errorf("keep a finding: %w", err)
	}
	return kept, nil
}

func addFinding(ctx context.Context, q querier, f payment.Finding) error {
	_, err := change(ctx, q, `INSERT INTO findings (kind, about, payment_id, provider, ref, amount, detail, found_at_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (kind, about) DO NOTHING`,
		f.Kind, typed(f.About), key(f.Payment), f.Provider, typed(f.Ref), int64(f.Amount), typed(f.Detail), ms(f.FoundAt))
	if err != nil {
		return fmt.Errorf("write a finding: %w", err)
	}
	return nil
}

// SettleFinding implements payment.Store.
func (s *Store) SettleFinding(
	ctx context.Context, id payment.FindingID, staff, note string, at time.Time, postings []ledger.Posting,
) (settled bool, err error) {
	err = s.inBookingTx(ctx, func(tx *sql.Tx) error {
		n, err := change(ctx, tx, `UPDATE findings SET settled_at_ms = $2, settled_by = $3, note = $4
			WHERE id = $1 AND settled_at_ms IS NULL`, id, ms(at), staff, typed(note))
		if settled = n > 0; err != nil || !settled {
			return err
		}
		return post(ctx, tx, postings)
	})
	if err != nil {
		return false, fmt.Errorf("settle a finding: %w", err)
	}
	return settled, nil
}
