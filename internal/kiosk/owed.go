package kiosk

import (
	"context"
	"fmt"
	"strconv"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/sip2"
)

// fine is a fee that may be paid now.
type fine struct {
	permit mandate.Permit
	circulation.Fee
}

// id is CG: the card, and the fee on it.
func (f fine) id() string { return cardID(f.permit.Card().ID) + "." + string(f.ID) }

func cardID(id card.ID) string { return strconv.FormatInt(int64(id), 10) }

// owed is what a terminal takes money for.
type owed struct {
	fines []fine // the own card's first
	total money.Cents
	// held is what is in another payment: it is no longer owed, or about to be paid.
	held money.Cents
	// missing are the cards whose fees could not be had, and why.
	missing []mandate.Permit
	why     error
	// named tells that there are several cards, so that each fee names its own.
	named bool
}

// look reads the cards that this visit reaches: the own one, with its loans when
// they are wanted, and what is owed on all of them.
func (s *session) look(ctx context.Context, loans bool) (own household.Member, o owed, err error) {
	permits, err := s.permits(ctx)
	if err != nil {
		return own, o, err
	}
	members, err := s.o.Viewer.Fill(ctx, permits[:1], household.Want{Loans: loans, Fees: true})
	if err == nil && len(permits) > 1 {
		var others []household.Member
		others, err = s.o.Viewer.Fill(ctx, permits[1:], household.Want{Fees: true})
		members = append(members, others...)
	}
	if err != nil {
		return own, o, fmt.Errorf("look at the cards of a visit: %w", err)
	}
	o, err = add(members)
	return members[0], o, err
}

// add adds up what is owed.
func add(members []household.Member) (o owed, err error) {
	o.named = len(members) > 1
	for _, m := range members {
		if m.FeesErr != nil {
			o.missing, o.why = append(o.missing, m.Permit), m.FeesErr
		}
		for _, f := range m.Fees {
			sum := &o.total
			if f.Hold != nil {
				sum = &o.held
			} else {
				o.fines = append(o.fines, fine{m.Permit, f.Fee})
			}
			if *sum, err = money.Add(*sum, f.Amount); err != nil {
				return owed{}, fmt.Errorf("add up fees: %w", err)
			}
		}
	}
	return o, nil
}

// line is AV: whose, what for and how much.
func (s *session) line(f fine, named bool) string {
	what := f.Description
	if what == "" {
		what = s.words().T("member.fee_" + string(f.Kind))
	}
	amount := " " + f.Amount.String()
	if named {
		what = firstName(f.permit.Card().Name) + ": " + what
	}
	return shorten(plain(what), widest-len(amount)) + amount
}

// own are fields of our own beside AV, a group for each fee: its CG, and its amount.
func (f fine) own() []sip2.Field {
	return []sip2.Field{{ID: "CG", Value: f.id()}, {ID: "FA", Value: f.Amount.String()}}
}

// notes says what is left out, and why.
func (s *session) notes(o owed) (lines []string) {
	p := s.words()
	for _, permit := range o.missing {
		lines = append(lines, screen(p.T("kiosk.fees_away", "name", firstName(permit.Card().Name))))
	}
	if o.held > 0 {
		lines = append(lines, screen(p.T("kiosk.held", "amount", o.held)))
	}
	return lines
}
