package kiosk

import (
	"cmp"
	"slices"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// share is what is paid of one fee.
type share struct {
	fine
	paid money.Cents
}

// allot decides what an amount is paid for (SIP2 37). A name, as in CG, is a fee or
// a card. Without one the amount decides: all that is owed, all of the own card, or
// all of exactly one other. Any other amount goes to the oldest first, so that the
// last of them may be paid in part.
func allot(o owed, named string, amount money.Cents) ([]share, error) {
	chosen := o.chosen(named, amount)
	if named != "" && len(chosen) == 0 && o.held == 0 {
		return nil, problem.New(problem.NotFound, circulation.ReasonFeeNotFound, nil)
	}
	slices.SortFunc(chosen, older)
	var shares []share
	rest := amount
	for _, f := range chosen {
		if paid := min(rest, f.Amount); paid > 0 {
			shares = append(shares, share{f, paid})
			rest -= paid
		}
	}
	if rest > 0 || len(shares) == 0 {
		return nil, o.tooMuch(sum(chosen), rest)
	}
	return shares, nil
}

// chosen are the fees that an amount may be for.
func (o owed) chosen(named string, amount money.Cents) []fine {
	if named != "" {
		return o.of(func(f fine) bool { return f.id() == named || cardID(f.permit.Card().ID) == named })
	}
	own := o.of(func(f fine) bool { return f.permit.OwnCard() })
	if amount == o.total || amount == sum(own) {
		return o.of(func(f fine) bool { return amount == o.total || f.permit.OwnCard() })
	}
	var fits [][]fine
	for i, f := range o.fines {
		id := f.permit.Card().ID
		if f.permit.OwnCard() || i > 0 && o.fines[i-1].permit.Card().ID == id {
			continue
		}
		if other := o.of(func(f fine) bool { return f.permit.Card().ID == id }); sum(other) == amount {
			fits = append(fits, other)
		}
	}
	if len(fits) == 1 {
		return fits[0]
	}
	return slices.Clone(o.fines)
}

func (o owed) of(which func(fine) bool) (some []fine) {
	for _, f := range o.fines {
		if which(f) {
			some = append(some, f)
		}
	}
	return some
}

// older orders by the day on which a fee was charged; on the same day the own card
// comes first, then cards and fees by their numbers.
func older(a, b fine) int {
	own := func(f fine) int {
		if f.permit.OwnCard() {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(a.ChargedOn.String(), b.ChargedOn.String()), cmp.Compare(own(a), own(b)),
		cmp.Compare(a.permit.Card().ID, b.permit.Card().ID), cmp.Compare(a.ID, b.ID),
	)
}

// sum is at most the total, which was checked to fit.
func sum(fines []fine) (total money.Cents) {
	for _, f := range fines {
		total += f.Amount
	}
	return total
}

// tooMuch says how much can be paid when there was more, by over, and whether that
// is because the rest is being paid elsewhere.
func (o owed) tooMuch(owed, over money.Cents) error {
	args := problem.Args{}
	if owed > 0 {
		args["owed"] = owed
	}
	why := problem.List{problem.New(problem.Conflict, ReasonTooMuch, args)}
	if o.held >= over && o.held > 0 {
		why = append(why, problem.New(problem.Conflict, ReasonHeld, problem.Args{"held": o.held}))
	}
	return why
}

// choices are the shares as the cashier takes them: by card, what is paid in part
// last.
func choices(shares []share) (all []payment.Choice) {
	for _, s := range shares {
		i := slices.IndexFunc(all, func(c payment.Choice) bool { return c.Permit.Card().ID == s.permit.Card().ID })
		if i < 0 {
			i = len(all)
			all = append(all, payment.Choice{Permit: s.permit})
		}
		all[i].Fees = append(all[i].Fees, s.ID)
		if s.paid < s.Amount {
			all[i].Part = s.paid
		}
	}
	return all
}
