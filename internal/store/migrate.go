package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// afterwards is what SQL alone cannot do, by the version of the migration that
// it ends.
var afterwards = map[int64]func(context.Context, *sql.Tx) error{ //nolint:gochecknoglobals // a table, never written
	3: sealCopied,
}

// migrations reads the migrations, NNNN_name.sql, in the words of the dialect.
// They go forward only and are never edited once released. One text serves both
// databases: only what stands in braces is written differently.
//
// The program of the version before goes on over what they make, since several are
// replaced one by one: so a migration adds, and what is not read any more is taken
// away by one of a later version, which says so in a line of its own. From
//
//	-- contract: 12
//
// on, only programs that know version 12 or newer can use the store.
func (s *Store) migrations() (*goose.Provider, error) {
	const folder = "migrations"
	files, err := migrationFiles.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	var all []*goose.Migration
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read the number of migration %s: %w", f.Name(), err)
		}
		text, err := migrationFiles.ReadFile(folder + "/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", f.Name(), err)
		}
		statements := s.dialect.types.Replace(string(text))
		floor := contract.FindSubmatch(text)
		all = append(all, goose.NewGoMigration(version, &goose.GoFunc{
			RunTx: func(ctx context.Context, tx *sql.Tx) error {
				if _, err := tx.ExecContext(ctx, statements); err != nil {
					return err //nolint:wrapcheck // goose names the migration
				}
				if floor != nil {
					if _, err := tx.ExecContext(ctx, `UPDATE schema_floor SET version = `+string(floor[1])); err != nil {
						return err //nolint:wrapcheck // as above
					}
				}
				if then, ok := afterwards[version]; ok {
					return then(ctx, tx)
				}
				return nil
			},
		}, nil))
	}
	p, err := goose.NewProvider(s.dialect.name, s.write, nil, goose.WithGoMigrations(all...),
		goose.WithDisableGlobalRegistry(true), goose.WithTableName("hoofdpas_version"), goose.WithSlog(quiet()))
	if err != nil {
		return nil, fmt.Errorf("prepare the migrations: %w", err)
	}
	return p, nil
}

// contract is the line of a migration that takes something away.
var contract = regexp.MustCompile(`(?m)^-- contract: (\d+)$`)

// quiet is for libraries that say in their own words what we say in ours.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// SchemaVersion returns the version that the store has, 0 when it is empty, and
// the one that this program wants.
func (s *Store) SchemaVersion(ctx context.Context) (have, want int64, err error) {
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return 0, 0, fmt.Errorf("read the migrations: %w", err)
	}
	want = int64(len(files)) // numbered from 1 without gaps, which a test holds
	exists, err := s.hasTable(ctx, "hoofdpas_version")
	if err != nil || !exists {
		return 0, want, err
	}
	err = s.write.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM hoofdpas_version`).Scan(&have)
	if err != nil {
		return 0, want, fmt.Errorf("read the version of the store: %w", known(err))
	}
	return have, want, nil
}

// fits returns a *NewerSchemaError when a newer program has taken away from the store
// what this one reads.
func (s *Store) fits(ctx context.Context, have, want int64) error {
	if have <= want {
		return nil
	}
	floor, _, err := one(ctx, s.write, value[int64], `SELECT version FROM schema_floor`)
	if err != nil {
		return fmt.Errorf("read which programs the store is for: %w", err)
	}
	if floor > want {
		return &NewerSchemaError{Have: have, Want: want}
	}
	return nil
}

func (s *Store) hasTable(ctx context.Context, name string) (bool, error) {
	query := `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1`
	if s.dialect == &postgres {
		query = `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1`
	}
	var n int
	if err := s.read.QueryRowContext(ctx, query, name).Scan(&n); err != nil {
		return false, fmt.Errorf("look into the store: %w", known(err))
	}
	return n > 0, nil
}

// Migrate brings the store up to date, forward only; each migration is one
// transaction. Two programs may do it at once: one waits for the other. A
// store that a newer program migrated is left alone, and is a *NewerSchemaError when
// this one cannot use it.
func (s *Store) Migrate(ctx context.Context) error {
	have, want, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if err := s.fits(ctx, have, want); err != nil || have > want {
		return err
	}
	jobs, err := s.jobsMigrations()
	if err != nil {
		return err
	}
	haveJobs, wantJobs, err := s.jobsVersion(ctx, jobs)
	if err != nil {
		return err
	}
	if haveJobs > wantJobs {
		return &NewerSchemaError{Have: haveJobs, Want: wantJobs}
	}
	if have == want && haveJobs == wantJobs {
		return nil // nothing to do and nobody to wait for: the program starts at once
	}
	unlock, err := s.lockMigrations(ctx)
	if err != nil {
		return err
	}
	err = s.migrateTables(ctx, have)
	if err == nil {
		err = s.migrateJobs(ctx, jobs)
	}
	if s.dialect == &postgres {
		err = explainPostgres(err)
	}
	return errors.Join(err, unlock())
}

// migrateTables runs the migrations that are missing. On SQLite nobody locks:
// two may both try to make the same table, and the later fails. It then starts
// over from where the other got, as long as that is further.
func (s *Store) migrateTables(ctx context.Context, have int64) error {
	p, err := s.migrations()
	if err != nil {
		return err
	}
	for {
		_, err := p.Up(ctx)
		if err == nil {
			return nil
		}
		now, _, versionErr := s.SchemaVersion(ctx)
		if versionErr != nil || now <= have {
			return fmt.Errorf("migrate the store: %w", known(err))
		}
		have = now
	}
}

// migrationLock is the key of the advisory lock on PostgreSQL.
const migrationLock = 0x686f6f6664 // "hoofd"

// lockMigrations waits until nobody else migrates.
func (s *Store) lockMigrations(ctx context.Context) (unlock func() error, err error) {
	if s.dialect != &postgres {
		return func() error { return nil }, nil
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("wait for another migration: %w", known(err))
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		_ = conn.Close() // the first error counts
		return nil, fmt.Errorf("wait for another migration: %w", known(err))
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(migrationLock))
		return errors.Join(err, conn.Close())
	}, nil
}
