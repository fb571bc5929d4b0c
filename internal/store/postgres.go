package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// oldestPostgres is the first version of PostgreSQL that we are tested on.
const oldestPostgres = 150000

// openPostgres connects to the database at the address.
func (s *Store) openPostgres(ctx context.Context, address string, o Options) error {
	s.dialect = &postgres
	config, err := pgx.ParseConfig(address)
	if err != nil {
		// The error holds the address without its password.
		return fmt.Errorf("read the address of the store: %w", err)
	}
	const (
		patience    = 10 * time.Second
		manyConns   = 16
		idleAtMost  = 5 * time.Minute
		aliveAtMost = time.Hour
	)
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = patience
	}
	// Compiling a query pays when it reads much. Ours read little, but where each row
	// of one table has a range of another PostgreSQL expects much: it compiled for a
	// second, at four million cards, to find nothing in a millisecond.
	if _, chosen := config.RuntimeParams["jit"]; !chosen {
		config.RuntimeParams["jit"] = "off"
	}
	if o.MaxConns <= 0 {
		o.MaxConns = manyConns
	}
	s.write = o.OpenDB(stdlib.GetConnector(*config))
	s.write.SetMaxOpenConns(max(o.MaxConns, 2)) // migrating holds one and uses another
	s.write.SetMaxIdleConns(max(o.MaxConns, 2))
	s.write.SetConnMaxIdleTime(idleAtMost)
	s.write.SetConnMaxLifetime(aliveAtMost)
	s.read = s.write
	var version int
	var encoding string
	err = s.read.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding')`).
		Scan(&version, &encoding)
	if err == nil && version < oldestPostgres {
		err = errors.New("PostgreSQL must be version 15 or newer")
	}
	if err == nil && encoding != "UTF8" {
		err = errors.New("the database must have encoding UTF8: make it anew with createdb --encoding=UTF8 --template=template0")
	}
	if err != nil {
		_ = s.Close() // the first error counts
		return fmt.Errorf("open the store %s on %s: %w", config.Database, config.Host, explainPostgres(err))
	}
	return nil
}

// InTheOpen reports whether what goes to a store may be read on the way: over a
// network and, as PostgreSQL has it when the address does not say otherwise,
// unencrypted where the server does not ask for more.
func InTheOpen(address string) bool {
	if !strings.HasPrefix(address, "postgres") {
		return false
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return false // it cannot be opened
	}
	for _, way := range append(config.Fallbacks, &pgconn.FallbackConfig{Host: config.Host, TLSConfig: config.TLSConfig}) {
		here := way.Host == "localhost" || filepath.IsAbs(way.Host) || net.ParseIP(way.Host).IsLoopback()
		if way.TLSConfig == nil && !here {
			return true
		}
	}
	return false
}
