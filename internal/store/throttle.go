package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"hoofdpas/internal/throttle"
)

var _ throttle.Store = (*Store)(nil)

// errNothing rolls back the rows that were made only to be locked.
var errNothing = errors.New("nothing to write")

// Buckets implements throttle.Store. The rows are locked, in one order, so that
// many log-ins at once wait for each other where they share a key and nowhere
// else.
func (s *Store) Buckets(ctx context.Context, keys []string, decide func([]throttle.Bucket) []throttle.Bucket) error {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = typed(k)
	}
	inOrder := slices.Compact(slices.Sorted(slices.Values(names)))
	err := s.inLockingTx(ctx, func(tx *sql.Tx) error {
		have := map[string]throttle.Bucket{}
		for _, name := range inOrder {
			b, err := s.lockBucket(ctx, tx, name)
			if err != nil {
				return err
			}
			have[name] = b
		}
		asked := make([]throttle.Bucket, len(names))
		for i, name := range names {
			asked[i] = have[name]
		}
		next := decide(asked)
		if next == nil {
			return errNothing
		}
		for i, b := range next {
			if err := changeOne(ctx, tx, `UPDATE buckets SET attempts = $2, last_at_ms = $3 WHERE name = $1`,
				names[i], b.Count, max(0, b.Last.UnixMilli())); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errNothing) {
		return fmt.Errorf("count attempts: %w", err)
	}
	return nil
}

// lockBucket makes the row if need be, so that there is one to lock, and reads
// it.
func (s *Store) lockBucket(ctx context.Context, tx *sql.Tx, name string) (b throttle.Bucket, err error) {
	if _, err := change(ctx, tx, `INSERT INTO buckets (name, attempts, last_at_ms) VALUES ($1, 0, $2)
		ON CONFLICT (name) DO NOTHING`, name, ms(s.now())); err != nil {
		return b, err
	}
	b, ok, err := one(ctx, tx, func(r row) (b throttle.Bucket, err error) {
		err = r.Scan(&b.Count, instant{&b.Last})
		return b, err //nolint:wrapcheck // the caller says what it was doing
	}, `SELECT attempts, last_at_ms FROM buckets WHERE name = $1`+s.dialect.forUpdate, name)
	if err == nil && !ok {
		err = errAgain // swept between the two statements
	}
	if b.Count == 0 {
		b.Last = time.Time{}
	}
	return b, err
}

// ForgetBuckets implements throttle.Store.
func (s *Store) ForgetBuckets(ctx context.Context, keys ...string) error {
	err := s.inLockingTx(ctx, func(tx *sql.Tx) error {
		for _, k := range slices.Sorted(slices.Values(keys)) { // the order in which Buckets locks
			if _, err := change(ctx, tx, `DELETE FROM buckets WHERE name = $1`, typed(k)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget attempts: %w", err)
	}
	return nil
}

// SweepBuckets implements throttle.Store.
func (s *Store) SweepBuckets(ctx context.Context, before time.Time) error {
	err := s.inLockingTx(ctx, func(tx *sql.Tx) error {
		_, err := change(ctx, tx, `DELETE FROM buckets WHERE last_at_ms < $1`, ms(before))
		return err
	})
	if err != nil {
		return fmt.Errorf("sweep attempts: %w", err)
	}
	return nil
}
