package walk

import (
	"strings"
	"testing"

	"hoofdpas/internal/provider/mollie/mollietest"
)

// TestTheBankIsAnotherSite: a real provider's page is on another host. The way
// there works with what our pages forbid, with and without scripts.
func TestTheBankIsAnotherSite(t *testing.T) {
	t.Parallel()
	bank := mollietest.Serve(t, mollietest.Options{})
	s := tell(t, "HOOFDPAS_PAYMENT_PROVIDER=mollie", "HOOFDPAS_PAYMENT_MOLLIE_KEY="+bank.APIKey(), "HOOFDPAS_PAYMENT_MOLLIE_URL="+bank.URL())
	s.bank = bank.URL()
	p := s.Visitor(desktop)
	p.LogInFirst(marieke)

	without := phone
	without.withoutScript = true
	for i, l := range []look{desktop, without} {
		who := s.Visitor(l)
		who.LogIn(marieke.number, theSame)
		who.Open("/betalen")
		who.ToBank()
		if at := who.Address(); !strings.HasPrefix(at, bank.URL()+"/") {
			who.fail("this is %s, not the bank at %s", at, bank.URL())
		}
		// Back at the library, the way to the bank is a link too.
		who.Open("/betalen")
		who.Follow("Ga verder met betalen")
		who.Follow("Verder naar de bank")
		button := mollietest.Canceled
		if i > 0 {
			button = mollietest.Paid
		}
		who.Press(button)
		who.Sees(map[string]string{mollietest.Canceled: "De betaling is geannuleerd", mollietest.Paid: "Dank je wel"}[button])
	}
}
