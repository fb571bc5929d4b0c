package koha

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"hoofdpas/internal/card"
)

// CheckFirstPassword reports whether Koha knows the password of the card: Koha's
// own check where it has one, else SIP2, else no password is right here and the
// desk hands them out.
func (s *System) CheckFirstPassword(ctx context.Context, number card.Number, password string) (bool, error) {
	able, err := s.able(ctx)
	if err != nil {
		return false, err
	}
	switch able.FirstPasswords {
	case fromKoha:
		good, err := s.validate(ctx, able, number, password)
		if err != nil {
			return false, s.away(ctx, "check a first password", err)
		}
		return good, nil
	case fromSIP:
		good, err := s.options.Passwords.CheckFirstPassword(ctx, number, password)
		if err != nil {
			return false, fmt.Errorf("check a first password by SIP2: %w", err)
		}
		return good, nil
	}
	return false, nil
}

// validation is what Koha takes to check a password.
type validation struct {
	Identifier string `json:"identifier,omitempty"`
	UserID     string `json:"userid,omitempty"`
	Password   string `json:"password"`
}

// validate asks Koha. A number may be another's user name, and Koha looks there
// first: who answered must be who was asked about.
func (s *System) validate(ctx context.Context, able *Abilities, number card.Number, password string) (bool, error) {
	if password == "" {
		return false, nil
	}
	v := validation{Identifier: number.Text(), Password: password}
	if !able.identifier {
		p, ok, err := s.patron(ctx, number)
		if err != nil || !ok || p.UserID == "" {
			return false, err
		}
		v = validation{UserID: p.UserID, Password: password}
	}
	var who struct {
		Number *string `json:"cardnumber"`
	}
	_, err := s.call(ctx, request{method: http.MethodPost, route: "/auth/password/validation", body: v}, &who)
	var no *refusal
	switch {
	case errors.As(err, &no) && no.status == http.StatusBadRequest && len(no.where) == 0:
		return false, nil
	case err != nil:
		return false, err
	case who.Number == nil:
		return v.UserID != "", nil // an older one answers nothing; the user name was this card's
	}
	return *who.Number == number.Text(), nil
}
