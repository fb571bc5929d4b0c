package main

import (
	"fmt"
	"os"
	"path/filepath"

	"hoofdpas/internal/app"
	"hoofdpas/internal/config"
	"hoofdpas/internal/demo"
	"hoofdpas/internal/store"
)

type demoCommand struct {
	Listen  string `help:"Address and port to listen on." placeholder:"ADDR"`
	Library string `help:"builtin; sip: in front of a library system in a process of its own, by SIP2; or configured: in front of the system that library.system names, on this machine." default:"builtin" enum:"builtin,sip,configured"`
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
	switch d.Library {
	case "sip":
		stop, err := w.startLibrary(&c, folder)
		if err != nil {
			return err
		}
		defer stop()
	case "builtin":
		c.Library.System = config.Builtin
	}
	if err := c.Validate(); err != nil {
		return fmt.Errorf("the configuration has faults:\n%w", err)
	}
	return w.serve(c, prelude{
		fill: func(kept *store.Store, out app.Outside) error { return d.fill(w, c, kept, out) },
		tell: func(a *app.App) { d.tell(w, c, a) },
	})
}

// fill puts the library in, where it is not in a system of its own, and the staff.
func (demoCommand) fill(w *world, c config.Config, kept *store.Store, out app.Outside) error {
	if !c.Library.Remote() {
		if err := app.FillDemo(w.ctx, c, kept, out); err != nil {
			return err //nolint:wrapcheck // says what it was doing
		}
	}
	return app.StaffDemo(w.ctx, c, kept, out) //nolint:wrapcheck // says what it was doing
}

// tell prints where to look and who can log in. These passwords open nothing
// but the demo.
func (demoCommand) tell(w *world, c config.Config, a *app.App) {
	address := a.Address()
	fmt.Fprintf(w.out, "\nThe demo library is open at %s\n\n", address)
	fmt.Fprintf(w.out, "  %-16s %-18s %s\n", "card number", "first password", "who")
	for _, c := range demo.Cards {
		fmt.Fprintf(w.out, "  %-16s %-18s %s, born %s: %s\n", c.Number, c.Password, c.Name, c.Born, c.About)
	}
	fmt.Fprintf(w.out, "\nThe desk is at %s/balie: user %s, password %s\n", address, demo.Staff.User, demo.Staff.Password)
	for _, kiosk := range a.Terminals() {
		fmt.Fprintf(w.out, "A kiosk is answered at %s (SIP2): user %s, password %s. Try:\n", kiosk, demo.Terminal.User, demo.Terminal.Password)
		fmt.Fprintf(w.out, "  echo %s | hoofdpas sip 99 --to %s --user %s --password-file -\n", demo.Terminal.Password, kiosk, demo.Terminal.User)
	}
	switch c.Library.System {
	case config.SIP:
		fmt.Fprintf(w.out, "Cards, loans and fees are in a library system at %s, which speaks SIP2.\n", c.Library.SIP.Address)
	case config.Koha:
		fmt.Fprintf(w.out, "Cards, loans and fees are in the Koha at %s.\n", c.Library.Koha.URL)
	}
	fmt.Fprintln(w.out, "Nothing is kept: stop it with Ctrl-C and all of it is gone.")
}
