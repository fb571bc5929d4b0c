package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hoofdpas/internal/exchange"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/store"
)

// copying is the step that a bar shows while a store is copied, in pages.
const copying exchange.Step = "copying"

type backupCommand struct {
	File string `arg:"" help:"The file to make. It must not be there yet." placeholder:"FILE"`
}

// Run copies the store.
func (b backupCommand) Run(w *world) error {
	c, err := w.configuration(nil)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(c.Store, "sqlite:") {
		return errors.New("the store is PostgreSQL: make backups with its own tools, pg_dump or pg_basebackup (docs/it/backup.md)")
	}
	s, err := w.asItIs(c.Store)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // it was only read
	shown := w.bar()
	err = s.Backup(w.ctx, b.File, func(done, total int64) { shown.show(copying, done, total) })
	shown.done()
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	made, err := os.Stat(b.File)
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	const mega = 1e6
	fmt.Fprintf(w.out, "Wrote %s, %.1f MB. It has been examined and is sound. Keep it away from this machine.\n", b.File, float64(made.Size())/mega)
	return nil
}

type restoreCommand struct {
	File string `arg:"" help:"The backup. It is only read." placeholder:"FILE" type:"existingfile"`
}

// Run puts the backup where the configured store is to be.
func (r restoreCommand) Run(w *world) error {
	c, err := w.configuration(nil)
	if err != nil {
		return err
	}
	path, ok := strings.CutPrefix(c.Store, "sqlite:")
	if !ok {
		return errors.New("the store is PostgreSQL: restore with its own tools (docs/it/backup.md)")
	}
	zone, err := c.Location()
	if err != nil {
		return fmt.Errorf("read the time zone: %w", err)
	}
	// The folder of a store is not ours to make: a mistyped address must not.
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	err = store.Restore(w.ctx, r.File, path, store.Options{Now: w.now}, func(s *store.Store) error { return w.tell(s, zone) })
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	fmt.Fprintf(w.out, "Restored %s. Before you start the program: docs/it/backup.md says what to look at.\n", path)
	return nil
}

// tell verifies the books of a store and says what is in it.
func (w *world) tell(s *store.Store, zone *time.Location) error {
	head, err := w.verify(s, ledger.Verifier{}, zone)
	if err != nil {
		return err
	}
	counts, err := s.Counts(w.ctx)
	if err != nil {
		return fmt.Errorf("count what is in it: %w", err)
	}
	for _, c := range counts {
		fmt.Fprintf(w.out, "%9d %s\n", c.Rows, c.Kind)
	}
	fmt.Fprintf(w.out, "The ledger is sound: %d postings, %s\n", head.No, head)
	return nil
}
