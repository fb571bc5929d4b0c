package ui_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"hoofdpas/internal/web/ui"
)

func fetch(t *testing.T, method, path, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	req.Header.Set("Accept-Encoding", encoding)
	rec := httptest.NewRecorder()
	ui.Assets().ServeHTTP(rec, req)
	return rec
}

// stylePath is the style sheet's address as a page has it.
func stylePath(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`href="(/stijl/[0-9a-f]+/hoofdpas.css)"`).FindStringSubmatch(render(t, gallery()["login"]))
	if found == nil {
		t.Fatal("the page has no style sheet")
	}
	return found[1]
}

func TestStaticFilesAreKeptForGood(t *testing.T) {
	t.Parallel()
	style := stylePath(t)
	for path, kind := range map[string]string{
		style: "text/css; charset=utf-8",
		strings.Replace(style, "hoofdpas.css", "body.woff2", 1):           "font/woff2",
		strings.Replace(style, "hoofdpas.css", "icon.svg", 1):             "image/svg+xml",
		strings.Replace(style, "hoofdpas.css", "literata-license.txt", 1): "text/plain; charset=utf-8",
	} {
		resp := fetch(t, http.MethodGet, path, "")
		if resp.Code != http.StatusOK || resp.Header().Get("Content-Type") != kind || len(resp.Body.Bytes()) == 0 {
			t.Errorf("%s: %d %v", path, resp.Code, resp.Header())
		}
		if !strings.Contains(resp.Header().Get("Cache-Control"), "immutable") || resp.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, resp.Header())
		}
	}
	old := fetch(t, http.MethodGet, "/stijl/0123456789ab/hoofdpas.css", "")
	if old.Code != http.StatusOK || old.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("another edition: %d %v", old.Code, old.Header())
	}
	for _, path := range []string{"/stijl/", "/stijl/x", "/stijl/x/y", "/stijl/x/../../etc/passwd", "/stijl/x/hoofdpas.css/"} {
		if resp := fetch(t, http.MethodGet, path, ""); resp.Code == http.StatusOK {
			t.Errorf("%s is served", path)
		}
	}
	if head := fetch(t, http.MethodHead, style, ""); head.Code != http.StatusOK || len(head.Body.Bytes()) != 0 {
		t.Error("HEAD has a body")
	}
}

func TestTheStyleSheetIsCompressedForWhoCanReadIt(t *testing.T) {
	t.Parallel()
	style := stylePath(t)
	plain, zipped := fetch(t, http.MethodGet, style, "identity"), fetch(t, http.MethodGet, style, "br, gzip")
	want := plain.Body.Bytes()
	if plain.Header().Get("Content-Encoding") != "" || zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("%v %v", plain.Header(), zipped.Header())
	}
	r, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("compressed differs: %v", err)
	}
}

// TestEveryFileThatTheStyleSheetAsksForIsThere and nothing from elsewhere.
func TestEveryFileThatTheStyleSheetAsksForIsThere(t *testing.T) {
	t.Parallel()
	style := stylePath(t)
	css := fetch(t, http.MethodGet, style, "").Body.String()
	found := regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(css, -1)
	if len(found) < 4 {
		t.Fatalf("only %d files", len(found))
	}
	for _, m := range found {
		file := strings.Trim(m[1], `"'`)
		if resp := fetch(t, http.MethodGet, strings.Replace(style, "hoofdpas.css", strings.TrimPrefix(file, "./"), 1), ""); resp.Code != http.StatusOK {
			t.Errorf("%s is not there", file)
		}
	}
	if strings.Contains(css, "http:") || strings.Contains(css, "https:") || strings.Contains(css, "//") {
		t.Error("the style sheet asks another host for something")
	}
}

// TestTheFirstPageIsLight: style sheet, icon, both fonts and the largest page
// of the gallery, as they go over the wire.
func TestTheFirstPageIsLight(t *testing.T) {
	t.Parallel()
	style := stylePath(t)
	total := 0
	for _, name := range []string{"hoofdpas.css", "icon.svg", "body.woff2", "heading.woff2", "body-ext.woff2", "heading-ext.woff2"} {
		total += len(fetch(t, http.MethodGet, strings.Replace(style, "hoofdpas.css", name, 1), "gzip").Body.Bytes())
	}
	largest := 0
	for name := range gallery() {
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		_, _ = io.WriteString(w, render(t, gallery()[name]))
		_ = w.Close()
		largest = max(largest, zipped.Len())
	}
	t.Logf("first page %d bytes, next %d", total+largest, largest)
	if total+largest > 100<<10 {
		t.Errorf("the first page weighs %d bytes", total+largest)
	}
	if largest > 15<<10 {
		t.Errorf("a next page weighs %d bytes", largest)
	}
}

func TestALibrarysOwnStyleComesAfterOurs(t *testing.T) {
	t.Parallel()
	css := []byte(":root { --hoofdpas-accent: #7a1f5c; }")
	href := ui.HouseStyleHref(css)
	if href == ui.HouseStyleHref([]byte("other")) || ui.HouseStyleHref(nil) != "" {
		t.Fatalf("address %q", href)
	}
	f := frame("Betalen")
	f.HouseStyle = href
	page := render(t, ui.Document(f, ui.Text("")))
	ours, theirs := strings.Index(page, "/hoofdpas.css"), strings.Index(page, href)
	if ours < 0 || theirs < ours {
		t.Errorf("ours at %d, theirs at %d", ours, theirs)
	}
	rec := httptest.NewRecorder()
	ui.HouseStyle(css).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, href, nil))
	if rec.Body.String() != string(css) || rec.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%v %s", rec.Header(), rec.Body)
	}
}
