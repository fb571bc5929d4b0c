package member_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/web/webtest"
)

// ask fills in the form on Relaties.
func (b *browser) ask(p person, side string, scopes ...string) *webtest.Page {
	d := strings.Split(p.born, "-")
	return b.Get("/relaties").Form("Aanvragen").Set("number", p.number).
		Set("day", strings.TrimPrefix(d[2], "0")).Set("month", strings.TrimPrefix(d[1], "0")).Set("year", d[0]).
		Set("side", side).Set("scope", scopes...).Send()
}

const asked = "Als deze gegevens kloppen, staat de aanvraag nu klaar bij die pas"

func TestAskConfirmEnd(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	mother, child := s.enter(t, marieke), s.enter(t, sem)
	at := mother.ask(sem, "grantee", "renew").Wants(http.StatusOK, asked, "Jij wilt verlengen voor pas "+sem.number, "Wacht op antwoord van de ander")
	at.Lacks("Sem de Vries")
	mother.ask(sem, "grantee", "pay").Wants(http.StatusOK, asked)
	if n := len(mother.Get("/relaties").Buttons("Intrekken")); n != 2 {
		t.Errorf("%d can be withdrawn", n)
	}
	mother.Get("/geleend").Lacks("Sem")

	his := child.Get("/relaties").Wants(http.StatusOK, "Marieke de Vries wil verlengen voor jou", "Marieke de Vries wil betalen voor jou",
		"Marieke de Vries ziet dan wat jij leent en kan het verlengen")
	his = his.Press("Bevestigen", "wil verlengen").Wants(http.StatusOK, "Bevestigd: Marieke de Vries mag verlengen voor jou", "Geldt nu")
	his = his.Press("Weigeren", "wil betalen").Wants(http.StatusOK, "Geweigerd: Marieke de Vries wilde betalen voor jou")
	if n := len(his.Buttons("Bevestigen")) + len(his.Buttons("Weigeren")); n != 0 {
		t.Errorf("%d still wait", n)
	}
	mother.Get("/relaties").Wants(http.StatusOK, "Jij mag verlengen voor Sem de Vries", "Geweigerd", "Jij wilde betalen voor pas "+sem.number)
	mother.Get("/geleend").Wants(http.StatusOK, "Sem de Vries")
	mother.Get("/relaties").Press("Beëindigen").Wants(http.StatusOK, "Beëindigd: jij mocht verlengen voor Sem de Vries", "Wat voorbij is")
	child.Get("/relaties").Wants(http.StatusOK, "Beëindigd")
	mother.Get("/relaties/logboek").Wants(http.StatusOK, "Jij vroeg een machtiging aan: jij wilt verlengen voor pas "+sem.number,
		"Sem de Vries bevestigde: jij mag verlengen voor Sem de Vries", "Jij beëindigde: jij mocht verlengen voor Sem de Vries")
	child.Get("/relaties/logboek").Wants(http.StatusOK, "Jij bevestigde: Marieke de Vries mag verlengen voor jou",
		"Jij weigerde: Marieke de Vries wilde betalen voor jou")
}

func TestOfferIsConfirmedByWhoMayAct(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	grandfather, neighbour := s.enter(t, willem), s.enter(t, fatima)
	grandfather.ask(fatima, "grantor", "pay").Wants(http.StatusOK, asked, "Jij vraagt pas "+fatima.number+" om voor jou te betalen").Lacks("Fatima")
	if n := len(grandfather.Get("/relaties").Buttons("Bevestigen")); n != 0 {
		t.Error("who offers can confirm")
	}
	neighbour.Get("/relaties").Wants(http.StatusOK, "Willem Jansen vraagt jou om voor hem of haar te betalen").
		Press("Bevestigen").Wants(http.StatusOK, "Bevestigd: jij mag betalen voor Willem Jansen")
	neighbour.Get("/betalen").Wants(http.StatusOK, "Willem Jansen")
	grandfather.Get("/betalen").Lacks("Fatima")
}

func TestWithdrawTellsNothingAboutTheOther(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	mother := s.enter(t, marieke)
	for _, p := range []person{sem, {sem.number, "", "2013-06-02"}, {"20001000000999", "", "2014-06-02"}} {
		at := mother.ask(p, "grantee", "renew").Press("Intrekken").
			Wants(http.StatusOK, "Ingetrokken: jij wilde verlengen voor pas "+p.number)
		at.Lacks("Sem de Vries")
	}
}

var changing = regexp.MustCompile(`name="csrf_token" value="[^"]*"|/relaties/\d+/|machtiging-\d+`)

func TestAnAskerCannotTellWhetherARequestReachedAnybody(t *testing.T) {
	t.Parallel()
	// The same card number each time, on sites that differ only in what
	// belongs to it: the right birth date, another one, or no such card.
	pages := func(born string, exists bool) []string {
		l := newLibrary()
		if exists {
			row(&l.cards, "20001000000777", "Lotte Vermeer", "2015-05-05", "", "2027-12-31", "no", "Eerste-1!")
		}
		s := open(t, l)
		b := s.enter(t, marieke)
		who := person{"20001000000777", "", born}
		var seen []string
		add := func(p *webtest.Page) { seen = append(seen, changing.ReplaceAllString(p.Body, "")) }
		first := b.ask(who, "grantee", "renew", "pay")
		add(first)
		add(b.ask(who, "grantee", "renew")) // once more
		add(b.ask(who, "grantor", "pay"))
		for _, path := range []string{"/relaties", "/relaties/logboek", "/", "/menu", "/geleend", "/betalen"} {
			add(b.Get(path))
		}
		add(b.Get("/relaties").Press("Intrekken"))
		add(b.Get("/relaties/logboek"))
		s.clock.Pass(31 * 24 * time.Hour)
		if _, err := s.book.ExpireLapsed(t.Context()); err != nil {
			t.Fatal(err)
		}
		b = s.enter(t, marieke)
		add(b.Get("/relaties"))
		add(b.Get("/relaties/logboek"))
		return seen
	}
	matched := pages("2015-05-05", true)
	for name, other := range map[string][]string{"wrong date": pages("2015-05-06", true), "no such card": pages("2015-05-05", false)} {
		for i := range matched {
			if i == 0 && !strings.Contains(matched[0], asked) {
				t.Fatalf("nothing was asked: %s", matched[0])
			}
			// What was typed is the reader's own; the birth date is not shown.
			if matched[i] != other[i] {
				t.Errorf("%s: page %d differs:\n%s\n---\n%s", name, i, matched[i], other[i])
			}
		}
	}
}

func TestTheFormOnRelatiesNamesWhatIsWrongAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	b := s.enter(t, marieke)
	b.Get("/relaties").Press("Aanvragen").Wants(http.StatusUnprocessableEntity, "Vul het nummer in dat op de pas staat",
		"Vul een geboortedatum in die bestaat", "Kies Verlengen, Betalen of allebei")
	at := b.Get("/relaties").Form("Aanvragen").Set("number", sem.number).Set("day", "31").Set("month", "2").Set("year", "2014").
		Set("side", "grantor").Set("scope", "pay").Set("months", "6").Send()
	at.Wants(http.StatusUnprocessableEntity, "Vul een geboortedatum in die bestaat")
	for selector, want := range map[string]string{
		`input[name="number"]`: sem.number, `input[name="day"]`: "31", `input[name="month"]`: "2", `input[name="year"]`: "2014",
		`input[name="side"][checked]`: "grantor", `input[name="scope"][checked]`: "pay", `input[name="months"][checked]`: "6",
	} {
		if got, _ := at.Find(selector).Attr("value"); got != want {
			t.Errorf("%s holds %q, want %q", selector, got, want)
		}
	}
	if href, _ := at.Find(".form-errors a").Attr("href"); href == "" || at.Find(href).Length() != 1 {
		t.Errorf("the summary leads to %q, which is not on the page", href)
	}
	b.Get("/relaties").Form("Aanvragen").Set("number", marieke.number).Set("day", "12").Set("month", "3").Set("year", "1984").
		Set("scope", "pay").Send().Wants(http.StatusUnprocessableEntity, "Dit is je eigen pas")
	for field, value := range map[string]string{"side": "koning", "scope": "opeten", "months": "7"} {
		f := b.Get("/relaties").Form("Aanvragen").Set("number", sem.number).Set("day", "2").Set("month", "6").Set("year", "2014").Set("scope", "pay")
		f.Set(field, value).Send().Wants(http.StatusUnprocessableEntity, "Maak een keuze uit de lijst")
	}
	b.Get("/relaties").Wants(http.StatusOK, "Je hebt nog geen relaties")
}

func TestAMandateEndsOnItsLastDay(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	mother, child := s.enter(t, marieke), s.enter(t, sem)
	d := mother.Get("/relaties").Form("Aanvragen").Set("number", sem.number).Set("day", "2").Set("month", "6").Set("year", "2014").
		Set("scope", "renew").Set("months", "1").Send()
	d.Wants(http.StatusOK, asked)
	child.Get("/relaties").Press("Bevestigen").Wants(http.StatusOK, "Geldt tot en met 24 december 2026")
	s.clock.Pass(31 * 24 * time.Hour)
	mother = s.enter(t, marieke)
	mother.Get("/geleend").Lacks("Sem de Vries")
	mother.Get("/relaties").Wants(http.StatusOK, "Verlopen", "Voorbij sinds 24 december 2026")
}

func TestAReplayedStepSaysSo(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	mother, child := s.enter(t, marieke), s.enter(t, sem)
	mother.ask(sem, "grantee", "renew")
	form := child.Get("/relaties").Form("Bevestigen")
	form.Send().Wants(http.StatusOK, "Bevestigd")
	form.Send().Wants(http.StatusOK, "Dat kan nu niet meer. De machtiging is intussen veranderd", "Geldt nu")
	mother.ask(sem, "grantee", "renew").Wants(http.StatusUnprocessableEntity, "Deze machtiging is er al")
	// Nobody confirms what they started, and a third card has no such mandate.
	asker := mother.Get("/relaties")
	asker.Post(strings.Replace(form.Action, "bevestigen", "weigeren", 1), nil).Wants(http.StatusOK, "Dat kan nu niet meer")
	s.enter(t, fatima).Get("/menu").Post(form.Action, nil).Wants(http.StatusNotFound)
}

func TestTooManyRequestsAreSlowedDown(t *testing.T) {
	t.Parallel()
	s := open(t, newLibrary())
	b := s.enter(t, marieke)
	at := b.Get("/relaties")
	for i := range 60 {
		p := person{"2000100000" + string(rune('a'+i%26)) + "77", "", "2014-06-02"}
		if at = b.ask(p, "grantee", "renew"); at.Status != http.StatusOK {
			break
		}
	}
	at.Wants(http.StatusTooManyRequests, "Je hebt te vaak iets aangevraagd")
	if v, _ := at.Find(`input[name="number"]`).Attr("value"); v == "" {
		t.Error("what was typed is lost")
	}
}

func TestTheLogGoesBackPageByPage(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	s.link(marieke, sem, mandate.Renew)
	for range 60 {
		must(t, s.book.Note(t.Context(), permitFor(t, s, marieke, sem), mandate.Entry{Deed: mandate.Renewed, Scope: mandate.Renew, Count: 2}))
	}
	first := b.Get("/relaties/logboek")
	if n := first.Find(".log__entry").Length(); n != 50 {
		t.Errorf("%d entries on the first page", n)
	}
	older := first.Follow("Ouder").Wants(http.StatusOK, "Jij vroeg een machtiging aan")
	if n := older.Find(".log__entry").Length(); n != 12 {
		t.Errorf("%d entries on the second page", n)
	}
	older.Follow("Terug naar het begin").Wants(http.StatusOK, "Ouder")
}

func permitFor(t *testing.T, s *site, who, whose person) mandate.Permit {
	t.Helper()
	p, err := s.book.PermitFor(t.Context(), mandate.Actor{Holder: s.holder(who)}, s.holder(whose).ID)
	must(t, err)
	return p
}
