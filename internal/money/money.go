// Package money keeps amounts as whole euro cents. There is no float anywhere:
// amounts come from text and go to text.
package money

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Cents is an amount in euro cents. Negative amounts exist only as
// differences; a fee or a posting is always above zero.
type Cents int64

// ErrOverflow says that a sum does not fit. Amounts this large do not occur in
// a library; meeting one means bad input, so nothing is booked.
var ErrOverflow = errors.New("amount too large")

// ErrNotAmount says that a text is not an amount in whole cents.
var ErrNotAmount = errors.New("not an amount in whole cents")

// Add returns a+b or ErrOverflow.
func Add(a, b Cents) (Cents, error) {
	if (b > 0 && a > math.MaxInt64-b) || (b < 0 && a < math.MinInt64-b) {
		return 0, ErrOverflow
	}
	return a + b, nil
}

// Sum adds all amounts or returns ErrOverflow.
func Sum(amounts ...Cents) (Cents, error) {
	var total Cents
	for _, a := range amounts {
		var err error
		if total, err = Add(total, a); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// Parse reads an amount in euros, as in the exchange format: digits, then
// optionally a point or a comma and decimals: "2", "2.5", "2,50", "2.500000".
// Decimals after the second must be zeros. Exactly three decimals are refused
// even when the last is a zero: "1.250" is one euro twenty-five to some and
// twelve hundred fifty to others, and money is not guessed. A sign, a
// thousands separator, an exponent and spaces inside are refused too. The
// error is ErrNotAmount or ErrOverflow.
func Parse(text string) (Cents, error) {
	text = strings.TrimSpace(text)
	whole, decimals := text, ""
	if i := strings.IndexAny(text, ".,"); i >= 0 {
		whole, decimals = text[:i], text[i+1:]
		if decimals == "" {
			return 0, ErrNotAmount
		}
	}
	if whole == "" || !digits(whole) || !digits(decimals) || len(decimals) == 3 {
		return 0, ErrNotAmount
	}
	cents := (decimals + "00")[:2]
	if len(decimals) > 2 && strings.Trim(decimals[2:], "0") != "" {
		return 0, ErrNotAmount
	}
	n, err := strconv.ParseInt(whole+cents, 10, 64)
	if err != nil {
		return 0, ErrOverflow
	}
	return Cents(n), nil
}

// String writes the amount with a point and two decimals, "2.50", as in the
// exchange format and in the interfaces of payment providers. For a person,
// package text writes it in the reader's language.
func (c Cents) String() string {
	sign, n := "", uint64(c) //nolint:gosec // two's complement is meant: see the negation below
	if c < 0 {
		sign, n = "-", -n
	}
	rest := strconv.FormatUint(n%100, 10)
	if len(rest) == 1 {
		rest = "0" + rest
	}
	return sign + strconv.FormatUint(n/100, 10) + "." + rest
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
