package koha_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/koha"
	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

func number(t testing.TB, text string) card.Number {
	t.Helper()
	n, err := card.ParseNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Ann's household: what the tests of bad days are about.
const (
	annsNumber = "2000100011122"
	annsTitle  = "De avonden"
)

// household fills a Koha with one card, two loans and two fees.
func household(t testing.TB, version string) *kohatest.Server {
	t.Helper()
	s := kohatest.Serve(t, kohatest.Options{Version: version, Zone: zone(t), Now: noon(t)})
	fill(t, s)
	return s
}

func fill(t testing.TB, s *kohatest.Server) {
	t.Helper()
	today := librarytest.Today
	n := number(t, annsNumber)
	loan := func(id string, due int) librarytest.Loan {
		return librarytest.Loan{Holder: n, Loan: circulation.Loan{
			ID: circulation.LoanID(id), Item: "39" + id, Title: annsTitle, Author: "Gerard Reve", LentOn: today.AddDays(due - 21), DueOn: today.AddDays(due),
		}}
	}
	fee := func(id string, amount money.Cents) librarytest.Fee {
		return librarytest.Fee{Holder: n, Fee: circulation.Fee{
			ID: circulation.FeeID(id), Kind: circulation.Other, Description: annsTitle, Amount: amount, ChargedOn: today.AddDays(-2),
		}}
	}
	s.Fill(librarytest.Library{
		Cards: []librarytest.Card{{Card: card.Card{Number: n, Name: "Ann Geheim"}, FirstPassword: "Welkom-2026"}},
		Loans: []librarytest.Loan{loan("L1", 3), loan("L2", 5)},
		Fees:  []librarytest.Fee{fee("F1", 30), fee("F2", 1299)},
	})
}

// away checks that an error says that nothing could be had.
func away(t *testing.T, doing string, err error) {
	t.Helper()
	if problem.KindOf(err) != problem.Unavailable || !problem.Has(err, circulation.ReasonSystemAway) {
		t.Errorf("%s: got %v", doing, err)
	}
}

// reading is what is read, and by which call.
type reading struct {
	call string
	read func(ctx context.Context, s *koha.System, n card.Number) error
}

var readings = map[string]reading{
	"a card": {"GET /patrons", func(ctx context.Context, s *koha.System, n card.Number) error {
		_, _, err := s.Card(ctx, n)
		return err
	}},
	"a card by its key": {"GET /patrons/{patron_id}", func(ctx context.Context, s *koha.System, _ card.Number) error {
		_, _, err := s.CardByKey(ctx, "50")
		return err
	}},
	"loans": {"GET /checkouts", func(ctx context.Context, s *koha.System, n card.Number) error {
		_, err := s.Loans(ctx, n)
		return err
	}},
	"fees": {"GET /patrons/{patron_id}/account", func(ctx context.Context, s *koha.System, n card.Number) error {
		_, err := s.Fees(ctx, n)
		return err
	}},
	"what Koha offers": {"GET /{$}", func(ctx context.Context, s *koha.System, _ card.Number) error {
		_, err := s.Learn(ctx)
		return err
	}},
	"cards by name": {"GET /patrons", func(ctx context.Context, s *koha.System, _ card.Number) error {
		_, err := s.FindCards(ctx, "ann geheim", 20)
		return err
	}},
	"a loan to renew": {"GET /checkouts/{checkout_id}", func(ctx context.Context, s *koha.System, n card.Number) error {
		_, err := s.Renew(ctx, n, "300", librarytest.Today.AddDays(3))
		return err
	}},
	"a fee to settle": {"GET /patrons/{patron_id}/account", func(ctx context.Context, s *koha.System, n card.Number) error {
		return s.Settle(ctx, n, []circulation.Settlement{{Fee: "1", Amount: 30}}, "1001")
	}},
}

// bad are the faults of an answer.
var bad = map[string]kohatest.Fault{
	"a page": kohatest.HTML, "half an answer": kohatest.Truncated, "500": kohatest.Error, "500 with a page": kohatest.ErrorPage,
	"a redirect to a log-in page": kohatest.Redirect, "an endless answer": kohatest.Endless, "a wrong content type": kohatest.WrongType,
	"a connection that breaks": kohatest.Cut, "no answer": kohatest.Idle,
}

func TestWhatKohaCannotSayIsAway(t *testing.T) {
	t.Parallel()
	for fault, f := range bad {
		for what, r := range readings {
			t.Run(fault+" for "+what, func(t *testing.T) {
				t.Parallel()
				server := household(t, kohatest.V1906)
				system := client(t, server, nil)
				ctx := t.Context()
				if f == kohatest.Idle {
					short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
					defer cancel()
					ctx = short
				}
				// A connection that breaks is tried again by Go's own client, over each that it has.
				server.Break(r.call, f, f, f, f, f, f, f, f)
				away(t, what, r.read(ctx, system, number(t, annsNumber)))
				server.Mend()
				if err := r.read(t.Context(), system, number(t, annsNumber)); err != nil {
					t.Errorf("and when all is well again: %v", err)
				}
			})
		}
	}
}

func TestACallThatIsRefusedIsAwayAndTellsThePermission(t *testing.T) {
	t.Parallel()
	for permission, r := range map[string]reading{
		"borrowers": readings["a card"], "circulate": readings["loans"], "updatecharges": readings["fees"],
	} {
		server := kohatest.Serve(t, kohatest.Options{Zone: zone(t), Now: noon(t), Lacks: []string{permission}})
		fill(t, server)
		err := r.read(t.Context(), client(t, server, nil), number(t, annsNumber))
		away(t, permission, err)
		if err != nil && !strings.Contains(err.Error(), permission+"=") {
			t.Errorf("without %s: %v", permission, err)
		}
	}
}

func TestAWrongPasswordIsAwayAndIsNotInTheLog(t *testing.T) {
	t.Parallel()
	var log safeBuffer
	server := household(t, kohatest.V2505)
	system := client(t, server, func(o *koha.Options) {
		o.Password, o.Log = "not-this-one", slog.New(slog.NewTextHandler(&log, nil))
	})
	_, _, err := system.Card(t.Context(), number(t, annsNumber))
	away(t, "a card", err)
	for _, text := range []string{err.Error(), log.String()} {
		if !strings.Contains(text, "does not accept") || strings.Contains(text, "not-this-one") {
			t.Errorf("got %q", text)
		}
	}
}

// safeBuffer is a buffer that many write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestTheLogHasNoNumbersNamesTitlesOrSecrets(t *testing.T) {
	t.Parallel()
	var log safeBuffer
	for _, version := range kohatest.Versions {
		for _, oauth := range []bool{false, true} {
			server := household(t, version)
			system := client(t, server, func(o *koha.Options) {
				o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				if oauth {
					o.ClientID, o.ClientSecret = kohatest.ClientID, kohatest.ClientSecret
				}
			})
			for _, f := range bad {
				if f == kohatest.Idle || f == kohatest.Endless {
					continue
				}
				for _, r := range readings {
					server.Break(r.call, f, f, f, f, f, f, f, f)
					if err := r.read(t.Context(), system, number(t, annsNumber)); err != nil {
						slog.New(slog.NewTextHandler(&log, nil)).Error("as the web does", "error", err)
					}
					server.Mend()
				}
			}
		}
	}
	said := log.String()
	for _, secret := range []string{
		annsNumber, "Geheim", annsTitle, "Reve", kohatest.Password, kohatest.ClientSecret, "Bearer", "Basic", "cardnumber=", "geheim",
	} {
		if strings.Contains(said, secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	if !strings.Contains(said, "GET /patrons/{patron_id}/account") {
		t.Error("the log does not tell which call went wrong")
	}
}

// answers is a server that gives fixed answers, by path, for what no Koha of ours
// would say.
func answers(t testing.TB, said map[string]string) *koha.System {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api/v1")
		body, ok := said[path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	system, err := koha.New(koha.Options{
		URL: s.URL, User: "u", Password: "p", Zone: zone(t), Client: s.Client(), Now: noon(t), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return system
}

const onePatron = `[{"patron_id":7,"cardnumber":"2000100011122","surname":"Geheim"}]`

func TestOddLoansAreShown(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 10_000)
	s := answers(t, map[string]string{
		"/": `{"paths":{"/patrons":{"get":{}},"/patrons/{patron_id}/checkouts":{"get":{"parameters":[
			{"name":"x-koha-embed","items":{"enum":["item","item.biblio"]}}]}}}}`,
		"/patrons": onePatron,
		"/patrons/7/checkouts": `[
			{"checkout_id":1,"patron_id":7,"item_id":11,"due_date":null,"renewals":[],"item":{"item_id":11,"external_id":"b11","biblio":{"title":"` + long + `"}}},
			{"checkout_id":2,"patron_id":7,"item_id":12,"due_date":"2026-11-24T23:59:00+01:00","renewals_count":3,"item":{"item_id":12,"biblio":null}},
			{"checkout_id":3,"patron_id":7,"item_id":null,"due_date":"garbage"},
			{"checkout_id":4,"patron_id":8,"item_id":13,"due_date":"2026-11-24T23:59:00+01:00"},
			{"checkout_id":"5","patron_id":"7","item_id":"14","due_date":"2026-11-23 23:59:00","renewals":1,
			 "item":{"item_id":14,"biblio":{"title":"Een\n titel\u0000 met   wit","author":null,"subtitle":"en meer"}}}]`,
	})
	loans, err := s.Loans(t.Context(), number(t, annsNumber))
	if err != nil {
		t.Fatal(err)
	}
	var ids, due, titles []string
	for _, l := range loans {
		ids, due, titles = append(ids, string(l.ID)), append(due, l.DueOn.String()), append(titles, l.Title)
	}
	if strings.Join(ids, " ") != "5 2 3 1" && strings.Join(ids, " ") != "5 2 1 3" {
		t.Errorf("got loans %v, another person's among them or in another order", ids)
	}
	if !slices.Equal(due, []string{"2026-11-23", "2026-11-24", "", ""}) {
		t.Errorf("due on %v", due)
	}
	for _, title := range titles {
		if len([]rune(title)) > 300 || strings.ContainsAny(title, "\n\x00") {
			t.Errorf("a title of %d characters: %.40q", len([]rune(title)), title)
		}
	}
	if loans[0].Title != "Een titel met wit en meer" || loans[0].Renewals != 1 || loans[1].Renewals != 3 {
		t.Errorf("got %+v", loans[0])
	}
}

func TestTwoCardsForOneNumberAreNotGuessed(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{
		"/":        `{"paths":{"/patrons":{"get":{}}}}`,
		"/patrons": `[{"patron_id":7,"cardnumber":"2000100011122"},{"patron_id":8,"cardnumber":"2000100011122"}]`,
	})
	n := number(t, annsNumber)
	_, _, err := s.Card(t.Context(), n)
	away(t, "the card", err)
	_, err = s.Loans(t.Context(), n)
	away(t, "its loans", err)
	_, err = s.Fees(t.Context(), n)
	away(t, "its fees", err)
}

func TestACardIsComparedExactly(t *testing.T) {
	t.Parallel()
	// A database compares with less care than we do, and an older one sends all.
	s := answers(t, map[string]string{
		"/": `{"paths":{"/patrons":{"get":{}}}}`,
		"/patrons": `[{"patron_id":6,"cardnumber":"ABC"},{"patron_id":7,"cardnumber":"abc"},{"patron_id":8,"cardnumber":"0abc"},
			{"patron_id":9,"cardnumber":null},{"patron_id":0,"cardnumber":"zero"}]`,
	})
	for text, want := range map[string]string{"abc": "7", "ABC": "6", "0abc": "8", "00abc": "", "äbc": "", "%": "", "zero": ""} {
		c, ok, err := s.Card(t.Context(), number(t, text))
		if err != nil || ok != (want != "") || c.Key != want {
			t.Errorf("%s: got the card of %q, %v, %v", text, c.Key, ok, err)
		}
	}
}

func TestFeesAreWholeCentsOrNotPayable(t *testing.T) {
	t.Parallel()
	var lines []string
	for i, amount := range []string{"0.3", "14", "1.50", "0.005", "-0.005", "98.045", "1e2", "14.340000000000002", "0", "-5", `"2.5"`, "null", `"1,50"`, "1e400", `"abc"`} {
		lines = append(lines, `{"account_line_id":`+strconv.Itoa(i+1)+`,"patron_id":7,"amount_outstanding":`+amount+`,"date":"2026-11-2`+strconv.Itoa(i%9)+`"}`)
	}
	lines = append(lines, `{"account_line_id":99,"patron_id":8,"amount_outstanding":1,"date":"2026-11-20"}`)
	s := answers(t, map[string]string{
		"/": `{"paths":{"/patrons":{"get":{}}}}`, "/patrons": onePatron,
		"/patrons/7/account": `{"outstanding_debits":{"lines":[` + strings.Join(lines, ",") + `]}}`,
	})
	fees, err := s.Fees(t.Context(), number(t, annsNumber))
	if err != nil {
		t.Fatal(err)
	}
	got := map[circulation.FeeID]string{}
	for _, f := range fees {
		got[f.ID] = f.Amount.String()
	}
	want := map[circulation.FeeID]string{"1": "0.30", "2": "14.00", "3": "1.50", "7": "100.00", "8": "14.34", "11": "2.50"}
	for id, amount := range want {
		if got[id] != amount {
			t.Errorf("fee %s: got %q, want %q", id, got[id], amount)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAnAnswerOfAnotherShapeIsAway(t *testing.T) {
	t.Parallel()
	for _, said := range []string{`{}`, `"x"`, `[1]`, `[{"patron_id":"x"}]`, `[{"patron_id":1.5}]`, `[{"cardnumber":5}]`, ``, `[]x`, `nul`} {
		s := answers(t, map[string]string{"/": `{"paths":{"/patrons":{"get":{}}}}`, "/patrons": said})
		_, _, err := s.Card(t.Context(), number(t, annsNumber))
		away(t, said, err)
	}
}
