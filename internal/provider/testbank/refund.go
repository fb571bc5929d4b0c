package testbank

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// refund is what was paid back. A test bank does so at once.
type refund struct {
	key string
	payment.RefundStatus
}

// Refund implements payment.Provider.
func (b *Bank) Refund(ctx context.Context, r payment.RefundOrder) (payment.RefundStatus, error) {
	if r.Key == "" || r.Reference == "" || r.Amount <= 0 {
		return payment.RefundStatus{}, errors.New("testbank: a refund has a reference, a key and an amount")
	}
	var made payment.RefundStatus
	err := b.with(ctx, r.Ref, func(o *order) error {
		i := slices.IndexFunc(o.refunds, func(before refund) bool { return before.key == r.Key })
		switch {
		case i >= 0 && (o.refunds[i].Amount != r.Amount || o.refunds[i].Reference != r.Reference):
			return problem.New(problem.Conflict, payment.ReasonKeyReused, nil)
		case i >= 0:
			made = o.refunds[i].RefundStatus
			return nil
		case r.Amount > o.left():
			return problem.New(problem.Refused, payment.ReasonNotOwed, nil)
		}
		made = payment.RefundStatus{
			Ref: rand.Text(), Reference: r.Reference, State: payment.Done, Amount: r.Amount, At: b.options.Now(),
		}
		o.refunds = append(o.refunds, refund{key: r.Key, RefundStatus: made})
		b.announce(o)
		return nil
	})
	return made, err
}

// Refunds implements payment.Provider.
func (b *Bank) Refunds(ctx context.Context, ref string) ([]payment.RefundStatus, error) {
	var all []payment.RefundStatus
	err := b.with(ctx, ref, func(o *order) error {
		for _, r := range o.refunds {
			all = append(all, r.RefundStatus)
		}
		return nil
	})
	return all, err
}

// Chargebacks implements payment.Provider.
func (b *Bank) Chargebacks(ctx context.Context, ref string) ([]payment.Chargeback, error) {
	var all []payment.Chargeback
	err := b.with(ctx, ref, func(o *order) error {
		all = slices.Clone(o.chargebacks)
		return nil
	})
	return all, err
}

// refunded is what was paid back.
func (o *order) refunded() money.Cents {
	var sum money.Cents
	for _, r := range o.refunds {
		sum += r.Amount // never above what was asked
	}
	return sum
}

// chargedBack is what the payer took back and has not given back.
func (o *order) chargedBack() money.Cents {
	var sum money.Cents
	for _, c := range o.chargebacks {
		if c.RestoredAt.IsZero() {
			sum += c.Amount
		}
	}
	return sum
}

// left is what can still be paid back or taken back.
func (o *order) left() money.Cents {
	if o.state != payment.Paid {
		return 0
	}
	return o.asked.Amount - o.refunded() - o.chargedBack()
}

// takeBack lets the payer's bank take back what is left, once.
func (b *Bank) takeBack(o *order) {
	if left := o.left(); left > 0 {
		o.chargebacks = append(o.chargebacks, payment.Chargeback{Ref: rand.Text(), Amount: left, At: b.options.Now()})
		b.announce(o)
	}
}

// giveBack lets the payer's bank give back what it took.
func (b *Bank) giveBack(o *order) {
	for i, c := range o.chargebacks {
		if c.RestoredAt.IsZero() {
			o.chargebacks[i].RestoredAt = b.options.Now()
			b.announce(o)
		}
	}
}

// finish gives an open order its outcome.
func (b *Bank) finish(o *order, outcome payment.State) {
	if o.state == payment.Open {
		o.state = outcome
		b.announce(o)
	}
}
