package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"hoofdpas/internal/app"
	"hoofdpas/internal/config"
	"hoofdpas/internal/store"
)

type serveCommand struct {
	Listen    string `help:"Address and port to listen on." placeholder:"ADDR"`
	PublicURL string `help:"The address members use, such as https://mijn.example.nl." placeholder:"URL"`
}

// Run serves until the program is told to stop.
func (s serveCommand) Run(w *world) error {
	c, err := w.configuration(map[string]any{"listen": s.Listen, "public_url": s.PublicURL})
	if err != nil {
		return err
	}
	return w.serve(c, prelude{})
}

// prelude is what comes before serving: filling the store, and telling where to
// look. Either may be nil.
type prelude struct {
	fill func(*store.Store, app.Outside) error
	tell func(address string)
}

// serve opens the store, listens, and serves until the program is told to stop.
func (w *world) serve(c config.Config, before prelude) error {
	log := w.logger(c)
	kept, err := w.openStore(c, log)
	if err != nil {
		return err
	}
	defer kept.Close() //nolint:errcheck // the program ends here
	out, err := w.outside(c, log)
	if err != nil {
		return err
	}
	if before.fill != nil {
		if err := before.fill(kept, out); err != nil {
			return err
		}
	}
	a, err := app.New(w.ctx, c, kept, out)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if before.tell != nil {
		before.tell(a.Address())
	}
	return a.Run(w.ctx) //nolint:wrapcheck // says what it was doing
}

func (w *world) outside(c config.Config, log *slog.Logger) (app.Outside, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(w.ctx, "tcp", c.Listen)
	if err != nil {
		return app.Outside{}, fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	return app.Outside{Now: w.now, Listener: l, Client: client(), Log: log}, nil
}

// client asks and tells payment providers.
func client() *http.Client {
	const patience = 10 * time.Second
	return &http.Client{Timeout: patience}
}
