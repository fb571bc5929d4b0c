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

// addJob keeps a job in the transaction; it vanishes with it. One that names a
// queue waits there.
func (s *Store) addJob(ctx context.Context, tx *sql.Tx, args river.JobArgs) error {
	var o river.InsertOpts
	if q, ok := args.(interface{ Queue() string }); ok {
		o.Queue = q.Queue()
	}
	if _, err := s.jobs.InsertTx(ctx, tx, args, &o); err != nil {
		return fmt.Errorf("keep job %s: %w", args.Kind(), err)
	}
	return nil
}

// jobsMigrations are the migrations of the job library's own tables.
type jobsMigrations = rivermigrate.Migrator[*sql.Tx]

func (s *Store) jobsMigrations() (*jobsMigrations, error) {
	m, err := rivermigrate.New(s.JobDriver(), &rivermigrate.Config{Logger: quiet()})
	if err != nil {
		return nil, fmt.Errorf("prepare the tables of jobs: %w", err)
	}
	return m, nil
}

// jobsVersion is SchemaVersion of those tables.
func (s *Store) jobsVersion(ctx context.Context, m *jobsMigrations) (have, want int64, err error) {
	for _, v := range m.AllVersions() {
		want = max(want, int64(v.Version))
	}
	exists, err := s.hasTable(ctx, "river_migration")
	if err != nil || !exists {
		return 0, want, err
	}
	have, _, err = one(ctx, s.write, value[int64], `SELECT coalesce(max(version), 0) FROM river_migration`)
	if err != nil {
		return 0, want, fmt.Errorf("read the version of the tables of jobs: %w", err)
	}
	return have, want, nil
}

// migrateJobs brings those tables up to date, as migrateTables does ours.
func (s *Store) migrateJobs(ctx context.Context, m *jobsMigrations) error {
	for before := int64(-1); ; {
		_, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		if err == nil {
			return nil
		}
		now, _, versionErr := s.jobsVersion(ctx, m)
		if versionErr != nil || now <= before {
			return fmt.Errorf("migrate the tables of jobs: %w", known(err))
		}
		before = now
	}
}
