package kiosk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

// renew renews an item on whichever card of the visit it is.
func (s *session) renew(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadRenew(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	if before, ok := s.repeated(request); ok {
		return before, nil
	}
	if err := s.who(ctx, said.Patron); err != nil {
		return s.refuse(request, err)
	}
	permit, l, err := s.borrowed(ctx, said.Item)
	if err != nil {
		return s.refuse(request, err)
	}
	a := sip2.RenewReply{
		Date: s.date(), Institution: s.o.Institution, Patron: said.Patron.ID, Item: said.Item, Title: l.Title, Due: s.due(l.DueOn),
	}
	renewed, err := s.o.Office.Renew(ctx, permit, l.ID, l.DueOn)
	switch {
	case err == nil:
		a.OK, a.RenewalOK, a.Due = true, true, s.due(renewed.DueOn)
		s.keep(request, a.Message())
	case len(problem.Of(err)) == 0:
		return sip2.Message{}, fmt.Errorf("renew at a terminal: %w", err)
	default:
		a.Screen = s.sentences(err)
	}
	return a.Message(), err
}

// borrowed finds the loan of an item on the cards whose loans may be renewed.
func (s *session) borrowed(ctx context.Context, item string) (mandate.Permit, circulation.Loan, error) {
	permits, err := s.renewable(ctx)
	if err != nil {
		return nil, circulation.Loan{}, err
	}
	members, err := s.o.Viewer.Fill(ctx, permits, household.Want{Loans: true})
	if err != nil {
		return nil, circulation.Loan{}, fmt.Errorf("look for an item on the cards of a visit: %w", err)
	}
	var away error
	for _, m := range members {
		s.saw(m.Permit, m.Loans)
		away = cmp.Or(away, m.LoansErr)
		if i := slices.IndexFunc(m.Loans, func(l circulation.Loan) bool { return l.Item == item }); i >= 0 && item != "" {
			return m.Permit, m.Loans[i], nil
		}
	}
	if away != nil {
		return nil, circulation.Loan{}, away
	}
	return nil, circulation.Loan{}, problem.New(problem.NotFound, circulation.ReasonLoanNotFound, nil)
}

func (s *session) renewable(ctx context.Context) ([]mandate.Permit, error) {
	permits, err := s.permits(ctx)
	return slices.DeleteFunc(permits, func(p mandate.Permit) bool { return !p.Allows(mandate.Renew) }), err
}

// renewAll renews what can be renewed, on each card of the visit.
func (s *session) renewAll(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadRenewAll(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	if before, ok := s.repeated(request); ok {
		return before, nil
	}
	if err := s.who(ctx, said.Patron); err != nil {
		return s.refuse(request, err)
	}
	permits, err := s.renewable(ctx)
	if err != nil {
		return s.refuse(request, err)
	}
	a := sip2.RenewAllReply{OK: true, Date: s.date(), Institution: s.o.Institution}
	var away error
	for _, permit := range permits {
		outcomes, err := s.o.Office.RenewAll(ctx, permit)
		if err != nil {
			away = errors.Join(away, err)
			a.Screen = append(a.Screen, screen(s.words().T("kiosk.loans_away", "name", firstName(permit.Card().Name))))
		}
		for _, outcome := range outcomes {
			s.report(&a, permit, outcome)
		}
	}
	a.Renewed, a.Unrenewed = len(a.RenewedItems), len(a.UnrenewedItems)
	a.OK = away == nil || a.Renewed+a.Unrenewed > 0
	if a.Renewed > 0 {
		s.keep(request, a.Message())
	}
	return a.Message(), away
}

// report tells what became of one loan, and why it was not renewed.
func (s *session) report(a *sip2.RenewAllReply, permit mandate.Permit, o circulation.Outcome) {
	s.saw(permit, []circulation.Loan{o.Loan})
	if o.Err == nil {
		a.RenewedItems = append(a.RenewedItems, o.Loan.Item)
		return
	}
	a.UnrenewedItems = append(a.UnrenewedItems, o.Loan.Item)
	what := cmp.Or(o.Loan.Title, o.Loan.Item)
	why := s.sentences(o.Err)
	if len(why) == 0 { // a fault of ours: nobody knows
		s.o.Log.Error("kiosk: a loan could not be renewed", "terminal", s.terminal.Name, "error", o.Err)
		why = s.sentences(problem.New(problem.Unavailable, circulation.ReasonUnsure, nil))
	}
	const most = widest / 2
	for _, reason := range why {
		a.Screen = append(a.Screen, screen(shorten(plain(what), most)+": "+reason))
	}
}

// repeatWithin is how long a terminal's last renewal is known again.
const repeatWithin = 5 * time.Minute

// repeated returns the answer to a renewal that the terminal sends once more, to the
// letter, because its connection was lost: doing it again could renew twice.
func (s *session) repeated(request sip2.Message) (sip2.Message, bool) {
	s.repeats.mu.Lock()
	defer s.repeats.mu.Unlock()
	before, ok := s.repeats.last[s.terminal.Name]
	if !ok || before.request != digest(request) || s.o.Now().Sub(before.at) > repeatWithin {
		return sip2.Message{}, false
	}
	return before.answer, true
}

func (s *session) keep(request, answer sip2.Message) {
	s.repeats.mu.Lock()
	defer s.repeats.mu.Unlock()
	s.repeats.last[s.terminal.Name] = repeat{digest(request), answer, s.o.Now()}
}

func digest(m sip2.Message) [32]byte {
	return sha256.Sum256(sip2.Encode(sip2.Frame{Message: m}, sip2.Charset{}))
}
