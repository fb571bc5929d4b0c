package hook_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
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
	r := httptest.NewRequestWithContext(t.Context(), method, "/betalen/melding/testbank", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return deliver(e, nil, r)
}

func deliver(e *ear, opener hook.Opener, r *http.Request) (*httptest.ResponseRecorder, string) {
	var log bytes.Buffer
	mux := http.NewServeMux()
	mux.Handle("POST /betalen/melding/{provider}", hook.Handler(e, "sealed", opener, slog.New(slog.NewTextHandler(&log, nil))))
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
		"no form": "id=%zz",
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

// sealed opens webhooks that begin with a seal; what follows is the order.
type sealed struct{}

func (sealed) Open(_ context.Context, h http.Header, body []byte) (string, error) {
	ref, ok := strings.CutPrefix(string(body), h.Get("Seal")+":")
	switch {
	case h.Get("Seal") == "late":
		return "", errors.New("nobody knows whose order that is")
	case !ok || h.Get("Seal") != "good":
		return "", problem.New(problem.Refused, payment.ReasonNotFound, nil)
	}
	return ref, nil
}

func TestAProviderOpensItsOwnWebhooks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		to, seal, body string
		heard          []string
	}{
		"good":                {"sealed", "good", "good:ABC", []string{"sealed ABC"}},
		"forged":              {"sealed", "bad", "bad:ABC", nil},
		"a form":              {"sealed", "", "id=ABC", nil},
		"not to be told now":  {"sealed", "late", "late:ABC", nil},
		"about nothing":       {"sealed", "good", "good:", nil},
		"at another provider": {"testbank", "good", "id=ABC", []string{"testbank ABC"}},
	} {
		e := &ear{}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/betalen/melding/"+c.to, strings.NewReader(c.body))
		r.Header.Set("Seal", c.seal)
		w, log := deliver(e, sealed{}, r)
		want := http.StatusOK
		if c.seal == "late" {
			want = http.StatusServiceUnavailable
		}
		if w.Code != want || w.Body.Len() > 0 || !slices.Equal(e.heard, c.heard) {
			t.Errorf("%s: status %d, heard %q", name, w.Code, e.heard)
		}
		if strings.Contains(log, "ABC") {
			t.Errorf("%s: the log has what anybody may send: %s", name, log)
		}
	}
}

// flood is a body without an end, which tells how much of it was read.
type flood struct{ read int }

func (f *flood) Read(b []byte) (int, error) {
	f.read += len(b)
	return copy(b, bytes.Repeat([]byte("x"), len(b))), nil
}

func TestALargeWebhookIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	const bound = 64 << 10
	for name, says := range map[string]int64{"ten megabytes": 10 << 20, "nobody knows how large": -1} {
		e, f := &ear{}, &flood{}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/betalen/melding/testbank", f)
		r.ContentLength = says
		w, _ := deliver(e, nil, r)
		if w.Code != http.StatusRequestEntityTooLarge || len(e.heard) > 0 {
			t.Errorf("%s: status %d, heard %q", name, w.Code, e.heard)
		}
		if most := 2 * bound; f.read > most || (says > 0 && f.read > 0) {
			t.Errorf("%s: %d bytes were read", name, f.read)
		}
	}
}
