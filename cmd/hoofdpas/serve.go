package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"hoofdpas/internal/app"
	"hoofdpas/internal/config"
	"hoofdpas/internal/store"
	"hoofdpas/internal/watch"
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
	tell func(*app.App)
}

// serve opens the store, listens, and serves until the program is told to stop.
func (w *world) serve(c config.Config, before prelude) error {
	w.aimAtLittleMemory()
	log := w.logger(c)
	seen, err := w.watch(c, log)
	if err != nil {
		return err
	}
	defer w.stopWatching(seen)
	kept, err := w.openStore(c, log, seen)
	if err != nil {
		return err
	}
	defer kept.Close() //nolint:errcheck // the program ends here
	out, err := w.outside(c, log, seen)
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
		before.tell(a)
	}
	// The listener takes connections already; systemd may go on with what comes
	// after us (sd_notify(3)). Without systemd this does nothing.
	if _, err := daemon.SdNotify(false, daemon.SdNotifyReady); err != nil {
		log.Warn("systemd cannot be told that the program is ready", "error", err)
	}
	return a.Run(w.ctx) //nolint:wrapcheck // says what it was doing
}

func (w *world) outside(c config.Config, log *slog.Logger, seen *watch.Watch) (app.Outside, error) {
	out := app.Outside{Now: w.now, Client: client(), Log: log, Watch: seen}
	var err error
	if out.Listener, err = w.listen(c.Listen); err == nil && c.Metrics.Listen != "" {
		out.Metrics, err = w.listen(c.Metrics.Listen)
	}
	if err == nil {
		out.Terminals, err = w.listenForTerminals(c.Kiosk)
	}
	return out, err
}

// listenForTerminals listens for kiosks, plain and by TLS, as configured.
func (w *world) listenForTerminals(c config.Kiosk) (all []net.Listener, err error) {
	for _, each := range []struct {
		address string
		wrap    func(net.Listener) net.Listener
	}{
		{c.Listen, func(l net.Listener) net.Listener { return l }},
		{c.TLSListen, func(l net.Listener) net.Listener { return app.OverTLS(l, c, w.now) }},
	} {
		if each.address == "" {
			continue
		}
		l, err := w.listen(each.address)
		if err != nil {
			return nil, err
		}
		all = append(all, each.wrap(l))
	}
	return all, nil
}

func (w *world) listen(address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(w.ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}

// watch begins to watch, when there is somebody to tell.
func (w *world) watch(c config.Config, log *slog.Logger) (*watch.Watch, error) {
	if c.Metrics.Listen == "" && c.Tracing.Endpoint == "" {
		return nil, nil //nolint:nilnil // nobody is told
	}
	o := watch.Options{Version: version, Commit: builtFrom(), Now: w.now}
	if c.Tracing.Endpoint != "" {
		var err error
		if o.Exporter, err = watch.Endpoint(w.ctx, c.Tracing.Endpoint, log); err != nil {
			return nil, err //nolint:wrapcheck // says it
		}
	}
	return watch.New(o), nil
}

// stopWatching sends the last traces, as far as somebody takes them.
func (w *world) stopWatching(seen *watch.Watch) {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), patience)
	defer cancel()
	if seen != nil {
		_ = seen.Close(ctx) // nobody takes them
	}
}

// client asks and tells payment providers.
func client() *http.Client {
	const patience = 10 * time.Second
	return &http.Client{Timeout: patience}
}
