package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/money"
)

var _ builtin.Tables = (*Store)(nil)

// date reads a date that is ” when it is missing.
type date struct{ to *calendar.Date }

// Scan implements sql.Scanner.
func (d date) Scan(v any) error {
	if v == "" {
		v = nil
	}
	return day(d).Scan(v)
}

const libraryCard = `number, name, birth_date, email, category, branch, expires_on, blocked`

func readLibraryCard(r row, more ...any) (c card.Card, err error) {
	err = r.Scan(append([]any{
		number{&c.Number}, &c.Name, date{&c.BirthDate}, &c.Email, &c.Category, &c.Branch, date{&c.ExpiresOn}, &c.Blocked,
	}, more...)...)
	return c, err //nolint:wrapcheck // the caller says what it was doing
}

// LibraryCard implements builtin.Tables.
func (s *Store) LibraryCard(ctx context.Context, n card.Number) (c card.Card, first account.Hash, ok bool, err error) {
	c, ok, err = one(ctx, s.read, func(r row) (card.Card, error) { return readLibraryCard(r, &first) },
		`SELECT `+libraryCard+`, first_password FROM library_cards WHERE number = $1 AND closed_at_ms IS NULL`, n.Text())
	if err != nil {
		return card.Card{}, "", false, fmt.Errorf("read a library card: %w", err)
	}
	return c, first, ok, nil
}

// FindLibraryCards implements builtin.Tables.
func (s *Store) FindLibraryCards(ctx context.Context, words []string, limit int) ([]card.Card, error) {
	var where strings.Builder
	args := []any{limit}
	for _, w := range words {
		args = append(args, "% "+w+"%") // words hold letters and digits only
		fmt.Fprintf(&where, ` AND words LIKE $%d`, len(args))
	}
	found, err := list(ctx, s.read, func(r row) (card.Card, error) { return readLibraryCard(r) },
		`SELECT `+libraryCard+` FROM library_cards WHERE closed_at_ms IS NULL`+where.String()+` ORDER BY words, number LIMIT $1`, args...)
	if err != nil {
		return nil, fmt.Errorf("find library cards: %w", err)
	}
	return found, nil
}

// libraryWords is a name as FindLibraryCards looks for it.
func libraryWords(name string) string {
	var b strings.Builder
	for _, w := range builtin.Words(name) {
		b.WriteString(" " + w)
	}
	return b.String()
}

const (
	libraryLoan = `id, item, title, author, material, lent_on, due_on, renewals, reserved`
)

func readLibraryLoan(r row, more ...any) (l circulation.Loan, err error) {
	err = r.Scan(append([]any{
		&l.ID, &l.Item, &l.Title, &l.Author, &l.Material, day{&l.LentOn}, day{&l.DueOn}, &l.Renewals, &l.Reserved,
	}, more...)...)
	return l, err //nolint:wrapcheck // the caller says what it was doing
}

func readLibraryFee(r row, more ...any) (f circulation.Fee, err error) {
	err = r.Scan(append([]any{&f.ID, &f.Kind, &f.Description, &f.Amount, day{&f.ChargedOn}, &f.Item}, more...)...)
	return f, err //nolint:wrapcheck // the caller says what it was doing
}

// The loans of card $1, in their order; those of a card that was not closed.
const (
	loansOfSheet = `SELECT ` + libraryLoan + ` FROM library_loans WHERE card_number = $1`
	unlessClosed = ` AND EXISTS (SELECT 1 FROM library_cards c WHERE c.number = $1 AND c.closed_at_ms IS NULL)`
	earliestDue  = ` ORDER BY due_on, title, id`
)

// LibraryLoans implements builtin.Tables.
func (s *Store) LibraryLoans(ctx context.Context, n card.Number) ([]circulation.Loan, error) {
	loans, err := list(ctx, s.read, func(r row) (circulation.Loan, error) { return readLibraryLoan(r) },
		loansOfSheet+unlessClosed+earliestDue, n.Text())
	if err != nil {
		return nil, fmt.Errorf("read a library card's loans: %w", err)
	}
	return loans, nil
}

// LibrarySheet implements builtin.Tables.
func (s *Store) LibrarySheet(ctx context.Context, n card.Number) (sheet builtin.Sheet, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		sheet, err = readSheet(ctx, tx, n, nil, "")
		return err
	})
	if err != nil {
		return builtin.Sheet{}, fmt.Errorf("read a library card's sheet: %w", err)
	}
	return sheet, nil
}

// keptFee is what readKeptFee reads of f.
const keptFee = `f.id, f.kind, f.description, f.amount, f.charged_on, f.item, f.imported, f.settled_at_ms, f.settled_by, ` + paidInParts + ` `

// paidInParts is what payments paid of f.
const paidInParts = `CAST((SELECT coalesce(sum(p.amount), 0) FROM library_parts p WHERE p.fee_id = f.id) AS BIGINT)`

func readKeptFee(r row) (f builtin.Fee, err error) {
	var settled sql.NullInt64
	var by sql.NullString
	f.Fee, err = readLibraryFee(r, &f.Imported, &settled, &by, &f.Paid)
	f.Settled, f.Reference = settled.Valid, by.String
	return f, err
}

const (
	feesOfSheet = `SELECT ` + keptFee + `FROM library_fees f
		WHERE f.card_number = $1 AND (f.settled_at_ms IS NULL
			OR (f.kind = $2 AND f.item IN (SELECT item FROM library_loans WHERE card_number = $1)))
		ORDER BY f.charged_on, f.id`
	// What begins with a text that ends in a slash comes before that text with
	// a 0 at the end, the next character: so the index on the ID finds it.
	// One fee may begin as the parts of two loans do.
	partsOfSheet = `SELECT DISTINCT ` + keptFee + `FROM library_loans l JOIN library_fees f
			ON f.id >= 'overdue/' || l.id || '/' || l.due_on || '/' AND f.id < 'overdue/' || l.id || '/' || l.due_on || '0'
		WHERE l.card_number = $1 ORDER BY f.id`
)

// readSheet reads the sheet of a card with the settled ones of the fees named
// in asked; lock is what ends the query for the card.
func readSheet(ctx context.Context, q querier, n card.Number, asked []circulation.FeeID, lock string) (s builtin.Sheet, err error) {
	var closed sql.NullInt64
	var ok bool
	s.Card, ok, err = one(ctx, q, func(r row) (card.Card, error) { return readLibraryCard(r, &closed) },
		`SELECT `+libraryCard+`, closed_at_ms FROM library_cards WHERE number = $1`+lock, n.Text())
	if err != nil || !ok {
		return builtin.Sheet{}, err
	}
	s.Open = !closed.Valid
	s.Loans, err = list(ctx, q, func(r row) (circulation.Loan, error) { return readLibraryLoan(r) },
		loansOfSheet+earliestDue, n.Text())
	if err != nil {
		return builtin.Sheet{}, err
	}
	if s.Fees, err = list(ctx, q, readKeptFee, feesOfSheet, n.Text(), string(circulation.Overdue)); err != nil {
		return builtin.Sheet{}, err
	}
	if s.Parts, err = list(ctx, q, readKeptFee, partsOfSheet, n.Text()); err != nil || len(asked) == 0 {
		return s, err
	}
	args := make([]any, len(asked))
	for i, id := range asked {
		args[i] = typed(string(id))
	}
	s.Asked, err = list(ctx, q, readKeptFee,
		`SELECT `+keptFee+`FROM library_fees f WHERE f.settled_at_ms IS NOT NULL AND f.id IN (`+places(1, len(args))+`)`, args...)
	if err != nil {
		return s, err
	}
	s.Paid, err = list(ctx, q, func(r row) (p builtin.Settled, err error) {
		err = r.Scan(&p.Fee.ID, &p.Reference, &p.Amount)
		return p, err //nolint:wrapcheck // the caller says what it was doing
	}, `SELECT fee_id, reference, amount FROM library_parts WHERE fee_id IN (`+places(1, len(args))+`)`, args...)
	if err != nil {
		return s, err
	}
	s.Reopened, err = list(ctx, q, func(r row) (o builtin.Reopened, err error) {
		err = r.Scan(&o.Fee, &o.Reference)
		return o, err //nolint:wrapcheck // the caller says what it was doing
	}, `SELECT fee_id, reference FROM library_reopened WHERE fee_id IN (`+places(1, len(args))+`)`, args...)
	return s, err
}

// ChangeLibrary implements builtin.Tables. The card's row is locked first, so
// changes of one card come one after the other.
func (s *Store) ChangeLibrary(
	ctx context.Context, n card.Number, asked []circulation.FeeID, decide func(builtin.Sheet) (builtin.Change, error),
) error {
	err := s.inLockingTx(ctx, func(tx *sql.Tx) error {
		sheet, err := readSheet(ctx, tx, n, asked, s.dialect.forUpdate)
		if err != nil {
			return fmt.Errorf("read a library card's sheet: %w", err)
		}
		c, err := decide(sheet)
		if err != nil {
			return err
		}
		return s.writeChange(ctx, tx, n, c)
	})
	if err != nil {
		return fmt.Errorf("change a library card's sheet: %w", err)
	}
	return nil
}

func (s *Store) writeChange(ctx context.Context, tx *sql.Tx, n card.Number, c builtin.Change) error {
	if l := c.Renewed; l != nil {
		err := changeOne(ctx, tx, `UPDATE library_loans SET due_on = $1, renewals = $2 WHERE id = $3 AND card_number = $4`,
			l.DueOn.String(), l.Renewals, string(l.ID), n.Text())
		if err != nil {
			return fmt.Errorf("write a renewal: %w", err)
		}
	}
	for _, f := range c.Charged {
		if err := addFee(ctx, tx, n, f); err != nil {
			return fmt.Errorf("charge a fee: %w", err)
		}
	}
	for _, p := range c.Settled {
		settle := func() (int64, error) {
			return change(ctx, tx, `UPDATE library_fees SET settled_at_ms = $1, settled_by = $2, paid = $3
				WHERE id = $4 AND card_number = $5 AND settled_at_ms IS NULL`,
				ms(s.now()), p.Reference, int64(p.Amount), string(p.Fee.ID), n.Text())
		}
		written, err := settle()
		if err == nil && written == 0 {
			// A fee that has not been kept so far: what grew on a late item.
			if err = addFee(ctx, tx, n, p.Fee); err == nil {
				_, err = settle()
			}
		}
		if err != nil {
			return fmt.Errorf("settle a fee: %w", err)
		}
	}
	for _, p := range c.Paid {
		if err := changeOne(ctx, tx, `INSERT INTO library_parts (fee_id, reference, amount) VALUES ($1, $2, $3)`,
			string(p.Fee.ID), p.Reference, int64(p.Amount)); err != nil {
			return fmt.Errorf("settle a part of a fee: %w", err)
		}
	}
	for _, o := range c.Reopened {
		if err := reopenFee(ctx, tx, o); err != nil {
			return fmt.Errorf("open a fee again: %w", err)
		}
	}
	return nil
}

// reopenFee opens a fee again if the payment settled it, of whichever card: its
// number may have changed since. It keeps that the payment settles it no more,
// also when it has not done so yet.
func reopenFee(ctx context.Context, tx *sql.Tx, o builtin.Reopened) error {
	_, err := change(ctx, tx, `INSERT INTO library_reopened (fee_id, reference, unseen) VALUES ($1, $2, TRUE) ON CONFLICT DO NOTHING`,
		typed(string(o.Fee)), o.Reference)
	if err != nil {
		return err
	}
	part, given, err := one(ctx, tx, value[money.Cents], `DELETE FROM library_parts WHERE fee_id = $1 AND reference = $2 RETURNING amount`,
		typed(string(o.Fee)), o.Reference)
	if err != nil {
		return err
	}
	if given {
		return reopenPart(ctx, tx, o.Fee, part)
	}
	_, err = change(ctx, tx, `UPDATE library_fees SET settled_at_ms = NULL, settled_by = NULL, paid = NULL
		WHERE id = $1 AND settled_by = $2`, typed(string(o.Fee)), o.Reference)
	return err
}

// reopenPart opens as much of a fee that has been settled since as was given back:
// its rest, which another payment settled or, without a reference, the library, is a
// part of it too from then on.
func reopenPart(ctx context.Context, tx *sql.Tx, fee circulation.FeeID, back money.Cents) error {
	_, err := change(ctx, tx, `INSERT INTO library_parts (fee_id, reference, amount)
		SELECT f.id, coalesce(f.settled_by, ''), f.amount - $2 - `+paidInParts+` FROM library_fees f
		WHERE f.id = $1 AND f.settled_at_ms IS NOT NULL AND f.amount - $2 > `+paidInParts+`
		ON CONFLICT (fee_id, reference) DO UPDATE SET amount = library_parts.amount + excluded.amount`,
		typed(string(fee)), int64(back))
	if err != nil {
		return err
	}
	_, err = change(ctx, tx, `UPDATE library_fees SET settled_at_ms = NULL, settled_by = NULL, paid = NULL WHERE id = $1`, typed(string(fee)))
	return err
}

func addFee(ctx context.Context, tx *sql.Tx, n card.Number, f circulation.Fee) error {
	return changeOne(ctx, tx, `INSERT INTO library_fees (id, card_number, kind, description, amount, charged_on, item, imported)
		VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE) ON CONFLICT DO NOTHING`,
		string(f.ID), n.Text(), string(f.Kind), f.Description, int64(f.Amount), f.ChargedOn.String(), f.Item)
}
