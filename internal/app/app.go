// Package app puts the rooms together into one running program. It decides
// nothing: it wires, listens and stops.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
	_ "time/tzdata" // due dates need the library's zone on any machine

	"golang.org/x/sync/errgroup"

	"hoofdpas/internal/config"
	"hoofdpas/internal/job"
	"hoofdpas/internal/provider/testbank"
	"hoofdpas/internal/store"
	"hoofdpas/internal/watch"
)

// Outside is the world around the program, handed in so that a test can hand in
// another.
type Outside struct {
	// Now is the clock.
	Now func() time.Time
	// Listener is where requests come in; nil for a subcommand that serves none.
	Listener net.Listener
	// Client asks and tells providers.
	Client *http.Client
	Log    *slog.Logger
	// Watch sees how the program is doing; nil sees nothing. Metrics is where it
	// tells that; nil tells nobody.
	Watch   *watch.Watch
	Metrics net.Listener
	// Terminals are where kiosks come in; none answers none.
	Terminals []net.Listener
}

// App is the program, ready to run.
type App struct {
	server   *http.Server
	listener net.Listener
	jobs     *job.Runner
	bank     *testbank.Bank // nil outside the demo
	system   lending
	log      *slog.Logger
	address  *url.URL

	terminals *terminals // nil without kiosks

	watch    *watch.Watch
	watchers *http.Server // nil when nobody watches
	metrics  net.Listener
}

// New wires the program over an opened and migrated store. The configuration
// has been validated.
func New(ctx context.Context, c config.Config, s *store.Store, out Outside) (*App, error) {
	r, err := furnish(c, s, out)
	if err != nil {
		return nil, err
	}
	jobs, err := r.jobs()
	if err != nil {
		return nil, err
	}
	handler, err := r.faces()
	if err != nil {
		return nil, err
	}
	kiosks, err := r.terminals()
	if err != nil {
		return nil, err
	}
	const (
		headerTime = 10 * time.Second
		bodyTime   = 30 * time.Second
		lookTime   = 10 * time.Second // to look what became of a renewal, and to write the page
		idleTime   = 2 * time.Minute
		headerSize = 32 << 10
	)
	return &App{
		server: &http.Server{
			Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: max(bodyTime, 2*c.Library.Patience()+lookTime),
			IdleTimeout: idleTime, MaxHeaderBytes: headerSize,
			ErrorLog:    slog.NewLogLogger(out.Log.Handler(), slog.LevelDebug),
			BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		},
		listener: out.Listener, jobs: jobs, bank: r.bank, system: r.system, log: out.Log, address: r.public,
		terminals: kiosks, watch: out.Watch, watchers: r.watchers(), metrics: out.Metrics,
	}, nil
}

// Address is where members find the program.
func (a *App) Address() string { return a.address.String() }

// Terminals are the addresses where kiosks are answered.
func (a *App) Terminals() (all []string) {
	if a.terminals == nil {
		return nil
	}
	for _, l := range a.terminals.listeners {
		all = append(all, l.Addr().String())
	}
	return all
}

// learn finds out what Koha can do before the first member asks. While Koha is
// away, the first who asks does.
func (a *App) learn(ctx context.Context) {
	able, err := a.system.koha.Learn(ctx)
	if err != nil {
		a.log.WarnContext(ctx, "what Koha can do is not known yet", "error", err)
		return
	}
	a.log.InfoContext(ctx, "Koha has said what it can do", "version", able.Version)
}

// Run serves until the context ends, then takes nothing new and finishes what
// it began, for at most half a minute.
func (a *App) Run(ctx context.Context) error {
	defer a.system.close()
	served, done := context.WithCancel(context.WithoutCancel(ctx))
	g, ctx := errgroup.WithContext(ctx)
	if a.watchers != nil {
		g.Go(func() error { return serveWatchers(served, a.watchers, a.metrics) })
	}
	g.Go(func() error {
		a.log.InfoContext(ctx, "listening", "address", a.listener.Addr().String(), "public", a.address.String())
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve pages: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		if err := a.jobs.Run(ctx); err != nil {
			return fmt.Errorf("run jobs: %w", err)
		}
		return nil
	})
	if a.terminals != nil {
		for _, l := range a.terminals.listeners {
			a.log.InfoContext(ctx, "listening for terminals", "address", l.Addr().String())
			g.Go(func() error { return a.terminals.serve(ctx, l) })
		}
	}
	if a.bank != nil {
		g.Go(func() error { return a.bank.Run(ctx) })
	}
	if a.system.koha != nil {
		g.Go(func() error {
			a.learn(ctx)
			return nil
		})
	}
	g.Go(func() error {
		<-ctx.Done()
		defer done()
		if a.watch != nil {
			a.watch.Stopping()
		}
		const grace = 30 * time.Second
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		a.log.InfoContext(end, "stopping")
		if err := a.server.Shutdown(end); err != nil {
			return fmt.Errorf("stop serving pages: %w", err)
		}
		return nil
	})
	return g.Wait() //nolint:wrapcheck // each part says what it was doing
}
