package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"hoofdpas/internal/ledger"
)

// inBookingTx is inTx for what writes postings. Those who book do so one after
// the other, or the chain of postings would fork: on PostgreSQL the second
// waits for the first before it looks at anything, so that neither has to start
// over.
func (s *Store) inBookingTx(ctx context.Context, f func(*sql.Tx) error) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if s.dialect.lockLedger != "" {
			if _, err := tx.ExecContext(ctx, s.dialect.lockLedger); err != nil {
				return fmt.Errorf("wait for the ledger: %w", err)
			}
		}
		return f(tx)
	})
}

// post writes the postings at the end of the chain. It runs in inBookingTx.
func post(ctx context.Context, tx *sql.Tx, postings []ledger.Posting) error {
	if len(postings) == 0 {
		return nil
	}
	head, err := ledgerHead(ctx, tx)
	if err != nil {
		return err
	}
	for i, p := range postings {
		if p, err = ledger.Post(p); err != nil {
			return fmt.Errorf("posting %d of %d: %w", i+1, len(postings), err)
		}
		head = ledger.Head{No: head.No + 1, Hash: ledger.Seal(head.Hash, head.No+1, p)}
		if err := changeOne(ctx, tx, `INSERT INTO postings (id, payment_id, refund_id, shift_id, from_account, to_account,
				amount, why, reverses, at_ms, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			head.No, key(p.Payment), key(p.Refund), key(p.Shift), string(p.From), string(p.To),
			int64(p.Amount), string(p.Why), key(p.Reverses), ms(p.At), head.Hash[:]); err != nil {
			return fmt.Errorf("write a posting: %w", err)
		}
	}
	return setLedgerHead(ctx, tx, head)
}

func setLedgerHead(ctx context.Context, tx *sql.Tx, head ledger.Head) error {
	if err := changeOne(ctx, tx, `UPDATE ledger_head SET posting = $1, hash = $2`, head.No, head.Hash[:]); err != nil {
		return fmt.Errorf("move the head of the ledger: %w", err)
	}
	return nil
}

func ledgerHead(ctx context.Context, q querier) (ledger.Head, error) {
	head, ok, err := one(ctx, q, func(r row) (h ledger.Head, err error) {
		err = r.Scan(&h.No, seal{&h.Hash})
		return h, err //nolint:wrapcheck // wrapped below
	}, `SELECT posting, hash FROM ledger_head`)
	if err == nil && !ok {
		err = errors.New("there is none")
	}
	if err != nil {
		return ledger.Head{}, fmt.Errorf("read the head of the ledger: %w", err)
	}
	return head, nil
}

// seal reads a hash. What is none, whatever somebody wrote there, reads as the
// zero one, which seals nothing.
type seal struct{ to *ledger.Hash }

// Scan implements sql.Scanner.
func (s seal) Scan(v any) error {
	*s.to = ledger.Hash{}
	if raw, ok := v.([]byte); ok && len(raw) == len(s.to) {
		copy(s.to[:], raw)
	}
	return nil
}

// sealCopied seals the postings that were written before they formed a chain.
func sealCopied(ctx context.Context, tx *sql.Tx) error {
	var head ledger.Head
	for {
		const atOnce = 500
		some, err := list(ctx, tx, readPosting, selectPostings+` LIMIT $2`, head.No, atOnce)
		if err != nil {
			return fmt.Errorf("read postings: %w", err)
		}
		for _, r := range some {
			head = ledger.Head{No: r.No, Hash: ledger.Seal(head.Hash, r.No, r.Posting)}
			if err := changeOne(ctx, tx, `UPDATE postings SET hash = $2 WHERE id = $1`, head.No, head.Hash[:]); err != nil {
				return fmt.Errorf("seal posting %d: %w", r.No, err)
			}
		}
		if len(some) < atOnce {
			return setLedgerHead(ctx, tx, head)
		}
	}
}
