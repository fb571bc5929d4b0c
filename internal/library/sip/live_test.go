package sip_test

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/library/sip"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

// A running system, docs/it/sip.md says how to prepare one:
//
//	HOOFDPAS_TEST_SIP_ADDR       its host and port
//	HOOFDPAS_TEST_SIP_USER, _PASSWORD, _LOCATION, _INSTITUTION, _TERMINAL_PASSWORD
//	HOOFDPAS_TEST_SIP_PROFILE    koha when empty
//	HOOFDPAS_TEST_SIP_CHARSET    utf-8 when empty
//	HOOFDPAS_TEST_SIP_CARD, _PIN the number of a card with loans and fees, and its password
//	HOOFDPAS_TEST_SIP_ZONE       its time zone; Europe/Amsterdam when empty
//	HOOFDPAS_TEST_SIP_WRITE      1 renews what the card has on loan and pays a fee of it
func TestARunningSystem(t *testing.T) {
	t.Parallel()
	from := func(name string) string { return os.Getenv("HOOFDPAS_TEST_SIP_" + name) }
	if from("ADDR") == "" {
		t.Skip("HOOFDPAS_TEST_SIP_ADDR is not set")
	}
	where, err := time.LoadLocation(cmp.Or(from("ZONE"), "Europe/Amsterdam"))
	if err != nil {
		t.Fatal(err)
	}
	charset, err := sip2.ParseCharset(from("CHARSET"))
	if err != nil {
		t.Fatal(err)
	}
	profile, err := sip.LoadProfile(cmp.Or(from("PROFILE"), "koha"))
	if err != nil {
		t.Fatal(err)
	}
	for name, checksums := range map[string]bool{"with checksums": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			log := slog.New(slog.NewTextHandler(t.Output(), nil))
			pool := sip2.NewPool(sip2.PoolOptions{
				Dial: func(ctx context.Context) (net.Conn, error) {
					return (&net.Dialer{}).DialContext(ctx, "tcp", from("ADDR"))
				},
				Options: sip2.Options{
					User: from("USER"), Password: from("PASSWORD"), Location: from("LOCATION"), Charset: charset, Checksums: checksums,
				},
				Now: time.Now, Log: log,
			})
			t.Cleanup(pool.Close)
			s := sip.New(sip.Options{
				Pool: pool, Profile: profile, Institution: from("INSTITUTION"), TerminalPassword: from("TERMINAL_PASSWORD"),
				Currency: "EUR", Zone: where, Now: time.Now, Log: log,
			})
			status, err := pool.Check(t.Context())
			if err != nil || !status.Online {
				t.Fatalf("on line: %v, %v", status.Online, err)
			}
			t.Logf("version %s, messages %s", status.Version, status.Supported)
			isRead(t, s, number(t, from("CARD")), from("PIN"))
			if from("WRITE") == "1" && checksums {
				isWritten(t, s, number(t, from("CARD")))
			}
		})
	}
}

// isRead checks what can be expected of any card of any system.
func isRead(t *testing.T, s *sip.System, n card.Number, pin string) {
	t.Helper()
	c, ok, err := s.Card(t.Context(), n)
	if err != nil || !ok || c.Name == "" || c.Number != n {
		t.Fatalf("the card: %v, %v", ok, err)
	}
	for _, other := range []string{"0" + n.Text(), n.Text() + "0000", "%", "_", "*"} {
		if _, ok, err := s.Card(t.Context(), number(t, other)); ok || err != nil {
			t.Errorf("another number is known: %v, %v", ok, err)
		}
	}
	for password, want := range map[string]bool{pin: pin != "", pin + "x": false, "": false, "a|b": false} {
		if got, err := s.CheckFirstPassword(t.Context(), n, password); err != nil || got != want {
			t.Errorf("a password is right: %v, %v", got, err)
		}
	}
	loans, err := s.Loans(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range loans {
		if l.ID == "" || l.Title == "" || l.DueOn.IsZero() || (i > 0 && l.DueOn.Before(loans[i-1].DueOn)) {
			t.Errorf("loan %d is due on %s", i, l.DueOn)
		}
	}
	fees, err := s.Fees(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range fees {
		if f.ID == "" || f.Amount <= 0 {
			t.Errorf("fee %d is %s", i, f.Amount)
		}
	}
	if _, err := s.Renew(t.Context(), n, "no such item", librarytest.Today); !problem.Has(err, circulation.ReasonLoanNotFound) {
		t.Errorf("a loan that is not there: %v", err)
	}
	err = s.Settle(t.Context(), n, []circulation.Settlement{{Fee: "no such fee", Amount: 1}}, "test")
	if !problem.Has(err, circulation.ReasonFeeNotFound) {
		t.Errorf("a fee that is not there: %v", err)
	}
	t.Logf("%d loans, %d fees, born %v, e-mail %v, ends %v, blocked %v",
		len(loans), len(fees), !c.BirthDate.IsZero(), c.Email != "", c.ExpiresOn, c.Blocked)
}

// isWritten renews each loan and pays the first fee: each is done, or refused for
// a reason, and no fee is paid twice.
func isWritten(t *testing.T, s *sip.System, n card.Number) {
	t.Helper()
	loans, err := s.Loans(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range loans {
		got, err := s.Renew(t.Context(), n, l.ID, l.DueOn)
		switch {
		case err == nil:
			t.Logf("renewed from %s to %s", l.DueOn, got.DueOn)
		case problem.KindOf(err) == problem.Refused:
			t.Logf("refused: %v", err)
		default:
			t.Errorf("a renewal: %v", err)
		}
	}
	fees, err := s.Fees(t.Context(), n)
	if err != nil || len(fees) == 0 {
		t.Logf("no fee to pay: %v", err)
		return
	}
	f := circulation.Settlement{Fee: fees[0].ID, Amount: fees[0].Amount}
	if err := s.Settle(t.Context(), n, []circulation.Settlement{f}, "hoofdpas-test"); err != nil {
		t.Fatal(err)
	}
	f.Again = true
	if err := s.Settle(t.Context(), n, []circulation.Settlement{f}, "hoofdpas-test"); err != nil {
		t.Errorf("again: %v", err)
	}
	left, err := s.Fees(t.Context(), n)
	if err != nil || slices.ContainsFunc(left, func(o circulation.Fee) bool { return o.ID == f.Fee }) {
		t.Errorf("it is still owed, %v", err)
	}
}

// The same checks over the peer that answers as Koha does, so that they are right
// when somebody needs them.
func TestWhatIsCheckedOfARunningSystem(t *testing.T) {
	t.Parallel()
	c := counting(t)
	s := c.client(t)
	isRead(t, s, number(t, annas), "Welkom-1984")
	isWritten(t, s, number(t, annas))
	c.is(t, 0, 1)
}
