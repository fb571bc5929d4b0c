package member_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/mandate"
)

func TestFeesPerNameOrTogether(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	s.link(marieke, sem, mandate.Pay)
	s.link(marieke, willem, mandate.Pay)
	s.link(marieke, noor, mandate.Renew)
	mine := b.Get("/betalen").Wants(http.StatusOK, "Reservering Het smelt", "Totaal van alle passen samen: € 5,25")
	mine.WantsLabels(".tabs__label", "Mijzelf", "Sem de Vries", "Willem Jansen", "Samen betalen").Lacks("Kapot gemaakt")
	if n := mine.Find(`input[name="kosten"]`).Length(); n != 1 {
		t.Errorf("%d boxes", n)
	}
	all := b.Get("/betalen/samen").Wants(http.StatusOK, "Reservering Het smelt", "Kapot gemaakt", "Reservering De avonden", "Totaal € 5,25")
	if n := all.Find(`input[name="kosten"][checked]`).Length(); n != 4 {
		t.Errorf("%d ticked boxes", n)
	}
	all.WantsLabels(".group-title .person__name", "Mijzelf", "Sem de Vries", "Willem Jansen")
}

func TestPayTogetherOnceAndForAll(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b, child := s.enter(t, marieke), s.enter(t, sem)
	s.link(marieke, sem, mandate.Pay)
	all := b.Get("/betalen/samen")
	form := all.Form("Betalen")
	boxes := form.Fields["kosten"]
	if len(boxes) != 3 {
		t.Fatalf("%d boxes", len(boxes))
	}
	form = form.Set("kosten", boxes[:2]...)
	bank, twice := form.Send(), form.Send()
	if bank.URL.String() != twice.URL.String() {
		t.Errorf("a double click makes two payments: %s and %s", bank.URL, twice.URL)
	}
	if !strings.HasPrefix(bank.URL.Path, "/testbank/") {
		t.Fatalf("not at the bank but at %s: %s", bank.URL, bank.Text())
	}
	// What is being paid is held, for whoever looks.
	b.Get("/betalen/samen").Wants(http.StatusOK, "Je bent dit aan het betalen. Dat kan nog tot 12:15.", "Ga verder met betalen")
	child.Get("/betalen").Wants(http.StatusOK, "Marieke de Vries is dit nu aan het betalen. Dat kan nog tot 12:15.")
	done := bank.Press("Betaald").Wants(http.StatusOK, "Betaald", "Dank je wel", "€ 1,50", "Mijzelf", "Sem de Vries")
	done.Lacks("Verder naar de bank", "Stoppen met betalen")
	b.Get("/betalen/samen").Wants(http.StatusOK, "Betaald, wordt verwerkt", "Kapot gemaakt", "Totaal € 2,50")
	b.Get("/betalingen").Wants(http.StatusOK, "Betaald", "Mijzelf en Sem de Vries", "€ 1,50")
	child.Get("/relaties/logboek").Wants(http.StatusOK, "Marieke de Vries betaalde € 0,50 voor jou")
	// The form once more: the same payment, nothing doubled.
	again := form.Send()
	if again.URL.Path != done.URL.Path {
		t.Errorf("sent again leads to %s", again.URL.Path)
	}
	if n := len(b.Get("/betalingen").Labels("tbody tr")); n != 1 {
		t.Errorf("%d payments", n)
	}
}

func TestAPaymentSaysHowItStands(t *testing.T) {
	t.Parallel()
	for button, says := range map[string]string{
		"Mislukt": "Het betalen is niet gelukt", "Geannuleerd": "De betaling is geannuleerd", "Verlopen": "De tijd om te betalen is voorbij",
	} {
		t.Run(button, func(t *testing.T) {
			t.Parallel()
			s := open(t, aHousehold())
			b := s.enter(t, marieke)
			b.Get("/betalen").Press("Betalen").Press(button).Wants(http.StatusOK, says, "Er is niets betaald").
				Follow("Probeer opnieuw").Wants(http.StatusOK, "Totaal € 1,00")
		})
	}
}

func TestAnOpenPaymentCanBeGoneOnWithOrStopped(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	b.Get("/betalen").Press("Betalen")
	at := b.Get("/betalen").Follow("Ga verder met betalen").Wants(http.StatusOK, "nog niet klaar", "tot 12:15")
	if bank := at.Follow("Verder naar de bank"); !strings.HasPrefix(bank.URL.Path, "/testbank/") {
		t.Errorf("going on leads to %s", bank.URL.Path)
	}
	at.Press("Stoppen met betalen").Wants(http.StatusOK, "De betaling is geannuleerd", "Er is niets betaald")
	b.Get("/betalen").Wants(http.StatusOK, "Totaal € 1,00")
	// A payment that was left lying is free again after a while.
	b.Get("/betalen").Press("Betalen")
	s.clock.Pass(16 * time.Minute)
	if _, err := s.cashier.AskWaiting(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.Get("/betalen").Wants(http.StatusOK, "Totaal € 1,00").Lacks("aan het betalen")
}

func TestAForeignPaymentIsNotFound(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b, other := s.enter(t, marieke), s.enter(t, fatima)
	b.Get("/betalen").Press("Betalen")
	mine := b.Get("/betalen").Follow("Ga verder met betalen")
	missing := other.Get("/betaling/424242").Wants(http.StatusNotFound)
	if at := other.Get(mine.URL.Path); at.Status != http.StatusNotFound || at.Text() != missing.Text() {
		t.Errorf("a foreign payment: %d\n%s", at.Status, at.Text())
	}
	if at := other.Get("/menu").Post(mine.URL.Path+"/stoppen", nil); at.Status != http.StatusNotFound || at.Text() != missing.Text() {
		t.Errorf("stopping a foreign payment: %d\n%s", at.Status, at.Text())
	}
	b.Get(mine.URL.Path).Wants(http.StatusOK, "nog niet klaar")
}

func TestWhoCannotPayIsToldWhyAndTheTicksStay(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	mother, child := s.enter(t, marieke), s.enter(t, sem)
	s.link(marieke, sem, mandate.Pay)
	none := mother.Get("/betalen/samen").Form("Betalen")
	delete(none.Fields, "kosten")
	at := none.Send().Wants(http.StatusUnprocessableEntity, "Kies eerst wat je wilt betalen")
	if n := at.Find(`input[name="kosten"][checked]`).Length(); n != 0 {
		t.Errorf("%d boxes are ticked that were not", n)
	}
	// The child is paying already: the mother is told who and until when.
	late := mother.Get("/betalen/samen").Form("Betalen")
	child.Get("/betalen").Press("Betalen")
	late.Set("key", "ander-formulier").Send().Wants(http.StatusConflict, "Sem de Vries is dit nu aan het betalen. Dat kan nog tot 12:15.")
	// The same form with another choice is an old page.
	form := mother.Get("/betalen").Form("Betalen")
	key := form.Fields.Get("key")
	form.Send()
	mother.Get("/betalen/samen").Post("/betalen", map[string][]string{"key": {key}, "bij": {"samen"}, "kosten": late.Fields["kosten"]}).
		Wants(http.StatusConflict)
}

func TestAFeeThatChangedOrIsGoneIsNotPaid(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b := s.enter(t, marieke)
	form := b.Get("/betalen").Form("Betalen")
	box := form.Fields.Get("kosten")
	parts := strings.SplitN(box, ".", 3)
	form.Set("kosten", parts[0]+".1."+parts[2]).Send().Wants(http.StatusConflict, "Het bedrag is intussen veranderd", "€ 1,00")
	for _, forged := range []string{
		parts[0] + ".100.nooit", "424242.100." + parts[2], "x", "", "1.2", parts[0] + ".-100." + parts[2],
		parts[0] + ".99999999999999999999." + parts[2],
	} {
		form.Set("kosten", forged).Send().Wants(http.StatusNotFound, "Deze kosten staan niet meer open")
	}
	b.Get("/betalingen").Wants(http.StatusOK, "Je hebt hier nog niets betaald")
}

func TestWithoutAProviderThePageSaysWhereToPay(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold(), offline)
	b := s.enter(t, marieke)
	at := b.Get("/betalen").Wants(http.StatusOK, "Reservering Het smelt", "Je betaalt bij de balie")
	if n := len(at.Buttons("Betalen")); n != 0 {
		t.Error("paying is offered")
	}
	at.Post("/betalen", map[string][]string{"key": {"k"}, "kosten": {"1.100.f1"}}).Lacks("testbank")
	b.Get("/betalingen").Wants(http.StatusOK, "nog niets betaald")
}

func TestWhoPaysIsNamedOnlyToWhoMayKnowThem(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	mother, neighbour, child := s.enter(t, marieke), s.enter(t, fatima), s.enter(t, sem)
	s.link(marieke, sem, mandate.Pay)
	s.link(fatima, sem, mandate.Pay)
	late := neighbour.Get("/betalen").Follow("Sem de Vries").Form("Betalen")
	mother.Get("/betalen").Follow("Sem de Vries").Press("Betalen")
	child.Get("/betalen").Wants(http.StatusOK, "Marieke de Vries is dit nu aan het betalen")
	neighbour.Get("/betalen").Follow("Sem de Vries").
		Wants(http.StatusOK, "Iemand anders is dit nu aan het betalen. Dat kan nog tot 12:15.").Lacks("Marieke")
	late.Send().Wants(http.StatusConflict, "Iemand anders is dit nu aan het betalen").Lacks("Marieke")
}
