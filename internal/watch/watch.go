// Package watch lets an operator see how the program is doing: metrics for
// Prometheus, traces for OpenTelemetry, and whether it is alive and ready. Other
// rooms do not know it: they tell whoever listens, with a function, that something
// began and how it ended.
//
// No label and no span holds a number of a card, a name, a title, an address or
// the arguments of a query: only routes' patterns, kinds, states and outcomes.
package watch

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"hoofdpas/internal/problem"
)

// Options say who is watched and where it is told.
type Options struct {
	Version, Commit string
	// Exporter takes the traces; nil makes none.
	Exporter sdk.SpanExporter
	Now      func() time.Time
}

// Watch keeps what was seen.
type Watch struct {
	now      func() time.Time
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	calls    *prometheus.HistogramVec
	logins   *prometheus.CounterVec

	tracer trace.Tracer
	traces *sdk.TracerProvider // nil when there are none
	ready  readiness
}

// buckets are the bounds of latencies in seconds: pages take milliseconds, other
// people's systems up to their time limit.
var buckets = []float64{.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20} //nolint:gochecknoglobals // a table, never written

// New begins to watch.
func New(o Options) *Watch {
	w := &Watch{now: o.Now, registry: prometheus.NewRegistry()}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
		w.registry.MustRegister(h)
		return h
	}
	w.requests = histogram("hoofdpas_request_seconds", "Answers over HTTP, by the pattern of the route.", "method", "route", "status")
	w.calls = histogram("hoofdpas_call_seconds",
		"What was asked of another part (library, provider), done by itself (job) or answered to a terminal (terminal).", "part", "operation", "outcome")
	w.logins = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "hoofdpas_logins_total", Help: "Attempts to log in, by members and by apps and terminals for them, and how they ended.",
	}, []string{"outcome"})
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "hoofdpas_build_info", Help: "1, with what is running.",
	}, []string{"version", "commit", "go"})
	build.WithLabelValues(o.Version, o.Commit, runtime.Version()).Set(1)
	w.registry.MustRegister(w.logins, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	w.tracer = noop.NewTracerProvider().Tracer("")
	if o.Exporter != nil {
		w.traces = sdk.NewTracerProvider(sdk.WithBatcher(o.Exporter), sdk.WithResource(service(o.Version)))
		w.tracer = w.traces.Tracer("hoofdpas")
	}
	return w
}

// Close sends what is left of the traces.
func (w *Watch) Close(ctx context.Context) error {
	if w.traces == nil {
		return nil
	}
	return w.traces.Shutdown(ctx) //nolint:wrapcheck // says what it was doing
}

// Request watches one request; what it returns is told how that ended. A trace
// that a proxy of ours has begun is gone on with.
func (w *Watch) Request(ctx context.Context, r *http.Request) (context.Context, func(method, route string, status int)) {
	began := w.now()
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
	ctx, span := w.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began))
	return ctx, func(method, route string, status int) {
		method = knownMethod(method)
		w.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(w.now().Sub(began).Seconds())
		span.SetName(method + " " + route)
		span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route),
			attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End(trace.WithTimestamp(w.now()))
	}
}

// knownMethod bounds what a stranger can make a label of.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// Outcomes of a call.
const (
	OK      = "ok"
	Refused = "refused" // it answered no
	Away    = "away"    // it could not be reached, or did not answer in time
	Left    = "left"    // who asked went away
	Broken  = "broken"  // anything else: a fault of ours
)

// Outcome is how a call ended.
func Outcome(err error) string {
	switch {
	case err == nil:
		return OK
	case errors.Is(err, context.Canceled):
		return Left
	case problem.KindOf(err) == problem.Unavailable, errors.Is(err, context.DeadlineExceeded):
		return Away
	case problem.KindOf(err) != "":
		return Refused
	}
	return Broken
}

// Part watches what is asked of a part, or done by it: a function that is told that
// an operation begins, and returns one that is told how it ended.
func (w *Watch) Part(part string) func(ctx context.Context, operation string) (context.Context, func(error)) {
	return func(ctx context.Context, operation string) (context.Context, func(error)) {
		began := w.now()
		ctx, span := w.tracer.Start(ctx, part+" "+operation, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(began))
		return ctx, func(err error) {
			outcome := Outcome(err)
			w.calls.WithLabelValues(part, operation, outcome).Observe(w.now().Sub(began).Seconds())
			span.SetAttributes(attribute.String("outcome", outcome))
			if outcome == Away || outcome == Broken {
				span.SetStatus(codes.Error, outcome)
			}
			span.End(trace.WithTimestamp(w.now()))
		}
	}
}

// LogIn counts an attempt to log in; slow tells that it came too soon after others.
func (w *Watch) LogIn(err error) {
	outcome := Outcome(err)
	if problem.KindOf(err) == problem.TooMany {
		outcome = "slowed"
	}
	w.logins.WithLabelValues(outcome).Inc()
}
