package paia_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

func TestSentencesAreInTheLanguageThatIsAskedFor(t *testing.T) {
	t.Parallel()
	a := open(t).enter(marieke)
	for header, wants := range map[string]string{
		"": "nl", "en": "en", "en-GB,en;q=0.9": "en", "nl-BE": "nl", "en;q=0.3, nl;q=0.9": "nl", "de, en;q=0.8, nl;q=0.5": "en",
		"fr": "nl", "*": "nl", "en;q=0": "nl", "\x00;;q=": "nl", strings.Repeat("x-", 5000): "nl",
	} {
		r := a.ask(http.MethodGet, "/paia/core/"+bo, nil, func(r *http.Request) { r.Header.Set("Accept-Language", header) })
		english, _ := r.body["error_description"].(string)
		if r.header.Get("Content-Language") != wants || strings.HasPrefix(english, "There is no such card") != (wants == "en") {
			t.Errorf("%.40q: %s %s", header, r.header.Get("Content-Language"), r.raw)
		}
	}
}

// An app that hangs up is nobody's fault: the operator is not called.
func TestWhoHangsUpIsNoError(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter(marieke)
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	a.ask(http.MethodGet, "/paia/core/"+marieke+"/items", nil, func(r *http.Request) { *r = *r.WithContext(gone) })
	if strings.Contains(w.log.String(), "level=ERROR") {
		t.Errorf("the operator is told: %s", w.log)
	}
}

// What is suppressed is in the body of PAIA core, and nowhere in PAIA auth, where
// OAuth knows no such field.
func TestStatusesAreSuppressedWhenAskedTo(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter(marieke)
	for path, code := range map[string]any{
		"/paia/core/" + bo: 403.0, "/paia/core/" + marieke + "/nothing": 404.0, "/api/v1/" + marieke + "/cards": 403.0,
		"/paia/auth/login": nil, "/paia/auth/nothing": nil,
	} {
		r := a.ask(http.MethodGet, path+"?suppress_response_codes=", nil)
		if r.status != http.StatusOK || r.body["code"] != code || r.body["error"] == nil {
			t.Errorf("%s: %d %s", path, r.status, r.raw)
		}
	}
}
