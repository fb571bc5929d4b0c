package store

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"

	"hoofdpas/internal/ledger"
)

// The queries on tables that grow, for a test that looks how they are answered.
var HotQueries = map[string]string{
	"account by number":      `SELECT ` + accountColumns + ` FROM cards WHERE number = $1`,
	"account by user name":   `SELECT ` + accountColumns + ` FROM cards WHERE user_name_key = $1`,
	"account by id":          `SELECT ` + accountColumns + ` FROM cards WHERE id = $1`,
	"app by access token":    `SELECT ` + grantColumns + byAccess,
	"app by refresh token":   `SELECT ` + grantColumns + byRefresh,
	"apps of a card":         `SELECT ` + grantColumns + grantsOf,
	"apps that are over":     overGrants,
	"devices":                `SELECT seen_at_ms FROM devices WHERE card_id = $1 AND token_hash = $2`,
	"mandates of a card":     selectMandates + mandatesOf,
	"active for a card":      selectMandates + activeFor,
	"lapsed requests":        selectMandates + lapsedAsked,
	"lapsed mandates":        selectMandates + lapsedActive,
	"of closed cards":        selectMandates + ofClosed,
	"log of a card":          selectEntries,
	"payment by key":         selectPayments + `WHERE p.form_key = $1`,
	"payment by ref":         selectPayments + `WHERE p.provider = $1 AND p.ref = $2`,
	"waiting payments":       selectPayments + waiting,
	"payments online":        selectPayments + online,
	"refunds under way":      refundsUnderWay,
	"open findings":          selectFindings + openFindings,
	"payments of a payer":    selectPayments + paymentsOf,
	"payments taken":         selectPayments + takenBy,
	"taken at terminals":     takenAtTerminals,
	"holds of cards":         selectHolds + holdsOf(3),
	"hold on a fee":          selectHolds + `AND f.card_id = $1 AND f.fee = $2`,
	"last shift of a desk":   selectShifts + lastShift,
	"open shifts":            selectShifts + openShifts,
	"past shifts of a desk":  selectShifts + shiftsOf,
	"what a shift adds up":   shiftParts,
	"movements of a shift":   selectMovements + movementsOf,
	"session":                `SELECT data FROM sessions WHERE face = $1 AND token = $2 AND expires_at_ms > $3 AND length(data) > 0`,
	"expired sessions":       `DELETE FROM sessions WHERE expires_at_ms <= $1`,
	"bucket":                 `SELECT attempts, last_at_ms FROM buckets WHERE name = $1`,
	"forgotten buckets":      `DELETE FROM buckets WHERE last_at_ms < $1`,
	"acts of the desk":       `SELECT act FROM staff_acts WHERE card_id = $1 ORDER BY id DESC LIMIT $2`,
	"loans of a card":        loansOfSheet + unlessClosed + earliestDue,
	"fees of a sheet":        feesOfSheet,
	"parts of a sheet":       partsOfSheet,
	"lines of payments":      `SELECT fee FROM payment_fees WHERE payment_id IN ($1, $2) ORDER BY payment_id, line`,
	"what a fee is held by":  `SELECT 1 FROM payment_fees f JOIN payment_fees o ON o.card_id = f.card_id AND o.fee = f.fee AND o.holding AND o.payment_id <> f.payment_id WHERE f.payment_id = $1`,
	"postings after":         selectPostings,
	"book of some days":      selectBook,
	"another active mandate": `SELECT 1 FROM mandates a WHERE a.state = 'active' AND a.grantor_id = $1 AND a.grantee_id = $2 AND a.scope = $3`,
}

// Plan tells how the database answers a query, a step a line.
func (s *Store) Plan(ctx context.Context, query string) (plan string, err error) {
	query = regexp.MustCompile(`\$\d+`).ReplaceAllString(query, "'1'")
	if s.dialect == &postgres {
		steps, err := list(ctx, s.read, value[string], `EXPLAIN (COSTS OFF) `+query)
		return strings.Join(steps, "\n"), err
	}
	steps, err := list(ctx, s.write, func(r row) (step string, err error) {
		var id, parent, unused int
		err = r.Scan(&id, &parent, &unused, &step)
		return step, err
	}, `EXPLAIN QUERY PLAN `+query)
	return strings.Join(steps, "\n"), err
}

// Run runs a statement as it is, outside of every rule.
func (s *Store) Run(ctx context.Context, statement string, args ...any) error {
	_, err := change(ctx, s.write, statement, args...)
	return err
}

// Count answers a query of one number.
func (s *Store) Count(ctx context.Context, query string, args ...any) (int, error) {
	n, ok, err := one(ctx, s.read, value[int], query, args...)
	if err == nil && !ok {
		err = sql.ErrNoRows
	}
	return n, err
}

// InTx is inTx, for tests.
func (s *Store) InTx(ctx context.Context, f func(*sql.Tx) error) error { return s.inTx(ctx, f) }

// InLockingTx is inLockingTx, for tests.
func (s *Store) InLockingTx(ctx context.Context, f func(*sql.Tx) error) error {
	return s.inLockingTx(ctx, f)
}

// Changed is Run, and tells how many rows it wrote.
func (s *Store) Changed(ctx context.Context, statement string, args ...any) (int64, error) {
	return change(ctx, s.write, statement, args...)
}

// Post books the postings.
func (s *Store) Post(ctx context.Context, postings ...ledger.Posting) error {
	return s.PostCounting(ctx, new(atomic.Int64), postings...)
}

// PostCounting is Post, and counts how often it had to be tried.
func (s *Store) PostCounting(ctx context.Context, tries *atomic.Int64, postings ...ledger.Posting) error {
	return s.inBookingTx(ctx, func(tx *sql.Tx) error {
		tries.Add(1)
		return post(ctx, tx, postings)
	})
}

// MigrateTo brings an empty store to an older version, as an older program
// left it.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	p, err := s.migrations()
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, version)
	return err
}

// AddNewerVersion makes the store look migrated by a newer program, which took away
// what this one reads when above is 1.
func (s *Store) AddNewerVersion(ctx context.Context, above int64) error {
	_, want, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if err := s.Run(ctx, `UPDATE schema_floor SET version = $1`, want+above); err != nil {
		return err
	}
	return s.Run(ctx, fmt.Sprintf(`INSERT INTO hoofdpas_version (version_id, is_applied) VALUES (%d, TRUE)`, want+1))
}

// IsPostgres tells which database it is.
func (s *Store) IsPostgres() bool { return s.dialect == &postgres }

// Text answers a query of one text.
func (s *Store) Text(ctx context.Context, query string) (string, error) {
	text, _, err := one(ctx, s.read, value[string], query)
	return text, err
}

// Copied are the tables that CopyTo copies.
var Copied = copied

// Contract is contract, for a test of every migration.
var Contract = contract

// Asides lists what an import may drop from a table and make again.
func (s *Store) Asides(ctx context.Context, table string) ([]string, error) {
	return list(ctx, s.read, func(r row) (made string, err error) {
		var dropped string
		err = r.Scan(&dropped, &made)
		return dropped + "; " + made, err
	}, s.dialect.setAside, table)
}
