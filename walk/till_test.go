package walk

import "testing"

// OpenTill opens the till of the first desk with an amount.
func (p *page) OpenTill(amount string) {
	p.story.t.Helper()
	p.Follow("Kas")
	p.SeesHeading("Kas openen")
	p.Choose("Welke balie?", "Centrum, Balie 1")
	p.Fill("Contant geteld", amount)
	p.Press("Kas openen")
	p.SeesHeading("Kas Centrum, Balie 1")
}

// TestADayAtTheTill is a till's day, from opening to closing with a difference.
func TestADayAtTheTill(t *testing.T) {
	t.Parallel()
	s := tell(t)
	s.household(s.Visitor(phone))
	desk := s.Visitor(desktop)
	desk.LogInAtDesk()

	s.Step("without an open till nothing is taken, and the card leads to it", func() {
		desk.FindCard(marieke.number)
		desk.HasNot(aButton, "Contant")
		desk.Sees("Open eerst de kas.")
		desk.Follow("Kas openen")
		desk.SeesHeading("Kas openen")
	})
	s.Step("open: notes and coins are added up", func() {
		desk.Choose("Welke balie?", "Centrum, Balie 1")
		desk.Fill("€\u00a020,00", "3")
		desk.Fill("€\u00a010,00", "2")
		desk.Fill("€\u00a02,00", "8")
		desk.Fill("€\u00a00,50", "8")
		desk.Press("Tel op")
		if got := desk.one(aField, "Contant geteld").value; got != "100,00" {
			desk.fail("three twenties, two tens, eight twos and eight halves are %q", got)
		}
		desk.Press("Kas openen")
		desk.Sees("De kas van Centrum, Balie 1 is open met € 100,00.", marieke.name) // back at the card
	})
	s.Step("a joint payment in cash, rounded", func() {
		desk.Sees(marieke.name, sem.name, noor.name, willem.name, "Contant, afgerond: € 4,95")
		desk.Press("Contant")
		desk.Sees("€ 4,95 ontvangen, contant.", "Bon Centrum 2026-000001", marieke.name, sem.name, willem.name, "Balie Centrum, Balie 1",
			"Totaal betaald € 4,93", "Afronding € 0,02", "Ontvangen € 4,95")
	})
	s.Step("a payment by PIN", func() {
		desk.FindCard(fatima.number)
		desk.Press("PIN")
		desk.Sees("ontvangen, met PIN.", "Bon Centrum 2026-000002")
	})
	s.Step("a refund with a reason", func() {
		desk.Follow("Terugbetalen")
		desk.Press("Nu terugbetalen")
		desk.Answered(422)
		desk.Sees("Kies hoe je het geld teruggeeft.")
		boxes := desk.all(aBox, "")
		desk.Tick(boxes[0].name)
		desk.Choose("Hoe?", "Contant uit de kas")
		desk.Fill("Reden", "Was op tijd ingeleverd")
		desk.Press("Nu terugbetalen")
		desk.Sees("contant terug. Het is vastgelegd.", "Terugbetaling, bon Centrum 2026-000003", "Was op tijd ingeleverd",
			"Hoort bij", "Bon Centrum 2026-000002")
	})
	s.Step("cash to the safe", func() {
		desk.Follow("Kas")
		desk.Choose("Welke kant op?", "Uit de kas, naar de kluis")
		desk.Fill("Bedrag", "50")
		desk.Fill("Waarom", "Naar de kluis")
		desk.Press("Vastleggen")
		desk.Sees("Vastgelegd: € 50,00 uit de kas.", "Naar de kluis")
	})
	s.Step("close: the difference is seen before it is final, and needs a note", func() {
		desk.Follow("Kas sluiten")
		desk.SeesHeading("Kas Centrum, Balie 1 sluiten")
		desk.Fill("Contant geteld", "12.345")
		desk.Fill("Totaal van het pinapparaat", "0")
		desk.Press("Verder")
		desk.Answered(422)
		desk.Sees("“12.345” is geen bedrag. Schrijf het zo: 12,50 of 12.")
		desk.Fill("Contant geteld", "10,00")
		desk.Press("Verder")
		desk.Sees("Er is een verschil.", "te weinig")
		desk.Press("Opnieuw tellen")
		desk.Fill("Contant geteld", "20")
		desk.Press("Verder")
		desk.Press("Kas sluiten")
		desk.Answered(422)
		desk.Fill("Opmerking", "Twee keer geteld")
		desk.Press("Kas sluiten")
		desk.SeesHeading("Kasdienst 1")
		desk.Sees("De kas van Centrum, Balie 1 is gesloten.", "Twee keer geteld", "te weinig", "€ 20,00")
	})
	s.Step("the next shift begins with what was left", func() {
		desk.Follow("Kas")
		desk.Sees("Eerdere kasdiensten")
		desk.Choose("Welke balie?", "Centrum, Balie 1")
		desk.Fill("Contant geteld", "20")
		desk.Press("Kas openen")
		desk.Sees("is open met € 20,00.")
		desk.SeesNot("Het verschil is geboekt")
	})
}
