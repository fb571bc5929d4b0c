package member_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/web/webtest"
)

// nasty is what people and machines type that no form is made for.
var nasty = map[string]string{
	"empty":         "",
	"spaces":        "   ",
	"long":          strings.Repeat("a", 1900),
	"too long":      strings.Repeat("é", 5000),
	"megabyte":      strings.Repeat("x", 1<<20),
	"controls":      "a\x00b\x07c\x1b[31m",
	"line breaks":   "a\r\nSet-Cookie: x=1",
	"not utf-8":     "\xff\xfe\xc3",
	"emoji":         "👨‍👩‍👧‍👦🎉",
	"right to left": "שלום \u202eמרים\u202c",
	"sql":           `'; DROP TABLE cards; --`,
	"html":          `"><script>alert(1)</script><img src=x onerror=alert(1)>`,
	"template":      `{{.}} ${7*7} %s %d %n`,
	"number":        "999999999999999999999999",
	"negative":      "-1",
}

// aForm is one form of the site with every field filled in well.
type aForm struct {
	path   string
	signed bool
	fields url.Values
}

func forms(s *site, b *browser) []aForm {
	loans, fees := b.Get("/geleend").Form("Verlengen"), b.Get("/betalen").Form("Betalen")
	relations := b.Get("/relaties").Form("Aanvragen")
	return []aForm{
		{"/inloggen", false, url.Values{"login": {marieke.number}, "password": {own}, "naar": {"/"}}},
		{"/geleend/verlengen", true, loans.Fields},
		{"/geleend/alles-verlengen", true, url.Values{"pas": {""}}},
		{"/betalen", true, fees.Fields},
		{"/relaties", true, relations.Set("number", sem.number).Set("day", "2").Set("month", "6").Set("year", "2014").
			Set("scope", "renew").Fields},
		{"/mijn-gegevens/gebruikersnaam", true, url.Values{"name": {"Marieke.V"}}},
		{"/mijn-gegevens/wachtwoord", true, url.Values{"current": {own}, "new": {"Heel-Anders2!"}, "again": {"Heel-Anders2!"}}},
	}
}

func TestNothingThatIsTypedBreaksAForm(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	for _, f := range forms(s, b) {
		for field := range f.fields {
			if field == "csrf_token" {
				continue
			}
			for name, value := range nasty {
				who := b
				if !f.signed {
					who = s.browser(t)
				}
				fields := url.Values{}
				for k, v := range f.fields {
					fields[k] = v
				}
				fields.Set(field, value)
				fields.Del("csrf_token")
				from := who.Get("/inloggen")
				if f.signed {
					from = who.Get("/menu")
				}
				at := from.Post(f.path, fields)
				checkBad(t, fmt.Sprintf("%s with %s in %s", f.path, name, field), at)
			}
		}
	}
	// Nothing was renewed, paid, asked or lost, but for what is harmless: all
	// forms hold their own well-typed fields too.
	if at := b.Get("/"); at.URL.Path != "/" && at.URL.Path != "/inloggen" {
		t.Errorf("the site is broken: %s", at.Text())
	}
}

// checkBad checks that an answer is a page with a clear message, or that the
// form was good enough after all.
func checkBad(t *testing.T, what string, at *webtest.Page) {
	t.Helper()
	switch at.Status {
	case http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusNotFound, http.StatusConflict,
		http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
	default:
		t.Errorf("%s: status %d", what, at.Status)
	}
	if at.Find("h1").Length() != 1 || !utf8.ValidString(at.Body) || len(at.Main()) < 20 {
		t.Errorf("%s: no page: %.300q", what, at.Body)
	}
	if at.Status != http.StatusOK && at.Find(".form-errors li, .lead, .notice__text").Length() == 0 {
		t.Errorf("%s: no message: %s", what, at.Text())
	}
	if at.Find("main script, main img").Length() != 0 {
		t.Errorf("%s: what was typed became a part of the page", what)
	}
	if at.Header.Get("Set-Cookie") == "x=1" {
		t.Errorf("%s: what was typed became a header", what)
	}
}

func TestAFormWithoutItsTokenChangesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	s.link(marieke, sem, mandate.Renew)
	all := forms(s, b)
	all = append(all, aForm{"/uitloggen", true, nil}, aForm{"/mijn-gegevens/overal-uitloggen", true, nil},
		aForm{"/betaling/1/stoppen", true, nil}, aForm{"/relaties/1/beeindigen", true, nil})
	stranger := s.browser(t).Get("/inloggen").Token()
	for _, f := range all {
		for name, token := range map[string]string{"none": "", "made up": "abc", "somebody else's": stranger} {
			fields := url.Values{}
			for k, v := range f.fields {
				fields[k] = v
			}
			fields.Set("csrf_token", token)
			b.Do(http.MethodPost, f.path, fields).Wants(http.StatusForbidden, "Er is niets veranderd")
			_ = name
		}
	}
	b.Get("/").Wants(http.StatusOK, "over 9 dagen")
	b.Get("/mijn-gegevens").Lacks("Marieke.V")
	b.Get("/relaties").Wants(http.StatusOK, "Geldt nu")
	b.Get("/betalingen").Wants(http.StatusOK, "nog niets betaald")
}

func TestAFormFromAnotherSiteChangesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	fields := url.Values{"csrf_token": {b.Get("/menu").Token()}, "pas": {""}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/geleend/alles-verlengen", strings.NewReader(fields.Encode()))
	must(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	req.Header.Set("Origin", "https://example.org")
	for _, cookie := range []string{"leden", "formulier"} {
		req.AddCookie(&http.Cookie{Name: cookie, Value: b.Cookie(cookie)})
	}
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", resp.StatusCode)
	}
	b.Get("/").Wants(http.StatusOK, "over 9 dagen")
}
