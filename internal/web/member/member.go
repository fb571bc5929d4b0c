// Package member has every page that a member sees: logging in, the first
// password, what must go back when, what there is to pay, the relations with
// other cards and the member's own details (S1 to S19). A file is a route: the
// handler and its page's struct, with the template beside it. Nothing is
// decided here: mandate says who may, and what comes from a form is an ID to be
// looked up with the permits of this very request, never a right.
package member

import (
	"context"
	"net/http"
	"strconv"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// ReasonMustChoose refuses every form but the password's own until a member
// has chosen a password (S3).
const ReasonMustChoose problem.Reason = "member.must_choose"

// The addresses of the pages that others lead to.
const (
	homeAt      = "/"
	menuAt      = "/menu"
	signInAt    = "/inloggen"
	passwordAt  = "/wachtwoord"
	loansAt     = "/geleend"
	feesAt      = "/betalen"
	togetherAt  = "/betalen/samen"
	paymentsAt  = "/betalingen"
	relationsAt = "/relaties"
	logAt       = "/relaties/logboek"
	detailsAt   = "/mijn-gegevens"
	appsAt      = "/mijn-gegevens/apps"
)

// Rooms are the use cases that the pages call.
type Rooms struct {
	Porter  *account.Porter
	Book    *mandate.Book
	Office  *circulation.Office
	Viewer  *household.Viewer
	Cashier *payment.Cashier
	// Apps is nil where no apps are let in: then there is no page about them.
	Apps *account.Apps
}

// pages holds what every handler needs.
type pages struct {
	Rooms
	shell *web.Shell
}

// Handler builds the member's face of the program. It completes the frame of
// the shell's pages with the member's navigation.
func Handler(s *web.Shell, rooms Rooms) http.Handler {
	p := &pages{Rooms: rooms, shell: s}
	s.Frame = p.frame
	const get, post = http.MethodGet, http.MethodPost
	routes := []web.Route{
		{Method: get, Pattern: "/taal/{taal}", Handle: s.SwitchLanguage},
		{Method: get, Pattern: signInAt, Handle: p.showSignIn},
		{Method: post, Pattern: signInAt, Handle: p.signIn},
		{Method: post, Pattern: "/uitloggen", Handle: p.signOut},
		{Method: get, Pattern: passwordAt, Handle: p.choosing(p.showPassword)},
		{Method: post, Pattern: passwordAt, Handle: p.choosing(p.setPassword)},

		{Method: get, Pattern: "/{$}", Handle: p.inside(p.home)},
		{Method: get, Pattern: menuAt, Handle: p.inside(p.menu)},
		{Method: get, Pattern: loansAt, Handle: p.inside(p.showLoans)},
		{Method: post, Pattern: "/geleend/verlengen", Handle: p.inside(p.renewLoan)},
		{Method: post, Pattern: "/geleend/alles-verlengen", Handle: p.inside(p.renewAll)},
		{Method: get, Pattern: feesAt, Handle: p.inside(p.showFees)},
		{Method: get, Pattern: togetherAt, Handle: p.inside(p.showFeesTogether)},
		{Method: post, Pattern: feesAt, Handle: p.inside(p.pay)},
		{Method: get, Pattern: "/betaling/{id}", Handle: p.inside(p.showPayment)},
		{Method: get, Pattern: "/betaling/{id}/naar-de-bank", Handle: p.inside(p.showToBank)},
		{Method: post, Pattern: "/betaling/{id}/stoppen", Handle: p.inside(p.giveUp)},
		{Method: get, Pattern: paymentsAt, Handle: p.inside(p.showPayments)},
		{Method: get, Pattern: relationsAt, Handle: p.inside(p.showRelations)},
		{Method: post, Pattern: relationsAt, Handle: p.inside(p.apply)},
		{Method: post, Pattern: "/relaties/{id}/{act}", Handle: p.inside(p.takeStep)},
		{Method: get, Pattern: logAt, Handle: p.inside(p.showLog)},
		{Method: get, Pattern: detailsAt, Handle: p.inside(p.showDetails)},
		{Method: post, Pattern: "/mijn-gegevens/gebruikersnaam", Handle: p.inside(p.setUserName)},
		{Method: post, Pattern: "/mijn-gegevens/wachtwoord", Handle: p.inside(p.changePassword)},
		{Method: post, Pattern: "/mijn-gegevens/overal-uitloggen", Handle: p.inside(p.logOutEverywhere)},
	}
	if p.Apps != nil {
		routes = append(routes,
			web.Route{Method: get, Pattern: appsAt, Handle: p.inside(p.showApps)},
			web.Route{Method: post, Pattern: appsAt + "/{id}/stoppen", Handle: p.inside(p.stopApp)},
		)
	}
	return s.Routes(routes)
}

// identify asks on every request whether the session still stands: an epoch
// that was raised or a card that was closed ends it at once.
func (p *pages) identify(ctx context.Context, r *web.Request) (bool, error) {
	s, ok := r.Sitting()
	if !ok {
		return false, nil
	}
	me, ok, err := p.Porter.Identify(ctx, card.ID(s.Who), s.Epoch)
	if err != nil || !ok {
		return false, err
	}
	r.Me = me
	return true, nil
}

// inside lets members through who are logged in with a password of their own.
// With a first password, pages lead to choosing one and forms are refused (S3).
func (p *pages) inside(h web.Handler) web.Handler {
	return p.shell.Guard(func(ctx context.Context, r *web.Request) (bool, string, error) {
		ok, err := p.identify(ctx, r)
		switch {
		case err != nil || !ok:
			return false, "", err
		case !r.Me.MustChoose:
			return true, "", nil
		case r.Method == http.MethodPost:
			return false, "", problem.New(problem.Refused, ReasonMustChoose, nil)
		}
		return false, passwordAt, nil
	}, h)
}

// choosing lets members through who still have to choose a password; the
// others change theirs among their details.
func (p *pages) choosing(h web.Handler) web.Handler {
	return p.shell.Guard(func(ctx context.Context, r *web.Request) (bool, string, error) {
		ok, err := p.identify(ctx, r)
		if err != nil || !ok {
			return false, "", err
		}
		if !r.Me.MustChoose {
			return false, detailsAt, nil
		}
		return true, "", nil
	}, h)
}

// The kinds of notice that the pages give.
const (
	good = ui.KindGood
	note = ui.KindInfo
)

// actor is the member who asks.
func actor(r *web.Request) mandate.Actor { return mandate.Actor{Holder: r.Me.Holder} }

// noPage is the one answer for what does not exist and what is somebody else's.
func noPage() error { return problem.New(problem.NotFound, web.ReasonNoPage, nil) }

// number reads an ID from an address or a form; anything else is an ID that
// does not exist.
func number(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, noPage()
	}
	return n, nil
}

// permit returns the permit for the card that a page or form is about: "" is
// the member's own. A card without an active mandate for the scope, whether it
// exists or not, is a page that does not exist.
func (p *pages) permit(ctx context.Context, r *web.Request, pass string, scope mandate.Scope) (mandate.Permit, error) {
	id, err := cardOf(r, pass)
	if err != nil {
		return nil, err
	}
	permit, err := p.Book.PermitFor(ctx, actor(r), id)
	if err != nil {
		return nil, err
	}
	if !permit.Allows(scope) {
		return nil, noPage()
	}
	return permit, nil
}

// among is permit for a page that has read all permits of this request.
func among(permits []mandate.Permit, r *web.Request, pass string, scope mandate.Scope) (mandate.Permit, error) {
	id, err := cardOf(r, pass)
	if err != nil {
		return nil, err
	}
	permit, ok := mandate.Among(permits, id, scope)
	if !ok {
		return nil, noPage()
	}
	return permit, nil
}

func cardOf(r *web.Request, pass string) (card.ID, error) {
	if pass == "" {
		return r.Me.Holder.ID, nil
	}
	id, err := number(pass)
	return card.ID(id), err
}

// frame puts the member's navigation around a page. A page that does not exist
// passes no guard, so who is logged in is looked up here as well.
func (p *pages) frame(r *web.Request, f *ui.Frame) {
	if r.Me.Holder.IsZero() {
		if ok, err := p.identify(r.Context(), r); !ok || err != nil {
			return // nobody, or nothing known: a frame without navigation
		}
	}
	t := r.Text
	me := r.Me.Holder
	f.Me = &ui.Who{Name: me.Name, Key: int64(me.ID)}
	f.SignOutHref, f.SignOutLabel = "/uitloggen", t.T("member.sign_out")
	if r.Me.MustChoose {
		return
	}
	f.NavLabel = t.T("member.nav")
	f.Nav = []ui.Link{
		{Href: homeAt, Label: t.T("member.home")},
		{Href: menuAt, Label: t.T("member.menu")},
		{Href: loansAt, Label: t.T("member.loans"), Wide: true},
		{Href: feesAt, Label: t.T("member.fees"), Wide: true},
		{Href: relationsAt, Label: t.T("member.relations"), Wide: true},
		{Href: detailsAt, Label: t.T("member.details"), Wide: true},
	}
}
