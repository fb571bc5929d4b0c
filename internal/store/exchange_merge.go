package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"hoofdpas/internal/exchange"
)

// Faults implements exchange.Stage.
func (g *stage) Faults(ctx context.Context, given exchange.Given, limit int) (faults []exchange.Fault, count int, err error) {
	if err := g.run(ctx, stageIndexes); err != nil {
		return nil, 0, fmt.Errorf("index what was read: %w", err)
	}
	for _, k := range exchange.Kinds {
		if _, ok := given[k]; !ok {
			continue
		}
		key := map[exchange.Kind]string{exchange.Cards: "number", exchange.Loans: "id", exchange.Fees: "id"}[k]
		twins := ` FROM import_` + string(k) + ` s JOIN
			(SELECT ` + key + ` AS twin, min(line) AS line FROM import_` + string(k) + ` GROUP BY ` + key + ` HAVING count(*) > 1) d
			ON d.twin = s.` + key + ` WHERE s.line <> d.line`
		if err := g.faults(ctx, k, `s.line, d.line`, twins, limit, &faults, &count); err != nil {
			return nil, 0, fmt.Errorf("look for keys that occur twice: %w", err)
		}
		if k == exchange.Cards {
			continue
		}
		known := `import_cards c WHERE c.number = s.card_number`
		if _, ok := given[exchange.Cards]; !ok {
			known = `library_cards c WHERE c.number = s.card_number AND c.closed_at_ms IS NULL`
		}
		strays := ` FROM import_` + string(k) + ` s WHERE NOT EXISTS (SELECT 1 FROM ` + known + `)`
		if err := g.faults(ctx, k, `s.line, 0`, strays, limit, &faults, &count); err != nil {
			return nil, 0, fmt.Errorf("look for cards that are not known: %w", err)
		}
	}
	return faults, count, nil
}

// faults counts the faults that a query finds and adds the first to all.
func (g *stage) faults(
	ctx context.Context, k exchange.Kind, columns, from string, limit int, all *[]exchange.Fault, count *int,
) error {
	n, _, err := one(ctx, g.conn, value[int], `SELECT count(*)`+from)
	if err != nil || n == 0 {
		return err
	}
	*count += n
	found, err := list(ctx, g.conn, func(r row) (exchange.Fault, error) {
		f := exchange.Fault{Kind: k}
		err := r.Scan(&f.Line, &f.Twin)
		return f, err //nolint:wrapcheck // the caller says what it was doing
	}, `SELECT `+columns+from+` ORDER BY s.line LIMIT $1`, limit)
	*all = append(*all, found...)
	return err
}

// Rows that a file is the truth of: a closed card keeps what it has.
const (
	openCards = `library_cards WHERE closed_at_ms IS NULL`
	openLoans = `library_loans WHERE EXISTS
		(SELECT 1 FROM library_cards c WHERE c.number = card_number AND c.closed_at_ms IS NULL)`
	// A fee that is open again since a payment was returned may have left the
	// file when that was made: the file is its truth from when it has it again.
	openFees = `library_fees WHERE imported AND settled_at_ms IS NULL AND EXISTS
		(SELECT 1 FROM library_cards c WHERE c.number = card_number AND c.closed_at_ms IS NULL)
		AND NOT EXISTS (SELECT 1 FROM library_reopened r WHERE r.fee_id = library_fees.id AND r.unseen)`
)

// Present implements exchange.Stage.
func (g *stage) Present(ctx context.Context) (map[exchange.Kind]int, error) {
	present := map[exchange.Kind]int{}
	for k, rows := range map[exchange.Kind]string{exchange.Cards: openCards, exchange.Loans: openLoans, exchange.Fees: openFees} {
		n, _, err := one(ctx, g.conn, value[int], `SELECT count(*) FROM `+rows)
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", k, err)
		}
		present[k] = n
	}
	return present, nil
}

// Merge implements exchange.Stage. On PostgreSQL it waits until nobody changes
// a card's sheet and lets nobody begin before it is done; reading goes on.
func (g *stage) Merge(ctx context.Context, given exchange.Given, at time.Time) (counts map[exchange.Kind]exchange.Count, err error) {
	err = retryOn(ctx, g.conn, &sql.TxOptions{Isolation: g.store.dialect.locking}, func(tx *sql.Tx) error {
		counts = map[exchange.Kind]exchange.Count{}
		if g.store.dialect == &postgres {
			_, err := tx.ExecContext(ctx, `LOCK TABLE library_cards, library_loans, library_fees IN EXCLUSIVE MODE`)
			if err != nil {
				return fmt.Errorf("wait for others: %w", err)
			}
		}
		for _, k := range exchange.Kinds {
			rows, ok := given[k]
			if !ok {
				continue
			}
			m := merger{ctx: ctx, tx: tx, dialect: g.store.dialect, at: ms(at)}
			c := map[exchange.Kind]func() exchange.Count{
				exchange.Cards: m.cards, exchange.Loans: m.loans, exchange.Fees: m.fees,
			}[k]()
			if m.err != nil {
				return fmt.Errorf("merge %s: %w", k, m.err)
			}
			c.Unchanged = rows - c.Added - c.Changed
			counts[k] = c
		}
		return nil
	})
	return counts, err
}

// merger runs statements one after the other until one fails.
type merger struct {
	ctx     context.Context //nolint:containedctx // it lives as long as one call
	tx      *sql.Tx
	dialect *dialect
	at      any
	err     error
}

// do runs a statement and returns how many rows it wrote.
func (m *merger) do(statement string, args ...any) int {
	if m.err != nil {
		return 0
	}
	n, err := change(m.ctx, m.tx, statement, args...)
	m.err = err
	return int(n)
}

// filling is what goes from a table of the stage into one of the library: values
// into columns, for each key that is new, in the order of by.
type filling struct{ from, into, key, by, columns, values string }

// fill returns how many rows were new. Into an empty table they go without what
// is looked up and kept up row by row: with foreign keys and indexes made
// afterwards it takes less than half the time. On PostgreSQL who reads the empty
// table waits until then.
func (m *merger) fill(f filling) int {
	unless := ` WHERE NOT EXISTS (SELECT 1 FROM ` + f.into + ` k WHERE k.` + f.key + ` = s.` + f.key + `)`
	aside, empty := m.aside(f.into)
	if empty {
		unless = "" // and no look into a table that grows meanwhile
	}
	for _, a := range aside {
		m.do(a.drop)
	}
	added := m.do(`INSERT INTO ` + f.into + ` (` + f.columns + `) SELECT ` + f.values + ` FROM ` + f.from + ` s` + unless + ` ORDER BY s.` + f.by)
	for _, a := range slices.Backward(aside) {
		m.do(a.make)
	}
	return added
}

// droppable is a statement that drops a key or an index, and the one that makes
// it again.
type droppable struct{ drop, make string }

// aside lists what can be dropped of the table, if it is empty.
func (m *merger) aside(table string) (all []droppable, empty bool) {
	if m.err != nil {
		return nil, false
	}
	var filled bool
	filled, _, m.err = one(m.ctx, m.tx, value[bool], `SELECT EXISTS (SELECT 1 FROM `+table+`)`)
	if filled || m.err != nil {
		return nil, false
	}
	all, m.err = list(m.ctx, m.tx, func(r row) (d droppable, err error) {
		err = r.Scan(&d.drop, &d.make)
		return d, err //nolint:wrapcheck // merge says what it was doing
	}, m.dialect.setAside, table)
	return all, true
}

func (m *merger) cards() exchange.Count {
	var c exchange.Count
	c.Changed = m.do(`UPDATE library_cards AS k SET name = s.name, words = s.words, birth_date = s.birth_date, email = s.email,
			category = s.category, branch = s.branch, expires_on = s.expires_on, blocked = s.blocked, closed_at_ms = NULL
		FROM import_cards AS s WHERE k.number = s.number AND (k.closed_at_ms IS NOT NULL OR
			(k.name, k.birth_date, k.email, k.category, k.branch, k.expires_on, k.blocked) <>
			(s.name, s.birth_date, s.email, s.category, s.branch, s.expires_on, s.blocked))`)
	const columns = `number, name, words, birth_date, email, category, branch, expires_on, blocked`
	c.Added = m.fill(filling{from: "import_cards", into: "library_cards", key: "number", by: "number", columns: columns, values: columns})
	c.Gone = m.do(`UPDATE library_cards SET closed_at_ms = $1
		WHERE closed_at_ms IS NULL AND NOT EXISTS (SELECT 1 FROM import_cards s WHERE s.number = library_cards.number)`, m.at)
	m.do(`UPDATE library_cards AS k SET first_password = p.hash FROM import_passwords AS p WHERE k.number = p.number
		AND NOT EXISTS (SELECT 1 FROM cards c WHERE c.number = k.number AND c.password <> '')`)
	// The cards that somebody logged in with or asked for: what the library
	// calls them, and whether mandates from and to them count.
	m.do(`UPDATE cards AS k SET name = s.name, sort_name = s.sort_name, closed_at_ms = NULL FROM import_cards AS s
		WHERE k.number = s.number AND (k.name <> s.name OR k.closed_at_ms IS NOT NULL)`)
	m.do(`UPDATE cards SET closed_at_ms = $1
		WHERE closed_at_ms IS NULL AND NOT EXISTS (SELECT 1 FROM import_cards s WHERE s.number = cards.number)`, m.at)
	return c
}

func (m *merger) loans() exchange.Count {
	var c exchange.Count
	// What was renewed here keeps its date until the file says something new.
	const renewed = `(k.file_due_on, k.file_renewals) <> (s.due_on, s.renewals)`
	c.Changed = m.do(`UPDATE library_loans AS k SET card_number = s.card_number, item = s.item, title = s.title, author = s.author,
			material = s.material, lent_on = s.lent_on, reserved = s.reserved,
			due_on = CASE WHEN ` + renewed + ` THEN s.due_on ELSE k.due_on END,
			renewals = CASE WHEN ` + renewed + ` THEN s.renewals ELSE k.renewals END,
			file_due_on = s.due_on, file_renewals = s.renewals
		FROM import_loans AS s WHERE k.id = s.id AND (
			(k.card_number, k.item, k.title, k.author, k.material, k.lent_on, k.reserved) <>
			(s.card_number, s.item, s.title, s.author, s.material, s.lent_on, s.reserved)
			OR (` + renewed + ` AND (k.due_on, k.renewals) <> (s.due_on, s.renewals)))`)
	// The file has caught up with a renewal here: that changes nothing.
	m.do(`UPDATE library_loans AS k SET file_due_on = s.due_on, file_renewals = s.renewals
		FROM import_loans AS s WHERE k.id = s.id AND ` + renewed)
	c.Gone = m.do(`DELETE FROM ` + openLoans + ` AND NOT EXISTS (SELECT 1 FROM import_loans s WHERE s.id = library_loans.id)`)
	c.Added = m.fill(filling{
		from: "import_loans", into: "library_loans", key: "id", by: m.dialect.filledBy,
		columns: `id, card_number, item, title, author, material, lent_on, due_on, renewals, reserved, file_due_on, file_renewals`,
		values:  `id, card_number, item, title, author, material, lent_on, due_on, renewals, reserved, due_on, renewals`,
	})
	return c
}

func (m *merger) fees() exchange.Count {
	var c exchange.Count
	// What was paid here stays as it was paid, whatever the file says of it. A file
	// may know of parts that were paid here or not: an amount between the two tells
	// nothing, a higher one is the whole fee, and a lower one what is left of it.
	const (
		left   = `k.amount - CAST((SELECT coalesce(sum(p.amount), 0) FROM library_parts p WHERE p.fee_id = k.id) AS BIGINT)`
		amount = `CASE WHEN s.amount > k.amount THEN s.amount
			WHEN s.amount < ` + left + ` THEN s.amount + k.amount - (` + left + `) ELSE k.amount END`
	)
	c.Changed = m.do(`UPDATE library_fees AS k SET card_number = s.card_number, kind = s.kind, description = s.description,
			amount = ` + amount + `, charged_on = s.charged_on, item = s.item, settled_at_ms = NULL
		FROM import_fees AS s WHERE k.id = s.id AND k.settled_by IS NULL AND (k.settled_at_ms IS NOT NULL OR
			(k.card_number, k.kind, k.description, k.charged_on, k.item) <> (s.card_number, s.kind, s.description, s.charged_on, s.item)
			OR (k.amount <> s.amount AND k.amount <> ` + amount + `))`)
	m.do(`UPDATE library_fees SET imported = TRUE
		WHERE NOT imported AND EXISTS (SELECT 1 FROM import_fees s WHERE s.id = library_fees.id)`)
	m.do(`UPDATE library_reopened SET unseen = FALSE
		WHERE unseen AND EXISTS (SELECT 1 FROM import_fees s WHERE s.id = fee_id)`)
	c.Gone = m.do(`UPDATE library_fees SET settled_at_ms = $1 WHERE id IN (SELECT id FROM `+openFees+`
		AND NOT EXISTS (SELECT 1 FROM import_fees s WHERE s.id = library_fees.id))`, m.at)
	c.Added = m.fill(filling{
		from: "import_fees", into: "library_fees", key: "id", by: m.dialect.filledBy,
		columns: `id, card_number, kind, description, amount, charged_on, item, imported`,
		values:  `id, card_number, kind, description, amount, charged_on, item, TRUE`,
	})
	return c
}
