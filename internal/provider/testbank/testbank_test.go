package testbank_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/providertest"
	"hoofdpas/internal/provider/testbank"
)

// clock is a clock that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bank serves a running bank and returns it with its clock.
func bank(t *testing.T) (*testbank.Bank, *clock) {
	t.Helper()
	at := &clock{now: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}
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

// browser follows no redirects.
func browser() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func press(t *testing.T, page, outcome string) *http.Response {
	t.Helper()
	r, err := browser().PostForm(page, url.Values{"uitkomst": {outcome}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Body.Close() })
	return r
}

func TestTheTestbankIsAProvider(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providertest.Fixture {
		b, at := bank(t)
		return providertest.Fixture{
			Provider: b, Now: at.Now, Advance: at.Advance,
			Finish: func(t *testing.T, c payment.Checkout, state payment.State) { press(t, c.URL, string(state)) },
		}
	})
}

func newOrder(t *testing.T, b *testbank.Bank, at *clock, language string) payment.Checkout {
	t.Helper()
	c, err := b.Create(t.Context(), payment.Order{
		Reference: "12", Amount: 520, Description: "Bibliotheek <Rijnwaarde> 12", Language: language,
		Return: "http://127.0.0.1:9/betaling/12", ExpiresAt: at.Now().Add(payment.OpenFor),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func page(t *testing.T, address string) (*http.Response, *goquery.Document) {
	t.Helper()
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	d, err := goquery.NewDocumentFromReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, d
}

func TestThePageHasAButtonForEachOutcomeInBothLanguages(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]struct{ buttons, amount, warning string }{
		"nl": {"Betaald Mislukt Geannuleerd Verlopen", "€ 5,20", "Dit is een testbank. Je betaalt niets."},
		"en": {"Paid Failed Cancelled Expired", "€5.20", "This is a test bank. You pay nothing."},
		"":   {"Betaald Mislukt Geannuleerd Verlopen", "€ 5,20", "Dit is een testbank. Je betaalt niets."},
	} {
		b, at := bank(t)
		r, d := page(t, newOrder(t, b, at, language).URL)
		if r.StatusCode != http.StatusOK {
			t.Fatalf("%q: status %d", language, r.StatusCode)
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
	r, d := page(t, newOrder(t, b, at, "nl").URL)
	sum := sha256.Sum256([]byte(d.Find("style").Text()))
	policy := r.Header.Get("Content-Security-Policy")
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
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "http://127.0.0.1:9/betaling/12" {
		t.Errorf("answered %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	_, d := page(t, c.URL)
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
		if r := press(t, c.URL, outcome); r.StatusCode != http.StatusBadRequest {
			t.Errorf("%.10q: status %d", outcome, r.StatusCode)
		}
	}
	if r := press(t, c.URL+"x", "paid"); r.StatusCode != http.StatusNotFound {
		t.Errorf("no order: status %d", r.StatusCode)
	}
	if r, d := page(t, c.URL+"x"); r.StatusCode != http.StatusNotFound || d.Find("h1").Text() != "Deze betaling is er niet" {
		t.Errorf("no order: status %d, %q", r.StatusCode, d.Find("h1").Text())
	}
	if s, err := b.Status(t.Context(), c.Ref); err != nil || s.State != payment.Open {
		t.Errorf("the order is %v, %v", s, err)
	}
}

func TestAnotherSiteCannotPressAButton(t *testing.T) {
	t.Parallel()
	b, at := bank(t)
	c := newOrder(t, b, at, "nl")
	r, err := http.NewRequest(http.MethodPost, c.URL, strings.NewReader("uitkomst=paid"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := browser().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", answer.StatusCode)
	}
}

func TestOrdersAreForgottenInTheEnd(t *testing.T) {
	t.Parallel()
	b, at := bank(t)
	old := newOrder(t, b, at, "nl")
	at.Advance(48 * time.Hour)
	if again := newOrder(t, b, at, "nl"); again.Ref == old.Ref {
		t.Error("the order of two days ago is still there")
	}
}
