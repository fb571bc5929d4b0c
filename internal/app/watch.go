package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"hoofdpas/internal/library/guard"
	"hoofdpas/internal/request"
)

// watched has what is watched tell of the store and the library system too.
func (r *rooms) watched() {
	if r.out.Watch == nil {
		return
	}
	r.out.Watch.Books(r.store)
	r.out.Watch.ReadyWhen(r.store.Answers)
	if g, ok := r.system.Connector.(*guard.System); ok {
		r.out.Watch.Guarded(g.State)
	}
}

// watchers is the small server for whoever watches the program; nil without a
// listener for it.
func (r *rooms) watchers() *http.Server {
	r.watched()
	if r.out.Watch == nil || r.out.Metrics == nil {
		return nil
	}
	const patience = 10 * time.Second
	return &http.Server{Handler: r.out.Watch.Handler(), ReadTimeout: patience, WriteTimeout: patience}
}

// part watches what is asked of a part of the house; nil when nobody watches.
func (r *rooms) part(name string) func(context.Context, string) (context.Context, func(error)) {
	if r.out.Watch == nil {
		return nil
	}
	return r.out.Watch.Part(name)
}

// requests watches the requests of a face; nil when nobody watches.
func (r *rooms) requests() request.Watch {
	if r.out.Watch == nil {
		return nil
	}
	return r.out.Watch.Request
}

// serveWatchers answers until the context of those who are served last ends: while
// the program finishes what it began, it says that it is not ready.
func serveWatchers(ctx context.Context, s *http.Server, l net.Listener) error {
	context.AfterFunc(ctx, func() { _ = s.Close() }) // nobody minds
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	return nil
}
