package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
)

// querier is a pool or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// row is the current row of an answer.
type row interface{ Scan(into ...any) error }

// list returns a value for each row of the answer.
func list[T any](ctx context.Context, q querier, read func(row) (T, error), query string, args ...any) (all []T, err error) {
	err = visit(ctx, q, read, func(v T) error {
		all = append(all, v)
		return nil
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// visit calls each with a value for each row of the answer, without keeping
// them, and stops at its first error.
func visit[T any](
	ctx context.Context, q querier, read func(row) (T, error), each func(T) error, query string, args ...any,
) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return known(err)
	}
	defer rows.Close() //nolint:errcheck // Err below says what went wrong
	for rows.Next() {
		v, err := read(rows)
		if err != nil {
			return known(err)
		}
		if err := each(v); err != nil {
			return err
		}
	}
	return known(rows.Err())
}

// one returns the value of the first row; ok is false when there is none.
func one[T any](ctx context.Context, q querier, read func(row) (T, error), query string, args ...any) (v T, ok bool, err error) {
	known := faultOf(q, query)
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return v, false, known(err)
	}
	defer rows.Close() //nolint:errcheck // Err below says what went wrong
	if !rows.Next() {
		return v, false, known(rows.Err())
	}
	if v, err = read(rows); err != nil {
		return v, false, known(err)
	}
	// To the end of the statement: only then has a write outside a transaction
	// been committed, or said why not.
	rows.Next()
	return v, true, known(errors.Join(rows.Err(), rows.Close()))
}

// change runs a statement and returns how many rows it wrote.
func change(ctx context.Context, q querier, query string, args ...any) (int64, error) {
	r, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, faultOf(q, query)(err)
	}
	n, err := r.RowsAffected()
	return n, known(err)
}

// faultOf is unsure for a statement that writes outside a transaction, which ends its
// own, and known for any other.
func faultOf(q querier, query string) func(error) error {
	if _, alone := q.(*sql.DB); alone && !strings.HasPrefix(query, "SELECT") {
		return unsure
	}
	return known
}

// changeOne is change for a statement that must write exactly one row.
func changeOne(ctx context.Context, q querier, query string, args ...any) error {
	n, err := change(ctx, q, query, args...)
	if err == nil && n != 1 {
		err = fmt.Errorf("wrote %d rows instead of one", n)
	}
	return err
}

// value reads a row of one column.
func value[T any](r row) (v T, err error) {
	err = r.Scan(&v)
	return v, err //nolint:wrapcheck // the caller says what it was doing
}

// places writes n placeholders, "$3, $4", the first with number first.
func places(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(first+i))
	}
	return b.String()
}

// ms is an instant as it is kept, in UTC milliseconds; NULL for the zero one.
func ms(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// instant reads what ms wrote.
type instant struct{ to *time.Time }

// Scan implements sql.Scanner.
func (i instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*i.to = time.Time{}
	case int64:
		*i.to = time.UnixMilli(v).UTC()
	default:
		return fmt.Errorf("not an instant: %T", v)
	}
	return nil
}

// iso is a date as it is kept, 'YYYY-MM-DD'; NULL for no date.
func iso(d calendar.Date) any {
	if d.IsZero() {
		return nil
	}
	return d.String()
}

// day reads what iso wrote.
type day struct{ to *calendar.Date }

// Scan implements sql.Scanner.
func (d day) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		*d.to = calendar.Date{}
	case string:
		*d.to, err = calendar.ParseISO(v)
	default:
		return fmt.Errorf("not a date: %T", v)
	}
	return err
}

// number reads a card number; NULL and the empty text are none.
type number struct{ to *card.Number }

// Scan implements sql.Scanner.
func (n number) Scan(v any) (err error) {
	text, ok := v.(string)
	if v != nil && !ok {
		return fmt.Errorf("not a card number: %T", v)
	}
	if *n.to = (card.Number{}); text == "" {
		return nil
	}
	if *n.to, err = card.ParseNumber(text); err != nil {
		return errors.New("a card number in the store is not one") // the number itself goes into no log
	}
	return nil
}

// key is a reference to another row; NULL for 0.
func key[T ~int64](id T) any {
	if id == 0 {
		return nil
	}
	return int64(id)
}

// typed is a text from outside in a form that both databases take: PostgreSQL
// refuses a NUL and bytes that are no UTF-8. What is changed here matches
// nothing that was kept whole.
func typed(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// orNull is a text from outside, NULL when it is empty: an index that holds it
// to be unique leaves those out.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return typed(s)
}
