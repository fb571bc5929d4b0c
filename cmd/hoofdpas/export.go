package main

import (
	"fmt"

	"hoofdpas/internal/exchange"
)

type exportCommand struct {
	Dir string `help:"Folder to write cards.csv, loans.csv and fees.csv into." required:"" placeholder:"DIR"`
}

// Run writes the three files.
func (e exportCommand) Run(w *world) error {
	c, err := w.configuration(nil)
	if err != nil {
		return err
	}
	s, err := w.existingStore(c, w.logger(c))
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // the program ends here
	if err := exchange.Export(w.ctx, s, e.Dir); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	fmt.Fprintf(w.out, "Wrote cards.csv, loans.csv and fees.csv into %s\n", e.Dir)
	return nil
}
