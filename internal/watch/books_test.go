package watch

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/store/storetest"
)

// scrape reads what Prometheus reads.
func (w *Watch) scrape(t *testing.T) string {
	t.Helper()
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	return rec.Body.String()
}

// What waits is counted once a minute. Whether the store answers is asked each time.
func TestAStoreThatWentAwayIsToldAtTheNextScrape(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	w := New(Options{Now: time.Now})
	w.Books(s)
	if said := w.scrape(t); !strings.Contains(said, "hoofdpas_store_up 1\n") || !strings.Contains(said, "hoofdpas_findings_open 0\n") {
		t.Errorf("a store that answers: %s", said)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if said := w.scrape(t); !strings.Contains(said, "hoofdpas_store_up 0\n") || strings.Contains(said, "hoofdpas_findings_open") {
		t.Errorf("a store that is closed: %s", said)
	}
}
