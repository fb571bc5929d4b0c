package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"hoofdpas/internal/app"
	"hoofdpas/internal/card"
	"hoofdpas/internal/config"
	"hoofdpas/internal/store"
)

type doctorCommand struct {
	Card string `help:"A card to read loans and fees of, to see that Hoofdpas may. Neither a name nor a title is printed." placeholder:"NUMBER"`
	JSON bool   `help:"Print the findings as JSON, for monitoring."`
}

// Run examines everything and prints a line for each thing. It changes nothing,
// and ends with an error when something is wrong.
func (d doctorCommand) Run(w *world) error {
	e := examination{world: w, json: d.JSON}
	if d.Card != "" {
		var err error
		if e.card, err = card.ReadNumber(d.Card); err != nil {
			return errors.New("--card: that is no card number")
		}
	}
	e.all()
	if d.JSON {
		out := json.NewEncoder(w.out)
		out.SetIndent("", "  ")
		if err := out.Encode(e.found); err != nil {
			return fmt.Errorf("print the findings: %w", err)
		}
	}
	if e.wrong > 0 {
		return fmt.Errorf("%d of %d things are wrong", e.wrong, len(e.found))
	}
	return nil
}

// examination collects and prints what is found.
type examination struct {
	*world
	config config.Config
	card   card.Number
	json   bool
	found  []app.Finding
	wrong  int
}

func (e *examination) tell(f app.Finding) {
	f.Found, f.Mend = oneLine(e.config.Mask(f.Found)), oneLine(e.config.Mask(f.Mend))
	e.found = append(e.found, f)
	if f.Health == app.Wrong {
		e.wrong++
	}
	if e.json {
		return
	}
	line := fmt.Sprintf("%-8s %-16s %s", f.Health, f.About, f.Found)
	if f.Mend != "" {
		line += ". Mend: " + f.Mend
	}
	fmt.Fprintln(e.out, line)
}

// oneLine keeps a finding on its line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// all looks at the configuration and, when that is good, at the rest.
func (e *examination) all() {
	c, err := e.unchecked(nil)
	if err == nil {
		e.config = c
		err = c.Validate()
	}
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			e.tell(app.Finding{
				Health: app.Wrong, About: "configuration", Found: strings.TrimSpace(line),
				Mend: "correct it; hoofdpas config shows every key",
			})
		}
		return
	}
	e.tell(app.Finding{Health: app.Well, About: "configuration", Found: "every key is known and good"})
	e.store()
	doctor := app.Doctor{
		Config: c, Card: e.card, Tell: e.tell,
		// What the parts log is found anyway.
		Out: app.Outside{Now: e.now, Client: client(), Log: slog.New(slog.DiscardHandler)},
	}
	doctor.Examine(e.ctx)
}

// store opens the store as it is: it is not made, and not brought up to date.
func (e *examination) store() {
	tell := func(h app.Health, mend, found string, args ...any) {
		e.tell(app.Finding{Health: h, About: "store", Found: fmt.Sprintf(found, args...), Mend: mend})
	}
	kind := "PostgreSQL"
	if path, ok := strings.CutPrefix(e.config.Store, "sqlite:"); ok {
		kind = path
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			tell(app.Wrong, "correct the address of the store, or make it with hoofdpas migrate", "there is no store at %s", path)
			return
		}
	}
	s, err := store.Open(e.ctx, e.config.Store, store.Options{Now: e.now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tell(app.Wrong, "see that the store is there, that we may read and write it, and that this is the newest hoofdpas that used it", "%v", err)
		return
	}
	defer s.Close() //nolint:errcheck // the program ends here
	have, want, err := s.SchemaVersion(e.ctx)
	switch {
	case err != nil:
		tell(app.Wrong, "see that the database runs", "%v", err)
	case have < want:
		tell(app.Wrong, "run hoofdpas migrate, or start hoofdpas serve, which does it", "%s is of version %d and this program wants %d", kind, have, want)
	default:
		// What the program does each hour: old sessions go.
		if err := s.SweepSessions(e.ctx); err != nil {
			tell(app.Wrong, "see that we may write there and that its disk is not full", "%s cannot be written: %v", kind, err)
			return
		}
		if store.InTheOpen(e.config.Store) {
			tell(app.Warning, "add sslmode=verify-full to the address of the store", "%s is of version %d and can be written; the way there need not be encrypted", kind, have)
			return
		}
		tell(app.Well, "", "%s is of version %d and can be written", kind, have)
	}
}
