// Package desk has every page under /balie, where staff help members who stand
// before them (S20): find a card, take a household's payment in cash or by PIN,
// print the receipt, pay back, open and close the till, give a new first
// password, end or make a mandate. A file is a route: the handler and its page's struct, with the template beside it.
//
// Staff have sessions of their own: a member's opens nothing here, and a staff
// member's opens no member's page. Nothing is decided here: a staff member acts
// for the holder at the desk, with the permits that this holder has now, and
// everything done stands in the desk's log under the staff member's name.
package desk

import (
	"context"
	"net/http"
	"strconv"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// Reasons of this room.
const (
	ReasonUserEmpty    problem.Reason = "desk.user_empty"    // no user name was typed at the log-in
	ReasonNothingTyped problem.Reason = "desk.nothing_typed" // the search field is empty
	ReasonNotPresent   problem.Reason = "desk.not_present"   // it was not confirmed that both holders are at the desk
	ReasonUsed         problem.Reason = "desk.used"          // the form for a new password was used before
)

// The addresses of the pages that others lead to.
const (
	searchAt = "/balie"
	signInAt = "/balie/inloggen"
	todayAt  = "/balie/vandaag"
)

// The kinds of notices: what worked, and what needs attention.
const (
	good = ui.KindGood
	warn = ui.KindWarn
)

func cardAt(id card.ID) string { return "/balie/pas/" + strconv.FormatInt(int64(id), 10) }

func passwordAt(id card.ID) string { return cardAt(id) + "/wachtwoord" }

func linkAt(id card.ID) string { return cardAt(id) + "/machtiging" }

func receiptAt(id payment.ID) string { return "/balie/bon/" + strconv.FormatInt(int64(id), 10) }

// Rooms are the use cases that the pages call.
type Rooms struct {
	Porter  *account.Porter
	Roster  *account.Roster
	Book    *mandate.Book
	Viewer  *household.Viewer
	Cashier *payment.Cashier
	Drawer  *till.Drawer
	// Mails tells that letters to members are sent.
	Mails bool
}

// pages holds what every handler needs.
type pages struct {
	Rooms
	shell *web.Shell
}

// Handler builds the desk's face of the program. It completes the frame of the
// shell's pages with the desk's navigation.
func Handler(s *web.Shell, rooms Rooms) http.Handler {
	p := &pages{Rooms: rooms, shell: s}
	s.Frame, s.HomeText = p.frame, "desk.error_home"
	const get, post = http.MethodGet, http.MethodPost
	return s.Routes([]web.Route{
		{Method: get, Pattern: "/balie/taal/{taal}", Handle: s.SwitchLanguage},
		{Method: get, Pattern: signInAt, Handle: p.showSignIn},
		{Method: post, Pattern: signInAt, Handle: p.signIn},
		{Method: post, Pattern: "/balie/uitloggen", Handle: p.signOut},

		{Method: get, Pattern: searchAt, Handle: p.inside(p.showSearch)},
		{Method: post, Pattern: searchAt, Handle: p.inside(p.search)},
		{Method: post, Pattern: "/balie/pas", Handle: p.inside(p.open)},
		{Method: get, Pattern: numberAt, Handle: p.inside(p.showNumber)},
		{Method: post, Pattern: numberAt, Handle: p.inside(p.renumber)},
		{Method: get, Pattern: "/balie/pas/{id}", Handle: p.inside(p.showCard)},
		{Method: post, Pattern: "/balie/pas/{id}/betalen", Handle: p.inside(p.take)},
		{Method: get, Pattern: "/balie/pas/{id}/wachtwoord", Handle: p.inside(p.showPassword)},
		{Method: post, Pattern: "/balie/pas/{id}/wachtwoord", Handle: p.inside(p.handOutPassword)},
		{Method: get, Pattern: "/balie/pas/{id}/machtiging", Handle: p.inside(p.showLink)},
		{Method: post, Pattern: "/balie/pas/{id}/machtiging", Handle: p.inside(p.link)},
		{Method: post, Pattern: "/balie/pas/{id}/machtiging/{mandate}/beeindigen", Handle: p.inside(p.endMandate)},
		{Method: get, Pattern: "/balie/bon/{payment}", Handle: p.inside(p.showReceipt)},
		{Method: post, Pattern: "/balie/bon/{payment}/mail", Handle: p.inside(p.mailReceipt)},
		{Method: get, Pattern: "/balie/bon/{payment}/terug", Handle: p.inside(p.showRefund)},
		{Method: post, Pattern: "/balie/bon/{payment}/terug", Handle: p.inside(p.refund)},
		{Method: get, Pattern: "/balie/bon/{payment}/terug/{refund}", Handle: p.inside(p.showRefunded)},
		{Method: get, Pattern: todayAt, Handle: p.inside(p.showToday)},
		{Method: get, Pattern: findingsAt, Handle: p.inside(p.showFindings)},
		{Method: post, Pattern: findingsAt + "/{finding}", Handle: p.inside(p.settleFinding)},

		{Method: get, Pattern: tillAt, Handle: p.inside(p.showTill)},
		{Method: post, Pattern: "/balie/kas/openen", Handle: p.inside(p.openTill)},
		{Method: post, Pattern: "/balie/kas/balie", Handle: p.inside(p.workAt)},
		{Method: post, Pattern: "/balie/kas/geld", Handle: p.inside(p.moveCash)},
		{Method: get, Pattern: closeAt, Handle: p.inside(p.showClose)},
		{Method: post, Pattern: closeAt, Handle: p.inside(p.closeTill)},
		{Method: get, Pattern: "/balie/kas/{shift}", Handle: p.inside(p.showShift)},
	})
}

// identify asks on every request whether the session still stands: an account
// that was disabled or reset has lost it.
func (p *pages) identify(ctx context.Context, r *web.Request) (bool, error) {
	s, ok := r.Sitting()
	if !ok {
		return false, nil
	}
	staff, ok, err := p.Roster.Identify(ctx, s.Who, s.Epoch)
	if err != nil || !ok {
		return false, err
	}
	r.Staff = staff
	return true, nil
}

// inside lets staff through.
func (p *pages) inside(h web.Handler) web.Handler {
	return p.shell.Guard(func(ctx context.Context, r *web.Request) (bool, string, error) {
		ok, err := p.identify(ctx, r)
		return ok, "", err
	}, h)
}

// frame puts the desk's navigation around a page. A page that does not exist
// passes no guard, so who is logged in is looked up here as well.
func (p *pages) frame(r *web.Request, f *ui.Frame) {
	f.Dense = true
	if r.Staff.ID == 0 {
		if ok, err := p.identify(r.Context(), r); !ok || err != nil {
			return // nobody, or nothing known: a frame without navigation
		}
	}
	t := r.Text
	f.Me = &ui.Who{Name: r.Staff.Name, Key: r.Staff.ID}
	f.SignOutHref, f.SignOutLabel = "/balie/uitloggen", t.T("member.sign_out")
	f.NavLabel = t.T("desk.nav")
	f.Nav = []ui.Link{
		{Href: searchAt, Label: t.T("desk.search_title")},
		{Href: tillAt, Label: t.T("till.title")},
		{Href: todayAt, Label: t.T("desk.today")},
		{Href: findingsAt, Label: p.findingsLabel(r)},
	}
}

// noPage is the one answer for what does not exist.
func noPage() error { return problem.New(problem.NotFound, web.ReasonNoPage, nil) }

// number reads an ID from an address; anything else is an ID that does not
// exist.
func number(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, noPage()
	}
	return n, nil
}

// visitor is the holder who stands at the desk, as a page's address names them.
type visitor struct {
	card.Holder
	// Card is what the library system knows; Away that it could not say.
	Card card.Card
	Away bool
}

// visitor finds the holder of the card in the page's address. A card that is
// closed is a page that does not exist, like one that never was.
func (p *pages) visitor(ctx context.Context, r *web.Request) (visitor, error) {
	id, err := number(r.PathValue("id"))
	if err != nil {
		return visitor{}, err
	}
	h, c, err := p.Porter.KnownByID(ctx, card.ID(id))
	switch {
	case problem.KindOf(err) == problem.Unavailable && !h.IsZero():
		p.shell.Log.WarnContext(ctx, "a card could not be read at the desk", "card", h, "error", err)
		return visitor{Holder: h, Away: true}, nil
	case err != nil:
		return visitor{}, err
	}
	return visitor{Holder: h, Card: c}, nil
}

// actor is the holder at the desk, with the staff member who acts for them.
func actor(r *web.Request, h card.Holder) mandate.Actor {
	return mandate.Actor{Holder: h, Staff: r.Staff.Name}
}

// lookKey is where a session keeps whose card was looked at last.
const lookKey = "card"

// look logs that a card was looked at, once in a row: what follows on the same
// card is logged as what it is.
func (p *pages) look(ctx context.Context, r *web.Request, h card.Holder) error {
	var last card.ID
	if !r.Take(lookKey, &last) || last != h.ID {
		p.did(ctx, r, h, actFind, "")
	}
	return r.Keep(lookKey, h.ID)
}

// did logs an act under the staff member's name.
func (p *pages) did(ctx context.Context, r *web.Request, h card.Holder, act, detail string) {
	p.Roster.Did(ctx, r.Staff, account.StaffAct{Card: h, Act: act, Detail: detail})
}
