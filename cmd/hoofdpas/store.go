package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"hoofdpas/internal/config"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/store"
)

type storeCommand struct {
	Copy storeCopy `cmd:"" help:"Move a library to another store: from SQLite to PostgreSQL, or the other way. Stop the program first."`
}

type storeCopy struct {
	From string `help:"The store that there is." required:"" placeholder:"ADDRESS"`
	To   string `help:"An empty database, or a file that is not there yet." required:"" placeholder:"ADDRESS"`
}

// Run copies the store and compares the two, row by row. What is cut off leaves
// nothing behind and is begun again.
func (c storeCopy) Run(w *world) error {
	given, err := w.configuration(map[string]any{"store": c.From})
	if err != nil {
		return err
	}
	zone, err := given.Location()
	if err != nil {
		return fmt.Errorf("read the time zone: %w", err)
	}
	from, err := w.asItIs(c.From)
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // it was only read
	to, err := w.openStore(config.Config{Store: c.To}, w.logger(given), nil)
	if err != nil {
		return err
	}
	defer to.Close() //nolint:errcheck // what was copied has been committed
	shown := w.bar()
	err = from.CopyTo(w.ctx, to, func(step store.CopyStep, table string, done, total int64) {
		shown.show(exchange.Step(string(step)+" "+table), done, total)
	})
	shown.done()
	if err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	if err := w.tell(to, zone); err != nil {
		return err
	}
	fmt.Fprintln(w.out, "Every row was copied and compared.")
	fmt.Fprintln(w.out, "Put the new address into the configuration (store) and start the program. Keep the old store until you are content.")
	return nil
}

// asItIs opens a store that exists, of whatever version.
func (w *world) asItIs(address string) (*store.Store, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no store at %s: correct the address", path)
		}
	}
	return store.Open(w.ctx, address, store.Options{Now: w.now}) //nolint:wrapcheck // says what it was doing
}
