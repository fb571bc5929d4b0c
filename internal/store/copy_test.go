package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// both gives f each pair of engines to copy from and to.
func both(t *testing.T, f func(t *testing.T, from, to *store.Store)) {
	t.Helper()
	for name, pair := range map[string][2]func(testing.TB, ...store.Options) *store.Store{
		"to PostgreSQL": {storetest.SQLite, storetest.Postgres},
		"to SQLite":     {storetest.Postgres, storetest.SQLite},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, pair[0](t), pair[1](t))
		})
	}
}

func quietly(store.CopyStep, string, int64, int64) {}

// lived fills a store with a bit of everything, and returns a paid payment that the
// library system has not been told of.
func lived(t *testing.T, s *store.Store) payment.Payment {
	t.Helper()
	anna, bram, cleo := threePeople(t, s)
	active(t, s, anna, bram, mandate.Pay, calendar.Date{})
	request(t, s, asks(cleo, anna, mandate.Renew, anna.Number))
	must(t, s.Sessions("leden").Commit("token", []byte{0, 1, 255}, noon.AddDate(10, 0, 0)))
	p := open(t, s, pays(anna, "form", fee(anna, "1"), fee(bram, "2")))
	if !step(t, s, p, payment.Open, payment.Paid) {
		t.Fatal("not paid")
	}
	paid := posting(300)
	paid.Payment, paid.Shift = int64(p.ID), 0
	must(t, s.Post(t.Context(), paid))
	return reread(t, s, p)
}

func TestACopyHasEverythingAndGoesOn(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, from, to *store.Store) {
		p := lived(t, from)
		steps := map[store.CopyStep]bool{}
		must(t, from.CopyTo(t.Context(), to, func(step store.CopyStep, table string, done, total int64) {
			steps[step] = true
			if done > total {
				t.Errorf("%s: %d of %d", table, done, total)
			}
		}))
		if len(steps) != 2 {
			t.Errorf("told %v", steps)
		}
		copied := reread(t, to, p)
		same(t, "the payment", copied, p)
		same(t, "the ledger", postings(t, to), postings(t, from))
		if fault := verified(t, to); fault != nil {
			t.Error(fault)
		}
		if jobs(t, to) != jobs(t, from) || jobs(t, from) == 0 {
			t.Errorf("%d jobs became %d", jobs(t, from), jobs(t, to))
		}
		if data, ok, err := to.Sessions("leden").Find("token"); err != nil || !ok || string(data) != "\x00\x01\xff" {
			t.Errorf("the session: %v %v %v", data, ok, err)
		}
		next := open(t, to, pays(p.Payer, "another form", fee(p.Payer, "3")))
		if next.ID <= p.ID {
			t.Errorf("payment %d follows %d", next.ID, p.ID)
		}
		more := posting(1)
		more.Payment, more.Shift = int64(next.ID), 0
		must(t, to.Post(t.Context(), more))
		if fault := verified(t, to); fault != nil {
			t.Error(fault)
		}
	})
}

func TestACopyIsMadeIntoAnEmptyStoreOnly(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, from, to *store.Store) {
		lived(t, from)
		know(t, to, "20000001", "Dirk")
		err := from.CopyTo(t.Context(), to, quietly)
		if err == nil || !strings.Contains(err.Error(), "not empty: it has cards") {
			t.Errorf("got %v", err)
		}
	})
}

func TestACopyThatIsCutOffLeavesNothingAndIsMadeAgain(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, from, to *store.Store) {
		p := lived(t, from)
		for _, at := range []string{"cards", "postings"} {
			ctx, cut := context.WithCancel(t.Context())
			err := from.CopyTo(ctx, to, func(_ store.CopyStep, table string, _, _ int64) {
				if table == at {
					cut()
				}
			})
			if cut(); err == nil {
				t.Fatal("not cut off")
			}
			if n, err := to.Count(t.Context(), `SELECT count(*) FROM cards`); err != nil || n > 0 {
				t.Errorf("cut off at %s, it left %d cards: %v", at, n, err)
			}
		}
		must(t, from.CopyTo(t.Context(), to, quietly))
		same(t, "the payment", reread(t, to, p), p)
	})
}

func TestWhatIsWrittenMeanwhileIsSeen(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, from, to *store.Store) {
		p := lived(t, from)
		written := false
		err := from.CopyTo(t.Context(), to, func(store.CopyStep, string, int64, int64) {
			if !written {
				written = true
				_, err := from.RaiseEpoch(t.Context(), p.Payer.ID)
				must(t, err)
			}
		})
		if !errors.Is(err, store.ErrOverwritten) {
			t.Errorf("got %v", err)
		}
	})
}

func TestACopyNamesEveryTable(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tables := `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name <> 'schema_floor' AND name NOT LIKE 'river%' AND name NOT LIKE 'sqlite%'`
		if s.IsPostgres() {
			tables = `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'schema_floor' AND tablename NOT LIKE 'river%'`
		}
		n, err := s.Count(t.Context(), tables)
		must(t, err)
		if want := len(store.Copied) + 1; n != want { // and hoofdpas_version
			t.Errorf("there are %d tables, and %d are copied", n, want)
		}
	})
}
