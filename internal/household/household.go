// Package household puts together what one person sees: their own card and the
// cards linked to it, read side by side. Any part may be missing when the
// library system is away; the rest is shown all the same. It decides nothing:
// mandate says who may, circulation and payment say what is.
package household

import (
	"context"

	"golang.org/x/sync/errgroup"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
)

// Viewer reads households.
type Viewer struct {
	Permits Permits
	Office  *circulation.Office
	Holds   Holds
}

// Permits says for whom somebody may act, and whom they may know by name.
// mandate.Book is one.
type Permits interface {
	Permits(ctx context.Context, actor mandate.Actor) ([]mandate.Permit, error)
	MayKnow(ctx context.Context, reader, other card.ID) (bool, error)
}

// Holds says which fees a payment holds. The payment store is one.
type Holds interface {
	Holds(ctx context.Context, cards []card.ID) ([]payment.Hold, error)
}

// Member is one card of the household as the reader may see it.
type Member struct {
	Permit mandate.Permit
	// Loans is empty without scope renew. LoansErr is set when they could not
	// be had.
	Loans    []circulation.Loan
	LoansErr error
	// Fees is empty without scope pay. FeesErr is set when they could not be
	// had.
	Fees    []Fee
	FeesErr error
}

// Fee is a fee and what holds it.
type Fee struct {
	circulation.Fee
	// Hold is nil when the fee is free to be paid. The payer's name is empty
	// when the reader may not know it. A hold in state paid means: paid, the
	// library system is being told (betaald, wordt verwerkt). Of a fee that was
	// paid in part Amount is the rest from then on, which can be paid once that
	// was told.
	Hold *payment.Hold
}

// Paid reports whether nothing of the fee is owed: the library system is being told.
func (f Fee) Paid() bool { return f.Hold != nil && f.Hold.State == payment.Paid && f.Hold.Rest == 0 }

// Owes is the sum of the member's fees that have not been paid: free ones, those in
// an open payment, and what is left of those that were paid in part.
func (m Member) Owes() (money.Cents, error) {
	var total money.Cents
	var err error
	for _, f := range m.Fees {
		if f.Paid() {
			continue
		}
		if total, err = money.Add(total, f.Amount); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// Total is the sum of what all members owe.
func Total(members []Member) (money.Cents, error) {
	var total money.Cents
	for _, m := range members {
		owes, err := m.Owes()
		if err != nil {
			return 0, err
		}
		if total, err = money.Add(total, owes); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// Want says which parts to read.
type Want struct{ Loans, Fees bool }

// Read returns the household of the actor: the own card first, then the linked
// cards by name. Only a failing store is an error; a library system that is
// away leaves its mark in the members.
func (v *Viewer) Read(ctx context.Context, actor mandate.Actor, want Want) ([]Member, error) {
	permits, err := v.Permits.Permits(ctx, actor)
	if err != nil {
		return nil, err
	}
	return v.Fill(ctx, permits, want)
}

// Fill reads the wanted parts for the permits, side by side.
func (v *Viewer) Fill(ctx context.Context, permits []mandate.Permit, want Want) ([]Member, error) {
	members := make([]Member, len(permits))
	fees := make([][]circulation.Fee, len(permits))
	var g errgroup.Group
	const atOnce = 16 // a household of more than eight cards waits a little
	g.SetLimit(atOnce)
	for i, p := range permits {
		members[i].Permit = p
		if want.Loans && p.Allows(mandate.Renew) {
			g.Go(func() error {
				members[i].Loans, members[i].LoansErr = v.Office.Loans(ctx, p)
				return nil
			})
		}
		if want.Fees && p.Allows(mandate.Pay) {
			g.Go(func() error {
				fees[i], members[i].FeesErr = v.Office.Fees(ctx, p)
				return nil
			})
		}
	}
	_ = g.Wait() // the errors are kept with the member they belong to
	if want.Fees {
		return members, v.hold(ctx, members, fees)
	}
	return members, nil
}

// hold marks the fees that a payment holds, and takes away the payers' names
// that the reader may not know.
func (v *Viewer) hold(ctx context.Context, members []Member, fees [][]circulation.Fee) error {
	cards := make([]card.ID, len(members))
	for i, m := range members {
		cards[i] = m.Permit.Card().ID
	}
	holds, err := v.Holds.Holds(ctx, cards)
	if err != nil {
		return err
	}
	type key struct {
		card card.ID
		fee  circulation.FeeID
	}
	held := make(map[key]*payment.Hold, len(holds))
	for i := range holds {
		h := &holds[i]
		known, err := v.Permits.MayKnow(ctx, members[0].Permit.Actor().Holder.ID, h.Payer.ID)
		if err != nil {
			return err
		}
		if !known {
			h.Payer = card.Holder{}
		}
		held[key{h.Card, h.Fee}] = h
	}
	for i := range members {
		for _, f := range fees[i] {
			h := held[key{members[i].Permit.Card().ID, f.ID}]
			if h != nil && h.State == payment.Paid && h.Rest > 0 {
				f.Amount = h.Rest
			}
			members[i].Fees = append(members[i].Fees, Fee{f, h})
		}
	}
	return nil
}
