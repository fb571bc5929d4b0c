package desk_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/web/webtest"
)

// slip gives Sem a new password and returns what the slip says.
func slip(t *testing.T, p *webtest.Page) string {
	t.Helper()
	secret := webtest.Clean(p.Find(".receipt .total__amount").Text())
	if len(secret) < 8 {
		t.Fatalf("no password on:\n%s", p.Text())
	}
	return secret
}

func TestANewFirstPasswordTakesTheOldOneAwayAndIsShownOnce(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	member := webtest.Open(t, l.site)
	signIn := func(b *webtest.Browser, password string) *webtest.Page {
		return b.Get("/inloggen").Form("Inloggen").Set("login", sem).Set("password", password).Send()
	}
	signIn(member, "Welkom-2014").WantsAt("/wachtwoord").Form("Instellen").
		Set("new", "Zelf-gekozen1!").Set("again", "Zelf-gekozen1!").Send().WantsAt("/")

	b := l.staff("bea")
	confirm := b.Get(l.at(sem)).Follow("Nieuw wachtwoord geven").Wants(http.StatusOK, "is dit Sem de Vries?", "2 juni 2014",
		"Het wachtwoord van nu werkt meteen niet meer.", "De lener wordt overal uitgelogd.", "één keer")
	member.Get("/").WantsAt("/") // looking changes nothing
	p := confirm.Press("Geef een nieuw wachtwoord").Wants(http.StatusOK, "Dit wachtwoord zie je alleen nu.", "Sem de Vries", "http://bieb.test")
	secret := slip(t, p)
	if strings.Contains(p.URL.String(), secret) || strings.Contains(l.logged.String(), secret) {
		t.Error("the password is in an address or in the log")
	}
	if p.Header.Get("Cache-Control") != "no-store" {
		t.Error("a cache may keep the password")
	}
	p.Lacks(sem) // the number is on the card, the password on the slip: together they are a key
	for _, path := range []string{l.at(sem), "/balie", l.at(sem) + "/wachtwoord"} {
		b.Get(path).Lacks(secret)
	}
	if got := l.acts(sem); !slices.Equal(got, []string{"Bea van de Balie: first_password", "Bea van de Balie: find"}) {
		t.Errorf("the desk's log says %q", got)
	}

	member.Get("/").WantsAt("/inloggen")
	for _, old := range []string{"Zelf-gekozen1!", "Welkom-2014"} {
		signIn(member, old).Wants(http.StatusUnprocessableEntity)
	}
	signIn(webtest.Open(t, l.site), secret).WantsAt("/wachtwoord") // and an own one is to be chosen
}

func TestAFormForAPasswordWorksOnce(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	form := b.Get(l.at(sem) + "/wachtwoord").Form("Geef een nieuw wachtwoord")
	first := slip(t, form.Send())
	// A double click: the browser shows the second answer, which must hold.
	l.clock.Pass(time.Second)
	second := slip(t, form.Send())
	if first == second {
		t.Error("the same password twice")
	}
	// The way back and a reload later on: nothing.
	l.clock.Pass(time.Minute)
	form.Send().WantsAt(l.at(sem)).Wants(http.StatusOK, "Dit formulier is al gebruikt. Er is niets veranderd.")
	webtest.Open(t, l.site).Get("/inloggen").Form("Inloggen").Set("login", sem).Set("password", second).Send().WantsAt("/wachtwoord")

	// Nor does an older form, or one that we did not make.
	b.Get(l.at(noor) + "/wachtwoord")
	for _, nonce := range []string{form.Fields.Get("nonce"), "", "x", strings.Repeat("n", 1500), "' OR 1=1 --"} {
		form.Set("nonce", nonce).Send().WantsAt(l.at(sem)).Wants(http.StatusOK, "Er is niets veranderd.")
	}
	given := slices.DeleteFunc(l.acts(sem), func(s string) bool { return !strings.HasSuffix(s, "first_password") })
	if len(given) != 2 {
		t.Errorf("%d passwords were given", len(given))
	}
}

func TestAFormForOneCardGivesNoPasswordToAnother(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	form := b.Get(l.at(sem) + "/wachtwoord").Form("Geef een nieuw wachtwoord")
	form.Action = l.at(noor) + "/wachtwoord"
	form.Send().WantsAt(l.at(noor)).Wants(http.StatusOK, "Er is niets veranderd.")
}

func TestAForgedFormGivesNoPassword(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	form := l.staff("bea").Get(l.at(sem) + "/wachtwoord").Form("Geef een nieuw wachtwoord")
	form.Set("csrf_token", "nee").Send().Wants(http.StatusForbidden)
	form.Set("csrf_token").Send().Wants(http.StatusForbidden)
	webtest.Open(t, l.site).Get("/inloggen").Form("Inloggen").Set("login", sem).Set("password", "Welkom-2014").Send().WantsAt("/wachtwoord")
}
