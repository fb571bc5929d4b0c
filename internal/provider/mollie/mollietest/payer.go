package mollietest

import (
	"errors"
	"fmt"

	"hoofdpas/internal/money"
)

// ErrNotThere says that there is no such order, refund or chargeback.
var ErrNotThere = errors.New("mollietest: there is no such thing")

// ErrNotNow says that it is not possible in this state.
var ErrNotNow = errors.New("mollietest: not in this state")

// change changes an order and sends its webhook.
func (s *Server) change(ref string, f func(*Order) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.byRef[ref]
	if !ok {
		return ErrNotThere
	}
	s.age(o)
	if err := f(o); err != nil {
		return err
	}
	s.tell(o)
	return nil
}

// Finish lets the payer end an order: Paid, Failed, Canceled, Expired, or
// Pending on the way to one of these. What has ended is ErrNotNow.
func (s *Server) Finish(ref, status string) error {
	return s.change(ref, func(o *Order) error { return s.end(o, status) })
}

func (s *Server) end(o *Order, status string) error {
	if o.Status != Open && o.Status != Pending {
		return fmt.Errorf("%w: %s is %s", ErrNotNow, o.Ref, o.Status)
	}
	switch status {
	case Paid:
		o.PaidAt = s.options.Now()
		s.spoil(o)
	case Failed, Canceled, Expired:
		o.ClosedAt = s.options.Now()
	case Pending:
	default:
		return fmt.Errorf("mollietest: an order cannot become %q", status)
	}
	o.Status = status
	return nil
}

// FinishOther lets the payer pay another amount, or in another currency, than
// was asked for, such as "12.34" and "USD".
func (s *Server) FinishOther(ref, value, currency string) error {
	return s.change(ref, func(o *Order) error {
		if err := s.end(o, Paid); err != nil {
			return err
		}
		o.Value, o.Currency = value, currency
		return nil
	})
}

// RefundHere pays back at the provider itself, as in its own pages.
func (s *Server) RefundHere(ref string, amount money.Cents) (string, error) {
	var made string
	err := s.change(ref, func(o *Order) error {
		if o.Status != Paid || amount <= 0 || amount > o.left() {
			return ErrNotNow
		}
		made = s.token("re_")
		o.Refunds = append(o.Refunds, Refund{Ref: made, Amount: amount, Status: Queued, CreatedAt: s.options.Now()})
		return nil
	})
	return made, err
}

// FinishRefund lets a refund arrive (Refunded) or not (RefundFailed).
func (s *Server) FinishRefund(ref, refund, status string) error {
	return s.change(ref, func(o *Order) error {
		for i, r := range o.Refunds {
			if r.Ref == refund {
				o.Refunds[i].Status = status
				return nil
			}
		}
		return ErrNotThere
	})
}

// ChargeBack lets the payer's bank take back a sum.
func (s *Server) ChargeBack(ref string, amount money.Cents) (string, error) {
	var made string
	err := s.change(ref, func(o *Order) error {
		if o.Status != Paid || amount <= 0 {
			return ErrNotNow
		}
		made = s.token("chb_")
		o.Chargebacks = append(o.Chargebacks, Chargeback{Ref: made, Amount: amount, CreatedAt: s.options.Now()})
		return nil
	})
	return made, err
}

// Restore lets the payer's bank give back what it took.
func (s *Server) Restore(ref, chargeback string) error {
	return s.change(ref, func(o *Order) error {
		for i, c := range o.Chargebacks {
			if c.Ref == chargeback {
				o.Chargebacks[i].ReversedAt = s.options.Now()
				return nil
			}
		}
		return ErrNotThere
	})
}

// Tell sends an order's webhook once more.
func (s *Server) Tell(ref string) error {
	return s.change(ref, func(*Order) error { return nil })
}

// refunded is what was paid back or is about to.
func (o *Order) refunded() money.Cents {
	var sum money.Cents
	for _, r := range o.Refunds {
		if r.Status != RefundFailed {
			sum += r.Amount
		}
	}
	return sum
}

// chargedBack is all that was ever taken back, as Mollie counts it.
func (o *Order) chargedBack() money.Cents {
	var sum money.Cents
	for _, c := range o.Chargebacks {
		sum += c.Amount
	}
	return sum
}

// left is what can still be paid back.
func (o *Order) left() money.Cents {
	if o.Status != Paid {
		return 0
	}
	left := o.Asked - o.refunded()
	for _, c := range o.Chargebacks {
		if c.ReversedAt.IsZero() {
			left -= c.Amount
		}
	}
	return max(left, 0)
}
