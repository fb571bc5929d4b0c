package testbank_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"hoofdpas/internal/calendar/calendartest"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/providertest"
	"hoofdpas/internal/provider/testbank"
)

// bank serves a running bank and returns it with its clock.
func bank(t *testing.T) (*testbank.Bank, *calendartest.Clock) {
	t.Helper()
	at := calendartest.At(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	server := httptest.NewUnstartedServer(nil)
	base := &url.URL{Scheme: "http", Host: server.Listener.Addr().String()}
	b := testbank.New(testbank.Options{Base: base, Client: &http.Client{}, Now: at.Now, Log: slog.New(slog.DiscardHandler)})
	server.Config.Handler = b.Handler()
	server.Start()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return b, at
}

// answer is what the bank answered.
type answer struct {
	status int
	header http.Header
	*goquery.Document
}

// send sends a request as a browser does, but follows no redirect.
func send(t *testing.T, r *http.Request) answer {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	d, err := goquery.NewDocumentFromReader(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, d}
}

func button(t *testing.T, page, outcome string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, page, strings.NewReader(url.Values{"uitkomst": {outcome}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func press(t *testing.T, page, outcome string) answer {
	t.Helper()
	return send(t, button(t, page, outcome))
}

func page(t *testing.T, address string) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, r)
}

func TestTheTestbankIsAProvider(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providertest.Fixture {
		b, at := bank(t)
		return providertest.Fixture{
			Provider: b, Now: at.Now, Advance: at.Pass,
			Finish:     func(t *testing.T, c payment.Checkout, state payment.State) { press(t, c.URL, string(state)) },
			ChargeBack: func(t *testing.T, c payment.Checkout) { press(t, c.URL, "storno") },
			Restore:    func(t *testing.T, c payment.Checkout) { press(t, c.URL, "storno-terug") },
		}
	})
}

func newOrder(t *testing.T, b *testbank.Bank, at *calendartest.Clock, language string) payment.Checkout {
	t.Helper()
	c, err := b.Create(t.Context(), payment.Order{
		Reference: "12", Key: "k12", Amount: 520, Description: "Bibliotheek <Rijnwaarde> 12", Language: language,
		Return: "http://127.0.0.1:9/betaling/12", ExpiresAt: at.Now().Add(payment.OpenFor),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestThePageHasAButtonForEachOutcomeInBothLanguages(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]struct{ buttons, amount, warning string }{
		"nl": {"Betaald Mislukt Geannuleerd Verlopen", "€ 5,20", "Dit is een testbank. Je betaalt niets."},
		"en": {"Paid Failed Cancelled Expired", "€5.20", "This is a test bank. You pay nothing."},
		"":   {"Betaald Mislukt Geannuleerd Verlopen", "€ 5,20", "Dit is een testbank. Je betaalt niets."},
	} {
		b, at := bank(t)
		d := page(t, newOrder(t, b, at, language).URL)
		if d.status != http.StatusOK {
			t.Fatalf("%q: status %d", language, d.status)
		}
		var buttons []string
		d.Find("main form[method=post] button").Each(func(_ int, s *goquery.Selection) { buttons = append(buttons, s.Text()) })
		if got := strings.Join(buttons, " "); got != want.buttons {
			t.Errorf("%q: buttons %q", language, got)
		}
		if got := d.Find("main dd").First().Text(); got != want.amount {
			t.Errorf("%q: amount %q", language, got)
		}
		if got := d.Find("main .tape").Text(); got != want.warning {
			t.Errorf("%q: says %q", language, got)
		}
		if d.Find("h1").Length() != 1 || d.Find("main").Length() != 1 || d.Find("title").Text() == "" {
			t.Errorf("%q: not one heading, one main part and a title", language)
		}
		wantLang := language
		if language == "" {
			wantLang = "nl"
		}
		if got, _ := d.Find("html").Attr("lang"); got != wantLang {
			t.Errorf("%q: lang is %q", language, got)
		}
		if !strings.Contains(d.Find("main").Text(), "Bibliotheek <Rijnwaarde> 12") {
			t.Errorf("%q: the description is not there as text", language)
		}
	}
}

func TestThePageLoadsItsOwnStyleAndNothingElse(t *testing.T) {
	t.Parallel()
	b, at := bank(t)
	d := page(t, newOrder(t, b, at, "nl").URL)
	sum := sha256.Sum256([]byte(d.Find("style").Text()))
	policy := d.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none';") ||
		!strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Errorf("policy %q does not fit the style", policy)
	}
	if n := d.Find("script, [style], img, link[rel=stylesheet]").Length(); n != 0 {
		t.Errorf("%d things that the policy would stop", n)
	}
}

func TestAButtonSendsThePayerBack(t *testing.T) {
	t.Parallel()
	b, at := bank(t)
	c := newOrder(t, b, at, "nl")
	r := press(t, c.URL, "cancelled")
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "http://127.0.0.1:9/betaling/12" {
		t.Errorf("answered %d to %q", r.status, r.header.Get("Location"))
	}
	d := page(t, c.URL)
	if d.Find("button").Length() != 0 || !strings.Contains(d.Find("main").Text(), "Deze betaling is geannuleerd.") {
		t.Errorf("the page says %q", d.Find("main").Text())
	}
	if href, _ := d.Find("main a").Attr("href"); href != "http://127.0.0.1:9/betaling/12" {
		t.Errorf("the way back is %q", href)
	}
}

func TestWhatIsNoOutcomeOrNoOrderIsRefused(t *testing.T) {
	t.Parallel()
	b, at := bank(t)
	c := newOrder(t, b, at, "nl")
	for _, outcome := range []string{"", "open", "owed", "Paid", strings.Repeat("x", 10_000)} {
		if r := press(t, c.URL, outcome); r.status != http.StatusBadRequest {
			t.Errorf("%.10q: status %d", outcome, r.status)
		}
	}
	if r := press(t, c.URL+"x", "paid"); r.status != http.StatusNotFound {
		t.Errorf("no order: status %d", r.status)
	}
	if d := page(t, c.URL+"x"); d.status != http.StatusNotFound || d.Find("h1").Text() != "Deze betaling is er niet" {
		t.Errorf("no order: status %d, %q", d.status, d.Find("h1").Text())
	}
	if s, err := b.Status(t.Context(), c.Ref); err != nil || s.State != payment.Open {
		t.Errorf("the order is %v, %v", s, err)
	}
}

func TestAnotherSiteCannotPressAButton(t *testing.T) {
	t.Parallel()
	b, at := bank(t)
	c := newOrder(t, b, at, "nl")
	r := button(t, c.URL, "paid")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := send(t, r); got.status != http.StatusForbidden {
		t.Errorf("status %d", got.status)
	}
	if s, err := b.Status(t.Context(), c.Ref); err != nil || s.State != payment.Open {
		t.Errorf("the order is %v, %v", s, err)
	}
}

// buttons are the words on the page's buttons.
func buttons(d answer) string {
	var words []string
	d.Find("button").Each(func(_ int, s *goquery.Selection) { words = append(words, s.Text()) })
	return strings.Join(words, " ")
}

// moved are the lines of the page about what went back.
func moved(d answer) string {
	var lines []string
	d.Find(".moved").Each(func(_ int, s *goquery.Selection) { lines = append(lines, s.Find("dt").Text()+" "+s.Find("dd").Text()) })
	return strings.Join(lines, ", ")
}

func TestThePageShowsWhatWentBackAndLetsThePayerTakeItBack(t *testing.T) {
	t.Parallel()
	b, at := bank(t)
	c := newOrder(t, b, at, "nl")
	shows := func(wantMoved, wantButtons string) {
		t.Helper()
		d := page(t, c.URL)
		if got := moved(d); got != wantMoved {
			t.Errorf("went back: %q, not %q", got, wantMoved)
		}
		if got := buttons(d); got != wantButtons {
			t.Errorf("buttons: %q, not %q", got, wantButtons)
		}
	}
	press(t, c.URL, "paid")
	shows("", "Storneren")
	if _, err := b.Refund(t.Context(), payment.RefundOrder{Ref: c.Ref, Reference: "7", Key: "k7", Amount: 120}); err != nil {
		t.Fatal(err)
	}
	shows("Terugbetaald € 1,20", "Storneren")
	if r := press(t, c.URL, "storno"); r.status != http.StatusSeeOther || r.header.Get("Location") != "http://127.0.0.1:9/betaling/12" {
		t.Errorf("answered %d to %q", r.status, r.header.Get("Location"))
	}
	shows("Terugbetaald € 1,20, Gestorneerd € 4,00", "Storno intrekken")
	press(t, c.URL, "storno") // there is nothing left
	shows("Terugbetaald € 1,20, Gestorneerd € 4,00", "Storno intrekken")
	press(t, c.URL, "storno-terug")
	shows("Terugbetaald € 1,20, Gestorneerd € 4,00, Storno ingetrokken € 4,00", "Storneren")
}

func TestEveryPaymentCanBeFoundAgain(t *testing.T) {
	t.Parallel()
	b, at := bank(t)
	list := func(c payment.Checkout) answer { return page(t, strings.TrimSuffix(c.URL, c.Ref)) }
	c := newOrder(t, b, at, "nl")
	for _, step := range []struct{ press, says string }{
		{"", "Nog niet betaald"}, {"paid", "Betaald"}, {"storno", "Gestorneerd"}, {"storno-terug", "Betaald"},
	} {
		if step.press != "" {
			press(t, c.URL, step.press)
		}
		d := list(c)
		if href, _ := d.Find("li a").Attr("href"); d.status != http.StatusOK || href != c.URL || d.Find("h1").Length() != 1 ||
			d.Find("li").Text() != "Bibliotheek <Rijnwaarde> 12€ 5,20"+step.says {
			t.Errorf("%d: %q, to %q", d.status, d.Find("main").Text(), href)
		}
	}
	if all, _ := page(t, c.URL).Find(".all a").Attr("href"); all != strings.TrimSuffix(c.URL, c.Ref) {
		t.Errorf("the page leads to %q", all)
	}
	at.Pass(48 * time.Hour)
	if _, err := b.Create(t.Context(), payment.Order{Reference: "13", Key: "k13", Amount: 1, Description: "13", Return: "x", ExpiresAt: at.Now()}); err != nil {
		t.Fatal(err)
	}
	if d := list(c); d.Find("li").Length() != 2 || !strings.HasPrefix(d.Find("li").Text(), "13€ 0,01Verlopen") {
		t.Errorf("the newest is not first: %q", d.Find("li").Text())
	}
}

func TestWhatWasNotPaidCannotBeTakenBack(t *testing.T) {
	t.Parallel()
	b, at := bank(t)
	c := newOrder(t, b, at, "en")
	for _, ended := range []bool{false, true} {
		if ended {
			press(t, c.URL, "failed")
		}
		press(t, c.URL, "storno")
		press(t, c.URL, "storno-terug")
		if s, err := b.Status(t.Context(), c.Ref); err != nil || s.ChargedBack != 0 {
			t.Errorf("it is %+v, %v", s, err)
		}
	}
	if d := page(t, c.URL); d.Find("button, .moved").Length() != 0 {
		t.Errorf("the page says %q", d.Find("main").Text())
	}
}

func TestOrdersAreForgottenInTheEnd(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	b, at := bank(t)
	unpaid := newOrder(t, b, at, "nl")
	at.Pass(2 * day)
	paid := newOrder(t, b, at, "nl")
	if paid.Ref == unpaid.Ref {
		t.Error("the order of two days ago is still there")
	}
	press(t, paid.URL, "paid")
	at.Pass(80 * day)
	if again := newOrder(t, b, at, "nl"); again.Ref != paid.Ref {
		t.Error("what was paid is forgotten before it could be paid back")
	}
	at.Pass(11 * day)
	if again := newOrder(t, b, at, "nl"); again.Ref == paid.Ref {
		t.Error("what was paid is never forgotten")
	}
}
