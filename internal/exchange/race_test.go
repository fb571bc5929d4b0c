package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// twoPrograms runs f on each engine with a store that one program imports into and
// that another serves from.
func twoPrograms(t *testing.T, f func(t *testing.T, importing, serving *store.Store)) {
	t.Helper()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		importing, serving := storetest.Open(t, address), storetest.Open(t, address)
		if err := importing.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		f(t, importing, serving)
	})
}

// importWhile imports the files and does all the rest at the moment in which the import
// begins to save. It returns what became of the rest.
func importWhile(t *testing.T, s exchange.Store, f exchange.Files, rest ...func() error) []error {
	t.Helper()
	errs := make([]error, len(rest))
	var running sync.WaitGroup
	o := options()
	o.Progress = func(step exchange.Step, done, _ int64) {
		if step != exchange.Saving || done > 0 {
			return
		}
		for i, do := range rest {
			running.Go(func() { errs[i] = do() })
		}
	}
	_, err := exchange.Import(t.Context(), s, f, o)
	running.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return errs
}

// What a member does while an import saves counts as done before it or after it.
func TestRenewingAndPayingWhileAnImportSavesIsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	twoPrograms(t, func(t *testing.T, importing, serving *store.Store) {
		ctx := context.Background()
		sys, n := system(serving), number(t, "1")
		for round := range 16 {
			loan, fee := circulation.LoanID(fmt.Sprintf("L%d", round)), circulation.FeeID(fmt.Sprintf("F%d", round))
			loans := func(title, due string) string {
				return loansHead + string(loan) + ",1,39," + title + ",2026-11-10," + due + ",0,\n"
			}
			fees := feesHead + string(fee) + ",1,other,2.50,2026-11-01,\n"
			mustImport(t, importing, files(goodCards, loans("T", "2026-12-01"), fees))
			// In the library's own system the loan was renewed and the fee paid too, or not.
			moved, gone := round%2 == 1, round%4 > 1
			file := files("", loans("U", "2026-12-01"), strings.Replace(fees, "2.50", "3.00", 1))
			if moved {
				file.Loans = text(exchange.Loans, loans("U", "2026-12-05"))
			}
			if gone {
				file.Fees = text(exchange.Fees, feesHead+"other,1,other,1,2026-11-01,\n")
			}
			pay := func() error {
				return sys.Settle(ctx, n, []circulation.Settlement{{Fee: fee, Amount: 250}}, fmt.Sprint(round))
			}
			errs := importWhile(t, importing, file, func() error {
				_, err := sys.Renew(ctx, n, loan, day(t, "2026-12-01"))
				return err
			}, pay, pay)

			if err := errs[0]; err != nil && !(moved && problem.Has(err, circulation.ReasonChanged)) {
				t.Fatalf("round %d: renewing: %v", round, err)
			}
			due, renewals := "2026-12-16", 1
			if moved {
				due, renewals = "2026-12-05", 0
			}
			got, err := sys.Loans(ctx, n)
			if err != nil || len(got) != 1 || got[0].Title != "U" || got[0].DueOn != day(t, due) || got[0].Renewals != renewals {
				t.Fatalf("round %d: got %+v, %v", round, got, err)
			}
			if err := errors.Join(errs[1:]...); err != nil && !(gone && problem.Has(err, circulation.ReasonFeeSettled)) {
				t.Fatalf("round %d: paying: %v", round, err)
			}
			if again := pay(); (again == nil) != (errs[1] == nil) || (errs[1] == nil) != (errs[2] == nil) {
				t.Fatalf("round %d: paid: %v, %v; told again: %v", round, errs[1], errs[2], again)
			}
			open, err := sys.Fees(ctx, n)
			for _, f := range open {
				if f.ID == fee {
					t.Fatalf("round %d: still owed: %+v", round, f)
				}
			}
			if err != nil || len(open) > 1 {
				t.Fatalf("round %d: owes %+v, %v", round, open, err)
			}
		}
	})
}
