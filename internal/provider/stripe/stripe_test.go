package stripe_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/calendar/calendartest"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/provider/providertest"
	"hoofdpas/internal/provider/stripe"
	"hoofdpas/internal/provider/stripe/stripetest"
)

// account is a client with the server that it asks.
func account(t *testing.T) (*stripe.Provider, *stripetest.Server, *calendartest.Clock) {
	t.Helper()
	at := calendartest.At(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	server := stripetest.Serve(t, at.Now)
	p, err := stripe.New(stripe.Options{
		Key: stripetest.Key, WebhookSecret: stripetest.Secret, URL: server.URL(), Client: server.Client(), Now: at.Now,
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, server, at
}

func TestStripeIsAProvider(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providertest.Fixture {
		p, server, at := account(t)
		return providertest.Fixture{
			Provider: p, Now: at.Now, Advance: at.Pass, Lasts: payment.OpenFor + 31*time.Minute, Signed: true,
			// A payer who turns back leaves the page open.
			Ends: []payment.State{payment.Failed, payment.Expired},
			Finish: func(_ *testing.T, c payment.Checkout, state payment.State) {
				map[payment.State]func(string) bool{
					payment.Paid: server.Pay, payment.Failed: server.Fall, payment.Expired: server.Expire,
				}[state](c.Ref)
			},
			ChargeBack: func(_ *testing.T, c payment.Checkout) { server.Dispute(c.Ref, "needs_response") },
			Restore:    func(_ *testing.T, c payment.Checkout) { server.Win(c.Ref) },
			EndRefund: func(_ *testing.T, c payment.Checkout, refund string, state payment.RefundState) {
				server.EndRefund(c.Ref, refund, map[payment.RefundState]string{
					payment.Done: "succeeded", payment.RefundFailed: "failed",
				}[state])
			},
			Other: func(_ *testing.T, c payment.Checkout) {
				server.InDollars(c.Ref)
				server.Pay(c.Ref)
			},
		}
	})
}

func order(at *calendartest.Clock) payment.Order {
	return payment.Order{
		Reference: "417", Key: "k417", Amount: 1234, Description: "Bibliotheek 417", Return: "https://mijn.example/betaling/417",
		Language: "nl", ExpiresAt: at.Now().Add(payment.OpenFor),
	}
}

func TestAnAnswerThatIsLostMakesNoSecondOrder(t *testing.T) {
	t.Parallel()
	p, server, at := account(t)
	server.Next(stripetest.Lost, stripetest.Fails)
	c, err := p.Create(t.Context(), order(at))
	if err != nil || c.Ref == "" || server.Sessions() != 1 {
		t.Fatalf("%d orders, %v, %v", server.Sessions(), c, err)
	}
	at.Pass(12 * time.Minute) // the program was started again
	if again, err := p.Create(t.Context(), order(calendartest.At(at.Now().Add(-12*time.Minute)))); err != nil || again != c {
		t.Errorf("got %v, %v", again, err)
	}
}

func TestWhatIsNoAnswerOfStripesIsNoAnswer(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]stripetest.Fault{
		"down": {stripetest.Fails, stripetest.Fails, stripetest.Fails, stripetest.Fails}, "another page": {stripetest.Forged},
		"sent on": {stripetest.Moved, stripetest.Moved, stripetest.Moved, stripetest.Moved},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, server, at := account(t)
			server.Next(faults...)
			if c, err := p.Create(t.Context(), order(at)); err == nil || problem.KindOf(err) != "" {
				t.Errorf("got %v, %v", c, err)
			}
		})
	}
}

func TestTheKeyIsInNoError(t *testing.T) {
	t.Parallel()
	at := calendartest.At(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	server := stripetest.Serve(t, at.Now)
	p, err := stripe.New(stripe.Options{
		Key: "sk_test_verkeerd", URL: server.URL(), Client: server.Client(), Now: at.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Create(t.Context(), order(at))
	if err == nil || strings.Contains(err.Error(), "verkeerd") || !strings.Contains(err.Error(), "payment.stripe.key") {
		t.Errorf("got %v", err)
	}
}

func TestMoneyThatIsStillToComeIsNotPaid(t *testing.T) {
	t.Parallel()
	p, server, at := account(t)
	c, err := p.Create(t.Context(), order(at))
	if err != nil {
		t.Fatal(err)
	}
	server.Wait(c.Ref)
	if s, err := p.Status(t.Context(), c.Ref); err != nil || s.State != payment.Open {
		t.Errorf("got %+v, %v", s, err)
	}
	if err := p.Cancel(t.Context(), c.Ref); problem.KindOf(err) != problem.Refused {
		t.Errorf("cancel: %v", err)
	}
}

func TestABankThatOnlyAsksTakesNothing(t *testing.T) {
	t.Parallel()
	p, server, at := account(t)
	c, err := p.Create(t.Context(), order(at))
	if err != nil {
		t.Fatal(err)
	}
	server.Pay(c.Ref)
	server.Dispute(c.Ref, "warning_needs_response")
	s, err := p.Status(t.Context(), c.Ref)
	if err != nil || s.State != payment.Paid || s.ChargedBack != 0 {
		t.Errorf("got %+v, %v", s, err)
	}
	if all, err := p.Chargebacks(t.Context(), c.Ref); err != nil || len(all) != 0 {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestWhatAnotherProgramOrderedIsNotListed(t *testing.T) {
	t.Parallel()
	p, server, at := account(t)
	ours, err := p.Create(t.Context(), order(at))
	if err != nil {
		t.Fatal(err)
	}
	o := order(at)
	o.Reference, o.Key = "418", "k418"
	theirs, err := p.Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	server.Pay(theirs.Ref)
	server.InDollars(theirs.Ref)
	server.ByOther(theirs.Ref)
	var listed []string
	if err := p.List(t.Context(), at.Now(), at.Now().Add(time.Hour), func(s payment.Status) error {
		listed = append(listed, s.Ref)
		return nil
	}); err != nil || len(listed) != 1 || listed[0] != ours.Ref {
		t.Errorf("listed %q, %v", listed, err)
	}
}
