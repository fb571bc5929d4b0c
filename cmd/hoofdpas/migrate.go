package main

import (
	"fmt"

	"hoofdpas/internal/store"
)

type migrateCommand struct{}

// Run brings the store up to date.
func (migrateCommand) Run(w *world) error {
	c, err := w.configuration(nil)
	if err != nil {
		return err
	}
	s, err := store.Open(w.ctx, c.Store, store.Options{Now: w.now, Log: w.logger(c)})
	if err != nil {
		return err //nolint:wrapcheck // says what it was doing
	}
	defer s.Close() //nolint:errcheck // the program ends here
	before, _, err := s.SchemaVersion(w.ctx)
	if err != nil {
		return fmt.Errorf("read the store's version: %w", err)
	}
	if err := s.Migrate(w.ctx); err != nil {
		return fmt.Errorf("bring the store up to date: %w", err)
	}
	after, _, err := s.SchemaVersion(w.ctx)
	if err != nil {
		return fmt.Errorf("read the store's version: %w", err)
	}
	fmt.Fprintf(w.out, "The store went from version %d to %d.\n", before, after)
	return nil
}
