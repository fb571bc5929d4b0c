package koha_test

import (
	"strconv"
	"testing"

	"hoofdpas/internal/library/koha/kohatest"
)

func TestEveryPageOfLoansIsRead(t *testing.T) {
	t.Parallel()
	for _, version := range kohatest.Versions {
		server := household(t, version)
		for i := range 250 {
			server.AddItem(kohatest.Item{ID: 5000 + i, BiblioID: 6000 + i, Title: "Deel " + strconv.Itoa(i), Barcode: "b" + strconv.Itoa(i)})
			server.AddCheckout(kohatest.Checkout{ID: 7000 + i, Patron: 50, Item: 5000 + i, Due: noon(t)().AddDate(0, 0, i)})
		}
		system := client(t, server, nil)
		for range 2 {
			loans, err := system.Loans(t.Context(), number(t, annsNumber))
			if err != nil || len(loans) != 252 {
				t.Fatalf("%s: %d loans, %v", version, len(loans), err)
			}
			for _, l := range loans {
				if version != kohatest.V1906 && l.Title == "" {
					t.Fatalf("%s: loan %s has no title", version, l.ID)
				}
			}
		}
		// Titles are asked for once.
		if n := server.Asked("GET /items"); version == kohatest.V2211 && n != 6 {
			t.Errorf("items were asked for %d times", n)
		}
	}
}

func TestAServerThatDoesNotPageIsReadOnce(t *testing.T) {
	t.Parallel()
	all := `[{"checkout_id":1,"patron_id":7,"item_id":1,"due_date":"2026-11-28"}`
	for i := 2; i <= 1300; i++ {
		all += `,{"checkout_id":` + strconv.Itoa(i) + `,"patron_id":7,"item_id":` + strconv.Itoa(i) + `,"due_date":"2026-11-28"}`
	}
	s := answers(t, map[string]string{"/": `{"paths":{"/patrons":{"get":{}}}}`, "/patrons": onePatron, "/checkouts": all + `]`})
	loans, err := s.Loans(t.Context(), number(t, annsNumber))
	if err != nil || len(loans) != 1300 {
		t.Errorf("%d loans, %v", len(loans), err)
	}
}

func TestTitlesAreAskedForOneByOneWhenTheyCannotBeAtOnce(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V2211)
	system := client(t, server, nil)
	server.Break("GET /items", kohatest.Error)
	loans, err := system.Loans(t.Context(), number(t, annsNumber))
	if err != nil || len(loans) != 2 || loans[0].Title != annsTitle || loans[1].Item != "39L2" {
		t.Error(loans, err)
	}
}

func TestLoansWithoutTitlesAreBetterThanNone(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V2211)
	system := client(t, server, nil)
	server.Break("GET /items", kohatest.HTML)
	server.Break("GET /items/{item_id}", kohatest.HTML, kohatest.HTML)
	loans, err := system.Loans(t.Context(), number(t, annsNumber))
	if err != nil || len(loans) != 2 || loans[0].Title != "" {
		t.Error(loans, err)
	}
	server.Mend()
	if loans, err = system.Loans(t.Context(), number(t, annsNumber)); err != nil || loans[0].Title != annsTitle {
		t.Error(loans, err)
	}
}

// A newer Koha takes the number of a person for a part of a number.
func TestLoansOfOthersAreNotRead(t *testing.T) {
	t.Parallel()
	for _, version := range kohatest.Versions {
		server := household(t, version)
		for i := range 2500 {
			server.AddCheckout(kohatest.Checkout{ID: 10_000 + i, Patron: 5000 + i%10, Item: 1, Due: noon(t)()})
		}
		loans, err := client(t, server, nil).Loans(t.Context(), number(t, annsNumber))
		if err != nil || len(loans) != 2 {
			t.Errorf("%s: %d loans, %v", version, len(loans), err)
		}
		pages := map[string]int{kohatest.V1906: 3, kohatest.V2211: 1, kohatest.V2505: 1}[version]
		if n := server.Asked("GET /checkouts") + server.Asked("GET /patrons/{patron_id}/checkouts"); n != pages {
			t.Errorf("%s: %d pages", version, n)
		}
	}
}
