package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/riverqueue/river"
)

// copied are the tables of a store, each after those it refers to. What the job
// library keeps is not among them: its open jobs are put in anew.
var copied = []string{ //nolint:gochecknoglobals // a table, never written
	"cards", "devices", "app_grants", "staff", "staff_acts", "sessions", "buckets", "mandates", "mandate_log",
	"library_cards", "library_loans", "library_fees", "library_reopened", "library_parts",
	"shifts", "movements", "payments", "payment_fees", "refunds", "refund_lines", "chargebacks", "findings", "receipts",
	"postings", "ledger_head",
}

// CopyStep is what CopyTo does with a table.
type CopyStep string

// The steps.
const (
	Copying   CopyStep = "copying"
	Comparing CopyStep = "comparing"
)

// ErrOverwritten says that somebody wrote to a store while it was copied.
var ErrOverwritten = errors.New("something was written to the store meanwhile: stop the program and copy again")

// CopyTo copies all that is in the store into another one of the same version that
// holds nothing yet, and compares the two row by row before it keeps any of it: the
// copy is one transaction, so one that is cut off leaves nothing and is begun again.
// Nobody may write to either meanwhile; who did to the store that is read is
// ErrOverwritten. progress gets rows.
func (s *Store) CopyTo(ctx context.Context, to *Store, progress func(step CopyStep, table string, done, total int64)) error {
	if err := s.sameVersion(ctx, to); err != nil {
		return err
	}
	return known(once(ctx, to.write, &sql.TxOptions{Isolation: to.dialect.snapshot}, func(tx *sql.Tx) error {
		if err := isEmpty(ctx, tx); err != nil {
			return err
		}
		if err := s.copyRows(ctx, to, tx, progress); err != nil {
			return err
		}
		// The rows are read once more, from what the store holds by now.
		if err := s.compareRows(ctx, to, tx, progress); err != nil {
			return err
		}
		return to.countOn(ctx, tx)
	}))
}

func (s *Store) sameVersion(ctx context.Context, to *Store) error {
	have, want, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if have != want {
		return fmt.Errorf("the store to copy from has version %d and this program %d: bring it up to date with hoofdpas migrate", have, want)
	}
	theirs, _, err := to.SchemaVersion(ctx)
	if err == nil && theirs != have {
		err = fmt.Errorf("the store to copy to has version %d, not %d", theirs, have)
	}
	return err
}

// isEmpty refuses a store that somebody has used. What the migrations put in makes
// room for what is copied.
func isEmpty(ctx context.Context, tx *sql.Tx) error {
	for _, table := range slices.Backward(copied) {
		if table != "ledger_head" { // which a new store has too
			n, _, err := one(ctx, tx, value[int64], `SELECT count(*) FROM (SELECT 1 FROM `+table+` LIMIT 1) AS t`)
			if err != nil {
				return err
			}
			if n > 0 {
				return fmt.Errorf("the store to copy to is not empty: it has %s", table)
			}
			continue
		}
		if _, err := change(ctx, tx, `DELETE FROM `+table); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) copyRows(ctx context.Context, to *Store, tx *sql.Tx, progress func(CopyStep, string, int64, int64)) error {
	return s.view(ctx, func(from *sql.Tx) error {
		for _, name := range copied {
			t, err := s.table(ctx, from, name)
			if err != nil {
				return err
			}
			if err := t.into(ctx, from, tx, to.dialect.rowsAtOnce, func(n int64) { progress(Copying, name, n, t.rows) }); err != nil {
				return fmt.Errorf("copy %s: %w", name, err)
			}
		}
		return s.copyJobs(ctx, to, from, tx)
	})
}

// table is what is known of a table: its columns in their order, what they hold,
// and how many of them, from the first, its key has in which order.
type table struct {
	name    string
	columns []column
	key     []string
	rows    int64
}

type column struct{ name, holds string }

// table reads what a table looks like in this database.
func (s *Store) table(ctx context.Context, tx *sql.Tx, name string) (table, error) {
	columns := `SELECT name, type FROM pragma_table_info($1) ORDER BY cid`
	key := `SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk`
	if s.dialect == &postgres {
		columns = `SELECT column_name, data_type FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`
		key = `SELECT k.column_name FROM information_schema.table_constraints c JOIN information_schema.key_column_usage k
			USING (constraint_schema, constraint_name) WHERE c.table_schema = current_schema() AND c.table_name = $1
			AND c.constraint_type = 'PRIMARY KEY' ORDER BY k.ordinal_position`
	}
	t := table{name: name}
	var err error
	if t.columns, err = list(ctx, tx, func(r row) (c column, err error) {
		err = r.Scan(&c.name, &c.holds)
		return c, err //nolint:wrapcheck // the caller says what it was doing
	}, columns, name); err != nil {
		return t, fmt.Errorf("look at %s: %w", name, err)
	}
	if t.key, err = list(ctx, tx, value[string], key, name); err != nil {
		return t, fmt.Errorf("look at %s: %w", name, err)
	}
	if len(t.columns) == 0 || len(t.key) == 0 {
		return t, fmt.Errorf("the table %s is not as it should be", name)
	}
	if t.rows, _, err = one(ctx, tx, value[int64], `SELECT count(*) FROM `+name); err != nil {
		return t, fmt.Errorf("count %s: %w", name, err)
	}
	return t, nil
}

func (t table) names() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// inOrder asks for all rows in the order of the key, which is the same in both
// databases: texts are compared byte by byte.
func (t table) inOrder() string {
	return `SELECT ` + t.names() + ` FROM ` + t.name + ` ORDER BY ` + strings.Join(t.key, ", ")
}

// read reads a row into values that either database takes.
func (t table) read(r row) ([]any, error) {
	into := make([]any, len(t.columns))
	for i, c := range t.columns {
		switch holds := strings.ToLower(c.holds); {
		case strings.Contains(holds, "bool"):
			into[i] = new(sql.NullBool)
		case strings.Contains(holds, "int"):
			into[i] = new(sql.NullInt64)
		case strings.Contains(holds, "blob"), strings.Contains(holds, "bytea"):
			into[i] = new([]byte)
		default:
			into[i] = new(sql.NullString)
		}
	}
	err := r.Scan(into...)
	return into, err //nolint:wrapcheck // the caller says what it was doing
}

// into copies the rows, so many with one statement.
func (t table) into(ctx context.Context, from, to *sql.Tx, atOnce int, progress func(done int64)) error {
	var done int64
	var waiting []any
	write := func(rows int) error {
		if rows == 0 {
			return nil
		}
		_, err := change(ctx, to, `INSERT INTO `+t.name+` (`+t.names()+`) VALUES `+groups(rows, len(t.columns)), waiting...)
		waiting = waiting[:0]
		done += int64(rows)
		progress(done)
		return err
	}
	err := visit(ctx, from, t.read, func(values []any) error {
		waiting = append(waiting, values...)
		if rows := len(waiting) / len(t.columns); rows == atOnce {
			return write(rows)
		}
		return nil
	}, t.inOrder())
	if err != nil {
		return err
	}
	return write(len(waiting) / len(t.columns))
}

// groups writes ($1, $2), ($3, $4) for two rows of two columns.
func groups(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteByte(')')
	return b.String()
}

// compareRows reads both from the first row to the last.
func (s *Store) compareRows(ctx context.Context, to *Store, tx *sql.Tx, progress func(CopyStep, string, int64, int64)) error {
	return s.view(ctx, func(from *sql.Tx) error {
		for _, name := range copied {
			ours, err := s.table(ctx, from, name)
			if err != nil {
				return err
			}
			theirs, err := to.table(ctx, tx, name)
			if err != nil {
				return err
			}
			if ours.names() != theirs.names() {
				return fmt.Errorf("compare %s: its columns differ", name)
			}
			if ours.rows != theirs.rows {
				return fmt.Errorf("compare %s: %w", name, ErrOverwritten)
			}
			if err := compare(ctx, from, tx, ours, theirs, func(n int64) { progress(Comparing, name, n, ours.rows) }); err != nil {
				return fmt.Errorf("compare %s: %w", name, err)
			}
		}
		return nil
	})
}

// comparedAtOnce is how many rows are compared between two words of progress.
const comparedAtOnce = 1000

func compare(ctx context.Context, from, to *sql.Tx, ours, theirs table, progress func(done int64)) error {
	copies, err := to.QueryContext(ctx, theirs.inOrder())
	if err != nil {
		return known(err)
	}
	defer copies.Close() //nolint:errcheck // Err below says what went wrong
	var done int64
	err = visit(ctx, from, ours.read, func(values []any) error {
		if !copies.Next() {
			return errors.Join(ErrOverwritten, copies.Err())
		}
		made, err := theirs.read(copies)
		if err != nil {
			return err
		}
		if !slices.EqualFunc(values, made, same) {
			return fmt.Errorf("row %d: %w", done+1, ErrOverwritten)
		}
		if done++; done%comparedAtOnce == 0 || done == ours.rows {
			progress(done)
		}
		return nil
	}, ours.inOrder())
	return errors.Join(err, copies.Err())
}

// same compares two values of read.
func same(a, b any) bool {
	if x, ok := a.(*[]byte); ok {
		y, ok := b.(*[]byte)
		return ok && string(*x) == string(*y) && (*x == nil) == (*y == nil)
	}
	switch x := a.(type) {
	case *sql.NullBool:
		y, ok := b.(*sql.NullBool)
		return ok && *x == *y
	case *sql.NullInt64:
		y, ok := b.(*sql.NullInt64)
		return ok && *x == *y
	case *sql.NullString:
		y, ok := b.(*sql.NullString)
		return ok && *x == *y
	}
	return false
}

// rawJob is a job as it is kept.
type rawJob struct {
	kind, queue string
	args        json.RawMessage
}

// Kind names the job.
func (j rawJob) Kind() string { return j.kind }

// MarshalJSON gives what was kept.
func (j rawJob) MarshalJSON() ([]byte, error) { return j.args, nil }

// copyJobs puts the jobs that are still to be done into the other store. The two
// databases keep them in tables that differ; how often each was tried is not
// carried over.
func (s *Store) copyJobs(ctx context.Context, to *Store, from, tx *sql.Tx) error {
	args := `json(args)` // SQLite keeps it in a form of its own
	if s.dialect == &postgres {
		args = `args::text`
	}
	jobs, err := list(ctx, from, func(r row) (j rawJob, err error) {
		var text string
		err = r.Scan(&j.kind, &j.queue, &text)
		j.args = json.RawMessage(text)
		return j, err //nolint:wrapcheck // the caller says what it was doing
	}, `SELECT kind, queue, `+args+` FROM river_job WHERE state NOT IN ('completed', 'cancelled', 'discarded') ORDER BY id`)
	if err != nil {
		return fmt.Errorf("read the jobs: %w", err)
	}
	for _, j := range jobs {
		if _, err := to.jobs.InsertTx(ctx, tx, j, &river.InsertOpts{Queue: j.queue}); err != nil {
			return fmt.Errorf("copy a job %s: %w", j.kind, err)
		}
	}
	return nil
}

// countOn makes PostgreSQL give new rows numbers above those that were copied, as
// SQLite does by itself.
func (s *Store) countOn(ctx context.Context, tx *sql.Tx) error {
	if s.dialect != &postgres {
		return nil
	}
	counted, err := list(ctx, tx, value[string], `SELECT table_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND column_name = 'id' AND is_identity = 'YES' ORDER BY table_name`)
	if err != nil {
		return err
	}
	for _, name := range counted {
		if !slices.Contains(copied, name) {
			continue
		}
		if _, _, err := one(ctx, tx, value[int64],
			`SELECT setval(pg_get_serial_sequence('`+name+`', 'id'), coalesce((SELECT max(id) FROM `+name+`), 0) + 1, FALSE)`); err != nil {
			return fmt.Errorf("count on in %s: %w", name, err)
		}
	}
	return nil
}
