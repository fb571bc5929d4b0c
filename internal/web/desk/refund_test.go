package desk_test

import (
	"net/http"
	"slices"
	"testing"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web/webtest"
)

func TestPartOfAPaymentIsPaidBackWithAReason(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	b := l.staff("bea")
	receipt := b.Get(l.at(marieke)).Press("Contant")
	form := receipt.Follow("Terugbetalen").WantsAt("/balie/bon/1/terug").Wants(http.StatusOK, "Bon Centrum 2026-000001", "Aangevinkt: 0 bedragen € 0,00").
		Form("Nu terugbetalen")
	form.Send().Wants(http.StatusUnprocessableEntity, "Kies hoe je het geld teruggeeft.", "Schrijf")
	form.Set("middel", "cash").Set("reden", "was al ingeleverd").Send().Wants(http.StatusUnprocessableEntity)
	form = form.Set("regel", "1", "2").Set("middel", "cash").Set("reden", "was al ingeleverd")
	counted := form.Set("stap").Send().Wants(http.StatusOK, "Aangevinkt: 2 bedragen € 6,75")
	if len(l.refunds(marieke)) > 0 {
		t.Fatal("adding up paid back")
	}
	slip := counted.Press("Nu terugbetalen").WantsAt("/balie/bon/1/terug/1").Wants(http.StatusOK, "Geef € 6,75 contant terug.",
		"Terugbetaling, bon Centrum 2026-000002", "Terug aan Marieke de Vries", "Hoort bij Bon Centrum 2026-000001",
		"Reden was al ingeleverd", "Terugbetaald € 6,75", "Geholpen door Bea van de Balie")
	slip.WantsLabels(".receipt h2", "Noor de Vries", "Sem de Vries")
	slip.Follow("Naar de bon van de betaling").WantsAt("/balie/bon/1").Wants(http.StatusOK, "Terugbetaald. Daarna stond dit weer open.",
		"Terugbetaald, contant Centrum 2026-000002", "€ -6,75", "Totaal betaald € 18,25").Follow("Terugbetaling, bon Centrum 2026-000002")
	b.Get(l.at(marieke)).Wants(http.StatusOK, "Deels terugbetaald", "€ 6,75 terugbetaald (Contant)")
	b.Get("/balie/kas").Wants(http.StatusOK, "Hoort er te zijn € 111,50")

	// What went back cannot go back again.
	form.Send().WantsAt("/balie/bon/1/terug/1") // the same form, sent twice
	form.Set("key", "nieuw").Send().Wants(http.StatusConflict, "terug")
	if got := l.refunds(marieke); !slices.Equal(got, []money.Cents{675}) {
		t.Errorf("paid back %v", got)
	}
	// The rest: then nothing is left.
	p := b.Get("/balie/bon/1/terug")
	if n := p.Find("input[name=regel]:not([disabled])").Length(); n != 2 {
		t.Errorf("%d lines can go back", n)
	}
	p.Form("Nu terugbetalen").Set("regel", "0", "3").Set("middel", "pin").Set("reden", "alles terug").Send().Wants(http.StatusOK, "Terugbetaald € 11,50")
	b.Get("/balie/bon/1").Wants(http.StatusOK).Lacks("/balie/bon/1/terug\"")
	b.Get("/balie/bon/1/terug").Wants(http.StatusOK, "Er is niets meer terug te betalen.")
	b.Get(l.at(marieke)).Wants(http.StatusOK, "Terugbetaald")
}

// refunds are what was paid back of a card's payments.
func (l *library) refunds(number string) []money.Cents {
	l.t.Helper()
	var all []money.Cents
	for _, p := range l.payments(number) {
		for _, r := range p.Refunds {
			all = append(all, r.Amount)
		}
	}
	return all
}

func TestWhatWasPaidOnlineGoesBackThroughTheBankOrOverTheDesk(t *testing.T) {
	t.Parallel()
	l := shut(t, fees)
	own := mandate.Own(mandate.Actor{Holder: l.holder(sem)})
	started, err := l.cashier.Start(t.Context(), payment.Wish{
		Actor: own.Actor(), Choices: []payment.Choice{{Permit: own, Fees: feeIDs("s1", "s2")}}, Expected: 1250, Key: "sem", Language: "nl",
	})
	must(t, err)
	b := l.staff("bea")
	b.Get("/balie/bon/1").Wants(http.StatusNotFound)
	b.Get("/balie/bon/1/terug").Wants(http.StatusNotFound)
	l.bank.pay(started.Ref, 1250)
	must(t, l.cashier.Heard(t.Context(), "bank", started.Ref))

	p := b.Get("/balie/bon/1").Wants(http.StatusOK, "Bon Online 2026-000001", "Manier Online").Follow("Terugbetalen").
		Wants(http.StatusOK, "Contant en PIN kan pas als de kas open is.")
	form := p.Form("Nu terugbetalen").Set("reden", "dubbel betaald")
	form.Set("regel", "0").Set("middel", "cash").Send().Wants(http.StatusConflict)
	form.Set("regel", "0").Set("middel", "cheque").Send().Wants(http.StatusUnprocessableEntity, "Kies hoe je het geld teruggeeft.")
	form.Set("regel", "0").Set("middel", "online").Send().WantsAt("/balie/bon/1/terug/1").
		Wants(http.StatusOK, "€ 2,50 gaat via de bank terug naar de betaler.", "Wordt naar de bank gestuurd")
	// The way to the till leads back.
	opened := b.Get("/balie/bon/1/terug").Follow("Kas openen").Form("Kas openen").Set("geteld", "100").Send().WantsAt("/balie/bon/1/terug")
	opened.Form("Nu terugbetalen").Set("regel", "1").Set("middel", "cash").Set("reden", "kapot boek gevonden").Send().
		Wants(http.StatusOK, "Terugbetaling, bon Centrum 2026-000001", "€ 10,00")
	if got := l.refunds(sem); !slices.Equal(got, []money.Cents{250, 1000}) {
		t.Errorf("paid back %v", got)
	}
}

func TestWhatTheBankTookIsTakenOffWhatIsPaidBack(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	own := mandate.Own(mandate.Actor{Holder: l.holder(sem)})
	started, err := l.cashier.Start(t.Context(), payment.Wish{
		Actor: own.Actor(), Choices: []payment.Choice{{Permit: own, Fees: feeIDs("s1", "s2")}}, Expected: 1250, Key: "sem", Language: "nl",
	})
	must(t, err)
	b := l.staff("bea")
	l.bank.pay(started.Ref, 1250)
	l.bank.mu.Lock()
	l.bank.took = 900
	l.bank.mu.Unlock()
	must(t, l.cashier.Heard(t.Context(), "bank", started.Ref))

	if n := len(b.Get("/balie/aandacht").Buttons("Afboeken en afgehandeld")); n != 1 {
		t.Errorf("%d buttons to write off what the bank took", n)
	}
	form := b.Get("/balie/bon/1/terug").Wants(http.StatusOK, "Al eerder terug", "€ -9,00").Form("Nu terugbetalen").
		Set("middel", "cash").Set("reden", "boek gevonden")
	form.Set("regel", "0").Send().Wants(http.StatusConflict, "Er is niets om terug te betalen.") // 2.50
	form.Set("regel", "0", "1").Set("stap").Send().Wants(http.StatusOK, "€ 3,50")
	form.Set("regel", "0", "1").Set("stap", "terug").Send().Wants(http.StatusOK, "Geef € 3,50 contant terug.", "Al eerder terug", "Terugbetaald € 3,50")
	b.Get("/balie/bon/1").Wants(http.StatusOK).Lacks("/balie/bon/1/terug\"")
	if n := len(b.Get("/balie/aandacht").Buttons("Afboeken en afgehandeld")); n != 0 {
		t.Error("what was taken off a refund can be written off as well")
	}
}

func TestMoreThanTheDrawerHoldsIsNotPaidBackInCash(t *testing.T) {
	t.Parallel()
	l := shut(t, fees)
	b := l.staff("bea")
	b.Get("/balie/kas").Form("Kas openen").Set("geteld", "5").Send()
	form := b.Get(l.at(willem)).Press("PIN").Follow("Terugbetalen").Form("Nu terugbetalen").Set("regel", "0").Set("reden", "dubbel")
	form.Set("middel", "cash").Send().Wants(http.StatusUnprocessableEntity, "Zoveel zit er niet in de kas. Er hoort nu € 5,00 in te zitten.")
	form.Set("middel", "pin").Send().Wants(http.StatusOK, "Terugbetaald € 12,00")
}

func TestAFormForARefundThatIsNotOursPaysNothingBack(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	form := b.Get(l.at(marieke)).Press("Contant").Follow("Terugbetalen").Form("Nu terugbetalen").
		Set("regel", "0").Set("middel", "cash").Set("reden", "x")
	form.Set("regel", "1").Send().Wants(http.StatusNotFound)
	form.Set("regel", "-1").Send().Wants(http.StatusNotFound)
	form.Set("regel", "nul").Send().Wants(http.StatusBadRequest)
	form.Set("key", "").Send().Wants(http.StatusUnprocessableEntity)
	form.Set("csrf_token", "nee").Send().Wants(http.StatusForbidden)
	if got := l.refunds(marieke); len(got) > 0 {
		t.Errorf("paid back %v", got)
	}
	for _, path := range []string{"/balie/bon/9/terug", "/balie/bon/x/terug", "/balie/bon/1/terug/1", "/balie/bon/1/terug/x"} {
		b.Get(path).Wants(http.StatusNotFound)
	}
	// The shift was closed while the form was open.
	sum, err := l.drawer.Sum(t.Context(), 1)
	must(t, err)
	_, err = l.drawer.Close(t.Context(), "Bart Bos", 1, till.Count{Cash: sum.Cash, PIN: sum.PIN, ExpectedCash: sum.Cash, ExpectedPIN: sum.PIN})
	must(t, err)
	form.Send().Wants(http.StatusConflict)
	webtest.Open(t, l.site).Get("/balie/bon/1/terug").WantsAt("/balie/inloggen")
}
