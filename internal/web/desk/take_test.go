package desk_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/web/webtest"
)

func TestTheHouseholdIsPaidInOnePaymentWithOneReceipt(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	b := l.staff("bea")
	p := b.Get("/balie").Form("Zoeken").Set("zoek", marieke).Send()
	p.Wants(http.StatusOK, "Aangevinkt: 4 bedragen € 18,25")
	if ticked := p.Find("main input[name=kosten][checked]").Length(); ticked != 4 {
		t.Errorf("%d boxes are ticked", ticked)
	}
	receipt := p.Press("Contant")
	receipt.WantsAt("/balie/bon/1").Wants(http.StatusOK, "€ 18,25 ontvangen, contant.", "Betaald door Marieke de Vries",
		"Geholpen door Bea van de Balie", "24 november 2026, 12:00", "Totaal betaald € 18,25")
	receipt.WantsLabels(".receipt h2", "Marieke de Vries", "Noor de Vries", "Sem de Vries")
	receipt.WantsLabels(".receipt__line", "Reservering Het smelt € 1,50", "Kwijt Jip en Janneke € 4,25",
		"Te laat De Gruffalo € 2,50", `Schade Kikker <b>&</b> "vriendjes" € 10,00`)

	for _, who := range []string{marieke, sem, noor} {
		if owes := l.owes(who); len(owes) > 0 {
			t.Errorf("%s still owes %q", who, owes)
		}
	}
	if got := l.owes(willem); !slices.Equal(got, []string{"w1"}) {
		t.Errorf("Willem's fees are %q", got)
	}
	if got := l.acts(marieke); !slices.Equal(got, []string{"Bea van de Balie: pay cash 18.25", "Bea van de Balie: find"}) {
		t.Errorf("the desk's log says %q", got)
	}
	// Each holder reads in their own log what was paid at the desk.
	for who, want := range map[string]money.Cents{marieke: 150, sem: 1250, noor: 425} {
		e := l.log(who)[0]
		if who == marieke {
			e = l.log(who)[slices.IndexFunc(l.log(who), func(e mandate.Entry) bool { return e.Card.Name == "Marieke de Vries" && e.Deed == mandate.Paid })]
		}
		if e.Deed != mandate.Paid || e.Staff != "Bea van de Balie" || e.Actor.Name != "Marieke de Vries" || e.Amount != want {
			t.Errorf("%s reads %+v", who, e)
		}
	}
	b.Get(l.at(marieke)).Wants(http.StatusOK, "Er staat niets open.", "Contant, Bea van de Balie", "€ 18,25 ontvangen (Contant)").
		Follow("Centrum 2026-000001").WantsAt("/balie/bon/1")
}

func TestTheReceiptLeadsToTheNextSearch(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	p := l.staff("bea").Get(l.at(sem)).Press("PIN").WantsAt("/balie/bon/1").Wants(http.StatusOK, "PIN")
	if p.Find("input[name=zoek][autofocus]").Length() != 1 {
		t.Error("the search field has not the focus")
	}
	p.Follow("Terug naar Sem de Vries").WantsAt(l.at(sem))
	p.Form("Zoeken").Set("zoek", noor).Send().WantsAt(l.at(noor))
}

func TestSomeOfItIsPaid(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	p := l.staff("bea").Get(l.at(marieke))
	form := p.Form("Tel op")
	boxes := form.Fields["kosten"]
	some := []string{boxes[0], boxes[2]} // Marieke's and Sem's first
	counted := form.Set("kosten", some...).Send().Wants(http.StatusOK, "Aangevinkt: 2 bedragen € 4,00", "Alles wat openstaat: € 18,25")
	if len(l.payments(marieke)) > 0 {
		t.Fatal("adding up took money")
	}
	counted.Press("PIN").Wants(http.StatusOK, "Totaal betaald € 4,00").WantsLabels(".receipt h2", "Marieke de Vries", "Sem de Vries")
	if got := l.owes(sem); !slices.Equal(got, []string{"s2"}) {
		t.Errorf("Sem's fees are %q", got)
	}
	if got := l.payments(marieke)[0]; got.Means != payment.PIN || got.Staff != "Bea van de Balie" || got.State != payment.Paid {
		t.Errorf("it was kept as %+v", got)
	}
}

func TestEnterAddsUpAndTakesNothing(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	p := l.staff("bea").Get(l.at(marieke))
	// A browser presses the first button of the form in the page.
	first := p.Find("main form:has(input[name=kosten]) button").First()
	if got := webtest.Clean(first.Text()); got != "Tel op" {
		t.Errorf("the first button is %q", got)
	}
}

func TestNothingTickedTakesNothing(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	p := l.staff("bea").Get(l.at(marieke)).Form("Contant").Set("kosten").Send().
		Wants(http.StatusUnprocessableEntity, "Kies eerst wat je wilt betalen.", "Aangevinkt: 0 bedragen € 0,00")
	if p.Find("input[name=kosten][checked]").Length() > 0 {
		t.Error("boxes are ticked that were not")
	}
}

func TestADoubleClickIsOnePaymentAndOneLineInTheLog(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	form := l.staff("bea").Get(l.at(marieke)).Form("Contant")
	var wg sync.WaitGroup
	pages := make([]*webtest.Page, 4)
	for i := range pages {
		wg.Go(func() {
			var err error
			if pages[i], err = form.Try(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, p := range append(pages, form.Send()) {
		p.WantsAt("/balie/bon/1").Wants(http.StatusOK, "Totaal betaald € 18,25")
	}
	if n := len(l.payments(marieke)); n != 1 {
		t.Errorf("%d payments", n)
	}
	if got := l.acts(marieke); !slices.Equal(got, []string{"Bea van de Balie: pay cash 18.25", "Bea van de Balie: find"}) {
		t.Errorf("the desk's log says %q", got)
	}
}

func TestAnOldFormPaysNothingElse(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	form := l.staff("bea").Get(l.at(marieke)).Form("Contant")
	boxes := form.Fields["kosten"]
	form.Set("kosten", boxes[0]).Send().WantsAt("/balie/bon/1")
	form.Set("kosten", boxes[1]).Send().Wants(http.StatusConflict, "Deze bladzijde is oud.")
	form.Set("kosten", boxes[0]).Set("middel", "pin").Send().Wants(http.StatusConflict)
	// Another staff member's, too.
	bart := l.staff("bart").Get(l.at(marieke))
	bart.Form("Contant").Set("kosten", boxes[0]).Set("key", form.Fields.Get("key")).Send().Wants(http.StatusConflict)
	if n := len(l.payments(marieke)); n != 1 {
		t.Errorf("%d payments", n)
	}
}

func TestAFeeThatSomebodyIsPayingOnlineIsNotTaken(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	b := l.staff("bea")
	before := b.Get(l.at(marieke))
	// Sem pays his own online while the desk's page is open.
	own := mandate.Own(mandate.Actor{Holder: l.holder(sem)})
	started, err := l.cashier.Start(t.Context(), payment.Wish{
		Actor: own.Actor(), Choices: []payment.Choice{{Permit: own, Fees: feeIDs("s1")}}, Expected: 250, Key: "sem", Language: "nl",
	})
	must(t, err)
	before.Press("Contant").Wants(http.StatusConflict, "Sem de Vries is dit nu aan het betalen.", "12:15")
	if len(l.payments(marieke)) > 0 {
		t.Error("it was taken")
	}

	p := b.Get(l.at(marieke)).Wants(http.StatusOK, "Sem de Vries betaalt dit nu online. Dat kan nog tot 12:15.", "Aangevinkt: 3 bedragen € 15,75")
	if boxes := p.Find("input[name=kosten]").Length(); boxes != 3 {
		t.Errorf("%d boxes", boxes)
	}
	p.Press("PIN").WantsAt("/balie/bon/2")
	b.Get("/balie/bon/1").Wants(http.StatusNotFound) // nothing was received for it

	// Once it is free again, it can be taken.
	_, err = l.cashier.GiveUp(t.Context(), own.Actor(), started.ID)
	must(t, err)
	b.Get(l.at(sem)).Press("Contant").WantsAt("/balie/bon/3").Wants(http.StatusOK, "Totaal betaald € 2,50")
}

func TestAPayerWhomTheHolderMayNotKnowHasNoName(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	l.link(sem, willem, mandate.Pay)
	l.link(sem, marieke, mandate.Pay)
	permits, err := l.book.Permits(t.Context(), mandate.Actor{Holder: l.holder(willem)})
	must(t, err)
	_, err = l.cashier.Start(t.Context(), payment.Wish{
		Actor: permits[1].Actor(), Choices: []payment.Choice{{Permit: permits[1], Fees: feeIDs("s1")}}, Expected: 250, Key: "w", Language: "nl",
	})
	must(t, err)
	l.staff("bea").Get(l.at(marieke)).Wants(http.StatusOK, "Iemand anders betaalt dit nu online.").Lacks("Willem")
}

func TestAFeeThatHasBeenPaidMeanwhileIsNotTaken(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	bea := l.staff("bea").Get(l.at(marieke))
	l.staff("bart").Get(l.at(noor)).Press("Contant").WantsAt("/balie/bon/1")
	bea.Press("Contant").Wants(http.StatusConflict, "Dit is al betaald.")
	if n := len(l.payments(marieke)); n != 0 {
		t.Errorf("%d payments", n)
	}
	l.staff("bea").Get(l.at(marieke)).Wants(http.StatusOK, "Betaald, wordt verwerkt")
}

func TestAnEndedMandateGivesNothingToPay(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	p := l.staff("bea").Get(l.at(marieke))
	for _, rel := range l.relations(noor) {
		_, err := l.book.Take(t.Context(), mandate.Actor{Holder: l.holder(noor)}, rel.Mandate.ID, mandate.End)
		must(t, err)
	}
	again := p.Press("Contant").Wants(http.StatusNotFound, "Deze kosten staan niet meer open.", "Aangevinkt: 3 bedragen € 14,00").Lacks("Noor")
	if len(l.payments(marieke)) > 0 {
		t.Error("it was taken")
	}
	again.Press("Contant").WantsAt("/balie/bon/1").WantsLabels(".receipt h2", "Marieke de Vries", "Sem de Vries")
}

func TestAMandateToRenewGivesNothingToPay(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	l.link(sem, marieke, mandate.Renew)
	l.staff("bea").Get(l.at(marieke)).Wants(http.StatusOK, "Aangevinkt: 1 bedrag € 1,50").Lacks("Gruffalo")
}

func TestAFeeOfAnotherCardIsNotFound(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	p := l.staff("bea").Get(l.at(marieke))
	w := payment.Box{Card: l.holder(willem).ID, Amount: 1200, Fee: "w1"}.String()
	for name, box := range map[string]string{
		"no mandate":  w,
		"no card":     payment.Box{Card: 999, Amount: 1200, Fee: "w1"}.String(),
		"no fee":      payment.Box{Card: l.holder(marieke).ID, Amount: 150, Fee: "bestaat niet"}.String(),
		"wrong card":  payment.Box{Card: l.holder(marieke).ID, Amount: 1200, Fee: "w1"}.String(),
		"no box":      "<script>alert(1)</script>",
		"sql":         "1.1.' OR 1=1; DROP TABLE fees; --",
		"only dots":   "..",
		"below zero":  "1.-150.m1",
		"much":        "1.99999999999999999999.m1",
		"long":        "1.150." + strings.Repeat("x", 1900),
		"emoji":       "1.150.🙂",
		"right left":  "1.150.\u202Em1",
		"other means": w,
	} {
		p.Form("Contant").Set("kosten", box).Send().Wants(http.StatusNotFound, "Deze kosten staan niet meer open.")
		if len(l.payments(marieke)) > 0 {
			t.Fatalf("%s: something was taken", name)
		}
	}
}

func TestAnAmountThatWasNotSeenIsNotTaken(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	p := l.staff("bea").Get(l.at(marieke))
	box := payment.Box{Card: l.holder(marieke).ID, Amount: 100, Fee: "m1"}.String()
	p.Form("Contant").Set("kosten", box).Send().Wants(http.StatusConflict, "Het bedrag is intussen veranderd.")
	if len(l.payments(marieke)) > 0 {
		t.Error("it was taken")
	}
}

func TestAFormThatIsNotOursTakesNothing(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	p := l.staff("bea").Get(l.at(marieke))
	form := p.Form("Contant")
	for _, f := range []webtest.Form{
		form.Set("middel", "cheque"), form.Set("middel", "online"), form.Set("key", ""), form.Set("key"),
		form.Set("key", strings.Repeat("k", 1000)),
	} {
		f.Send().Wants(http.StatusUnprocessableEntity, "We konden dit formulier niet lezen.")
	}
	for _, token := range [][]string{nil, {""}, {"nee"}, {l.staff("bart").Get("/balie").Token()}} {
		form.Set("csrf_token", token...).Send().Wants(http.StatusForbidden, "We konden niet zien of dit formulier van jou komt.")
	}
	form.Set("kosten", "1.150.\x00m1").Send().Wants(http.StatusUnprocessableEntity, "teken")
	form.Set("kosten", strings.Repeat("9", 1<<20)).Send().Wants(http.StatusRequestEntityTooLarge)
	if len(l.payments(marieke)) > 0 || len(l.owes(marieke)) != 1 {
		t.Error("something was taken")
	}
}

func TestWhenTheLibrarySystemIsAwayNothingIsTaken(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	at := l.at(marieke)
	p := b.Get(at)
	l.system.leave(true)
	b.Get(at).Wants(http.StatusOK, "Marieke de Vries", "Het bibliotheeksysteem geeft geen antwoord").Lacks("Contant<", "Het smelt")
	p.Press("Contant").Wants(http.StatusServiceUnavailable)
	l.system.leave(false)
	if len(l.payments(marieke)) > 0 {
		t.Error("it was taken")
	}
	p.Press("Contant").WantsAt("/balie/bon/1")
}

func TestACardWhoseFeesCannotBeHadIsSaidByNameAndTheRestIsTaken(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	b := l.staff("bea")
	l.system.without = sem
	p := b.Get(l.at(marieke)).Wants(http.StatusOK, "Wat er voor Sem de Vries openstaat, kunnen we nu niet zien.",
		"Aangevinkt: 2 bedragen € 5,75", "minstens € 5,75").Lacks("€ 0,00")
	p.Press("Contant").WantsAt("/balie/bon/1").Wants(http.StatusOK, "€ 5,75 ontvangen")
	p = b.Get(l.at(marieke)).Wants(http.StatusOK, "niet zien").Lacks("Er staat niets open")
	l.system.without = ""
	p.Follow("Probeer opnieuw").Wants(http.StatusOK, "Aangevinkt: 2 bedragen € 12,50").Lacks("minstens")
}

func TestTodayAddsUpWhatOneStaffMemberTook(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	b.Get("/balie/vandaag").Wants(http.StatusOK, "Je hebt vandaag nog niets ontvangen.", "Contant 0 € 0,00")
	b.Get(l.at(marieke)).Press("Contant")
	b.Get(l.at(sem)).Press("PIN")
	b.Get(l.at(noor)).Press("Contant")
	l.staff("bart").Get(l.at(willem)).Press("Contant")
	b.Get("/balie/vandaag").Wants(http.StatusOK, "Contant 2 € 5,75", "PIN 1 € 12,50", "Samen 3 € 18,25", "Noor de Vries").Lacks("Willem")
	// The day ends at midnight in the library's zone, eleven in the evening in Greenwich.
	l.clock.Pass(11*time.Hour + 59*time.Minute)
	l.staff("bea").Get("/balie/vandaag").Wants(http.StatusOK, "Contant 2 € 5,75")
	l.clock.Pass(2 * time.Minute)
	l.staff("bea").Get("/balie/vandaag").Wants(http.StatusOK, "Contant 0 € 0,00")
}
