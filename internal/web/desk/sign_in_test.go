package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hoofdpas/internal/web/webtest"
)

func TestNothingAtTheDeskOpensWithoutLoggingIn(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	at := l.at(marieke)
	b := webtest.Open(t, l.site)
	for _, path := range []string{"/balie", at, at + "/wachtwoord", at + "/machtiging", "/balie/bon/1", "/balie/vandaag"} {
		p := b.Get(path).WantsAt("/balie/inloggen").Wants(http.StatusOK, "Inloggen bij de balie")
		if then := p.URL.Query().Get("naar"); path != "/balie" && then != path {
			t.Errorf("%s: the log-in page leads to %q", path, then)
		}
	}
	form := b.Get("/balie/inloggen")
	for path, fields := range map[string]url.Values{
		"/balie":                        {"zoek": {"Marieke"}},
		"/balie/pas":                    {"nummer": {marieke}},
		at + "/betalen":                 {"kosten": {"1.150.m1"}, "middel": {"cash"}, "key": {"k"}},
		at + "/wachtwoord":              {"nonce": {"n"}},
		at + "/machtiging":              {"nummer": {willem}, "side": {"grantee"}, "scope": {"pay"}, "months": {"0"}, "present": {"yes"}},
		at + "/machtiging/1/beeindigen": {},
	} {
		form.Post(path, fields).WantsAt("/balie/inloggen").Wants(http.StatusOK, "Log opnieuw in").Lacks("Marieke")
	}
	if len(l.payments(marieke)) > 0 || len(l.log(marieke)) != 6 {
		t.Error("something was done without logging in")
	}
}

func TestAfterLoggingInStaffAreWhereTheyWantedToBe(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := webtest.Open(t, l.site)
	p := b.Get(l.at(sem)).WantsAt("/balie/inloggen")
	p.Form("Inloggen").Set("login", "BEA").Set("password", staffPassword).Send().
		WantsAt(l.at(sem)).Wants(http.StatusOK, "Sem de Vries", "Bea van de Balie")
	b.Get("/balie/inloggen").WantsAt("/balie") // and need not log in again
	// A forged link leads nowhere else.
	other := webtest.Open(t, l.site).Get("/balie/inloggen?naar=https://elders.test/")
	other.Form("Inloggen").Set("login", "bea").Set("password", staffPassword).Send().WantsAt("/balie")
}

func TestAWrongLogInSaysNotWhichHalfWasWrong(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	p := webtest.Open(t, l.site).Get("/balie/inloggen")
	password := p.Form("Inloggen").Set("login", "bea").Set("password", "Fout-1984").Send()
	user := p.Form("Inloggen").Set("login", "niemand").Set("password", staffPassword).Send()
	for _, q := range []*webtest.Page{password, user} {
		q.Wants(http.StatusUnprocessableEntity).Lacks("Fout-1984", staffPassword)
	}
	if a, b := password.Labels(".form-errors li"), user.Labels(".form-errors li"); len(a) != 1 || strings.Join(a, "") != strings.Join(b, "") {
		t.Errorf("%q and %q differ", a, b)
	}
	if v, _ := password.Find("input[name=login]").Attr("value"); v != "bea" {
		t.Errorf("what was typed became %q", v)
	}
	p.Form("Inloggen").Send().Wants(http.StatusUnprocessableEntity)
}

func TestADisabledOrResetAccountIsOutAtOnce(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	bea, bart := l.staff("bea"), l.staff("bart")
	page := bea.Get(l.at(marieke)).Wants(http.StatusOK)
	must(t, l.roster.Disable(t.Context(), "bea", true))
	page.Press("Contant").WantsAt("/balie/inloggen")
	bea.Get("/balie").WantsAt("/balie/inloggen")
	if len(l.payments(marieke)) > 0 {
		t.Error("a disabled account took money")
	}
	bea.Get("/balie/inloggen").Form("Inloggen").Set("login", "bea").Set("password", staffPassword).Send().
		Wants(http.StatusUnprocessableEntity)

	bart.Get("/balie").WantsAt("/balie")
	must(t, l.roster.Reset(t.Context(), "bart", "Nieuw-Bart1!"))
	bart.Get("/balie").WantsAt("/balie/inloggen")
}

func TestSessionsOfMembersAndStaffOpenNothingOfEachOther(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	staff := l.staff("bea")
	b := webtest.Open(t, l.site)
	b.Get("/inloggen").Form("Inloggen").Set("login", marieke).Set("password", "Welkom-1984").Send().WantsAt("/wachtwoord")
	b.Get("/balie").WantsAt("/balie/inloggen")
	staff.Get("/").WantsAt("/inloggen")

	// Nor does the secret of one in the cookie of the other.
	b.SetCookie("balie", b.Cookie("leden"))
	b.Get("/balie").WantsAt("/balie/inloggen")
	thief := webtest.Open(t, l.site)
	thief.SetCookie("leden", staff.Cookie("balie"))
	thief.Get("/").WantsAt("/inloggen")
	staff.Get("/balie").WantsAt("/balie") // which still stands
}

func TestLoggingOutEndsTheSession(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	secret := b.Cookie("balie")
	b.Get("/balie").Press("Uitloggen").WantsAt("/balie/inloggen").Wants(http.StatusOK, "Je bent uitgelogd bij de balie.")
	b.Get("/balie").WantsAt("/balie/inloggen")
	b.SetCookie("balie", secret)
	b.Get("/balie").WantsAt("/balie/inloggen")
}

func TestAnIdleSessionEnds(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	l.clock.Pass(29 * 60e9)
	b.Get("/balie").WantsAt("/balie")
	l.clock.Pass(31 * 60e9)
	b.Get("/balie").WantsAt("/balie/inloggen")
}
