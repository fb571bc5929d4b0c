package till_test

import (
	"testing"

	"pgregory.net/rapid"

	"hoofdpas/internal/money"
	"hoofdpas/internal/till"
)

func TestCashIsRoundedToTheNearestUnit(t *testing.T) {
	t.Parallel()
	for amount, want := range map[money.Cents]money.Cents{
		0: 0, 1: 0, 2: 0, 3: 5, 4: 5, 5: 5, 6: 5, 7: 5, 8: 10, 1822: 1820, 1823: 1825, 1825: 1825, 1827: 1825, 1828: 1830,
	} {
		if got := amount + till.Round(amount, 5); got != want {
			t.Errorf("%d is rounded to %d, not %d", amount, got, want)
		}
		if till.Round(amount, 1) != 0 || till.Round(amount, 0) != 0 {
			t.Errorf("%d is rounded although nothing is", amount)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		amount := money.Cents(rapid.Int64Range(1, 1_000_000).Draw(t, "amount"))
		unit := money.Cents(rapid.Int64Range(1, 100).Draw(t, "unit"))
		up := till.Round(amount, unit)
		if (amount+up)%unit != 0 || 2*up > unit || -2*up > unit {
			t.Errorf("%d is rounded by %d to units of %d", amount, up, unit)
		}
	})
}
