package desk_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web/webtest"
)

func TestWithoutAnOpenTillNothingIsTaken(t *testing.T) {
	t.Parallel()
	l := shut(t, fees)
	b := l.staff("bea")
	p := b.Get(l.at(marieke)).Wants(http.StatusOK, "Open eerst de kas.", "Aangevinkt: 1 bedrag € 1,50")
	if len(p.Buttons("Contant"))+len(p.Buttons("PIN")) > 0 {
		t.Error("there are buttons that take money")
	}
	// Somebody else's page may still have them.
	form := p.Form("Tel op").Set("middel", "cash")
	form.Send().WantsAt("/balie/kas").Wants(http.StatusOK, "Open eerst de kas.")
	if len(l.payments(marieke)) > 0 {
		t.Error("it was taken")
	}
	// The way to the till leads back to the card.
	opened := p.Follow("Kas openen").WantsAt("/balie/kas").Form("Kas openen").Set("geteld", "100").Send()
	opened.WantsAt(l.at(marieke)).Wants(http.StatusOK, "De kas van Centrum, Balie 1 is open met € 100,00.", "Het geld gaat in de kas van Centrum, Balie 1.")
	opened.Press("Contant").WantsAt("/balie/bon/1")
}

func TestCountingAddsUpNotesAndCoins(t *testing.T) {
	t.Parallel()
	l := shut(t, fees)
	form := l.staff("bea").Get("/balie/kas").Wants(http.StatusOK, "Tel wat er in de la zit.").Form("Tel op").
		Set("stuks-5000", "1").Set("stuks-500", "3").Set("stuks-20", "4").Set("stuks-1", "7")
	added := form.Send().Wants(http.StatusOK)
	again := added.Form("Kas openen")
	if got := again.Fields.Get("geteld"); got != "65,87" || again.Fields.Get("stuks-500") != "3" {
		t.Errorf("it adds up to %q, and keeps %q", got, again.Fields)
	}
	again.Set("geteld", "66").Send().Wants(http.StatusUnprocessableEntity, "Je telde € 65,87, maar je vulde € 66,00 in.")
	again.Set("geteld", "").Send().WantsAt("/balie/kas").Wants(http.StatusOK, "is open met € 65,87", "Kas Centrum, Balie 1")
}

func TestAnAmountIsTypedInEuros(t *testing.T) {
	t.Parallel()
	l := shut(t, fees)
	form := l.staff("bea").Get("/balie/kas").Form("Kas openen")
	for typed, says := range map[string]string{
		"": "Vul een bedrag in.", "tien": "“tien” is geen bedrag. Schrijf het zo: 12,50 of 12.", "-5": "is geen bedrag", "1.250,00": "is geen bedrag",
		"1.250": "is geen bedrag", "12,345": "is geen bedrag", "€ 12": "is geen bedrag", "1e3": "is geen bedrag", "12,": "is geen bedrag",
		"100000": "Dit bedrag kan niet.", "99999999999999999999": "is geen bedrag", "<b>": "“<b>” is geen bedrag",
	} {
		p := form.Set("geteld", typed).Send().Wants(http.StatusUnprocessableEntity, says)
		if got := p.Form("Kas openen").Fields.Get("geteld"); got != typed {
			t.Errorf("%q is kept as %q", typed, got)
		}
	}
	for _, typed := range []string{"-1", "1,5", "x", "100000", "99999999999999999999"} {
		form.Set("stuks-1000", typed).Set("geteld", "1").Send().Wants(http.StatusUnprocessableEntity, "“"+typed+"” is geen aantal.")
	}
	for typed, wants := range map[string]string{"12,50": "€ 12,50", "12.50": "€ 12,50", " 12 ": "€ 12,00", "0": "€ 0,00"} {
		m := shut(t, fees)
		m.staff("bea").Get("/balie/kas").Form("Kas openen").Set("geteld", typed).Send().Wants(http.StatusOK, "is open met "+wants)
	}
}

func TestADeskIsChosenWhereThereAreSeveral(t *testing.T) {
	t.Parallel()
	l := shut(t, fees)
	second := till.Place{Branch: "Centrum", Desk: "Balie 2"}
	l.drawer.Places = append(l.drawer.Places, second)
	bea, bart := l.staff("bea"), l.staff("bart")
	form := bea.Get("/balie/kas").Form("Kas openen").Set("geteld", "50")
	form.Send().Wants(http.StatusUnprocessableEntity, "Kies een balie.")
	form.Set("plek", "Kelder/Balie").Send().Wants(http.StatusUnprocessableEntity, "Kies een balie.")
	form.Set("plek", second.String()).Send().Wants(http.StatusOK, "Kas Centrum, Balie 2")
	bea.Get(l.at(marieke)).Press("PIN").WantsAt("/balie/bon/1").Wants(http.StatusOK, "Balie Centrum, Balie 2")

	// Another staff member works with it, or opens the other one.
	p := bart.Get("/balie/kas").Wants(http.StatusOK, "Kassen die open zijn", "Open sinds 24 november 2026, 12:00, geopend door Bea van de Balie")
	p.Press("Hier werken", "Centrum, Balie 2").WantsAt("/balie/kas").Wants(http.StatusOK, "Je werkt nu met de kas van Centrum, Balie 2.")
	bart.Get(l.at(sem)).Press("Contant").Wants(http.StatusOK, "Balie Centrum, Balie 2")
	bart.Get("/balie/kas").Follow("Andere balie").Form("Kas openen").Set("geteld", "10").Send().Wants(http.StatusOK, "Kas Centrum, Balie 1")
	// What was opened under somebody's eyes is told, not opened twice.
	form.Set("plek", place.String()).Send().Wants(http.StatusConflict, "Deze kas is al open. Bart Bos opende hem om 12:00.")
	// After a new log-in the desk is where one opened it.
	l.staff("bart").Get("/balie/kas").Wants(http.StatusOK, "Kas Centrum, Balie 1")
	l.staff("bea").Get("/balie/kas").Wants(http.StatusOK, "Kas Centrum, Balie 2")
	bea.Get("/balie/kas").Post("/balie/kas/balie", map[string][]string{"plek": {"Kelder/Balie"}}).Wants(http.StatusNotFound)
}

func TestADayAtTheTill(t *testing.T) {
	t.Parallel()
	l := shut(t, fees).household()
	b := l.staff("bea")
	b.Get("/balie/kas").Form("Kas openen").Set("geteld", "100").Send()
	card := b.Get(l.at(marieke))
	boxes := card.Form("Tel op").Fields["kosten"]
	card.Form("Contant").Set("kosten", boxes[0], boxes[1]).Send().Wants(http.StatusOK, "€ 5,75 ontvangen, contant.")
	b.Get(l.at(sem)).Press("PIN").Wants(http.StatusOK, "€ 12,50 ontvangen, met PIN.")

	kas := b.Get("/balie/kas")
	out := kas.Form("Vastleggen").Set("richting", "cash_out").Set("bedrag", "60").Set("reden", "naar de kluis")
	out.Send().WantsAt("/balie/kas").Wants(http.StatusOK, "Vastgelegd: € 60,00 uit de kas.", "Hoort er te zijn € 45,75 € 12,50", "naar de kluis")
	out.Send().Wants(http.StatusOK, "Hoort er te zijn € 45,75 € 12,50") // a double click
	for field, c := range map[string]struct{ value, says string }{
		"richting": {"", "Kies of het geld de kas in gaat of eruit."}, "bedrag": {"veel", "“veel” is geen bedrag."}, "reden": {" ", "Schrijf waarom"},
	} {
		p := kas.Form("Vastleggen").Set("richting", "cash_in").Set("bedrag", "5").Set("reden", "wisselgeld").Set(field, c.value).Send()
		p.Wants(http.StatusUnprocessableEntity, c.says)
	}
	kas.Form("Vastleggen").Set("richting", "cash_out").Set("bedrag", "45,80").Set("reden", "x").Set("key", "nieuw").Send().
		Wants(http.StatusUnprocessableEntity, "Zoveel zit er niet in de kas. Er hoort nu € 45,75 in te zitten.")

	count := b.Get("/balie/kas").Follow("Kas sluiten").WantsAt("/balie/kas/sluiten").Form("Verder")
	count.Send().Wants(http.StatusUnprocessableEntity, "Vul een bedrag in.")
	check := count.Set("geteld", "45,70").Set("pin", "12,50").Send().Wants(http.StatusOK,
		"Er is een verschil.", "Contant € 45,75 € 45,70 € 0,05 te weinig", "PIN € 12,50 € 12,50 Geen verschil")
	if desks, err := l.drawer.Desks(t.Context()); err != nil || !desks[0].IsOpen() {
		t.Fatalf("looking at the difference closed the till: %+v, %v", desks, err)
	}
	back := check.Press("Opnieuw tellen").Wants(http.StatusOK).Form("Verder")
	if back.Fields.Get("geteld") != "45,70" || back.Fields.Get("pin") != "12,50" {
		t.Errorf("counting again begins with %v", back.Fields)
	}
	check.Press("Kas sluiten").Wants(http.StatusUnprocessableEntity, "Er is een verschil. Schrijf op wat je erover weet.", "€ 0,05 te weinig")

	// Money that comes meanwhile is seen first.
	l.staff("bart").Get(l.at(willem)).Press("Contant").Wants(http.StatusOK)
	count.Set("geteld", "45,70").Set("pin", "100000").Send().Wants(http.StatusUnprocessableEntity, "Dit bedrag kan niet.")
	count.Set("stuks-10000", "1000").Set("pin", "1").Send().Wants(http.StatusUnprocessableEntity, "Dit bedrag kan niet.")
	final := check.Form("Kas sluiten").Set("opmerking", "stuiver kwijt")
	final.Send().Wants(http.StatusConflict, "Er is intussen geld ontvangen of teruggegeven in deze kas.", "Contant € 57,75 € 45,70")
	check = count.Set("geteld", "57,70").Set("pin", "12,50").Send()
	final = check.Form("Kas sluiten").Set("opmerking", "stuiver kwijt")
	report := final.Send().WantsAt("/balie/kas/1").Wants(http.StatusOK, "De kas van Centrum, Balie 1 is gesloten.", "Kasdienst 1",
		"stuiver kwijt", "Geteld bij het openen € 100,00", "Ontvangen, 2 betalingen € 17,75", "Uit de kas gehaald € -60,00",
		"Hoort er te zijn € 57,75", "Geteld € 57,70", "€ 0,05 te weinig", "Ontvangen, 1 betaling € 12,50", "Volgens het pinapparaat € 12,50",
		"naar de kluis")
	if report.Find(".receipt").Length() != 1 {
		t.Error("the report is not made for paper")
	}
	final.Send().WantsAt("/balie/kas/1").Wants(http.StatusOK) // a double click
	b.Get("/balie/kas").Wants(http.StatusOK, "Kas openen", "Eerdere kasdiensten", "€ 0,05 te weinig Geen verschil").Follow("Overzicht").WantsAt("/balie/kas/1")
	b.Get(l.at(fatima)).Wants(http.StatusOK, "Er staat niets open.").Lacks("Open eerst de kas.")

	// The next day begins with what was left.
	b.Get("/balie/kas").Form("Kas openen").Set("geteld", "60").Send().
		Wants(http.StatusOK, "Bij het sluiten zat er € 57,70 in. Het verschil is geboekt: € 2,30 te veel.")
}

func TestTwoWhoCloseTheTillCloseItOnce(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	bea, bart := l.staff("bea"), l.staff("bart")
	check := func(b *webtest.Browser) webtest.Form {
		return b.Get("/balie/kas/sluiten").Form("Verder").Set("geteld", "100").Set("pin", "0").Send().
			Wants(http.StatusOK, "Het klopt. Je kunt de kas sluiten.").Form("Kas sluiten")
	}
	first, second := check(bea), check(bart)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := first.Try(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	second.Send().WantsAt("/balie/kas").Wants(http.StatusOK, "Open eerst de kas.")
	past, err := l.drawer.Past(t.Context(), till.Place{}, 10)
	must(t, err)
	if len(past) != 1 || past[0].ClosedBy != "Bea van de Balie" {
		t.Errorf("the shifts are %+v", past)
	}
	// It never closes the next shift.
	bea.Get("/balie/kas").Form("Kas openen").Set("geteld", "100").Send().Wants(http.StatusOK)
	second.Send().WantsAt("/balie/kas")
	if desks, err := l.drawer.Desks(t.Context()); err != nil || !desks[0].IsOpen() {
		t.Errorf("an old form closed the next shift: %+v, %v", desks, err)
	}
}

func TestMorePaidBackByPINThanTaken(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	b.Get(l.at(marieke)).Press("Contant").Follow("Terugbetalen").Form("Nu terugbetalen").
		Set("regel", "0").Set("middel", "pin").Set("reden", "dubbel").Send().Wants(http.StatusOK, "Geef € 1,50 terug met het pinapparaat.")
	check := b.Get("/balie/kas/sluiten").Form("Verder").Set("geteld", "101,50").Set("pin", "-1,50").Send()
	check.Wants(http.StatusOK, "Het klopt.").Press("Kas sluiten").Wants(http.StatusOK, "Volgens het pinapparaat € -1,50")
}

func TestCashIsRoundedOnTheReceipt(t *testing.T) {
	t.Parallel()
	l := open(t, strings.Replace(fees, "Het smelt,1.50", "Het smelt,1.48", 1))
	b := l.staff("bea")
	card := b.Get(l.at(marieke)).Wants(http.StatusOK, "Aangevinkt: 1 bedrag € 1,48", "Contant, afgerond: € 1,50")
	card.Press("Contant").Wants(http.StatusOK, "€ 1,50 ontvangen, contant.", "Bon Centrum 2026-000001", "Totaal betaald € 1,48",
		"Afronding € 0,02", "Ontvangen € 1,50")
	b.Get("/balie/kas").Wants(http.StatusOK, "Hoort er te zijn € 101,50", "Afronden van contant geld leverde € 0,02 op.")
	b.Get("/balie/vandaag").Wants(http.StatusOK, "Contant 1 € 1,50")
	// By PIN nothing is rounded.
	m := open(t, strings.Replace(fees, "Het smelt,1.50", "Het smelt,1.48", 1))
	m.staff("bea").Get(m.at(marieke)).Press("PIN").Wants(http.StatusOK, "€ 1,48 ontvangen, met PIN.").Lacks("Afronding")
}

func TestTheTillIsInTheDesksLog(t *testing.T) {
	t.Parallel()
	l := shut(t, fees)
	b := l.staff("bea")
	b.Get("/balie/kas").Form("Kas openen").Set("geteld", "100").Send()
	b.Get(l.at(marieke)).Press("Contant").Follow("Terugbetalen").Form("Nu terugbetalen").
		Set("regel", "0").Set("middel", "cash").Set("reden", "dubbel").Send()
	b.Get(l.at(marieke)).Wants(http.StatusOK, "€ 1,50 terugbetaald (Contant)")
	if got := l.acts(marieke); !slices.Equal(got, []string{
		"Bea van de Balie: refund cash 1.50", "Bea van de Balie: pay cash 1.50", "Bea van de Balie: find",
	}) {
		t.Errorf("the desk's log says %q", got)
	}
	if p := l.payments(marieke)[0]; p.State != payment.Refunded {
		t.Errorf("the payment is %s", p.State)
	}
}

func TestNoSuchShiftIsNoPage(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	for _, path := range []string{"/balie/kas/99", "/balie/kas/0", "/balie/kas/x", "/balie/kas/openen", "/balie/kas/geld", "/balie/kas/balie"} {
		b.Get(path).Wants(http.StatusNotFound)
	}
	webtest.Open(t, l.site).Get("/balie/kas").WantsAt("/balie/inloggen")
	webtest.Open(t, l.site).Get("/balie/kas/1").WantsAt("/balie/inloggen")
}
