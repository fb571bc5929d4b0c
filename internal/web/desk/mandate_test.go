package desk_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/web/webtest"
)

func feeIDs(ids ...string) []circulation.FeeID {
	var out []circulation.FeeID
	for _, id := range ids {
		out = append(out, circulation.FeeID(id))
	}
	return out
}

func (l *library) relations(number string) []mandate.Relation {
	l.t.Helper()
	all, err := l.book.Relations(l.t.Context(), l.holder(number))
	must(l.t, err)
	return all
}

func TestStaffEndAMandateAtARequest(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	b := l.staff("bea")
	p := b.Get(l.at(noor)).Wants(http.StatusOK, "Marieke de Vries mag betalen voor Noor de Vries", "Sinds 24 november 2026, zonder einddatum")
	old := p.Form("Beëindigen")
	p.Press("Beëindigen").WantsAt(l.at(noor)).Wants(http.StatusOK,
		"Beëindigd: Marieke de Vries mag betalen voor Noor de Vries.", "Geen machtigingen.", "Machtiging beëindigd: betalen")
	b.Get(l.at(marieke)).Lacks("Jip en Janneke")
	for _, who := range []string{noor, marieke} {
		if e := l.log(who)[0]; e.Deed != mandate.Deed(mandate.End) || e.Staff != "Bea van de Balie" || e.Actor.Name != "Noor de Vries" {
			t.Errorf("%s reads %+v", who, e)
		}
	}
	if got := l.acts(noor)[0]; got != "Bea van de Balie: end_mandate pay" {
		t.Errorf("the desk's log says %q", got)
	}
	// Meanwhile ended: it says so, and nothing is logged.
	old.Send().WantsAt(l.at(noor)).Wants(http.StatusOK, "Dat kan nu niet meer.")
	if n := len(l.log(noor)); n != 3 {
		t.Errorf("%d lines in the log", n)
	}
}

func TestAMandateOfAnotherCardIsNotFound(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	p := l.staff("bea").Get(l.at(noor))
	form := p.Form("Beëindigen")
	theirs := strings.Replace(form.Action, l.at(noor), l.at(willem), 1)
	notFound := p.Post(theirs, nil).Wants(http.StatusNotFound).Main()
	for _, path := range []string{
		l.at(noor) + "/machtiging/9999/beeindigen", l.at(noor) + "/machtiging/0/beeindigen", l.at(noor) + "/machtiging/x/beeindigen",
		l.at(noor) + "/machtiging/-1/beeindigen", l.at(noor) + "/machtiging/99999999999999999999/beeindigen", "/balie/pas/9999/machtiging/1/beeindigen",
	} {
		if got := p.Post(path, nil).Wants(http.StatusNotFound).Main(); got != notFound {
			t.Errorf("%s says %q, not %q", path, got, notFound)
		}
	}
	if len(l.relations(noor)[0].Acts) != 1 {
		t.Error("it was ended")
	}
}

func TestAWaitingRequestIsTheHoldersToAnswer(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	born := l.mustCard(sem).BirthDate
	must(t, l.book.Apply(t.Context(), mandate.Application{
		Starter: l.holder(marieke), Side: mandate.Grantee, Number: l.holder(sem).Number, Born: born,
		Scopes: []mandate.Scope{mandate.Pay}, Address: "127.0.0.1",
	}))
	b := l.staff("bea")
	p := b.Get(l.at(sem)).Wants(http.StatusOK, "Marieke de Vries mag betalen voor Sem de Vries, als dat wordt bevestigd",
		"op antwoord van Sem de Vries", "Wacht op antwoord")
	for _, name := range []string{"Bevestigen", "Beëindigen"} {
		if len(p.Buttons(name)) > 0 {
			t.Errorf("staff can press %s", name)
		}
	}
	// Who asked sees only what they typed, also on the desk's screen.
	b.Get(l.at(marieke)).Wants(http.StatusOK, "pas "+sem).Lacks("Sem de Vries")
}

func TestStaffMakeAMandateBetweenTwoCards(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	// Grandmother has no birth date: it cannot be asked for at home.
	p := b.Get(l.at(marieke)).Follow("Machtiging maken").WantsAt(l.at(marieke) + "/machtiging")
	p.Form("Machtiging maken").Set("nummer", "2000 1000 0000 87").Set("scope", "renew", "pay").Set("present", "yes").Send().
		WantsAt(l.at(marieke)).Wants(http.StatusOK, "De machtiging geldt nu.",
		"Marieke de Vries mag verlengen voor Oma Zonder Datum", "Marieke de Vries mag betalen voor Oma Zonder Datum")
	for _, who := range []string{marieke, oma} {
		if got := l.acts(who)[0]; got != "Bea van de Balie: link renew pay" {
			t.Errorf("the desk's log of %s says %q", who, got)
		}
		log := l.log(who)
		if len(log) != 4 || log[0].Staff != "Bea van de Balie" || log[0].Deed != mandate.Deed(mandate.Confirm) {
			t.Errorf("%s reads %+v", who, log)
		}
	}
	// The other way round, for a while.
	p = b.Get(l.at(sem) + "/machtiging")
	p.Form("Machtiging maken").Set("nummer", marieke).Set("side", "grantor").Set("scope", "pay").Set("months", "6").Set("present", "yes").Send().
		WantsAt(l.at(sem)).Wants(http.StatusOK, "Marieke de Vries mag betalen voor Sem de Vries", "tot en met 24 mei 2027")
	b.Get(l.at(marieke)).Wants(http.StatusOK, "De Gruffalo")
}

func TestAMandateThatExistsIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	form := l.staff("bea").Get(l.at(marieke)+"/machtiging").Form("Machtiging maken").
		Set("nummer", noor).Set("scope", "pay").Set("present", "yes")
	form.Send().Wants(http.StatusUnprocessableEntity, "Deze machtiging is er al.")
	if n := len(l.relations(noor)); n != 1 {
		t.Errorf("%d mandates", n)
	}
}

func TestTheFormForAMandateNamesAllThatIsMissing(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	p := l.staff("bea").Get(l.at(marieke) + "/machtiging")
	empty := p.Form("Machtiging maken").Set("side").Set("months").Send().Wants(http.StatusUnprocessableEntity)
	empty.WantsLabels(".form-errors li", "Vul het nummer in dat op de pas staat. Het heeft 1 tot 32 tekens.", "Maak een keuze uit de lijst.",
		"Kies Verlengen, Betalen of allebei.", "Maak een keuze uit de lijst.",
		"Vink aan dat beide houders aan de balie staan. Anders kan het niet hier: dan vraagt een van de twee het zelf aan.")
	for _, a := range empty.Find(".form-errors a").EachIter() {
		if href, _ := a.Attr("href"); empty.Find(href).Length() != 1 {
			t.Errorf("%s leads nowhere", href)
		}
	}
	good := p.Form("Machtiging maken").Set("nummer", noor).Set("scope", "pay").Set("present", "yes")
	for name, f := range map[string]webtest.Form{
		"own card":     good.Set("nummer", marieke),
		"unknown card": good.Set("nummer", "123"),
		"number":       good.Set("nummer", strings.Repeat("1", 33)),
		"emoji":        good.Set("nummer", "🙂"),
		"right left":   good.Set("nummer", "\u202E123"),
		"html":         good.Set("nummer", "<script>alert(1)</script>"),
		"sql":          good.Set("nummer", "'; DROP TABLE cards; --"),
		"side":         good.Set("side", "both"),
		"scope":        good.Set("scope", "details"),
		"months":       good.Set("months", "7"),
		"months text":  good.Set("months", "<b>"),
		"not present":  good.Set("present", "no"),
		"control":      good.Set("nummer", "12\x003"),
		"long":         good.Set("nummer", strings.Repeat("1", 3000)),
	} {
		if q := f.Send().Wants(http.StatusUnprocessableEntity).Lacks("<script>alert"); len(q.Find("main").Text()) == 0 {
			t.Errorf("%s: an empty page", name)
		}
	}
	kept := good.Set("nummer", "123").Set("scope", "renew").Set("months", "12").Set("side", "grantor").Send().Wants(http.StatusUnprocessableEntity)
	if got := kept.Form("Machtiging maken").Fields; got.Get("nummer") != "123" || got.Get("scope") != "renew" || got.Get("months") != "12" ||
		got.Get("side") != "grantor" || got.Get("present") != "yes" {
		t.Errorf("what was typed became %v", got)
	}
	good.Set("csrf_token", "nee").Send().Wants(http.StatusForbidden)
	if n := len(l.relations(marieke)); n != 0 {
		t.Errorf("%d mandates were made", n)
	}
	if slices.ContainsFunc(l.acts(marieke), func(s string) bool { return strings.Contains(s, "link") }) {
		t.Error("it was logged")
	}
}
