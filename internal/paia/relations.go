package paia

import (
	"context"
	"slices"
	"strconv"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
)

// message is something that waits for the member (PAIA: patron messages).
type message struct {
	ID    string `json:"id"`
	About string `json:"about"`
	Date  string `json:"date"`
	URL   string `json:"url"`
}

type messageList struct {
	Message []message `json:"message"`
}

// waiting lists the mandates that wait for the holder's answer (S15), as messages.
func (a *api) waiting(ctx context.Context, c *call) (map[mandate.ID]message, []mandate.ID, error) {
	if err := c.own(); err != nil {
		return nil, nil, err
	}
	all, err := a.Book.Relations(ctx, c.me.Holder)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // says what it was doing
	}
	found, order := map[mandate.ID]message{}, []mandate.ID{}
	for _, r := range all {
		if !r.WaitsForMe() {
			continue
		}
		id := strconv.FormatInt(int64(r.Mandate.ID), 10)
		order = append(order, r.Mandate.ID)
		found[r.Mandate.ID] = message{
			ID:    a.PublicURL.JoinPath(coreBase, c.me.Holder.Number.Text(), "messages", id).String(),
			About: c.t.T("api.waits_"+string(r.Mandate.Scope)+"_"+string(r.Mine), "name", r.Other.Name),
			Date:  r.Mandate.RequestedAt.In(a.Zone).Format(time.RFC3339), URL: a.PublicURL.JoinPath("relaties").String(),
		}
	}
	return found, order, nil
}

// messages lists what waits for the holder (PAIA core messages).
func (a *api) messages(ctx context.Context, c *call) (any, error) {
	found, order, err := a.waiting(ctx, c)
	if err != nil {
		return nil, err
	}
	out := messageList{Message: []message{}}
	for _, id := range order {
		out.Message = append(out.Message, found[id])
	}
	return out, nil
}

// message is one of them.
func (a *api) message(ctx context.Context, c *call) (any, error) {
	found, _, err := a.waiting(ctx, c)
	if err != nil {
		return nil, err
	}
	id, _ := strconv.ParseInt(c.r.PathValue("message"), 10, 64) // 0 is none
	m, ok := found[mandate.ID(id)]
	if !ok {
		return nil, problem.New(problem.NotFound, mandate.ReasonNotFound, nil)
	}
	return messageList{Message: []message{m}}, nil
}

// reached is a card that the token reaches now.
type reached struct {
	Patron string          `json:"patron"`
	Name   string          `json:"name"`
	Own    bool            `json:"own"`
	Scopes []mandate.Scope `json:"scopes"`
}

type cardList struct {
	Card []reached `json:"card"`
}

// cards lists the cards that the token reaches at this moment, the own one first.
func (a *api) cards(ctx context.Context, c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	permits, err := a.Book.Permits(ctx, c.actor())
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	out := cardList{Card: []reached{}}
	for _, p := range permits {
		r := reached{Patron: p.Card().Number.Text(), Name: p.Card().Name, Own: p.OwnCard(), Scopes: []mandate.Scope{}}
		for _, s := range mandate.Scopes {
			if p.Allows(s) {
				r.Scopes = append(r.Scopes, s)
			}
		}
		out.Card = append(out.Card, r)
	}
	return out, nil
}

// relation is a mandate as the holder may see it (S14).
type relation struct {
	ID    int64         `json:"id"`
	Scope mandate.Scope `json:"scope"`
	// Side is the holder's: grantee may act for the other, grantor lets the other.
	Side  mandate.Side  `json:"side"`
	State mandate.State `json:"state"`
	// Patron is the other's number, Name the name as far as the holder may know it.
	Patron string `json:"patron,omitempty"`
	Name   string `json:"name,omitempty"`
	// Asked is sent back with a confirmation: nobody agrees to what was asked since.
	Asked string        `json:"asked"`
	Until string        `json:"until,omitempty"`
	Acts  []mandate.Act `json:"acts"`
}

type relationList struct {
	Mandate []relation `json:"mandate"`
}

func shown(r mandate.Relation) relation {
	out := relation{
		ID: int64(r.Mandate.ID), Scope: r.Mandate.Scope, Side: r.Mine, State: r.Mandate.State,
		Patron: r.Other.Number.Text(), Name: r.Other.Name,
		Asked: strconv.FormatInt(r.Mandate.RequestedAt.UnixMilli(), 10), Acts: append([]mandate.Act{}, r.Acts...),
	}
	if !r.Mandate.Until.IsZero() {
		out.Until = r.Mandate.Until.String()
	}
	return out
}

// mandates lists the holder's mandates on either side, newest first (S14).
func (a *api) mandates(ctx context.Context, c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	all, err := a.Book.Relations(ctx, c.me.Holder)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	out := relationList{Mandate: []relation{}}
	for _, r := range all {
		out.Mandate = append(out.Mandate, shown(r))
	}
	return out, nil
}

// application asks for, or offers, mandates (S9 to S13).
type application struct {
	Side      mandate.Side    `json:"side"`
	Patron    string          `json:"patron"`
	BirthDate string          `json:"birthdate"`
	Scopes    []mandate.Scope `json:"scopes"`
	Months    int             `json:"months"`
}

// asked is the answer to an application, whether or not anybody was reached (S9).
type asked struct {
	State mandate.State `json:"state"`
}

func (a *api) ask(ctx context.Context, c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	var given application
	if err := c.json(&given); err != nil {
		return nil, err
	}
	n, err := card.ReadNumber(given.Patron)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what is wrong with it
	}
	born, err := calendar.ParseISO(given.BirthDate)
	if err != nil {
		return nil, problem.New(problem.Invalid, mandate.ReasonBirthDate, nil)
	}
	if err := a.Book.Apply(ctx, mandate.Application{
		Starter: c.me.Holder, Side: given.Side, Number: n, Born: born, Scopes: given.Scopes, Months: given.Months, Address: c.address(),
	}); err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	return asked{mandate.Requested}, nil
}

// take takes a step with a mandate: confirm, decline, withdraw or end (S15, S16).
func (a *api) take(ctx context.Context, c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	id, err := strconv.ParseInt(c.r.PathValue("mandate"), 10, 64)
	act := mandate.Act(c.r.PathValue("act"))
	if err != nil || !slices.Contains([]mandate.Act{mandate.Confirm, mandate.Decline, mandate.Withdraw, mandate.End}, act) {
		return nil, problem.New(problem.NotFound, mandate.ReasonNotFound, nil)
	}
	var m mandate.Mandate
	if act == mandate.Confirm {
		var given struct {
			Asked string `json:"asked"`
		}
		if err := c.json(&given); err != nil {
			return nil, err
		}
		at, err := strconv.ParseInt(given.Asked, 10, 64)
		if err != nil {
			return nil, invalid("api.asked")
		}
		m, err = a.Book.Confirm(ctx, c.actor(), mandate.ID(id), time.UnixMilli(at))
		if err != nil {
			return nil, err //nolint:wrapcheck // says what it was doing
		}
		return asked{m.State}, nil
	}
	if m, err = a.Book.Take(ctx, c.actor(), mandate.ID(id), act); err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	return asked{m.State}, nil
}
