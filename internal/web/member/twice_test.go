package member_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"hoofdpas/internal/web/webtest"
)

// twice sends a form at the same moment, as an impatient double click does.
func twice(t *testing.T, f webtest.Form) []*webtest.Page {
	t.Helper()
	pages := make([]*webtest.Page, 2)
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i := range pages {
		both.Go(func() { pages[i], errs[i] = f.Try() })
	}
	both.Wait()
	for _, err := range errs {
		must(t, err)
	}
	return pages
}

func TestADoubleClickDoesNothingTwice(t *testing.T) {
	t.Parallel()
	s := open(t, aHousehold())
	b, child := s.enter(t, marieke), s.enter(t, sem)
	s.enter(t, noor)

	for _, p := range twice(t, b.Get("/geleend").Form("Verlengen")) {
		p.Wants(http.StatusOK)
	}
	b.Get("/geleend").Wants(http.StatusOK, "1 keer verlengd", "over 21 dagen")
	for _, p := range twice(t, child.Get("/geleend").Form("Alles verlengen")) {
		p.Wants(http.StatusOK)
	}
	child.Get("/geleend").Wants(http.StatusOK, "1 keer verlengd", "over 21 dagen").Lacks("3 keer")

	for _, p := range twice(t, b.Get("/betalen").Form("Betalen")) {
		if !strings.HasPrefix(p.URL.Path, "/testbank/") {
			t.Errorf("a double click leads to %s: %s", p.URL, p.Text())
		}
	}
	if n := len(b.Get("/betalingen").Labels("tbody tr")); n != 1 {
		t.Errorf("%d payments", n)
	}

	ask := b.Get("/relaties").Form("Aanvragen").Set("number", noor.number).Set("day", "23").Set("month", "11").Set("year", "2016").
		Set("scope", "renew", "pay")
	// The answer is said once; a browser fetches only the second page.
	said := 0
	for _, p := range twice(t, ask) {
		p.Wants(http.StatusOK)
		said += strings.Count(p.Text(), asked)
	}
	if said == 0 {
		t.Error("nothing was said")
	}
	if n := len(b.Get("/relaties").Buttons("Intrekken")); n != 2 {
		t.Errorf("%d mandates were asked for", n)
	}
	yes := s.enter(t, noor).Get("/relaties").Form("Bevestigen")
	for _, p := range twice(t, yes) {
		p.Wants(http.StatusOK)
	}
	if n := len(b.Get("/relaties").Buttons("Intrekken")); n != 1 {
		t.Errorf("%d mandates wait, after one was confirmed", n)
	}
}
