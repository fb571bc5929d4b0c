package demo_test

import (
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/demo"
)

func read(t *testing.T, file []byte) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := make([]map[string]string, 0, len(rows)-1)
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = r[i]
		}
		out = append(out, m)
	}
	return out
}

func of(rows []map[string]string, number string) []map[string]string {
	var out []map[string]string
	for _, r := range rows {
		if r["card_number"] == number {
			out = append(out, r)
		}
	}
	return out
}

func TestTheDemoIsLargeEnoughAndTheSameEveryTime(t *testing.T) {
	t.Parallel()
	day, _ := calendar.New(2026, 11, 25)
	cards, loans, fees := demo.Files(day)
	if c, l, f := len(read(t, cards)), len(read(t, loans)), len(read(t, fees)); c < 400 || l < 1500 || f < 250 {
		t.Errorf("%d cards, %d loans, %d fees", c, l, f)
	}
	again, loansAgain, feesAgain := demo.Files(day)
	if !bytes.Equal(cards, again) || !bytes.Equal(loans, loansAgain) || !bytes.Equal(fees, feesAgain) {
		t.Error("the same day gave other files")
	}
}

func TestTheFixedCardsAreAsDescribed(t *testing.T) {
	t.Parallel()
	day, _ := calendar.New(2026, 11, 25)
	cardsFile, loansFile, feesFile := demo.Files(day)
	cards, loans, fees := read(t, cardsFile), read(t, loansFile), read(t, feesFile)
	type counts struct {
		Name, Born, Password                     string
		Loans, Fees, Late, Reserved, LastRenewal int
	}
	want := map[string]counts{
		"20001000000012": {"Marieke de Vries", "1984-03-12", "Welkom-1984", 2, 1, 0, 0, 0},
		"20001000000020": {"Sem de Vries", "2014-06-02", "Welkom-2014", 5, 2, 1, 1, 1},
		"20001000000038": {"Noor de Vries", "2016-11-23", "Welkom-2016", 3, 0, 0, 0, 0},
		"20001000000046": {"Willem Jansen", "1941-01-30", "Welkom-1941", 0, 1, 0, 0, 0},
		"20001000000053": {"Fatima El Amrani", "1990-07-08", "Welkom-1990", 3, 2, 0, 0, 0},
		"20001000000061": {"Tom Bakker", "1975-09-17", "Welkom-1975", 1, 2, 0, 0, 0},
		"20001000000079": {"Ans Visser", "1958-04-04", "Welkom-1958", 1, 0, 0, 0, 0},
	}
	for number, w := range want {
		c := of(cards, number)
		if len(c) != 1 {
			t.Fatalf("%d cards with a fixed number", len(c))
		}
		got := counts{Name: c[0]["name"], Born: c[0]["birth_date"], Password: c[0]["first_password"], Fees: len(of(fees, number))}
		for _, l := range of(loans, number) {
			got.Loans++
			if l["due_on"] < day.String() {
				got.Late++
			}
			if l["reserved"] == "yes" {
				got.Reserved++
			}
			if l["renewals"] == "3" {
				got.LastRenewal++
			}
		}
		if diff := cmp.Diff(w, got); diff != "" {
			t.Error(diff)
		}
	}
	if tom, ans := of(cards, "20001000000061")[0], of(cards, "20001000000079")[0]; tom["blocked"] != "yes" || ans["expires_on"] >= day.String() {
		t.Error("the blocked or the expired card is neither")
	}
}
