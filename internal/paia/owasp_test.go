package paia_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/account"
)

func number(v any) string { return fmt.Sprintf("%.0f", v) }

// The OWASP API Security Top 10 of 2023, each with what stands against it here.

// API1: broken object level authorization.
func TestATokenOpensNoOtherCard(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter(marieke, everything...)
	var said []string
	for _, other := range []string{bo, "20009999999999", "0", "%25", strings.Repeat("9", 300), "20001000000012%00"} {
		for _, what := range []string{"", "/items", "/fees"} {
			r := a.ask(http.MethodGet, "/paia/core/"+other+what, nil)
			if r.status != http.StatusForbidden && r.status != http.StatusNotFound && r.status != http.StatusMovedPermanently {
				t.Errorf("%s%s: %d %s", other, what, r.status, r.raw)
			}
			if other == bo || other == "20009999999999" {
				said = append(said, r.raw)
			}
		}
		a.ask(http.MethodPost, "/paia/core/"+other+"/renew", map[string]any{"doc": []any{map[string]any{"item": "x"}}})
	}
	for _, s := range said {
		if s != said[0] {
			t.Errorf("a card that exists is told from one that does not: %s, %s", s, said[0])
		}
	}
	// By a mandate that ended a moment ago, nothing; with the same token.
	a.wants(a.ask(http.MethodGet, "/paia/core/"+sem+"/items", nil), http.StatusOK, "")
	var sems []any
	for _, f := range a.ask(http.MethodGet, "/api/v1/"+marieke+"/fees", nil).body["fee"].([]any) { //nolint:errcheck,forcetypeassert // a test
		if m := f.(map[string]any); m["patron"] == sem { //nolint:errcheck,forcetypeassert // a test
			sems = append(sems, m["choice"])
		}
	}
	w.endAll(sem)
	a.wants(a.ask(http.MethodPost, "/api/v1/"+marieke+"/payments", map[string]any{"choice": sems, "amount": "1.20 EUR", "key": "k"}),
		http.StatusNotFound, "not_found")
	for _, what := range []string{"", "/items", "/fees"} {
		a.wants(a.ask(http.MethodGet, "/paia/core/"+sem+what, nil), http.StatusForbidden, "access_denied")
	}
	// The extension is for the own card alone: a mandate does not give others' mandates.
	for _, what := range []string{"/mandates", "/cards", "/fees"} {
		a.wants(a.ask(http.MethodGet, "/api/v1/"+noor+what, nil), http.StatusForbidden, "access_denied")
	}
}

// API2: broken authentication.
func TestGuessingIsSlowedDownAndTokensAreSecret(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := &app{world: w}
	last := a.ask(http.MethodPost, "/paia/auth/login", map[string]any{"grant_type": "password", "username": marieke, "password": "mis"})
	a.wants(last, http.StatusForbidden, "access_denied")
	for range 8 {
		last = a.ask(http.MethodPost, "/paia/auth/login", map[string]any{"grant_type": "password", "username": marieke, "password": "mis"})
	}
	a.wants(last, http.StatusServiceUnavailable, "service_unavailable")
	if last.header.Get("Retry-After") == "" {
		t.Error("it does not say how long")
	}
	w.clock.Pass(2 * time.Hour)
	right := w.enter(marieke)
	for name, token := range map[string]string{
		"none": "", "wrong": "x", "refresh for access": right.refresh, "half": right.access[:20], "another's case": strings.ToUpper(right.access),
	} {
		r := (&app{world: w, access: token}).ask(http.MethodGet, "/paia/core/"+marieke, nil)
		if r.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	for _, path := range []string{"?access_token=" + right.access, "?callback=f", "?password=x"} {
		a.wants((&app{world: w}).ask(http.MethodGet, "/paia/core/"+marieke+path, nil), http.StatusBadRequest, "invalid_request")
	}
	// A first password opens nothing (S3).
	r := a.ask(http.MethodPost, "/paia/auth/login", map[string]any{"grant_type": "password", "username": noor, "password": "Welkom-2017"})
	a.wants(r, http.StatusForbidden, "access_denied")
	if log := w.log.String(); strings.Contains(log, right.access) || strings.Contains(log, right.refresh) || strings.Contains(log, own) {
		t.Error("a secret is in the log")
	}
}

// API3: broken object property level authorization.
func TestOfALinkedCardNoMoreIsToldThanItsMandateGives(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter(marieke, everything...)
	for _, path := range []string{"/paia/core/" + sem, "/paia/core/" + sem + "/items", "/paia/core/" + sem + "/fees", "/api/v1/" + marieke + "/fees", "/api/v1/" + marieke + "/cards"} {
		if r := a.ask(http.MethodGet, path, nil); strings.Contains(r.raw, "sem@example.nl") || strings.Contains(r.raw, "2014-06-02") {
			t.Errorf("%s: %s", path, r.raw)
		}
	}
	// What nobody may write is not written.
	a.ask(http.MethodPost, "/paia/core/"+marieke+"/renew", map[string]any{
		"doc": []any{map[string]any{"item": "https://mijn.example.nl/paia/item/3001", "renewals": -5, "status": 0}}, "patron": sem,
	})
	if r := a.ask(http.MethodGet, "/paia/core/"+marieke+"/items", nil); !strings.Contains(r.raw, `"renewals":1`) {
		t.Errorf("got %s", r.raw)
	}
}

// API4: unrestricted resource consumption.
func TestWhatIsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter(marieke, everything...)
	docs := make([]any, 101)
	for i := range docs {
		docs[i] = map[string]any{"item": "x"}
	}
	a.wants(a.ask(http.MethodPost, "/paia/core/"+marieke+"/renew", map[string]any{"doc": docs}), http.StatusUnprocessableEntity, "invalid_request")
	a.wants(a.ask(http.MethodPost, "/paia/core/"+marieke+"/renew", map[string]any{"doc": []any{map[string]any{"item": strings.Repeat("x", 100_000)}}}),
		http.StatusBadRequest, "invalid_request")
	for range 25 { // a card lets in twenty apps at most
		w.enter(marieke)
	}
	apps := account.Apps{Porter: w.porter, Store: w.store, Now: w.clock.Now}
	list, err := apps.List(t.Context(), account.Identity{Holder: w.holder(marieke)})
	must(t, err)
	if len(list) > 20 {
		t.Errorf("%d apps are in", len(list))
	}
}

// API5: broken function level authorization.
func TestATokenDoesWhatItsScopesSay(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter(marieke, "read_patron")
	for path, method := range map[string]string{
		"/paia/core/" + marieke + "/items": http.MethodGet, "/paia/core/" + marieke + "/fees": http.MethodGet, "/paia/core/" + marieke + "/renew": http.MethodPost,
		"/paia/core/" + marieke + "/messages": http.MethodGet, "/paia/auth/change": http.MethodPost, "/api/v1/" + marieke + "/cards": http.MethodGet,
		"/api/v1/" + marieke + "/mandates": http.MethodPost, "/api/v1/" + marieke + "/payments": http.MethodPost, "/api/v1/" + marieke + "/fees": http.MethodGet,
	} {
		a.wants(a.ask(method, path, map[string]any{}), http.StatusForbidden, "insufficient_scope")
	}
	a.wants(a.ask(http.MethodGet, "/paia/core/"+marieke, nil), http.StatusOK, "")
	b := &app{world: w}
	login := func(scope string) reply {
		return b.ask(http.MethodPost, "/paia/auth/login", map[string]any{"grant_type": "password", "username": marieke, "password": own, "scope": scope})
	}
	b.wants(login("root"), http.StatusUnprocessableEntity, "invalid_request")
	b.wants(login("delete_messages"), http.StatusUnprocessableEntity, "invalid_request")
	if r := login("read_patron delete_messages update_patron"); r.body["scope"] != "read_patron" {
		t.Errorf("got %s", r.raw)
	}
}

// API6: unrestricted access to sensitive business flows: asking for other people's
// cards is slowed down as on the pages.
func TestAskingForCardsIsSlowedDown(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter(marieke, everything...)
	refused := 0
	for i := range 40 {
		r := a.ask(http.MethodPost, "/api/v1/"+marieke+"/mandates", map[string]any{
			"side": "grantee", "patron": fmt.Sprintf("2000100001%04d", i), "birthdate": "1990-01-01", "scopes": []string{"pay"},
		})
		if r.status == http.StatusServiceUnavailable {
			refused++
		}
	}
	if refused == 0 {
		t.Error("forty cards were asked for at once")
	}
}

// API7: server side request forgery. Addresses that an app sends are names that are
// compared: nobody goes there.
func TestNoAddressThatIsSentIsVisited(t *testing.T) {
	t.Parallel()
	visited := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("somebody came by") }))
	defer visited.Close()
	w := open(t)
	a := w.enter(marieke, everything...)
	at := visited.URL
	a.ask(http.MethodPost, "/paia/core/"+marieke+"/renew", map[string]any{"doc": []any{map[string]any{"item": at}, map[string]any{"edition": at}}})
	a.ask(http.MethodPost, "/api/v1/"+marieke+"/payments", map[string]any{"choice": []any{at}, "amount": "1.00 EUR", "key": at, "checkout": at, "callback": at})
	a.ask(http.MethodPost, "/paia/auth/login", map[string]any{"grant_type": at, "client": at, "redirect_uri": at})
}

// API8: security misconfiguration.
func TestHeadersOriginsAndVerbs(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter(marieke)
	from := func(origin string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Origin", origin) }
	}
	r := a.ask(http.MethodOptions, "/paia/core/"+marieke+"/items", nil, from("https://app.example"))
	if r.status != http.StatusNoContent || r.header.Get("Access-Control-Allow-Origin") != "https://app.example" ||
		r.header.Get("Access-Control-Allow-Headers") != "Content-Type, Authorization, Accept-Language" ||
		r.header.Get("Access-Control-Allow-Credentials") != "" || r.header.Get("Access-Control-Allow-Methods") != "GET, HEAD, OPTIONS" {
		t.Errorf("preflight: %d %v", r.status, r.header)
	}
	if r := a.ask(http.MethodOptions, "/paia/auth/login", nil); r.header.Get("Access-Control-Allow-Headers") == "" || r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("asked from no page: %v", r.header)
	}
	if r := a.ask(http.MethodGet, "/paia/core/"+marieke, nil, from("https://evil.example")); r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another site may read it: %v", r.header)
	}
	r = a.ask(http.MethodGet, "/paia/core/"+marieke, nil)
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	} {
		if r.header.Get(name) != want {
			t.Errorf("%s: %q", name, r.header.Get(name))
		}
	}
	if r := a.ask(http.MethodHead, "/paia/core/"+marieke+"/items", nil); r.status != http.StatusOK || r.raw != "" {
		t.Errorf("HEAD: %d %q", r.status, r.raw)
	}
	for _, verb := range []string{"PUT", "DELETE", "TRACE", "BREW"} {
		a.wants(a.ask(verb, "/paia/core/"+marieke+"/items", nil), http.StatusMethodNotAllowed, "invalid_request")
	}
	a.wants(a.ask(http.MethodGet, "/paia/auth/login", nil), http.StatusMethodNotAllowed, "invalid_request")
}

// API9 (improper inventory) is TestEveryMethodIsDescribedAndNothingElse. API10:
// unsafe consumption of what others send.
func TestWhatIsSentIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter(marieke, everything...)
	raw := func(kind, body string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Content-Type", kind)
			r.Body = io.NopCloser(strings.NewReader(body))
		}
	}
	for _, c := range []struct {
		kind, body string
		status     int
	}{
		{"application/json", "", 400},
		{"application/json", "{", 400},
		{"application/json", "[]", 422},
		{"application/json", `{"doc":"x"}`, 422},
		{"application/json", `{"doc":[{"item":1}]}`, 422},
		{"application/json", `{"doc":[{}]}`, 422},
		{"application/json", `{"doc":[{"item":"a\u0000\ud800"}]}`, 200},
		{"application/json", strings.Repeat("[", 20_000), 400},
		{"text/plain", `{"doc":[]}`, 400},
		{"application/json; charset=iso-8859-1", `{"doc":[]}`, 400},
		{"application/json; charset=UTF-8", `{"doc":[{"item":"x","confirm":{"a":[]}}],"more":1}`, 200},
		{"application/x-www-form-urlencoded", "doc=x", 400},
		{"application/json", `{"doc":[{"item":"x"}],"doc":[{"item":"y"}]}`, 400},
		{"application/json", `{"doc":[{"item":"x","Item":"y"}]}`, 400},
		{"application/json", `{"doc":[{"item":"x"},{"item":"x"}],"a":[1,{"b":{},"c":[]}]}`, 200},
		{"application/json", `{"doc":[{"item":"x"}]}{}`, 400},
		{"application/json", "{\"doc\":[{\"item\":\"\xc3\"}]}", 400},
		{"application/json", strings.Repeat(`{"a":`, 11_000), 400},
		{"", `{"doc":[{"item":"x"}]}`, 400},
	} {
		if r := a.ask(http.MethodPost, "/paia/core/"+marieke+"/renew", nil, raw(c.kind, c.body)); r.status != c.status {
			t.Errorf("%s %.40s: %d %s", c.kind, c.body, r.status, r.raw)
		}
	}
	name := "<script>alert(1)</script>\u202e\nx"
	r := (&app{world: w}).ask(http.MethodPost, "/paia/auth/login", map[string]any{"grant_type": "password", "username": marieke, "password": own, "client": name})
	a.wants(r, http.StatusOK, "")
	form := (&app{world: w}).ask(http.MethodPost, "/paia/auth/login", nil,
		raw("application/x-www-form-urlencoded", "grant_type=password&username="+marieke+"&password=Eigen%21wachtwoord1"))
	a.wants(form, http.StatusOK, "")
	form = (&app{world: w}).ask(http.MethodPost, "/paia/auth/login", nil,
		raw("application/x-www-form-urlencoded", "grant_type=password&username="+bo+"&username="+marieke+"&password=Eigen%21wachtwoord1"))
	a.wants(form, http.StatusBadRequest, "invalid_request")
	if log := w.log.String(); strings.Contains(log, "script") || strings.Contains(log, marieke) || strings.Contains(log, "Marieke") || strings.Contains(log, "aanslag") {
		t.Error("what is private is in the log")
	}
}
