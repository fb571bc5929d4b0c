package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/store"
)

// grant lets an app in to a card whose epoch is 0.
func grant(t testing.TB, s *store.Store, h card.Holder, id account.GrantID, app string) (account.Grant, account.TokenHashes) {
	t.Helper()
	g := account.Grant{
		ID: id, Holder: h, App: app, Scopes: []account.AppScope{account.ReadItems, account.PayFees},
		BegunAt: noon, UsedAt: noon, EndsAt: noon.Add(24 * time.Hour),
	}
	hashes := account.TokenHashes{
		Family: fmt.Sprintf("f%d", id), Refresh: fmt.Sprintf("r%d", id), Access: fmt.Sprintf("a%d", id), AccessEndsAt: noon.Add(time.Minute),
	}
	must(t, s.AddGrant(t.Context(), g, 0, hashes, 20))
	return g, hashes
}

func TestAnAppsLogInIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	each(t, func() time.Time { return noon }, func(t *testing.T, s *store.Store) {
		anna, _, _ := threePeople(t, s)
		want, _ := grant(t, s, anna, 1<<62, "Boekje 📚 van 'Kees'")
		got, epoch, ok, err := s.GrantByAccess(t.Context(), fmt.Sprintf("a%d", want.ID), noon)
		must(t, err)
		if !ok || epoch != 0 || fmt.Sprintf("%+v %v", got, got.Scopes) != fmt.Sprintf("%+v %v", want, want.Scopes) {
			t.Errorf("read %+v, %d, %v", got, epoch, ok)
		}
	})
}

// An import closes a card without raising its epoch.
func TestAClosedCardLetsNoAppInUntilItIsOpenAgain(t *testing.T) {
	t.Parallel()
	each(t, func() time.Time { return noon }, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, _ := threePeople(t, s)
		grant(t, s, anna, 1, "")
		grant(t, s, bram, 2, "")
		in := func(what string, want bool) {
			t.Helper()
			_, _, ok, err := s.GrantByAccess(ctx, "a1", noon)
			must(t, err)
			mustBe(t, what, ok, want)
			all, err := s.Grants(ctx, anna.ID, noon)
			must(t, err)
			mustBe(t, what+", listed", len(all) == 1, want)
		}
		in("open", true)
		shut(t, s, anna)
		in("closed", false)
		_, ok, err := s.TurnGrant(ctx, "r1", account.TokenHashes{Family: "f1", Refresh: "r9", Access: "a9"}, noon, noon.Add(time.Hour))
		must(t, err)
		mustBe(t, "turned", ok, false)
		must(t, s.Run(ctx, `UPDATE cards SET closed_at_ms = NULL WHERE id = $1`, int64(anna.ID)))
		in("open again", true)
	})
}

func TestOnlyAppsThatAreLongOverAreSwept(t *testing.T) {
	t.Parallel()
	now := noon
	each(t, func() time.Time { return now.Add(24 * time.Hour) }, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, _, _ := threePeople(t, s)
		grant(t, s, anna, 1, "")
		grant(t, s, anna, 2, "")
		_, ok, err := s.TurnGrant(ctx, "r2", account.TokenHashes{Family: "f2", Refresh: "r3", Access: "a3", AccessEndsAt: noon},
			noon, noon.Add(24*time.Hour+time.Millisecond))
		must(t, err)
		mustBe(t, "turned", ok, true)
		must(t, s.SweepGrants(ctx))
		mustBe(t, "left", rows(t, s, "app_grants"), 1)
	})
}

// A page with a row for each app is what somebody who logs in again and again
// could make long.
func TestNoMoreRowsAreKeptThanACardMayHaveApps(t *testing.T) {
	t.Parallel()
	each(t, func() time.Time { return noon }, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		grant(t, s, bram, 1000, "")
		mustAll(t, atOnce(30, func(i int) error {
			g := account.Grant{ID: account.GrantID(i + 1), Holder: anna, BegunAt: noon, UsedAt: noon, EndsAt: noon.Add(time.Hour)}
			n := strings.Repeat("x", i)
			return s.AddGrant(t.Context(), g, 0, account.TokenHashes{Family: "f" + n, Refresh: "r" + n, Access: "a" + n, AccessEndsAt: noon}, 20)
		}))
		mustBe(t, "rows", rows(t, s, "app_grants"), 21)
	})
}
