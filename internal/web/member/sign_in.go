package member

import (
	"context"
	"net/url"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// deviceCookie tells Porter that somebody has logged in from this browser
// before, so that wrong attempts from elsewhere do not slow its owner down.
const (
	deviceCookie = "apparaat"
	deviceKept   = 365 * 24 * time.Hour
)

// signInPage is GET and POST /inloggen.
type signInPage struct {
	T     *text.Printer
	CSRF  string
	Login string // as typed
	Then  string // where to go afterwards
	// Faults are about the form; none on the first visit.
	Faults web.Faults
}

func (p *pages) showSignIn(ctx context.Context, r *web.Request) (web.Response, error) {
	then := web.Local(r.URL.Query().Get("naar"), homeAt)
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
	return web.Page{Title: r.Text.T("member.sign_in"), Body: signInView(page), Section: signInAt, Stay: stayAtSignIn(page.Then)}
}

// stayAtSignIn is the address of the log-in page that leads on to then.
func stayAtSignIn(then string) string {
	if then == homeAt {
		return signInAt
	}
	return signInAt + "?naar=" + url.QueryEscape(then)
}

// signIn is S1 and S2: log in by card number or user name. A session from
// before is not carried over: Begin makes a new one.
func (p *pages) signIn(ctx context.Context, r *web.Request) (web.Response, error) {
	page := signInPage{Login: r.Field("login"), Then: web.Local(r.Field("naar"), homeAt)}
	entrance, err := p.Porter.SignIn(ctx, account.Attempt{
		Login: page.Login, Password: r.Raw("password"), Address: r.Address(), Device: r.CookieValue(deviceCookie),
	})
	if err != nil {
		return p.shell.Again(r, err, func(f web.Faults) (web.Page, error) {
			page.Faults = f
			return p.signInForm(r, page), nil
		})
	}
	me := entrance.Identity
	if err := r.Begin(web.Sitting{Who: int64(me.Holder.ID), Epoch: me.Epoch}); err != nil {
		return web.Response{}, err
	}
	if entrance.Device != "" {
		r.SetCookie(deviceCookie, entrance.Device, deviceKept)
	}
	if me.MustChoose {
		return web.See(passwordAt), nil
	}
	return web.See(page.Then), nil
}

// signOut ends the session. Whoever is not logged in has nothing to end.
func (p *pages) signOut(_ context.Context, r *web.Request) (web.Response, error) {
	if err := r.End(); err != nil {
		return web.Response{}, err
	}
	r.Say(good, r.Text.T("member.signed_out"))
	return web.See(signInAt), nil
}
