package money_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"hoofdpas/internal/money"
)

func TestParseReadsEurosAndGuessesNothing(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Cents{
		"0": 0, "2": 200, "2.5": 250, "2,50": 250, "2.500000": 250, "1.15": 115, "0.07": 7, " 3,00 ": 300,
		"92233720368547758.07": math.MaxInt64, "000.10": 10,
	} {
		if got, err := money.Parse(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", " ", ".", ",5", "5.", "1.250", "1,250", "1.005", "2.505", "-1.00", "+1", "1e2", "0x10", "1 000", "1.000,00", "1,000.00",
		"€ 2", "abc", "１", "1.5.0", "NaN", "2.5000001",
	} {
		if got, err := money.Parse(text); !errors.Is(err, money.ErrNotAmount) {
			t.Errorf("%q: got %d, %v, want ErrNotAmount", text, got, err)
		}
	}
	for _, text := range []string{"92233720368547758.08", "99999999999999999999"} {
		if _, err := money.Parse(text); !errors.Is(err, money.ErrOverflow) {
			t.Errorf("%q: got %v, want ErrOverflow", text, err)
		}
	}
}

func TestWhatIsWrittenIsReadAsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := money.Cents(rapid.Int64Min(0).Draw(t, "cents"))
		if got, err := money.Parse(c.String()); err != nil || got != c {
			t.Fatalf("%d is written %s and read as %d, %v", c, c, got, err)
		}
	})
}

func TestNegativeAmountsAreWrittenToo(t *testing.T) {
	t.Parallel()
	for c, want := range map[money.Cents]string{-5: "-0.05", -250: "-2.50", math.MinInt64: "-92233720368547758.08"} {
		if got := c.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAddingNeverWrapsAround(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := money.Cents(rapid.Int64().Draw(t, "a")), money.Cents(rapid.Int64().Draw(t, "b"))
		sum, err := money.Add(a, b)
		if err != nil {
			if !errors.Is(err, money.ErrOverflow) || (a > 0) != (b > 0) {
				t.Fatalf("%d and %d: %v", a, b, err)
			}
			return
		}
		if (b > 0 && sum <= a) || (b < 0 && sum >= a) || (b == 0 && sum != a) {
			t.Fatalf("%d + %d = %d", a, b, sum)
		}
	})
}

func TestASumIsTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOf(rapid.Map(rapid.Int64Range(0, 1_000_000_00), func(n int64) money.Cents { return money.Cents(n) })).Draw(t, "amounts")
		sum, err := money.Sum(amounts...)
		other, err2 := money.Sum(rapid.Permutation(amounts).Draw(t, "shuffled")...)
		if err != nil || err2 != nil || sum != other {
			t.Fatalf("%d, %v and %d, %v", sum, err, other, err2)
		}
	})
}
