package acs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

// reasons writes why something was refused, a line for each reason: its code and
// what it is about. ok is false for an error that is no refusal.
func reasons(err error) (lines []string, ok bool) {
	for _, p := range problem.Of(err) {
		if p.Kind == problem.Unavailable {
			return nil, false
		}
		line := string(p.Reason)
		for _, name := range slices.Sorted(maps.Keys(p.Args)) {
			line += fmt.Sprintf(" %s=%v", name, p.Args[name])
		}
		lines = append(lines, line)
	}
	return lines, len(lines) > 0
}

// plain is a refusal without arguments.
func plain(r problem.Reason) []string { return []string{string(r)} }

func (s *session) renew(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadRenew(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	a := sip2.RenewReply{Date: s.date(), Institution: s.o.Institution, Patron: said.Patron.ID, Item: said.Item}
	p, err := s.patron(ctx, said.Patron)
	if err != nil {
		return sip2.Message{}, err
	}
	var l circulation.Loan
	found := false
	if p.open() {
		if l, found, err = s.loan(ctx, p.Number, said.Item); err != nil {
			return sip2.Message{}, err
		}
	}
	if !found {
		a.Screen = plain(circulation.ReasonLoanNotFound)
		return a.Message(), nil
	}
	a.Title, a.Due = l.Title, s.due(l.DueOn)
	renewed, err := s.o.System.Renew(ctx, p.Number, l.ID, l.DueOn)
	if err != nil {
		var refused bool
		if a.Screen, refused = reasons(err); !refused {
			return sip2.Message{}, fmt.Errorf("renew: %w", err)
		}
		return a.Message(), nil
	}
	a.OK, a.RenewalOK, a.Due = true, true, s.due(renewed.DueOn)
	return a.Message(), nil
}

func (s *session) renewAll(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadRenewAll(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	a := sip2.RenewAllReply{Date: s.date(), Institution: s.o.Institution}
	p, err := s.patron(ctx, said.Patron)
	if err != nil || !p.open() {
		return a.Message(), err
	}
	loans, err := s.loans(ctx, p.Number)
	if err != nil {
		return sip2.Message{}, err
	}
	a.OK = true
	for _, l := range loans {
		_, err := s.o.System.Renew(ctx, p.Number, l.ID, l.DueOn)
		if _, refused := reasons(err); err != nil && !refused {
			return sip2.Message{}, fmt.Errorf("renew all: %w", err)
		}
		if err != nil {
			a.UnrenewedItems = append(a.UnrenewedItems, l.Item)
		} else {
			a.RenewedItems = append(a.RenewedItems, l.Item)
		}
	}
	a.Renewed, a.Unrenewed = len(a.RenewedItems), len(a.UnrenewedItems)
	return a.Message(), nil
}

func (s *session) feePaid(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadFeePaid(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	a := sip2.FeePaidReply{Date: s.date(), Institution: s.o.Institution, Patron: said.Patron.ID, Transaction: said.Transaction}
	p, err := s.patron(ctx, said.Patron)
	if err != nil {
		return sip2.Message{}, err
	}
	fees := s.paid(p, said)
	if len(fees) == 0 {
		a.Screen = plain(circulation.ReasonFeeNotFound)
		return a.Message(), nil
	}
	if err := s.o.System.Settle(ctx, p.Number, fees, said.Transaction); err != nil {
		var refused bool
		if a.Screen, refused = reasons(err); !refused {
			return sip2.Message{}, fmt.Errorf("settle: %w", err)
		}
		return a.Message(), nil
	}
	a.Accepted = true
	return a.Message(), nil
}

// paid is what was paid: the fee that is named or, when none is, all of them, which
// the amount must be that of. What is no amount in our currency pays nothing.
func (s *session) paid(p patron, said sip2.FeePaidRequest) (fees []circulation.Settlement) {
	cents, err := sip2.ParseAmount(said.Amount)
	amount := money.Cents(cents)
	switch {
	case !p.open() || err != nil || amount == 0 || strings.TrimSpace(said.Currency) != s.o.Currency:
		return nil
	case said.Fee != "":
		s := circulation.Settlement{Fee: circulation.FeeID(said.Fee), Amount: amount}
		for _, f := range p.fees {
			if f.ID == s.Fee && amount < f.Amount {
				s.Of = f.Amount
			}
		}
		return []circulation.Settlement{s}
	case amount != p.owed:
		return nil
	}
	for _, f := range p.fees {
		fees = append(fees, circulation.Settlement{Fee: f.ID, Amount: f.Amount})
	}
	return fees
}
