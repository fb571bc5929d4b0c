package app

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/config"
	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/provider/stripe/stripetest"
	"hoofdpas/internal/store"
	"hoofdpas/internal/watch"
	"hoofdpas/internal/web/webtest"
)

// behindKoha is the whole program, with Stripe, in front of a Koha that can be as bad
// as a bad day, and what it logs. It keeps no answers and waits for none above a second.
func behindKoha(t *testing.T, seen *watch.Watch) (address string, k *kohatest.Server, log *journal) {
	t.Helper()
	k = kohatest.Serve(t, kohatest.Options{Version: kohatest.V2505, Rules: kohatest.Rules{MaxRenewals: 1000, LoanDays: 30}})
	n, err := card.ParseNumber("20001000000012")
	if err != nil {
		t.Fatal(err)
	}
	today := calendar.Today(time.Now(), time.UTC)
	k.Fill(librarytest.Library{
		Cards: []librarytest.Card{{
			Card: card.Card{Number: n, Name: "Marieke de Vries", ExpiresOn: today.AddDays(300)}, FirstPassword: "Welkom-1984",
		}},
		Loans: []librarytest.Loan{{Holder: n, Loan: circulation.Loan{ID: "1", Item: "31", Title: "Het diner", LentOn: today, DueOn: today.AddDays(9)}}},
		Fees: []librarytest.Fee{{Holder: n, Fee: circulation.Fee{
			ID: "1", Kind: circulation.Damage, Description: "Waterschade", Amount: 250, ChargedOn: today.AddDays(-3),
		}}},
	})
	server, bank := httptest.NewUnstartedServer(nil), stripetest.Serve(t, time.Now)
	address = "http://" + server.Listener.Addr().String()
	c, err := config.Load(config.Sources{Flags: map[string]any{
		"store": "sqlite:" + filepath.Join(t.TempDir(), "hoofdpas.db"), "public_url": address,
		"library.system": "koha", "library.koha.url": k.URL(), "library.koha.user": kohatest.User, "library.koha.password": kohatest.Password,
		"library.timeout": "1s", "library.keep": "0s",
		"payment.provider": "stripe", "payment.stripe.key": stripetest.Key, "payment.stripe.webhook_secret": stripetest.Secret, "payment.stripe.url": bank.URL(),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	o := store.Options{Now: time.Now}
	if seen != nil {
		o.OpenDB = seen.OpenDB
	}
	s, err := store.Open(t.Context(), c.Store, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	log = &journal{}
	r, err := furnish(c, s, Outside{
		Now: time.Now, Client: &http.Client{}, Log: slog.New(slog.NewTextHandler(log, nil)), Watch: seen,
	})
	if err != nil {
		t.Fatal(err)
	}
	if server.Config.Handler, err = r.faces(); err != nil {
		t.Fatal(err)
	}
	r.watched()
	server.Start()
	t.Cleanup(server.Close)
	return address, k, log
}

// journal is the operator's log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// take returns what was logged since the last time.
func (j *journal) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	defer j.text.Reset()
	return j.text.String()
}

// Whatever Koha answers, the member reads which part is missing and sees the rest,
// tries again, and logs in; the operator reads what and where; and nothing is
// asked of Koha twice because its answer was lost.
func TestWhateverKohaAnswersTheSiteStands(t *testing.T) {
	t.Parallel()
	address, k, log := behindKoha(t, nil)
	const own = "Zelf-gekozen1!"
	b := webtest.Open(t, address)
	b.Get("/inloggen").Form("Inloggen").Set("login", "20001000000012").Set("password", "Welkom-1984").Send().
		Form("Instellen").Set("new", own).Set("again", own).Send().Wants(http.StatusOK, "Het diner", "€ 2,50")
	const renewing = "POST /checkouts/{checkout_id}/renewal"
	for name, fault := range map[string]kohatest.Fault{
		"a page": kohatest.HTML, "half an answer": kohatest.Truncated, "500": kohatest.Error, "500 with a page": kohatest.ErrorPage,
		"a page to log in": kohatest.Redirect, "an answer without end": kohatest.Endless, "another content type": kohatest.WrongType,
		"nothing": kohatest.Idle, "nothing, but it is done": kohatest.Silent, "a broken connection": kohatest.CutBefore,
		"a broken connection, but it is done": kohatest.Cut,
	} {
		often := make([]kohatest.Fault, 20)
		for i := range often {
			often[i] = fault
		}
		// The loans are missing and the fees are there.
		k.Break("GET /checkouts", often...)
		k.Break("GET /patrons/{patron_id}/checkouts", often...)
		log.take()
		p := b.Get("/").Wants(http.StatusOK, "We kunnen nu niet zien wat er geleend is: Mijzelf.", "€ 2,50")
		if said := log.take(); !strings.Contains(said, "/checkouts") || !strings.Contains(said, "call=loans") ||
			strings.Contains(said, "diner") || strings.Contains(said, "Marieke") || strings.Contains(said, "20001000000012") {
			t.Errorf("%s: the operator reads %s", name, said)
		}
		k.Mend()
		p.Follow("Probeer opnieuw").Wants(http.StatusOK, "Het diner").Lacks("niet zien")

		// A renewal is asked once, and what the page says is true.
		page, asked, before := b.Get("/geleend"), k.Asked(renewing), k.Checkout(k.CheckoutID("1")).Renewals
		k.Break(renewing, fault, fault, fault)
		p = page.Press("Verlengen").Wants(http.StatusOK, "Het diner")
		k.Mend()
		done := k.Checkout(k.CheckoutID("1")).Renewals - before
		if n := k.Asked(renewing) - asked; n != 1 || done > 1 {
			t.Errorf("%s: Koha was asked %d times to renew, and did it %d times", name, n, done)
		}
		if says := strings.Contains(p.Main(), "Verlengd") || strings.Contains(p.Text(), "Verlengd:"); says && done == 0 {
			t.Errorf("%s: the page says that it was renewed: %s", name, p.Text())
		}
		if done == 1 && strings.Contains(p.Text(), "Er is niets veranderd") {
			t.Errorf("%s: the page says that nothing has changed: %s", name, p.Text())
		}

		// Who has a password logs in.
		k.Break("GET /patrons", often...)
		webtest.Open(t, address).Get("/inloggen").Form("Inloggen").Set("login", "20001000000012").Set("password", own).Send().
			Wants(http.StatusOK, "Marieke de Vries")
		k.Mend()
		b.Get("/").Wants(http.StatusOK, "Het diner", "€ 2,50")
	}
}
