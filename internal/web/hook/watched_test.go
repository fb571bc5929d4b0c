package hook_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/request"
	"hoofdpas/internal/web/hook"
)

// A webhook is a line in the log with a number, is counted, and has an end: also when
// it breaks.
func TestAWebhookIsALineInTheLogAndIsCounted(t *testing.T) {
	t.Parallel()
	for want, hear := range map[string]http.HandlerFunc{
		"POST /betalen/melding/{provider} 200": func(http.ResponseWriter, *http.Request) {},
		"POST /betalen/melding/{provider} 503": func(w http.ResponseWriter, r *http.Request) {
			if _, ends := r.Context().Deadline(); ends {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		},
		"POST /betalen/melding/{provider} 500": func(http.ResponseWriter, *http.Request) { panic("broke") },
	} {
		var log bytes.Buffer
		var seen []string
		o := request.Frame{
			Now: time.Now, Log: slog.New(request.Log(slog.NewTextHandler(&log, nil))),
			Watch: func(ctx context.Context, _ *http.Request) (context.Context, func(method, route string, status int)) {
				return ctx, func(method, route string, status int) {
					seen = append(seen, fmt.Sprint(method, " ", route, " ", status))
				}
			},
		}
		mux := http.NewServeMux()
		mux.Handle("POST /betalen/melding/{provider}", hook.Watched(hear, o))
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/betalen/melding/SECRET", strings.NewReader("id=SECRET")))
		if len(seen) != 1 || seen[0] != want {
			t.Errorf("counted %q, want %s", seen, want)
		}
		if w.Code != http.StatusOK && !strings.HasSuffix(want, fmt.Sprint(w.Code)) {
			t.Errorf("%s: answered %d", want, w.Code)
		}
		number := w.Header().Get("X-Request-Id")
		if said := log.String(); number == "" || strings.Count(said, "msg=webhook") != 1 || !strings.Contains(said, "request="+number) || strings.Contains(said, "SECRET") {
			t.Errorf("%s: logged %s", want, said)
		}
	}
}
