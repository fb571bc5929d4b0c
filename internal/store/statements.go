package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
)

// keepingConnector opens SQLite connections that keep their prepared
// statements: planning a query with its joins takes longer than answering it.
// PostgreSQL's driver does the same by itself.
type keepingConnector struct{ driver.Connector }

// sqliteConn is what SQLite's driver gives: everything that database/sql asks.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteStmt is the same of a prepared statement.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

var errNotSQLite = errors.New("the driver of SQLite is not the one we know")

// Connect implements driver.Connector.
func (k keepingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // database/sql knows the driver's own errors
	}
	whole, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(errNotSQLite, c.Close())
	}
	return &keepingConn{sqliteConn: whole, kept: map[string]*keptStmt{}}, nil
}

// keepingConn is a connection with the statements it keeps by their text.
// database/sql lets one goroutine at a time use it.
type keepingConn struct {
	sqliteConn
	kept map[string]*keptStmt
}

type keptStmt struct {
	sqliteStmt
	// busy while its rows are read: the same query, asked in between, is
	// prepared anew.
	busy bool
}

// keptAtMost is how many statements a connection keeps, and how long each may
// be: the program has some dozens, and an import's are not asked twice.
const (
	keptAtMost  = 128
	longestKept = 4096
)

var keepable = regexp.MustCompile(`(?i)^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b`)

// Unwrap returns the driver's own connection.
func (c *keepingConn) Unwrap() driver.Conn { return c.sqliteConn }

// statement returns the kept statement of the query, or nil when it must be
// asked without one.
func (c *keepingConn) statement(ctx context.Context, query string) (*keptStmt, error) {
	if s, ok := c.kept[query]; ok {
		if s.busy {
			return nil, nil //nolint:nilnil // says so above
		}
		return s, nil
	}
	if len(query) > longestKept || !keepable.MatchString(query) {
		return nil, nil //nolint:nilnil // says so above
	}
	p, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err //nolint:wrapcheck // database/sql knows the driver's own errors
	}
	whole, ok := p.(sqliteStmt)
	if !ok {
		return nil, errors.Join(errNotSQLite, p.Close())
	}
	if err := c.makeRoom(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	s := &keptStmt{sqliteStmt: whole}
	c.kept[query] = s
	return s, nil
}

// makeRoom drops some statement when there are too many.
func (c *keepingConn) makeRoom() error {
	for query, s := range c.kept {
		if len(c.kept) < keptAtMost {
			return nil
		}
		if s.busy {
			continue
		}
		delete(c.kept, query)
		if err := s.Close(); err != nil {
			return fmt.Errorf("drop a statement: %w", err)
		}
	}
	return nil
}

// ExecContext implements driver.ExecerContext.
func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, query, args) //nolint:wrapcheck // as above
	}
	return s.ExecContext(ctx, args) //nolint:wrapcheck // as above
}

// QueryContext implements driver.QueryerContext.
func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, query, args) //nolint:wrapcheck // as above
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	s.busy = true
	return &keptRows{Rows: rows, of: s}, nil
}

// Close implements driver.Conn.
func (c *keepingConn) Close() error {
	var errs []error
	for _, s := range c.kept {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}

// keptRows are the rows of a kept statement, which is free again once they are
// closed.
type keptRows struct {
	driver.Rows
	of *keptStmt
}

// Close implements driver.Rows.
func (r *keptRows) Close() error {
	r.of.busy = false
	return r.Rows.Close() //nolint:wrapcheck // as above
}
