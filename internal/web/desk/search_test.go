package desk_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestANumberGoesStraightToTheCard(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	p := b.Get("/balie").Form("Zoeken").Set("zoek", marieke).Send().WantsAt(l.at(marieke)).Wants(http.StatusOK, "Marieke de Vries")
	if strings.Contains(p.URL.String(), marieke) {
		t.Error("the card number is in the address")
	}
	// As it stands on the card, with spaces; and from a card's own page.
	p.Form("Zoeken").Set("zoek", " 2000 1000 0000 20 ").Send().WantsAt(l.at(sem))
}

func TestANameShowsWhoItMayBe(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	p := l.staff("bea").Get("/balie").Form("Zoeken").Set("zoek", "vries").Send()
	p.WantsAt("/balie").Wants(http.StatusOK, "3 passen gevonden voor “vries”", "12 maart 1984", "2 juni 2014")
	if v, _ := p.Find("input[name=zoek]").Attr("value"); v != "" {
		t.Errorf("a scanner would type behind %q", v)
	}
	p.Press("Openen", "Sem de Vries").WantsAt(l.at(sem))
	// One hit by name is shown first: a name is no proof.
	p.Form("Zoeken").Set("zoek", "bakker").Send().WantsAt("/balie").Wants(http.StatusOK, "1 pas gevonden", "Tom Bakker", "Geblokkeerd")
	p.Form("Zoeken").Set("zoek", "visser").Send().Wants(http.StatusOK, "Verlopen op 31 januari 2026")
	p.Form("Zoeken").Set("zoek", "zonder datum").Send().Wants(http.StatusOK, "Niet bekend", "zonder einddatum")
	if buttons := p.Find("main td button"); buttons.Length() != 3 {
		t.Errorf("%d buttons", buttons.Length())
	} else if about, _ := buttons.First().Attr("aria-describedby"); p.Find("#"+about).Length() != 1 {
		t.Error("the button does not say whom it opens")
	}
}

func TestASearchWithoutResultSaysWhatToDo(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	b.Get("/balie").Form("Zoeken").Set("zoek", "Jansens").Send().
		Wants(http.StatusOK, "Niets gevonden voor “Jansens”", "zoek op het begin van een naam")
	b.Get("/balie").Form("Zoeken").Set("zoek", "99999999999999").Send().Wants(http.StatusOK, "Niets gevonden")
	p := b.Get("/balie").Press("Zoeken").Wants(http.StatusUnprocessableEntity, "Typ of scan een pasnummer")
	if invalid, _ := p.Find("input[name=zoek]").Attr("aria-invalid"); invalid != "true" {
		t.Error("the field is not marked")
	}
}

func TestTheSearchFieldHasTheFocus(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	for _, path := range []string{"/balie"} {
		p := b.Get(path)
		if p.Find("[autofocus]").Length() != 1 || p.Find("input[name=zoek][autofocus]").Length() != 1 {
			t.Errorf("%s: the search field has not the focus", path)
		}
		id, _ := p.Find("input[name=zoek]").Attr("id")
		p.WantsLabels("label[for="+id+"]", "Pasnummer of naam")
	}
}

func TestLookingAtACardIsLoggedOnceInARow(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	b.Get(l.at(sem))
	b.Get(l.at(sem) + "/wachtwoord")
	b.Get(l.at(sem))
	if got := l.acts(sem); !slices.Equal(got, []string{"Bea van de Balie: find"}) {
		t.Errorf("the log says %q", got)
	}
	b.Get(l.at(noor))
	b.Get(l.at(sem))
	l.staff("bart").Get(l.at(sem))
	if got := l.acts(sem); !slices.Equal(got, []string{"Bart Bos: find", "Bea van de Balie: find", "Bea van de Balie: find"}) {
		t.Errorf("the log says %q", got)
	}
}

func TestTheSearchSaysThatTheLibrarySystemIsAway(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	p := b.Get("/balie")
	l.system.leave(true)
	p.Form("Zoeken").Set("zoek", "vries").Send().Wants(http.StatusServiceUnavailable, "bibliotheeksysteem nu niet bereiken")
}
