package member_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/problem"
)

// letIn logs an app in to the card of somebody who has chosen a password.
func (s *site) letIn(t *testing.T, p person, app string, scopes ...account.AppScope) account.Tokens {
	t.Helper()
	tokens, err := s.apps.Begin(t.Context(), account.Attempt{Login: p.number, Password: own, Address: "192.0.2.9"}, app, scopes)
	must(t, err)
	return tokens
}

func (s *site) open(t *testing.T, tokens account.Tokens) bool {
	t.Helper()
	_, _, err := s.apps.Identify(t.Context(), tokens.Access)
	if err != nil && !problem.Has(err, account.ReasonTokenWrong) {
		t.Fatal(err)
	}
	return err == nil
}

func TestAppsAreListedWithWhatTheyMayDo(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	b := s.enter(t, marieke)
	at := b.Get("/mijn-gegevens").Follow("Apps bekijken").
		Wants(http.StatusOK, "Er is geen app ingelogd met je pas", "Wat is een app?", "Mag jij voor een ander verlengen of betalen?")
	if n := len(at.Buttons("Stop")); n != 0 {
		t.Errorf("%d buttons for no app", n)
	}
	s.letIn(t, marieke, "<i>Boekje</i>", account.ReadItems, account.WriteItems)
	s.clock.Pass(20 * time.Minute)
	s.letIn(t, marieke, "")
	at = b.Get("/mijn-gegevens/apps").Wants(http.StatusOK, "<i>Boekje</i>", "Een app zonder naam", "verlengen", "zien wat er is geleend",
		"zien wat er betaald moet worden", "24 november 2026, 12:00", "24 november 2026, 12:20").
		Lacks("een betaling klaarzetten", "wachtwoord veranderen, als", "Er is geen app")
	if at.Find("main i").Length() != 0 {
		t.Error("an app's name is markup")
	}
	if text := at.Text(); strings.Index(text, "Een app zonder naam") > strings.Index(text, "Boekje") {
		t.Error("the one used last does not come first")
	}
	s.enter(t, sem).Get("/mijn-gegevens/apps").Wants(http.StatusOK, "Er is geen app ingelogd met je pas").Lacks("Boekje")
}

func TestStopEndsAnAppAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	b := s.enter(t, marieke)
	app := s.letIn(t, marieke, "Boekje")
	at := b.Get("/mijn-gegevens/apps")
	for range 2 { // a double click, or a page that was left open
		at.Press("Stop").Wants(http.StatusOK, "De app is nu niet meer ingelogd met je pas", "Er is geen app ingelogd met je pas").Lacks("Boekje")
		if s.open(t, app) {
			t.Fatal("the app still has the card")
		}
	}
}

func TestNobodyStopsAnothersApp(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	s.enter(t, marieke)
	app := s.letIn(t, marieke, "Boekje")
	other := s.enter(t, sem)
	s.letIn(t, sem, "Leeslijst")
	action, _ := s.enter(t, marieke).Get("/mijn-gegevens/apps").Find(`form[action*="stoppen"]`).Attr("action")
	other.Get("/mijn-gegevens/apps").Post(action, nil).Wants(http.StatusOK, "Leeslijst")
	for _, id := range []string{"0", "-1", "x", "99999999999999999999"} {
		other.Get("/mijn-gegevens/apps").Post("/mijn-gegevens/apps/"+id+"/stoppen", nil).Wants(http.StatusNotFound)
	}
	if !s.open(t, app) {
		t.Error("Sem stopped Marieke's app")
	}
}

func TestLogOutEverywhereAndAnotherPasswordEndApps(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	b := s.enter(t, marieke)
	app := s.letIn(t, marieke, "Boekje")
	b.Get("/mijn-gegevens").Press("Overal uitloggen")
	if s.open(t, app) {
		t.Error("logged out everywhere, but the app is in")
	}
	b = s.enter(t, marieke)
	app = s.letIn(t, marieke, "Boekje")
	b.Get("/mijn-gegevens").Form("Wachtwoord veranderen").Set("current", own).Set("new", "Volgend-jaar2?").Set("again", "Volgend-jaar2?").Send().
		Wants(http.StatusOK)
	if s.open(t, app) {
		t.Error("another password, but the app is in")
	}
	b.Get("/mijn-gegevens/apps").Wants(http.StatusOK, "Er is geen app ingelogd met je pas")
}

func TestALibraryWithoutAppsHasNoPageAboutThem(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary(), noApps)
	b := s.enter(t, marieke)
	b.Get("/mijn-gegevens").Wants(http.StatusOK).Lacks("Apps")
	b.Get("/mijn-gegevens/apps").Wants(http.StatusNotFound)
}
