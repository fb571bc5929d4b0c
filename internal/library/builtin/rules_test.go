package builtin

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
)

func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseISO(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnOverdueFeeCountsOpenDaysUpToTheCap(t *testing.T) {
	t.Parallel()
	sundays := Closing{Weekdays: []time.Weekday{time.Sunday}}
	christmas := Closing{Weekdays: []time.Weekday{time.Sunday}, Dates: []calendar.Date{day(t, "2026-12-25"), day(t, "2026-12-26")}}
	normal := Category{FeePerDay: 20, FeeCap: 500}
	for _, c := range []struct {
		name       string
		rules      Category
		closed     Closing
		due, today string
		want       money.Cents
	}{
		{"due tomorrow", normal, Closing{}, "2026-11-26", "2026-11-25", 0},
		{"due today", normal, Closing{}, "2026-11-25", "2026-11-25", 0},
		{"one day", normal, Closing{}, "2026-11-24", "2026-11-25", 20},
		{"a week, never closed", normal, Closing{}, "2026-11-18", "2026-11-25", 140},
		{"a week, closed on Sunday", normal, sundays, "2026-11-18", "2026-11-25", 120},
		{"due on Saturday, Sunday is free", normal, sundays, "2026-11-21", "2026-11-22", 0},
		{"due on Saturday, Monday counts", normal, sundays, "2026-11-21", "2026-11-23", 20},
		{"due on a Sunday", normal, sundays, "2026-11-22", "2026-11-23", 20},
		{"Christmas", normal, christmas, "2026-12-24", "2026-12-28", 20},
		{"the last day before the cap", normal, Closing{}, "2026-11-01", "2026-11-25", 480},
		{"the day of the cap", normal, Closing{}, "2026-11-01", "2026-11-26", 500},
		{"beyond the cap", normal, Closing{}, "2020-01-01", "2026-11-25", 500},
		{"a cap between two days", Category{FeePerDay: 30, FeeCap: 100}, Closing{}, "2026-11-21", "2026-11-25", 100},
		{"a cap of nothing", Category{FeePerDay: 20}, Closing{}, "2026-11-18", "2026-11-25", 0},
		{"no fee", Category{FeeCap: 500}, Closing{}, "2026-11-18", "2026-11-25", 0},
		{"amounts at the end of what fits", Category{FeePerDay: 1 << 62, FeeCap: 1<<63 - 1}, Closing{}, "2026-11-18", "2026-11-25", 1<<63 - 1},
		{"over the end of daylight saving", normal, Closing{}, "2026-10-24", "2026-10-26", 40},
		{"over the begin of summer time", normal, Closing{}, "2026-03-28", "2026-03-30", 40},
		{"due on 29 February", normal, Closing{}, "2028-02-29", "2028-03-01", 20},
		{"over 29 February", normal, Closing{}, "2028-02-28", "2028-03-01", 40},
		{"over the end of February", normal, Closing{}, "2027-02-28", "2027-03-01", 20},
		{"due on the last day of the year", normal, Closing{}, "2026-12-31", "2027-01-01", 20},
		{"the end of the calendar", Category{FeePerDay: 1, FeeCap: 1 << 62}, Closing{}, "9999-12-29", "9999-12-30", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := Rules{Closed: c.closed}
			if got := r.late(c.rules, day(t, c.due), day(t, c.today)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// However often somebody pays a part of a growing fee, the parts and what is
// left are what the rules say, and no part has the ID of another.
func TestPartsOfAGrowingFeeAddUpToTheWhole(t *testing.T) {
	t.Parallel()
	due := day(t, "2026-11-20")
	rapid.Check(t, func(t *rapid.T) {
		s := System{Rules: Rules{
			Default: Category{
				FeePerDay: money.Cents(rapid.Int64Range(0, 60).Draw(t, "per day")),
				FeeCap:    money.Cents(rapid.Int64Range(0, 600).Draw(t, "cap")),
			},
			Closed: Closing{Weekdays: []time.Weekday{time.Weekday(rapid.IntRange(0, 6).Draw(t, "closed"))}},
		}}
		// The ID of a loan may look like anything.
		loan := circulation.Loan{ID: circulation.LoanID(rapid.StringMatching(`[0-9/]{1,5}`).Draw(t, "loan")), Item: "39", DueOn: due}
		sheet := Sheet{Loans: []circulation.Loan{loan}}
		ids := map[circulation.FeeID]bool{}
		today := due.AddDays(-2)
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			today = today.AddDays(rapid.IntRange(0, 9).Draw(t, "days"))
			var paid money.Cents
			for _, f := range sheet.Parts {
				paid += f.Amount
			}
			fee, ok := s.growing(sheet, loan, today)
			if want := s.Rules.late(s.Rules.Default, due, today) - paid; fee.Amount != want || ok != (want > 0) {
				t.Fatalf("%s is left, want %s", fee.Amount, want)
			}
			if ok && rapid.Bool().Draw(t, "pay") {
				if ids[fee.ID] {
					t.Fatalf("%s comes twice", fee.ID)
				}
				ids[fee.ID] = true
				sheet.Parts = append(sheet.Parts, Fee{Fee: fee, Settled: true, Reference: "1"})
			}
		}
	})
}

func TestAFeeThatTheExporterChargedIsNotCountedOnceMore(t *testing.T) {
	t.Parallel()
	s := System{Rules: Rules{Default: Category{FeePerDay: 20, FeeCap: 500}}}
	loan := circulation.Loan{ID: "1", Item: "39", DueOn: day(t, "2026-11-20")}
	theirs := func(item, charged string, kind circulation.FeeKind) Fee {
		return Fee{Imported: true, Fee: circulation.Fee{ID: "9", Kind: kind, Item: item, ChargedOn: day(t, charged), Amount: 100}}
	}
	settled := theirs("39", "2026-11-21", circulation.Overdue)
	settled.Settled = true
	ours := theirs("39", "2026-11-21", circulation.Overdue)
	ours.Imported = false
	for _, c := range []struct {
		name string
		fee  Fee
		want bool
	}{
		{"the same item, on the due date", theirs("39", "2026-11-20", circulation.Overdue), false},
		{"the same item, later", theirs("39", "2026-11-21", circulation.Overdue), false},
		{"and settled", settled, false},
		{"an earlier loan's", theirs("39", "2026-11-19", circulation.Overdue), true},
		{"another item", theirs("40", "2026-11-21", circulation.Overdue), true},
		{"another kind", theirs("39", "2026-11-21", circulation.Damage), true},
		{"not theirs", ours, true},
	} {
		fee, ok := s.growing(Sheet{Fees: []Fee{c.fee}}, loan, day(t, "2026-11-25"))
		if ok != c.want || (ok && fee.Amount != 100) {
			t.Errorf("%s: got %v, %s", c.name, ok, fee.Amount)
		}
	}
}

func TestWordsAreFoundWithoutCaseAccentsAndSigns(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Marieke de Vries":         "marieke de vries",
		`Åke "Ziggy" | O'Neill-Ít`: "ake ziggy o neill it",
		"ẞTRAẞE":                   "sstrasse",
		"":                         "",
		" % _ ":                    "",
		"Иван 2":                   "иван 2",
	} {
		got := ""
		for i, w := range Words(name) {
			if i > 0 {
				got += " "
			}
			got += w
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
