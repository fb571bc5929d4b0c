package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	sqlitedriver "modernc.org/sqlite"
)

// lockWait is how long a statement waits for another program's lock when
// Options do not say.
const lockWait = 5 * time.Second

// openSQLite opens the file in WAL mode. Every commit is on the disk before it
// returns (synchronous=FULL): a payment is never paid in memory only.
func (s *Store) openSQLite(ctx context.Context, path string, o Options) error {
	s.dialect = &sqlite
	whole, err := usablePath(path)
	if err != nil {
		return err
	}
	if o.MaxConns <= 0 {
		o.MaxConns = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if o.LockWait <= 0 {
		o.LockWait = lockWait
	}
	common := []string{
		fmt.Sprintf("busy_timeout(%d)", o.LockWait.Milliseconds()), "foreign_keys(ON)", "synchronous(FULL)", "temp_store(MEMORY)", "cache_size(-8000)",
		"journal_size_limit(67108864)", // an import's log does not stay on the disk
	}
	if s.write, err = openPool(o, whole, "immediate", append(common, "journal_mode(WAL)")); err != nil {
		return fmt.Errorf("open the store %s: %w", path, err)
	}
	s.write.SetMaxOpenConns(1)
	s.write.SetMaxIdleConns(1)
	if err := checkWriting(ctx, s.write); err != nil {
		_ = s.Close() // the first error counts
		return fmt.Errorf("open the store %s: %w", path, explainSQLite(err))
	}
	if s.read, err = openPool(o, whole, "deferred", append(common, "query_only(ON)")); err != nil {
		_ = s.Close() // the first error counts
		return fmt.Errorf("open the store %s: %w", path, err)
	}
	s.read.SetMaxOpenConns(o.MaxConns)
	s.read.SetMaxIdleConns(o.MaxConns)
	return nil
}

func openPool(o Options, path, txlock string, pragmas []string) (*sql.DB, error) {
	c, err := sqlitedriver.NewConnector(fileAddress(path, url.Values{"_txlock": {txlock}, "_pragma": pragmas}))
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was doing
	}
	return o.OpenDB(keepingConnector{c}), nil
}

// fileAddress is the path as SQLite's driver takes it: it may hold a question mark
// or a percent sign.
func fileAddress(path string, settings url.Values) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: settings.Encode()}
	return u.String()
}

// usablePath is the absolute path of the file, or an error that says why no
// database can be there.
func usablePath(path string) (string, error) {
	if path == "" {
		return "", errors.New(`the address of the store names no file: write sqlite:library.db`)
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("open the store %s: %w", path, err)
	}
	folder, err := os.Stat(filepath.Dir(whole))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("open the store: there is no folder %s: make it, or correct the address", filepath.Dir(whole))
	case err != nil:
		return "", fmt.Errorf("open the store %s: %w", path, err)
	case !folder.IsDir():
		return "", fmt.Errorf("open the store: %s is not a folder: correct the address", filepath.Dir(whole))
	}
	file, err := os.Stat(whole)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return whole, makeFile(whole)
	case err == nil && file.IsDir():
		return "", fmt.Errorf("open the store: %s is a folder: name a file in it", whole)
	}
	return whole, nil // what else may be wrong with it, opening tells
}

// makeFile makes an empty file that only the program's user may read: it will
// hold names and passwords' hashes. SQLite's own files beside it follow its
// rights.
func makeFile(path string) error {
	const private = 0o600
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, private)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return fmt.Errorf("make the store: let the program's user write to the folder: %w", err)
	}
	return nil
}

// checkWriting takes and gives back the lock that every write needs.
func checkWriting(ctx context.Context, db *sql.DB) error {
	return once(ctx, db, nil, func(tx *sql.Tx) error {
		var version int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return fmt.Errorf("read the file: %w", err)
		}
		// Writes the value that is there: a file that cannot be written says so.
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
			return fmt.Errorf("write to the file: %w", err)
		}
		return nil
	})
}
