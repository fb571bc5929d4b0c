package koha_test

import (
	"cmp"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/koha"
	"hoofdpas/internal/problem"
)

// live is a running Koha, docs/it/koha.md says how to prepare one:
//
//	HOOFDPAS_TEST_KOHA_URL       its address
//	HOOFDPAS_TEST_KOHA_USER, _PASSWORD or _CLIENT_ID, _CLIENT_SECRET
//	HOOFDPAS_TEST_KOHA_CARD      the number of a card with loans and fees
//	HOOFDPAS_TEST_KOHA_ZONE      its time zone; Europe/Amsterdam when empty
//	HOOFDPAS_TEST_KOHA_WRITE     1 renews the card's loans and pays its smallest fee
func live(t *testing.T) (*koha.System, card.Number) {
	t.Helper()
	from := func(name string) string { return os.Getenv("HOOFDPAS_TEST_KOHA_" + name) }
	if from("URL") == "" {
		t.Skip("HOOFDPAS_TEST_KOHA_URL is not set")
	}
	zone, err := time.LoadLocation(cmp.Or(from("ZONE"), "Europe/Amsterdam"))
	if err != nil {
		t.Fatal(err)
	}
	system, err := koha.New(koha.Options{
		URL: from("URL"), User: from("USER"), Password: from("PASSWORD"), ClientID: from("CLIENT_ID"), ClientSecret: from("CLIENT_SECRET"),
		Zone: zone, Client: &http.Client{}, Now: time.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if from("CARD") == "" {
		t.Fatal("HOOFDPAS_TEST_KOHA_CARD is not set")
	}
	return system, number(t, from("CARD"))
}

func TestARunningKohaIsRead(t *testing.T) {
	t.Parallel()
	system, n := live(t)
	able, err := system.Learn(t.Context())
	if err != nil || len(able.Missing()) > 0 {
		t.Fatalf("%v are missing, %v", able.Missing(), err)
	}
	t.Logf("version %q, described %v, titles from %q, first passwords by %q", able.Version, able.Described, able.Titles, able.FirstPasswords)
	c, ok, err := system.Card(t.Context(), n)
	if err != nil || !ok || c.Key == "" || c.Name == "" {
		t.Fatalf("the card: %v, %v", ok, err)
	}
	again, ok, err := system.CardByKey(t.Context(), c.Key)
	if err != nil || !ok || again != c {
		t.Errorf("by its key: %v, %v", ok, err)
	}
	for _, other := range []string{"0" + n.Text(), n.Text()[1:] + "%", "%", "_", n.Text() + "0000"} {
		if _, ok, err := system.Card(t.Context(), number(t, other)); ok || err != nil {
			t.Errorf("another number is known: %v, %v", ok, err)
		}
	}
	loans, err := system.Loans(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range loans {
		if l.ID == "" || l.Item == "" || (i > 0 && !l.DueOn.IsZero() && l.DueOn.Before(loans[i-1].DueOn)) {
			t.Errorf("loan %d: %s, due on %s", i, l.ID, l.DueOn)
		}
		if able.Titles != "" && l.Title == "" {
			t.Errorf("loan %s has no title", l.ID)
		}
	}
	if _, err := system.Fees(t.Context(), n); err != nil {
		t.Error(err)
	}
	stranger := number(t, "no-such-card-1")
	if loans, err := system.Loans(t.Context(), stranger); err != nil || len(loans) > 0 {
		t.Errorf("a card that nobody knows has %d loans, %v", len(loans), err)
	}
	if good, err := system.CheckFirstPassword(t.Context(), n, "surely not "+strconv.FormatInt(time.Now().UnixNano(), 36)); good || err != nil {
		t.Errorf("a wrong password: %v, %v", good, err)
	}
}

func TestARunningKohaRenewsAndIsPaid(t *testing.T) {
	t.Parallel()
	system, n := live(t)
	if os.Getenv("HOOFDPAS_TEST_KOHA_WRITE") != "1" {
		t.Skip("HOOFDPAS_TEST_KOHA_WRITE is not 1")
	}
	loans, err := system.Loans(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range loans {
		renewed, err := system.Renew(t.Context(), n, l.ID, l.DueOn)
		t.Logf("loan %s: due on %s, then %s, %v", l.ID, l.DueOn, renewed.DueOn, err)
		if kind := problem.KindOf(err); err != nil && kind != problem.Refused {
			t.Errorf("loan %s: %v", l.ID, err)
		}
		if err == nil {
			if _, err := system.Renew(t.Context(), n, l.ID, l.DueOn); !problem.Has(err, circulation.ReasonChanged) && renewed.DueOn != l.DueOn {
				t.Errorf("the same form twice: %v", err)
			}
		}
		if _, err := system.Renew(t.Context(), n, l.ID, calendar.Date{}.AddDays(1)); !problem.Has(err, circulation.ReasonChanged) && !l.DueOn.IsZero() {
			t.Errorf("a form without a date: %v", err)
		}
	}
	fees, err := system.Fees(t.Context(), n)
	if err != nil || len(fees) == 0 {
		t.Skipf("no fees to pay: %v", err)
	}
	least := fees[0]
	for _, f := range fees {
		if f.Amount < least.Amount {
			least = f
		}
	}
	reference := "test-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	for i := range 3 {
		paid := []circulation.Settlement{{Fee: least.ID, Amount: least.Amount, Again: i > 0}}
		if err := system.Settle(t.Context(), n, paid, reference); err != nil {
			t.Fatal(err)
		}
	}
	after, err := system.Fees(t.Context(), n)
	if err != nil || len(after) != len(fees)-1 {
		t.Errorf("%d fees before, %d after, %v", len(fees), len(after), err)
	}
	err = system.Settle(t.Context(), n, []circulation.Settlement{{Fee: least.ID, Amount: least.Amount}}, reference+"-other")
	if !problem.Has(err, circulation.ReasonFeeSettled) {
		t.Errorf("another payment for the same fee: %v", err)
	}
}
