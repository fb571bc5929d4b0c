package member_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/web/webtest"
)

func TestFirstLogInLeadsToAnOwnPasswordAndNothingElseOpens(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.browser(t)
	first := b.Get("/").Wants(http.StatusOK, "Inloggen", "Is dit je eerste keer?")
	if first.URL.Path != "/inloggen" {
		t.Fatalf("not at the log-in page but at %s", first.URL.Path)
	}
	choose := b.signIn(marieke.number, marieke.first()).Wants(http.StatusOK, "minstens 8 tekens", "hoofdletter", "kleine letter", "cijfer")
	choose.WantsLabels("h1", "Wachtwoord instellen")
	for _, elsewhere := range []string{
		"/", "/menu", "/geleend", "/betalen", "/betalen/samen", "/betalingen", "/betaling/1",
		"/relaties", "/relaties/logboek", "/mijn-gegevens",
	} {
		b.Get(elsewhere).WantsLabels("h1", "Wachtwoord instellen").Lacks("De brief", "Het diner")
	}
	for _, form := range []string{
		"/geleend/verlengen", "/geleend/alles-verlengen", "/betalen", "/betaling/1/stoppen", "/relaties",
		"/relaties/1/bevestigen", "/mijn-gegevens/gebruikersnaam", "/mijn-gegevens/wachtwoord", "/mijn-gegevens/overal-uitloggen",
	} {
		choose.Post(form, nil).Wants(http.StatusForbidden, "Kies eerst een eigen wachtwoord")
	}
	home := choose.Form("Instellen").Set("new", own).Set("again", own).Send()
	home.Wants(http.StatusOK, "Je nieuwe wachtwoord is ingesteld", "Het diner")
	if again := b.Get("/wachtwoord"); again.URL.Path != "/mijn-gegevens" {
		t.Errorf("who has a password chooses again at %s", again.URL.Path)
	}
}

func TestEveryUnmetPartOfThePasswordIsNamed(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	b := s.browser(t)
	choose := b.signIn(marieke.number, marieke.first())
	for _, c := range []struct {
		typed, again string
		wants        []string
	}{
		{"", "", []string{"minstens 8 tekens"}},
		{"__", "__", []string{"minstens 8 tekens", "1 hoofdletter", "1 kleine letter", "1 cijfer", "deze tekens"}},
		{"zonderhoofdletter1!", "zonderhoofdletter1!", []string{"1 hoofdletter"}},
		{own, own + "x", []string{"niet gelijk"}},
		{marieke.first() + "!a", "", []string{"niet gelijk"}},
	} {
		again := choose.Form("Instellen").Set("new", c.typed).Set("again", c.again).Send().Wants(http.StatusUnprocessableEntity)
		summary := strings.Join(again.Labels(".form-errors li"), " ")
		for _, w := range c.wants {
			if !strings.Contains(summary, w) {
				t.Errorf("%q: the summary lacks %q: %s", c.typed, w, summary)
			}
		}
		if len(c.typed) > 2 {
			again.Lacks(c.typed)
		}
	}
	if n := len(choose.Form("Instellen").Set("new", "zonderhoofdletter1!").Set("again", "zonderhoofdletter1!").Send().Labels(".form-errors li")); n != 1 {
		t.Errorf("%d sentences about one unmet part", n)
	}
}

func TestLogInByNumberOrUserNameHoweverItIsCased(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	b := s.enter(t, marieke)
	b.Get("/mijn-gegevens").Form("Opslaan").Set("name", "Marieke.V").Send().Wants(http.StatusOK, "opgeslagen")
	for _, login := range []string{"marieke.v", "MARIEKE.V", marieke.number, "2000 1000 0000 12"} {
		if at := s.browser(t).signIn(login, own); at.URL.Path != "/" {
			t.Errorf("%q does not log in: %s", login, at.Main())
		}
	}
}

func TestAWrongNumberAnswersLikeAWrongPassword(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	wrong := s.browser(t).signIn(marieke.number, "Verkeerd1!").Wants(http.StatusUnprocessableEntity)
	nobody := s.browser(t).signIn("20001000000999", "Verkeerd1!").Wants(http.StatusUnprocessableEntity)
	name := s.browser(t).signIn("niemand", "Verkeerd1!").Wants(http.StatusUnprocessableEntity)
	for _, other := range []*webtest.Page{nobody, name} {
		if got, want := strings.Join(other.Labels(".form-errors li"), " "), strings.Join(wrong.Labels(".form-errors li"), " "); got != want || want == "" {
			t.Errorf("%q is not %q", got, want)
		}
	}
	if v, _ := wrong.Find(`input[name="login"]`).Attr("value"); v != marieke.number {
		t.Errorf("what was typed is lost: %q", v)
	}
	wrong.Lacks("Verkeerd1!")
	wrong.Form("Inloggen").Set("login", "").Set("password", "").Send().
		Wants(http.StatusUnprocessableEntity, "Vul je lenersnummer of gebruikersnaam in", "Vul je wachtwoord in")
}

func TestWrongLogInsAreSlowedDown(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	b := s.browser(t)
	at := b.Get("/inloggen")
	for range 30 {
		if at = b.signIn(marieke.number, "Verkeerd1!"); at.Status == http.StatusTooManyRequests {
			break
		}
	}
	at.Wants(http.StatusTooManyRequests, "Te veel pogingen")
	s.clock.Pass(time.Hour)
	b.signIn(marieke.number, marieke.first()).WantsLabels("h1", "Wachtwoord instellen")
}

func TestLogInLeadsWhereTheReaderWasGoing(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	s.enter(t, marieke)
	b := s.browser(t)
	at := b.Get("/relaties")
	if at = at.Form("Inloggen").Set("login", marieke.number).Set("password", own).Send(); at.URL.Path != "/relaties" {
		t.Errorf("log-in leads to %s", at.URL.Path)
	}
	for _, elsewhere := range []string{"https://example.org/", "//example.org", `/\example.org`, "javascript:alert(1)"} {
		b := s.browser(t)
		at := b.Get("/inloggen?naar="+elsewhere).Form("Inloggen").Set("login", marieke.number).Set("password", own)
		if got := at.Set("naar", elsewhere).Send(); !strings.HasPrefix(got.URL.String(), s.url) || got.URL.Path != "/" {
			t.Errorf("%s leads to %s", elsewhere, got.URL)
		}
	}
}

func TestLogOutEndsTheSession(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	b := s.enter(t, marieke)
	token := b.Get("/menu")
	token.Press("Uitloggen").Wants(http.StatusOK, "Je bent uitgelogd")
	for _, path := range []string{"/", "/geleend", "/mijn-gegevens"} {
		if at := b.Get(path); at.URL.Path != "/inloggen" {
			t.Errorf("%s is open after logging out", path)
		}
	}
}

func TestLogOutEverywhereEndsEverySession(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	here, there := s.enter(t, marieke), s.enter(t, marieke)
	at := here.Get("/mijn-gegevens").Press("Overal uitloggen").Wants(http.StatusOK, "overal uitgelogd")
	if at.URL.Path != "/inloggen" {
		t.Errorf("still logged in here, at %s", at.URL.Path)
	}
	for _, b := range []*browser{here, there} {
		if at := b.Get("/"); at.URL.Path != "/inloggen" {
			t.Errorf("a session goes on at %s", at.URL.Path)
		}
	}
}

func TestAChangedPasswordEndsEveryOtherSession(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	here, there := s.enter(t, marieke), s.enter(t, marieke)
	const next = "Heel-Anders2!"
	form := here.Get("/mijn-gegevens").Form("Wachtwoord veranderen")
	form.Set("current", "Verkeerd1!").Set("new", next).Set("again", next).Send().
		Wants(http.StatusUnprocessableEntity, "Het wachtwoord dat je nu hebt, klopt niet").Lacks(next, "Verkeerd1!")
	there.Get("/").WantsLabels("h1", "Mijn bibliotheek")
	form.Set("current", own).Set("new", next).Set("again", next).Send().Wants(http.StatusOK, "Je wachtwoord is veranderd")
	here.Get("/").WantsLabels("h1", "Mijn bibliotheek")
	if at := there.Get("/"); at.URL.Path != "/inloggen" {
		t.Errorf("the other session goes on at %s", at.URL.Path)
	}
	if at := there.signIn(marieke.number, own); at.Status != http.StatusUnprocessableEntity {
		t.Errorf("the old password still lets in: %d", at.Status)
	}
}

func TestASessionThatWasIdleTooLongSaysSo(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	loans := b.Get("/geleend")
	s.clock.Pass(31 * time.Minute)
	at := loans.Press("Alles verlengen").Wants(http.StatusOK, "Log opnieuw in. Er is niets veranderd.")
	if at.URL.Path != "/inloggen" {
		t.Errorf("at %s", at.URL.Path)
	}
}
