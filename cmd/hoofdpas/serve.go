package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"hoofdpas/internal/app"
	"hoofdpas/internal/config"
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
	a, err := app.New(w.ctx, c, kept, out)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return a.Run(w.ctx) //nolint:wrapcheck // says what it was doing
}

func (w *world) outside(c config.Config, log *slog.Logger) (app.Outside, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(w.ctx, "tcp", c.Listen)
	if err != nil {
		return app.Outside{}, fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	const patience = 10 * time.Second
	return app.Outside{Now: w.now, Listener: l, Client: &http.Client{Timeout: patience}, Log: log}, nil
}
