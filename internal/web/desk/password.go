package desk

import (
	"context"
	"crypto/rand"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// passwordPage is GET /balie/pas/{id}/wachtwoord: what giving a new first
// password does, before it is done.
type passwordPage struct {
	T     *text.Printer
	CSRF  string
	Who   who
	Nonce string
}

// slipPage is the answer to POST /balie/pas/{id}/wachtwoord, the only page that
// ever shows the password. It is in no address, no session and no log.
type slipPage struct {
	T    *text.Printer
	CSRF string
	Who  who
	Slip ui.Slip
}

// formKey is where a session keeps the last form for a new password.
const formKey = "password"

// form is a form for a new password of one card, and when it was used; zero for
// not yet.
type form struct {
	Card  card.ID
	Nonce string
	Used  time.Time
}

// doubleClick is how long the same form may come again: two clicks in a row are
// one wish, of which the browser shows the second answer. After that a form
// that is sent again, by a reload or by the way back, gives nothing: it would
// take away a password that the member chose meanwhile.
const doubleClick = 10 * time.Second

func (p *pages) showPassword(ctx context.Context, r *web.Request) (web.Response, error) {
	v, err := p.visitor(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if err := p.look(ctx, r, v.Holder); err != nil {
		return web.Response{}, err
	}
	page := passwordPage{T: r.Text, CSRF: r.Token(), Who: p.who(r.Text, v), Nonce: rand.Text()}
	if err := r.Keep(formKey, form{Card: v.ID, Nonce: page.Nonce}); err != nil {
		return web.Response{}, err
	}
	return web.Show(web.Page{Title: r.Text.T("desk.password"), Body: passwordView(page), Section: searchAt}), nil
}

// handOutPassword gives the card a new first password. Porter logs it in the
// same transaction.
func (p *pages) handOutPassword(ctx context.Context, r *web.Request) (web.Response, error) {
	v, err := p.visitor(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if err := p.use(r, v.ID, r.Field("nonce")); err != nil {
		return web.SeeOr(r, cardAt(v.ID), err)
	}
	secret, err := p.Porter.HandOutPassword(ctx, r.Staff, v.Holder)
	if err != nil {
		return web.SeeOr(r, cardAt(v.ID), err)
	}
	t := r.Text
	page := slipPage{T: t, CSRF: r.Token(), Who: p.who(t, v), Slip: ui.Slip{
		Library: p.shell.Library, Title: t.T("desk.slip_title"),
		Facts:      []ui.Fact{{Label: t.T("desk.slip_for"), Value: v.Name}},
		TotalLabel: t.T("desk.slip_password"), Total: secret, Closing: t.T("desk.slip_closing"),
	}}
	if u := p.shell.PublicURL; u != nil {
		page.Slip.Facts = append(page.Slip.Facts, ui.Fact{Label: t.T("desk.slip_site"), Value: u.String()})
	}
	return web.Show(web.Page{
		Title: t.T("desk.slip_title"), Body: slipView(page), Section: searchAt, Stay: cardAt(v.ID),
	}), nil
}

// use refuses a form that has done its work, and one that we did not make.
func (p *pages) use(r *web.Request, id card.ID, nonce string) error {
	now := p.shell.Now()
	var last form
	if !r.Take(formKey, &last) || last.Card != id || last.Nonce != nonce {
		return problem.New(problem.Refused, ReasonUsed, nil)
	}
	old := !last.Used.IsZero() && now.Sub(last.Used) > doubleClick
	if last.Used.IsZero() {
		last.Used = now
	}
	if err := r.Keep(formKey, last); err != nil {
		return err
	}
	if old {
		return problem.New(problem.Refused, ReasonUsed, nil)
	}
	return nil
}
