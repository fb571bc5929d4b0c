package member_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"hoofdpas/internal/account"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/web/webtest"
)

var memberPages = []string{
	"/", "/menu", "/geleend", "/betalen", "/betalingen", "/relaties", "/relaties/logboek", "/mijn-gegevens", "/mijn-gegevens/apps",
}

// rawKey finds a key of the catalogues that was printed instead of its text.
var rawKey = regexp.MustCompile(`\b(member|problem|text|web)\.[a-z0-9_]+\b|<no value>|%!`)

func checkPage(t *testing.T, p *webtest.Page, status int, lang string) {
	t.Helper()
	p.Wants(status)
	where := lang + " " + p.URL.Path
	if got, _ := p.Find("html").Attr("lang"); got != lang {
		t.Errorf("%s: lang is %q", where, got)
	}
	if n := p.Find("h1").Length(); n != 1 {
		t.Errorf("%s: %d headings of the first level", where, n)
	}
	if title := p.Find("title").Text(); !strings.Contains(title, "Bibliotheek De Proef") {
		t.Errorf("%s: title is %q", where, title)
	}
	if found := rawKey.FindString(p.Body); found != "" {
		t.Errorf("%s: %q is no text", where, found)
	}
	if p.Find("script, [style], [onclick]").Length() != 0 {
		t.Errorf("%s: has script or style of its own", where)
	}
	ids := map[string]bool{}
	p.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if ids[id] {
			t.Errorf("%s: id %q stands twice", where, id)
		}
		ids[id] = true
	})
	p.Find("[aria-describedby], [aria-labelledby], label[for]").Each(func(_ int, s *goquery.Selection) {
		for _, a := range []string{"aria-describedby", "aria-labelledby", "for"} {
			v, _ := s.Attr(a)
			for _, id := range strings.Fields(v) {
				if !ids[id] {
					t.Errorf("%s: %s=%q is not on the page", where, a, id)
				}
			}
		}
	})
	p.Find("main input:not([type=hidden]), main select").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if p.Find(`label[for="`+id+`"]`).Length() != 1 {
			html, _ := s.Html()
			t.Errorf("%s: a field without a label: %s %s", where, id, html)
		}
	})
}

func TestEveryPageInBothLanguagesEmptyAndFull(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]*library{"empty": newLibrary(), "full": aHousehold()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine := map[string]string{"full": onPostgres}[name]
			s := open(t, l, engine)
			b := s.enter(t, marieke)
			pages := append([]string{}, memberPages...)
			if name == "full" {
				s.link(marieke, sem, mandate.Renew, mandate.Pay)
				s.link(marieke, willem, mandate.Pay)
				s.enter(t, noor).ask(marieke, "grantee", "renew", "pay")
				s.enter(t, noor).ask(marieke, "grantor", "renew")
				b.ask(fatima, "grantor", "renew", "pay")
				b.ask(fatima, "grantee", "renew")
				b.Get("/relaties").Press("Intrekken")
				paid := b.Get("/betalen").Press("Betalen").Press("Betaald")
				his := b.Get("/betalen").Follow("Sem de Vries").Press("Betalen")
				open := b.Get("/betalen").Follow("Sem de Vries").Follow("Ga verder met betalen")
				_ = his
				s.letIn(t, marieke, "")
				s.letIn(t, marieke, "Boekje <b>", account.AppScopes()...)
				pages = append(pages, "/betalen/samen", paid.URL.Path, open.URL.Path, b.Get("/geleend").Follow("Sem de Vries").URL.RequestURI())
			}
			for _, path := range pages {
				checkPage(t, b.Get(path), http.StatusOK, "nl")
				english := b.Get("/taal/en?naar=" + path)
				if english.URL.RequestURI() != path {
					t.Errorf("the switch leads from %s to %s", path, english.URL)
				}
				checkPage(t, english, http.StatusOK, "en")
				b.Get("/taal/nl?naar=" + path)
			}
			for _, lang := range []string{"nl", "en"} {
				b.Get("/taal/" + lang)
				checkPage(t, b.Get("/bestaat-niet"), http.StatusNotFound, lang)
				checkPage(t, b.Get("/menu").Post("/relaties", nil), http.StatusUnprocessableEntity, lang)
				checkPage(t, b.Get("/menu").Post("/betalen", nil), http.StatusUnprocessableEntity, lang)
				checkPage(t, b.Get("/menu").Post("/mijn-gegevens/gebruikersnaam", map[string][]string{"name": {"x"}}), http.StatusUnprocessableEntity, lang)
				checkPage(t, b.Get("/menu").Post("/mijn-gegevens/wachtwoord", nil), http.StatusUnprocessableEntity, lang)
				checkPage(t, b.Do(http.MethodPost, "/relaties", nil), http.StatusForbidden, lang)
			}
		})
	}
}

func TestLogInPagesInBothLanguages(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	for _, lang := range []string{"nl", "en"} {
		b := s.browser(t)
		b.Get("/taal/" + lang + "?naar=/inloggen")
		checkPage(t, b.Get("/inloggen"), http.StatusOK, lang)
		checkPage(t, b.Get("/inloggen").Post("/inloggen", nil), http.StatusUnprocessableEntity, lang)
		at := b.Get("/inloggen").Post("/inloggen", map[string][]string{"login": {sem.number}, "password": {sem.first()}})
		checkPage(t, at, http.StatusOK, lang)
		checkPage(t, at.Post("/wachtwoord", map[string][]string{"new": {"x"}}), http.StatusUnprocessableEntity, lang)
		checkPage(t, at.Post("/betalen", nil), http.StatusForbidden, lang)
	}
}

func TestNoPageNamesACardNumberInAnAddress(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	s.link(marieke, sem, mandate.Renew, mandate.Pay)
	for _, path := range append([]string{"/betalen/samen"}, memberPages...) {
		b.Get(path).Find("a, form").Each(func(_ int, x *goquery.Selection) {
			for _, attr := range []string{"href", "action"} {
				if v, _ := x.Attr(attr); strings.Contains(v, "2000100") {
					t.Errorf("%s: %s=%q", path, attr, v)
				}
			}
		})
	}
}
