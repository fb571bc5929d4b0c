package demo_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/demo"
)

func TestTheTitlesAreManyAndNoneStandsTwice(t *testing.T) {
	t.Parallel()
	file, err := os.Open("titles.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen, kinds := map[string]bool{}, map[string]int{}
	for _, r := range rows[1:] {
		kinds[r[0]+" "+r[1]]++
		if key := r[0] + " " + r[2]; seen[key] {
			t.Errorf("%s stands twice", key)
		} else {
			seen[key] = true
		}
		for _, cell := range r {
			if cell == "" || strings.TrimSpace(cell) != cell {
				t.Errorf("%q has an empty cell, or spaces around it", r)
			}
		}
	}
	if len(seen) < 250 {
		t.Errorf("%d titles", len(seen))
	}
	for kind, least := range map[string]int{
		"book adult": 100, "book child": 100, "dvd adult": 10, "dvd child": 10, "game adult": 3, "game child": 3,
	} {
		if kinds[kind] < least {
			t.Errorf("%d of %s", kinds[kind], kind)
		}
	}
	if len(kinds) != 6 {
		t.Errorf("kinds %v", kinds)
	}
}

func TestOnlyTheFixedCardsHaveAFirstPassword(t *testing.T) {
	t.Parallel()
	day, err := calendar.New(2026, 11, 25)
	if err != nil {
		t.Fatal(err)
	}
	cards, _, _ := demo.Files(day)
	want := map[string]string{}
	for _, c := range demo.Cards {
		want[c.Number] = c.Password
	}
	numbers := map[string]bool{}
	for _, c := range read(t, cards) {
		if c["first_password"] != want[c["card_number"]] {
			t.Errorf("card %s has first password %q", c["card_number"], c["first_password"])
		}
		if numbers[c["card_number"]] {
			t.Errorf("card %s is there twice", c["card_number"])
		}
		numbers[c["card_number"]] = true
		if c["birth_date"] == "" || c["birth_date"] >= day.String() || (c["category"] != "jeugd" && c["category"] != "volwassen") || c["branch"] == "" {
			t.Errorf("card %v", c)
		}
	}
	if s := demo.Staff; s.User != "balie" || s.Password != "Welkom-Balie1" {
		t.Errorf("staff %+v", s)
	}
}

// TestWhatSemOwesIsFixed: an overdue fee of the import for the loan that is
// late keeps the library system from adding one of its own that grows by the
// day.
func TestWhatSemOwesIsFixed(t *testing.T) {
	t.Parallel()
	for _, start := range [][3]int{{2026, 1, 1}, {2026, 3, 1}, {2028, 2, 29}, {2026, 10, 26}} {
		day, err := calendar.New(start[0], start[1], start[2])
		if err != nil {
			t.Fatal(err)
		}
		_, loansFile, feesFile := demo.Files(day)
		const sem = "20001000000020"
		for _, l := range of(read(t, loansFile), sem) {
			if l["due_on"] >= day.String() {
				continue
			}
			found := false
			for _, f := range of(read(t, feesFile), sem) {
				found = found || f["kind"] == "overdue" && f["item_number"] == l["item_number"] && f["charged_on"] >= l["due_on"] && f["charged_on"] <= day.String()
			}
			if !found {
				t.Errorf("on %s the late loan has no fee", day)
			}
		}
	}
}
