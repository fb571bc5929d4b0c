package store_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

var _ scs.CtxStore = (*store.Sessions)(nil)

func TestSessionsLiveUntilTheyExpireOrEnd(t *testing.T) {
	t.Parallel()
	each(t, func() time.Time { return noon }, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		members, desk := s.Sessions("leden"), s.Sessions("balie")
		find := func(of *store.Sessions, token, want string) {
			t.Helper()
			data, ok, err := of.FindCtx(ctx, token)
			must(t, err)
			if string(data) != want || ok != (want != "") {
				t.Errorf("%s: found %q, %v; want %q", token, data, ok, want)
			}
		}
		must(t, members.CommitCtx(ctx, "a", []byte("one"), noon.Add(time.Minute)))
		must(t, members.CommitCtx(ctx, "a", []byte("two\x00\xff"), noon.Add(time.Hour)))
		must(t, members.CommitCtx(ctx, "b", []byte("over"), noon))
		must(t, desk.CommitCtx(ctx, "a", []byte("desk"), noon.Add(time.Minute)))
		find(members, "a", "two\x00\xff")
		find(desk, "a", "desk")
		find(members, "b", "")
		find(members, "c\x00", "")
		must(t, s.SweepSessions(ctx))
		mustBe(t, "sessions", rows(t, s, "sessions"), 2)
		must(t, members.DeleteCtx(ctx, "a"))
		must(t, members.DeleteCtx(ctx, "a"))
		find(members, "a", "")
		find(desk, "a", "desk")

		// scs falls back on these where it has no context.
		must(t, members.Commit("d", []byte("four"), noon.Add(time.Hour)))
		data, ok, err := members.Find("d")
		must(t, err)
		if !ok || string(data) != "four" {
			t.Errorf("found %q, %v", data, ok)
		}
		must(t, members.Delete("d"))
		find(members, "d", "")
	})
}

func TestASessionIsGoneTheMomentItExpires(t *testing.T) {
	t.Parallel()
	var late atomic.Int64 // milliseconds
	now := func() time.Time { return noon.Add(time.Duration(late.Load()) * time.Millisecond) }
	for name, open := range map[string]func(testing.TB, ...store.Options) *store.Store{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres,
	} {
		late.Store(0)
		s := open(t, store.Options{Now: now})
		must(t, s.Sessions("leden").CommitCtx(t.Context(), "a", []byte("one"), noon.Add(time.Second)))
		for after, want := range map[int64]bool{999: true, 1000: false} {
			late.Store(after)
			_, ok, err := s.Sessions("leden").FindCtx(t.Context(), "a")
			must(t, err)
			if ok != want {
				t.Errorf("%s: %d ms later found is %v", name, after, ok)
			}
		}
	}
}

func TestAPageUnderWayCannotBringBackASessionThatEnded(t *testing.T) {
	t.Parallel()
	each(t, func() time.Time { return noon }, func(t *testing.T, s *store.Store) {
		ctx, members := t.Context(), s.Sessions("leden")
		must(t, members.CommitCtx(ctx, "a", []byte("one"), noon.Add(time.Hour)))
		must(t, members.DeleteCtx(ctx, "a"))
		must(t, members.CommitCtx(ctx, "a", []byte("read before the end"), noon.Add(time.Hour)))
		if _, ok, err := members.FindCtx(ctx, "a"); ok || err != nil {
			t.Errorf("an ended session was found: %v", err)
		}
	})
}
