package payment_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// bank is a payment provider that a test scripts. It takes money late, too.
type bank struct {
	mu     sync.Mutex
	orders map[string]*bankOrder // by our payment number
	limits payment.Limits
	now    func() time.Time
	// away: it does nothing; mute: it does what it is asked and its answer is
	// lost; dies: the program dies before it has the answer; refuses: it pays
	// nothing back; slow: what it pays back is under way until it is done.
	away, mute, dies, refuses, slow bool
	created, asked, cancelled, sent int
	last                            payment.Order
}

type bankOrder struct {
	ref, reference, key string
	state               payment.State
	paid                money.Cents
	due                 money.Cents
	currency            string
	at                  time.Time
	refunds             []payment.RefundStatus
	keys                []string // of the refunds
	chargebacks         []payment.Chargeback
}

func (*bank) Name() string { return "bank" }

var errAway = errors.New("the bank is away")

func (b *bank) set(f func(*bank)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(b)
}

func (b *bank) Limits(context.Context) (payment.Limits, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		return payment.Limits{}, errAway
	}
	return b.limits, nil
}

func (b *bank) Create(ctx context.Context, o payment.Order) (payment.Checkout, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return payment.Checkout{}, err
	}
	b.created++
	b.last = o
	if b.away {
		return payment.Checkout{}, errAway
	}
	made, ok := b.orders[o.Reference]
	if !ok || made.key != o.Key {
		made = &bankOrder{
			ref: "ref-" + o.Reference, reference: o.Reference, key: o.Key, state: payment.Open, due: o.Amount,
			currency: payment.Euro, at: b.now(),
		}
		b.orders[o.Reference] = made
	}
	if b.dies {
		panic(errAway)
	}
	if b.mute {
		return payment.Checkout{}, errAway
	}
	return payment.Checkout{Ref: made.ref, URL: "https://bank.example/" + made.ref}, nil
}

// order is the order with the bank's key, when the bank can be reached. The lock
// is held.
func (b *bank) order(ctx context.Context, ref string) (*bankOrder, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.asked++
	if b.away {
		return nil, errAway
	}
	o, ok := b.orders[strings.TrimPrefix(ref, "ref-")]
	if !ok {
		return nil, problem.New(problem.NotFound, payment.ReasonNotFound, nil)
	}
	return o, nil
}

func (b *bank) Status(ctx context.Context, ref string) (payment.Status, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, err := b.order(ctx, ref)
	if err != nil {
		return payment.Status{}, err
	}
	return o.status(), nil
}

func (o *bankOrder) status() payment.Status {
	s := payment.Status{
		Ref: o.ref, Reference: o.reference, State: o.state, Amount: o.due, Currency: o.currency, CreatedAt: o.at,
	}
	if o.state == payment.Paid {
		s.Amount = o.paid
	}
	if o.currency != payment.Euro {
		s.Said, s.Amount = s.Amount.String()+" "+o.currency, 0
	}
	for _, r := range o.refunds {
		if r.State != payment.RefundFailed {
			s.Refunded += r.Amount
		}
	}
	for _, c := range o.chargebacks {
		if c.RestoredAt.IsZero() {
			s.ChargedBack += c.Amount
		}
	}
	return s
}

func (b *bank) Cancel(ctx context.Context, ref string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, err := b.order(ctx, ref)
	if err != nil {
		return err
	}
	if o.state != payment.Open {
		return problem.New(problem.Conflict, payment.ReasonStep, nil)
	}
	b.cancelled++
	return nil // and a payer who is on the page already pays all the same
}

func (b *bank) Refund(ctx context.Context, r payment.RefundOrder) (payment.RefundStatus, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, err := b.order(ctx, r.Ref)
	switch {
	case err != nil:
		return payment.RefundStatus{}, err
	case b.refuses || o.status().Refunded+r.Amount > o.paid:
		return payment.RefundStatus{}, problem.New(problem.Refused, payment.ReasonStep, nil)
	}
	b.sent++
	i := slices.Index(o.keys, r.Key)
	if i < 0 {
		i = len(o.refunds)
		s := payment.RefundStatus{
			Ref: fmt.Sprintf("re-%s-%d", o.reference, i), Reference: r.Reference, State: payment.Done, Amount: r.Amount, At: b.now(),
		}
		if b.slow {
			s.State = payment.Sent
		}
		o.refunds, o.keys = append(o.refunds, s), append(o.keys, r.Key)
	}
	if b.mute {
		return payment.RefundStatus{}, errAway
	}
	return o.refunds[i], nil
}

func (b *bank) Refunds(ctx context.Context, ref string) ([]payment.RefundStatus, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, err := b.order(ctx, ref)
	if err != nil {
		return nil, err
	}
	return slices.Clone(o.refunds), nil
}

func (b *bank) Chargebacks(ctx context.Context, ref string) ([]payment.Chargeback, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, err := b.order(ctx, ref)
	if err != nil {
		return nil, err
	}
	return slices.Clone(o.chargebacks), nil
}

func (b *bank) List(ctx context.Context, from, to time.Time, each func(payment.Status) error) error {
	b.mu.Lock()
	if b.away || ctx.Err() != nil {
		b.mu.Unlock()
		return errAway
	}
	var all []payment.Status
	for _, o := range b.orders {
		if !o.at.Before(from) && o.at.Before(to) {
			all = append(all, o.status())
		}
	}
	b.mu.Unlock()
	for _, s := range all {
		if err := each(s); err != nil {
			return err
		}
	}
	return nil
}

// with changes the bank's side of a payment.
func (b *bank) with(p payment.Payment, f func(*bankOrder)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(b.orders[strings.TrimPrefix(p.Ref, "ref-")])
}

// ends lets the payer end the payment at the bank.
func (b *bank) ends(p payment.Payment, state payment.State) {
	b.with(p, func(o *bankOrder) { o.state, o.paid = state, o.due })
}

// pays lets the payer pay some amount.
func (b *bank) pays(p payment.Payment, amount money.Cents) {
	b.with(p, func(o *bankOrder) { o.state, o.paid = payment.Paid, amount })
}

// paysBack lets somebody at the bank pay some of it back.
func (b *bank) paysBack(p payment.Payment, amount money.Cents) {
	b.with(p, func(o *bankOrder) {
		o.keys = append(o.keys, "")
		o.refunds = append(o.refunds, payment.RefundStatus{
			Ref: fmt.Sprintf("re-%s-%d", o.reference, len(o.refunds)), State: payment.Done, Amount: amount, At: b.now(),
		})
	})
}

// becomes gives the payment's refunds another state.
func (b *bank) becomes(p payment.Payment, state payment.RefundState) {
	b.with(p, func(o *bankOrder) {
		for i := range o.refunds {
			o.refunds[i].State = state
		}
	})
}

// takesBack lets the payer's bank take an amount back.
func (b *bank) takesBack(p payment.Payment, amount money.Cents) {
	b.with(p, func(o *bankOrder) {
		o.chargebacks = append(o.chargebacks, payment.Chargeback{
			Ref: fmt.Sprintf("cb-%s-%d", o.reference, len(o.chargebacks)), Amount: amount, At: b.now(),
		})
	})
}

// restores lets the payer's bank give back what it took.
func (b *bank) restores(p payment.Payment) {
	b.with(p, func(o *bankOrder) {
		for i := range o.chargebacks {
			o.chargebacks[i].RestoredAt = b.now()
		}
	})
}
