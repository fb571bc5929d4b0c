package watch

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// lookFor is how long a look at the store may take.
const lookFor = 2 * time.Second

// readiness says whether members can be sent here.
type readiness struct {
	stopping atomic.Bool
	look     func(context.Context) error // nil: nothing to look at
}

// Stopping makes the program not ready from now on: whoever shares out the members
// sends no more of them here while it finishes what it began.
func (w *Watch) Stopping() { w.ready.stopping.Store(true) }

// ReadyWhen has /readyz look at what the program stands on: it is ready while look
// has no error. Called once, before Handler.
func (w *Watch) ReadyWhen(look func(context.Context) error) { w.ready.look = look }

// Handler answers /metrics, /livez (the process answers) and /readyz (it can serve
// members: the store answers and has our version, and the program is not stopping).
func (w *Watch) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", func(rw http.ResponseWriter, _ *http.Request) { say(rw, http.StatusOK, "alive\n") })
	mux.HandleFunc("GET /readyz", func(rw http.ResponseWriter, r *http.Request) {
		if w.ready.stopping.Load() {
			say(rw, http.StatusServiceUnavailable, "stopping\n")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), lookFor)
		defer cancel()
		if w.ready.look != nil && w.ready.look(ctx) != nil {
			say(rw, http.StatusServiceUnavailable, "the store is away\n")
			return
		}
		say(rw, http.StatusOK, "ready\n")
	})
	return mux
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // who asked has hung up
}
