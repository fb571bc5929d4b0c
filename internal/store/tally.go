package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
)

// Tally is how much waits in the store, for who watches the program. Instants are
// zero when nothing waits.
type Tally struct {
	Mandates map[mandate.State]int64
	Payments map[payment.State]int64
	// OldestOpen is when the open payment that is open longest was started.
	OldestOpen time.Time
	// Undelivered payments are paid and the library system has not been told;
	// OldestUndelivered is when the first of them was paid.
	Undelivered       int64
	OldestUndelivered time.Time
	// Findings wait for somebody at the desk.
	Findings int64
	// Jobs are those to be done, by the job library's word for their state.
	Jobs map[string]int64
}

// Tally counts what waits, as of one moment.
func (s *Store) Tally(ctx context.Context) (Tally, error) {
	var t Tally
	err := s.view(ctx, func(tx *sql.Tx) (err error) {
		t = Tally{}
		if t.Mandates, err = counted[mandate.State](ctx, tx, `SELECT state, count(*) FROM mandates GROUP BY state`); err != nil {
			return err
		}
		if t.Payments, err = counted[payment.State](ctx, tx, `SELECT state, count(*) FROM payments GROUP BY state`); err != nil {
			return err
		}
		if t.Jobs, err = counted[string](ctx, tx, `SELECT CAST(state AS TEXT), count(*) FROM river_job
			WHERE state NOT IN ('completed', 'cancelled', 'discarded') GROUP BY state`); err != nil {
			return err
		}
		if t.Findings, _, err = one(ctx, tx, value[int64], `SELECT count(*) FROM findings WHERE settled_at_ms IS NULL`); err != nil {
			return err
		}
		if t.OldestOpen, _, err = one(ctx, tx, readInstant, `SELECT min(started_at_ms) FROM payments WHERE state = 'open'`); err != nil {
			return err
		}
		t.OldestUndelivered, t.Undelivered, err = undelivered(ctx, tx)
		return err
	})
	if err != nil {
		return Tally{}, fmt.Errorf("count what waits: %w", err)
	}
	return t, nil
}

// undelivered looks at the lines that hold their fee: they are few.
func undelivered(ctx context.Context, tx *sql.Tx) (oldest time.Time, n int64, err error) {
	paid, err := list(ctx, tx, readInstant, `SELECT ended_at_ms FROM payments WHERE state = 'paid' AND id IN
		(SELECT payment_id FROM payment_fees WHERE holding AND told_at_ms IS NULL) ORDER BY ended_at_ms`)
	if len(paid) > 0 {
		oldest = paid[0]
	}
	return oldest, int64(len(paid)), err
}

func readInstant(r row) (t time.Time, err error) {
	err = r.Scan(instant{&t})
	return t, err //nolint:wrapcheck // the caller says what it was doing
}

// counted reads rows of a state and how many are in it.
func counted[S ~string](ctx context.Context, tx *sql.Tx, query string) (map[S]int64, error) {
	type line struct {
		state S
		n     int64
	}
	lines, err := list(ctx, tx, func(r row) (l line, err error) {
		err = r.Scan(&l.state, &l.n)
		return l, err //nolint:wrapcheck // the caller says what it was doing
	}, query)
	counts := map[S]int64{}
	for _, l := range lines {
		counts[l.state] = l.n
	}
	return counts, err
}

// Answers reports whether the store answers and is one that this program can use.
func (s *Store) Answers(ctx context.Context) error {
	have, want, err := s.SchemaVersion(ctx)
	if err == nil && have < want {
		err = fmt.Errorf("the store has version %d and the program %d", have, want)
	}
	if err == nil {
		err = s.fits(ctx, have, want)
	}
	return err
}

// Pools returns how busy the connections are, by what they are for.
func (s *Store) Pools() map[string]sql.DBStats {
	if s.read == s.write {
		return map[string]sql.DBStats{"all": s.read.Stats()}
	}
	return map[string]sql.DBStats{"read": s.read.Stats(), "write": s.write.Stats()}
}
