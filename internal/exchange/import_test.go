package exchange_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/account"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// now is the moment at which the tests import.
var now = time.Date(2026, time.November, 25, 10, 0, 0, 0, time.UTC)

// clear is a Hasher that hashes nothing, so that tests can look.
type clear struct{}

func (clear) Hash(_ context.Context, password string) (account.Hash, error) {
	return account.Hash("hash of " + password), nil
}

func (clear) Matches(_ context.Context, password string, h account.Hash) (bool, error) {
	return h == account.Hash("hash of "+password), nil
}

func options() exchange.Options {
	return exchange.Options{
		Rules:  builtin.Rules{Categories: map[string]builtin.Category{"adult": {}}, Zone: time.UTC},
		Hasher: clear{}, Now: func() time.Time { return now },
	}
}

const sample = "testdata/koha-sample/"

func sampleFiles() exchange.Files {
	return exchange.Files{
		Cards: exchange.File(sample + "cards.csv"), Loans: exchange.File(sample + "loans.csv"), Fees: exchange.File(sample + "fees.csv"),
	}
}

// text is a file to import; "" is not given.
func text(k exchange.Kind, content string) exchange.Source {
	if content == "" {
		return exchange.Source{}
	}
	return exchange.Reader(string(k)+".csv", strings.NewReader(content))
}

func files(cards, loans, fees string) exchange.Files {
	return exchange.Files{Cards: text(exchange.Cards, cards), Loans: text(exchange.Loans, loans), Fees: text(exchange.Fees, fees)}
}

func mustImport(t *testing.T, s exchange.Store, f exchange.Files) exchange.Summary {
	t.Helper()
	sum, err := exchange.Import(t.Context(), s, f, options())
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func wantCounts(t *testing.T, sum exchange.Summary, want map[exchange.Kind]exchange.Count) {
	t.Helper()
	if diff := cmp.Diff(want, sum.Counts); diff != "" {
		t.Error(diff)
	}
}

func TestTheKohaSampleLoadsAndTheSecondTimeChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		wantCounts(t, mustImport(t, s, sampleFiles()), map[exchange.Kind]exchange.Count{
			exchange.Cards: {Added: 68}, exchange.Loans: {Added: 113}, exchange.Fees: {Added: 71},
		})
		wantCounts(t, mustImport(t, s, sampleFiles()), map[exchange.Kind]exchange.Count{
			exchange.Cards: {Unchanged: 68}, exchange.Loans: {Unchanged: 113}, exchange.Fees: {Unchanged: 71},
		})
	})
}

func export(t *testing.T, s exchange.Store) (files exchange.Files, content map[string]string) {
	t.Helper()
	dir := t.TempDir()
	if err := exchange.Export(t.Context(), s, dir); err != nil {
		t.Fatal(err)
	}
	content = map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		content[e.Name()] = string(b)
	}
	return exchange.Files{
		Cards: exchange.File(filepath.Join(dir, "cards.csv")),
		Loans: exchange.File(filepath.Join(dir, "loans.csv")),
		Fees:  exchange.File(filepath.Join(dir, "fees.csv")),
	}, content
}

func TestExportImportExportComesFullCircle(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustImport(t, s, sampleFiles())
		files, first := export(t, s)
		if len(first) != 3 || !strings.Contains(first["cards.csv"], `00020011,"Åke ""Ziggy"" | Stardust Ångström",2015-01-01`) {
			t.Fatalf("the export lacks what came in: %d files", len(first))
		}
		wantCounts(t, mustImport(t, s, files), map[exchange.Kind]exchange.Count{
			exchange.Cards: {Unchanged: 68}, exchange.Loans: {Unchanged: 113}, exchange.Fees: {Unchanged: 71},
		})
		_, again := export(t, s)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("an export of the import of an export differs: %s", diff)
		}
		empty := storetest.SQLite(t)
		mustImport(t, empty, files)
		_, elsewhere := export(t, empty)
		if diff := cmp.Diff(first, elsewhere); diff != "" {
			t.Errorf("an export from another store differs: %s", diff)
		}
	})
}
