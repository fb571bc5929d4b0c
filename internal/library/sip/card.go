package sip

import (
	"context"
	"fmt"

	"hoofdpas/internal/card"
	"hoofdpas/internal/sip2"
)

// Card returns what the system knows under exactly the number.
func (s *System) Card(ctx context.Context, number card.Number) (c card.Card, ok bool, err error) {
	sh, err := s.card(ctx, s.patron(number))
	if err != nil || !sh.found {
		return card.Card{}, false, err
	}
	p := s.o.Profile.Patron
	c = card.Card{
		Number: number, Name: sh.Name, Email: sh.Email,
		BirthDate: s.shortDay(sh.message, p.Birth), ExpiresOn: s.shortDay(sh.message, p.Expires),
	}
	if p.Category != "" {
		c.Category = sh.message.Get(p.Category)
	}
	if p.Branch != "" {
		c.Branch = sh.message.Get(p.Branch)
	}
	against := s.against(sh)
	c.Blocked = against.blocked
	if against.expired && c.ExpiresOn.IsZero() {
		// It ended, and the system does not say when: no later than yesterday.
		c.ExpiresOn = s.today().AddDays(-1)
	}
	return c, true, nil
}

// CheckFirstPassword reports whether the system takes the password for the card:
// only when it says both that the patron is valid and that the password is. It is
// asked about a card that does not exist as about any other.
func (s *System) CheckFirstPassword(ctx context.Context, number card.Number, password string) (bool, error) {
	if password == "" || !s.o.Pool.Carries(password) {
		return false, nil
	}
	p := s.patron(number)
	p.Password = &password
	sh, err := s.card(ctx, p)
	if err != nil {
		return false, fmt.Errorf("check a first password: %w", err)
	}
	return sh.found && sh.ValidPatron == sip2.Yes && sh.ValidPassword == sip2.Yes, nil
}
