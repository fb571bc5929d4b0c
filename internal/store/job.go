package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// inserter puts jobs into the store, and only that: it works none.
type inserter = river.Client[*sql.Tx]

// JobDriver is what the runner of jobs works on: the same database, so that a
// job is kept, or not, together with what it is about.
func (s *Store) JobDriver() riverdriver.Driver[*sql.Tx] {
	if s.dialect == &postgres {
		return riverdatabasesql.New(s.write)
	}
	return riversqlite.New(s.write)
}

func (s *Store) newInserter() (*inserter, error) {
	c, err := river.NewClient(s.JobDriver(), &river.Config{Logger: quiet()})
	if err != nil {
		return nil, fmt.Errorf("prepare the jobs: %w", err)
	}
	return c, nil
}

// addJob keeps a job in the transaction; it vanishes with it.
func (s *Store) addJob(ctx context.Context, tx *sql.Tx, args river.JobArgs) error {
	if _, err := s.jobs.InsertTx(ctx, tx, args, nil); err != nil {
		return fmt.Errorf("keep job %s: %w", args.Kind(), err)
	}
	return nil
}

// migrateJobs brings the tables of the job library up to date.
func (s *Store) migrateJobs(ctx context.Context) error {
	m, err := rivermigrate.New(s.JobDriver(), &rivermigrate.Config{Logger: quiet()})
	if err != nil {
		return fmt.Errorf("prepare the tables of jobs: %w", err)
	}
	for before := -1; ; {
		_, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		if err == nil {
			return nil
		}
		// As in migrateTables: another may have been at it.
		done, versionErr := m.ExistingVersions(ctx)
		if versionErr != nil || len(done) <= before {
			return fmt.Errorf("migrate the tables of jobs: %w", known(err))
		}
		before = len(done)
	}
}
