package store_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/money"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// shiftAndPayment makes shifts 1 and 2 and payments 1 and 2, for postings to be
// about.
func shiftAndPayment(t testing.TB, s *store.Store) {
	t.Helper()
	anna := know(t, s, "20000001", "Anna de Wit")
	for id := range int64(2) {
		must(t, s.Run(t.Context(), `INSERT INTO shifts (id, branch, desk, opened_by, opened_at_ms, opening_expected, opening_counted)
			VALUES ($1, 'Centrum', $2, 'Bas', 0, 0, 0)`, id+1, fmt.Sprint(id)))
		must(t, s.Run(t.Context(), `INSERT INTO payments (id, payer_id, staff, means, provider, state, total, started_at_ms, expires_at_ms)
			VALUES ($1, $2, '', 'online', 'bank', 'paid', 1, 0, 0)`, id+1, int64(anna.ID)))
	}
}

func posting(amount money.Cents) ledger.Posting {
	return ledger.Posting{From: ledger.Fees(1), To: ledger.Provider("bank"), Amount: amount, Why: ledger.Paid, At: noon}
}

// readBack returns the ledger as it is read.
func readBack(t testing.TB, s *store.Store) (rows []ledger.Row, head ledger.Head) {
	t.Helper()
	head, err := s.EachPosting(t.Context(), 0, func(r ledger.Row) error {
		rows = append(rows, r)
		return nil
	})
	must(t, err)
	return rows, head
}

// verified returns the first fault of the ledger, nil when it is sound.
func verified(t testing.TB, s *store.Store) *ledger.Fault {
	t.Helper()
	var v ledger.Verifier
	rows, head := readBack(t, s)
	for _, r := range rows {
		if err := v.Add(r); err != nil {
			return asFault(t, err)
		}
	}
	if err := v.End(head); err != nil {
		return asFault(t, err)
	}
	return nil
}

func asFault(t testing.TB, err error) *ledger.Fault {
	t.Helper()
	var f *ledger.Fault
	if !errors.As(err, &f) {
		t.Fatal(err)
	}
	return f
}

func TestPostingsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shiftAndPayment(t, s)
		if rows, head := readBack(t, s); len(rows) > 0 || head != (ledger.Head{}) {
			t.Errorf("a new ledger has %d rows and head %v", len(rows), head)
		}
		first := ledger.Posting{
			From: ledger.Fees(1), To: ledger.Till("Café Őz", "Balie 1", "cash"), Amount: 250, Why: ledger.Paid,
			At: noon.Add(999 * time.Microsecond), Payment: 1, Shift: 2,
		}
		second := ledger.Posting{
			From: first.To, To: first.From, Amount: 250, Why: ledger.Reversal, At: noon, Payment: 1, Shift: 2, Reverses: 1,
		}
		must(t, s.Post(t.Context(), first, second))
		rows, head := readBack(t, s)
		first.At = noon // to the millisecond
		mustBe(t, "rows", len(rows), 2)
		same(t, "postings", []ledger.Posting{rows[0].Posting, rows[1].Posting}, []ledger.Posting{first, second})
		mustBe(t, "head", head, ledger.Head{No: 2, Hash: rows[1].Hash})
		if f := verified(t, s); f != nil {
			t.Error(f)
		}
		// Only what follows a number.
		_, err := s.EachPosting(t.Context(), 1, func(r ledger.Row) error {
			mustBe(t, "number", r.No, 2)
			return nil
		})
		must(t, err)
	})
}

func TestOneBadPostingKeepsAllOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Post(t.Context(), posting(1)))
		if err := s.Post(t.Context(), posting(2), posting(0)); !errors.Is(err, ledger.ErrPosting) {
			t.Errorf("got %v", err)
		}
		unknown := posting(3)
		unknown.Payment = 99
		if err := s.Post(t.Context(), posting(2), unknown); err == nil {
			t.Error("a posting about no payment was kept")
		}
		rows, head := readBack(t, s)
		mustBe(t, "rows", len(rows), 1)
		mustBe(t, "head", head.No, 1)
	})
}

func TestManyWhoBookMakeOneChain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const writers, each = 8, 20
		var tries atomic.Int64
		mustAll(t, atOnce(writers, func(i int) error {
			for j := range each {
				if err := s.PostCounting(t.Context(), &tries, posting(money.Cents(1+i)), posting(money.Cents(1+j))); err != nil {
					return err
				}
			}
			return nil
		}))
		rows, head := readBack(t, s)
		mustBe(t, "rows", len(rows), 2*writers*each)
		mustBe(t, "head", head.No, int64(2*writers*each))
		if f := verified(t, s); f != nil {
			t.Error(f)
		}
		// Waiting is no failure. PostgreSQL may see a conflict where there is none,
		// now and then; without the lock most writers would start over.
		if n := tries.Load(); n > writers*each*5/4 {
			t.Errorf("%d bookings took %d tries", writers*each, n)
		}
	})
}

func TestTheLedgerIsVerifiedWhileOthersBook(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const writers = 3
		done := make(chan struct{})
		errs := make(chan error, writers)
		for range writers {
			go func() {
				for {
					select {
					case <-done:
						errs <- nil
						return
					default:
					}
					if err := s.Post(t.Context(), posting(1), posting(2)); err != nil {
						errs <- err
						return
					}
				}
			}()
		}
		for range 5 {
			if f := verified(t, s); f != nil {
				t.Error(f)
			}
		}
		close(done)
		for range writers {
			must(t, <-errs)
		}
	})
}

// spoilers are changes that somebody with access to the database may make.
// Each is a statement; one that changes nothing is not counted.
var spoilers = map[string]string{
	"from":     `UPDATE postings SET from_account = from_account || 'x' WHERE id = $1`,
	"to":       `UPDATE postings SET to_account = to_account || 'x' WHERE id = $1`,
	"amount":   `UPDATE postings SET amount = amount + 1 WHERE id = $1`,
	"why":      `UPDATE postings SET why = 'other' WHERE id = $1`,
	"when":     `UPDATE postings SET at_ms = at_ms + 1 WHERE id = $1`,
	"payment":  `UPDATE postings SET payment_id = CASE payment_id WHEN 1 THEN 2 ELSE 1 END WHERE id = $1`,
	"shift":    `UPDATE postings SET shift_id = CASE shift_id WHEN 1 THEN 2 ELSE 1 END WHERE id = $1`,
	"hash":     `UPDATE postings SET hash = (SELECT hash FROM ledger_head) WHERE id = $1 AND id < (SELECT posting FROM ledger_head)`,
	"number":   `UPDATE postings SET id = -id WHERE id = $1`,
	"remove":   `DELETE FROM postings WHERE id = $1`,
	"the rest": `DELETE FROM postings WHERE id >= $1`,
	"insert": `INSERT INTO postings (id, from_account, to_account, amount, why, at_ms, hash)
		SELECT (SELECT posting + 1 FROM ledger_head), from_account, to_account, amount, why, at_ms, hash FROM postings WHERE id = $1`,
	"below the first": `INSERT INTO postings (id, from_account, to_account, amount, why, at_ms, hash)
		SELECT 1 - id, from_account, to_account, amount, why, at_ms, hash FROM postings WHERE id = $1`,
	"head": `UPDATE ledger_head SET posting = $1 - 1`,
	"its hash": `UPDATE ledger_head SET hash = (SELECT hash FROM postings WHERE id = $1)
		WHERE posting <> $1`,
	"both": `UPDATE ledger_head SET posting = $1 - 1, hash = (SELECT hash FROM postings WHERE id = $1)`,
}

func TestAnySingleChangeInTheTableIsFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shiftAndPayment(t, s)
		rapid.Check(t, func(r *rapid.T) {
			must(t, s.Run(t.Context(), `DELETE FROM postings`))
			must(t, s.Run(t.Context(), `UPDATE ledger_head SET posting = 0, hash = $1`, []byte{}))
			n := rapid.IntRange(1, 8).Draw(r, "postings")
			for range n {
				p := posting(money.Cents(rapid.Int64Range(1, 1000).Draw(r, "amount")))
				p.Payment, p.Shift = rapid.Int64Range(0, 2).Draw(r, "payment"), rapid.Int64Range(0, 2).Draw(r, "shift")
				must(t, s.Post(t.Context(), p))
			}
			if f := verified(t, s); f != nil {
				r.Fatalf("a sound ledger: %v", f)
			}
			at := rapid.IntRange(1, n).Draw(r, "at")
			if rapid.Bool().Draw(r, "swap") && n > 1 {
				swap(t, s, at, at%n+1)
			} else {
				name := rapid.SampledFrom([]string{
					"from", "to", "amount", "why", "when", "payment", "shift", "hash", "number", "remove", "the rest", "insert", "below the first", "head", "its hash", "both",
				}).Draw(r, "spoiler")
				if n, err := s.Changed(t.Context(), spoilers[name], at); err != nil || n == 0 {
					must(t, err)
					r.Skip("it changed nothing")
				}
			}
			if verified(t, s) == nil {
				r.Fatal("it was not found")
			}
		})
	})
}

// SQLite keeps whatever somebody writes.
func TestAPostingThatCannotBeReadIsAFault(t *testing.T) {
	t.Parallel()
	for _, column := range []string{"amount", "at_ms", "why", "shift_id", "hash"} {
		s := storetest.SQLite(t)
		must(t, s.Post(t.Context(), posting(1), posting(2), posting(3)))
		must(t, s.Run(t.Context(), `PRAGMA foreign_keys = OFF`))
		value := map[string]any{"why": []byte{0xff, 0}}[column]
		if value == nil {
			value = "much"
		}
		must(t, s.Run(t.Context(), `UPDATE postings SET `+column+` = $1 WHERE id = 2`, value))
		var v ledger.Verifier
		_, err := s.EachPosting(t.Context(), 0, v.Add)
		if f := asFault(t, err); f.Kind != ledger.Changed || f.No != 2 {
			t.Errorf("%s: %v", column, err)
		}
	}
}

// swap lets two postings change numbers.
func swap(t testing.TB, s *store.Store, a, b int) {
	t.Helper()
	for _, step := range [][2]int{{a, -1}, {b, a}, {-1, b}} {
		must(t, s.Run(t.Context(), `UPDATE postings SET id = $2 WHERE id = $1`, step[0], step[1]))
	}
}

func TestTheBookHasReceiptsAndWhatWasUndone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shiftAndPayment(t, s)
		ctx := t.Context()
		must(t, s.Run(ctx, `INSERT INTO refunds (id, payment_id, means, provider, reason, amount, state, order_key, requested_at_ms)
			VALUES (7, 1, 'cash', '', 'staff', 100, 'done', 'k', 0)`))
		must(t, s.Run(ctx, `INSERT INTO receipts (branch, year, no, payment_id) VALUES ('Centrum', 2026, 12, 1)`))
		must(t, s.Run(ctx, `INSERT INTO receipts (branch, year, no, refund_id) VALUES ('Noord', 2026, 3, 7)`))
		paid, back, undo, other := posting(250), posting(100), posting(250), posting(5)
		paid.Payment = 1
		back.Payment, back.Refund, back.Why, back.At = 1, 7, ledger.PaidBack, noon.Add(time.Hour)
		undo.Payment, undo.Why, undo.Reverses, undo.At = 2, ledger.Reversal, 1, noon.Add(2*time.Hour)
		other.At = noon.Add(-time.Hour) // later in the chain, but earlier in time
		must(t, s.Post(ctx, paid, back, undo, other))
		read := func(from, to time.Time) (seen string) {
			must(t, s.EachEntry(ctx, from, to, func(e ledger.Entry) error {
				seen += fmt.Sprint(e.No, " ", e.Receipt, " ", e.Undoes, "; ")
				return nil
			}))
			return seen
		}
		mustBe(t, "all", read(noon.Add(-time.Hour), noon.Add(3*time.Hour)),
			"4 { 0 0} ; 1 {Centrum 2026 12} ; 2 {Noord 2026 3} ; 3 { 0 0} paid; ")
		mustBe(t, "some", read(noon, noon.Add(time.Hour)), "1 {Centrum 2026 12} ; ")
		enough := errors.New("enough")
		if err := s.EachEntry(ctx, noon, noon.Add(time.Hour), func(ledger.Entry) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("the error of who reads: %v", err)
		}
	})
}

func TestAStoreFromBeforeTheChainIsSealed(t *testing.T) {
	t.Parallel()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		s := storetest.Open(t, address)
		ctx := t.Context()
		must(t, s.MigrateTo(ctx, 2))
		must(t, s.Run(ctx, `INSERT INTO cards (id, number, name, sort_name) VALUES (1, '20000001', 'Anna', 'anna'), (2, '20000002', 'Bram', 'bram')`))
		states := []string{"paid", "owed", "open", "expired"}
		for i, state := range states {
			must(t, s.Run(ctx, `INSERT INTO payments (id, payer_id, staff, means, provider, ref, form_key, state, total, started_at_ms, expires_at_ms, ended_at_ms)
				VALUES ($1, 1, '', 'online', 'bank', $2, $2, $3, 400, 1000, 2000, 3000)`, 10+i, "k"+state, state))
			must(t, s.Run(ctx, `INSERT INTO payment_fees (payment_id, line, card_id, fee, kind, description, amount, holding, told_at_ms, refused_at_ms)
				VALUES ($1, 0, 1, $2, 'overdue', 'Te laat', 150, $3, 5, NULL), ($1, 1, 2, $2, 'lost', 'Kwijt', 250, FALSE, 5, 5)`,
				10+i, "f"+state, state == "paid" || state == "open"))
		}
		const many = 1203 // more than are sealed at once
		must(t, s.Run(ctx, `INSERT INTO postings (id, payment_id, from_account, to_account, amount, at_ms) VALUES
			(3, 10, 'fees/1', 'provider/bank', 150, 3000), (5, 10, 'fees/2', 'provider/bank', 250, 3000),
			(6, 10, 'refunds/1', 'fees/2', 250, 3001), (9, 11, 'refunds/1', 'provider/bank', 300, 3002)`))
		must(t, s.Run(ctx, `INSERT INTO postings (id, payment_id, from_account, to_account, amount, at_ms)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			SELECT 9 + i, 10, 'fees/1', 'provider/bank', i, 4000 FROM n`, many))
		must(t, s.Migrate(ctx))

		if f := verified(t, s); f != nil {
			t.Errorf("what was copied is not sound: %v", f)
		}
		rows, head := readBack(t, s)
		mustBe(t, "postings", len(rows), 4+many)
		mustBe(t, "head", head.No, int64(4+many))
		for i, want := range []ledger.Posting{
			{From: "fees/1", To: "provider/bank", Amount: 150, Why: ledger.Paid, Payment: 10},
			{From: "fees/2", To: "provider/bank", Amount: 250, Why: ledger.Paid, Payment: 10},
			{From: "refunds/1", To: "fees/2", Amount: 250, Why: ledger.Returned, Payment: 10},
			{From: "refunds/1", To: "provider/bank", Amount: 300, Why: ledger.Owed, Payment: 11},
		} {
			want.At = rows[i].At
			mustBe(t, "posting", rows[i].Posting, want)
		}
		for _, c := range []struct {
			what, query string
			want        int
		}{
			{"payments", `SELECT count(*) FROM payments`, len(states)},
			{"lines", `SELECT count(*) FROM payment_fees`, 2 * len(states)},
			{"lines that hold", `SELECT count(*) FROM payment_fees WHERE holding`, 2},
			{"refused lines, and both of what was owed", `SELECT count(*) FROM payment_fees WHERE refused_at_ms IS NOT NULL`, len(states) + 1},
			{"received by what was owed", `SELECT received FROM payments WHERE state = 'owed'`, 300},
			{"received by what was paid", `SELECT received FROM payments WHERE state = 'paid'`, 400},
			{"received by what was not", `SELECT sum(received) FROM payments WHERE state IN ('open', 'expired')`, 0},
		} {
			n, err := s.Count(ctx, c.query)
			must(t, err)
			mustBe(t, c.what, n, c.want)
		}
		// What is new goes on from there: a payment's number, and the chain.
		must(t, s.Run(ctx, `INSERT INTO payments (payer_id, staff, means, provider, state, total, started_at_ms, expires_at_ms)
			VALUES (1, '', 'online', 'bank', 'open', 1, 0, 0)`))
		next, err := s.Count(ctx, `SELECT max(id) FROM payments`)
		must(t, err)
		mustBe(t, "the next payment", next, 10+len(states))
		must(t, s.Post(ctx, posting(1)))
		if f := verified(t, s); f != nil {
			t.Errorf("after another posting: %v", f)
		}
	})
}

func TestAnEmptyStoreFromBeforeTheChainBecomesAnEmptyLedger(t *testing.T) {
	t.Parallel()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		s := storetest.Open(t, address)
		must(t, s.MigrateTo(t.Context(), 2))
		must(t, s.Migrate(t.Context()))
		if rows, head := readBack(t, s); len(rows) > 0 || head != (ledger.Head{}) {
			t.Errorf("%d rows and head %v", len(rows), head)
		}
		must(t, s.Run(t.Context(), `INSERT INTO cards (number, name, sort_name) VALUES ('1', 'A', 'a')`))
		must(t, s.Run(t.Context(), `INSERT INTO payments (payer_id, staff, means, provider, state, total, started_at_ms, expires_at_ms)
			VALUES (1, '', 'online', 'bank', 'open', 1, 0, 0)`))
		first, err := s.Count(t.Context(), `SELECT max(id) FROM payments`)
		must(t, err)
		mustBe(t, "the first payment", first, 1)
	})
}
