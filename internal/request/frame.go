package request

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Watch is told that a request has begun and, by what it returns, how it ended: its
// method, the pattern of its route, never its address, and its status.
type Watch func(ctx context.Context, r *http.Request) (context.Context, func(method, route string, status int))

// answerWithin bounds the work for one request. It is well under the time after
// which the server hangs up, so that whoever asked gets an answer in any case.
const answerWithin = 20 * time.Second

// Frame is around every request, whichever face answers it.
type Frame struct {
	Log *slog.Logger
	Now func() time.Time
	// Watch is nil for nobody.
	Watch Watch
}

// Begin gives a request a number, which its answer tells too, and an end. What it
// returns is called once: it tells whoever watches, and writes the request's one line
// to the log. That has the route's pattern, never the address, which may hold the
// number of a card.
func (f Frame) Begin(w http.ResponseWriter, r *http.Request) (*http.Request, func(line, route string, status int, more ...slog.Attr)) {
	began := f.Now()
	ctx, number := Numbered(r.Context())
	w.Header().Set("X-Request-Id", number)
	watched := func(string, string, int) {}
	if f.Watch != nil {
		ctx, watched = f.Watch(ctx, r)
	}
	bounded, cancel := context.WithTimeout(ctx, answerWithin)
	return r.WithContext(bounded), func(line, route string, status int, more ...slog.Attr) {
		cancel()
		watched(r.Method, route, status)
		attrs := append([]slog.Attr{slog.String("method", r.Method), slog.String("route", route), slog.Int("status", status)}, more...)
		f.Log.LogAttrs(ctx, slog.LevelInfo, line, append(attrs, slog.Duration("took", f.Now().Sub(began)))...)
	}
}

// Recorder notes status and size of an answer.
type Recorder struct {
	http.ResponseWriter
	Status int // 0 for none yet
	Bytes  int64
}

// WriteHeader implements http.ResponseWriter.
func (r *Recorder) WriteHeader(status int) {
	if r.Status == 0 {
		r.Status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *Recorder) Write(b []byte) (int, error) {
	if r.Status == 0 {
		r.Status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.Bytes += int64(n)
	return n, err //nolint:wrapcheck // a writer's error is the reader's hang-up
}

// Unwrap lets http.ResponseController reach the connection.
func (r *Recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
