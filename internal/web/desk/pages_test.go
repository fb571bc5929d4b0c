package desk_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hoofdpas/internal/card"
	"hoofdpas/internal/web/webtest"
)

func (l *library) mustCard(number string) card.Card {
	l.t.Helper()
	c, ok, err := l.system.System.Card(l.t.Context(), l.holder(number).Number)
	must(l.t, err)
	if !ok {
		l.t.Fatal("no such card")
	}
	return c
}

func TestEveryPageInBothLanguages(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	b := l.staff("bea")
	b.Get(l.at(marieke)).Press("Contant")
	b.Get("/balie/bon/1/terug").Form("Nu terugbetalen").Set("regel", "1").Set("middel", "pin").Set("reden", "dubbel").Send()
	b.Get("/balie/kas").Form("Vastleggen").Set("richting", "cash_in").Set("bedrag", "5").Set("reden", "wisselgeld").Send()
	b.Get(l.at(tom) + "/wachtwoord").Press("Geef een nieuw wachtwoord")
	full, empty := l.at(marieke), l.at(tom)
	paths := []string{
		"/balie", full, empty, l.at(ans), l.at(oma), l.at(sem), l.at(willem), full + "/wachtwoord", full + "/machtiging", "/balie/bon/1",
		"/balie/vandaag", "/balie/nergens", "/balie/kas", "/balie/kas?kies", "/balie/kas/sluiten", "/balie/kas/1", "/balie/bon/1/terug",
		"/balie/bon/1/terug/1", "/balie/nieuw-nummer",
	}
	for _, lang := range []string{"nl", "en"} {
		b.Get("/balie/taal/" + lang + "?naar=/balie/vandaag").WantsAt("/balie/vandaag")
		for _, path := range paths {
			soundPage(t, b.Get(path), lang)
		}
		search := b.Get("/balie").Form(map[string]string{"nl": "Zoeken", "en": "Search"}[lang])
		for _, typed := range []string{"", "vries", "niemand heet zo", sem, "Fatima"} {
			soundPage(t, search.Set("zoek", typed).Send(), lang)
		}
		for _, button := range map[string][]string{"nl": {"Tel op", "Verder"}, "en": {"Add up", "Continue"}}[lang] {
			closing := b.Get("/balie/kas/sluiten").Form(button)
			soundPage(t, closing.Set("geteld", "veel").Set("stuks-500", "x").Send(), lang)
			soundPage(t, closing.Set("geteld", "1").Set("pin", "1").Send(), lang)
		}
		soundPage(t, b.Get("/balie/kas").Form(map[string]string{"nl": "Vastleggen", "en": "Record"}[lang]).Send(), lang)
		refund := b.Get("/balie/bon/1/terug").Form(map[string]string{"nl": "Nu terugbetalen", "en": "Pay back now"}[lang])
		soundPage(t, refund.Send(), lang)
		link := b.Get(full + "/machtiging").Form(map[string]string{"nl": "Machtiging maken", "en": "Make the mandate"}[lang])
		soundPage(t, link.Send(), lang)
		slip := b.Get(l.at(ans) + "/wachtwoord").Press(map[string]string{"nl": "Geef een nieuw wachtwoord", "en": "Give a new password now"}[lang])
		soundPage(t, slip, lang)
		out := webtest.Open(t, l.site)
		out.Get("/balie/taal/" + lang)
		soundPage(t, out.Get("/balie/inloggen"), lang)
	}
}

// leftover is what a page says when something went wrong in it: a key without
// text, a template's hole, a value that Go printed.
var leftover = regexp.MustCompile(`\b(desk|till|member|web|text|problem)\.[a-z]|\{\{|<no value>|%!|\[hash\]|<nil>|\*\*\*`)

func soundPage(t *testing.T, p *webtest.Page, lang string) {
	t.Helper()
	if got, _ := p.Find("html").Attr("lang"); got != lang {
		t.Errorf("%s is in %q, not %s", p.URL.Path, got, lang)
	}
	if found := leftover.FindString(p.Text()); found != "" {
		t.Errorf("%s (%s): %q on:\n%s", p.URL.Path, lang, found, p.Text())
	}
	if n := p.Find("h1").Length(); n != 1 {
		t.Errorf("%s: %d headings of the first level", p.URL.Path, n)
	}
	if p.Find("title").Text() == "" || p.Find("main").Length() != 1 || p.Status >= 500 {
		t.Errorf("%s: not a whole page, status %d", p.URL.Path, p.Status)
	}
	if n := p.Find("[autofocus]").Length(); n > 1 {
		t.Errorf("%s: the focus in %d places", p.URL.Path, n)
	}
	seen := map[string]bool{}
	for _, s := range p.Find("[id]").EachIter() {
		id, _ := s.Attr("id")
		if seen[id] {
			t.Errorf("%s: id %s twice", p.URL.Path, id)
		}
		seen[id] = true
	}
	for _, s := range p.Find("[aria-describedby], label[for]").EachIter() {
		refs, _ := s.Attr("aria-describedby")
		target, _ := s.Attr("for")
		for _, id := range strings.Fields(refs + " " + target) {
			if !seen[id] {
				t.Errorf("%s: nothing has the id %s", p.URL.Path, id)
			}
		}
	}
	for _, s := range p.Find("main input:not([type=hidden])").EachIter() {
		id, _ := s.Attr("id")
		if p.Find(`label[for="`+id+`"]`).Length() != 1 {
			name, _ := s.Attr("name")
			t.Errorf("%s: field %s has no label", p.URL.Path, name)
		}
	}
	if s := p.Find("script, [style], [onclick]"); s.Length() > 0 {
		t.Errorf("%s: scripts or styles in the page", p.URL.Path)
	}
	for _, f := range p.Find("form").EachIter() {
		if method, _ := f.Attr("method"); method != "post" || f.Find("input[name=csrf_token]").Length() != 1 {
			t.Errorf("%s: a form without a token", p.URL.Path)
		}
	}
}

func TestWhatDoesNotExistIsTheSameForAll(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	b := l.staff("bea")
	want := b.Get("/balie/nergens").Wants(http.StatusNotFound, "Deze bladzijde is er niet", "Naar Pas zoeken")
	for _, path := range []string{
		"/balie/pas/9999", "/balie/pas/0", "/balie/pas/-1", "/balie/pas/x", "/balie/pas/99999999999999999999", "/balie/pas/" + marieke,
		"/balie/pas/9999/wachtwoord", "/balie/pas/9999/machtiging", "/balie/bon/9999", "/balie/bon/x", "/balie/bon/0", "/balie/taal/de",
		"/balie/pas/1/betalen", "/balie/", "/balie/pas", "/balie/../balie/x",
	} {
		got := b.Get(path).Wants(http.StatusNotFound)
		if got.Main() != want.Main() {
			t.Errorf("%s says %q", path, got.Main())
		}
	}
	p := b.Get("/balie")
	for _, path := range []string{"/balie/pas/9999/betalen", "/balie/pas/9999/wachtwoord", "/balie/pas/9999/machtiging", "/balie/bon/1", "/balie/x"} {
		if got := p.Post(path, map[string][]string{"key": {"k"}}).Wants(http.StatusNotFound); got.Main() != want.Main() {
			t.Errorf("POST %s says %q", path, got.Main())
		}
	}
	for _, n := range []string{"", "123", strings.Repeat("1", 33), "a b", "<b>"} {
		p.Post("/balie/pas", map[string][]string{"nummer": {n}}).Wants(http.StatusNotFound)
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
		if got := b.Do(method, "/balie", nil); got.Status != http.StatusNotFound && got.Status != http.StatusForbidden {
			t.Errorf("%s: %d", method, got.Status)
		}
	}
}

func TestStrangeInputIsAnsweredInWords(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	search := b.Get("/balie").Form("Zoeken")
	in := webtest.Open(t, l.site).Get("/balie/inloggen").Form("Inloggen")
	for _, strange := range []string{
		"🙂🙂🙂", "\u202Eseirv", "' OR '1'='1", "'; DROP TABLE cards; --", "<script>alert(1)</script>", "%", "_", "%_%", "\\", "*", "{{.}}",
		strings.Repeat("a", 2000), "Ą̷̛͕̈", "é\u0301", "-1", "1e9", "null",
	} {
		search.Set("zoek", strange).Send().Wants(http.StatusOK).Lacks("<script>alert", "Marieke", "Sem de Vries")
		q := in.Set("login", strange).Set("password", strange).Send()
		if q.Status != http.StatusUnprocessableEntity && q.Status != http.StatusTooManyRequests {
			t.Errorf("log-in with %q: %d", strange, q.Status)
		}
		q.Lacks("<script>alert")
	}
	for _, refused := range []string{"a\x00b", "a\x1bb", "\xff\xfe", strings.Repeat("a", 2001)} {
		search.Set("zoek", refused).Send().Wants(http.StatusUnprocessableEntity)
		in.Set("login", refused).Send().Wants(http.StatusUnprocessableEntity)
		in.Set("password", refused).Send().Wants(http.StatusUnprocessableEntity)
	}
	search.Set("zoek", strings.Repeat("a", 1<<20)).Send().Wants(http.StatusRequestEntityTooLarge, "te groot")
	search.Set("csrf_token", "nee").Send().Wants(http.StatusForbidden)
	in.Set("csrf_token").Set("login", "bea").Set("password", staffPassword).Send().Wants(http.StatusForbidden)
	b.Get("/balie").Wants(http.StatusOK) // and the desk still works
}

func TestNoNumbersNamesOrPasswordsAreLogged(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	b := l.staff("bea")
	b.Get("/balie").Form("Zoeken").Set("zoek", "Marieke").Send()
	b.Get("/balie").Form("Zoeken").Set("zoek", marieke).Send().Press("Contant")
	b.Get(l.at(sem) + "/wachtwoord").Press("Geef een nieuw wachtwoord")
	b.Get(l.at(sem)).Press("Beëindigen")
	at := l.at(marieke)
	l.system.leave(true)
	b.Get("/balie").Form("Zoeken").Set("zoek", "Marieke").Send()
	b.Get(at)
	for _, secret := range []string{marieke, sem, "Marieke", "Gruffalo", staffPassword, "Welkom-", b.Cookie("balie")} {
		if strings.Contains(l.logged.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if !strings.Contains(l.logged.String(), "/balie/pas/{id}") {
		t.Error("the log has no requests: the search above says nothing")
	}
}

func TestOnlyTheReaderOfAPageReadsItsNotices(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	bea, bart := l.staff("bea"), l.staff("bart")
	bea.Get("/balie/taal/en")
	bart.Get(l.at(marieke)).Wants(http.StatusOK, "Openstaande kosten")
	bea.Get(l.at(marieke)).Wants(http.StatusOK, "Open fees")
}

func TestAClosedCardIsAPageThatDoesNotExist(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	at, b := l.at(sem), l.staff("bea")
	form := b.Get(at).Form("Contant")
	password := b.Get(at + "/wachtwoord").Form("Geef een nieuw wachtwoord")
	l.bring(without(cards, sem), without(fees, sem))
	b.Get(at).Wants(http.StatusNotFound).Lacks("Sem")
	form.Send().Wants(http.StatusNotFound)
	password.Send().Wants(http.StatusNotFound)
	// Its mandates count for nothing at once.
	b.Get(l.at(marieke)).WantsLabels(".desk-group__title .person__name", "Marieke de Vries", "Noor de Vries")
	b.Get("/balie").Form("Zoeken").Set("zoek", sem).Send().Wants(http.StatusOK, "Niets gevonden")
}

// without is a file without the rows of a card.
func without(file, number string) string {
	rows := slices.DeleteFunc(strings.Split(file, "\n"), func(row string) bool { return strings.Contains(row, number) })
	return strings.Join(rows, "\n")
}
