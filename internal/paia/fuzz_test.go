package paia_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// FuzzRequests sends anything to any method: the answer is JSON that openapi.json
// describes, never a fault of ours, and nothing private is in the log.
func FuzzRequests(f *testing.F) {
	w := open(f)
	a := w.enter(marieke, everything...)
	for _, seed := range []string{
		`{}`, `{"doc":[{"item":"https://mijn.example.nl/paia/item/3001","duedate":"2026-12-01"}]}`, `{"grant_type":"password","username":"x","password":"y"}`,
		`{"side":"grantee","patron":"20001000000046","birthdate":"1990-01-01","scopes":["pay"],"months":1}`, `{"choice":["1.250.7"],"amount":"2.50 EUR","key":"k"}`,
		`{"patron":"20001000000012"}`, `patron=20001000000012&grant_type=refresh_token`, "\x00\xff", `{"asked":"1764068400000"}`,
	} {
		for i := range uint8(24) {
			f.Add(i, "20001000000012", "1", []byte(seed), i%2 == 0)
		}
	}
	doc, err := specification()
	must(f, err)
	type target struct{ method, pattern string }
	var targets []target
	for path, item := range doc.Paths.Map() {
		for verb := range item.Operations() {
			targets = append(targets, target{verb, path})
		}
	}
	slices.SortFunc(targets, func(x, y target) int { return strings.Compare(x.pattern+x.method, y.pattern+y.method) })
	f.Fuzz(func(t *testing.T, which uint8, patron, id string, body []byte, isForm bool) {
		w.t = t
		at := targets[int(which)%len(targets)]
		path := strings.NewReplacer("{patron}", escape(patron), "{mandate}", escape(id), "{act}", escape(id), "{payment}", escape(id), "{message}", escape(id)).Replace(at.pattern)
		r, err := http.NewRequestWithContext(t.Context(), at.method, "http://mijn.example.nl"+path, bytes.NewReader(body))
		if err != nil {
			return
		}
		r.RemoteAddr = "192.0.2.9:1"
		r.Header.Set("Authorization", "Bearer "+a.access)
		r.Header.Set("Content-Type", "application/json")
		if isForm {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		if rec.Code >= http.StatusMultipleChoices && rec.Code < http.StatusBadRequest {
			return // an address that is no address of ours
		}
		var out map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil || rec.Code == http.StatusInternalServerError {
			t.Errorf("%s %s %q: %d %s %v", at.method, path, body, rec.Code, rec.Body, err)
		}
		if rec.Code == http.StatusUnauthorized {
			a = w.enter(marieke, everything...) // it had logged out
		}
		a.holds(at.method, r.URL, reply{status: rec.Code, header: rec.Header(), body: out, raw: rec.Body.String()})
	})
}

// escape makes one part of a path of anything.
func escape(text string) string {
	var b strings.Builder
	const hex = "0123456789ABCDEF"
	for _, c := range []byte(text) {
		b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
	}
	if b.Len() == 0 {
		return "-"
	}
	return b.String()
}
