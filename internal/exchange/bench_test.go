package exchange_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"hoofdpas/internal/exchange"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// The size of a large Dutch library.
const (
	manyCards = 100_000
	manyLoans = 500_000
	manyFees  = 50_000
)

// BenchmarkImport loads a large library into an empty store, and once more.
func BenchmarkImport(b *testing.B) {
	files := largeLibrary(b)
	for name, open := range map[string]func(testing.TB, ...store.Options) *store.Store{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := open(b)
				b.StartTimer()
				load(b, s, files, exchange.Count{Added: manyLoans})
				first := b.Elapsed().Seconds()
				load(b, s, files, exchange.Count{Unchanged: manyLoans})
				b.ReportMetric(first, "s/empty")
				b.ReportMetric(b.Elapsed().Seconds()-first, "s/again")
			}
		})
	}
}

func load(b *testing.B, s *store.Store, files exchange.Files, want exchange.Count) {
	b.Helper()
	sum, err := exchange.Import(b.Context(), s, files, options())
	if err != nil {
		b.Fatal(err)
	}
	if got := sum.Counts[exchange.Loans]; got != want {
		b.Fatalf("got %+v", got)
	}
}

func largeLibrary(b *testing.B) exchange.Files {
	b.Helper()
	dir := b.TempDir()
	write := func(name, header string, n int, row func(i int) string) exchange.Source {
		path := filepath.Join(dir, name)
		f, err := os.Create(path) //nolint:gosec // in a temporary folder
		if err != nil {
			b.Fatal(err)
		}
		w := bufio.NewWriter(f)
		fmt.Fprintln(w, header)
		for i := range n {
			fmt.Fprintln(w, row(i))
		}
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
		return exchange.File(path)
	}
	return exchange.Files{
		Cards: write("cards.csv", "card_number,name,birth_date,email,category,branch,expires_on,blocked", manyCards, func(i int) string {
			return fmt.Sprintf("2%013d,Voornaam van Achternaam-%d,19%02d-%02d-%02d,lener%d@example.nl,adult,Centrum,2030-12-31,no",
				i, i, i%100, 1+i%12, 1+i%28, i)
		}),
		Loans: write("loans.csv", "loan_id,card_number,item_number,title,author,material,lent_on,due_on,renewals,reserved", manyLoans, func(i int) string {
			return fmt.Sprintf("%d,2%013d,3999%09d,Een titel van een boek deel %d,\"Schrijver, A. (%d)\",book,2026-11-%02d,2026-12-%02d,%d,no",
				i, i%manyCards, i, i, i%1000, 1+i%28, 1+i%28, i%3)
		}),
		Fees: write("fees.csv", "fee_id,card_number,kind,description,amount,charged_on,item_number", manyFees, func(i int) string {
			return fmt.Sprintf("%d,2%013d,other,Kopieerkaart %d,%d.%02d,2026-11-%02d,", i, i*7%manyCards, i, 1+i%20, i%100, 1+i%28)
		}),
	}
}
