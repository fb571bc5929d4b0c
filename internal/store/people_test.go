package store_test

import (
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// noon is when everything happens, in whole milliseconds as it is kept.
var noon = time.Date(2026, 11, 24, 12, 0, 0, int(123*time.Millisecond), time.UTC)

// each is storetest.Each with a clock.
func each(t *testing.T, now func() time.Time, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	o := store.Options{Now: now}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, storetest.SQLite(t, o))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, storetest.Postgres(t, o))
	})
}

// know makes a card known by its number and name.
func know(t testing.TB, s *store.Store, number, name string) card.Holder {
	t.Helper()
	n, err := card.ParseNumber(number)
	must(t, err)
	h, err := s.KnowCard(t.Context(), card.Card{Number: n, Name: name})
	must(t, err)
	return h
}

// threePeople are known cards.
func threePeople(t testing.TB, s *store.Store) (anna, bram, cleo card.Holder) {
	t.Helper()
	return know(t, s, "20000001", "Anna de Wit"), know(t, s, "20000002", "Bram de Wit"), know(t, s, "20000003", "Cléo Őz")
}

// shut closes a card as an import does.
func shut(t testing.TB, s *store.Store, h card.Holder) {
	t.Helper()
	must(t, s.Run(t.Context(), `UPDATE cards SET closed_at_ms = $1 WHERE id = $2`, noon.UnixMilli(), int64(h.ID)))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mustBe compares what came with what should have.
func mustBe[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// rows counts the rows of a table.
func rows(t testing.TB, s *store.Store, table string) int {
	t.Helper()
	n, err := s.Count(t.Context(), `SELECT count(*) FROM `+table)
	must(t, err)
	return n
}

// atOnce runs f n times side by side and returns the errors.
func atOnce(n int, f func(i int) error) []error {
	errs := make(chan error, n)
	start := make(chan struct{})
	for i := range n {
		go func() {
			<-start
			errs <- f(i)
		}()
	}
	close(start)
	all := make([]error, n)
	for i := range all {
		all[i] = <-errs
	}
	return all
}

func mustAll(t testing.TB, errs []error) {
	t.Helper()
	for _, err := range errs {
		must(t, err)
	}
}

func TestAKnownCardKeepsItsIDAndFollowsItsName(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna := know(t, s, "20000001", "Anna de Wit")
		again := know(t, s, "20000001", "Anna Zwart")
		mustBe(t, "id", again.ID, anna.ID)
		a, ok, err := s.Account(t.Context(), anna.ID)
		must(t, err)
		if !ok || a.Holder != again || a.Holder.Name != "Anna Zwart" || a.Closed {
			t.Errorf("the account is %+v, %v", a, ok)
		}
		if other := know(t, s, "020000001", "Anna"); other.ID == anna.ID {
			t.Error("a leading zero does not count")
		}
	})
}

func TestManyWhoMeetACardAtOnceKnowOneCard(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n, err := card.ParseNumber("20000001")
		must(t, err)
		ids := make([]card.ID, 20)
		mustAll(t, atOnce(len(ids), func(i int) error {
			h, err := s.KnowCard(t.Context(), card.Card{Number: n, Name: "Anna"})
			ids[i] = h.ID
			return err
		}))
		for _, id := range ids {
			mustBe(t, "id", id, ids[0])
		}
		mustBe(t, "cards", rows(t, s, "cards"), 1)
	})
}

func TestAccountsAreFoundByNumberAndUserName(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, _ := threePeople(t, s)
		name, err := card.ParseUserName("Anna.de-Wit@thuis")
		must(t, err)
		taken, err := s.SetUserName(ctx, anna.ID, name)
		must(t, err)
		mustBe(t, "taken", taken, false)

		a, ok, err := s.AccountByUserName(ctx, card.NameKey("ANNA.DE-WIT@THUIS"))
		must(t, err)
		if !ok || a.Holder != anna || a.UserName.Text() != "Anna.de-Wit@thuis" {
			t.Errorf("found %+v, %v", a, ok)
		}
		b, ok, err := s.AccountByNumber(ctx, bram.Number)
		must(t, err)
		if !ok || b.Holder != bram || !b.UserName.IsZero() || b.Password != "" || b.First != "" || b.Epoch != 0 {
			t.Errorf("found %+v, %v", b, ok)
		}
		for _, typed := range []string{"", "nobody", "anna\x00", "\xff\xfe", "' OR 1=1 --"} {
			if _, ok, err := s.AccountByUserName(ctx, typed); ok || err != nil {
				t.Errorf("%q: found %v, %v", typed, ok, err)
			}
		}
		if _, ok, err := s.Account(ctx, 12345); ok || err != nil {
			t.Errorf("an id of nobody: found %v, %v", ok, err)
		}
		nobody, err := card.ParseNumber("99999999")
		must(t, err)
		if _, ok, err := s.AccountByNumber(ctx, nobody); ok || err != nil {
			t.Errorf("a number of nobody: found %v, %v", ok, err)
		}
	})
}

func TestAUserNameIsOfOneCardWithoutCase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, _ := threePeople(t, s)
		small, err := card.ParseUserName("straße")
		must(t, err)
		large, err := card.ParseUserName("STRASSE")
		must(t, err)
		set := func(h card.Holder, u card.UserName, want bool) {
			t.Helper()
			taken, err := s.SetUserName(ctx, h.ID, u)
			must(t, err)
			mustBe(t, "taken", taken, want)
		}
		set(anna, small, false)
		set(bram, large, true)
		set(anna, large, false) // one's own, written otherwise
		set(anna, card.UserName{}, false)
		set(anna, card.UserName{}, false)
		set(bram, small, false)
	})
}

func TestTwoWhoWantOneUserNameAtOnceDoNotBothGetIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, cleo := threePeople(t, s)
		name, err := card.ParseUserName("boekenwurm")
		must(t, err)
		people := []card.Holder{anna, bram, cleo}
		got := make([]bool, len(people))
		mustAll(t, atOnce(len(people), func(i int) error {
			taken, err := s.SetUserName(t.Context(), people[i].ID, name)
			got[i] = !taken
			return err
		}))
		n := 0
		for _, g := range got {
			if g {
				n++
			}
		}
		mustBe(t, "owners", n, 1)
	})
}

func TestPasswordsAndEpochs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, _ := threePeople(t, s)
		epoch, ok, err := s.SetPassword(ctx, anna.ID, "own", 0)
		must(t, err)
		mustBe(t, "epoch", epoch, 1)
		mustBe(t, "written", ok, true)
		epoch, err = s.RaiseEpoch(ctx, anna.ID)
		must(t, err)
		mustBe(t, "epoch", epoch, 2)
		must(t, s.HandOutFirst(ctx, anna.ID, "handed out", account.StaffAct{
			At: noon, Staff: "Desk", Card: anna, Act: "first_password",
		}))
		a, _, err := s.Account(ctx, anna.ID)
		must(t, err)
		if a.Password != "" || string(a.First) != "handed out" || a.Epoch != 3 {
			t.Errorf("after handing out: %q %q %d", string(a.Password), string(a.First), a.Epoch)
		}
		acts, err := s.StaffActs(ctx, anna.ID, 10)
		must(t, err)
		if len(acts) != 1 || acts[0].Act != "first_password" || acts[0].Card != anna || !acts[0].At.Equal(noon) {
			t.Errorf("the desk's log: %+v", acts)
		}
		_, ok, err = s.SetPassword(ctx, anna.ID, "overtaken", 2)
		must(t, err)
		mustBe(t, "written in an epoch that is over", ok, false)
		a, _, err = s.Account(ctx, anna.ID)
		must(t, err)
		mustBe(t, "own after being overtaken", string(a.Password), "")
		mustBe(t, "first after being overtaken", string(a.First), "handed out")
		_, ok, err = s.SetPassword(ctx, anna.ID, "new own", 3)
		must(t, err)
		mustBe(t, "written", ok, true)
		a, _, err = s.Account(ctx, anna.ID)
		must(t, err)
		mustBe(t, "first after choosing", string(a.First), "")
		mustBe(t, "own", string(a.Password), "new own")
		b, _, err := s.Account(ctx, bram.ID)
		must(t, err)
		mustBe(t, "another's epoch", b.Epoch, 0)
		if _, ok, err := s.SetPassword(ctx, 999, "x", 0); ok || err != nil {
			t.Errorf("a password for nobody was set: %v", err)
		}
		if err := s.HandOutFirst(ctx, 999, "x", account.StaffAct{At: noon, Act: "first_password"}); err == nil {
			t.Error("a password was handed out to nobody")
		}
		mustBe(t, "acts", rows(t, s, "staff_acts"), 1)
	})
}

func TestDevicesAreRememberedPerCardAndNotWithoutEnd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, _ := threePeople(t, s)
		must(t, s.AddDevice(ctx, anna.ID, "old", noon))
		must(t, s.AddDevice(ctx, bram.ID, "his", noon))
		must(t, s.AddDevice(ctx, anna.ID, "old", noon.Add(time.Minute)))
		for id, want := range map[card.ID]bool{anna.ID: true, bram.ID: false} {
			knows, err := s.KnowsDevice(ctx, id, "old")
			must(t, err)
			mustBe(t, "knows", knows, want)
		}
		for i := range 30 {
			must(t, s.AddDevice(ctx, anna.ID, string(rune('a'+i)), noon.Add(time.Hour+time.Duration(i))))
		}
		knows, err := s.KnowsDevice(ctx, anna.ID, "old")
		must(t, err)
		mustBe(t, "knows the oldest after thirty more", knows, false)
		mustBe(t, "devices", rows(t, s, "devices"), 21)
	})
}

func TestStaffAccounts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for _, user := range []string{"zoë", "bas"} {
			taken, err := s.AddStaff(ctx, account.Staff{User: user, Name: "Mw. " + user, Password: "hash"})
			must(t, err)
			mustBe(t, "taken", taken, false)
		}
		taken, err := s.AddStaff(ctx, account.Staff{User: "bas", Name: "Another"})
		must(t, err)
		mustBe(t, "taken", taken, true)

		bas, ok, err := s.StaffByUser(ctx, "bas")
		must(t, err)
		if !ok || bas.Name != "Mw. bas" || string(bas.Password) != "hash" || bas.Disabled || bas.Epoch != 0 {
			t.Errorf("found %+v, %v", bas, ok)
		}
		bas.Disabled, bas.Name = true, "Bas"
		saved, err := s.SaveStaff(ctx, bas)
		must(t, err)
		mustBe(t, "saved", saved, true)
		saved, err = s.SaveStaff(ctx, bas) // as it was before
		must(t, err)
		mustBe(t, "saved over another change", saved, false)
		now, ok, err := s.StaffByID(ctx, bas.ID)
		must(t, err)
		if !ok || !now.Disabled || now.Name != "Bas" || now.Epoch != 1 {
			t.Errorf("saved %+v, %v", now, ok)
		}
		all, err := s.ListStaff(ctx)
		must(t, err)
		if len(all) != 2 || all[0].User != "bas" || all[1].User != "zoë" {
			t.Errorf("listed %+v", all)
		}
		for _, user := range []string{"", "BAS", "bas\x00"} {
			if _, ok, err := s.StaffByUser(ctx, user); ok || err != nil {
				t.Errorf("%q: found %v, %v", user, ok, err)
			}
		}
		if _, ok, err := s.StaffByID(ctx, 999); ok || err != nil {
			t.Errorf("nobody: found %v, %v", ok, err)
		}
		if saved, err := s.SaveStaff(ctx, account.Staff{ID: 999}); saved || err != nil {
			t.Errorf("nobody was saved: %v", err)
		}
	})
}

func TestTheDesksLogIsReadPerCardNewestFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, _ := threePeople(t, s)
		for i, act := range []string{"find", "pay", "end_mandate"} {
			must(t, s.AddStaffAct(ctx, account.StaffAct{
				At: noon.Add(time.Duration(i) * time.Second), Staff: "Bas", Card: anna, Act: act, Detail: "cash 5.20",
			}))
		}
		must(t, s.AddStaffAct(ctx, account.StaffAct{At: noon, Staff: "Bas", Act: "sign_in"}))
		must(t, s.AddStaffAct(ctx, account.StaffAct{At: noon, Staff: "Bas", Act: "find", Card: bram}))
		acts, err := s.StaffActs(ctx, anna.ID, 2)
		must(t, err)
		if len(acts) != 2 || acts[0].Act != "end_mandate" || acts[1].Act != "pay" || acts[1].Detail != "cash 5.20" ||
			acts[1].Staff != "Bas" || acts[1].Card != anna || !acts[1].At.Equal(noon.Add(time.Second)) {
			t.Errorf("read %+v", acts)
		}
	})
}
