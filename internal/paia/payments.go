package paia

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// owedFee is a fee of any card that the token may pay for.
type owedFee struct {
	fee
	Patron string `json:"patron"`
	Name   string `json:"name"`
	// Choice names the fee in a payment; "" while another payment holds it.
	Choice string `json:"choice,omitempty"`
}

type owedList struct {
	Amount string    `json:"amount"`
	Fee    []owedFee `json:"fee"`
	// Missing are the cards whose fees cannot be had now.
	Missing []string `json:"missing,omitempty"`
}

// allFees lists the fees of all cards that the holder may pay for (S19).
func (a *api) allFees(ctx context.Context, c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	permits, err := a.Book.Permits(ctx, c.actor())
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	var pays []mandate.Permit
	for _, p := range permits {
		if p.Allows(mandate.Pay) {
			pays = append(pays, p)
		}
	}
	members, err := a.owed(ctx, pays)
	if err != nil {
		return nil, err
	}
	out := owedList{Fee: []owedFee{}}
	var total money.Cents
	for _, m := range members {
		h := m.Permit.Card()
		if m.FeesErr != nil {
			out.Missing = append(out.Missing, h.Number.Text())
			continue
		}
		owes, err := m.Owes()
		if err == nil {
			total, err = money.Add(total, owes)
		}
		if err != nil {
			return nil, fmt.Errorf("add up fees: %w", err)
		}
		for _, f := range m.Fees {
			if f.Paid() {
				continue
			}
			o := owedFee{fee: a.fee(c, f.Fee), Patron: h.Number.Text(), Name: h.Name}
			if f.Hold == nil {
				o.Choice = payment.Box{Card: h.ID, Amount: f.Amount, Fee: f.ID}.String()
			}
			out.Fee = append(out.Fee, o)
		}
	}
	out.Amount = euro(total)
	return out, nil
}

// payWish starts a joint payment over fees that were listed.
type payWish struct {
	Choice []string `json:"choice"`
	// Amount is the total that the payer saw.
	Amount string `json:"amount"`
	// Key makes a request that is sent twice one payment.
	Key string `json:"key"`
}

// paidState is how a payment stands. Checkout is where the payer pays, while it is
// open.
type paidState struct {
	ID       int64         `json:"id"`
	State    payment.State `json:"state"`
	Amount   string        `json:"amount"`
	Checkout string        `json:"checkout,omitempty"`
	Until    string        `json:"until,omitempty"`
	Patron   []string      `json:"patron"`
}

func (a *api) stands(p payment.Payment) paidState {
	out := paidState{ID: int64(p.ID), State: p.State, Amount: euro(p.Total)}
	if p.State == payment.Open {
		out.Checkout, out.Until = p.Checkout, p.ExpiresAt.In(a.Zone).Format(time.RFC3339)
	}
	for _, s := range payment.Shares(p.Lines) {
		out.Patron = append(out.Patron, s.Holder.Number.Text())
	}
	return out
}

// maxKey bounds an app's key; ours is made of it and of the grant's card.
const maxKey = 40

// pay starts one payment over fees of any cards (S19).
func (a *api) pay(ctx context.Context, c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	var given payWish
	if err := c.json(&given); err != nil {
		return nil, err
	}
	if given.Key == "" || len(given.Key) > maxKey {
		return nil, invalid("api.key")
	}
	text, ok := strings.CutSuffix(given.Amount, " EUR")
	total, err := money.Parse(text)
	if !ok || err != nil {
		return nil, invalid("api.amount")
	}
	permits, err := a.Book.Permits(ctx, c.actor())
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	choices, seen, err := payment.Choose(permits, given.Choice)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	if seen != total {
		return nil, problem.New(problem.Conflict, payment.ReasonChanged, nil)
	}
	p, err := a.Cashier.Start(ctx, payment.Wish{
		Actor: c.actor(), Choices: choices, Expected: total, Language: string(c.t.Lang),
		Key: "app/" + strconv.FormatInt(int64(c.me.Holder.ID), 10) + "/" + given.Key,
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	return a.stands(p), nil
}

// paid is how the holder's own payment stands now.
func (a *api) paid(ctx context.Context, c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	id, err := strconv.ParseInt(c.r.PathValue("payment"), 10, 64)
	if err != nil {
		return nil, problem.New(problem.NotFound, payment.ReasonNotFound, nil)
	}
	p, err := a.Cashier.Look(ctx, c.actor(), payment.ID(id))
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	return a.stands(p), nil
}
