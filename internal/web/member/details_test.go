package member_test

import (
	"net/http"
	"testing"
)

func TestDetailsTellWhatTheLibraryKnows(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	row(&l.cards, "20001000000061", "Tom Bakker", "1975-09-17", "tom@example.nl", "2025-12-31", "yes", "Eerste-1!")
	s := open(t, l)
	tom := person{"20001000000061", "Tom Bakker", "1975-09-17"}
	b := s.browser(t)
	b.signIn(tom.number, "Eerste-1!").Form("Instellen").Set("new", own).Set("again", own).Send()
	b.Get("/mijn-gegevens").Wants(http.StatusOK, "Tom Bakker", tom.number, "17 september 1975", "tom@example.nl", "31 december 2025",
		"Je abonnement is verlopen", "Je pas is geblokkeerd")
	s.enter(t, marieke).Get("/mijn-gegevens").Wants(http.StatusOK, "Niet bekend").Lacks("geblokkeerd", "verlopen")
}

func TestUserNameIsSetChangedAndRemoved(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	b, other := s.enter(t, marieke), s.enter(t, sem)
	b.Get("/mijn-gegevens").Form("Opslaan").Set("name", "Marieke.V").Send().Wants(http.StatusOK, "Je gebruikersnaam is opgeslagen")
	other.Get("/mijn-gegevens").Form("Opslaan").Set("name", "MARIEKE.v").Send().
		Wants(http.StatusUnprocessableEntity, "Deze gebruikersnaam is al in gebruik")
	for typed, says := range map[string]string{
		"abc": "4 tot 80 tekens", "20001000000099": "ten minste één letter", "met spatie erin": "alleen letters",
		"<script>alert(1)</script>": "alleen letters", "😀😀😀😀": "alleen letters",
	} {
		at := b.Get("/mijn-gegevens").Form("Opslaan").Set("name", typed).Send().Wants(http.StatusUnprocessableEntity, says)
		if got, _ := at.Find(`input[name="name"]`).First().Attr("value"); got != typed {
			t.Errorf("what was typed is lost: %q", got)
		}
		if at.Find("main script").Length() != 0 {
			t.Error("what was typed is run")
		}
	}
	at := b.Get("/mijn-gegevens")
	if got, _ := at.Find(`input[name="name"]`).First().Attr("value"); got != "Marieke.V" {
		t.Errorf("the name is %q", got)
	}
	at.Press("Gebruikersnaam verwijderen").Wants(http.StatusOK, "Je hebt nu geen gebruikersnaam")
	if at := s.browser(t).signIn("Marieke.V", own); at.Status != http.StatusUnprocessableEntity {
		t.Error("a removed name still logs in")
	}
	if n := len(b.Get("/mijn-gegevens").Buttons("Gebruikersnaam verwijderen")); n != 0 {
		t.Error("there is nothing to remove")
	}
	other.Get("/mijn-gegevens").Form("Opslaan").Set("name", "MARIEKE.v").Send().Wants(http.StatusOK, "opgeslagen")
}
