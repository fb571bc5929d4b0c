package walk

import (
	"strings"
	"testing"
)

// sentForward is what everybody is told who asks for a mandate, whether or not
// the card number and the date belong together (S9).
const sentForward = "Als deze gegevens kloppen, staat de aanvraag nu klaar bij die pas"

// TestHelpPage is the help page of the library's site, line by line (S1 to
// S20), as a mother lives it who links her two children and their grandfather.
//
// It is the same story whichever system the library keeps its cards, loans and
// fees in.
func TestHelpPage(t *testing.T) {
	t.Parallel()
	for name, begin := range libraries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			helpPage(begin(t))
		})
	}
}

func helpPage(s *story) {
	mother := s.Visitor(desktop)

	first := s.FirstPassword(marieke)
	s.Step("S1 log in with the lenersnummer of the card", func() {
		mother.Open("/")
		mother.At("/inloggen")
		mother.Fill("Lenersnummer of gebruikersnaam", marieke.number)
		mother.Fill("Wachtwoord", first)
		mother.Press("Inloggen")
	})
	s.Step("S3 now a new password can be set, and nothing else opens before that", func() {
		mother.SeesHeading("Wachtwoord instellen")
		for _, elsewhere := range []string{"/", "/menu", "/geleend", "/betalen", "/relaties", "/mijn-gegevens"} {
			mother.Open(elsewhere)
			mother.SeesHeading("Wachtwoord instellen")
		}
	})
	s.Step("S4 eight characters, a capital, a small letter, a digit and a sign; each that is missing is named", func() {
		mother.ChoosePassword("__")
		mother.Answered(422)
		mother.Sees("Gebruik minstens 8 tekens.", "Gebruik minstens 1 hoofdletter.", "Gebruik minstens 1 kleine letter.",
			"Gebruik minstens 1 cijfer.", `Gebruik minstens 1 van deze tekens: ! @ \ $ % ^ * ( ) < > ?`)
		mother.ChoosePassword("zonder-hoofdletter1!")
		mother.Answered(422)
		mother.Sees("Gebruik minstens 1 hoofdletter.")
		mother.SeesNot("Gebruik minstens 8", "Gebruik minstens 1 kleine", "Gebruik minstens 1 cijfer", "Gebruik minstens 1 van")
	})
	s.Step("S5 the new password twice, and Instellen", func() {
		mother.Fill("Nieuw wachtwoord", theSame)
		mother.Fill("Nieuw wachtwoord nogmaals", theSame+"x")
		mother.Press("Instellen")
		mother.Answered(422)
		mother.ChoosePassword(theSame)
		mother.At("/")
		mother.Has(aLink, "Mijn bibliotheek")
	})
	s.Step("S7 through Mijn menu to Mijn gegevens: a user name", func() {
		mother.Follow("Mijn menu")
		mother.Follow("Mijn gegevens")
		mother.SeesHeading("Mijn gegevens")
		mother.Fill("Gebruikersnaam", "20001000000099")
		mother.Press("Opslaan")
		mother.Answered(422) // it can never look like a card number
		mother.Fill("Gebruikersnaam", "Marieke.V")
		mother.Press("Opslaan")
		mother.Answered(200)
		mother.Press("Uitloggen")
	})
	s.Step("S2 log in with the user name instead of the long number, however it is cased", func() {
		mother.LogIn("marieke.v", theSame)
		mother.At("/")
		mother.Sees("Marieke")
	})
	s.Step("S8 Mijn bibliotheek, Menu, Relaties", func() { mother.Relations() })
	s.Step("S9 card number and date of birth; a wrong pair tells nothing", func() {
		stranger := sem
		stranger.year = "2013"
		mother.Request(stranger, askToAct, "Verlengen")
		mother.Sees(sentForward)
		mother.SeesNot(sem.name)
		mother.Press("Intrekken")
	})
	s.Step("S10 S11 Machtig mij voor zijn/haar abonnement, verlengen; again for the same card: betalen", func() {
		mother.Request(sem, askToAct, "Verlengen")
		mother.Sees(sentForward)
		mother.SeesNot(sem.name) // a name only after the other has confirmed
		mother.Request(sem, askToAct, "Betalen")
		mother.Sees(sentForward)
	})
	s.Step("S12 S13 the same for all cards, which need not belong to the family", func() {
		mother.Request(noor, askToAct, "Verlengen", "Betalen") // two in one go stay two
		mother.Request(willem, askToAct, "Betalen")
	})
	s.Step("S14 all mandates that were asked for", func() {
		if n := mother.Count(aButton, "Intrekken"); n != 5 {
			mother.fail("%d mandates can be withdrawn, not 5", n)
		}
		mother.Sees(sem.number, noor.number, willem.number)
		mother.HasNot(aButton, "Bevestigen") // nobody confirms what they started
		mother.Follow("Geleend")
		mother.HasNot(aLink, sem.name) // until then the asker may do nothing
		mother.Press("Uitloggen")
	})
	s.Step("S15 S6 with each other card: Relaties, and confirm each; the password may be the same", func() {
		for _, each := range []struct {
			who   person
			asked int
		}{{sem, 2}, {noor, 2}, {willem, 1}} {
			who, asked := each.who, each.asked
			other := s.Visitor(phone)
			other.LogInFirst(who)
			other.At("/")
			other.Sees("op jouw antwoord") // the first page says that something waits
			other.Relations()
			other.Sees(marieke.name)
			for n := asked; n > 0; n-- {
				if have := other.Count(aButton, "Bevestigen"); have != n {
					other.fail("%d mandates to confirm, not %d", have, n)
				}
				other.Press("Bevestigen")
			}
			other.HasNot(aButton, "Bevestigen")
			if n := other.Count(aButton, "Beëindigen"); n != asked {
				other.fail("%d mandates can be ended, not %d", n, asked) // S16
			}
		}
	})
	s.Step("S17 the names beside Mijzelf, as tabs", func() {
		mother.LogIn("marieke.v", theSame)
		mother.Follow("Geleend")
		mother.OnTab("Mijzelf")
		mother.Has(aLink, sem.name)
		mother.Has(aLink, noor.name)
		mother.HasNot(aLink, willem.name) // no mandate to renew: his loans are not visible
		mother.Follow("Betalen")
		mother.OnTab("Mijzelf")
		mother.Has(aLink, sem.name)
		mother.Has(aLink, noor.name)
		mother.Has(aLink, willem.name)
	})
	s.Step("S18 renew per name: one, and all that can be", func() {
		mother.Follow("Geleend")
		mother.Follow(noor.name)
		mother.OnTab(noor.name)
		mother.Press("Verlengen")
		mother.Sees("Verlengd:")
		mother.Follow(sem.name)
		mother.OnTab(sem.name)
		mother.Press("Alles verlengen")
		mother.Sees("Nu verlengd", "Een andere lener wacht hierop", "Vaker kan niet") // what cannot be renewed says why
	})
	s.Step("S19 pay per name", func() {
		mother.Follow("Betalen")
		mother.Follow(willem.name)
		mother.OnTab(willem.name)
		mother.Pay("Geannuleerd") // at the bank; nothing is lost
		mother.Sees("geannuleerd")
		mother.Follow("Betalen")
		mother.Follow(willem.name)
		mother.Pay("Betaald")
		mother.Sees("Dank je wel")
		mother.Follow("Betalen")
		mother.Follow(willem.name)
		mother.HasNot(aButton, "Betalen")
	})
	s.Step("S19 or jointly", func() {
		mother.Follow("Betalen")
		mother.Follow("Samen betalen")
		mother.Sees(sem.name)
		boxes := mother.all(aBox, "")
		if len(boxes) < 3 {
			mother.fail("%d fees, not at least 3: hers and two of Sem's", len(boxes))
		}
		// One is left for the desk.
		mother.Untick(boxes[len(boxes)-1].name)
		mother.Pay("Betaald")
		mother.Sees("Dank je wel")
		mother.Follow("Betalen")
		mother.Follow("Samen betalen")
		if left := mother.Count(aBox, ""); left != 1 {
			mother.fail("%d fees are left, not 1", left)
		}
	})
	s.Step("S20 all linked cards at once also in the library, at the desk", func() {
		desk := s.Visitor(desktop)
		desk.LogInAtDesk()
		desk.OpenTill("100")
		desk.FindCard(marieke.number)
		desk.Sees(marieke.name, sem.name, noor.name, willem.name)
		desk.Press("Contant")
		desk.Sees("Contant")
		mother.Follow("Betalen")
		mother.Follow("Samen betalen")
		mother.HasNot(aBox, "")
		mother.HasNot(aButton, "Betalen")
	})
	s.Step("S16 either side ends the relation, at once in every open window", func() {
		mother.Open("/geleend")
		mother.Has(aLink, sem.name)
		mother.Follow(sem.name)
		child := s.Visitor(phone)
		child.LogIn(sem.number, theSame)
		child.Relations()
		child.Press("Beëindigen", "verlengen")
		child.Sees("Beëindigd:")
		mother.Reload()
		mother.Answered(404)
		mother.Open("/geleend")
		mother.HasNot(aLink, sem.name)
		mother.Has(aLink, noor.name)
		// Ended per function: paying for him still stands.
		mother.Follow("Betalen")
		mother.Has(aLink, sem.name)
		// The other side can end too, and both read who did what.
		mother.Relations()
		mother.Press("Beëindigen", noor.name)
		mother.Sees("Beëindigd:")
		child.Open("/relaties/logboek")
		child.Sees(marieke.name)
	})
}

// TestOfferIsTheOtherDirection: whose card it is offers, and the one who may
// act confirms (S10).
func TestOfferIsTheOtherDirection(t *testing.T) {
	t.Parallel()
	s := tell(t)
	grandfather, neighbour := s.Visitor(desktop), s.Visitor(phone)
	s.Step("Willem offers his card to Fatima, for both functions", func() {
		grandfather.LogInFirst(willem)
		grandfather.Relations()
		grandfather.Request(fatima, offer, "Verlengen", "Betalen")
		grandfather.Sees(sentForward)
		grandfather.HasNot(aButton, "Bevestigen")
	})
	s.Step("Fatima confirms one and declines the other", func() {
		neighbour.LogInFirst(fatima)
		neighbour.Relations()
		neighbour.Sees(willem.name)
		neighbour.Press("Bevestigen", "verlengen")
		neighbour.Press("Weigeren")
		neighbour.HasNot(aButton, "Weigeren")
	})
	s.Step("she sees his loans and not his fees; he sees nothing of hers", func() {
		neighbour.Open("/geleend")
		neighbour.Has(aLink, willem.name)
		neighbour.Open("/betalen")
		neighbour.HasNot(aLink, willem.name)
		grandfather.Open("/geleend")
		grandfather.HasNot(aLink, fatima.name)
	})
	s.Step("what he asks himself he can withdraw, and then it waits no more", func() {
		grandfather.Relations()
		grandfather.Request(fatima, askToAct, "Betalen")
		neighbour.Open("/relaties")
		neighbour.Has(aButton, "Bevestigen")
		grandfather.Press("Intrekken")
		neighbour.Reload()
		neighbour.HasNot(aButton, "Bevestigen")
	})
}

// LogInAtDesk logs in as the demo's staff.
func (p *page) LogInAtDesk() {
	p.story.t.Helper()
	p.Open("/balie")
	p.At("/balie/inloggen")
	p.Fill("Gebruikersnaam", "balie")
	p.Fill("Wachtwoord", "Welkom-Balie1")
	p.Press("Inloggen")
	p.At("/balie")
}

// FindCard looks a card up at the desk and opens it.
func (p *page) FindCard(number string) {
	p.story.t.Helper()
	p.Open("/balie")
	p.Fill("Pasnummer of naam", number)
	p.Press("Zoeken")
	if !strings.Contains(p.Address(), "/balie/pas/") {
		p.fail("one card was found, but it is not open")
	}
}
