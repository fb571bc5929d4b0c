package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"hoofdpas/internal/problem"
)

// Reasons of this room. But for the last, nothing was kept.
const (
	ReasonAway   problem.Reason = "store.away"   // cannot be reached, or locked by another program
	ReasonFull   problem.Reason = "store.full"   // cannot be written: the disk is full, failing or read-only
	ReasonUnsure problem.Reason = "store.unsure" // went away before it said whether it kept what it was told to
)

// NewerSchemaError says that a newer program has migrated the store.
type NewerSchemaError struct{ Have, Want int64 }

func (e *NewerSchemaError) Error() string {
	return fmt.Sprintf("the store has version %d, made by a newer hoofdpas; this one knows version %d: "+
		"start the newer program, or give this one the store's backup from before", e.Have, e.Want)
}

// known turns an error of a driver that has a meaning for a person into a
// problem and leaves any other as it is.
func known(err error) error {
	if err == nil || problem.Of(err) != nil {
		return err
	}
	if reason := reasonOf(err); reason != "" {
		return problem.New(problem.Unavailable, reason, nil).Because(err)
	}
	return err
}

// unsure is known for an error of PostgreSQL at what ends a transaction: when the
// connection broke after it was asked, or the server went down meanwhile, either may
// have come first. On SQLite the end is in this process.
func unsure(err error) error {
	// pgx says of a connection that broke while it waited for the answer to a COMMIT
	// that it is closed, and that asking again is safe (MultiResultReader.NextResult).
	if err == nil || (pgconn.SafeToRetry(err) && !errors.Is(err, pgconn.ErrConnClosed)) {
		return known(err) // the server was not asked
	}
	var connect *pgconn.ConnectError
	var lite *sqlitedriver.Error
	if errors.As(err, &connect) || errors.As(err, &lite) || errors.Is(err, context.Canceled) {
		return known(err)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		if pg.Code != "57P01" && pg.Code != "57P02" { // admin_shutdown, crash_shutdown
			return known(err)
		}
	} else if !errors.Is(err, context.DeadlineExceeded) && reasonOf(err) != ReasonAway {
		return known(err)
	}
	return problem.New(problem.Unavailable, ReasonUnsure, nil).Because(err)
}

func reasonOf(err error) problem.Reason {
	var lite *sqlitedriver.Error
	if errors.As(err, &lite) {
		return reasonOfSQLite(lite.Code())
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return reasonOfPostgres(pg.Code)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "" // who asked went away; the store did not
	}
	var connect *pgconn.ConnectError
	var network net.Error
	if errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return ReasonAway
	}
	return ""
}

// primary is the part of a SQLite code that names the kind.
const primary = 0xff

func reasonOfSQLite(code int) problem.Reason {
	switch code & primary {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL:
		return ReasonAway
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR:
		return ReasonFull
	}
	return ""
}

// reasonOfPostgres reads a SQLSTATE (PostgreSQL documentation, appendix A).
func reasonOfPostgres(code string) problem.Reason {
	switch code {
	case "53100", "25006", "58030": // disk_full, read_only_sql_transaction, io_error
		return ReasonFull
	case "53200", "53300", "53400", // out_of_memory, too_many_connections, configuration_limit_exceeded
		"57P01", "57P02", "57P03", "57P05", // shutdowns, cannot_connect_now, idle_session_timeout
		"55P03": // lock_not_available
		return ReasonAway
	}
	if strings.HasPrefix(code, "08") || overtaken(code) { // connection exceptions; still overtaken after many tries
		return ReasonAway
	}
	return ""
}

// overtaken reports whether a SQLSTATE means that another transaction got in
// the way, or that each waits for the other.
func overtaken(code string) bool { return code == "40001" || code == "40P01" }

// retryable reports whether the transaction may do better when tried again.
func retryable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// A unique_violation too: another committed what this one was about to
		// write, and the next try sees it.
		return overtaken(pg.Code) || pg.Code == "23505"
	}
	var lite *sqlitedriver.Error
	if errors.As(err, &lite) {
		// SQLITE_BUSY itself has waited LockWait already; these come at once.
		switch lite.Code() {
		case sqlite3.SQLITE_BUSY_RECOVERY, sqlite3.SQLITE_BUSY_SNAPSHOT:
			return true
		}
	}
	return false
}

// explainSQLite puts an error at opening into words for the one who runs the
// program.
func explainSQLite(err error) error {
	var lite *sqlitedriver.Error
	if !errors.As(err, &lite) {
		return err
	}
	switch lite.Code() & primary {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("another program has the file locked: stop it or wait until it is done: %w", err)
	case sqlite3.SQLITE_READONLY:
		return fmt.Errorf("the file or its folder cannot be written: let the program's user write to both: %w", err)
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("the file cannot be opened: let the program's user read and write it and its folder: %w", err)
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("the file is not a database of this program: correct the address: %w", err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("the file is damaged: put back a backup: %w", err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the disk is full: make room: %w", err)
	}
	return err
}

// explainPostgres does the same for PostgreSQL, at opening and at migrating.
func explainPostgres(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "28P01", "28000":
			return fmt.Errorf("the server refuses the user or the password: correct the address: %w", err)
		case "3D000":
			return fmt.Errorf("the server has no such database: make it with createdb, or correct the address: %w", err)
		case "42501":
			return fmt.Errorf("the user may not make tables there: ALTER DATABASE … OWNER TO that user, or migrate as another: %w", err)
		case "53300":
			return fmt.Errorf("the server has no connection free: raise max_connections or stop another program: %w", err)
		}
		return err
	}
	if reasonOf(err) == ReasonAway {
		return fmt.Errorf("the server cannot be reached: start it, or correct the address: %w", err)
	}
	return err
}
