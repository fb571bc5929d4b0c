package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func TestAQueryIsAskedAgainWhileItsRowsAreRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		threePeople(t, s)
		const after = `SELECT id FROM cards WHERE id > $1 ORDER BY id`
		for range 2 { // the second time from a kept statement
			must(t, s.InTx(t.Context(), func(tx *sql.Tx) error {
				if s.IsPostgres() {
					return nil // it gives one answer at a time
				}
				outer, err := tx.QueryContext(t.Context(), after, 0)
				if err != nil {
					return err
				}
				defer outer.Close()
				seen := ""
				for outer.Next() {
					var id int
					if err := outer.Scan(&id); err != nil {
						return err
					}
					var next sql.NullInt64
					if err := tx.QueryRowContext(t.Context(), after, id).Scan(&next); err != nil && !errors.Is(err, sql.ErrNoRows) {
						return err
					}
					seen += fmt.Sprint(id, ":", next.Int64, " ")
				}
				mustBe(t, "rows", seen, "1:2 2:3 3:0 ")
				return outer.Err()
			}))
		}
	})
}

func TestMoreQueriesThanAreKeptAreAllAnswered(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	for round := range 3 {
		for i := range 400 {
			n, err := s.Count(t.Context(), fmt.Sprintf(`SELECT %d + $1`, i), round)
			must(t, err)
			mustBe(t, "answer", n, i+round)
		}
	}
}

func TestAKeptQueryFollowsAChangedTable(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	ctx := t.Context()
	for round := range 3 {
		must(t, s.Run(ctx, `CREATE TABLE passing (a BIGINT)`))
		must(t, s.Run(ctx, `INSERT INTO passing (a) VALUES ($1)`, round))
		n, err := s.Count(ctx, `SELECT sum(a) FROM passing`)
		must(t, err)
		mustBe(t, "sum", n, round)
		must(t, s.Run(ctx, `DROP TABLE passing`))
		if _, err := s.Count(ctx, `SELECT sum(a) FROM passing`); err == nil {
			t.Error("a table that is gone was read")
		}
	}
}

func TestAKeptQuerySurvivesWhoStopsReading(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t, store.Options{Now: nil, MaxConns: 1})
	threePeople(t, s)
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.InTx(ctx, func(tx *sql.Tx) error {
			rows, err := tx.QueryContext(ctx, `SELECT number FROM cards ORDER BY id`)
			if err != nil {
				return err
			}
			defer rows.Close()
			rows.Next()
			cancel()
			return rows.Err()
		})
		cancel()
		if err == nil {
			t.Fatal("a transaction of somebody who went away was committed")
		}
		n, err := s.Count(t.Context(), `SELECT count(*) FROM cards`)
		must(t, err)
		mustBe(t, "cards", n, 3)
	}
	know(t, s, "4", "Dirk") // nothing is left open that holds a write up
}
