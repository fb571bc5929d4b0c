// Package store keeps what Hoofdpas knows in SQLite or PostgreSQL: one
// implementation, one text of each query, two dialects as data. A file per
// domain room holds that room's tables. It decides nothing: rules that must
// hold however many run at once are held by the database (unique indexes,
// transactions as if one after the other), and rooms decide the rest.
//
//	               writes                           reads
//	SQLite         one connection, BEGIN IMMEDIATE  several, query_only, WAL
//	PostgreSQL     SERIALIZABLE, tried again        the same connections
//
// What a driver says is recognised here alone (fault.go): a store that is away,
// locked, full or read-only is a problem of kind Unavailable; anything else is
// an error of ours.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"time"
)

// Options are the parts of the world that a store needs.
type Options struct {
	// Now is the clock. It is needed.
	Now func() time.Time
	// Log is for the operator; nil is silent.
	Log *slog.Logger
	// MaxConns bounds the connections to the database; 0 is a sensible number.
	MaxConns int
	// LockWait is how long a write waits for another program's lock on a SQLite
	// file, such as a running import's; 0 is five seconds.
	LockWait time.Duration
	// OpenDB opens a database over the driver's connections; nil is sql.OpenDB.
	OpenDB func(driver.Connector) *sql.DB
}

// Store is an opened store. It is safe for use by many at once.
type Store struct {
	// read and write are the same pool on PostgreSQL. On SQLite write holds a
	// single connection, so that writers queue here and not at the file's lock.
	read, write *sql.DB
	dialect     *dialect
	now         func() time.Time
	log         *slog.Logger
	jobs        *inserter
}

// Open opens the store at the address: "sqlite:FILE", which makes the file when
// its folder exists, or "postgres://USER:PASSWORD@HOST/DATABASE". It does not
// migrate. Its errors say what to mend, for the one who runs the program: they
// name the file or the host, never a password.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	if o.Now == nil {
		return nil, errors.New("open the store: no clock was handed in")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OpenDB == nil {
		o.OpenDB = sql.OpenDB
	}
	s := &Store{now: o.Now, log: o.Log}
	var err error
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		err = s.openSQLite(ctx, path, o)
	} else if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		err = s.openPostgres(ctx, address, o)
	} else {
		err = errors.New(`the address of the store must be sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE`)
	}
	if err != nil {
		return nil, err
	}
	if err := s.finishOpening(ctx); err != nil {
		_ = s.Close() // the first error counts
		return nil, err
	}
	return s, nil
}

func (s *Store) finishOpening(ctx context.Context) error {
	have, want, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if err := s.fits(ctx, have, want); err != nil {
		return err
	}
	if have > want {
		s.log.WarnContext(ctx, "a newer program has migrated the store; this one can still use it", "store", have, "program", want)
	}
	s.jobs, err = s.newInserter()
	return err
}

// Close closes every connection. What has been committed stays.
func (s *Store) Close() error {
	var errs []error
	if s.read != nil && s.read != s.write {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// How often a transaction that another got in the way of is tried again, and
// how long at most before the first of these tries; it doubles.
const (
	maxTries  = 12
	firstWait = 4 * time.Millisecond
	maxWait   = 250 * time.Millisecond
)

// errAgain makes inTx start over: what the closure saw has been overtaken.
var errAgain = errors.New("overtaken by another transaction")

// inTx runs f in a transaction that counts as if no other ran beside it:
// immediate on SQLite, SERIALIZABLE on PostgreSQL. When another got in the way
// it starts over, so f may run more than once: it holds nothing but SQL, and
// sets what it hands out from scratch. Any error of f rolls back.
func (s *Store) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	return s.retrying(ctx, &sql.TxOptions{Isolation: s.dialect.isolation}, f)
}

// inLockingTx is inTx for an f that holds its rule by locking rows: on
// PostgreSQL it runs READ COMMITTED, where waiting for a lock is no failure.
func (s *Store) inLockingTx(ctx context.Context, f func(*sql.Tx) error) error {
	return s.retrying(ctx, &sql.TxOptions{Isolation: s.dialect.locking}, f)
}

func (s *Store) retrying(ctx context.Context, o *sql.TxOptions, f func(*sql.Tx) error) error {
	return retryOn(ctx, s.write, o, f)
}

// beginner is a pool or one connection of it.
type beginner interface {
	BeginTx(ctx context.Context, o *sql.TxOptions) (*sql.Tx, error)
}

func retryOn(ctx context.Context, db beginner, o *sql.TxOptions, f func(*sql.Tx) error) error {
	pause := firstWait
	for try := 1; ; try++ {
		err := once(ctx, db, o, f)
		if err == nil {
			return nil
		}
		if try == maxTries || (!errors.Is(err, errAgain) && !retryable(err)) {
			return known(err)
		}
		if err := rest(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, maxWait)
	}
}

// view runs f in a transaction that only reads and sees one state of the whole
// store, however long it takes.
func (s *Store) view(ctx context.Context, f func(*sql.Tx) error) error {
	return known(once(ctx, s.read, &sql.TxOptions{Isolation: s.dialect.snapshot, ReadOnly: true}, f))
}

func once(ctx context.Context, db beginner, o *sql.TxOptions, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing; otherwise the first error counts
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", ended(err, o))
	}
	return nil
}

// ended is unsure unless the transaction only read, or is tried again.
func ended(err error, o *sql.TxOptions) error {
	if retryable(err) || (o != nil && o.ReadOnly) {
		return err
	}
	return unsure(err)
}

// rest waits for a random part of the pause, so that two who met do not meet
// again.
func rest(ctx context.Context, pause time.Duration) error {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(pause)))
	if err != nil {
		return fmt.Errorf("draw a pause: %w", err)
	}
	t := time.NewTimer(time.Duration(n.Int64()))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for another transaction: %w", ctx.Err())
	case <-t.C:
		return nil
	}
}
