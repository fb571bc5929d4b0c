package koha

import (
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/money"
)

// key is one of Koha's own numbers. It arrives as a number or as text.
type key int64

func (k *key) UnmarshalJSON(said []byte) error {
	text := strings.Trim(string(said), `"`)
	if text == "null" || text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return errors.New("a number of Koha's that is none")
	}
	*k = key(n)
	return nil
}

func (k key) String() string { return strconv.FormatInt(int64(k), 10) }

// readKey reads a number of Koha's that came back to us: digits, and not as
// another would write them.
func readKey(text string) (key, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != text {
		return 0, false
	}
	return key(n), true
}

// flag is a yes or no. It arrives as true, 1, "1" or null.
type flag bool

func (f *flag) UnmarshalJSON(said []byte) error {
	switch strings.Trim(string(said), `"`) {
	case "true", "1":
		*f = true
	default:
		*f = false
	}
	return nil
}

// seconds is a number of seconds, at most a day.
type seconds int64

func (n *seconds) UnmarshalJSON(said []byte) error {
	v, err := strconv.ParseInt(strings.Trim(string(said), `"`), 10, 64)
	if err != nil || v < 0 {
		return errors.New("a number of seconds that is none")
	}
	*n = seconds(min(v, 24*60*60))
	return nil
}

// amount is an amount as Koha writes it: a JSON number, in older versions and
// plugins sometimes text.
type amount string

func (a *amount) UnmarshalJSON(said []byte) error {
	text := strings.Trim(string(said), `"`)
	if text != "null" {
		*a = amount(text)
	}
	return nil
}

// MarshalJSON writes the amount as a number.
func (a amount) MarshalJSON() ([]byte, error) { return json.Marshal(json.Number(a)) } //nolint:wrapcheck // nothing to add

// euro is an amount of ours as Koha takes it.
func euro(c money.Cents) amount { return amount(c.String()) }

// errNotCents says that an amount is not a whole number of cents.
var errNotCents = errors.New("not an amount in whole cents")

// decimals is what Koha's database keeps of an amount; what JSON says after that
// comes from the float in between.
const decimals = 6

// cents reads an amount exactly: 0.3 is 30, 0.005 and 98.045 are none.
func (a amount) cents() (money.Cents, error) {
	const longest, farthest = 40, 30
	text := string(a)
	if text == "" || len(text) > longest || strings.Trim(text, "0123456789.eE+-") != "" {
		return 0, errNotCents
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(text[i+1:])
		if err != nil || exponent > farthest || exponent < -farthest {
			return 0, errNotCents
		}
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, errNotCents
	}
	kept, ok := new(big.Rat).SetString(exact.FloatString(decimals))
	if !ok {
		return 0, errNotCents
	}
	kept.Mul(kept, big.NewRat(100, 1))
	if !kept.IsInt() || !kept.Num().IsInt64() {
		return 0, errNotCents
	}
	return money.Cents(kept.Num().Int64()), nil
}

// layouts are how Koha writes an instant; what has no offset is in the library's
// zone.
var layouts = []string{ //nolint:gochecknoglobals // a table, never written
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
}

// day reads a date, or the day in the library's zone of an instant: what is due
// at 23:59 is due that day. It is no date for what is neither.
func day(text string, zone *time.Location) calendar.Date {
	if d, err := calendar.ParseISO(text); err == nil {
		return d
	}
	for _, layout := range layouts {
		t, err := time.ParseInLocation(layout, text, zone)
		if year := t.In(zone).Year(); err == nil && year >= 1 && year <= 9999 {
			return calendar.Today(t, zone)
		}
	}
	return calendar.Date{}
}

// bound cuts a text that is to be shown, and takes control characters out.
func bound(text string) string {
	const most = 300 // characters
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
