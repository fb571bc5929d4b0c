package payment

import (
	"strconv"
	"strings"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// Box is what one ticked box of a form says: this fee of this card, of the
// amount that the payer saw. It is only a wish: Choose looks up the permit, and
// the Cashier the amount.
type Box struct {
	Card   card.ID
	Amount money.Cents
	Fee    circulation.FeeID
}

// String is the box as a form sends it; ReadBox reads it.
func (b Box) String() string {
	return strconv.FormatInt(int64(b.Card), 10) + "." + strconv.FormatInt(int64(b.Amount), 10) + "." + string(b.Fee)
}

// ReadBox reads a box from a form. Anything else is a fee that does not exist:
// a problem NotFound with circulation.ReasonFeeNotFound.
func ReadBox(text string) (Box, error) {
	id, rest, _ := strings.Cut(text, ".")
	amount, fee, _ := strings.Cut(rest, ".")
	c, err := strconv.ParseInt(id, 10, 64)
	if err != nil || c <= 0 {
		return Box{}, noFee()
	}
	cents, err := strconv.ParseInt(amount, 10, 64)
	if err != nil || cents <= 0 || fee == "" {
		return Box{}, noFee()
	}
	return Box{Card: card.ID(c), Amount: money.Cents(cents), Fee: circulation.FeeID(fee)}, nil
}

// Choose turns ticked boxes into choices with the permits of this very moment,
// and adds up what the payer saw. A card that no permit lets the payer pay for,
// whether it exists or not, is a fee that does not exist. Nothing ticked is
// ReasonNothing. The same box twice counts once.
func Choose(permits []mandate.Permit, boxes []string) ([]Choice, money.Cents, error) {
	var choices []Choice
	var total money.Cents
	at, seen := map[card.ID]int{}, map[string]bool{}
	for _, text := range boxes {
		box, err := ReadBox(text)
		if err != nil {
			return nil, 0, err
		}
		if seen[text] {
			continue
		}
		seen[text] = true
		i, ok := at[box.Card]
		if !ok {
			permit, ok := mandate.Among(permits, box.Card, mandate.Pay)
			if !ok {
				return nil, 0, noFee()
			}
			i = len(choices)
			at[box.Card] = i
			choices = append(choices, Choice{Permit: permit})
		}
		choices[i].Fees = append(choices[i].Fees, box.Fee)
		if total, err = money.Add(total, box.Amount); err != nil {
			return nil, 0, problem.New(problem.Invalid, ReasonTooMuch, nil).Because(err)
		}
	}
	if len(choices) == 0 {
		return nil, 0, problem.New(problem.Invalid, ReasonNothing, nil)
	}
	return choices, total, nil
}

func noFee() error { return problem.New(problem.NotFound, circulation.ReasonFeeNotFound, nil) }
