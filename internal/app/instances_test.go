package app

import (
	"bytes"
	"database/sql"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hoofdpas/internal/config"
	"hoofdpas/internal/demo"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/mollie/mollietest"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/web/webtest"
)

// pair is two instances over one PostgreSQL behind one address. Each member is sent
// to the one that the test says.
type pair struct {
	*rooms  // of the first
	address string
	faces   [2]http.Handler
	at      atomic.Int32
	bank    *mollietest.Server
}

func twoInstances(t *testing.T) *pair {
	t.Helper()
	p := &pair{bank: mollietest.Serve(t, mollietest.Options{Lasts: time.Hour})}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.faces[p.at.Load()].ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	p.address = front.URL
	c, err := config.Load(config.Sources{Flags: map[string]any{
		"store": storetest.PostgresAddress(t), "public_url": front.URL, "payment.provider": "mollie",
		"payment.mollie.key": p.bank.APIKey(), "payment.mollie.url": p.bank.URL(),
	}})
	if err != nil {
		t.Fatal(err)
	}
	c = DemoConfig(c)
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	out := Outside{Now: time.Now, Client: &http.Client{}, Log: slog.New(slog.DiscardHandler)}
	for i := range p.faces {
		s := storetest.Open(t, c.Store)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := FillDemo(t.Context(), c, s, out); err != nil {
				t.Fatal(err)
			}
		}
		r, err := furnish(c, s, out)
		if err != nil {
			t.Fatal(err)
		}
		if p.faces[i], err = r.faces(); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			p.rooms = r
		}
	}
	return p
}

const chosen = "Zelf-gekozen1!"

// enter lets a card of the demo in for the first time, at the first instance.
func (p *pair) enter(t *testing.T, card demo.Card) *webtest.Browser {
	t.Helper()
	p.at.Store(0)
	b := webtest.Open(t, p.address)
	b.Get("/inloggen").Form("Inloggen").Set("login", card.Number).Set("password", card.Password).Send().
		Form("Instellen").Set("new", chosen).Set("again", chosen).Send().Wants(http.StatusOK, card.Name)
	return b
}

func TestAMandateThatEndedAtOneInstanceHasEndedAtTheOther(t *testing.T) {
	t.Parallel()
	p := twoInstances(t)
	marieke, sem := demo.Cards[0], demo.Cards[1]
	mother, son := p.enter(t, marieke), p.enter(t, sem)
	born := strings.Split(sem.Born, "-")
	mother.Get("/relaties").Form("Aanvragen").Set("number", sem.Number).
		Set("day", strings.TrimPrefix(born[2], "0")).Set("month", strings.TrimPrefix(born[1], "0")).Set("year", born[0]).
		Set("side", "grantee").Set("scope", "renew").Send().Wants(http.StatusOK, "staat de aanvraag nu klaar")
	p.at.Store(1) // a session is one for both
	son.Get("/relaties").Press("Bevestigen").Wants(http.StatusOK, "Bevestigd")
	for at := range int32(2) {
		p.at.Store(at)
		mother.Get("/geleend").Wants(http.StatusOK, sem.Name)
	}
	p.at.Store(0)
	renewing := mother.Get("/geleend").Follow(sem.Name)
	p.at.Store(1)
	son.Get("/relaties").Press("Beëindigen").Wants(http.StatusOK, "Beëindigd")
	p.at.Store(0)
	mother.Get("/geleend").Wants(http.StatusOK).Lacks(sem.Name)
	renewing.Press("Verlengen").Wants(http.StatusNotFound)
}

// A newer version starts beside these two, and first adds to every table: they go on
// with what they had prepared, as docs/it/upgrade.md says.
func TestInstancesGoOnWhileANewerVersionAddsToTheirStore(t *testing.T) {
	t.Parallel()
	p := twoInstances(t)
	marieke := p.enter(t, demo.Cards[0])
	everything := func() {
		for at := range int32(2) {
			p.at.Store(at)
			for _, page := range []string{"/", "/geleend", "/betalen", "/betalingen", "/relaties", "/mijn-gegevens"} {
				marieke.Get(page).Wants(http.StatusOK)
			}
			marieke.Get("/geleend").Press("Verlengen", "Max Havelaar").Wants(http.StatusOK, "Max Havelaar")
		}
	}
	everything()
	db, err := sql.Open("pgx", p.config.Store)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), `DO $$ DECLARE name TEXT; BEGIN
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
			EXECUTE format('ALTER TABLE %I ADD COLUMN of_a_newer_version BIGINT', name);
		END LOOP;
		INSERT INTO hoofdpas_version (version_id, is_applied) SELECT max(version_id) + 1, TRUE FROM hoofdpas_version;
	END $$`); err != nil {
		t.Fatal(err)
	}
	if err := p.store.Answers(t.Context()); err != nil {
		t.Errorf("not ready: %v", err)
	}
	everything()
	p.enter(t, demo.Cards[4]).Get("/betalen").Form("Betalen").Send()
	if len(p.bank.Orders()) != 1 {
		t.Errorf("the bank has %d orders", len(p.bank.Orders()))
	}
}

func TestAPasswordThatWasChangedAtOneInstanceLogsOutAtTheOther(t *testing.T) {
	t.Parallel()
	p := twoInstances(t)
	marieke := demo.Cards[0]
	here := p.enter(t, marieke)
	p.at.Store(1)
	there := webtest.Open(t, p.address)
	there.Get("/inloggen").Form("Inloggen").Set("login", marieke.Number).Set("password", chosen).Send().Wants(http.StatusOK, marieke.Name)
	p.at.Store(0)
	here.Get("/mijn-gegevens").Form("Wachtwoord veranderen").Set("current", chosen).Set("new", chosen+"2").Set("again", chosen+"2").Send().Wants(http.StatusOK)
	p.at.Store(1)
	there.Get("/geleend").Wants(http.StatusOK, "Inloggen").Lacks("Het diner")
	here.Get("/geleend").Wants(http.StatusOK, marieke.Name)
}

func TestWhoGuessesAtTwoInstancesIsSlowedDownByBoth(t *testing.T) {
	t.Parallel()
	p := twoInstances(t)
	b := webtest.Open(t, p.address)
	statuses := map[int]int{}
	for i := range 12 {
		p.at.Store(int32(i % 2))
		statuses[b.Get("/inloggen").Form("Inloggen").Set("login", demo.Cards[0].Number).Set("password", "mis").Send().Status]++
	}
	const free = 5 // login/pair/ in account.SlowingRules
	if statuses[http.StatusUnprocessableEntity] != free || statuses[http.StatusTooManyRequests] != 12-free {
		t.Errorf("answered %v", statuses)
	}
}

func TestAWebhookThatComesToTwoInstancesAtOnceIsBookedOnce(t *testing.T) {
	t.Parallel()
	p := twoInstances(t)
	made := p.begin(t)
	if err := p.bank.Finish(made.Ref, mollietest.Paid); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"id": {made.Ref}}.Encode()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/betalen/melding/mollie", bytes.NewReader([]byte(form)))
			q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			rec := httptest.NewRecorder()
			p.faces[i%2].ServeHTTP(rec, q)
			if rec.Code != http.StatusOK {
				t.Errorf("answered %d", rec.Code)
			}
		})
	}
	all.Wait()
	now, err := p.store.Payment(t.Context(), made.ID)
	if err != nil || now.State != payment.Paid || now.Received != made.Total || now.Receipt.No != 1 {
		t.Errorf("the payment is %s and received %s of %s, receipt %v, %v", now.State, now.Received, made.Total, now.Receipt, err)
	}
	var booked money.Cents
	if _, err := p.store.EachPosting(t.Context(), 0, func(r ledger.Row) error { booked += r.Amount; return nil }); err != nil || booked != made.Total {
		t.Errorf("%s is booked, %v", booked, err)
	}
	tally, err := p.store.Tally(t.Context())
	if err != nil || tally.Undelivered != 1 {
		t.Errorf("%d payments wait to be told, %v", tally.Undelivered, err)
	}
}
