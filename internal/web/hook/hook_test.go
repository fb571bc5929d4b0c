package hook_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/web/hook"
)

// ear keeps what it heard and answers the same each time.
type ear struct {
	heard []string
	err   error
}

func (e *ear) Heard(_ context.Context, provider, ref string) error {
	e.heard = append(e.heard, provider+" "+ref)
	return e.err
}

// send sends a webhook by way of a mux, as the program does.
func send(t *testing.T, e *ear, method, body string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log bytes.Buffer
	mux := http.NewServeMux()
	mux.Handle("POST /betalen/melding/{provider}", hook.Handler(e, slog.New(slog.NewTextHandler(&log, nil))))
	r := httptest.NewRequestWithContext(t.Context(), method, "/betalen/melding/testbank", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w, log.String()
}

func TestAWebhookIsHeard(t *testing.T) {
	t.Parallel()
	e := &ear{}
	w, _ := send(t, e, http.MethodPost, "id=ABC")
	if w.Code != http.StatusOK || len(e.heard) != 1 || e.heard[0] != "testbank ABC" {
		t.Errorf("status %d, heard %q", w.Code, e.heard)
	}
}

func TestAnOrderThatDoesNotExistAnswersLikeOneThatDoes(t *testing.T) {
	t.Parallel()
	known, _ := send(t, &ear{}, http.MethodPost, "id=ABC")
	unknown, log := send(t, &ear{err: problem.New(problem.NotFound, payment.ReasonNotFound, nil)}, http.MethodPost, "id=SECRET")
	if known.Code != unknown.Code || known.Body.String() != unknown.Body.String() || len(known.Header()) != len(unknown.Header()) {
		t.Errorf("known %v, unknown %v", known, unknown)
	}
	if strings.Contains(log, "SECRET") {
		t.Errorf("the log has what anybody may send: %s", log)
	}
}

func TestWhatCouldNotBeHandledHasToComeAgain(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New("some fault"), problem.New(problem.Unavailable, payment.ReasonUnsure, nil)} {
		w, _ := send(t, &ear{err: err}, http.MethodPost, "id=ABC")
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%v: status %d", err, w.Code)
		}
	}
}

func TestWhatIsNoWebhookIsNotHeard(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty": "", "no key": "id=", "other field": "ref=ABC", "long key": "id=" + strings.Repeat("x", 256),
		"large": "id=ABC&x=" + strings.Repeat("x", 5_000), "no form": "id=%zz",
	} {
		e := &ear{}
		w, _ := send(t, e, http.MethodPost, body)
		if w.Code != http.StatusBadRequest || len(e.heard) != 0 {
			t.Errorf("%s: status %d, heard %q", name, w.Code, e.heard)
		}
	}
	e := &ear{}
	if w, _ := send(t, e, http.MethodGet, ""); w.Code != http.StatusMethodNotAllowed || len(e.heard) != 0 {
		t.Errorf("GET: status %d, heard %q", w.Code, e.heard)
	}
}
