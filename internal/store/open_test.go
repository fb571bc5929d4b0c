package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// opening returns the error of opening an address, which must not last.
func opening(t testing.TB, address string) string {
	t.Helper()
	s, err := store.Open(t.Context(), address, store.Options{
		Now: func() time.Time { return noon }, LockWait: time.Millisecond,
	})
	if err == nil {
		_ = s.Close()
		t.Fatalf("%s was opened", address)
	}
	return err.Error()
}

func mustSay(t testing.TB, said string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("%q does not say %q", said, w)
		}
	}
}

func TestOpeningSaysWhatToMend(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "notes.txt")
	must(t, os.WriteFile(file, []byte(strings.Repeat("not a database at all\n", 100)), 0o600))
	for _, c := range []struct {
		address string
		says    []string
	}{
		{"", []string{"sqlite:FILE", "postgres://"}},
		{"mysql://localhost", []string{"sqlite:FILE", "postgres://"}},
		{"library.db", []string{"sqlite:FILE"}},
		{"sqlite:", []string{"names no file"}},
		{"sqlite:" + folder, []string{folder, "is a folder"}},
		{"sqlite:" + filepath.Join(folder, "none", "library.db"), []string{"no folder", filepath.Join(folder, "none"), "make it"}},
		{"sqlite:" + filepath.Join(file, "library.db"), []string{file, "not a folder"}},
		{"sqlite:" + file, []string{file, "not a database of this program"}},
		{"postgres:///library?host=" + folder + "&user=u&password=geheim", []string{"cannot be reached"}},
		{"postgres://u:geheim@127.0.0.1:1/library", []string{"library", "127.0.0.1", "cannot be reached"}},
		{"postgres://u:geheim@host:poort/library", []string{"address of the store"}},
	} {
		said := opening(t, c.address)
		mustSay(t, said, c.says...)
		if strings.Contains(said, "geheim") {
			t.Errorf("%q tells the password", said)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("opening left %v, %v", left, err)
	}
}

func TestOpeningAPostgresThatRefusesSaysWhatToMend(t *testing.T) {
	t.Parallel()
	address := storetest.PostgresAddress(t)
	mustSay(t, opening(t, strings.Replace(address, "user=postgres", "user=nobody", 1)), "refuses the user or the password")
	s := storetest.Open(t, address)
	name, err := s.Text(t.Context(), `SELECT current_database()`)
	must(t, err)
	mustSay(t, opening(t, strings.Replace(address, name, "no_such", 1)), "no such database", "createdb")
	must(t, s.Run(t.Context(), `CREATE DATABASE `+name+`_latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`))
	t.Cleanup(func() {
		// The test's context is over by now, and the store not yet closed.
		must(t, s.Run(context.Background(), `DROP DATABASE `+name+`_latin WITH (FORCE)`))
	})
	mustSay(t, opening(t, strings.Replace(address, name, name+"_latin", 1)), "encoding UTF8")
}

// sslmode=prefer is what PostgreSQL's programs do when nobody says otherwise.
func TestWhatGoesToAStoreMayBeReadOnTheWay(t *testing.T) {
	t.Parallel()
	for address, open := range map[string]bool{
		"sqlite:library.db": false, "postgres:///library?host=/run/postgresql": false, "postgres://u@localhost/library": false,
		"postgres://u@127.0.0.1,[::1]/library": false, "postgres://u@db.example.nl/library": true,
		"postgres://u@db.example.nl/library?sslmode=disable": true, "postgres://u@localhost,db.example.nl/library": true,
		"postgres://u@db.example.nl/library?sslmode=require": false, "postgres://u@a.nl,b.nl/library?sslmode=verify-full": false,
	} {
		mustBe(t, address, store.InTheOpen(address), open)
	}
}

// Since PostgreSQL 15 nobody but its owner makes tables in a database.
func TestMigratingADatabaseOfSomebodyElseSaysWhatToMend(t *testing.T) {
	t.Parallel()
	address := storetest.PostgresAddress(t)
	s := storetest.Open(t, address)
	name, err := s.Text(t.Context(), `SELECT current_database()`)
	must(t, err)
	must(t, s.Run(t.Context(), `CREATE ROLE `+name+` LOGIN`))
	t.Cleanup(func() { must(t, s.Run(context.Background(), `DROP ROLE `+name)) })
	err = storetest.Open(t, strings.Replace(address, "user=postgres", "user="+name, 1)).Migrate(t.Context())
	if err == nil {
		t.Fatal("somebody else's database was migrated")
	}
	mustSay(t, err.Error(), "may not make tables", "ALTER DATABASE")
}

func TestAPathMayHoldAnySign(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a b?c%41#d&é")
	must(t, os.Mkdir(folder, 0o700))
	path := filepath.Join(folder, "the library?.db")
	storetest.Open(t, "sqlite:"+path)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestANewFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "library.db")
	must(t, storetest.Open(t, "sqlite:"+path).Migrate(t.Context()))
	for _, beside := range []string{"", "-wal", "-shm"} {
		file, err := os.Stat(path + beside)
		must(t, err)
		mustBe(t, "rights of "+beside, file.Mode().Perm(), 0o600)
	}
}

// asNobody runs f with the file rights of a user without any. Root may write
// every file, and tests run as root in containers. The thread goes with f: its
// rights cannot come back to another test.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f()
		return
	}
	const nobody = 65534
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		if err := syscall.Setfsuid(nobody); err != nil {
			done <- err
			return
		}
		f()
		done <- nil
	}()
	must(t, <-done)
}

func TestAReadOnlyFileOrFolderIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(folder, file string) error{
		"file": func(_, file string) error {
			return errors.Join(os.Chmod(file, 0o444), os.Chmod(filepath.Dir(file), 0o777))
		},
		"folder": func(folder, file string) error { return errors.Join(os.Chmod(file, 0o666), os.Chmod(folder, 0o555)) },
		"both":   func(folder, file string) error { return errors.Join(os.Chmod(file, 0o444), os.Chmod(folder, 0o555)) },
		"unseen": func(_, file string) error { return os.Chmod(file, 0) },
		"no file": func(folder, file string) error {
			return errors.Join(os.Remove(file), os.Chmod(folder, 0o555))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			must(t, openUp(folder))
			file := filepath.Join(folder, "library.db")
			s := storetest.Open(t, "sqlite:"+file)
			must(t, s.Migrate(t.Context()))
			must(t, s.Close())
			must(t, spoil(folder, file))
			t.Cleanup(func() { must(t, os.Chmod(folder, 0o700)) })
			asNobody(t, func() {
				mustSay(t, opening(t, "sqlite:"+file), file, "let the program's user")
			})
		})
	}
}

// openUp lets everybody pass through the temporary folders above.
func openUp(folder string) error {
	for strings.HasPrefix(folder, os.TempDir()+string(filepath.Separator)) {
		if err := os.Chmod(folder, 0o755); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
		folder = filepath.Dir(folder)
	}
	return nil
}

func TestAFileLockedByAnotherProgramIsSaidAndIsUsedOnceFree(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "library.db")
	o := store.Options{Now: func() time.Time { return noon }, LockWait: time.Millisecond}
	s := storetest.Open(t, "sqlite:"+file, o)
	must(t, s.Migrate(t.Context()))
	anna := know(t, s, "1", "Anna")

	other, err := sql.Open("sqlite", file)
	must(t, err)
	defer other.Close()
	other.SetMaxOpenConns(1)
	_, err = other.ExecContext(t.Context(), `BEGIN IMMEDIATE`)
	must(t, err)

	_, err = s.RaiseEpoch(t.Context(), anna.ID)
	mustBe(t, "writing", problem.KindOf(err), problem.Unavailable)
	mustBe(t, "reason", problem.Has(err, store.ReasonAway), true)
	err = s.InTx(t.Context(), func(*sql.Tx) error { return nil })
	mustBe(t, "a transaction", problem.Has(err, store.ReasonAway), true)
	a, ok, err := s.Account(t.Context(), anna.ID)
	must(t, err) // reading goes on
	mustBe(t, "epoch", a.Epoch, 0)
	mustBe(t, "found", ok, true)
	mustSay(t, opening(t, "sqlite:"+file), file, "locked")

	_, err = other.ExecContext(t.Context(), `ROLLBACK`)
	must(t, err)
	epoch, err := s.RaiseEpoch(t.Context(), anna.ID)
	must(t, err)
	mustBe(t, "epoch", epoch, 1)
}

func TestAStoreOfANewerProgramIsLeftAlone(t *testing.T) {
	t.Parallel()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		s := storetest.Open(t, address)
		must(t, s.Migrate(t.Context()))
		must(t, s.Answers(t.Context()))
		must(t, s.AddNewerVersion(t.Context(), 1))
		var newer *store.NewerSchemaError
		if err := s.Migrate(t.Context()); !errors.As(err, &newer) {
			t.Errorf("migrating: %v", err)
		}
		if err := s.Answers(t.Context()); !errors.As(err, &newer) {
			t.Errorf("whether it is ready: %v", err)
		}
		said := opening(t, address)
		mustSay(t, said, "newer hoofdpas", "backup")
		have, want, err := s.SchemaVersion(t.Context())
		must(t, err)
		mustBe(t, "version", have, want+1)
	})
}

// Several programs are replaced one by one, and one that is not yet may have to start
// again.
func TestAStoreThatANewerProgramOnlyAddedToIsUsed(t *testing.T) {
	t.Parallel()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		s := storetest.Open(t, address)
		must(t, s.Migrate(t.Context()))
		must(t, s.AddNewerVersion(t.Context(), 0))
		must(t, s.Answers(t.Context()))
		again := storetest.Open(t, address)
		must(t, again.Migrate(t.Context()))
		must(t, again.Answers(t.Context()))
		know(t, again, "20000001", "Anna")
	})
}

// takesAway finds what the program of the version before may miss, or may not know
// that it has to keep to.
var takesAway = regexp.MustCompile(`(?i)\bDROP\b|\bRENAME\b|\bALTER\s+COLUMN\b|\bADD\s+CONSTRAINT\b|\bUNIQUE INDEX\b|\bDELETE\b|` +
	`\bADD\s+COLUMN\b[^,;]*\bNOT NULL\b`)

// harmless is a column that has to be filled and fills itself.
var harmless = regexp.MustCompile(`(?i)\bADD\s+COLUMN\b[^,;]*\bNOT NULL DEFAULT\b`)

func mayMiss(migration string) []string {
	text := regexp.MustCompile(`--.*`).ReplaceAllString(migration, "")
	return takesAway.FindAllString(harmless.ReplaceAllString(text, ""), -1)
}

func TestAMigrationTakesNothingAwayUnlessItSaysSo(t *testing.T) {
	t.Parallel()
	const lastThatNobodyRanBesideAnother = 10
	files, err := filepath.Glob("migrations/*.sql")
	must(t, err)
	for i, f := range files {
		text, err := os.ReadFile(f)
		must(t, err)
		said := store.Contract.FindSubmatch(text)
		if missed := mayMiss(string(text)); i+1 > lastThatNobodyRanBesideAnother && len(missed) > 0 && said == nil {
			t.Errorf("%s has %q: the program of the version before still runs. Add beside, and take away in a later version (docs/it/upgrade.md)", f, missed)
		}
		if said == nil {
			continue
		}
		if floor, err := strconv.Atoi(string(said[1])); err != nil || floor >= i+1 || floor < lastThatNobodyRanBesideAnother {
			t.Errorf("%s can only be used from version %s on: that must be an earlier version, which did without", f, said[1])
		}
	}
	for text, misses := range map[string]bool{
		"DROP TABLE a": true, "ALTER TABLE a RENAME COLUMN b TO c": true, "ALTER TABLE a ADD COLUMN b BIGINT NOT NULL": true,
		"ALTER TABLE a ALTER COLUMN b TYPE TEXT": true, "CREATE UNIQUE INDEX x ON a (b)": true,
		"ALTER TABLE a ADD COLUMN b BIGINT NOT NULL DEFAULT 0": false, "ALTER TABLE a ADD COLUMN b TEXT": false,
		"CREATE TABLE a (b BIGINT NOT NULL UNIQUE); -- DROP nothing": false, "CREATE INDEX x ON a (b)": false,
	} {
		if (len(mayMiss(text)) > 0) != misses {
			t.Errorf("%s: %v", text, mayMiss(text))
		}
	}
}

func TestTablesOfJobsOfANewerProgramAreLeftAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Run(t.Context(), `INSERT INTO river_migration (line, version) VALUES ('main', 999)`))
		var newer *store.NewerSchemaError
		if err := s.Migrate(t.Context()); !errors.As(err, &newer) {
			t.Errorf("migrating: %v", err)
		}
	})
}

func TestTwoProgramsMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		const n = 4
		stores := make([]*store.Store, n)
		for i := range stores {
			stores[i] = storetest.Open(t, address)
		}
		mustAll(t, atOnce(n, func(i int) error { return stores[i].Migrate(t.Context()) }))
		have, want, err := stores[0].SchemaVersion(t.Context())
		must(t, err)
		mustBe(t, "version", have, want)
		again := storetest.Open(t, address)
		must(t, again.Migrate(t.Context()))
		n2, err := again.Count(t.Context(), `SELECT count(*) FROM river_migration`)
		must(t, err)
		if n2 < 6 {
			t.Errorf("%d migrations of the jobs", n2)
		}
	})
}

func TestMigrationsAreNumberedFromOneWithoutGaps(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("migrations/*.sql")
	must(t, err)
	for i, f := range files {
		if want := fmt.Sprintf("%04d_", i+1); !strings.HasPrefix(filepath.Base(f), want) {
			t.Errorf("%s does not begin with %s", f, want)
		}
	}
	s := storetest.SQLite(t)
	_, want, err := s.SchemaVersion(t.Context())
	must(t, err)
	mustBe(t, "version", want, int64(len(files)))
}

func TestPostgresCompilesNoQueryUnlessTheAddressSaysSo(t *testing.T) {
	t.Parallel()
	address := storetest.PostgresAddress(t)
	for address, want := range map[string]string{address: "off", address + "&jit=on": "on"} {
		got, err := storetest.Open(t, address).Text(t.Context(), `SELECT current_setting('jit')`)
		if err != nil || got != want {
			t.Errorf("jit is %q, want %q: %v", got, want, err)
		}
	}
}
