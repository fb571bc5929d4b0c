package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/watch"
	"hoofdpas/internal/web/webtest"
)

// collector keeps the spans it gets.
type collector struct{ all tracetest.SpanStubs }

func (c *collector) ExportSpans(_ context.Context, spans []sdk.ReadOnlySpan) error {
	c.all = append(c.all, tracetest.SpanStubsFromReadOnlySpans(spans)...)
	return nil
}

func (c *collector) Shutdown(context.Context) error { return nil }

// scrape reads what Prometheus reads.
func scrape(t *testing.T, w *watch.Watch, path string) (status int, text string) {
	t.Helper()
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return rec.Code, rec.Body.String()
}

func TestWhatHappensIsSeenWithoutWhoItIsAbout(t *testing.T) {
	t.Parallel()
	spans := &collector{}
	seen := watch.New(watch.Options{Version: "1.2.3", Commit: "abc", Exporter: spans, Now: time.Now})
	address, k, _ := behindKoha(t, seen)
	const own = "Zelf-gekozen1!"
	b := webtest.Open(t, address)
	b.Get("/inloggen").Form("Inloggen").Set("login", "20001000000012").Set("password", "mis").Send()
	b.Get("/inloggen").Form("Inloggen").Set("login", "20001000000012").Set("password", "Welkom-1984").Send().
		Form("Instellen").Set("new", own).Set("again", own).Send().Wants(http.StatusOK, "Het diner")
	k.Break("GET /patrons/{patron_id}/account", kohatest.Error, kohatest.Error)
	b.Get("/betalen")
	b.Get("/geleend/20001000000012")

	_, text := scrape(t, seen, "/metrics")
	for _, want := range []string{
		`hoofdpas_request_seconds_count{method="POST",route="/inloggen",status="303"} 1`,
		`hoofdpas_request_seconds_count{method="GET",route="/",status="404"} 1`,
		`hoofdpas_logins_total{outcome="ok"} 1`,
		`hoofdpas_logins_total{outcome="refused"} 1`,
		`hoofdpas_call_seconds_count{operation="loans",outcome="ok",part="library"} `,
		`hoofdpas_call_seconds_count{operation="fees",outcome="away",part="library"} 1`,
		`hoofdpas_library_resting 0`, `hoofdpas_store_up 1`, `hoofdpas_payments{state="open"} 0`, `hoofdpas_mandates{state="active"} 0`,
		`hoofdpas_deliveries_waiting 0`, `hoofdpas_findings_open 0`, `hoofdpas_store_connections{pool="write",use="most"} 1`,
		`hoofdpas_build_info{commit="abc"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	namedElsewhere(t, text)
	if err := seen.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var names []string
	told := text
	for _, s := range spans.all {
		names = append(names, s.Name)
		told += s.Name
		for _, a := range s.Attributes {
			told += " " + string(a.Key) + "=" + a.Value.String()
		}
	}
	for _, want := range []string{"GET /betalen", "library loans", "sql.conn.query"} {
		if !slices.Contains(names, want) {
			t.Errorf("no span %s among %v", want, names)
		}
	}
	for _, secret := range []string{"20001000000012", "Marieke", "diner", own, "Welkom-1984"} {
		if strings.Contains(told, secret) {
			t.Errorf("told %s", secret)
		}
	}
}

// namedElsewhere holds dashboard, alerts and documentation against what Prometheus
// reads: none of them names what is not there, and the page names all.
func namedElsewhere(t *testing.T, text string) {
	t.Helper()
	there := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (hoofdpas_\w+)`).FindAllStringSubmatch(text, -1) {
		there[line[1]] = true
	}
	for _, file := range []string{"packaging/prometheus/alerts.yaml", "packaging/grafana/hoofdpas.json", "docs/it/monitoring.md"} {
		raw, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Fatal(err)
		}
		named := map[string]bool{}
		for _, name := range regexp.MustCompile(`hoofdpas_\w+`).FindAllString(string(raw), -1) {
			name = regexp.MustCompile(`_(bucket|count|sum)$`).ReplaceAllString(name, "")
			named[name] = true
			if !there[name] && name != "hoofdpas_jobs" { // there is none of a state that no job is in
				t.Errorf("%s names %s, which is not there", file, name)
			}
		}
		for name := range there {
			if strings.HasSuffix(file, ".md") && !named[name] {
				t.Errorf("%s does not name %s", file, name)
			}
		}
	}
}

func TestATraceGoesThroughTheHouse(t *testing.T) {
	t.Parallel()
	spans := &collector{}
	seen := watch.New(watch.Options{Exporter: spans, Now: time.Now})
	address, _, _ := behindKoha(t, seen)
	const own = "Zelf-gekozen1!"
	b := webtest.Open(t, address)
	b.Get("/inloggen").Form("Inloggen").Set("login", "20001000000012").Set("password", "Welkom-1984").Send().
		Form("Instellen").Set("new", own).Set("again", own).Send().Wants(http.StatusOK, "Het diner")
	b.Get("/betalen").Form("Betalen").Send() // which leads to the bank
	if err := seen.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := map[string][]string{}
	root := map[string]string{}
	for _, s := range spans.all {
		id := s.SpanContext.TraceID().String()
		page[id] = append(page[id], s.Name)
		if !s.Parent.IsValid() {
			root[s.Name] = id
		}
	}
	for name, parts := range map[string][]string{
		"GET /{$}":      {"library loans", "library fees", "sql.conn.query"},
		"POST /betalen": {"library fees", "provider create", "sql.conn.exec", "sql.tx.commit"},
	} {
		for _, part := range parts {
			if !slices.Contains(page[root[name]], part) {
				t.Errorf("no %s in the trace of %s: %v", part, name, page[root[name]])
			}
		}
	}
	// What the store does for nobody, such as looking for jobs all the time, is no trace.
	for name := range root {
		if strings.HasPrefix(name, "sql.") {
			t.Errorf("%s is a trace of its own", name)
		}
	}
}

func TestItIsReadyWhileTheStoreAnswersAndNotWhileItStops(t *testing.T) {
	t.Parallel()
	seen := watch.New(watch.Options{Now: time.Now})
	_, _, _ = behindKoha(t, seen)
	if status, _ := scrape(t, seen, "/readyz"); status != http.StatusOK {
		t.Errorf("ready: %d", status)
	}
	seen.Stopping()
	if status, said := scrape(t, seen, "/readyz"); status != http.StatusServiceUnavailable || said != "stopping\n" {
		t.Errorf("stopping: %d %s", status, said)
	}
	if status, _ := scrape(t, seen, "/livez"); status != http.StatusOK {
		t.Errorf("alive: %d", status)
	}
}
