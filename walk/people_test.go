package walk

import (
	"regexp"
	"slices"
)

// person is somebody with a card in the demo library.
type person struct {
	name, number     string
	day, month, year string // born
	first            string // the password that the library handed out
}

var (
	marieke = person{"Marieke de Vries", "20001000000012", "12", "3", "1984", "Welkom-1984"}
	sem     = person{"Sem de Vries", "20001000000020", "2", "6", "2014", "Welkom-2014"}
	noor    = person{"Noor de Vries", "20001000000038", "23", "11", "2016", "Welkom-2016"}
	willem  = person{"Willem Jansen", "20001000000046", "30", "1", "1941", "Welkom-1941"}
	fatima  = person{"Fatima El Amrani", "20001000000053", "8", "7", "1990", "Welkom-1990"}
	blocked = person{"Tom Bakker", "20001000000061", "17", "9", "1975", "Welkom-1975"}
	expired = person{"Ans Visser", "20001000000079", "4", "4", "1958", "Welkom-1958"}
)

// theSame is the password that everybody in these tests chooses: it may be the
// same for all cards (S6).
const theSame = "Zelfde-voor-ons-allen1!"

// The two directions of a relation, as they stand on the screen (S10).
const (
	askToAct = "Machtig mij voor zijn/haar abonnement"
	offer    = "Ik machtig hem/haar voor mijn abonnement"
)

// LogIn fills in the log-in page.
func (p *page) LogIn(login, password string) {
	p.story.t.Helper()
	p.Open("/inloggen")
	p.Fill("Lenersnummer of gebruikersnaam", login)
	p.Fill("Wachtwoord", password)
	p.Press("Inloggen")
}

// LogInFirst logs in with the password that the library handed out and chooses
// an own one.
func (p *page) LogInFirst(who person) {
	p.story.t.Helper()
	p.LogIn(who.number, p.story.FirstPassword(who))
	p.SeesHeading("Wachtwoord instellen")
	p.ChoosePassword(theSame)
}

// slip is a password on the paper that the desk hands out.
var slip = regexp.MustCompile(`[A-Z][a-z]{3}-[0-9]{4}-[a-z]{4}!`)

// FirstPassword is what somebody logs in with for the first time: the library
// system's own or, where that checks none, a new one from the desk.
func (s *story) FirstPassword(who person) string {
	s.t.Helper()
	if !s.deskHandsOut {
		return who.first
	}
	desk := s.Visitor(desktop)
	desk.LogInAtDesk()
	desk.FindCard(who.number)
	desk.Follow("Nieuw wachtwoord geven")
	desk.Press("Geef een nieuw wachtwoord")
	password := slip.FindString(desk.Text())
	if password == "" {
		desk.fail("there is no password on the slip")
	}
	return password
}

// ChoosePassword fills in the page of the first log-in.
func (p *page) ChoosePassword(password string) {
	p.story.t.Helper()
	p.Fill("Nieuw wachtwoord", password)
	p.Fill("Nieuw wachtwoord nogmaals", password)
	p.Press("Instellen")
}

// Relations goes to Relaties through the menu (S8).
func (p *page) Relations() {
	p.story.t.Helper()
	p.Follow("Mijn bibliotheek")
	p.Follow("Mijn menu")
	p.Follow("Relaties")
	p.SeesHeading("Relaties")
}

// Request fills in the form on Relaties (S9 to S11).
func (p *page) Request(whose person, direction string, functions ...string) {
	p.story.t.Helper()
	p.Fill("Pasnummer", whose.number)
	p.Fill("Dag", whose.day)
	p.Fill("Maand", whose.month)
	p.Fill("Jaar", whose.year)
	p.Choose("Relatie", direction)
	for _, f := range []string{"Verlengen", "Betalen"} {
		if slices.Contains(functions, f) {
			p.Tick(f)
		} else {
			p.Untick(f)
		}
	}
	p.Press("Aanvragen")
}
