package walk

import (
	"testing"
	"time"
)

// TestThePaymentPageChangesByItself: who closed the browser at the bank finds
// the payment again, and its page changes by itself when the bank says paid.
func TestThePaymentPageChangesByItself(t *testing.T) {
	t.Parallel()
	s := tell(t)
	without := phone
	without.withoutScript = true
	bank, home := s.Visitor(desktop), s.Visitor(without)
	s.Step("a payment is begun, and left lying", func() {
		bank.LogInFirst(marieke)
		bank.Open("/betalen")
		bank.ToBank()
	})
	s.Step("another browser leads back to it", func() {
		home.LogIn(marieke.number, theSame)
		home.Sees("Je bent nog aan het betalen")
		home.Follow("Ga verder")
		home.SeesHeading("Deze betaling is nog niet klaar")
		home.Sees("kijkt over 5 seconden vanzelf opnieuw")
		home.Has(aLink, "Verder naar de bank")
		home.Has(aLink, "Kijk opnieuw")
	})
	s.Step("the bank says paid, and nobody touches the other page", func() {
		bank.Press("Betaald")
		home.Await(aHeading, "Betaald")
		home.Sees("Dank je wel", "Bon", "Online")
	})
	s.Step("what was paid is found again", func() {
		home.Open("/")
		home.SeesNot("aan het betalen")
		home.Open("/betalingen")
		home.Sees("online")
	})
}

// TestTheBankTakesAPaymentBack: the payer, the child whose fees it paid, and the
// desk are told, and the fees are open again.
func TestTheBankTakesAPaymentBack(t *testing.T) {
	t.Parallel()
	s := tell(t)
	mother, desk := s.Visitor(phone), s.Visitor(desktop)
	s.household(mother)
	var at, bank string
	s.Step("the mother pays for all", func() {
		mother.Open("/betalen/samen")
		mother.ToBank()
		bank = mother.Address()
		mother.Press("Betaald")
		mother.SeesHeading("Betaald")
		at = mother.Address()
	})
	s.Step("her bank takes it back", func() {
		mother.Open(bank[len(s.home):])
		mother.Press("Storneren")
		desk.LogInAtDesk()
		desk.until("Aandacht (1)")
		mother.Open(at[len(s.home):])
		mother.SeesHeading("De bank heeft deze betaling teruggehaald")
		mother.Open("/")
		mother.Sees("haalde de bank een betaling terug")
	})
	s.Step("the child reads of it", func() {
		child := s.Visitor(phone)
		child.LogIn(sem.number, theSame)
		child.Sees("kreeg via de bank")
		child.Open(at[len(s.home):])
		child.Sees("Je ziet alleen wat voor jou is betaald")
		child.SeesNot(noor.name)
	})
	s.Step("the desk settles it", func() {
		desk.Follow("Aandacht (1)")
		desk.Sees("De bank haalde een betaling terug", "Marieke de Vries")
		desk.Fill("Wat heb je gedaan?", "Gebeld")
		desk.Press("Afgehandeld")
		desk.Sees("Er is niets dat aandacht vraagt", "Gebeld")
	})
}

// until loads the desk's first page again until a link is there.
func (p *page) until(link string) {
	p.story.t.Helper()
	for end := time.Now().Add(patience * time.Second); time.Now().Before(end); {
		p.Open("/balie")
		if p.Count(aLink, link) > 0 {
			return
		}
	}
	p.fail("%s did not come", link)
}
