package main

import (
	"fmt"
	"os"
	"path/filepath"

	"hoofdpas/internal/app"
	"hoofdpas/internal/demo"
	"hoofdpas/internal/store"
)

type demoCommand struct {
	Listen string `help:"Address and port to listen on." placeholder:"ADDR"`
}

// Run serves the made-up library. Its store is gone when it stops.
func (d demoCommand) Run(w *world) error {
	folder, err := os.MkdirTemp("", "hoofdpas-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder: the system clears it too
	c, err := w.unchecked(map[string]any{"listen": d.Listen})
	if err != nil {
		return err
	}
	c = app.DemoConfig(c)
	c.Store = "sqlite:" + filepath.Join(folder, "demo.db")
	if err := c.Validate(); err != nil {
		return fmt.Errorf("the configuration has faults:\n%w", err)
	}
	return w.serve(c, prelude{
		fill: func(kept *store.Store, out app.Outside) error { return app.FillDemo(w.ctx, c, kept, out) },
		tell: func(address string) { d.tell(w, address) },
	})
}

// tell prints where to look and who can log in. These passwords open nothing
// but the demo.
func (demoCommand) tell(w *world, address string) {
	fmt.Fprintf(w.out, "\nThe demo library is open at %s\n\n", address)
	fmt.Fprintf(w.out, "  %-16s %-18s %s\n", "card number", "first password", "who")
	for _, c := range demo.Cards {
		fmt.Fprintf(w.out, "  %-16s %-18s %s, born %s: %s\n", c.Number, c.Password, c.Name, c.Born, c.About)
	}
	fmt.Fprintf(w.out, "\nThe desk is at %s/balie: user %s, password %s\n", address, demo.Staff.User, demo.Staff.Password)
	fmt.Fprintln(w.out, "Nothing is kept: stop it with Ctrl-C and all of it is gone.")
}
