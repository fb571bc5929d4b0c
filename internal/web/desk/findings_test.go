package desk_test

import (
	"net/http"
	"strings"
	"testing"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/web/webtest"
)

// finds puts something on the list that somebody has to look at.
func (l *library) finds(f payment.Finding) payment.Finding {
	l.t.Helper()
	f.FoundAt = l.clock.Now()
	kept, err := l.cashier.Store.AddFinding(l.t.Context(), f)
	must(l.t, err)
	return kept
}

func TestEveryFindingSaysWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	b.Get("/balie/aandacht").Wants(http.StatusOK, "Er is niets dat aandacht vraagt")
	for _, kind := range payment.FindingKinds {
		l.finds(payment.Finding{Kind: kind, About: "x", Provider: "bank", Ref: "tr_<b>7</b>", Amount: 1234, Detail: "12.34 USD"})
	}
	for _, lang := range []string{"nl", "en"} {
		at := b.Get("/balie/taal/"+lang+"?naar=/balie/aandacht").Wants(http.StatusOK, "tr_<b>7</b>", "12.34 USD")
		soundPage(t, at, lang)
		if n := at.Find("h2.card__title").Length(); n != len(payment.FindingKinds) {
			t.Errorf("%s: %d findings", lang, n)
		}
		seen := map[string]bool{}
		for _, s := range at.Find("h2.card__title").EachIter() {
			if seen[s.Text()] {
				t.Errorf("%s: two kinds are called %q", lang, s.Text())
			}
			seen[s.Text()] = true
		}
	}
	b.Get("/balie/taal/nl")
	b.Get("/balie").Wants(http.StatusOK, "Aandacht (14)")
}

func TestAFindingIsSettledOnceWithWhatWasDone(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b, other := l.staff("bea"), l.staff("bart")
	f := l.finds(payment.Finding{Kind: payment.FoundUnknown, About: "x", Provider: "bank", Ref: "tr_7", Amount: 500, Detail: "fee.settled"})
	form := b.Get("/balie/aandacht").Wants(http.StatusOK, "Een betaling die wij niet kennen", "€ 5,00", "Deze kosten zijn al betaald").Form("Afgehandeld")
	if n := len(b.Get("/balie/aandacht").Buttons("Afboeken en afgehandeld")); n != 0 {
		t.Error("nothing can be written off, and the button is there")
	}
	again := form.Set("gedaan-1", "   ").Send().Wants(http.StatusUnprocessableEntity, "Schrijf op wat je deed")
	if !again.Find(".field--invalid input").Is("#veld-gedaan-1") {
		t.Errorf("the fault is not at its field: %s", again.Text())
	}
	long := strings.Repeat("é", 600)
	if got := form.Set("gedaan-1", long).Send().Wants(http.StatusUnprocessableEntity).Find("#veld-gedaan-1").AttrOr("value", ""); got != long {
		t.Errorf("what was typed is lost: %q", got)
	}
	form.Set("gedaan-1", "Teruggestuurd bij de bank <b>").Send().
		Wants(http.StatusOK, "Afgehandeld: Een betaling die wij niet kennen.", "Er is niets dat aandacht vraagt", "Bea van de Balie", "Teruggestuurd bij de bank <b>").
		WantsAt("/balie/aandacht").Lacks("Aandacht (1)")
	other.Get("/balie/aandacht")
	form.Set("gedaan-1", "nog eens").Send().Wants(http.StatusOK, "Dit punt was al afgehandeld").Lacks("nog eens")
	for _, path := range []string{"/balie/aandacht/0", "/balie/aandacht/x"} {
		b.Get("/balie").Post(path, nil).Wants(http.StatusNotFound)
	}
	if past, err := l.cashier.Findings(t.Context(), false, 10); err != nil || len(past) != 1 || past[0].ID != f.ID || past[0].SettledBy != "Bea van de Balie" {
		t.Errorf("settled: %+v, %v", past, err)
	}
	out := webtest.Open(t, l.site)
	out.Get("/balie/aandacht").WantsAt("/balie/inloggen")
}

func TestWhatTheLibrarySystemRefusesIsPaidBackOrWrittenOff(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	b.Get(l.at(marieke)).Press("Contant")
	l.bring(cards, without(fees, marieke)) // the library took the fee away meanwhile
	past, err := l.cashier.Receipt(t.Context(), 1)
	must(t, err)
	must(t, l.cashier.Deliver(t.Context(), past.ID))
	at := b.Get("/balie/aandacht").Wants(http.StatusOK, "neemt een betaling niet aan", "Betaling 1 van Marieke de Vries", "Nog voor de betaler", "€ 1,50")
	at.Follow("Betaling 1 van Marieke de Vries").WantsAt("/balie/bon/1")
	at.Follow("Terugbetalen").WantsAt("/balie/bon/1/terug")
	at.Form("Afboeken en afgehandeld").Set("gedaan-1", "Komt niet meer").Send().
		Wants(http.StatusOK, "Afgeboekt en afgehandeld: Het bibliotheeksysteem neemt een betaling niet aan.")
	made, err := l.cashier.Receipt(t.Context(), past.ID)
	must(t, err)
	if made.Owed() != 0 || len(made.Refunds) != 1 || made.Refunds[0].Means != payment.WriteOff {
		t.Errorf("owed is %s, refunds are %+v", made.Owed(), made.Refunds)
	}
	b.Get(l.at(marieke)).Wants(http.StatusOK, "Aandachtspunt afgehandeld")
}
