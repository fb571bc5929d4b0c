package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"hoofdpas/internal/web"
)

func TestTheLanguageSwitchStaysAtTheAddress(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	nl := b.Get("/leeg?pas=3&x=a%20b")
	en := nl.Follow("English")
	if en.URL.RequestURI() != "/leeg?pas=3&x=a%20b" {
		t.Errorf("at %s", en.URL)
	}
	if lang := en.Find("html").AttrOr("lang", ""); lang != "en" || en.Header.Get("Content-Language") != "en" {
		t.Errorf("language %q", lang)
	}
	link := en.Find(`a[hreflang="nl"]`)
	if link.Length() != 1 || link.AttrOr("lang", "") != "nl" || link.Text() != "Nederlands" {
		t.Errorf("the way back is %q", link.Text())
	}
	b.Get("/geheim/9").Wants(http.StatusNotFound, "There is no such page").Follow("Nederlands").WantsAt("/geheim/9").Wants(http.StatusNotFound)
}

func TestTheLanguageSwitchAfterAFormLeadsToAPage(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.Get("/").Post("/klopt-niet", nil).Wants(http.StatusConflict).Follow("English").WantsAt("/").Wants(http.StatusOK)
	b.Get("/inloggen").Form("Inloggen").Set("naam", "\x00").Send().Wants(http.StatusUnprocessableEntity).
		Follow("Nederlands").WantsAt("/inloggen").Wants(http.StatusOK)
}

func TestTheLanguageSwitchLeadsToNoOtherSite(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, address := range []string{
		"https://boos.example", "//boos.example", "/\\boos.example", "\\\\boos.example", "boos.example", "javascript:alert(1)",
		"/\tboos", "/\r\nSet-Cookie: a=b", "https:boos", "/%09/boos\n", "", "http:/boos.example", "//user@boos",
	} {
		resp, _ := s.ask(http.MethodGet, "/taal/en?naar="+url.QueryEscape(address))
		if got := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || got != "/" {
			t.Errorf("%q leads to %q", address, got)
		}
	}
	if got := web.Local("/geleend?pas=3", "/"); got != "/geleend?pas=3" {
		t.Errorf("our own page became %q", got)
	}
}

func TestAnUnknownLanguageIsDutch(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.SetCookie("taal", "xx")
	if lang := b.Get("/").Find("html").AttrOr("lang", ""); lang != "nl" {
		t.Errorf("language %q", lang)
	}
}
