package sip

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

// Settle tells the system that fees of the card were paid here. First it is read
// what the card owes: a fee that is not there is ReasonFeeNotFound, since most
// systems do not tell what became of it, or was settled by us when it may have
// been told before. No more than what is owed is ever told: systems take anything.
//
// SIP2 has one message for each fee, so that the second may fail after the first.
// What was told is remembered for a while, and asked again it is no error.
func (s *System) Settle(
	ctx context.Context, number card.Number, fees []circulation.Settlement, reference string,
) error {
	entries, sh, err := s.list(ctx, number, s.o.Profile.Fees.list, 0)
	if err != nil {
		return err
	}
	if !sh.found {
		return problem.New(problem.NotFound, circulation.ReasonFeeNotFound, nil)
	}
	var todo []circulation.Settlement
	var trouble problem.List
	for _, f := range fees {
		if s.told.has(toldKey{number, f.Fee, reference}) || slices.ContainsFunc(todo, func(o circulation.Settlement) bool { return o.Fee == f.Fee }) {
			continue
		}
		gone, p := s.stands(ctx, number, sh, entries, f)
		switch {
		case p != nil && s.o.Profile.Fees.Remembers:
			// The system knows whether it was this payment that settled it.
			if err := s.pay(ctx, number, f, reference); err != nil {
				if problem.KindOf(err) == problem.Unavailable {
					return err
				}
				trouble = append(trouble, problem.Of(err)...)
			}
		case gone && f.Again:
			// It may have been told before, and it is gone: that was us.
		case p != nil:
			trouble = append(trouble, p)
		default:
			todo = append(todo, f)
		}
	}
	if err := trouble.Or(); err != nil {
		return err
	}
	for _, f := range todo {
		if err := s.pay(ctx, number, f, reference); err != nil {
			return err
		}
	}
	return nil
}

// stands says why a fee cannot be settled as the card stands, or nothing; gone
// tells that it is not there, as a fee that was settled.
func (s *System) stands(
	ctx context.Context, number card.Number, sh sheet, entries []string, f circulation.Settlement,
) (gone bool, p *problem.Problem) {
	if s.o.Profile.Fees.Take == takeSum {
		return s.sumStands(sh, entries, f)
	}
	for _, o := range s.itemised(ctx, number, sh, entries) {
		switch {
		case o.ID != f.Fee:
		case f.Of > 0 && f.Again && o.Amount == f.Of-f.Amount: // the part has been taken off
			return true, problem.New(problem.Conflict, circulation.ReasonFeeSettled, nil)
		case o.Amount < f.Amount: // a part was paid elsewhere
			return false, problem.New(problem.Conflict, circulation.ReasonFeeSettled, nil)
		default:
			return false, nil
		}
	}
	return true, problem.New(problem.NotFound, circulation.ReasonFeeNotFound, nil)
}

func (s *System) itemised(ctx context.Context, number card.Number, sh sheet, entries []string) []circulation.Fee {
	fees := s.rows(ctx, number, sh.message)
	for _, entry := range entries {
		if f, ok := s.line(entry); ok {
			fees = append(fees, f)
		}
	}
	return fees
}

// sumStands looks at a sum of an earlier moment. It was paid since when none of
// what it was for is there any more; and it can be paid only while as much is
// owed. What came to be owed since stays owed.
func (s *System) sumStands(sh sheet, entries []string, f circulation.Settlement) (gone bool, p *problem.Problem) {
	parts := strings.Split(string(f.Fee), "/")
	if len(parts) < 3 || parts[0] != sumID || !isDate(parts[1]) || parts[2] != f.Amount.String() {
		return false, problem.New(problem.NotFound, circulation.ReasonFeeNotFound, nil)
	}
	settled := problem.New(problem.Conflict, circulation.ReasonFeeSettled, nil)
	owed, ok := cents(sh.Owed)
	if !ok || owed < f.Amount {
		return true, settled
	}
	if len(parts) < 4 || parts[3] == "" {
		return false, nil
	}
	for _, entry := range entries {
		description := entry
		if l, ok := s.line(entry); ok {
			description = l.Description
		}
		if slices.Contains(strings.Split(parts[3], "."), mark(strings.TrimSpace(description))) {
			return false, nil
		}
	}
	return true, settled
}

func isDate(text string) bool {
	_, err := calendar.ParseISO(text)
	return err == nil
}

// pay sends one payment and remembers that it was taken. A lost answer is
// ReasonSystemAway: whoever tells again says so, and it is looked at first.
func (s *System) pay(ctx context.Context, number card.Number, f circulation.Settlement, reference string) error {
	if f.Amount <= 0 {
		return problem.New(problem.NotFound, circulation.ReasonFeeNotFound, nil)
	}
	p := s.o.Profile.Fees
	answer, err := s.ask(ctx, sip2.FeePaidRequest{
		Date: s.date(), FeeType: "01", PaymentType: orElse(p.PaymentType, "02"), Currency: s.o.Currency,
		Amount: sip2.FormatAmount(int64(f.Amount)), Patron: s.patron(number), Fee: s.feeOf(f.Fee), Transaction: reference,
	}.Message())
	if err != nil {
		return err
	}
	said, err := sip2.ReadFeePaidReply(answer)
	if err != nil {
		return away("read the answer to a payment", err)
	}
	if !said.Accepted {
		for _, r := range s.reasonsIn(said.Screen) {
			if r.Reason == circulation.ReasonFeeSettled || r.Reason == circulation.ReasonFeeNotFound {
				return problem.List{r}
			}
		}
		return problem.New(problem.NotFound, circulation.ReasonFeeNotFound, nil)
	}
	s.told.add(toldKey{number, f.Fee, reference})
	return nil
}

// feeOf is the system's own id of a fee, or "" for a sum.
func (s *System) feeOf(id circulation.FeeID) string {
	text := string(id)
	switch p := s.o.Profile.Fees; {
	case p.Take == takeSum:
		return ""
	case p.Grows:
		text, _, _ = strings.Cut(text, idEnd)
	}
	return text
}

// Reopen is refused: SIP2 has no message for it.
func (s *System) Reopen(_ context.Context, _ card.Number, fees []circulation.Settlement, _ string) error {
	if len(fees) == 0 {
		return nil
	}
	return problem.New(problem.Refused, circulation.ReasonNotReopened, nil).Because(errors.New("SIP2 cannot open a fee again"))
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// told remembers what the system was told by this program since it was started,
// the latest few thousand: when one of several fees was refused, the others are
// told again one by one.
type told struct {
	mu    sync.Mutex
	known map[toldKey]bool
	order []toldKey
}

type toldKey struct {
	number    card.Number
	fee       circulation.FeeID
	reference string
}

const mostTold = 4096

func newTold() *told { return &told{known: map[toldKey]bool{}} }

func (t *told) has(k toldKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known[k]
}

func (t *told) add(k toldKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known[k] || k.reference == "" {
		return
	}
	if len(t.order) == mostTold {
		delete(t.known, t.order[0])
		t.order = t.order[1:]
	}
	t.known[k] = true
	t.order = append(t.order, k)
}
