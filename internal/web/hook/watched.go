package hook

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"hoofdpas/internal/request"
)

// Options are what is around a webhook.
type Options struct {
	Log *slog.Logger
	Now func() time.Time
	// Watch is told that a request begins, and returns what is told how it ended; nil
	// for nobody.
	Watch func(context.Context, *http.Request) (context.Context, func(method, route string, status int))
}

const (
	// answerWithin bounds the work for one webhook. A provider tells again what was
	// not answered.
	answerWithin = 20 * time.Second
	// route is the address's pattern: the address itself may be of anybody's making.
	route = "/betalen/melding/{provider}"
)

// Watched gives each webhook a number, an end, and one line in the log, and tells
// whoever watches.
func Watched(next http.Handler, o Options) http.Handler {
	if o.Watch == nil {
		o.Watch = func(ctx context.Context, _ *http.Request) (context.Context, func(string, string, int)) {
			return ctx, func(string, string, int) {}
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, rec := o.Now(), &recorder{ResponseWriter: w}
		ctx, number := request.Numbered(r.Context())
		ctx, watched := o.Watch(ctx, r)
		ctx, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		w.Header().Set("X-Request-Id", number)
		defer func() {
			if broke := recover(); broke != nil {
				o.Log.ErrorContext(ctx, "a webhook broke", "panic", broke, "stack", string(debug.Stack()))
				answer(rec, http.StatusInternalServerError)
			}
			watched(r.Method, route, rec.answered())
			o.Log.LogAttrs(ctx, slog.LevelInfo, "webhook", slog.String("method", r.Method), slog.String("route", route),
				slog.Int("status", rec.answered()), slog.Duration("took", o.Now().Sub(began)))
		}()
		next.ServeHTTP(rec, r.WithContext(ctx))
	})
}

// recorder notes the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int // 0 for none yet
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		r.ResponseWriter.WriteHeader(status)
	}
}

// answered is the status that the sender reads: without one it is 200.
func (r *recorder) answered() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
