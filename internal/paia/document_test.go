package paia_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/paia"
)

// The inventory of what there is (OWASP API9): nothing that is not described, nothing
// described that is not there.
func TestEveryMethodIsDescribedAndNothingElse(t *testing.T) {
	t.Parallel()
	doc, err := specification()
	must(t, err)
	if err := doc.Validate(t.Context()); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Errorf("OpenAPI %s: %v", doc.OpenAPI, err)
	}
	described := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for verb, o := range item.Operations() {
			described[verb+" "+path] = scopesOf(t, o)
		}
	}
	if diff := cmp.Diff(paia.Methods(), described); diff != "" {
		t.Errorf("what is there (-) and what is described (+):\n%s", diff)
	}
}

// scopesOf are the scopes that a method is described with.
func scopesOf(t *testing.T, o *openapi3.Operation) string {
	t.Helper()
	raw, err := json.Marshal(o.Extensions["x-scopes"])
	must(t, err)
	var names []string
	must(t, json.Unmarshal(raw, &names))
	return strings.Join(names, " ")
}

func TestTheDescriptionIsReadByPeopleAndPrograms(t *testing.T) {
	t.Parallel()
	w := open(t)
	get := func(path string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if rec.Code != http.StatusOK || rec.Header().Get("X-Content-Type-Options") != "nosniff" ||
			strings.Contains(rec.Header().Get("Content-Security-Policy"), "script-src") {
			t.Errorf("%s: %d %v", path, rec.Code, rec.Header())
		}
		return rec
	}
	var document openapi3.T
	if err := json.Unmarshal(get("/api/openapi.json").Body.Bytes(), &document); err != nil {
		t.Error(err)
	}
	page, err := goquery.NewDocumentFromReader(get("/api/").Body)
	must(t, err)
	var shown []string
	page.Find("h3").Each(func(_ int, s *goquery.Selection) { shown = append(shown, s.Text()) })
	if len(shown) != len(paia.Methods()) {
		t.Errorf("%d methods on the page: %v", len(shown), shown)
	}
	for _, h := range shown {
		if _, there := paia.Methods()[h]; !there {
			t.Errorf("%s is no method", h)
		}
	}
	if page.Find("html[lang]").Length() != 1 || page.Find("title").Text() == "" || page.Find("h1").Length() != 1 ||
		page.Find("main").Length() != 1 || page.Find("script, link, img, iframe").Length() > 0 {
		t.Error("the page cannot be read aloud, or asks others for something")
	}
	var fields []string
	page.Find("#post-paia-core-patron-renew").NextUntil("h3").Find("th[scope=row]").Each(func(_ int, s *goquery.Selection) {
		fields = append(fields, s.Text())
	})
	if said := strings.Join(fields, " "); !strings.HasPrefix(said, "doc doc.duedate doc.edition doc.item doc doc.status doc.about ") {
		t.Errorf("renewing sends and answers %s", said)
	}
	if at, _ := page.Find("main a").Attr("href"); at != "openapi.json" {
		t.Errorf("it leads to %q", at)
	}
}
