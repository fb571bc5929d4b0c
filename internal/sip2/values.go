package sip2

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// ErrAmount says that a text is not plainly an amount of whole cents.
var ErrAmount = errors.New("sip2: not an amount in whole cents")

// ParseAmount reads an amount in the currency's main unit as cents: "0.3" is 30,
// "14" is 1400, "1.50" is 150. Decimals after the second must be zeros. A comma
// ("1,50"), a sign, parts of a cent ("98.045"), three decimals (a thousand to
// some), signs of a currency and an empty text are ErrAmount: money is not
// guessed.
func ParseAmount(text string) (cents int64, err error) {
	whole, decimals, point := strings.Cut(strings.Trim(text, " "), ".")
	if point && decimals == "" || whole == "" && decimals == "" || len(decimals) == 3 {
		return 0, ErrAmount
	}
	for _, part := range []string{whole, decimals} {
		for i := range len(part) {
			if !isDigit(part[i]) {
				return 0, ErrAmount
			}
		}
	}
	if len(decimals) > 2 && strings.Trim(decimals[2:], "0") != "" {
		return 0, ErrAmount
	}
	cents, err = strconv.ParseInt(whole+(decimals + "00")[:2], 10, 64)
	if err != nil {
		return 0, ErrAmount
	}
	return cents, nil
}

// FormatAmount writes cents, not below zero, with a point and two decimals.
func FormatAmount(cents int64) string {
	text := strconv.FormatInt(cents, 10)
	if len(text) < 3 {
		text = strings.Repeat("0", 3-len(text)) + text
	}
	return text[:len(text)-2] + "." + text[len(text)-2:]
}

// stampWidth is the width of a date with a time: YYYYMMDDZZZZHHMMSS.
const stampWidth = 18

// Stamp writes a moment as its own zone has it: four blanks for the zone, which
// is local time, or three and a Z when it is UTC by name.
func Stamp(t time.Time) string {
	zone := "    "
	if t.Location() == time.UTC {
		zone = "   Z"
	}
	return t.Format("20060102") + zone + t.Format("150405")
}

// ParseStamp reads what Stamp writes; local time is that of zone. A time of six
// blanks is midnight. What stands for the zone and is neither blank nor Z is
// taken for local time: the standard knows no other.
func ParseStamp(text string, zone *time.Location) (t time.Time, ok bool) {
	if len(text) != stampWidth {
		return t, false
	}
	if text[8:12] == "   Z" {
		zone = time.UTC
	}
	clock := text[12:]
	if clock == "      " {
		clock = "000000"
	}
	t, err := time.ParseInLocation("20060102150405", text[:8]+clock, zone)
	return t, err == nil
}
