package koha_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/koha"
	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

const renewal = "POST /checkouts/{checkout_id}/renewal"

// onlyReason checks that an error is one problem.
func onlyReason(t *testing.T, err error, kind problem.Kind, reason problem.Reason) {
	t.Helper()
	if all := problem.Of(err); len(all) != 1 || all[0].Kind != kind || all[0].Reason != reason {
		t.Errorf("got %v, want %s: %s", err, kind, reason)
	}
}

// What each loan of the recorded library answers to a renewal.
func TestRenewingAtARealKoha(t *testing.T) {
	t.Parallel()
	server := asRecorded(t, kohatest.Rules{})
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	system := client(t, server, func(o *koha.Options) {
		o.User, o.Password, o.Zone = "portal", "portalpw1", newYork
		o.Now = func() time.Time { return time.Date(2026, 11, 24, 12, 44, 4, 0, time.UTC) }
	})
	anna, two := number(t, "20001"), 2
	for _, c := range []struct {
		holder, loan string
		renewed      string // "" when it is refused
		reason       problem.Reason
	}{
		{"20001", "1", "2026-12-20", ""},
		{"20001", "3", "", circulation.ReasonTooOften},
		{"20001", "4", "2026-12-11", ""}, // late: it counts from the due date
		{"20001", "5", "", circulation.ReasonReserved},
		{"n54", "7", "", circulation.ReasonTooSoon},
		{"n54", "9", "", circulation.ReasonNotAllowed},
		{"n54", "10", "", circulation.ReasonTooSoon},
		{"n56", "15", "2026-11-05", ""}, // still late afterwards
		{"n60", "21", "", circulation.ReasonCardBlocked},
	} {
		n := number(t, c.holder)
		var due calendar.Date
		loans, err := system.Loans(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range loans {
			if string(l.ID) == c.loan {
				due = l.DueOn
			}
		}
		got, err := system.Renew(t.Context(), n, circulation.LoanID(c.loan), due)
		if c.reason != "" {
			onlyReason(t, err, problem.Refused, c.reason)
		} else if err != nil || got.DueOn.String() != c.renewed {
			t.Errorf("loan %s: due on %s, %v", c.loan, got.DueOn, err)
		}
		for _, p := range problem.Of(err) {
			if p.Reason == circulation.ReasonTooOften && p.Args["max"] != two {
				t.Errorf("at most %v times", p.Args["max"])
			}
		}
	}
	fees, err := system.Fees(t.Context(), anna)
	if err != nil || len(fees) != 3 {
		t.Fatal(fees, err)
	}
	for i, want := range []struct {
		kind   circulation.FeeKind
		amount money.Cents
	}{{circulation.Overdue, 100}, {circulation.Other, 35}, {circulation.Other, 1299}} {
		if fees[i].Kind != want.kind || fees[i].Amount != want.amount {
			t.Errorf("got %+v", fees[i])
		}
	}
}

func TestARenewalWhoseAnswerIsLostIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault   kohatest.Fault
		renewed bool           // so it is told
		reason  problem.Reason // else
	}{
		"cut after it was done":        {kohatest.Cut, true, ""},
		"no answer after it was done":  {kohatest.Silent, true, ""},
		"half an answer":               {kohatest.Truncated, true, ""},
		"another content type":         {kohatest.WrongType, true, ""},
		"a page and nothing was done":  {kohatest.HTML, false, circulation.ReasonUnsure},
		"cut before it was done":       {kohatest.CutBefore, false, circulation.ReasonUnsure},
		"500 and nothing was done":     {kohatest.Error, false, circulation.ReasonSystemAway},
		"a redirect to a log-in page":  {kohatest.Redirect, false, circulation.ReasonUnsure},
		"no answer and nothing done":   {kohatest.Idle, false, circulation.ReasonUnsure},
		"an endless answer":            {kohatest.Endless, false, circulation.ReasonUnsure},
		"a 500 with a page":            {kohatest.ErrorPage, false, circulation.ReasonUnsure},
		"our password is not accepted": {kohatest.Unauthorized, false, circulation.ReasonSystemAway},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := household(t, kohatest.V1906)
			system := client(t, server, nil)
			due := librarytest.Today.AddDays(3)
			if _, err := system.Learn(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if c.fault == kohatest.Silent || c.fault == kohatest.Idle {
				short, stop := context.WithTimeout(ctx, 300*time.Millisecond)
				defer stop()
				ctx = short
			}
			server.Break(renewal, c.fault)
			got, err := system.Renew(ctx, number(t, annsNumber), "300", due)
			switch {
			case c.renewed && (err != nil || got.DueOn != due.AddDays(21) || got.Renewals != 1):
				t.Errorf("got %+v, %v", got, err)
			case !c.renewed:
				onlyReason(t, err, problem.Unavailable, c.reason)
			}
			if n := server.Asked(renewal); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestARenewalOfWhichNothingCanBeReadIsUnsure(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V2505)
	system := client(t, server, nil)
	server.Break(renewal, kohatest.Cut)
	server.Break("GET /checkouts/{checkout_id}", kohatest.None, kohatest.Error)
	_, err := system.Renew(t.Context(), number(t, annsNumber), "300", librarytest.Today.AddDays(3))
	onlyReason(t, err, problem.Unavailable, circulation.ReasonUnsure)
}

func TestARenewalThatCouldNotBeSentIsAway(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V1906)
	refuse := errors.New("nobody there")
	transport := server.Client().Transport
	calls := 0
	c := *server.Client()
	c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == "POST" {
			calls++
			return nil, refuse
		}
		return transport.RoundTrip(r)
	})
	system := client(t, server, func(o *koha.Options) { o.Client = &c })
	_, err := system.Renew(t.Context(), number(t, annsNumber), "300", librarytest.Today.AddDays(3))
	onlyReason(t, err, problem.Unavailable, circulation.ReasonSystemAway)
	if calls != 1 || !errors.Is(err, refuse) {
		t.Errorf("sent %d times, %v", calls, err)
	}
}

func TestWhoTheDeskWouldRefuseRenewsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*kohatest.Patron)
		limit  money.Cents
		reason problem.Reason
	}{
		"barred":               {func(p *kohatest.Patron) { p.Restricted = true }, 0, circulation.ReasonCardBlocked},
		"a lost card":          {func(p *kohatest.Patron) { p.LostCard = true }, 0, circulation.ReasonCardBlocked},
		"expired yesterday":    {func(p *kohatest.Patron) { p.Expires = "2026-11-24" }, 0, circulation.ReasonCardExpired},
		"owes 13.29":           {func(*kohatest.Patron) {}, 1000, circulation.ReasonFees},
		"owes as much as that": {func(*kohatest.Patron) {}, 1329, circulation.ReasonFees},
		"owes less":            {func(*kohatest.Patron) {}, 1330, ""},
		"expires today":        {func(p *kohatest.Patron) { p.Expires = "2026-11-25" }, 0, ""},
	} {
		server := household(t, kohatest.V1906)
		server.ChangePatron(annsNumber, c.change)
		system := client(t, server, func(o *koha.Options) { o.FeeLimit = c.limit })
		_, err := system.Renew(t.Context(), number(t, annsNumber), "300", librarytest.Today.AddDays(3))
		asked := server.Asked(renewal)
		if c.reason == "" {
			if err != nil || asked != 1 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		onlyReason(t, err, problem.Refused, c.reason)
		if asked != 0 {
			t.Errorf("%s: Koha was asked all the same", name)
		}
	}
}

// A code that we do not know is a refusal all the same.
func TestARefusalWithoutAKnownReasonIsNotAllowed(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"Renewal not authorized (something_new)", "Renewal not authorized ()"} {
		server := household(t, kohatest.V1906)
		system := client(t, server, func(o *koha.Options) {
			o.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.Method != http.MethodPost {
					return server.Client().Transport.RoundTrip(r)
				}
				w := httptest.NewRecorder()
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.WriteString(`{"error":"` + said + `"}`)
				return w.Result(), nil
			})}
		})
		_, err := system.Renew(t.Context(), number(t, annsNumber), "300", librarytest.Today.AddDays(3))
		onlyReason(t, err, problem.Refused, circulation.ReasonNotAllowed)
	}
}

func TestALoanThatWasReturnedIsNotFound(t *testing.T) {
	t.Parallel()
	// A newer Koha answers about loans that were returned too.
	s := answers(t, map[string]string{
		"/": `{"paths":{"/patrons":{"get":{}}}}`, "/patrons": onePatron,
		"/checkouts/3": `{"checkout_id":3,"patron_id":7,"due_date":"2026-11-28T23:59:00+01:00","checkin_date":"2026-11-24T10:00:00+01:00"}`,
		"/checkouts/4": `{"checkout_id":4,"patron_id":8,"due_date":"2026-11-28T23:59:00+01:00"}`,
	})
	for _, id := range []circulation.LoanID{"3", "4", "x", "-1", "03", "99999999999999999999", "", "sip:", "sip:1"} {
		_, err := s.Renew(t.Context(), number(t, annsNumber), id, librarytest.Today.AddDays(3))
		onlyReason(t, err, problem.NotFound, circulation.ReasonLoanNotFound)
	}
}

// bySIP is the same library over another wire.
type bySIP struct {
	err   error
	loans []circulation.Loan
}

func (b bySIP) Loans(context.Context, card.Number) ([]circulation.Loan, error) { return b.loans, b.err }

func (b bySIP) Renew(_ context.Context, _ card.Number, loan circulation.LoanID, due calendar.Date) (circulation.Loan, error) {
	return circulation.Loan{ID: loan, DueOn: due.AddDays(21)}, b.err
}

func (b bySIP) CheckFirstPassword(_ context.Context, _ card.Number, password string) (bool, error) {
	return password == "1234", b.err
}

func TestTitlesComeBySIPWhereRESTHasNone(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V1906)
	sip := bySIP{loans: []circulation.Loan{{ID: "39L1", Item: "39L1", Title: annsTitle, DueOn: librarytest.Today.AddDays(3)}}}
	system := client(t, server, func(o *koha.Options) { o.Items = sip })
	loans, err := system.Loans(t.Context(), number(t, annsNumber))
	if err != nil || len(loans) != 1 || loans[0].Title != annsTitle {
		t.Fatal(loans, err)
	}
	got, err := system.Renew(t.Context(), number(t, annsNumber), loans[0].ID, loans[0].DueOn)
	if err != nil || got.ID != loans[0].ID || got.DueOn != librarytest.Today.AddDays(24) {
		t.Errorf("got %+v, %v", got, err)
	}
	if server.Asked(renewal) != 0 {
		t.Error("it was renewed by REST")
	}
	server.ChangePatron(annsNumber, func(p *kohatest.Patron) { p.Restricted = true })
	_, err = system.Renew(t.Context(), number(t, annsNumber), loans[0].ID, loans[0].DueOn)
	onlyReason(t, err, problem.Refused, circulation.ReasonCardBlocked)
	_, err = system.Renew(t.Context(), number(t, "999"), loans[0].ID, loans[0].DueOn)
	onlyReason(t, err, problem.NotFound, circulation.ReasonLoanNotFound)
}

func TestLoansComeWithoutTitlesWhenSIPIsAway(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V1906)
	system := client(t, server, func(o *koha.Options) { o.Items = bySIP{err: errors.New("away")} })
	loans, err := system.Loans(t.Context(), number(t, annsNumber))
	if err != nil || len(loans) != 2 || loans[0].Title != "" || loans[0].Item != "1000" {
		t.Fatal(loans, err)
	}
	if _, err := system.Renew(t.Context(), number(t, annsNumber), loans[0].ID, loans[0].DueOn); err != nil {
		t.Error(err)
	}
}

func TestSIPIsNotAskedWhereRESTHasTitles(t *testing.T) {
	t.Parallel()
	for _, version := range []string{kohatest.V2211, kohatest.V2505} {
		system := client(t, household(t, version), func(o *koha.Options) { o.Items = bySIP{err: errors.New("away")} })
		loans, err := system.Loans(t.Context(), number(t, annsNumber))
		if err != nil || len(loans) != 2 || loans[0].Title != annsTitle {
			t.Error(loans, err)
		}
	}
}

// roundTrip is a function that sends requests.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
