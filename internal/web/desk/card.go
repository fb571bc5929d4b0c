package desk

import (
	"context"
	"crypto/rand"

	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// cardPage is GET /balie/pas/{id}: everything about one card on one screen.
type cardPage struct {
	T    *text.Printer
	CSRF string
	Who  who
	// Fees is what this card and the cards its holder may pay for owe.
	Fees     fees
	Mandates []mandateRow
	Payments []paymentRow
	Acts     []actRow
	Faults   web.Faults
}

// who is whose card it is, to be compared with the person at the desk.
type who struct {
	At           string // the address of the card's page
	ID           int64
	Name, Number string
	Born, Email  string // "" when not known
	Category     string
	Branch       string
	Away         bool // the library system could not say
	PasswordAt   string
	LinkAt       string
	state
}

func (p *pages) who(t *text.Printer, v visitor) who {
	w := who{
		At: cardAt(v.ID), ID: int64(v.ID), Name: v.Name, Number: v.Number.Text(), Away: v.Away,
		PasswordAt: passwordAt(v.ID), LinkAt: linkAt(v.ID),
	}
	if !v.Away {
		w.Born, w.Email, w.Category, w.Branch = t.Date(v.Card.BirthDate), v.Card.Email, v.Card.Category, v.Card.Branch
		w.state = p.stateOf(t, v.Card)
	}
	return w
}

func (p *pages) showCard(ctx context.Context, r *web.Request) (web.Response, error) {
	v, err := p.visitor(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if err := p.look(ctx, r, v.Holder); err != nil {
		return web.Response{}, err
	}
	page, err := p.cardPage(ctx, r, v, nil, nil)
	if err != nil {
		return web.Response{}, err
	}
	return web.Show(page), nil
}

// cardPage reads the page. ticked are the boxes to tick, nil for all of them.
func (p *pages) cardPage(ctx context.Context, r *web.Request, v visitor, ticked []string, f web.Faults) (web.Page, error) {
	page := cardPage{T: r.Text, CSRF: r.Token(), Who: p.who(r.Text, v), Faults: f}
	var err error
	if page.Fees, err = p.fees(ctx, r, v, ticked); err != nil {
		return web.Page{}, err
	}
	page.Fees.Key = rand.Text()
	if page.Mandates, err = p.mandates(ctx, r, v); err != nil {
		return web.Page{}, err
	}
	if page.Payments, err = p.payments(ctx, r, v); err != nil {
		return web.Page{}, err
	}
	if page.Acts, err = p.acts(ctx, r, v); err != nil {
		return web.Page{}, err
	}
	return web.Page{Title: v.Name, Body: cardView(page), Section: searchAt, Stay: cardAt(v.ID)}, nil
}
