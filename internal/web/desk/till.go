package desk

import (
	"context"
	"strings"

	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
)

// The addresses of the till's pages.
const (
	tillAt  = "/balie/kas"
	closeAt = "/balie/kas/sluiten"
)

// placeKey is where a session keeps at which desk the staff member works.
const placeKey = "place"

// working is the desk at which the reader works: the one that was chosen in this
// session, else the only one there is, else the one where they opened a shift.
// ok is false when none of these is known.
func (p *pages) working(ctx context.Context, r *web.Request) (at till.Desk, all []till.Desk, ok bool, err error) {
	if all, err = p.Drawer.Desks(ctx); err != nil {
		return till.Desk{}, nil, false, err
	}
	var chosen till.Place
	if r.Recall(placeKey, &chosen) {
		for _, d := range all {
			if d.Place == chosen {
				return d, all, true, nil
			}
		}
	}
	if len(all) == 1 {
		return all[0], all, true, nil
	}
	for _, d := range all {
		if d.IsOpen() && d.Shift.OpenedBy == r.Staff.Name {
			return d, all, true, nil
		}
	}
	return till.Desk{}, all, false, nil
}

// shift is the open shift of the reader's desk; ok is false when there is none.
func (p *pages) shift(ctx context.Context, r *web.Request) (till.Shift, bool, error) {
	at, _, ok, err := p.working(ctx, r)
	return at.Shift, ok && at.IsOpen(), err
}

// placeName is a desk in words: "Centrum, Balie 1".
func placeName(p till.Place) string { return p.Branch + ", " + p.Desk }

// place finds a desk by what a form sends of it.
func place(all []till.Desk, sent string) (till.Desk, bool) {
	for _, d := range all {
		if d.Place.String() == sent {
			return d, true
		}
	}
	return till.Desk{}, false
}

// workAt is POST /balie/kas/balie: the staff member works at a desk whose shift
// is open.
func (p *pages) workAt(ctx context.Context, r *web.Request) (web.Response, error) {
	all, err := p.Drawer.Desks(ctx)
	if err != nil {
		return web.Response{}, err
	}
	at, ok := place(all, r.Field("plek"))
	if !ok || !at.IsOpen() {
		return web.Response{}, noPage()
	}
	if err := r.Keep(placeKey, at.Place); err != nil {
		return web.Response{}, err
	}
	r.Say(good, r.Text.T("till.working", "desk", placeName(at.Place)))
	return web.See(web.Local(r.Field("naar"), tillAt)), nil
}

// openFirst leads to where a shift is opened, and from there back to the address.
func openFirst(r *web.Request, then string) web.Response {
	r.Say(warn, r.Text.T("till.open_first"))
	return web.See(tillThen(then))
}

// tillThen is the till's page that afterwards leads to the address.
func tillThen(then string) string {
	// The addresses of this room hold nothing that would have to be escaped.
	return tillAt + "?naar=" + strings.TrimSpace(then)
}
