package member_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/web/webtest"
)

func TestMyLibraryShowsTheWholeHouseholdByDate(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	b.Get("/").Wants(http.StatusOK, "Het diner", "€ 1,00").Lacks("De brief", "Kikker", "0,50")
	s.link(marieke, sem, mandate.Renew, mandate.Pay)
	s.link(marieke, noor, mandate.Renew)
	s.link(marieke, willem, mandate.Pay)
	home := b.Get("/").Wants(http.StatusOK, "morgen", "over 3 dagen", "vrijdag 27 november")
	home.WantsLabels(".loan__title", "Kruistocht in spijkerbroek", "De brief voor de koning", "Dummie de mummie", "Het diner", "Kikker is verliefd")
	home.Wants(http.StatusOK, "In totaal € 5,25").Lacks("€\u00a03,00 €")
	if at := home.Follow("Bekijk en betaal"); at.URL.Path != "/betalen/samen" {
		t.Errorf("paying leads to %s", at.URL.Path)
	}
	home.Follow("Menu").WantsLabels("h1", "Mijn menu")
}

func TestWhatWaitsForMyAnswerIsSaidFirst(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	mother, child := s.enter(t, marieke), s.enter(t, sem)
	mother.Get("/relaties").Form("Aanvragen").Set("number", sem.number).Set("day", "2").Set("month", "6").Set("year", "2014").
		Set("side", "grantee").Set("scope", "renew", "pay").Send().Wants(http.StatusOK, "Als deze gegevens kloppen")
	at := child.Get("/").Wants(http.StatusOK, "Er wachten 2 machtigingen op jouw antwoord")
	at.Follow("Bekijk en geef antwoord").WantsLabels("h1", "Relaties")
	child.Get("/menu").Wants(http.StatusOK, "Er wachten 2 machtigingen")
	mother.Get("/").Lacks("wachten 2")
}

func TestLoansHaveATabForEachCardOneMayRenewFor(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	b.Get("/geleend").Wants(http.StatusOK, "Het diner").WantsLabels(".tabs__label", "Mijzelf")
	s.link(marieke, sem, mandate.Renew)
	s.link(marieke, willem, mandate.Pay)
	mine := b.Get("/geleend").WantsLabels(".tabs__label", "Mijzelf", "Sem de Vries").Lacks("De brief")
	mine.WantsLabels(`.tabs [aria-current="page"] .tabs__label`, "Mijzelf")
	his := mine.Follow("Sem de Vries").Wants(http.StatusOK, "De brief voor de koning").Lacks("Het diner")
	his.WantsLabels(`.tabs [aria-current="page"] .tabs__label`, "Sem de Vries")
}

func TestRenewOne(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	s.link(marieke, sem, mandate.Renew)
	his := b.Get("/geleend").Follow("Sem de Vries")
	form := his.Form("Verlengen", "De brief voor de koning")
	at := form.Send().Wants(http.StatusOK, "Verlengd: De brief voor de koning. Terugbrengen tot en met dinsdag 15 december.", "over 21 dagen", "Nu verlengd")
	if at.URL.RawQuery == "" {
		t.Error("not back at the same tab")
	}
	b.Get("/geleend?" + at.URL.RawQuery).Lacks("Nu verlengd") // said once
	// The same form again: the date that it saw is no longer the date.
	form.Send().Wants(http.StatusOK, "Er is niets verlengd", "Dit is al verlengd of teruggebracht").Lacks("Nu verlengd")
	his.Press("Verlengen", "Kruistocht").Wants(http.StatusOK, "Er is niets verlengd", "Een andere lener wacht hierop")
	his.Press("Verlengen", "Dummie").Wants(http.StatusOK, "Dit is al 2 keer verlengd. Vaker kan niet")
}

func TestRenewAllRenewsWhatCanBeAndSaysWhyNotAtEachOther(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, sem)
	at := b.Get("/geleend").Press("Alles verlengen")
	at.Wants(http.StatusOK, "1 ding is verlengd. 2 niet: je leest hieronder bij elk ding waarom.")
	at.Find(".loan").Each(func(i int, loan *goquery.Selection) {
		text := webtest.Clean(loan.Text())
		for title, says := range map[string]string{
			"De brief": "Nu verlengd", "Kruistocht": "Een andere lener wacht hierop", "Dummie": "al 2 keer verlengd",
		} {
			if strings.Contains(text, title) && !strings.Contains(text, says) {
				t.Errorf("%s does not say %q: %s", title, says, text)
			}
		}
	})
	again := at.Press("Alles verlengen").Wants(http.StatusOK, "Er is niets verlengd")
	if n := len(again.Labels(".loan__problem")); n != 3 {
		t.Errorf("%d reasons at 3 loans", n)
	}
}

func TestRenewingForAnotherIsInTheLogOfBoth(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	mother, child := s.enter(t, marieke), s.enter(t, sem)
	s.link(marieke, sem, mandate.Renew)
	mother.Get("/geleend").Follow("Sem de Vries").Press("Verlengen", "De brief")
	mother.Get("/relaties/logboek").Wants(http.StatusOK, "Jij verlengde 1 ding voor Sem de Vries").Lacks("De brief")
	child.Get("/relaties/logboek").Wants(http.StatusOK, "Marieke de Vries verlengde 1 ding voor jou").Lacks("De brief")
}

func TestAnEndedMandateCountsOnTheNextRequestInEverySession(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	one, other, child := s.enter(t, marieke), s.enter(t, marieke), s.enter(t, sem)
	s.link(marieke, sem, mandate.Renew, mandate.Pay)
	loans := one.Get("/geleend").Follow("Sem de Vries")
	fees := other.Get("/betalen").Follow("Sem de Vries")
	renew, all, pay := loans.Form("Verlengen", "De brief"), loans.Form("Alles verlengen"), fees.Form("Betalen")
	child.Get("/relaties").Press("Beëindigen", "Marieke de Vries mag verlengen")
	child.Get("/relaties").Press("Beëindigen", "Marieke de Vries mag betalen")

	missing := one.Get("/bestaat-niet").Wants(http.StatusNotFound)
	for _, p := range []*webtest.Page{
		one.Get(loans.URL.RequestURI()), other.Get(fees.URL.RequestURI()), renew.Send(), all.Send(), pay.Send(),
		other.Get("/geleend?pas=99999"),
	} {
		if p.Status != http.StatusNotFound || p.Text() != missing.Text() {
			t.Errorf("%s: %d\n%s", p.URL, p.Status, p.Text())
		}
	}
	one.Get("/geleend").Lacks("Sem de Vries")
	other.Get("/betalen").Lacks("Sem de Vries")
	child.Get("/geleend").Wants(http.StatusOK, "over 3 dagen")
}

func TestAnotherCardsIDsAnswerLikeOnesThatDoNotExist(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b, child := s.enter(t, fatima), s.enter(t, sem)
	his := child.Get("/geleend").Form("Verlengen", "De brief")
	missing := b.Get("/bestaat-niet").Wants(http.StatusNotFound)
	id := idOf(s, sem)
	for _, path := range []string{
		"/geleend?pas=" + id, "/geleend?pas=424242", "/geleend?pas=-1", "/geleend?pas=x", "/betalen?pas=" + id,
		"/betalen?pas=424242", "/betaling/1", "/betaling/x", "/relaties/logboek?voor=x", "/taal/xx",
	} {
		if at := b.Get(path); at.Status != http.StatusNotFound || at.Text() != missing.Text() {
			t.Errorf("%s: %d\n%s", path, at.Status, at.Text())
		}
	}
	for _, c := range []struct {
		path   string
		fields url.Values
	}{
		{"/geleend/verlengen", url.Values{"pas": {id}, "loan": his.Fields["loan"], "due": his.Fields["due"]}},
		{"/geleend/alles-verlengen", url.Values{"pas": {id}}},
		{"/betaling/1/stoppen", nil},
		{"/relaties/1/bevestigen", nil},
		{"/relaties/1/opeten", nil},
		{"/relaties/x/bevestigen", nil},
		{"/bestaat-niet", nil},
		{"/geleend", nil}, // no such method
	} {
		if at := b.Get("/menu").Post(c.path, c.fields); at.Status != http.StatusNotFound || at.Text() != missing.Text() {
			t.Errorf("POST %s: %d\n%s", c.path, at.Status, at.Text())
		}
	}
	// Her own card, his loan: not found, like a loan that never was.
	foreign := b.Get("/menu").Post("/geleend/verlengen", url.Values{"loan": his.Fields["loan"], "due": his.Fields["due"]})
	never := b.Get("/menu").Post("/geleend/verlengen", url.Values{"loan": {"nooit"}, "due": his.Fields["due"]})
	if foreign.Status != http.StatusNotFound || foreign.Text() != never.Text() {
		t.Errorf("a foreign loan: %d\n%s\n%s", foreign.Status, foreign.Text(), never.Text())
	}
	foreign.Wants(http.StatusNotFound, "Dit staat niet meer op deze pas").Lacks("De brief")
	child.Get("/geleend").Wants(http.StatusOK, "over 3 dagen")
}

func TestACardThatCannotBeReadIsSaidAtItsPartAndTheRestIsShown(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	s.link(marieke, sem, mandate.Renew, mandate.Pay)
	s.system.leave(sem, true)
	b.Get("/").Wants(http.StatusOK, "Het diner", "We kunnen nu niet zien wat er geleend is: Sem de Vries.",
		"We kunnen nu niet zien wat er betaald moet worden: Sem de Vries.", "Probeer opnieuw", "Totaal van wat we nu kunnen zien € 1,00")
	his := b.Get("/geleend").Follow("Sem de Vries").Wants(http.StatusOK, "niet zien wat Sem de Vries heeft geleend", "Probeer opnieuw")
	if n := len(his.Buttons("Alles verlengen")); n != 0 {
		t.Error("renewing is offered")
	}
	b.Get("/betalen/samen").Wants(http.StatusOK, "niet zien wat er voor Sem de Vries betaald moet worden", "Reservering Het smelt",
		"Probeer opnieuw", "Totaal van wat we nu kunnen zien € 1,00", "Samen betalen minstens € 1,00")
	b.Get("/betalen").Wants(http.StatusOK, "Totaal € 1,00", "Samen betalen minstens € 1,00").Lacks("geeft geen antwoord")
	b.Get("/betalen").Follow("Sem de Vries").Wants(http.StatusOK, "niet zien wat er voor Sem de Vries betaald moet worden",
		"Totaal van alle passen samen: minstens € 1,00").Lacks("niets betaald")
	s.system.leave(marieke, true)
	b.Get("/geleend").Wants(http.StatusOK, "niet zien wat je hebt geleend", "Probeer opnieuw")
	b.Get("/betalen").Wants(http.StatusOK, "niet zien wat je moet betalen", "Probeer opnieuw")
	b.Get("/mijn-gegevens").Wants(http.StatusOK, "We kunnen de andere gegevens nu niet zien", marieke.number)
	b.Get("/").Wants(http.StatusOK, "Mijzelf en Sem de Vries").Lacks("Je hoeft niets te betalen", "Er is nu niets geleend")
	s.system.leave(sem, false)
	his.Follow("Probeer opnieuw").Wants(http.StatusOK, "De brief voor de koning")
}

func TestALoanWithoutATitleOrADueDateIsShownAndRenewed(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	s.system.bare = true
	b := s.enter(t, marieke)
	b.Get("/").Wants(http.StatusOK, "Exemplaar i1", "Geen datum bekend").Lacks("te laat")
	p := b.Get("/geleend").Wants(http.StatusOK, "Geen datum bekend Exemplaar i1").Press("Verlengen")
	p.Wants(http.StatusOK, "Verlengd: Exemplaar i1.")
	b.Get("/taal/en?naar=/geleend").Wants(http.StatusOK, "No date known Item i1")
}

func TestWhatBecameOfEachLoanWaitsUntilTheLoansCanBeHadAgain(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, sem)
	s.system.patience = 3
	b.Get("/geleend").Press("Alles verlengen").Wants(http.StatusOK, "niet zien wat je hebt geleend")
	b.Get("/geleend").Wants(http.StatusOK, "niet zien wat je hebt geleend")
	s.system.leave(sem, false)
	b.Get("/geleend").Wants(http.StatusOK, "Een andere lener wacht hierop.")
}

func TestAMandateForOneFunctionOpensNothingOfTheOther(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b, child := s.enter(t, marieke), s.enter(t, sem)
	s.link(marieke, sem, mandate.Pay)
	s.link(marieke, willem, mandate.Renew)
	his := child.Get("/geleend").Form("Verlengen", "De brief").Fields
	sem, willem := idOf(s, sem), idOf(s, willem)
	missing := b.Get("/bestaat-niet")
	for _, p := range []*webtest.Page{
		b.Get("/geleend?pas=" + sem), b.Get("/betalen?pas=" + willem),
		missing.Post("/geleend/verlengen", url.Values{"pas": {sem}, "loan": his["loan"], "due": his["due"]}),
		missing.Post("/geleend/alles-verlengen", url.Values{"pas": {sem}}),
		missing.Post("/betalen", url.Values{"bij": {willem}, "key": {"k"}, "kosten": {willem + ".125.f10"}}),
	} {
		if p.Status != http.StatusNotFound || p.Text() != missing.Text() {
			t.Errorf("%s: %d\n%s", p.URL, p.Status, p.Text())
		}
	}
	b.Get("/geleend").Wants(http.StatusOK, "Willem Jansen").Lacks("Sem de Vries")
	b.Get("/betalen").Wants(http.StatusOK, "Sem de Vries").Lacks("Willem Jansen")
	b.Get("/betalen/samen").Lacks("De avonden")
	b.Get("/").Lacks("De brief", "€\u00a05,25").Wants(http.StatusOK, "€ 4,00")
	// From a page that is hers, a fee that is not: like one that never was.
	foreign := missing.Post("/betalen", url.Values{"bij": {"samen"}, "key": {"k"}, "kosten": {willem + ".125.f10"}})
	never := missing.Post("/betalen", url.Values{"bij": {"samen"}, "key": {"k"}, "kosten": {"424242.125.nooit"}})
	if foreign.Status != http.StatusNotFound || foreign.Text() != never.Text() {
		t.Errorf("a foreign fee: %d\n%s\n%s", foreign.Status, foreign.Text(), never.Text())
	}
}

func idOf(s *site, p person) string { return strconv.FormatInt(int64(s.holder(p).ID), 10) }
