package desk_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestAReceiptIsMailedToTheAddressThatTheLibraryHas(t *testing.T) {
	t.Parallel()
	l := open(t, fees).household()
	b := l.staff("bea")
	receipt := b.Get(l.at(marieke)).Press("PIN").Wants(http.StatusOK, "Marieke de Vries")
	letters := func() int {
		n := 0
		for _, p := range l.payments(marieke) {
			n += int(p.Version)
		}
		return n
	}
	receipt.Press("Mail de bon").Wants(http.StatusOK, "kent geen mailadres van Marieke de Vries")
	if letters() != 0 {
		t.Error("a letter was kept for nobody")
	}
	withMail := strings.ReplaceAll(cards, "\n2000", "\n,2000")
	withMail = strings.Replace("email,"+withMail, "\n,"+marieke, "\nmarieke@example.nl,"+marieke, 1)
	l.bring(withMail, fees)
	receipt.Press("Mail de bon").WantsAt("/balie/bon/1").Wants(http.StatusOK, "De bon gaat naar het mailadres dat de bibliotheek van Marieke de Vries kent.")
	if letters() != 1 {
		t.Errorf("%d letters", letters())
	}
	b.Get(l.at(marieke)).Wants(http.StatusOK, "Bon gemaild")
	b.Get("/balie/bon/2").Wants(http.StatusNotFound)
}
