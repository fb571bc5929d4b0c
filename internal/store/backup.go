package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	sqlitedriver "modernc.org/sqlite"
)

// ErrNotAFile says that the store is PostgreSQL, which others keep: its own tools
// make backups of it.
var ErrNotAFile = errors.New("the store is no SQLite file")

// pagesAtOnce is how much of a backup is copied between two looks at the clock:
// 4 MiB at SQLite's usual size of a page.
const pagesAtOnce = 1024

// Backup copies a SQLite store into a new file as it is at one moment, while
// others read and write: they wait for nothing. progress gets the pages that have
// been copied, and how many there are. The file is examined before it gets its
// name, can be read by the program's user alone, and is never put over another.
// On PostgreSQL it is ErrNotAFile.
func (s *Store) Backup(ctx context.Context, path string, progress func(done, total int64)) error {
	if s.dialect != &sqlite {
		return ErrNotAFile
	}
	return intoNewFile(path, func(part string) error {
		if err := s.copyPages(ctx, part, progress); err != nil {
			return err
		}
		return examine(ctx, part, path)
	})
}

// copyPages copies with SQLite's online backup from one connection that reads one
// state all along: what others write meanwhile does not make it start over.
func (s *Store) copyPages(ctx context.Context, path string, progress func(done, total int64)) error {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return fmt.Errorf("read the store: %w", known(err))
	}
	defer conn.Close() //nolint:errcheck // it goes back to its pool
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read the store: %w", known(err))
	}
	defer tx.Rollback() //nolint:errcheck // it wrote nothing
	if _, _, err := one(ctx, tx, value[int], `SELECT count(*) FROM sqlite_master`); err != nil {
		return fmt.Errorf("read the store: %w", known(err)) // from here on it sees one state
	}
	err = conn.Raw(func(c any) error {
		wrapped, _ := c.(interface{ Unwrap() driver.Conn })
		source, ok := wrapped.Unwrap().(interface {
			NewBackup(address string) (*sqlitedriver.Backup, error)
		})
		if !ok {
			return errNotSQLite
		}
		b, err := source.NewBackup(fileAddress(path, nil))
		if err != nil {
			return err //nolint:wrapcheck // the caller says what it was doing
		}
		return errors.Join(stepThrough(ctx, b, progress), b.Finish())
	})
	if err != nil {
		return fmt.Errorf("copy the store: %w", known(err))
	}
	return nil
}

func stepThrough(ctx context.Context, b *sqlitedriver.Backup, progress func(done, total int64)) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err //nolint:wrapcheck // the caller says what it was doing
		}
		var err error
		if more, err = b.Step(pagesAtOnce); err != nil {
			return err //nolint:wrapcheck // as above
		}
		total := int64(b.PageCount())
		progress(total-int64(b.Remaining()), total)
	}
	return nil
}

// Restore puts a backup where a store is to be: at a path where there is none yet.
// The backup itself is only read. What was put there is examined and brought up to
// date, and check is shown it as an opened store, before it gets its name.
func Restore(ctx context.Context, backup, path string, o Options, check func(*Store) error) error {
	for _, beside := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + beside); err == nil {
			return fmt.Errorf("there is %s, of a store that was there: move it away first", path+beside)
		}
	}
	if beside, err := os.Stat(backup + "-wal"); err == nil && beside.Size() > 0 {
		return fmt.Errorf("there is %s-wal: %s is a store in use, or a copy of one, and not all of it; make a backup of it with hoofdpas backup", backup, backup)
	}
	return intoNewFile(path, func(part string) error {
		if err := copyFile(backup, part); err != nil {
			return fmt.Errorf("copy the backup: %w", err)
		}
		if err := examine(ctx, part, backup); err != nil {
			return err
		}
		s, err := Open(ctx, "sqlite:"+part, o)
		if err != nil {
			return err
		}
		return errors.Join(upToDate(ctx, s, backup, check), s.Close())
	})
}

func upToDate(ctx context.Context, s *Store, backup string, check func(*Store) error) error {
	have, _, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if have == 0 {
		return fmt.Errorf("%s is no store of hoofdpas", backup)
	}
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	return check(s)
}

// intoNewFile lets fill write path under a name for the meantime, and gives it its
// own when all is on the disk.
func intoNewFile(path string, fill func(part string) error) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find %s: %w", path, err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s is there already: name a file that is not, or move it away", path))
	}
	part := path + ".part"
	if err := removeStore(part); err != nil { // left by one that was cut off
		return err
	}
	if err := makeFile(part); err != nil {
		return err
	}
	err = fill(part)
	if err == nil {
		err = flush(part)
	}
	if err == nil {
		err = os.Link(part, path) // which, unlike a rename, takes nobody's place
	}
	if err == nil {
		err = flush(filepath.Dir(path))
	}
	return errors.Join(err, removeStore(part))
}

// removeStore removes a file, and what SQLite may have left beside it.
func removeStore(path string) error {
	for _, beside := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what is no longer needed: %w", err)
		}
	}
	return nil
}

// examine reads the whole file and says whether it is sound. name is what the
// operator calls it.
func examine(ctx context.Context, path, name string) error {
	c, err := sqlitedriver.NewConnector(fileAddress(path, url.Values{"mode": {"rw"}}))
	if err != nil {
		return fmt.Errorf("examine %s: %w", name, err)
	}
	db := sql.OpenDB(c)
	defer db.Close() //nolint:errcheck // it wrote nothing
	said, _, err := one(ctx, db, value[string], `PRAGMA integrity_check(1)`)
	if err == nil && said != "ok" {
		err = errors.New(said)
	}
	if err == nil {
		var strays []string
		strays, err = list(ctx, db, value[string], `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`)
		if len(strays) > 0 {
			err = fmt.Errorf("a row of %s is about nothing", strays[0])
		}
	}
	if err != nil {
		return fmt.Errorf("%s is not sound: %w", name, err)
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // the operator names it
	if err != nil {
		return err //nolint:wrapcheck // the caller says what it was doing
	}
	defer in.Close() //nolint:errcheck // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err //nolint:wrapcheck // as above
	}
	_, err = out.ReadFrom(in)
	return errors.Join(err, out.Close())
}

// flush returns when the file, or the names in the folder, are on the disk.
func flush(path string) error {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return fmt.Errorf("write to the disk: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write to the disk: %w", err)
	}
	return nil
}

// Count is how many rows of a kind there are.
type Count struct {
	Kind string
	Rows int64
}

// Counts says how much the store holds, for who wants to know whether it is the
// right one.
func (s *Store) Counts(ctx context.Context) ([]Count, error) {
	var counts []Count
	err := s.view(ctx, func(tx *sql.Tx) error {
		counts = nil
		for _, kind := range [][2]string{
			{"accounts of members", "cards"},
			{"mandates", "mandates"},
			{"payments", "payments"},
			{"postings", "postings"},
			{"cards of the built-in library system", "library_cards"},
		} {
			n, _, err := one(ctx, tx, value[int64], `SELECT count(*) FROM `+kind[1])
			if err != nil {
				return fmt.Errorf("count %s: %w", kind[0], err)
			}
			counts = append(counts, Count{kind[0], n})
		}
		return nil
	})
	return counts, err
}
