package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"hoofdpas/internal/ledger"
)

// postingColumns are those of a posting p.
const postingColumns = `p.id, p.from_account, p.to_account, p.amount, p.why, p.at_ms,
	coalesce(p.payment_id, 0), coalesce(p.refund_id, 0), coalesce(p.shift_id, 0), coalesce(p.reverses, 0), p.hash`

func intoRow(r *ledger.Row) []any {
	return []any{
		&r.No, &r.From, &r.To, &r.Amount, &r.Why,
		instant{&r.At},
		&r.Payment, &r.Refund, &r.Shift, &r.Reverses,
		seal{&r.Hash},
	}
}

func readPosting(r row) (p ledger.Row, err error) {
	if err = r.Scan(intoRow(&p)...); err != nil {
		err = unreadable(p.No, err)
	}
	return p, err
}

// unreadable is a posting that is none: SQLite keeps a text in place of a number
// for somebody who writes one there.
func unreadable(no int64, err error) error {
	return errors.Join(&ledger.Fault{Kind: ledger.Changed, No: no}, err)
}

// The lists of postings; a test looks how they are answered.
const (
	selectPostings = `SELECT ` + postingColumns + ` FROM postings p WHERE p.id > $1 ORDER BY p.id`
	selectLedger   = `SELECT ` + postingColumns + ` FROM postings p ORDER BY p.id`
	selectBook     = `SELECT ` + postingColumns + `, coalesce(b.branch, r.branch, ''), coalesce(b.year, r.year, 0),
		coalesce(b.no, r.no, 0), coalesce(o.why, '')
		FROM postings p
		LEFT JOIN receipts b ON b.refund_id = p.refund_id
		LEFT JOIN receipts r ON r.payment_id = p.payment_id AND p.refund_id IS NULL
		LEFT JOIN postings o ON o.id = p.reverses
		WHERE p.at_ms >= $1 AND p.at_ms < $2 ORDER BY p.at_ms, p.id`
)

// EachPosting calls each for every posting numbered above after, in the order
// of their numbers, and returns the last posting as the ledger says it. Both
// are of one moment. After 0 come all that are in the table, also one that
// somebody put in with a number below 1: it counts in the books. It stops at
// the first error of each.
func (s *Store) EachPosting(ctx context.Context, after int64, each func(ledger.Row) error) (head ledger.Head, err error) {
	query, args := selectPostings, []any{after}
	if after == 0 {
		query, args = selectLedger, nil
	}
	err = s.view(ctx, func(tx *sql.Tx) error {
		if head, err = ledgerHead(ctx, tx); err != nil {
			return err
		}
		return visit(ctx, tx, readPosting, each, query, args...)
	})
	if err != nil {
		return ledger.Head{}, fmt.Errorf("read the ledger: %w", err)
	}
	return head, nil
}

// EachEntry calls each for every posting from an instant up to, but not
// including, another, in the order of their instants. It stops at the first
// error of each.
func (s *Store) EachEntry(ctx context.Context, from, to time.Time, each func(ledger.Entry) error) error {
	err := s.view(ctx, func(tx *sql.Tx) error {
		return visit(ctx, tx, readBook, each, selectBook, from.UnixMilli(), to.UnixMilli())
	})
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	return nil
}

func readBook(r row) (e ledger.Entry, err error) {
	if err = r.Scan(append(intoRow(&e.Row), &e.Receipt.Branch, &e.Receipt.Year, &e.Receipt.No, &e.Undoes)...); err != nil {
		err = unreadable(e.No, err)
	}
	return e, err
}
