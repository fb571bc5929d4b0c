package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/exchange"
)

var _ exchange.Store = (*Store)(nil)

// The tables that rows wait in. They are of one connection and nobody else sees
// them; on SQLite filling them takes no lock on the file.
const stageTables = `
CREATE TEMPORARY TABLE import_cards (line BIGINT, number {text}, name {text}, words {text}, sort_name {text}, birth_date {text},
	email {text}, category {text}, branch {text}, expires_on {text}, blocked BOOLEAN);
CREATE TEMPORARY TABLE import_loans (line BIGINT, id {text}, card_number {text}, item {text}, title {text}, author {text},
	material {text}, lent_on {text}, due_on {text}, renewals BIGINT, reserved BOOLEAN);
CREATE TEMPORARY TABLE import_fees (line BIGINT, id {text}, card_number {text}, kind {text}, description {text}, amount BIGINT,
	charged_on {text}, item {text});
CREATE TEMPORARY TABLE import_passwords (number {text}, hash {text})`

// The indexes come when the tables are full: that is quicker.
const stageIndexes = `
CREATE INDEX import_cards_number ON import_cards (number);
CREATE INDEX import_loans_id ON import_loans (id);
CREATE INDEX import_fees_id ON import_fees (id);
ANALYZE import_cards;
ANALYZE import_loans;
ANALYZE import_fees`

// stage is where the rows of an import wait. It is an exchange.Stage.
type stage struct {
	store *Store
	conn  *sql.Conn
}

// Exchange implements exchange.Store. The connection is closed afterwards: that
// takes the tables away, and what was set for the import.
func (s *Store) Exchange(ctx context.Context, work func(exchange.Stage) error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("prepare for an import: %w", known(err))
	}
	defer conn.Raw(func(any) error { return driver.ErrBadConn }) //nolint:errcheck // it says what it was told
	g := &stage{store: s, conn: conn}
	if err := g.run(ctx, s.dialect.importing+stageTables); err != nil {
		return fmt.Errorf("prepare for an import: %w", err)
	}
	return work(g)
}

// run executes statements that take no arguments.
func (g *stage) run(ctx context.Context, statements string) error {
	for _, one := range strings.Split(g.store.dialect.types.Replace(statements), ";\n") {
		if _, err := g.conn.ExecContext(ctx, one); err != nil {
			return known(err)
		}
	}
	return nil
}

// AddCards implements exchange.Stage.
func (g *stage) AddCards(ctx context.Context, rows []exchange.CardRow) error {
	columns := []string{
		"line", "number", "name", "words", "sort_name", "birth_date", "email", "category", "branch", "expires_on", "blocked",
	}
	return insert(ctx, g, "import_cards", columns, rows, func(r exchange.CardRow) []any {
		c := r.Card
		words := libraryWords(c.Name)
		return []any{
			r.Line, c.Number.Text(), c.Name, words, strings.TrimSpace(words), c.BirthDate.String(), c.Email, c.Category,
			c.Branch, c.ExpiresOn.String(), c.Blocked,
		}
	})
}

// AddLoans implements exchange.Stage.
func (g *stage) AddLoans(ctx context.Context, rows []exchange.LoanRow) error {
	columns := []string{
		"line", "id", "card_number", "item", "title", "author", "material", "lent_on", "due_on", "renewals", "reserved",
	}
	return insert(ctx, g, "import_loans", columns, rows, func(r exchange.LoanRow) []any {
		l := r.Loan
		return []any{
			r.Line, string(l.ID), r.Holder.Text(), l.Item, l.Title, l.Author, l.Material, l.LentOn.String(), l.DueOn.String(),
			l.Renewals, l.Reserved,
		}
	})
}

// AddFees implements exchange.Stage.
func (g *stage) AddFees(ctx context.Context, rows []exchange.FeeRow) error {
	columns := []string{"line", "id", "card_number", "kind", "description", "amount", "charged_on", "item"}
	return insert(ctx, g, "import_fees", columns, rows, func(r exchange.FeeRow) []any {
		f := r.Fee
		return []any{
			r.Line, string(f.ID), r.Holder.Text(), string(f.Kind), f.Description, int64(f.Amount), f.ChargedOn.String(), f.Item,
		}
	})
}

// insert writes rows into a table of the stage as the engine takes many: with
// COPY, or many with one statement and all in one transaction.
func insert[R any](ctx context.Context, g *stage, table string, columns []string, rows []R, cells func(R) []any) error {
	if g.store.dialect == &postgres {
		return known(g.conn.Raw(func(driverConn any) error {
			c, ok := driverConn.(*stdlib.Conn)
			if !ok {
				return errNotPgx
			}
			_, err := c.Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
				return cells(rows[i]), nil
			}))
			return err //nolint:wrapcheck // exchange says what it was doing
		}))
	}
	return g.insertMany(ctx, table, len(columns), len(rows), func(i int) []any { return cells(rows[i]) })
}

var errNotPgx = errors.New("the driver of PostgreSQL is not the one we know")

// rowsStaged is how many rows one INSERT of an import has on SQLite.
const rowsStaged = 64

// insertMany begins by hand: the driver's own transactions would lock the file,
// which only saving needs.
func (g *stage) insertMany(ctx context.Context, table string, columns, rows int, cells func(i int) []any) (err error) {
	if _, err := g.conn.ExecContext(ctx, `BEGIN`); err != nil {
		return known(err)
	}
	defer func() {
		end := `COMMIT`
		if err != nil {
			end = `ROLLBACK`
		}
		_, endErr := g.conn.ExecContext(context.WithoutCancel(ctx), end)
		err = errors.Join(err, known(endErr))
	}()
	args := make([]any, 0, columns*rowsStaged)
	for first := 0; first < rows; first += rowsStaged {
		some := min(rowsStaged, rows-first)
		args = args[:0]
		for i := range some {
			args = append(args, cells(first+i)...)
		}
		if _, err := g.conn.ExecContext(ctx, insertText(table, columns, some), args...); err != nil {
			return known(err)
		}
	}
	return nil
}

// insertText has places without numbers: SQLite's driver looks a number up among
// all those before it.
func insertText(table string, columns, rows int) string {
	row := "(?" + strings.Repeat(", ?", columns-1) + ")"
	return `INSERT INTO ` + table + ` VALUES ` + row + strings.Repeat(", "+row, rows-1)
}

// FirstPasswords implements exchange.Stage.
func (g *stage) FirstPasswords(ctx context.Context, numbers []string) (map[string]exchange.FirstPassword, error) {
	args := make([]any, len(numbers))
	for i, n := range numbers {
		args[i] = n
	}
	kept := map[string]exchange.FirstPassword{}
	_, err := list(ctx, g.conn, func(r row) (_ struct{}, err error) {
		var number string
		var p exchange.FirstPassword
		err = r.Scan(&number, &p.Hash, &p.Chosen)
		kept[number] = p
		return struct{}{}, err
	}, `SELECT s.number, coalesce(l.first_password, ''), coalesce(c.password <> '', FALSE)
		FROM import_cards s LEFT JOIN library_cards l ON l.number = s.number LEFT JOIN cards c ON c.number = s.number
		WHERE s.number IN (`+places(1, len(args))+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("read first passwords: %w", err)
	}
	return kept, nil
}

// SetFirstPasswords implements exchange.Stage.
func (g *stage) SetFirstPasswords(ctx context.Context, hashes map[string]account.Hash) error {
	for number, hash := range hashes {
		_, err := g.conn.ExecContext(ctx, `INSERT INTO import_passwords VALUES ($1, $2)`, number, string(hash))
		if err != nil {
			return fmt.Errorf("keep first passwords: %w", known(err))
		}
	}
	return nil
}

// ReadLibrary implements exchange.Store.
func (s *Store) ReadLibrary(ctx context.Context, v exchange.Visitor) error {
	err := s.view(ctx, func(tx *sql.Tx) error {
		err := each(ctx, tx, func(r row) error {
			c, err := readLibraryCard(r)
			if err != nil {
				return err
			}
			return v.Card(c)
		}, `SELECT `+libraryCard+` FROM library_cards WHERE closed_at_ms IS NULL ORDER BY number`)
		if err != nil {
			return err
		}
		const ofOpenCard = ` EXISTS (SELECT 1 FROM library_cards c WHERE c.number = card_number AND c.closed_at_ms IS NULL) ORDER BY id`
		err = each(ctx, tx, func(r row) error {
			var n card.Number
			l, err := readLibraryLoan(r, number{&n})
			if err != nil {
				return err
			}
			return v.Loan(n, l)
		}, `SELECT `+libraryLoan+`, card_number FROM library_loans WHERE`+ofOpenCard)
		if err != nil {
			return err
		}
		return each(ctx, tx, func(r row) error {
			var n card.Number
			f, err := readLibraryFee(r, number{&n})
			if err != nil {
				return err
			}
			return v.Fee(n, f)
		}, `SELECT f.id, f.kind, f.description, f.amount - `+paidInParts+`, f.charged_on, f.item, f.card_number
			FROM library_fees f WHERE f.settled_at_ms IS NULL AND f.amount > `+paidInParts+` AND`+ofOpenCard)
	})
	if err != nil {
		return fmt.Errorf("read the library's tables: %w", err)
	}
	return nil
}

// each hands the rows of the answer to f, one by one.
func each(ctx context.Context, q querier, f func(row) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return known(err)
	}
	defer rows.Close() //nolint:errcheck // Err below says what went wrong
	for rows.Next() {
		if err := f(rows); err != nil {
			return known(err)
		}
	}
	return known(rows.Err())
}

// sortName is a name as cards are ordered by it.
func sortName(name string) string { return strings.TrimSpace(libraryWords(name)) }
