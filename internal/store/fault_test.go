package store_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func mustBeUnavailable(t testing.TB, err error, reason problem.Reason) {
	t.Helper()
	if problem.KindOf(err) != problem.Unavailable || !problem.Has(err, reason) {
		t.Errorf("got %v, want unavailable for reason %s", err, reason)
	}
}

func TestAFullDiskKeepsNothingHalfAndRecovers(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	ctx := t.Context()
	anna, bram, _ := threePeople(t, s)
	p := open(t, s, pays(anna, "", fee(bram, "8")))
	must(t, s.Run(ctx, `PRAGMA max_page_count = 1`)) // not below what there is: no page more
	var err error
	for i := 0; err == nil; i++ {
		_, _, err = s.OpenPayment(ctx, pays(anna, fmt.Sprint(i), payment.Line{
			Holder: bram, Fee: "9", Kind: "other", Description: strings.Repeat("x", 100_000), Amount: 1,
		}), payment.Booking{})
	}
	mustBeUnavailable(t, err, store.ReasonFull)
	mustBe(t, "payments", rows(t, s, "payments"), 1)
	mustBeUnavailable(t, s.Sessions("leden").CommitCtx(ctx, "a", make([]byte, 100_000), noon), store.ReasonFull)
	read, err := s.Payment(ctx, p.ID)
	must(t, err)
	mustBe(t, "the open payment", read.State, payment.Open)
	must(t, s.Run(ctx, `PRAGMA max_page_count = 1000000`))
	mustBe(t, "paid", step(t, s, p, payment.Open, payment.Paid), true)
}

func TestAStoreThatTurnsReadOnlySaysSo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, _, _ := threePeople(t, s)
		if s.IsPostgres() {
			name, err := s.Text(t.Context(), `SELECT current_database()`)
			must(t, err)
			must(t, s.Run(t.Context(), `ALTER DATABASE `+name+` SET default_transaction_read_only = on`))
			must(t, s.Run(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid()`))
			must(t, s.Run(t.Context(), `SET default_transaction_read_only = on`))
		} else {
			must(t, s.Run(t.Context(), `PRAGMA query_only = ON`))
		}
		_, err := s.RaiseEpoch(t.Context(), anna.ID)
		mustBeUnavailable(t, err, store.ReasonFull)
		mustBeUnavailable(t, s.ForgetBuckets(t.Context(), "a"), store.ReasonFull)
		if _, _, err := s.Account(t.Context(), anna.ID); err != nil {
			t.Errorf("reading: %v", err)
		}
	})
}

func TestWhatPostgresSaysOfItselfIsUnavailable(t *testing.T) {
	t.Parallel()
	s := storetest.Postgres(t)
	for code, reason := range map[string]problem.Reason{
		"53100": store.ReasonFull, // disk_full
		"58030": store.ReasonFull, // io_error
		"53200": store.ReasonAway, // out_of_memory
		"53300": store.ReasonAway, // too_many_connections
		"57P01": store.ReasonAway, // admin_shutdown
		"57P03": store.ReasonAway, // cannot_connect_now
		"08006": store.ReasonAway, // connection_failure
	} {
		alone := reason
		if code == "57P01" {
			alone = store.ReasonUnsure // it ends its own transaction
		}
		err := s.Run(t.Context(), `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '`+code+`'; END $$`)
		mustBeUnavailable(t, err, alone)
		err = s.InTx(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '`+code+`'; END $$`)
			return err
		})
		mustBeUnavailable(t, err, reason)
	}
	for _, code := range []string{"42P01", "23505", "22012"} {
		err := s.Run(t.Context(), `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '`+code+`'; END $$`)
		if err == nil || problem.Of(err) != nil {
			t.Errorf("a fault of ours is %v", err)
		}
	}
}

func TestAStoreThatWentAwayIsUsedAgainWhenItIsBack(t *testing.T) {
	t.Parallel()
	s := storetest.Postgres(t)
	anna, _, _ := threePeople(t, s)
	err := s.InTx(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(t.Context(), `UPDATE cards SET epoch = 7`); err != nil {
			return err
		}
		_, err := tx.ExecContext(t.Context(), `SELECT pg_terminate_backend(pg_backend_pid())`)
		return err
	})
	mustBeUnavailable(t, err, store.ReasonAway)
	epoch, err := s.RaiseEpoch(t.Context(), anna.ID)
	must(t, err)
	mustBe(t, "epoch", epoch, 1)
}

func TestAClosedStoreIsNoProblemOfTheMembers(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	must(t, s.Close())
	if _, _, err := s.Account(t.Context(), 1); err == nil {
		t.Error("a closed store answered")
	}
}

func TestWhoGoesAwayIsNotToldThatTheStoreDid(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := s.Account(ctx, 1)
		_, err2 := s.RaiseEpoch(ctx, 1)
		err3 := s.InTx(ctx, func(*sql.Tx) error { return nil })
		for _, err := range []error{err, err2, err3} {
			if !errors.Is(err, context.Canceled) || problem.Of(err) != nil {
				t.Errorf("got %v", err)
			}
		}
	})
}

// booking adds to a sum unless that would pass a limit: it reads, decides and
// writes. between runs after the decision, each time.
func booking(ctx context.Context, s *store.Store, amount, limit int, between func()) (booked bool, err error) {
	err = s.InTx(ctx, func(tx *sql.Tx) error {
		booked = false
		var sum int
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(sum(epoch), 0) FROM cards`).Scan(&sum); err != nil {
			return err
		}
		between()
		if sum+amount > limit {
			return nil
		}
		booked = true
		_, err := tx.ExecContext(ctx, `INSERT INTO cards (number, name, sort_name, epoch) VALUES ($1, '', '', $2)`, rand.Text(), amount)
		return err
	})
	return booked, err
}

func TestTransactionsCountAsIfOneRanAfterTheOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustBe(t, "bookings of 80 under a limit of 100", count(t, 12, func(int) (bool, error) {
			return booking(t.Context(), s, 80, 100, func() {})
		}), 1)
	})
}

// Whoever keeps the database may have changed what it does by default.
func TestATransactionIsIsolatedAsItAsksWhateverTheDatabasesDefault(t *testing.T) {
	t.Parallel()
	address := storetest.PostgresAddress(t)
	first := storetest.Open(t, address)
	must(t, first.Migrate(t.Context()))
	name, err := first.Text(t.Context(), `SELECT current_database()`)
	must(t, err)
	must(t, first.Run(t.Context(), `ALTER DATABASE `+name+` SET default_transaction_isolation = 'repeatable read'`))
	s := storetest.Open(t, address)
	for want, within := range map[string]func(context.Context, func(*sql.Tx) error) error{
		"serializable": s.InTx, "read committed": s.InLockingTx,
	} {
		must(t, within(t.Context(), func(tx *sql.Tx) error {
			var got string
			err := tx.QueryRowContext(t.Context(), `SHOW transaction_isolation`).Scan(&got)
			mustBe(t, "isolation", got, want)
			return err
		}))
	}
}

func TestAnOvertakenTransactionIsTriedAgain(t *testing.T) {
	t.Parallel()
	// SQLite lets nobody begin; on PostgreSQL both have decided before either
	// writes.
	s := storetest.Postgres(t)
	var tries atomic.Int64
	decided := make(chan struct{})
	mustBe(t, "bookings of 80 under a limit of 100", count(t, 2, func(int) (bool, error) {
		return booking(t.Context(), s, 80, 100, func() {
			switch tries.Add(1) {
			case 1:
				<-decided
			case 2:
				close(decided)
			}
		})
	}), 1)
	mustBe(t, "tries", tries.Load(), 3)
}

func TestATransactionThatPanicsOrFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		write := func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), `INSERT INTO cards (number, name, sort_name) VALUES ('1', '', '')`)
			return err
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.InTx(t.Context(), func(tx *sql.Tx) error {
				if err := write(tx); err != nil {
					t.Error(err)
				}
				panic("on purpose")
			})
		}()
		failed := errors.New("on purpose")
		err := s.InTx(t.Context(), func(tx *sql.Tx) error { return errors.Join(write(tx), failed) })
		mustBe(t, "error", errors.Is(err, failed), true)
		mustBe(t, "cards", rows(t, s, "cards"), 0)
		must(t, s.InTx(t.Context(), write)) // and its connection is free again
		mustBe(t, "cards", rows(t, s, "cards"), 1)
	})
}

// dyingStore tells the child of TestWhatWasCommittedSurvivesAKill which store
// to write to.
const dyingStore = "STORETEST_DYING_STORE"

func TestWhatWasCommittedSurvivesAKill(t *testing.T) {
	t.Parallel()
	if address := os.Getenv(dyingStore); address != "" {
		writeAndDie(t, address)
	}
	storetest.EachAddress(t, func(t *testing.T, address string) {
		must(t, storetest.Open(t, address).Migrate(t.Context()))
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWhatWasCommittedSurvivesAKill$")
		child.Env = append(os.Environ(), dyingStore+"="+address)
		out, err := child.StdoutPipe()
		must(t, err)
		must(t, child.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		must(t, err)
		mustBe(t, "the child", line, "written\n")
		var exit *exec.ExitError
		if err := child.Wait(); !errors.As(err, &exit) || exit.Error() != "signal: killed" {
			t.Fatalf("the child ended with %v", err)
		}
		s := storetest.Open(t, address)
		must(t, s.Migrate(t.Context()))
		p, ok, err := s.PaymentByKey(t.Context(), "committed")
		must(t, err)
		if !ok || p.State != payment.Paid || len(p.Lines) != 1 {
			t.Errorf("the paid payment is %+v, %v", p, ok)
		}
		mustBe(t, "jobs", jobs(t, s), 1)
		mustBe(t, "cards", rows(t, s, "cards"), 1) // not the one that was not committed
		know(t, s, "20000003", "Cleo")             // and it can be written
	})
}

func writeAndDie(t *testing.T, address string) {
	s, err := store.Open(t.Context(), address, store.Options{Now: time.Now})
	must(t, err)
	anna := know(t, s, "20000001", "Anna")
	p := open(t, s, pays(anna, "committed", fee(anna, "1")))
	mustBe(t, "paid", step(t, s, p, payment.Open, payment.Paid), true)
	must(t, s.InTx(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO cards (number, name, sort_name) VALUES ('20000002', '', '')`); err != nil {
			return err
		}
		fmt.Println("written")
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}))
}

func TestAFullDiskDuringAPaymentLosesNothing(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	ctx := t.Context()
	anna, bram, _ := threePeople(t, s)
	p := open(t, s, pays(anna, "", fee(bram, "8"), fee(anna, "9")))
	must(t, s.Run(ctx, `CREATE TABLE filler (x TEXT)`))
	must(t, s.Run(ctx, `PRAGMA max_page_count = 1`)) // not below what there is: no page more
	for full := false; !full; {
		err := s.Run(ctx, `INSERT INTO filler VALUES ($1)`, strings.Repeat("x", 100))
		if full = problem.Has(err, store.ReasonFull); !full {
			must(t, err)
		}
	}
	booking := payment.Booking{Received: 300, Deliver: true, Series: payment.Series{Branch: "Online", Year: 2026}}
	for range 50 { // more than fits in what is left of any page
		booking.Postings = append(booking.Postings, posted(t, "fees/2", "provider/testbank", 1))
		booking.Entries = append(booking.Entries, mandate.Entry{At: noon, Deed: mandate.Paid, Actor: anna, Card: bram, Other: anna})
	}
	moved, err := s.Move(ctx, p, payment.Paid, noon, booking)
	if moved || !problem.Has(err, store.ReasonFull) {
		t.Fatalf("on a full disk: %v, %v", moved, err)
	}
	same(t, "the payment", reread(t, s, p), p)
	for _, table := range []string{"postings", "mandate_log", "receipts"} {
		mustBe(t, table, rows(t, s, table), 0)
	}
	mustBe(t, "jobs", jobs(t, s), 0)
	must(t, s.Run(ctx, `PRAGMA max_page_count = 1000000`))
	moved, err = s.Move(ctx, p, payment.Paid, noon, booking)
	must(t, err)
	mustBe(t, "with room again", moved, true)
	mustBe(t, "the receipt", reread(t, s, p).Receipt.No, int64(1))
	mustBe(t, "postings", rows(t, s, "postings"), 50)
}
