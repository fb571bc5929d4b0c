package payment

import (
	"fmt"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
)

// share is what a payment pays of one card.
type share struct {
	holder card.Holder
	count  int
	amount money.Cents
	lines  []Line
}

// shares puts the lines of each card together, in the order of the payment.
func (p Payment) shares() []share {
	var all []share
	at := map[card.ID]int{}
	for _, l := range p.Lines {
		i, ok := at[l.Holder.ID]
		if !ok {
			i = len(all)
			at[l.Holder.ID] = i
			all = append(all, share{holder: l.Holder})
		}
		all[i].count++
		all[i].amount += l.Amount // a part of Total, which was added with care
		all[i].lines = append(all[i].lines, l)
	}
	return all
}

// bookedTo is the booking of a step: nothing for one that moves no money.
func bookedTo(p Payment, to State, amount money.Cents, at time.Time) (Booking, error) {
	switch to {
	case Paid:
		return booked(p, at)
	case Owed:
		// What the provider holds for us is not for any fee: we owe it.
		posting, err := ledger.Post(ledger.Refunds(int64(p.Payer.ID)), p.purse(), amount, int64(p.ID), at)
		if err != nil {
			return Booking{}, fmt.Errorf("book what is owed: %w", err)
		}
		return Booking{Postings: []ledger.Posting{posting}}, nil
	default:
		return Booking{}, nil
	}
}

// booked is the booking of a payment that is paid: from each card's fees to
// where the money is, and a line in both holders' log for each card that the
// payer paid for another, or that was paid at the desk.
func booked(p Payment, at time.Time) (Booking, error) {
	var b Booking
	for _, s := range p.shares() {
		posting, err := ledger.Post(ledger.Fees(int64(s.holder.ID)), p.purse(), s.amount, int64(p.ID), at)
		if err != nil {
			return Booking{}, fmt.Errorf("book a payment: %w", err)
		}
		b.Postings = append(b.Postings, posting)
		if s.holder.ID == p.Payer.ID && p.Staff == "" {
			continue // what somebody does alone with their own card is nobody's business
		}
		b.Entries = append(b.Entries, mandate.Entry{
			At: at, Deed: mandate.Paid, Actor: p.Payer, Staff: p.Staff, Scope: mandate.Pay,
			Card: s.holder, Other: p.Payer, Confirmed: true, Count: s.count, Amount: s.amount,
		})
	}
	return b, nil
}

// refusedBooking is the booking of a line that the library system refuses: what
// was taken for the fee is given back to its account, and owed to the payer.
func refusedBooking(p Payment, l Line, at time.Time) (Booking, error) {
	posting, err := ledger.Post(ledger.Refunds(int64(p.Payer.ID)), ledger.Fees(int64(l.Holder.ID)), l.Amount, int64(p.ID), at)
	if err != nil {
		return Booking{}, fmt.Errorf("book a refused fee: %w", err)
	}
	return Booking{Postings: []ledger.Posting{posting}}, nil
}

// purse is the account where the money of a payment comes in.
func (p Payment) purse() ledger.Account {
	if p.Means == Online {
		return ledger.Provider(p.Provider)
	}
	return ledger.Till(string(p.Means))
}
