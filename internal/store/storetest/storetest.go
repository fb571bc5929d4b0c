// Package storetest gives tests a store of their own, fresh and migrated, on
// both databases. It never skips: without PostgreSQL's programs a test fails.
package storetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/store"
)

// Each runs f as a parallel subtest on SQLite and on PostgreSQL.
func Each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, Postgres(t))
	})
}

// EachAddress runs f as a parallel subtest with the address of an empty,
// unmigrated store on each database.
func EachAddress(t *testing.T, f func(t *testing.T, address string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, SQLiteAddress(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, PostgresAddress(t))
	})
}

// engine is the environment variable that names what Any opens.
const engine = "HOOFDPAS_TEST_STORE"

// Any is a migrated store for a test to which the engine is all one: SQLite, or
// PostgreSQL where the environment asks for it, as `make test-postgres` does.
func Any(t testing.TB, o ...store.Options) *store.Store {
	t.Helper()
	return open(t, AnyAddress(t), o)
}

// AnyAddress is the address of a migrated store, as Any opens.
func AnyAddress(t testing.TB) string {
	t.Helper()
	switch name := os.Getenv(engine); name {
	case "", "sqlite":
		return migratedSQLite(t)
	case "postgres":
		return database(t, true)
	default:
		t.Fatalf("%s is %q, and neither sqlite nor postgres", engine, name)
		return ""
	}
}

// SQLite is a migrated store in a temporary folder. Options may hold a clock;
// without one it is the machine's.
func SQLite(t testing.TB, o ...store.Options) *store.Store {
	t.Helper()
	return open(t, migratedSQLite(t), o)
}

func migratedSQLite(t testing.TB) string {
	t.Helper()
	file, err := migratedFile()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "library.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// SQLiteAddress is the address of a SQLite store that does not exist yet.
func SQLiteAddress(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "library.db")
}

// Postgres is a migrated store on a throw-away PostgreSQL.
func Postgres(t testing.TB, o ...store.Options) *store.Store {
	t.Helper()
	return open(t, database(t, true), o)
}

// PostgresAddress is the address of an empty database on a throw-away
// PostgreSQL.
func PostgresAddress(t testing.TB) string {
	t.Helper()
	return database(t, false)
}

// Open opens the store at the address for the length of the test.
func Open(t testing.TB, address string, o ...store.Options) *store.Store {
	t.Helper()
	return open(t, address, o)
}

func open(t testing.TB, address string, o []store.Options) *store.Store {
	t.Helper()
	options := store.Options{}
	if len(o) > 0 {
		options = o[0]
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.MaxConns == 0 {
		options.MaxConns = 8
	}
	s, err := store.Open(context.Background(), address, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// migratedFile is a migrated SQLite file, made once: copying it is quicker than
// migrating each time.
var migratedFile = sync.OnceValues(func() ([]byte, error) { //nolint:gochecknoglobals // once per test program
	folder, err := os.MkdirTemp("", "hoofdpas-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	path := filepath.Join(folder, "template.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// migrate brings the store at the address up to date and closes it.
func migrate(address string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, address, store.Options{Now: time.Now})
	if err != nil {
		return err
	}
	if err := s.Migrate(ctx); err != nil {
		_ = s.Close() // the first error counts
		return err
	}
	return s.Close()
}
