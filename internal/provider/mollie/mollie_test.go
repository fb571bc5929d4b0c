package mollie_test

import (
	"log/slog"
	"testing"
	"time"

	"hoofdpas/internal/calendar/calendartest"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/mollie"
	"hoofdpas/internal/provider/mollie/mollietest"
	"hoofdpas/internal/provider/providertest"
)

func newClock() *calendartest.Clock {
	return calendartest.At(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
}

// profile is a client with the provider that it asks.
func profile(t *testing.T, o mollietest.Options) (*mollie.Provider, *mollietest.Server, *calendartest.Clock) {
	t.Helper()
	at := newClock()
	o.Now = at.Now
	server := mollietest.Serve(t, o)
	p, err := mollie.New(mollie.Options{
		Key: server.APIKey(), URL: server.URL(), Client: checked(t, server.Client(), server.URL()), Now: at.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, server, at
}

// theirs are Mollie's words for our states.
var theirs = map[payment.State]string{
	payment.Paid: mollietest.Paid, payment.Failed: mollietest.Failed, payment.Cancelled: mollietest.Canceled, payment.Expired: mollietest.Expired,
}

func TestMollieIsAProvider(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providertest.Fixture {
		p, server, at := profile(t, mollietest.Options{Methods: []mollietest.Method{
			{ID: "ideal", Least: 10, Most: 50_000_00}, {ID: "creditcard", Least: 50, Most: 10_000_00},
		}})
		order := func(t *testing.T, c payment.Checkout) mollietest.Order {
			t.Helper()
			o, ok := server.Order(c.Ref)
			if !ok {
				t.Fatalf("no order %q", c.Ref)
			}
			return o
		}
		must := func(t *testing.T, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		return providertest.Fixture{
			Provider: p, Now: at.Now, Advance: at.Pass, Lasts: 15 * time.Minute,
			Finish: func(_ *testing.T, c payment.Checkout, state payment.State) {
				_ = server.Finish(c.Ref, theirs[state]) // what has ended has ended
			},
			ChargeBack: func(t *testing.T, c payment.Checkout) {
				o := order(t, c)
				left := o.Asked
				for _, r := range o.Refunds {
					left -= r.Amount
				}
				_, err := server.ChargeBack(c.Ref, left)
				must(t, err)
			},
			Restore: func(t *testing.T, c payment.Checkout) {
				for _, taken := range order(t, c).Chargebacks {
					must(t, server.Restore(c.Ref, taken.Ref))
				}
			},
			EndRefund: func(t *testing.T, c payment.Checkout, refund string, state payment.RefundState) {
				must(t, server.FinishRefund(c.Ref, refund, map[payment.RefundState]string{
					payment.Done: mollietest.Refunded, payment.RefundFailed: mollietest.RefundFailed,
				}[state]))
			},
			Other: func(t *testing.T, c payment.Checkout) { must(t, server.FinishOther(c.Ref, "12.34", "USD")) },
		}
	})
}
