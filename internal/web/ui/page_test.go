package ui_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"hoofdpas/internal/web/ui"
)

func document(t *testing.T, name string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, gallery()[name])))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestEveryPageStandsWithoutScriptsAndFitsTheContentPolicy(t *testing.T) {
	t.Parallel()
	for name := range gallery() {
		doc := document(t, name)
		if n := doc.Find("script, style, [style], iframe, object, embed").Length(); n > 0 {
			t.Errorf("%s: %d pieces that the policy forbids", name, n)
		}
		for _, s := range doc.Find("*").EachIter() {
			for _, a := range s.Get(0).Attr {
				if strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: %s has %s", name, goquery.NodeName(s), a.Key)
				}
			}
		}
		for _, s := range doc.Find("link[href], img[src]").EachIter() {
			if href := s.AttrOr("href", s.AttrOr("src", "")); !strings.HasPrefix(href, "/stijl/") {
				t.Errorf("%s: loads %s", name, href)
			}
		}
	}
}

func TestEveryPageHasOneHeadingAndItsParts(t *testing.T) {
	t.Parallel()
	for name := range gallery() {
		doc := document(t, name)
		for selector, want := range map[string]int{"h1": 1, "main": 1, "header": 1, "footer": 1, "title": 1, "html[lang]": 1, `a.skip-link[href="#inhoud"]`: 1} {
			if n := doc.Find(selector).Length(); n != want {
				t.Errorf("%s: %d times %s", name, n, selector)
			}
		}
	}
}

// TestWhatIsNamedIsThere: ids are unique, and what refers to one finds it.
func TestWhatIsNamedIsThere(t *testing.T) {
	t.Parallel()
	for name := range gallery() {
		doc := document(t, name)
		ids := map[string]bool{}
		for _, s := range doc.Find("[id]").EachIter() {
			id := s.AttrOr("id", "")
			if id == "" || ids[id] || strings.ContainsAny(id, " \t") {
				t.Errorf("%s: id %q is empty, spaced or there twice", name, id)
			}
			ids[id] = true
		}
		for _, attribute := range []string{"for", "aria-describedby", "aria-labelledby"} {
			for _, s := range doc.Find("[" + attribute + "]").EachIter() {
				for _, id := range strings.Fields(s.AttrOr(attribute, "")) {
					if !ids[id] {
						t.Errorf("%s: %s refers to %q, which is not there", name, attribute, id)
					}
				}
			}
		}
		for _, s := range doc.Find(`a[href^="#"]`).EachIter() {
			if id := strings.TrimPrefix(s.AttrOr("href", ""), "#"); !ids[id] {
				t.Errorf("%s: a link leads to %q, which is not there", name, id)
			}
		}
		for _, s := range doc.Find("input:not([type=hidden])").EachIter() {
			if doc.Find(`label[for="`+s.AttrOr("id", "")+`"]`).Length() != 1 {
				t.Errorf("%s: field %s has no label", name, s.AttrOr("name", ""))
			}
		}
	}
}

func TestEveryFormPostsWithItsToken(t *testing.T) {
	t.Parallel()
	for name := range gallery() {
		for _, f := range document(t, name).Find("form").EachIter() {
			if f.AttrOr("method", "") != "post" || f.Find(`input[type=hidden][name=csrf_token]`).Length() != 1 {
				t.Errorf("%s: form to %s", name, f.AttrOr("action", ""))
			}
		}
	}
}

func TestAFaultStandsInTheSummaryAndAtItsField(t *testing.T) {
	t.Parallel()
	doc := document(t, "faults")
	summary := doc.Find(".form-errors")
	if summary.AttrOr("role", "") != "alert" || summary.AttrOr("tabindex", "") != "-1" || summary.Find("h2").Text() != "Er is iets niet goed ingevuld" {
		t.Error("the summary does not call for attention")
	}
	if _, ok := summary.Attr("autofocus"); !ok {
		t.Error("the summary does not take the focus")
	}
	field := doc.Find("#" + ui.FieldID("new"))
	if field.AttrOr("aria-invalid", "") != "true" {
		t.Error("the field is not marked")
	}
	var said []string
	for _, id := range strings.Fields(field.AttrOr("aria-describedby", "")) {
		said = append(said, doc.Find("#"+id).Text())
	}
	if all := strings.Join(said, " "); !strings.Contains(all, "Gebruik minstens 8 tekens.") || !strings.Contains(all, "Gebruik minstens 1 cijfer.") {
		t.Errorf("at the field: %q", all)
	}
	if doc.Find(`fieldset[aria-describedby] input[name=day][aria-invalid=true]`).Length() != 1 {
		t.Error("the date is not marked")
	}
}

func TestAPasswordIsNeverSentBack(t *testing.T) {
	t.Parallel()
	doc := document(t, "faults")
	field := doc.Find(`input[type=password]`)
	if field.Length() != 1 || field.AttrOr("value", "") != "" || strings.Contains(render(t, gallery()["faults"]), "geheim") {
		t.Error("the password stands in the page")
	}
}

func TestWhatWasTypedIsText(t *testing.T) {
	t.Parallel()
	doc := document(t, "faults")
	if got := doc.Find(`input[name=number]`).AttrOr("value", ""); got != `<b>"29876"</b>` {
		t.Errorf("the field holds %q", got)
	}
	if doc.Find("main b").Length() > 0 {
		t.Error("typed text became markup")
	}
	bad := render(t, ui.LinkButton("javascript:alert(1)", "x", ui.Primary))
	if strings.Contains(bad, "javascript:") {
		t.Errorf("a link to a script: %s", bad)
	}
}

func TestNamesAreExactlyTheWords(t *testing.T) {
	t.Parallel()
	doc := document(t, "loans")
	for i, want := range []string{"Mijzelf", "Sem de Vries", "Noor van Nieuwenhuijzen-Hoogeveenseveldhuisstermansdorf", "Şükrü Yıldırım"} {
		if got := name(doc.Find(".tabs__link").Eq(i)); got != want {
			t.Errorf("tab %d is called %q, want %q", i, got, want)
		}
	}
	if current := doc.Find(`.tabs__link[aria-current="page"]`); current.Length() != 1 || name(current) != "Sem de Vries" {
		t.Errorf("current: %q", name(current))
	}
	for _, b := range doc.Find(".loan button").EachIter() {
		about := doc.Find("#" + b.AttrOr("aria-describedby", "?"))
		if name(b) != "Verlengen" || about.Length() != 1 {
			t.Errorf("button %q is about %q", name(b), about.Text())
		}
	}
}

// name is the accessible name of a link or a button: its text but for what is
// hidden from screen readers.
func name(s *goquery.Selection) string {
	s = s.Clone()
	s.Find(`[aria-hidden="true"]`).Remove()
	return strings.Join(strings.Fields(s.Text()), " ")
}

func TestAPersonHasTheSameColourEverywhere(t *testing.T) {
	t.Parallel()
	colour := func(c string) string {
		_, after, _ := strings.Cut(c, "initials--")
		return after[:1]
	}
	seen := map[string]bool{}
	for key := int64(1); key <= 10; key++ {
		tab := render(t, ui.Tabs("Van wie", []ui.Tab{{Href: "/", Label: "Mijzelf", Who: &ui.Who{Name: "Mijzelf", Full: "Sem", Key: key}}}))
		person := render(t, ui.Person(ui.Who{Name: "Sem", Key: key}))
		if colour(tab) != colour(person) {
			t.Errorf("%d is %s in a tab and %s elsewhere", key, colour(tab), colour(person))
		}
		seen[colour(tab)] = true
	}
	if len(seen) != 10 {
		t.Errorf("ten people in a row share %d colours", len(seen))
	}
	render(t, ui.Person(ui.Who{Name: "Sem", Key: -3}))
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for who, want := range map[string]string{
		"Sem de Vries": "SV", "Marieke van der Berg-Jansen": "MB", "Şükrü Yıldırım": "ŞY", "Aya": "A", "": "•", "   ": "•",
		"jan jansen": "JJ", "'t Hart, Piet": "HP", "🙂 Emoji": "E", "李 小龍": "李小", "محمد علي": "مع", "Anna B. C. de Wit": "AW", "3D": "3",
	} {
		html := render(t, ui.Initials(ui.Who{Name: who}))
		if !strings.Contains(html, ">"+want+"<") || !strings.Contains(html, `aria-hidden="true"`) {
			t.Errorf("%q: %s, want %s", who, html, want)
		}
	}
}

func TestTheMenuPageHasEveryLinkOnce(t *testing.T) {
	t.Parallel()
	doc := document(t, "menu")
	count := map[string]int{}
	for _, s := range doc.Find("header a, header button, main a, main button").EachIter() {
		count[name(s)]++
	}
	for _, word := range []string{"Mijn bibliotheek", "Mijn menu", "Geleend", "Betalen", "Relaties", "Mijn gegevens", "Uitloggen"} {
		if count[word] != 1 {
			t.Errorf("%s is there %d times", word, count[word])
		}
	}
}
