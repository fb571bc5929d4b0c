package member_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestTheWayToTheBankIsALinkThatGoesByItself(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b, other := s.enter(t, marieke), s.enter(t, fatima)
	bank := b.Get("/betalen").Press("Betalen")
	at := b.Get("/betalen").Follow("Ga verder met betalen").URL.Path + "/naar-de-bank"
	for _, language := range []string{"nl", "en"} {
		b.Get("/taal/" + language)
		p := b.Stay(at)
		checkPage(t, p, http.StatusOK, language)
		if on := p.Header.Get("Refresh"); on != "0;url="+bank.URL.String() {
			t.Errorf("it goes on by %q, not to %s", on, bank.URL)
		}
		if n := p.Find(`main a[href="` + bank.URL.String() + `"]`).Length(); n != 1 {
			t.Errorf("%d links to the bank on\n%s", n, p.Text())
		}
		if !strings.Contains(p.Header.Get("Content-Security-Policy"), "form-action 'self';") {
			t.Errorf("the policy is %q", p.Header.Get("Content-Security-Policy"))
		}
	}
	b.Get("/taal/nl")
	b.Stay(at).Wants(http.StatusOK, "Je betaalt € 1,00", "Ga naar de bank")
	other.Stay(at).Wants(http.StatusNotFound)
	bank.Press("Betaald")
	if p := b.Get(at); strings.HasSuffix(p.URL.Path, "naar-de-bank") {
		t.Error("what has been paid leads to the bank once more")
	}
}
