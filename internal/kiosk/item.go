package kiosk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/sip2"
)

// saw keeps on which card an item was seen: a terminal asks for it by its bar code
// alone, and is told as long as the visit lasts.
func (s *session) saw(permit mandate.Permit, loans []circulation.Loan) {
	for _, l := range loans {
		s.visit.seen[l.Item] = permit.Card().ID
	}
}

func (s *session) itemInformation(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadItemInformation(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	l, found, err := s.loan(ctx, said.Item)
	switch {
	case err != nil:
		return s.refuse(request, err)
	case !found && s.o.Behind != nil:
		return s.passOn(ctx, request)
	}
	const untold = -1
	a := sip2.ItemInformationReply{Date: s.date(), Item: said.Item, Queue: untold}
	if found {
		a.Circulation, a.Title, a.Due, a.Queue = sip2.ItemCharged, l.Title, s.due(l.DueOn), 0
		if l.Reserved {
			a.Queue = 1
		}
	}
	return a.Message(), nil
}

// loan finds an item that was seen on a card of this visit, as it is now.
func (s *session) loan(ctx context.Context, item string) (l circulation.Loan, found bool, err error) {
	if !s.terminal.Read || !s.live() {
		return l, false, nil
	}
	holder, seen := s.visit.seen[item]
	if !seen {
		return l, false, nil
	}
	_, stands, err := s.o.Porter.Identify(ctx, s.visit.me.Holder.ID, s.visit.me.Epoch)
	if err != nil || !stands {
		return l, false, err //nolint:wrapcheck // says it
	}
	permits, err := s.permits(ctx)
	if err != nil {
		return l, false, err
	}
	permit, ok := mandate.Among(permits, holder, mandate.Renew)
	if !ok {
		return l, false, nil
	}
	loans, err := s.o.Office.Loans(ctx, permit)
	if err != nil {
		return l, false, fmt.Errorf("look for an item: %w", err)
	}
	at := slices.IndexFunc(loans, func(l circulation.Loan) bool { return l.Item == item })
	if at < 0 {
		return l, false, nil
	}
	return loans[at], true, nil
}

// due is the end of the last day of a loan, in the library's own time (AH).
func (k *Kiosk) due(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	const hour, minute = 23, 59
	return sip2.Stamp(time.Date(d.Year(), time.Month(d.Month()), d.Day(), hour, minute, 0, 0, k.o.Zone))
}
