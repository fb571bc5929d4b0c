package acs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/sip2"
)

// seen keeps on which card an item was last seen. A library system is asked by
// card, and a terminal asks for an item after it saw the card's list.
type seen struct {
	mu     sync.Mutex
	holder map[string]card.Number
}

// mostSeen is how many items are kept at most; then it begins anew.
const mostSeen = 100_000

func newSeen() *seen { return &seen{holder: map[string]card.Number{}} }

func (s *seen) put(number card.Number, loans []circulation.Loan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.holder)+len(loans) > mostSeen {
		clear(s.holder)
	}
	for _, l := range loans {
		s.holder[l.Item] = number
	}
}

func (s *seen) get(item string) (number card.Number, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	number, ok = s.holder[item]
	return number, ok
}

// loans reads the card's loans and keeps what was seen.
func (s *session) loans(ctx context.Context, number card.Number) ([]circulation.Loan, error) {
	loans, err := s.o.System.Loans(ctx, number)
	if err != nil {
		return nil, fmt.Errorf("read loans: %w", err)
	}
	s.seen.put(number, loans)
	return loans, nil
}

// loan finds the loan of an item on a card.
func (s *session) loan(ctx context.Context, number card.Number, item string) (l circulation.Loan, ok bool, err error) {
	loans, err := s.loans(ctx, number)
	if err != nil {
		return circulation.Loan{}, false, err
	}
	i := slices.IndexFunc(loans, func(l circulation.Loan) bool { return l.Item == item })
	if i < 0 {
		return circulation.Loan{}, false, nil
	}
	return loans[i], true, nil
}

func (s *session) itemInformation(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadItemInformation(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	const untold = -1
	a := sip2.ItemInformationReply{Circulation: sip2.ItemOther, Date: s.date(), Item: said.Item, Queue: untold}
	if holder, ok := s.seen.get(said.Item); ok {
		l, ok, err := s.loan(ctx, holder, said.Item)
		if err != nil {
			return sip2.Message{}, err
		}
		if ok {
			a = s.item(a, l)
		}
	}
	return a.Message(), nil
}

// item tells of an item on loan.
func (s *session) item(a sip2.ItemInformationReply, l circulation.Loan) sip2.ItemInformationReply {
	a.Circulation, a.Title, a.Due, a.Queue = sip2.ItemCharged, l.Title, s.due(l.DueOn), 0
	if l.Reserved {
		a.Queue = 1
	}
	for _, own := range []sip2.Field{
		{ID: "EA", Value: l.Author},
		{ID: "EM", Value: l.Material},
		{ID: "EL", Value: shortDate(l.LentOn)},
		{ID: "EN", Value: strconv.Itoa(l.Renewals)},
	} {
		if own.Value != "" {
			a.Extra = append(a.Extra, own)
		}
	}
	return a
}

// due is the end of the last day of a loan, in the library's own time.
func (s *session) due(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	const hour, minute = 23, 59
	return sip2.Stamp(time.Date(d.Year(), time.Month(d.Month()), d.Day(), hour, minute, 0, 0, s.o.Zone))
}
