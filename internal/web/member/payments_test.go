package member_test

import (
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/web/webtest"
)

// paidTogether is a household of which the mother has paid everything in one go.
func paidTogether(t *testing.T) (s *site, mother *browser, paid *webtest.Page, bank string) {
	t.Helper()
	s = open(t, aHousehold())
	mother = s.enter(t, marieke)
	s.link(marieke, sem, mandate.Pay)
	at := mother.Get("/betalen/samen").Press("Betalen")
	bank = at.URL.Path
	return s, mother, at.Press("Betaald").Wants(http.StatusOK, "Dank je wel"), bank
}

// number is the payment that a page is about.
func number(t *testing.T, p *webtest.Page) payment.ID {
	t.Helper()
	n, err := strconv.ParseInt(path.Base(p.URL.Path), 10, 64)
	must(t, err)
	return payment.ID(n)
}

// told tells the library system what has to be told.
func (s *site) told(id payment.ID) {
	s.t.Helper()
	must(s.t, s.cashier.Deliver(s.t.Context(), id))
}

func TestAPaymentIsBeingProcessedUntilTheLibrarySystemKnows(t *testing.T) {
	t.Parallel()
	s, mother, paid, _ := paidTogether(t)
	paid.Wants(http.StatusOK, "Betaald, wordt verwerkt", "Online 2026-000001", "Betaald door Marieke de Vries")
	mother.Get("/betalingen").Wants(http.StatusOK, "Betaald, wordt verwerkt")
	s.told(number(t, paid))
	mother.Get(paid.URL.Path).Wants(http.StatusOK, "Betaald", "Je hoeft niets meer te doen").Lacks("wordt verwerkt")
	mother.Get("/betalingen").Wants(http.StatusOK, "Betaald").Lacks("wordt verwerkt")
}

func TestWhoMaySeeOneCardSeesOnlyItsLinesOfAPayment(t *testing.T) {
	t.Parallel()
	s, mother, paid, _ := paidTogether(t)
	child, neighbour, stranger := s.enter(t, sem), s.enter(t, fatima), s.enter(t, willem)
	s.link(fatima, sem, mandate.Pay)
	at := paid.URL.Path
	mother.Get(at).Wants(http.StatusOK, "€ 4,00", "Het smelt", "Kapot gemaakt")
	his := child.Get(at).Wants(http.StatusOK, "Betaald door", "Marieke de Vries", "Mijzelf", "€ 3,00", "Kapot gemaakt", "Je ziet alleen wat")
	his.Lacks("Het smelt", "€ 4,00", "€ 1,00", "Stoppen met betalen")
	list := child.Get("/betalingen").Wants(http.StatusOK, "€ 3,00", "online, door Marieke de Vries").Lacks("€ 4,00")
	if href, _ := list.Find("tbody a").Attr("href"); href != at {
		t.Errorf("the list leads to %q, not %s", href, at)
	}
	neighbour.Get(at).Wants(http.StatusOK, "€ 3,00", "iemand anders", "Sem de Vries").Lacks("Marieke", "Het smelt")
	if hers := neighbour.Get("/betalingen"); strings.Contains(hers.Text(), "€ 3,00") {
		t.Error("a neighbour's own list has what somebody else paid for another")
	}
	missing := stranger.Get("/betaling/424242").Wants(http.StatusNotFound)
	if got := stranger.Get(at).Wants(http.StatusNotFound); got.Text() != missing.Text() {
		t.Errorf("a stranger reads %s", got.Text())
	}
	if got := child.Get("/menu").Post(at+"/stoppen", nil); got.Status != http.StatusNotFound {
		t.Errorf("another stops the payment: %d", got.Status)
	}
}

func TestWhatOthersTriedAndDidNotPayIsTheirOwnBusiness(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	mother, child := s.enter(t, marieke), s.enter(t, sem)
	s.link(marieke, sem, mandate.Pay)
	mother.Get("/betalen").Follow("Sem de Vries").Press("Betalen")
	open := mother.Get("/").Follow("Ga verder")
	child.Get(open.URL.Path).Wants(http.StatusNotFound)
	child.Get("/betalingen").Wants(http.StatusOK, "nog niets betaald")
	child.Get("/").Lacks("aan het betalen")
}

func TestAPartThatIsPaidBackIsToldToPayerAndHolder(t *testing.T) {
	t.Parallel()
	s, mother, paid, _ := paidTogether(t)
	child := s.enter(t, sem)
	id := number(t, paid)
	s.told(id)
	made, err := s.cashier.Receipt(t.Context(), id)
	must(t, err)
	line := -1
	for i, l := range made.Lines {
		if strings.Contains(l.Description, "Kapot") {
			line = i
		}
	}
	back, err := s.cashier.PayBack(t.Context(), payment.RefundWish{
		Payment: id, Lines: []int{line}, Means: payment.Online, Note: "Was toch heel", Staff: "Bea", Key: "een",
	})
	must(t, err)
	mother.Get(paid.URL.Path).Wants(http.StatusOK, "Betaald, en een deel ging terug", "€ 2,50 is onderweg naar de bank", "Daarna stond dit weer open")
	must(t, s.cashier.SeeThrough(t.Context(), back.ID))
	s.told(id)
	mother.Get(paid.URL.Path).Wants(http.StatusOK, "€ 2,50 is op 24 november 2026 teruggestuurd naar de bank", "Bon Online 2026-000002").Lacks("toch heel")
	mother.Get("/betalingen").Wants(http.StatusOK, "Betaald, voor een deel terug")
	child.Get(paid.URL.Path).Wants(http.StatusOK, "Daarna stond dit weer open").Lacks("teruggestuurd")
	child.Get("/betalen").Wants(http.StatusOK, "Kapot gemaakt", "Totaal € 2,50")
	mother.Get("/").Wants(http.StatusOK, "Op 24 november 2026 ging er geld terug van een betaling: € 2,50.").Follow("Bekijk de betaling").WantsAt(paid.URL.Path)
	child.Get("/").Wants(http.StatusOK, "24 november 2026: Marieke de Vries, bij de balie (Bea) kreeg € 2,50 terug die was betaald voor jou. Dat stond daarna weer open.")
	child.Get("/relaties/logboek").Wants(http.StatusOK, "Marieke de Vries, bij de balie (Bea) kreeg € 2,50 terug die was betaald voor jou. Dat stond daarna weer open")
	s.clock.Pass(31 * 24 * time.Hour)
	mother.Get("/").Lacks("ging er geld terug")
	child.Get("/").Lacks("€ 2,50 terug")
}

func TestAPaymentAtAKioskSaysWhere(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	mother := s.enter(t, marieke)
	own := mandate.Own(mandate.Actor{Holder: s.holder(marieke)})
	owed, err := s.cashier.Fees.Fees(t.Context(), own)
	must(t, err)
	fee := owed[0]
	_, err = s.cashier.TakeAtTerminal(t.Context(), payment.Wish{
		Actor: own.Actor(), Choices: []payment.Choice{{Permit: own, Fees: []circulation.FeeID{fee.ID}, Part: 50}}, Expected: 50,
		Till: payment.Till{Branch: "Centrum", Desk: "Zuil 1"},
	})
	must(t, err)
	mother.Get("/betalen").Wants(http.StatusOK, "Een deel is betaald en wordt verwerkt. Dit is de rest.", euros(fee.Amount-50))
	mother.Get("/betalingen").Wants(http.StatusOK, "bij de betaalzuil (Zuil 1)").Follow("24 november 2026").
		Wants(http.StatusOK, "bij de betaalzuil (Zuil 1)", "Deel van "+euros(fee.Amount))
}

// euros is an amount as Dutch pages write it.
func euros(c money.Cents) string { return "€ " + strings.ReplaceAll(c.String(), ".", ",") }

func TestWhatTheBankTookBackIsToldToPayerAndHolder(t *testing.T) {
	t.Parallel()
	s, mother, paid, bank := paidTogether(t)
	child := s.enter(t, sem)
	s.told(number(t, paid))
	mother.Get(bank).Press("Storneren")
	must(t, s.cashier.Heard(t.Context(), "testbank", path.Base(bank)))
	s.told(number(t, paid))
	mother.Get(paid.URL.Path).Wants(http.StatusOK, "De bank heeft deze betaling teruggehaald", "€ 4,00 is op 24 november 2026 teruggehaald door de bank")
	mother.Get("/betalingen").Wants(http.StatusOK, "Teruggehaald door de bank")
	child.Get(paid.URL.Path).Wants(http.StatusOK, "De bank heeft deze betaling teruggehaald", "Daarna stond dit weer open").Lacks("€ 4,00")
	mother.Get("/").Wants(http.StatusOK, "haalde de bank een betaling terug: € 4,00", "De kosten stonden daarna weer open")
	child.Get("/").Wants(http.StatusOK, "kreeg via de bank € 3,00 terug die was betaald voor jou")
	mother.Get("/betalen/samen").Wants(http.StatusOK, "Totaal € 4,00")
}

func TestAnOpenPaymentLooksAgainByItselfAndIsFoundAgain(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	mother := s.enter(t, marieke)
	bank := mother.Get("/betalen").Press("Betalen")
	// The browser was closed: another one finds the way back.
	again := s.enter(t, marieke)
	at := again.Get("/").Wants(http.StatusOK, "Je bent nog aan het betalen: € 1,00. Dat kan tot 12:15.").Follow("Ga verder")
	at.Wants(http.StatusOK, "nog niet klaar", "vanzelf opnieuw", "Kijk opnieuw")
	reloads := func(p *webtest.Page) string { return p.Header.Get("Refresh") }
	if got := reloads(at); got != "5" {
		t.Errorf("looks again after %q seconds", got)
	}
	s.clock.Pass(5 * time.Minute)
	if got := reloads(again.Get(at.URL.Path)); got != "15" {
		t.Errorf("later it looks again after %q seconds", got)
	}
	if got := reloads(again.Get(at.URL.Path).Follow("Niet vanzelf opnieuw kijken").Wants(http.StatusOK, "Kijk opnieuw")); got != "" {
		t.Errorf("it was stopped and looks again after %q seconds", got)
	}
	bank.Press("Betaald")
	done := again.Get(at.URL.Path).Wants(http.StatusOK, "Dank je wel")
	if got := reloads(done); got != "" {
		t.Errorf("a payment that is paid looks again after %q", got)
	}
	again.Get("/").Lacks("aan het betalen")
	// One that was left lying says so by itself.
	late := s.enter(t, willem)
	late.Get("/betalen").Press("Betalen")
	left := late.Get("/").Follow("Ga verder")
	s.clock.Pass(16 * time.Minute)
	late.Get("/").Lacks("aan het betalen")
	late.Get(left.URL.Path).Wants(http.StatusOK, "De tijd om te betalen is voorbij").Lacks("vanzelf opnieuw")
}
