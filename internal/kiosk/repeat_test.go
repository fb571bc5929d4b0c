package kiosk_test

import (
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/sip2"
)

// Whether the payment was made with a user name's card cannot be looked up while
// its log-in is slowed down: then nobody says that it was not.
func TestNoIsNotSaidOfAPaymentWhosePayerCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	w := open(t)
	must(t, w.porter.SetUserName(t.Context(), account.Identity{Holder: w.holder(marieke)}, "marieke84"))
	r := sip2.FeePaidRequest{Amount: "5.20", Currency: "EUR", Patron: with("marieke84", own), Transaction: "7"}
	if a := w.enter().pay(r); !a.Accepted {
		t.Fatalf("got %+v", a)
	}
	m := w.enter()
	for range 6 {
		m.info(with("marieke84", "wrong"), sip2.NoList)
	}
	m.Close()
	answer, err := w.enter().Ask(t.Context(), r.Message())
	if err == nil && answer.Fixed[0] != 'Y' {
		t.Errorf("got %s %q", answer.Fixed, answer.All("AF"))
	}
	w.clock.Pass(time.Hour)
	if a := w.enter().pay(r); !a.Accepted {
		t.Errorf("later: %+v", a)
	}
}
