package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/exchange"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// Into an empty table rows go without its indexes and keys, which then are what
// they were; a second import finds a full one.
func TestAnImportLeavesIndexesAndKeysAsTheyWere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		asides := func() (all []string) {
			for _, table := range []string{"library_cards", "library_loans", "library_fees"} {
				some, err := s.Asides(t.Context(), table)
				must(t, err)
				all = append(all, some...)
			}
			return all
		}
		before := asides()
		if want := map[bool]int{true: 7, false: 3}[s.IsPostgres()]; len(before) != want {
			t.Fatalf("%d can be set aside: %q", len(before), before)
		}
		for _, loans := range []string{"L1,1,B1,Een,2026-11-01,2026-12-01", "L1,1,B1,Een,2026-11-01,2026-12-01\nL2,1,B2,Twee,2026-11-01,2026-12-02"} {
			_, err := exchange.Import(t.Context(), s, exchange.Files{
				Cards: exchange.Reader("cards", strings.NewReader("card_number,name\n1,Anna\n")),
				Loans: exchange.Reader("loans", strings.NewReader("loan_id,card_number,item_number,title,lent_on,due_on\n"+loans+"\n")),
				Fees:  exchange.Reader("fees", strings.NewReader("fee_id,card_number,kind,amount,charged_on\nF1,1,other,2.50,2026-11-01\n")),
			}, exchange.Options{Rules: builtin.Rules{Zone: time.UTC}, Now: time.Now})
			must(t, err)
			if diff := cmp.Diff(before, asides()); diff != "" {
				t.Error(diff)
			}
		}
		if n, err := s.Count(t.Context(), `SELECT count(*) FROM library_loans`); err != nil || n != 2 {
			t.Errorf("there are %d loans, %v", n, err)
		}
		if err := s.Run(t.Context(), `UPDATE library_loans SET card_number = 'nobody'`); err == nil {
			t.Error("a loan of a card that does not exist was kept")
		}
	})
}
