package acs

import (
	"context"
	"fmt"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
	"hoofdpas/internal/sip2"
)

// shortDate is how a date is written in the fields of our own.
func shortDate(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d%02d%02d", d.Year(), d.Month(), d.Day())
}

// patron is a card as a terminal may know it.
type patron struct {
	card.Card
	known bool
	// password is whether the one that was sent is right; Absent when none was.
	password sip2.Flag
	fees     []circulation.Fee
	owed     money.Cents
}

// open reports whether anything may be told of the patron.
func (p patron) open() bool { return p.known && p.password != sip2.No }

// patron looks up who a request is about. A wrong terminal password knows nobody.
func (s *session) patron(ctx context.Context, asked sip2.Patron) (p patron, err error) {
	number, err := card.ParseNumber(asked.ID)
	if err != nil || s.o.TerminalPassword != "" && !same(asked.TerminalPassword, s.o.TerminalPassword) {
		return patron{}, nil //nolint:nilerr // what cannot be a number is nobody's
	}
	if p.Card, p.known, err = s.o.Cards.Card(ctx, number); err != nil {
		return patron{}, fmt.Errorf("look up a card: %w", err)
	}
	if asked.Password != nil {
		right, err := s.o.Passwords.CheckFirstPassword(ctx, number, *asked.Password)
		if err != nil {
			return patron{}, fmt.Errorf("check a password: %w", err)
		}
		p.password = sip2.FlagOf(p.known && right)
	}
	if !p.open() {
		return p, nil
	}
	if p.fees, err = s.o.System.Fees(ctx, number); err != nil {
		return patron{}, fmt.Errorf("read fees: %w", err)
	}
	for _, f := range p.fees {
		if p.owed, err = money.Add(p.owed, f.Amount); err != nil {
			return patron{}, fmt.Errorf("add up fees: %w", err)
		}
	}
	return p, nil
}

// barriers is what stands against the patron, and in words of our own.
func (s *session) barriers(p patron) (status sip2.Status, screen []string) {
	if p.Blocked {
		screen = append(screen, "card.blocked")
	}
	if p.Blocked || p.Expired(calendar.Today(s.o.Now(), s.o.Zone)) {
		for _, b := range []sip2.Barrier{sip2.ChargeDenied, sip2.RenewalDenied, sip2.RecallDenied, sip2.HoldDenied} {
			status[b] = true
		}
	}
	return status, screen
}

func (s *session) patronStatus(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadPatronStatus(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	p, err := s.patron(ctx, said.Patron)
	if err != nil {
		return sip2.Message{}, err
	}
	a := sip2.PatronStatusReply{
		Language: said.Language, Date: s.date(), Institution: s.o.Institution, Patron: said.Patron.ID,
		ValidPatron: sip2.FlagOf(p.known), ValidPassword: p.password,
	}
	if p.open() {
		a.Status, a.Screen = s.barriers(p)
		a.Name, a.Currency, a.Owed = p.Name, s.o.Currency, p.owed.String()
	}
	return a.Message(), nil
}

func (s *session) patronInformation(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadPatronInformation(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	p, err := s.patron(ctx, said.Patron)
	if err != nil {
		return sip2.Message{}, err
	}
	a := sip2.PatronInformationReply{
		Language: said.Language, Date: s.date(), Institution: s.o.Institution, Patron: said.Patron.ID,
		ValidPatron: sip2.FlagOf(p.known), ValidPassword: p.password, List: said.List,
	}
	if !p.open() {
		return a.Message(), nil
	}
	loans, err := s.loans(ctx, p.Number)
	if err != nil {
		return sip2.Message{}, err
	}
	a.Status, a.Screen = s.barriers(p)
	a.Name, a.Email, a.Currency, a.Owed = p.Name, p.Email, s.o.Currency, p.owed.String()
	for _, own := range []sip2.Field{
		{ID: "PB", Value: shortDate(p.BirthDate)},
		{ID: "PC", Value: p.Category},
		{ID: "PA", Value: shortDate(p.ExpiresOn)},
		{ID: "AQ", Value: p.Branch},
	} {
		if own.Value != "" {
			a.Extra = append(a.Extra, own)
		}
	}
	s.fill(&a, said, loans, p.fees)
	return a.Message(), nil
}

// fill puts in how much there is, and the page of the list that was asked for.
func (s *session) fill(a *sip2.PatronInformationReply, said sip2.PatronInformationRequest, loans []circulation.Loan, fees []circulation.Fee) {
	today := calendar.Today(s.o.Now(), s.o.Zone)
	var charged, overdue []string
	for _, l := range loans {
		charged = append(charged, l.Item)
		if l.DueOn.Overdue(today) {
			overdue = append(overdue, l.Item)
		}
	}
	const unknown = -1
	a.Counts = [...]int{unknown, len(overdue), len(charged), len(fees), unknown, unknown}
	switch said.List {
	case sip2.ChargedItems:
		a.Items = sip2.Page(charged, said.First, said.Last)
	case sip2.OverdueItems:
		a.Items = sip2.Page(overdue, said.First, said.Last)
	case sip2.FineItems:
		for _, f := range sip2.Page(fees, said.First, said.Last) {
			a.Items = append(a.Items, words(f)+" "+f.Amount.String())
			a.Extra = append(a.Extra, group(f)...)
		}
	}
}

// words is a fee for a terminal that knows no fields of ours.
func words(f circulation.Fee) string {
	if f.Description != "" {
		return f.Description
	}
	return string(f.Kind)
}

// group is a fee as a row of fields; the id begins it.
func group(f circulation.Fee) []sip2.Field {
	return []sip2.Field{
		{ID: "CG", Value: string(f.ID)},
		{ID: "FA", Value: f.Amount.String()},
		{ID: "FB", Value: f.Item},
		{ID: "FC", Value: shortDate(f.ChargedOn)},
		{ID: "FD", Value: f.Description},
		{ID: "FF", Value: string(f.Kind)},
	}
}
