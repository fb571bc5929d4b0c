package desk_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"hoofdpas/internal/web/webtest"
)

func TestANewNumberTakesTheAccountAlong(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	member := webtest.Open(t, l.site)
	signIn := func(b *webtest.Browser, number, password string) *webtest.Page {
		return b.Get("/inloggen").Form("Inloggen").Set("login", number).Set("password", password).Send()
	}
	signIn(member, sem, "Welkom-2014").WantsAt("/wachtwoord").Form("Instellen").
		Set("new", "Zelf-gekozen1!").Set("again", "Zelf-gekozen1!").Send().WantsAt("/")

	const made = "29000000009999"
	b := l.staff("bea")
	send := func(old, made string) *webtest.Page {
		return b.Get("/balie").Form("Zoeken").Set("zoek", "29000000000000").Send().Follow("Heeft deze lener een nieuwe pas gekregen? Neem het account mee.").
			WantsAt("/balie/nieuw-nummer").Form("Neem het account mee").Set("oud", old).Set("nieuw", made).Send()
	}
	send("", "1 2").Wants(http.StatusUnprocessableEntity, "pasnummer")
	send(sem, made).Wants(http.StatusConflict, "De bibliotheek kent het oude nummer nog.")
	l.bring(strings.ReplaceAll(cards, sem, made), strings.ReplaceAll(fees, sem, made))
	send(tom, made).Wants(http.StatusUnprocessableEntity, "nog niemand ingelogd")
	send(sem, "29000000007777").Wants(http.StatusUnprocessableEntity)
	send(sem, made).Wants(http.StatusOK, "Het account van Sem de Vries hoort nu bij het nieuwe nummer.")
	if got := l.acts(made); !slices.Contains(got, "Bea van de Balie: new_number") {
		t.Errorf("the desk's log says %q", got)
	}
	signIn(webtest.Open(t, l.site), made, "Zelf-gekozen1!").WantsAt("/")
	signIn(webtest.Open(t, l.site), sem, "Zelf-gekozen1!").Wants(http.StatusUnprocessableEntity)
}
