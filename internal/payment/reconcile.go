package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// Report is what a comparison with the provider found.
type Report struct {
	// Payments of ours and Orders of the provider that were looked at.
	Payments, Orders int
	// Differences are what does not agree and nobody has settled at the desk.
	Differences []Finding
}

// around is how far beyond the period the provider's list is read: its clock,
// and the moment when it made an order, are not ours.
const around = 24 * time.Hour

// Reconcile compares our payments of a period, from an instant up to, but not
// including, another, with the provider's list. What the provider knows better
// is booked, as if a webhook had come; what then still differs is kept as a
// finding for the desk, and reported. progress is told now and then how many
// payments have been looked at. An error means that it could not be done whole.
func (c *Cashier) Reconcile(ctx context.Context, from, to time.Time, progress func(done int)) (Report, error) {
	if c.Provider == nil {
		return Report{}, problem.New(problem.Refused, ReasonNoProvider, nil)
	}
	r := &reconciliation{cashier: c, listed: map[string]Status{}}
	err := c.Provider.List(ctx, from.Add(-around), to.Add(around), func(s Status) error {
		r.listed[s.Ref] = s
		return nil
	})
	if err != nil {
		return Report{}, unsure(err)
	}
	if err := r.ours(ctx, from, to, progress); err != nil {
		return r.report, err
	}
	return r.report, r.theirs(ctx, from, to)
}

// reconciliation is one comparison under way.
type reconciliation struct {
	cashier *Cashier
	listed  map[string]Status
	report  Report
}

// ours goes through our payments.
func (r *reconciliation) ours(ctx context.Context, from, to time.Time, progress func(int)) error {
	const batch = 200
	var failed error
	for after := ID(0); ; {
		part, err := r.cashier.Store.Online(ctx, r.cashier.Provider.Name(), from, to, after, batch)
		if err != nil {
			return errors.Join(failed, fmt.Errorf("list payments online: %w", err))
		}
		for _, p := range part {
			after = p.ID
			r.report.Payments++
			if err := r.compare(ctx, p); err != nil {
				failed = errors.Join(failed, fmt.Errorf("compare payment %d: %w", p.ID, err))
			}
		}
		if progress != nil {
			progress(r.report.Payments)
		}
		if len(part) < batch || ctx.Err() != nil {
			return errors.Join(failed, ctx.Err())
		}
	}
}

// compare brings one payment up to what the provider says, and finds what then
// differs.
func (r *reconciliation) compare(ctx context.Context, p Payment) error {
	c := r.cashier
	if p.Ref == "" { // it never had a page
		if p.State == Open {
			_, err := c.settle(ctx, p)
			return err
		}
		return nil
	}
	s, ok := r.listed[p.Ref]
	if !ok {
		asking, cancel := context.WithTimeout(ctx, askFor)
		defer cancel()
		var err error
		if s, err = c.Provider.Status(asking, p.Ref); problem.KindOf(err) == problem.NotFound {
			if p.Came() {
				return r.found(ctx, p.finding(FoundMissing, "missing", p.Received, "", c.Now()))
			}
			return nil
		}
		if err != nil {
			return unsure(err)
		}
	}
	if f := c.doubt(p, s); f != nil {
		return r.found(ctx, *f)
	}
	p, err := c.apply(ctx, p, s)
	if err != nil {
		return err
	}
	return r.differences(ctx, p, s)
}

// differences finds in what a payment that was brought up to date still differs.
func (r *reconciliation) differences(ctx context.Context, p Payment, s Status) error {
	now := r.cashier.Now()
	paid := s.State == Paid
	if paid != p.Came() || (paid && s.Amount != p.Received) {
		return r.found(ctx, p.finding(FoundStateDiffers, "state", s.Amount, string(s.State), now))
	}
	if !paid {
		return nil
	}
	var errs []error
	if ours := p.refundedAtProvider(); ours != s.Refunded {
		errs = append(errs, r.differs(ctx, p, FoundRefundDiffers, ours, s.Refunded))
	}
	if ours := p.ChargedBack(); ours != s.ChargedBack {
		errs = append(errs, r.differs(ctx, p, FoundChargebackDiffers, ours, s.ChargedBack))
	}
	return errors.Join(errs...)
}

func (r *reconciliation) differs(ctx context.Context, p Payment, kind FindingKind, ours, theirs money.Cents) error {
	return r.found(ctx, p.finding(kind, theirs.String(), theirs-ours, ours.String()+" / "+theirs.String(), r.cashier.Now()))
}

// theirs goes through the provider's list for money that came for an order of
// ours that we do not have.
func (r *reconciliation) theirs(ctx context.Context, from, to time.Time) error {
	var failed error
	for ref, s := range r.listed {
		if s.CreatedAt.Before(from) || !s.CreatedAt.Before(to) {
			continue
		}
		r.report.Orders++
		if s.Reference == "" || s.State != Paid {
			continue // not made by this program, or no money came
		}
		_, err := r.cashier.Store.PaymentByRef(ctx, r.cashier.Provider.Name(), ref)
		if problem.KindOf(err) == problem.NotFound {
			err = r.found(ctx, Finding{
				Kind: FoundUnknown, About: r.cashier.Provider.Name() + "/" + ref, Provider: r.cashier.Provider.Name(), Ref: ref,
				Amount: s.Amount, Detail: s.Reference, FoundAt: r.cashier.Now(),
			})
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// found keeps a difference, and reports it unless the desk has settled it.
func (r *reconciliation) found(ctx context.Context, f Finding) error {
	kept, err := r.cashier.Store.AddFinding(ctx, f)
	if err != nil {
		return fmt.Errorf("keep a difference: %w", err)
	}
	if kept.SettledAt.IsZero() {
		r.report.Differences = append(r.report.Differences, kept)
	}
	return nil
}

// Nightly compares the payments of the last two days, and on Sundays those of the
// last quarter: a bank may take back for weeks, and its message may be lost. It
// logs how that went.
func (c *Cashier) Nightly(ctx context.Context) error {
	if c.Provider == nil {
		return nil
	}
	const recent, long = 2, 92 // days
	now := c.Now()
	days := recent
	if now.In(c.zone()).Weekday() == time.Sunday {
		days = long
	}
	report, err := c.Reconcile(ctx, now.AddDate(0, 0, -days), now, nil)
	if err != nil {
		return fmt.Errorf("compare with the payment provider: %w", err)
	}
	for _, f := range report.Differences {
		c.Log.ErrorContext(ctx, "a payment differs from what the payment provider says", "payment", int64(f.Payment), "finding", string(f.Kind))
	}
	c.Log.InfoContext(ctx, "compared with the payment provider", "payments", report.Payments, "orders", report.Orders, "differences", len(report.Differences))
	return nil
}
