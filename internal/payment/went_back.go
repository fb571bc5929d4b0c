package payment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
)

// wentBack books what the provider paid back of a payment, here or at the
// provider itself, and what the payer's bank took back. It asks for the details
// only when the sums differ from ours.
func (c *Cashier) wentBack(ctx context.Context, p Payment, s Status) (Payment, error) {
	var err error
	if p.Came() && (s.Refunded != p.refundedAtProvider() || slices.ContainsFunc(p.Refunds, Refund.sent)) {
		if p, err = c.followRefunds(ctx, p); err != nil {
			return Payment{}, err
		}
	}
	if p.Came() && s.ChargedBack != p.ChargedBack() {
		return c.followChargebacks(ctx, p)
	}
	return p, nil
}

func (r Refund) sent() bool { return r.Means == Online && r.State == Sent }

// refundedAtProvider is what the provider pays back, as far as we know.
func (p Payment) refundedAtProvider() (sum money.Cents) {
	for _, r := range p.Refunds {
		if r.Means == Online && (r.State == Sent || r.State == Done) {
			sum += r.Amount
		}
	}
	return sum
}

// followRefunds asks for the refunds of a payment and books what became of them.
func (c *Cashier) followRefunds(ctx context.Context, p Payment) (Payment, error) {
	asking, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	all, err := c.Provider.Refunds(asking, p.Ref)
	if err != nil {
		return Payment{}, unsure(err)
	}
	for _, s := range all {
		if p, err = c.heardOfRefund(ctx, p, s); err != nil {
			return Payment{}, err
		}
	}
	return p, nil
}

// heardOfRefund books what the provider says of one refund.
func (c *Cashier) heardOfRefund(ctx context.Context, p Payment, s RefundStatus) (Payment, error) {
	return c.again(ctx, p, "book a refund", func(p Payment) (State, Booking, error) {
		if i := slices.IndexFunc(p.Refunds, s.isOf); i >= 0 {
			return c.refundStep(p, p.Refunds[i], s)
		}
		if s.State == RefundFailed {
			return p.State, Booking{}, errNothing
		}
		return c.refundElsewhere(p, s)
	})
}

// isOf reports whether the provider speaks of this refund.
func (s RefundStatus) isOf(r Refund) bool {
	if r.Means != Online {
		return false
	}
	return (r.Ref != "" && r.Ref == s.Ref) || (r.Ref == "" && s.Reference != "" && s.Reference == r.reference())
}

// reference is the refund's number as the provider knows it.
func (r Refund) reference() string { return "R" + strconv.FormatInt(int64(r.ID), 10) }

// refundStep books the step of a refund of ours.
func (c *Cashier) refundStep(p Payment, r Refund, s RefundStatus) (State, Booking, error) {
	if !RefundAllowed(r.State, s.State) {
		return p.State, Booking{}, errNothing
	}
	b := &book{payment: p, at: c.Now()}
	b.RefundMoves = []RefundMove{{ID: r.ID, To: s.State, Ref: s.Ref, At: b.at}}
	to := p.State
	switch {
	case s.State == Done:
		b.paidBack(r)
		to = p.afterRefund(r, Done)
	case s.State == RefundFailed:
		if r.State == Done { // the money came back to us
			b.refundPosting(r, p.owedTo(), r.purse(), r.Amount, ledger.Restored)
		}
		if Allowed(p.State, Owed) && p.balance()+r.Amount > 0 {
			to = Owed
		}
		b.find(FoundRefundFailed, r.reference(), r.Amount, "")
	}
	return to, b.Booking, b.err
}

// paidBack books that the money of a refund left us.
func (b *book) paidBack(r Refund) {
	why := ledger.PaidBack
	if r.Means == WriteOff {
		why = ledger.WrittenOff
	}
	b.refundPosting(r, r.purse(), b.payment.owedTo(), r.Amount, why)
}

func (b *book) refundPosting(r Refund, from, to ledger.Account, amount money.Cents, why ledger.Why) {
	made, ok := b.posting(from, to, amount, why)
	if !ok {
		return
	}
	made.Shift = r.Till.Shift
	if r.ID == 0 {
		b.RefundPostings = append(b.RefundPostings, made)
		return
	}
	made.Refund = int64(r.ID)
	b.Postings = append(b.Postings, made)
}

// afterRefund is where the payment stands when a refund has got somewhere: it is
// Refunded when nothing of it is for a fee any more and nothing is still owed.
func (p Payment) afterRefund(r Refund, to RefundState) State {
	refunds := slices.DeleteFunc(slices.Clone(p.Refunds), func(o Refund) bool { return o.ID == r.ID && r.ID != 0 })
	r.State = to
	after := p
	after.Refunds = append(refunds, r)
	after.Lines = slices.Clone(p.Lines)
	for _, i := range r.Lines {
		after.Lines[i].Returned = ByRefund
	}
	waiting := slices.ContainsFunc(after.Refunds, func(o Refund) bool { return o.State == Due || o.State == Sent })
	if waiting || len(after.kept()) > 0 || after.balance() > 0 || !Allowed(p.State, Refunded) {
		return p.State
	}
	return Refunded
}

// refundElsewhere books a refund that was made at the provider itself. When it
// comes to the whole payment its fees are open again, and when it comes to what
// we owe it is that; otherwise the desk has to say which fees it was for.
func (c *Cashier) refundElsewhere(p Payment, s RefundStatus) (State, Booking, error) {
	r := Refund{
		Payment: p.ID, Means: Online, Provider: p.Provider, Ref: s.Ref, Reason: RefundAtProvider, Amount: s.Amount,
		State: s.State, OrderKey: newKey(), RequestedAt: c.Now(),
	}
	b := &book{payment: p, at: c.Now()}
	kept, sum := p.pick(p.kept())
	switch {
	case s.Amount == p.Owed():
	case s.Amount == sum+p.Owed() && len(kept) > 0:
		r.Lines = p.kept()
		b.giveBack(kept, s.Amount, "")
	default:
		b.find(FoundRefundElsewhere, s.Ref, s.Amount, "")
	}
	to := p.State
	if s.State == Done {
		r.EndedAt = b.at
		b.paidBack(r)
		to = p.afterRefund(r, Done)
	}
	b.Refund = &r
	return to, b.Booking, b.err
}

// giveBack books that lines are returned: their fees are open again, and what
// was paid for them is owed to the payer. Amount is what goes back with them.
func (b *book) giveBack(lines []Line, amount money.Cents, staff string) {
	if len(lines) == 0 {
		return
	}
	b.returned(lines)
	b.tell(lines, mandate.Refunded, staff)
	b.write(LetterRefunded, lines, amount)
	b.Deliver = true
}

// followChargebacks asks what the payer's bank took back and books it.
func (c *Cashier) followChargebacks(ctx context.Context, p Payment) (Payment, error) {
	asking, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	all, err := c.Provider.Chargebacks(asking, p.Ref)
	if err != nil {
		return Payment{}, unsure(err)
	}
	for _, back := range all {
		p, err = c.again(ctx, p, "book a chargeback", func(p Payment) (State, Booking, error) { return c.chargeback(p, back) })
		if err != nil {
			return Payment{}, err
		}
	}
	return p, nil
}

func (c *Cashier) chargeback(p Payment, back Chargeback) (State, Booking, error) {
	i := slices.IndexFunc(p.Chargebacks, func(o Chargeback) bool { return o.Ref == back.Ref })
	switch {
	case i < 0 && back.RestoredAt.IsZero():
		return c.takenBack(p, back)
	case i >= 0 && p.Chargebacks[i].RestoredAt.IsZero() && !back.RestoredAt.IsZero():
		return c.restored(p, back)
	}
	return p.State, Booking{}, errNothing
}

// takenBack books that the bank took money back. When that is what the payment
// paid, its fees are open again; otherwise nobody guesses what it was for.
func (c *Cashier) takenBack(p Payment, back Chargeback) (State, Booking, error) {
	b := &book{payment: p, at: c.Now()}
	b.Chargebacks = []Chargeback{back}
	indexes := p.kept()
	lines, sum := p.pick(indexes)
	if back.Amount != sum {
		owed := min(back.Amount, p.Owed()) // they took what we owed them
		b.post(p.purse(), p.owedTo(), owed, ledger.Chargeback)
		b.post(p.purse(), ledger.Chargebacks(int64(p.Payer.ID)), back.Amount-owed, ledger.Chargeback)
		b.find(FoundChargebackOdd, back.Ref, back.Amount, "")
		b.write(LetterChargeback, nil, back.Amount)
		return p.State, b.Booking, b.err
	}
	b.ByChargeback, b.Deliver = indexes, true
	b.perCard(lines, ledger.Chargeback, func(fees ledger.Account) (ledger.Account, ledger.Account) { return p.purse(), fees })
	b.tell(lines, mandate.ChargedBack, "")
	b.write(LetterChargeback, lines, back.Amount)
	b.find(FoundChargeback, back.Ref, back.Amount, "")
	if Allowed(p.State, ChargedBack) {
		return ChargedBack, b.Booking, b.err
	}
	return p.State, b.Booking, b.err
}

// restored books that the bank gave back what it had taken. What was still to
// come from the payer is settled by it; for the rest the fees are open again
// since, so it is owed to the payer until the desk knows more.
func (c *Cashier) restored(p Payment, back Chargeback) (State, Booking, error) {
	b := &book{payment: p, at: c.Now()}
	b.Chargebacks = []Chargeback{back}
	ahead := min(back.Amount, p.Ahead())
	b.post(ledger.Chargebacks(int64(p.Payer.ID)), p.purse(), ahead, ledger.Restored)
	b.post(p.owedTo(), p.purse(), back.Amount-ahead, ledger.Restored)
	b.find(FoundRestored, back.Ref, back.Amount, "")
	if Allowed(p.State, Owed) && p.balance()+back.Amount > 0 {
		return Owed, b.Booking, b.err
	}
	return p.State, b.Booking, b.err
}

// errNothing says that there is nothing to book.
var errNothing = errors.New("nothing to book")

// again decides and books, and decides anew when the payment has changed
// meanwhile.
func (c *Cashier) again(
	ctx context.Context, p Payment, what string, decide func(Payment) (State, Booking, error),
) (Payment, error) {
	for range tries {
		to, b, err := decide(p)
		if errors.Is(err, errNothing) {
			return p, nil
		}
		if err != nil {
			return p, fmt.Errorf("%s of payment %d: %w", what, p.ID, err)
		}
		moved, err := c.Store.Move(ctx, p, to, c.Now(), b)
		if err != nil {
			return p, fmt.Errorf("%s of payment %d: %w", what, p.ID, err)
		}
		if p, err = c.Store.Payment(ctx, p.ID); err != nil {
			return Payment{}, fmt.Errorf("read a payment again: %w", err)
		}
		if moved {
			return p, nil
		}
	}
	return p, fmt.Errorf("%s of payment %d: overtaken too often", what, p.ID)
}
