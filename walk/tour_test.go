package walk

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tour leads along every page there is, in every state that looks different:
// empty, full, refused, with faults. It finds its way by addresses and forms,
// not by words, so that it goes the same way in both languages.
type tour struct {
	*story
	language string
	// look is called on every page.
	look func(name string, p *page)
}

// TestEveryPage looks at every page in both languages: axe-core finds nothing on
// a desk and on a phone, nothing sticks out of a narrow phone, and it is light.
func TestEveryPage(t *testing.T) {
	for _, language := range []string{"nl", "en"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := tell(t)
			seen := map[string]bool{}
			guide := &tour{story: s, language: language, look: func(name string, p *page) {
				if seen[name] {
					t.Errorf("two pages called %s", name)
				}
				seen[name] = true
				s.t.Run(name, func(t *testing.T) {
					whole := s.t
					s.t = t
					defer func() { s.t = whole }()
					p.isGood(language)
				})
			}}
			guide.logIn()
			guide.alone()
			guide.linked()
			guide.paying()
			guide.inTrouble()
			guide.desk()
		})
	}
}

// isGood looks at a page in every way there is.
func (p *page) isGood(language string) {
	t := p.story.t
	t.Helper()
	p.isLight(!p.weighed)
	if said := ask(p, "read the language", chromedp.Evaluate[string](`document.documentElement.lang`)); said != language {
		t.Errorf("the page says that it is in %q", said)
	}
	for _, l := range []look{desktop, phone} {
		p.lookAs(l)
		for _, v := range p.violations() {
			t.Errorf("axe-core on a %s: %s", l.name, v)
		}
	}
	p.lookAs(narrow)
	if wide := p.sticksOut(); len(wide) > 0 {
		t.Errorf("wider than %d px: %s", narrow.width, strings.Join(wide[:min(len(wide), 5)], "; "))
	}
	p.lookAs(p.look)
}

// visitor opens a window in the tour's language.
func (g *tour) visitor() *page {
	g.t.Helper()
	return g.visitorAt("")
}

func (g *tour) visitorAt(face string) *page {
	p := g.Visitor(desktop)
	p.Open(face + "/inloggen")
	p.weighed = false
	if g.language != "nl" {
		p.isLight(true)
		p.Open(face + "/taal/" + g.language + "?naar=" + face + "/inloggen")
	}
	return p
}

// enter logs in with the first password and chooses an own one.
func (g *tour) admit(who person) *page {
	g.t.Helper()
	p := g.visitor()
	p.send("/inloggen", who.number, who.first)
	p.send("/wachtwoord", theSame, theSame)
	p.At("/")
	return p
}

func (g *tour) logIn() {
	p := g.visitor()
	g.look("log in", p)
	p.send("/inloggen", "", "")
	g.look("log in, nothing filled in", p)
	p.send("/inloggen", marieke.number, "verkeerd")
	g.look("log in, refused", p)
	p.send("/inloggen", marieke.number, marieke.first)
	g.look("first password", p)
	p.send("/wachtwoord", "abc", "abd")
	g.look("first password, with faults", p)
}

func (g *tour) alone() {
	p := g.admit(noor)
	for _, at := range []string{"/", "/menu", "/geleend", "/betalen", "/betalingen", "/relaties", "/relaties/logboek", "/mijn-gegevens", "/bestaat-niet"} {
		p.Open(at)
		g.look(at+", alone", p)
	}
	p.Open("/mijn-gegevens")
	p.send("/mijn-gegevens/gebruikersnaam", "a!")
	g.look("details, a wrong user name", p)
	p.Open("/mijn-gegevens")
	p.send("/mijn-gegevens/wachtwoord", "x", "y", "z")
	g.look("details, a wrong password", p)
	p.Open("/mijn-gegevens")
	p.send("/mijn-gegevens/gebruikersnaam", "noor-"+g.language)
	g.look("details, with a user name", p)
}

func (g *tour) linked() {
	mother := g.admit(marieke)
	mother.Open("/relaties")
	mother.send("/relaties", "", "", "", "")
	g.look("relations, nothing filled in", mother)
	mother.ask(sem)
	g.look("relations, one asked", mother)
	mother.ask(willem)
	child := g.admit(sem)
	g.look("home, something waits", child)
	child.Open("/relaties")
	g.look("relations, something waits", child)
	child.pressIn(`form[action$="/bevestigen"] button`)
	child.pressIn(`form[action$="/bevestigen"] button`)
	g.look("relations, confirmed", child)
	grandfather := g.admit(willem)
	grandfather.Open("/relaties")
	grandfather.pressIn(`form[action$="/weigeren"] button`)
	g.look("relations, declined", grandfather)
	for _, at := range []string{"/", "/menu", "/geleend", "/betalen", "/betalen/samen", "/relaties", "/relaties/logboek"} {
		mother.Open(at)
		g.look(at+", linked", mother)
	}
	mother.Open("/geleend")
	mother.followIn(`main nav a:not([aria-current])`)
	g.look("loans of a child", mother)
	mother.pressIn(`form[action="/geleend/alles-verlengen"] button`)
	g.look("loans, all renewed that could be", mother)
}

func (g *tour) paying() {
	p := g.visitor()
	p.send("/inloggen", marieke.number, theSame)
	p.Open("/betalen/samen")
	p.do("untick all", chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("main input[type=checkbox]").forEach(b => { b.checked = false })`))
	p.pressIn(`form[action="/betalen"] button`)
	g.look("paying nothing", p)
	p.Open("/betalen")
	p.pressIn(`form[action="/betalen"] button`)
	p.arrive()
	g.look("testbank", p)
	bank := p.Address()
	p.Open("/betalen")
	g.look("fees, being paid", p)
	p.Open("/")
	g.look("home, being paid", p)
	p.followIn(`main .notice a[href^="/betaling/"]`)
	p.followIn(`main a[href$="?stil"]`) // so that it stays while it is looked at
	g.look("payment, open", p)
	p.goes("back to the bank", chromedp.Navigate(bank))
	p.pressIn(`button`) // the first: paid
	g.look("payment, paid", p)
	paid := p.Address()
	p.goes("back to the bank once more", chromedp.Navigate(bank))
	p.pressIn(`button[value="storno"]`)
	for p.Count(aHeading, map[string]string{"nl": "Betaald", "en": "Paid"}[g.language]) > 0 || !strings.HasPrefix(p.Address(), paid) {
		p.goes("see what the bank took back", chromedp.Navigate(paid))
	}
	g.look("payment, charged back", p)
	p.Open("/")
	g.look("home, something went back", p)
	p.Open("/betalen")
	g.look("fees, paid", p)
	p.Open("/betalen/samen")
	p.pressIn(`form[action="/betalen"] button`)
	p.arrive()
	p.pressIn(`button[value="failed"], form:nth-of-type(2) button, button:nth-of-type(2)`)
	g.look("payment, failed", p)
	p.Open("/betalingen")
	g.look("payments", p)
}

func (g *tour) inTrouble() {
	for _, who := range []person{blocked, expired} {
		p := g.admit(who)
		g.look("home of "+who.name, p)
		p.Open("/geleend")
		g.look("loans of "+who.name, p)
		p.Open("/betalen")
		g.look("fees of "+who.name, p)
	}
}

func (g *tour) desk() {
	p := g.visitorAt("/balie")
	g.look("desk, log in", p)
	p.send("/balie/inloggen", "balie", "verkeerd")
	g.look("desk, refused", p)
	p.send("/balie/inloggen", "balie", "Welkom-Balie1")
	p.At("/balie")
	g.look("desk", p)
	p.search("de Vries")
	g.look("desk, found several", p)
	p.search("Zonderling-bestaat-niet")
	g.look("desk, found none", p)
	p.search(marieke.number)
	g.look("desk, a household, the till closed", p)
	card := strings.TrimPrefix(p.Address(), g.home)
	g.openTill(p)
	p.Open(card)
	g.look("desk, a household", p)
	p.pressIn(`form[action$="/betalen"] button:not([name])`)
	g.look("desk, a household, added up", p)
	p.pressIn(`form[action$="/betalen"] button[value="cash"]`)
	g.look("desk, receipt", p)
	g.payBack(p)
	p.Open(card)
	g.look("desk, a household that has paid", p)
	p.Open(card + "/machtiging")
	g.look("desk, a mandate", p)
	p.pressIn(`form[action$="/machtiging"] button`)
	g.look("desk, a mandate with faults", p)
	p.Open(card + "/wachtwoord")
	g.look("desk, before a new first password", p)
	p.pressIn(`form[action$="/wachtwoord"] button`)
	g.look("desk, a new first password", p)
	p.Open(card)
	p.pressIn(`form[action$="/beeindigen"] button`)
	g.look("desk, a mandate ended", p)
	p.Open("/balie/vandaag")
	g.look("desk, today", p)
	p.Open("/balie/aandacht")
	g.look("desk, something to look at", p)
	p.pressIn(`form[action^="/balie/aandacht/"] button`)
	g.look("desk, something to look at, nothing written", p)
	p.send("/balie/aandacht/", "Gebeld")
	g.look("desk, nothing to look at any more", p)
	p.Open("/balie/bestaat-niet")
	g.look("desk, no such page", p)
	g.closeTill(p)
}

// openTill opens the till of the first desk.
func (g *tour) openTill(p *page) {
	g.t.Helper()
	open := `form[action="/balie/kas/openen"] `
	p.Open("/balie/kas")
	g.look("till, closed", p)
	p.pressIn(open + `button[value="open"]`)
	g.look("till, opened with nothing filled in", p)
	p.do("choose a desk", click(p.element(open+`input[type=radio]`, 0)))
	p.fillIn(open+`input[name="stuks-5000"]`, 0, "2")
	p.pressIn(open + `button:not([name])`)
	g.look("till, counted", p)
	p.pressIn(open + `button[value="open"]`)
	g.look("till, open", p)
	p.pressIn(`form[action="/balie/kas/geld"] button`)
	g.look("till, cash with nothing filled in", p)
	p.do("choose out", click(p.element(`form[action="/balie/kas/geld"] input[type=radio]`, 1)))
	p.fillIn(`form[action="/balie/kas/geld"] input[name="bedrag"]`, 0, "20")
	p.fillIn(`form[action="/balie/kas/geld"] input[name="reden"]`, 0, "Kluis")
	p.pressIn(`form[action="/balie/kas/geld"] button`)
	g.look("till, cash taken out", p)
}

// payBack pays back the first line of the payment whose receipt is open.
func (g *tour) payBack(p *page) {
	g.t.Helper()
	p.followIn(`a[href$="/terug"]`)
	g.look("refund", p)
	form := `form[action$="/terug"] `
	p.pressIn(form + `button[value="terug"]`)
	g.look("refund, nothing filled in", p)
	p.do("choose a line", click(p.element(form+`input[name="regel"]`, 0)))
	p.do("choose cash", click(p.element(form+`input[value="cash"]`, 0)))
	p.fillIn(form+`input[name="reden"]`, 0, "Dubbel")
	p.pressIn(form + `button[value="terug"]`)
	g.look("refund, receipt", p)
	p.followIn(`.desk-top a[href^="/balie/bon/"]`)
	g.look("desk, receipt of what was partly paid back", p)
}

// closeTill closes the till with a difference.
func (g *tour) closeTill(p *page) {
	g.t.Helper()
	form := `form[action="/balie/kas/sluiten"] `
	p.Open("/balie/kas/sluiten")
	g.look("till, closing", p)
	p.fillIn(form+`input[name="geteld"]`, 0, "80")
	p.fillIn(form+`input[name="pin"]`, 0, "0")
	p.pressIn(form + `button[value="kijk"]`)
	g.look("till, a difference", p)
	p.pressIn(form + `button[value="sluit"]`)
	g.look("till, a difference without a note", p)
	p.fillIn(form+`input[name="opmerking"]`, 0, "Geen idee")
	p.pressIn(form + `button[value="sluit"]`)
	g.look("till, report", p)
	p.Open("/balie/kas")
	g.look("till, closed again", p)
}

// search looks for a card at the desk.
func (p *page) search(query string) {
	p.story.t.Helper()
	p.Open("/balie")
	p.fillIn(`main form input:not([type=hidden])`, 0, query)
	p.pressIn(`main form button`)
}

// ask fills in the form on Relaties for both functions.
func (p *page) ask(who person) {
	p.story.t.Helper()
	p.Open("/relaties")
	form := `form[action="/relaties"]`
	for i, text := range []string{who.number, who.day, who.month, who.year} {
		p.fillIn(form+` input:is([type=text],[type=number],[type=tel],:not([type]))`, i, text)
	}
	p.do("tick both", chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('form[action="/relaties"] input[type=checkbox]').forEach(b => { b.checked = true })`))
	p.pressIn(form + ` button`)
}

// send fills in the form with this address, field by field in order, and sends
// it.
func (p *page) send(action string, texts ...string) {
	p.story.t.Helper()
	form := fmt.Sprintf(`form[action^=%q]`, action)
	for i, text := range texts {
		p.fillIn(form+` input:not([type=hidden]):not([type=checkbox]):not([type=radio])`, i, text)
	}
	p.pressIn(form + ` button:not([type=button])`)
}

func (p *page) pressIn(selector string) {
	p.story.t.Helper()
	p.goes("press "+selector, click(p.element(selector, 0)))
}

func (p *page) followIn(selector string) {
	p.story.t.Helper()
	p.goes("follow "+selector, click(p.element(selector, 0)))
}

func (p *page) fillIn(selector string, nth int, text string) {
	p.story.t.Helper()
	p.enter(p.element(selector, nth), text)
}

// element is the nth element that a CSS selector finds.
func (p *page) element(selector string, nth int) thing {
	p.story.t.Helper()
	found := ask(p, "look for "+selector, func(ctx context.Context, t *chromedp.Target) (thing, error) {
		object, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{
			Expression: fmt.Sprintf(`document.querySelectorAll(%q)[%d]`, selector, nth),
		})
		if err != nil || object.Result.ObjectID == "" {
			return thing{}, err
		}
		node, err := cdp.Call(ctx, t, dom.DescribeNode, dom.DescribeNodeParams{ObjectID: object.Result.ObjectID})
		if err != nil {
			return thing{}, err
		}
		return thing{name: selector, id: node.Node.BackendNodeID}, nil
	})
	if found.id == 0 {
		p.fail("there is no %s, nr %d", selector, nth)
	}
	return found
}
