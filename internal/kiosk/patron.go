package kiosk

import (
	"cmp"
	"context"
	"fmt"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/household"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

// stranger answers who may be told nothing: CQ says that the password was wrong,
// whether the card exists is told by no terminal that asks for one.
func (s *session) stranger(request sip2.Message, asked sip2.Patron, err error) (sip2.Message, error) {
	answer, err := s.refuse(request, err)
	switch {
	case answer.Code == "" || problem.KindOf(err) == problem.Unavailable:
	case asked.Password != nil && (*asked.Password != "" || s.terminal.PIN):
		answer.Fields = append(answer.Fields, sip2.Field{ID: "CQ", Value: string(sip2.No)})
	case !s.terminal.PIN && problem.Has(err, account.ReasonCardNotFound):
		answer.Fields = append(answer.Fields, sip2.Field{ID: "BL", Value: string(sip2.No)})
	}
	return answer, err
}

// password is CQ of who may be told.
func password(asked sip2.Patron) sip2.Flag {
	if asked.Password == nil || *asked.Password == "" {
		return sip2.Absent
	}
	return sip2.Yes
}

func (s *session) patronStatus(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadPatronStatus(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	s.speak(said.Language)
	if err := s.who(ctx, said.Patron); err != nil {
		return s.stranger(request, said.Patron, err)
	}
	_, o, err := s.look(ctx, false)
	if err != nil {
		return s.refuse(request, err)
	}
	a := sip2.PatronStatusReply{
		Language: said.Language, Date: s.date(), Institution: s.o.Institution, Patron: said.Patron.ID, Name: s.visit.me.Holder.Name,
		ValidPatron: sip2.Yes, ValidPassword: password(said.Patron), Currency: s.o.Currency, Owed: o.amount(),
	}
	status, screen, err := s.barriers(ctx)
	a.Status, a.Screen = status, append(screen, s.notes(o)...)
	return a.Message(), cmp.Or(err, o.why)
}

// amount is BV: nothing is said when even the own card's fees are not known.
func (o owed) amount() string {
	if len(o.missing) > 0 && o.missing[0].OwnCard() {
		return ""
	}
	return o.total.String()
}

func (s *session) patronInformation(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadPatronInformation(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	s.speak(said.Language)
	if err := s.who(ctx, said.Patron); err != nil {
		return s.stranger(request, said.Patron, err)
	}
	own, o, err := s.look(ctx, true)
	if err != nil {
		return s.refuse(request, err)
	}
	s.saw(own.Permit, own.Loans)
	a := sip2.PatronInformationReply{
		Language: said.Language, Date: s.date(), Institution: s.o.Institution, Patron: said.Patron.ID, Name: s.visit.me.Holder.Name,
		ValidPatron: sip2.Yes, ValidPassword: password(said.Patron), Currency: s.o.Currency, Owed: o.amount(), List: said.List,
	}
	s.fill(&a, said, own, o)
	status, screen, err := s.barriers(ctx)
	a.Status, a.Screen = status, append(screen, s.notes(o)...)
	if own.LoansErr != nil {
		a.Screen = append(a.Screen, s.sentences(own.LoansErr)...)
	}
	return a.Message(), cmp.Or(err, o.why, own.LoansErr)
}

// fill puts in how much there is, and the page of the list that was asked for. What
// the library system does not tell, such as holds, is unknown.
func (s *session) fill(a *sip2.PatronInformationReply, said sip2.PatronInformationRequest, own household.Member, o owed) {
	const unknown = -1
	a.Counts = [...]int{unknown, unknown, unknown, unknown, unknown, unknown}
	charged, overdue := items(own.Loans, calendar.Today(s.o.Now(), s.o.Zone))
	if own.LoansErr == nil {
		a.Counts[sip2.OverdueItems], a.Counts[sip2.ChargedItems] = len(overdue), len(charged)
	}
	if len(o.missing) == 0 {
		a.Counts[sip2.FineItems] = len(o.fines)
	}
	switch said.List {
	case sip2.ChargedItems:
		a.Items = sip2.Page(charged, said.First, said.Last)
	case sip2.OverdueItems:
		a.Items = sip2.Page(overdue, said.First, said.Last)
	case sip2.FineItems:
		for _, f := range sip2.Page(o.fines, said.First, said.Last) {
			a.Items = append(a.Items, s.line(f, o.named))
			a.Extra = append(a.Extra, f.own()...)
		}
	}
}

// items are the bar codes of loans, all and those that are late.
func items(loans []circulation.Loan, today calendar.Date) (charged, overdue []string) {
	for _, l := range loans {
		item := cmp.Or(l.Item, l.Title)
		charged = append(charged, item)
		if l.DueOn.Overdue(today) {
			overdue = append(overdue, item)
		}
	}
	return charged, overdue
}

// barriers is what stands against the own card, for the terminal and in words. The
// error is for the log: the rest is told all the same.
func (s *session) barriers(ctx context.Context) (status sip2.Status, screen []string, err error) {
	c, known, err := s.o.Porter.Cards.Card(ctx, s.visit.me.Holder.Number)
	switch {
	case err != nil:
		err = fmt.Errorf("look up a card: %w", err)
		return status, s.sentences(err), err
	case !known:
		return status, nil, nil
	}
	why := against(c, calendar.Today(s.o.Now(), s.o.Zone))
	if why != nil {
		for _, b := range []sip2.Barrier{sip2.ChargeDenied, sip2.RenewalDenied, sip2.RecallDenied, sip2.HoldDenied} {
			status[b] = true
		}
	}
	return status, s.sentences(why), nil
}

func against(c card.Card, today calendar.Date) error {
	switch {
	case c.Blocked:
		return problem.New(problem.Refused, circulation.ReasonCardBlocked, nil)
	case c.Expired(today):
		return problem.New(problem.Refused, circulation.ReasonCardExpired, problem.Args{"on": c.ExpiresOn})
	}
	return nil
}
