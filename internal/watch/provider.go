package watch

import (
	"context"
	"time"

	"hoofdpas/internal/payment"
)

// Provider watches a payment provider.
func (w *Watch) Provider(p payment.Provider) payment.Provider {
	return watched{Provider: p, begin: w.Part("provider")}
}

type watched struct {
	payment.Provider
	begin func(ctx context.Context, operation string) (context.Context, func(error))
}

// Limits implements payment.Provider, and so do all that follow.
func (w watched) Limits(ctx context.Context) (l payment.Limits, err error) {
	ctx, end := w.begin(ctx, "limits")
	defer func() { end(err) }()
	return w.Provider.Limits(ctx) //nolint:wrapcheck // it is only watched
}

func (w watched) Create(ctx context.Context, o payment.Order) (made payment.Checkout, err error) {
	ctx, end := w.begin(ctx, "create")
	defer func() { end(err) }()
	return w.Provider.Create(ctx, o) //nolint:wrapcheck // it is only watched
}

func (w watched) Status(ctx context.Context, ref string) (s payment.Status, err error) {
	ctx, end := w.begin(ctx, "status")
	defer func() { end(err) }()
	return w.Provider.Status(ctx, ref) //nolint:wrapcheck // it is only watched
}

func (w watched) Cancel(ctx context.Context, ref string) (err error) {
	ctx, end := w.begin(ctx, "cancel")
	defer func() { end(err) }()
	return w.Provider.Cancel(ctx, ref) //nolint:wrapcheck // it is only watched
}

func (w watched) Refund(ctx context.Context, r payment.RefundOrder) (s payment.RefundStatus, err error) {
	ctx, end := w.begin(ctx, "refund")
	defer func() { end(err) }()
	return w.Provider.Refund(ctx, r) //nolint:wrapcheck // it is only watched
}

func (w watched) Refunds(ctx context.Context, ref string) (all []payment.RefundStatus, err error) {
	ctx, end := w.begin(ctx, "refunds")
	defer func() { end(err) }()
	return w.Provider.Refunds(ctx, ref) //nolint:wrapcheck // it is only watched
}

func (w watched) Chargebacks(ctx context.Context, ref string) (all []payment.Chargeback, err error) {
	ctx, end := w.begin(ctx, "chargebacks")
	defer func() { end(err) }()
	return w.Provider.Chargebacks(ctx, ref) //nolint:wrapcheck // it is only watched
}

func (w watched) List(ctx context.Context, from, to time.Time, each func(payment.Status) error) (err error) {
	ctx, end := w.begin(ctx, "list")
	defer func() { end(err) }()
	return w.Provider.List(ctx, from, to, each) //nolint:wrapcheck // it is only watched
}
