package watch

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// A collector takes traces at /v1/traces (OTLP over HTTP), unless somebody put it at
// another path.
func TestTracesGoWhereACollectorTakesThem(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": "/v1/traces", "/": "/v1/traces", "/otlp/v1/traces": "/otlp/v1/traces"} {
		paths := make(chan string, 1)
		collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { paths <- r.URL.Path }))
		t.Cleanup(collector.Close)
		export(t, collector.URL+given, slog.DiscardHandler)()
		if got := <-paths; got != want {
			t.Errorf("%q: traces went to %s, want %s", given, got, want)
		}
	}
}

// A collector that is away for a night fills no log.
func TestThatTracesAreNotTakenIsSaidOnce(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if away.Load() {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(collector.Close)
	var log bytes.Buffer
	send := export(t, collector.URL, slog.NewTextHandler(&log, nil))
	for _, gone := range []bool{false, true, true, false, false, true} {
		away.Store(gone)
		send()
	}
	said := log.String()
	if strings.Count(said, "traces cannot be sent") != 2 || strings.Count(said, "traces are sent again") != 1 || !strings.Contains(said, "404") {
		t.Errorf("the log says %s", said)
	}
}

// export returns what sends a trace to an address.
func export(t *testing.T, address string, log slog.Handler) (send func()) {
	t.Helper()
	e, err := Endpoint(t.Context(), address, slog.New(log))
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := e.ExportSpans(t.Context(), tracetest.SpanStubs{{Name: "request"}}.Snapshots()); err != nil {
			t.Error(err)
		}
	}
}
