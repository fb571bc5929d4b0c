package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAForgedFormDoesNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	token := b.Get("/").Token()
	if token == "" {
		t.Fatal("the page has no token")
	}
	cookie := b.Cookie("formulier")
	withCookie := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "formulier", Value: cookie}) }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	right := fields(url.Values{"csrf_token": {token}, "naam": {"Sem"}})
	for name, change := range map[string][]func(*http.Request){
		"no token":                         {withCookie, fields(url.Values{"naam": {"Sem"}})},
		"empty token":                      {withCookie, fields(url.Values{"csrf_token": {""}})},
		"wrong token":                      {withCookie, fields(url.Values{"csrf_token": {strings.Repeat("A", len(token))}})},
		"token without cookie":             {right},
		"empty cookie":                     {func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "formulier", Value: ""}) }, fields(url.Values{"csrf_token": {""}})},
		"token in the address":             {withCookie, func(r *http.Request) { r.URL.RawQuery = url.Values{"csrf_token": {token}}.Encode() }},
		"another site says the browser":    {withCookie, right, header("Sec-Fetch-Site", "cross-site")},
		"a neighbouring host says so":      {withCookie, right, header("Sec-Fetch-Site", "same-site")},
		"another origin in an old browser": {withCookie, right, header("Origin", "https://boos.example")},
		"an origin that hides itself":      {withCookie, right, header("Origin", "null")},
	} {
		resp, body := s.ask(http.MethodPost, "/doen", change...)
		if resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "Er is niets veranderd.") {
			t.Errorf("%s: status %d, body %s", name, resp.StatusCode, body)
		}
		resp, body = s.ask(http.MethodPost, "/doen", append(change, english)...)
		if resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "Nothing has changed.") || !strings.Contains(body, `lang="en"`) {
			t.Errorf("%s, in English: status %d, body %s", name, resp.StatusCode, body)
		}
	}
	if n := s.times(); n != 0 {
		t.Errorf("the form was acted upon %d times", n)
	}
	if resp, _ := s.ask(http.MethodPost, "/doen", withCookie, right, header("Sec-Fetch-Site", "same-origin")); resp.StatusCode != http.StatusSeeOther || s.times() != 1 {
		t.Errorf("our own form: status %d, acted upon %d times", resp.StatusCode, s.times())
	}
}

func TestAFormBehindAProxyWithAnotherHostIsOurs(t *testing.T) {
	t.Parallel()
	s := open(t, public("http://mijn.example.nl"))
	b := s.browser()
	token := b.Get("/").Token()
	resp, _ := s.ask(http.MethodPost, "/doen", fields(url.Values{"csrf_token": {token}}), func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "formulier", Value: b.Cookie("formulier")})
		r.Header.Set("Origin", "http://mijn.example.nl")
	})
	if resp.StatusCode != http.StatusSeeOther {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestTheTokenLooksDifferentOnEveryPage(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	first, second := b.Get("/"), b.Get("/")
	if first.Token() == second.Token() {
		t.Error("the same token twice: compressing it tells about it")
	}
	first.Press("Doen").Wants(http.StatusOK, "Gedaan voor Sem.")
}

func TestWhatNoFormSendsIsRefusedInWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value  string
		status int
		nl, en string
	}{
		"a megabyte":          {strings.Repeat("x", 1<<20), http.StatusRequestEntityTooLarge, "Dit formulier is te groot", "This form is too large"},
		"a long field":        {strings.Repeat("é", 2001), http.StatusUnprocessableEntity, "Dit is te lang", "This is too long"},
		"a control character": {"Se\x00m", http.StatusUnprocessableEntity, "Hier staat een teken in dat niet kan", "This holds a character"},
		"an escape":           {"\x1b[31mSem", http.StatusUnprocessableEntity, "Hier staat een teken in dat niet kan", "This holds a character"},
		"invalid UTF-8":       {"S\xffm", http.StatusUnprocessableEntity, "Hier staat een teken in dat niet kan", "This holds a character"},
	} {
		s := open(t)
		b := s.browser()
		f := b.Get("/").Form("Doen").Set("naam", c.value)
		f.Send().Wants(c.status, c.nl)
		b.SetCookie("taal", "en")
		f.Send().Wants(c.status, c.en)
		if s.times() != 0 {
			t.Errorf("%s: acted upon", name)
		}
	}
}

func TestWhatPeopleTypeIsShownAsTyped(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"Zoë 🙂", "محمد", "\u202eSem", "<script>alert(1)</script>", "'; DROP TABLE cards; --", "{{.}}", "& < > \" '",
	} {
		p := open(t).browser().Get("/").Form("Doen").Set("naam", typed).Send()
		p.Wants(http.StatusOK, "Gedaan voor "+typed+".")
		if p.Find("script").Length() > 0 {
			t.Errorf("%q became markup", typed)
		}
	}
}

func TestABrokenFormIsRefusedInWords(t *testing.T) {
	t.Parallel()
	s := open(t)
	resp, body := s.ask(http.MethodPost, "/doen", fields(nil), func(r *http.Request) {
		r.Body = http.NoBody
		r.URL.RawQuery = "a=%zz"
	})
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "We konden dit formulier niet lezen") {
		t.Errorf("status %d, body %s", resp.StatusCode, body)
	}
}
