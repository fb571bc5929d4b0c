package desk

import (
	"context"
	"net/url"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// signInPage is GET and POST /balie/inloggen, where staff log in with accounts
// of their own.
type signInPage struct {
	T      *text.Printer
	CSRF   string
	User   string // as typed
	Then   string // where to go afterwards
	Faults web.Faults
}

func (p *pages) showSignIn(ctx context.Context, r *web.Request) (web.Response, error) {
	then := web.Local(r.URL.Query().Get("naar"), searchAt)
	ok, err := p.identify(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if ok {
		return web.See(then), nil
	}
	return web.Show(p.signInForm(r, signInPage{Then: then})), nil
}

func (p *pages) signInForm(r *web.Request, page signInPage) web.Page {
	page.T, page.CSRF = r.Text, r.Token()
	stay := signInAt
	if page.Then != searchAt {
		stay += "?naar=" + url.QueryEscape(page.Then)
	}
	return web.Page{Title: r.Text.T("desk.sign_in_title"), Body: signInView(page), Section: signInAt, Stay: stay}
}

// signIn begins a session of the desk. A session from before is not carried
// over: Begin makes a new one.
func (p *pages) signIn(ctx context.Context, r *web.Request) (web.Response, error) {
	page := signInPage{User: r.Field("login"), Then: web.Local(r.Field("naar"), searchAt)}
	staff, err := p.Roster.SignIn(ctx, page.User, r.Raw("password"), r.Address())
	if err != nil {
		return p.shell.Again(r, inStaffsWords(err), func(f web.Faults) (web.Page, error) {
			page.Faults = f
			return p.signInForm(r, page), nil
		})
	}
	if err := r.Begin(web.Sitting{Who: staff.ID, Epoch: staff.Epoch}); err != nil {
		return web.Response{}, err
	}
	r.Staff = staff
	p.did(ctx, r, card.Holder{}, actSignIn, "")
	return web.See(page.Then), nil
}

// inStaffsWords tells that the name is missing in other words than to a member,
// who may type a card number there.
func inStaffsWords(err error) error {
	var told problem.List
	for _, q := range problem.Of(err) {
		if q.Reason == account.ReasonLoginEmpty {
			q = problem.New(q.Kind, ReasonUserEmpty, nil).At(q.Field)
		}
		told = append(told, q)
	}
	if told == nil {
		return err
	}
	return told
}

// signOut ends the session. Whoever is not logged in has nothing to end.
func (p *pages) signOut(ctx context.Context, r *web.Request) (web.Response, error) {
	ok, err := p.identify(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if err := r.End(); err != nil {
		return web.Response{}, err
	}
	if ok {
		p.did(ctx, r, card.Holder{}, actSignOut, "")
	}
	r.Say(good, r.Text.T("desk.signed_out"))
	return web.See(signInAt), nil
}
