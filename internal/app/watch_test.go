package app

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
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
	b.Do(http.MethodPost, "/betalen/melding/stripe", url.Values{"id": {"of-nobody"}})
	k.Break("GET /patrons/{patron_id}/account", kohatest.Error, kohatest.Error)
	b.Get("/betalen")
	b.Get("/geleend/20001000000012")

	_, text := scrape(t, seen, "/metrics")
	for _, want := range []string{
		`hoofdpas_request_seconds_count{method="POST",route="/inloggen",status="303"} 1`,
		`hoofdpas_request_seconds_count{method="GET",route="/",status="404"} 1`,
		`hoofdpas_request_seconds_count{method="POST",route="/betalen/melding/{provider}",status="200"} 1`,
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
// reads: none of them names a metric, a label or a value that is not there, and the
// page names every metric of ours.
func namedElsewhere(t *testing.T, text string) {
	t.Helper()
	there, page := labels(text), read(t, "docs/it/monitoring.md")
	for name := range there {
		if strings.HasPrefix(name, "hoofdpas_") && !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/it/monitoring.md does not name %s", name)
		}
	}
	for _, m := range regexp.MustCompile("`(hoofdpas_\\w+)`").FindAllStringSubmatch(page, -1) {
		if there[m[1]] == nil {
			t.Errorf("docs/it/monitoring.md names %s, which is not there", m[1])
		}
	}
	for _, file := range []string{"packaging/prometheus/alerts.yaml", "packaging/grafana/hoofdpas.json"} {
		asked := read(t, file)
		for _, m := range regexp.MustCompile(`((?:hoofdpas|process|go)_\w+?)(?:_bucket|_count|_sum)?(?:\{([^}]*)\})?[^\w{]`).FindAllStringSubmatch(asked, -1) {
			if there[m[1]] == nil {
				t.Errorf("%s names %s, which is not there", file, m[1])
			}
			for _, label := range regexp.MustCompile(`(\w+)=~?"([^"]*)"`).FindAllStringSubmatch(m[2], -1) {
				if !there[m[1]][label[1]] {
					t.Errorf("%s asks for %s of %s, which it has not", file, label[1], m[1])
				}
				for _, value := range regexp.MustCompile(`\b[a-z]{2,}\b`).FindAllString(label[2], -1) {
					if !strings.Contains(page, "`"+value+"`") && label[1] != "instance" && label[1] != "job" {
						t.Errorf("%s asks for %s=%q, of which docs/it/monitoring.md does not tell", file, label[1], value)
					}
				}
			}
		}
		for _, m := range regexp.MustCompile(`(?:by \(|\{\{ ?(?:\$labels\.)?)([\w, ]+?) ?(?:\)|\}\})`).FindAllStringSubmatch(asked, -1) {
			for label := range strings.SplitSeq(m[1], ", ") {
				if !there[""][label] {
					t.Errorf("%s names the label %s, which nothing has", file, label)
				}
			}
		}
	}
}

// labels returns which labels each metric of a text has, with those that Prometheus
// adds, and under "" which there are.
func labels(text string) map[string]map[string]bool {
	all := map[string]map[string]bool{"": {}, "hoofdpas_jobs": {"state": true}} // there is none of a state that no job is in
	for _, line := range regexp.MustCompile(`(?m)^(\w+?)(?:_bucket|_count|_sum)?(?:\{(.*)\})? `).FindAllStringSubmatch(text, -1) {
		of := all[line[1]]
		if of == nil {
			of = map[string]bool{"instance": true, "job": true}
			all[line[1]] = of
		}
		for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(line[2], -1) {
			of[label[1]] = true
		}
		maps.Copy(all[""], of)
	}
	return all
}

// read is a file of the repository, with the quotes of strings in JSON as they are.
func read(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("../..", file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(raw), `\"`, `"`)
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
