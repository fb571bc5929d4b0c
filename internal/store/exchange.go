package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

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

const dropStage = `
DROP TABLE IF EXISTS import_cards;
DROP TABLE IF EXISTS import_loans;
DROP TABLE IF EXISTS import_fees;
DROP TABLE IF EXISTS import_passwords`

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

// Exchange implements exchange.Store.
func (s *Store) Exchange(ctx context.Context, work func(exchange.Stage) error) (err error) {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("prepare for an import: %w", known(err))
	}
	g := &stage{store: s, conn: conn}
	defer func() {
		if dropErr := g.run(context.WithoutCancel(ctx), dropStage); dropErr != nil {
			// Closing it takes the tables away as well.
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
			return
		}
		err = errors.Join(err, conn.Close())
	}()
	if err := g.prepare(ctx); err != nil {
		return fmt.Errorf("prepare for an import: %w", err)
	}
	return work(g)
}

// prepare makes the tables, on SQLite in a file of their own: a library's loans
// may not fit into memory.
func (g *stage) prepare(ctx context.Context) error {
	if g.store.dialect == &sqlite {
		if err := g.run(ctx, `PRAGMA temp_store = FILE`); err != nil {
			return err
		}
	}
	return g.run(ctx, stageTables)
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
	return insert(ctx, g, "import_cards", 11, rows, func(r exchange.CardRow) []any { //nolint:mnd // columns
		c := r.Card
		return []any{
			r.Line, c.Number.Text(), c.Name, libraryWords(c.Name), sortName(c.Name), c.BirthDate.String(), c.Email, c.Category,
			c.Branch, c.ExpiresOn.String(), c.Blocked,
		}
	})
}

// AddLoans implements exchange.Stage.
func (g *stage) AddLoans(ctx context.Context, rows []exchange.LoanRow) error {
	return insert(ctx, g, "import_loans", 11, rows, func(r exchange.LoanRow) []any { //nolint:mnd // columns
		l := r.Loan
		return []any{
			r.Line, string(l.ID), r.Holder.Text(), l.Item, l.Title, l.Author, l.Material, l.LentOn.String(), l.DueOn.String(),
			l.Renewals, l.Reserved,
		}
	})
}

// AddFees implements exchange.Stage.
func (g *stage) AddFees(ctx context.Context, rows []exchange.FeeRow) error {
	return insert(ctx, g, "import_fees", 8, rows, func(r exchange.FeeRow) []any { //nolint:mnd // columns
		f := r.Fee
		return []any{
			r.Line, string(f.ID), r.Holder.Text(), string(f.Kind), f.Description, int64(f.Amount), f.ChargedOn.String(), f.Item,
		}
	})
}

// insert writes rows into a table of the stage, many with one statement and all
// in one transaction. It begins by hand: the driver's own transactions would
// lock the file on SQLite, which only saving needs.
func insert[R any](ctx context.Context, g *stage, table string, columns int, rows []R, cells func(R) []any) (err error) {
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
	rowsAtOnce := g.store.dialect.rowsAtOnce
	many, err := g.conn.PrepareContext(ctx, insertText(table, columns, rowsAtOnce))
	if err != nil {
		return known(err)
	}
	defer many.Close() //nolint:errcheck // its statements have said what went wrong
	args := make([]any, 0, columns*rowsAtOnce)
	for len(rows) >= rowsAtOnce {
		args = args[:0]
		for _, r := range rows[:rowsAtOnce] {
			args = append(args, cells(r)...)
		}
		if _, err := many.ExecContext(ctx, args...); err != nil {
			return known(err)
		}
		rows = rows[rowsAtOnce:]
	}
	for _, r := range rows {
		if _, err := g.conn.ExecContext(ctx, insertText(table, columns, 1), cells(r)...); err != nil {
			return known(err)
		}
	}
	return nil
}

func insertText(table string, columns, rows int) string {
	var b strings.Builder
	b.WriteString(`INSERT INTO ` + table + ` VALUES `)
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + places(1+i*columns, columns) + ")")
	}
	return b.String()
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
		}, `SELECT `+libraryFee+`, card_number FROM library_fees WHERE settled_at_ms IS NULL AND`+ofOpenCard)
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
