package member_test

import (
	"net/http"
	"testing"

	"hoofdpas/internal/mandate"
)

// While the library system is away the site stands: whoever has chosen a password
// logs in, and every page says what it lacks.
func TestWhileTheLibrarySystemIsAwayTheSiteStands(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	s.enter(t, marieke)
	s.link(marieke, sem, mandate.Renew, mandate.Pay)
	paid := s.enter(t, marieke).Get("/betalen").Press("Betalen").Press("Betaald")
	for _, p := range []person{marieke, sem, noor} {
		s.system.leave(p, true)
	}
	b := s.enter(t, marieke)
	for _, lang := range []string{"nl", "en"} {
		for _, path := range append([]string{"/betalen/samen", paid.URL.Path}, memberPages...) {
			checkPage(t, b.Get("/taal/"+lang+"?naar="+path), http.StatusOK, lang)
		}
	}
	b.Get("/taal/nl?naar=/").Wants(http.StatusOK, "Mijzelf en Sem de Vries", "Probeer opnieuw")
	b.Get("/mijn-gegevens").Form("Opslaan").Set("name", "marieke84").Send().Wants(http.StatusOK, "Je gebruikersnaam is opgeslagen.")
	// Who has none yet has nothing to log in with.
	s.browser(t).signIn(noor.number, noor.first()).Wants(http.StatusServiceUnavailable, "We kunnen het bibliotheeksysteem nu niet bereiken.")
	s.browser(t).signIn(marieke.number, "Verkeerd-1!").Wants(http.StatusUnprocessableEntity)
}

// Nothing is paid for what cannot be seen now, and the ticks stay.
func TestNothingIsPaidWhileACardCannotBeRead(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	s.link(marieke, sem, mandate.Pay)
	p := b.Get("/betalen/samen")
	s.system.leave(sem, true)
	p.Press("Betalen").Wants(http.StatusServiceUnavailable, "We kunnen het bibliotheeksysteem nu niet bereiken.",
		"niet zien wat er voor Sem de Vries betaald moet worden", "Totaal van wat we nu kunnen zien € 1,00")
	s.system.leave(sem, false)
	p.Press("Betalen").Wants(http.StatusOK, "€ 4,00")
}
