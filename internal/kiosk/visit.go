package kiosk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
	"hoofdpas/internal/throttle"
)

// visit is somebody who stands at the terminal. It is over at 35, with another
// card, and when nothing has come about the card for a while.
type visit struct {
	asked string // the card as the terminal sends it
	me    account.Identity
	// proof is made from the password that was right, so that each further message
	// costs no hash of it; nil for a card in hand without one.
	proof []byte
	seen  map[string]card.ID // items, and on which card
	last  time.Time
}

// visitFor is how long a visit lasts without a request about its card.
const visitFor = 2 * time.Minute

// live reports whether a visit goes on, and lets it.
func (s *session) live() bool {
	now := s.o.Now()
	// A clock that was put back tells nothing: then the password is asked once more.
	if idle := now.Sub(s.visit.last); s.visit.asked == "" || idle < 0 || idle > visitFor {
		s.visit = visit{}
		return false
	}
	s.visit.last = now
	return true
}

// who makes sure that a request may be answered, and for whom it is: the right
// password is asked of every card, once a visit. That the account still stands is
// asked with each request. What is refused is a problem, and the visit is over.
func (s *session) who(ctx context.Context, asked sip2.Patron) error {
	typed := ""
	if asked.Password != nil {
		typed = *asked.Password
	}
	if s.live() && s.visit.asked == asked.ID && s.shown(typed) {
		_, ok, err := s.o.Porter.Identify(ctx, s.visit.me.Holder.ID, s.visit.me.Epoch)
		if err != nil {
			return fmt.Errorf("look whether a visit goes on: %w", err)
		}
		if ok {
			return nil
		}
	}
	s.visit = visit{}
	me, proof, err := s.prove(ctx, asked.ID, typed)
	if err != nil {
		return err
	}
	s.visit = visit{asked: asked.ID, me: me, proof: proof, seen: map[string]card.ID{}, last: s.o.Now()}
	return nil
}

// shown reports whether what was typed is what the visit began with. A terminal may
// leave it out afterwards.
func (s *session) shown(typed string) bool {
	if typed == "" {
		return s.visit.proof != nil || !s.terminal.PIN
	}
	return s.visit.proof != nil && hmac.Equal(s.visit.proof, s.proofOf(typed))
}

func (k *Kiosk) proofOf(typed string) []byte {
	h := hmac.New(sha256.New, k.secret)
	h.Write([]byte(typed))
	return h.Sum(nil)
}

// prove begins a visit: with a password, which is checked as at the site's own log
// in, or, where the terminal asks for none, with the card in hand.
func (s *session) prove(ctx context.Context, asked, typed string) (me account.Identity, proof []byte, err error) {
	number, isNumber := readCard(asked)
	switch {
	case asked == "":
		return me, nil, problem.New(problem.NotFound, account.ReasonCardNotFound, nil)
	case typed == "" && s.terminal.PIN:
		return me, nil, problem.New(problem.Invalid, ReasonPIN, nil)
	case typed == "" && !isNumber:
		return me, nil, problem.New(problem.NotFound, account.ReasonCardNotFound, nil)
	case typed == "":
		me, err = s.inHand(ctx, number)
		return me, nil, err
	case !isNumber && !isUserName(asked):
		return me, nil, problem.New(problem.Refused, account.ReasonWrong, nil)
	}
	me, err = s.o.Porter.Prove(ctx, account.Attempt{Login: asked, Password: typed, Address: throttle.Terminal + s.terminal.Name})
	switch {
	case err != nil:
		return me, nil, fmt.Errorf("check a card's password: %w", err)
	case me.MustChoose:
		return me, nil, problem.New(problem.Refused, ReasonMustChoose, problem.Args{"address": s.o.Address})
	}
	return me, s.proofOf(typed), nil
}

// inHand is the holder of a card that was shown to a terminal that asks no more.
func (s *session) inHand(ctx context.Context, number card.Number) (account.Identity, error) {
	h, _, err := s.o.Porter.Known(ctx, number)
	if err != nil {
		return account.Identity{}, fmt.Errorf("look up a card in hand: %w", err)
	}
	a, ok, err := s.o.Porter.Store.Account(ctx, h.ID)
	switch {
	case err != nil:
		return account.Identity{}, fmt.Errorf("read an account: %w", err)
	case !ok || a.Closed:
		return account.Identity{}, problem.New(problem.NotFound, account.ReasonCardNotFound, nil)
	}
	return account.Identity{Holder: h, Epoch: a.Epoch}, nil
}

func readCard(text string) (n card.Number, ok bool) {
	n, err := card.ReadNumber(text)
	return n, err == nil
}

func isUserName(text string) bool {
	_, err := card.ParseUserName(text)
	return err == nil
}

// permits are those of this very moment, the own card's first: an ended mandate
// counts with the next message. Other cards are reached by who proved who they are.
func (s *session) permits(ctx context.Context) ([]mandate.Permit, error) {
	actor := mandate.Actor{Holder: s.visit.me.Holder}
	if !s.terminal.Household || s.visit.proof == nil {
		return []mandate.Permit{mandate.Own(actor)}, nil
	}
	permits, err := s.o.Book.Permits(ctx, actor)
	if err != nil {
		return nil, fmt.Errorf("read permits at a terminal: %w", err)
	}
	return permits, nil
}
