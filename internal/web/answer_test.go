package web_test

import (
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hoofdpas/internal/problem"
	"hoofdpas/internal/web"
)

func public(address string) func(*web.Shell) {
	return func(s *web.Shell) {
		u, err := url.Parse(address)
		if err != nil {
			panic(err)
		}
		s.PublicURL = u
	}
}

func TestWhatIsNotThereIsTheSamePageWhateverWasAsked(t *testing.T) {
	t.Parallel()
	s := open(t)
	stay := regexp.MustCompile(`naar=[^"]*`) // where the language switch stays
	strip := func(body string) string { return stay.ReplaceAllString(body, "") }
	_, want := s.ask(http.MethodGet, "/geheim")
	if !strings.Contains(want, "Deze bladzijde is er niet") {
		t.Fatalf("no sentence on %s", want)
	}
	want = strip(want)
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, "/ander"},
		{http.MethodGet, "/geheim/42"},
		{http.MethodGet, "/doen"},
		{http.MethodGet, "/taal/fr"},
		{http.MethodDelete, "/"},
		{http.MethodPut, "/doen"},
		{http.MethodPatch, "/geheim"},
		{http.MethodPost, "/"},
		{http.MethodPost, "/geheim"},
		{"VERZIN", "/binnen"},
	} {
		resp, body := s.ask(c.method, c.path)
		if resp.StatusCode != http.StatusNotFound || strip(body) != want {
			t.Errorf("%s %s: status %d, %s", c.method, c.path, resp.StatusCode, body)
		}
	}
	if resp, body := s.ask(http.MethodGet, "/geheim", english); resp.StatusCode != http.StatusNotFound || !strings.Contains(body, "There is no such page") {
		t.Errorf("in English: %d %s", resp.StatusCode, body)
	}
	if s.times() != 0 {
		t.Error("something was acted upon")
	}
}

func TestWhatGoesWrongBecomesAPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path   string
		status int
		nl, en string
		retry  string
	}{
		{"/paniek", 500, "Er ging bij ons iets mis", "Something went wrong on our side", ""},
		{"/halve", 500, "Er ging bij ons iets mis", "Something went wrong on our side", ""},
		{"/stuk", 500, "Er ging bij ons iets mis", "Something went wrong on our side", ""},
		{"/weg", 503, "Probeer het over een paar minuten opnieuw", "Try again in a few minutes", "10"},
		{"/traag", 503, "Probeer het over een paar minuten opnieuw", "Try again in a few minutes", "10"},
		{"/vaak", 429, "Probeer het over 2 minuten opnieuw", "Try again in 2 minutes", "90"},
	} {
		s := open(t)
		for _, lang := range []struct {
			name, sentence string
			change         []func(*http.Request)
		}{{"nl", c.nl, nil}, {"en", c.en, []func(*http.Request){english}}} {
			resp, body := s.ask(http.MethodGet, c.path, lang.change...)
			if resp.StatusCode != c.status || !strings.Contains(body, lang.sentence) || !strings.Contains(body, `<html lang="`+lang.name+`">`) {
				t.Errorf("%s in %s: status %d, body %s", c.path, lang.name, resp.StatusCode, body)
			}
			if got := resp.Header.Get("Retry-After"); got != c.retry {
				t.Errorf("%s: Retry-After %q, want %q", c.path, got, c.retry)
			}
			for _, secret := range []string{"glas breekt", "halverwege", "de eerste helft", "draad los", "connection refused", "goroutine", "problem."} {
				if strings.Contains(body, secret) {
					t.Errorf("%s tells %q", c.path, secret)
				}
			}
			if n := strings.Count(body, "<h1>"); n != 1 {
				t.Errorf("%s has %d headings", c.path, n)
			}
		}
		if c.status == 500 && !strings.Contains(s.log.String(), "a page failed") {
			t.Errorf("%s: the operator is not told: %s", c.path, s.log)
		}
	}
}

func TestAnErrorPageHasTheNumberOfItsLinesInTheLog(t *testing.T) {
	t.Parallel()
	s := open(t)
	numbers := map[string]bool{}
	for _, path := range []string{"/stuk", "/weg", "/stuk"} {
		resp, body := s.ask(http.MethodGet, path)
		number := resp.Header.Get("X-Request-Id")
		numbers[number] = true
		if number == "" || !strings.Contains(body, "Vertel de bibliotheek dan dit nummer: "+number+".") {
			t.Errorf("%s: number %q on %s", path, number, body)
		}
		if n := strings.Count(s.log.String(), "request="+number); n != 2 { // what broke, and the request itself
			t.Errorf("%s: %d lines have the number: %s", path, n, s.log)
		}
	}
	if len(numbers) != 3 {
		t.Errorf("the numbers are %v", numbers)
	}
	if resp, body := s.ask(http.MethodGet, "/geheim"); strings.Contains(body, resp.Header.Get("X-Request-Id")) {
		t.Error("a mistyped address is nothing to tell the library")
	}
}

func TestTheSameSentenceIsSaidOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	p := b.Get("/").Post("/klopt-niet", nil)
	p.Wants(http.StatusConflict)
	if n := len(p.Labels("main p.lead")); n != 1 {
		t.Errorf("said %d times", n)
	}
}

func TestAStoreThatIsAwayIsAPageThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	form := b.Get("/").Form("Doen")
	b.Get("/bewaar") // there is a session now
	gone := errors.New("dial unix /run/db.sock: no such file")
	const notDone, unsure = "laad deze bladzijde over een minuut opnieuw", "We weten niet of het gelukt is"
	for name, c := range map[string]struct {
		finds, commits error
		nl, not, en    string
	}{
		"reading":                  {gone, nil, notDone, unsure, "reload this page in a minute"},
		"writing":                  {nil, gone, unsure, notDone, "We do not know whether it worked"}, // the form has done its work
		"both":                     {gone, gone, notDone, unsure, "reload this page in a minute"},
		"it says itself what ails": {problem.Away(web.ReasonAway, "find", gone), nil, notDone, unsure, "reload this page in a minute"},
	} {
		s.store.takeAway(c.finds, c.commits)
		before := s.times()
		p := form.Send()
		p.Wants(http.StatusServiceUnavailable, "Even geduld", c.nl)
		p.Lacks("db.sock", "Gedaan voor", c.not)
		if p.Header.Get("Location") != "" || p.Header.Get("Refresh") != "" {
			t.Errorf("%s: leads on to %s, %s", name, p.Header.Get("Location"), p.Header.Get("Refresh"))
		}
		if done := s.times() > before; done != (c.nl == unsure) {
			t.Errorf("%s: done is %t", name, done)
		}
		b.SetCookie("taal", "en")
		form.Send().Wants(http.StatusServiceUnavailable, "Just a moment", c.en)
		b.SetCookie("taal", "nl")
	}
	if !strings.Contains(s.log.String(), "a part is away") || !strings.Contains(s.log.String(), "db.sock") {
		t.Errorf("the operator is not told why: %s", s.log)
	}
	s.store.takeAway(nil, nil)
	form.Send().Wants(http.StatusOK, "Gedaan voor Sem.")
}

// Who only looks need do nothing: the page comes by itself.
func TestAPageThatIsAwayComesByItself(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.store.takeAway(errors.New("gone"), nil)
	b := s.browser()
	b.SetCookie("sessie", "iets")
	p := b.Get("/leeg?x=1")
	p.Wants(http.StatusServiceUnavailable, "Even geduld", "Probeer opnieuw")
	if p.Header.Get("Refresh") != "10" || p.Header.Get("Retry-After") != "10" {
		t.Errorf("it comes again after %q, %q", p.Header.Get("Refresh"), p.Header.Get("Retry-After"))
	}
	s.store.takeAway(nil, nil)
	p.Follow("Probeer opnieuw").Wants(http.StatusOK, "Er is niets.")
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := open(t, public("https://mijn.example.nl"))
	for _, path := range []string{"/", "/geheim", "/paniek", "/weg", "/binnen", "//x", "/taal/en"} {
		resp, _ := s.ask(http.MethodGet, path)
		for name, want := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'",
			"Cache-Control":                "no-store",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Strict-Transport-Security":    "max-age=31536000",
		} {
			if !strings.Contains(resp.Header.Get(name), want) {
				t.Errorf("%s: %s is %q", path, name, resp.Header.Get(name))
			}
		}
		if csp := resp.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") ||
			!strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "base-uri 'none'") || !strings.Contains(csp, "form-action 'self'") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
	if resp, _ := open(t).ask(http.MethodGet, "/"); resp.Header.Get("Strict-Transport-Security") != "" {
		t.Error("over http there is nothing to be strict about")
	}
}

func TestCookiesAreForThisSiteOverHTTPSAndNoScript(t *testing.T) {
	t.Parallel()
	s := open(t, public("https://mijn.example.nl"))
	seen := map[string]bool{}
	for _, path := range []string{"/", "/bewaar", "/taal/en"} {
		resp, _ := s.ask(http.MethodGet, path)
		for _, c := range resp.cookies {
			seen[c.Name] = true
			if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("%s: %v", path, c)
			}
			if c.Name != "__Host-taal" && (c.MaxAge != 0 || !c.Expires.IsZero()) {
				t.Errorf("%s outlives the browser: %v", c.Name, c)
			}
		}
	}
	for _, name := range []string{"__Host-sessie", "__Host-formulier", "__Host-taal"} {
		if !seen[name] {
			t.Errorf("no cookie %s among %v", name, seen)
		}
	}
}

func TestTheLogLineHasTheRouteAndNothingPrivate(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.ask(http.MethodGet, "/taal/en?naar=/20037123456789")
	s.ask(http.MethodGet, "/20037123456789")
	log := s.log.String()
	if strings.Contains(log, "20037123456789") {
		t.Errorf("the log tells a number: %s", log)
	}
	if !strings.Contains(log, "route=/taal/{taal}") || !strings.Contains(log, "status=303") || !strings.Contains(log, "status=404") {
		t.Errorf("log: %s", log)
	}
}

func TestAHeadRequestIsAnsweredWithoutAPage(t *testing.T) {
	t.Parallel()
	resp, body := open(t).ask(http.MethodHead, "/")
	if resp.StatusCode != http.StatusOK || body != "" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%d %q %v", resp.StatusCode, body, resp.Header)
	}
}

func TestPagesAreCompressedByALengthThatTellsNothing(t *testing.T) {
	t.Parallel()
	resp, body := open(t).ask(http.MethodGet, "/", func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
	if resp.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("not compressed: %v", resp.Header)
	}
	r, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Comment)+len(r.Extra) == 0 {
		t.Error("nothing hides by how much the page was compressed")
	}
}

func TestAReaderWhoHangsUpIsNobodysFault(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	for _, path := range []string{"/", "/weg", "/stuk"} {
		s.shell.Routes(s.routes()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil))
	}
	if said := s.log.String(); strings.Contains(said, "level=ERROR") || !strings.Contains(said, "a part is away") {
		t.Errorf("the operator is told:\n%s", said)
	}
}
