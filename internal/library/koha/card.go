package koha

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
)

// patron is a person as Koha tells it.
type patron struct {
	ID          key    `json:"patron_id"`
	Number      string `json:"cardnumber"`
	First       string `json:"firstname"`
	Preferred   string `json:"preferred_name"`
	Middle      string `json:"middle_name"`
	Surname     string `json:"surname"`
	UserID      string `json:"userid"`
	Born        string `json:"date_of_birth"`
	Expires     string `json:"expiry_date"`
	Email       string `json:"email"`
	SecondEmail string `json:"secondary_email"`
	Category    string `json:"category_id"`
	Library     string `json:"library_id"`
	Restricted  flag   `json:"restricted"`
	Lost        flag   `json:"patron_card_lost"`
}

// person is what is remembered of a number, and when Koha said so.
type person struct {
	id   key
	seen time.Time
}

// errTwoCards says that a number is on two cards: then whose it is is not
// guessed.
var errTwoCards = errors.New("two cards have this number")

// Card returns the card with the number. Koha's own comparison is wider than
// ours ("a" is "A" to its database): what it finds is compared again.
func (s *System) Card(ctx context.Context, number card.Number) (c card.Card, ok bool, err error) {
	p, ok, err := s.patron(ctx, number)
	if err != nil {
		return card.Card{}, false, s.away(ctx, "read a card", err)
	}
	if !ok {
		return card.Card{}, false, nil
	}
	return s.card(p, number), true, nil
}

// CardByKey returns the card of the person with Koha's patron_id.
func (s *System) CardByKey(ctx context.Context, text string) (c card.Card, ok bool, err error) {
	id, good := readKey(text)
	if !good {
		return card.Card{}, false, nil
	}
	var p patron
	switch _, err := s.call(ctx, request{method: http.MethodGet, route: "/patrons/{patron_id}", id: id}, &p); {
	case gone(err):
		return card.Card{}, false, nil
	case err != nil:
		return card.Card{}, false, s.away(ctx, "read a card by its key", err)
	case p.ID != id:
		return card.Card{}, false, s.away(ctx, "read a card by its key", errors.New("it answered with another"))
	}
	number, err := card.ParseNumber(p.Number)
	if err != nil {
		return card.Card{}, false, nil //nolint:nilerr // a person without a card, or with one that nobody can type
	}
	return s.card(p, number), true, nil
}

// gone reports whether Koha said that there is no such thing.
func gone(err error) bool {
	var no *refusal
	return errors.As(err, &no) && no.status == http.StatusNotFound && !no.noRoute
}

// patron finds a person by the exact number of the card.
func (s *System) patron(ctx context.Context, number card.Number) (patron, bool, error) {
	var found []patron
	if _, err := s.call(ctx, request{method: http.MethodGet, route: "/patrons", query: url.Values{
		"cardnumber": {number.Text()}, "_match": {"exact"}, "_page": {"1"}, "_per_page": {"20"},
	}}, &found); err != nil {
		return patron{}, false, fmt.Errorf("look up a card: %w", err)
	}
	var exact []patron
	for _, p := range found {
		if p.Number == number.Text() && p.ID > 0 {
			exact = append(exact, p)
		}
	}
	switch len(exact) {
	case 0:
		s.people.drop(number.Text())
		return patron{}, false, nil
	case 1:
		s.people.put(number.Text(), person{exact[0].ID, s.options.Now()})
		return exact[0], true, nil
	}
	return patron{}, false, errTwoCards
}

// readOf reads something of the person whose card it is; ok is false when there is
// no such card. Who that was before is remembered: for a minute it is believed, and
// after that it is asked again while the thing itself is read, so that a page waits
// for one answer and not for two. What changes something asks patron.
func readOf[T any](
	ctx context.Context, s *System, number card.Number, read func(context.Context, key) (T, error),
) (value T, ok bool, err error) {
	known, remembered := s.people.get(number.Text())
	if remembered && s.options.Now().Sub(known.seen) < believed {
		value, err = read(ctx, known.id)
		return value, true, err
	}
	var p patron
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		p, ok, err = s.patron(groupCtx, number)
		return err
	})
	if remembered {
		group.Go(func() (err error) {
			value, err = read(groupCtx, known.id)
			return err
		})
	}
	if err = group.Wait(); err != nil || !ok {
		var none T
		return none, ok, err //nolint:wrapcheck // of call
	}
	if !remembered || p.ID != known.id {
		value, err = read(ctx, p.ID)
	}
	return value, true, err
}

func (s *System) card(p patron, number card.Number) card.Card {
	c := card.Card{
		Number: number, Name: p.name(), BirthDate: day(p.Born, s.options.Zone), Email: p.Email,
		Category: p.Category, Branch: p.Library, ExpiresOn: day(p.Expires, s.options.Zone),
		Blocked: bool(p.Restricted || p.Lost), Key: p.ID.String(),
	}
	if c.Email == "" {
		c.Email = p.SecondEmail
	}
	return c
}

func (p patron) name() string {
	first := p.First
	if p.Preferred != "" {
		first = p.Preferred
	}
	return bound(first + " " + p.Middle + " " + p.Surname)
}

// expired reports whether the membership has ended on today; its last day is a
// good day, in Koha too.
func (p patron) expired(today calendar.Date, s *System) (calendar.Date, bool) {
	on := day(p.Expires, s.options.Zone)
	return on, on.Overdue(today)
}
