package exchange

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/money"
)

// dateStyle is how a file writes dates.
type dateStyle int

const (
	noDates dateStyle = iota
	isoDates
	dutchDates
)

func (d dateStyle) String() string {
	return map[dateStyle]string{isoDates: "YYYY-MM-DD", dutchDates: "DD-MM-YYYY"}[d]
}

// The longest texts in characters.
const (
	maxKey   = 200 // keys, item numbers, categories
	maxText  = 2000
	maxCents = 1_000_000_000 // ten million euros: any number of such fees has a sum
	// maxRenewals is more than any system lets renew.
	maxRenewals = 1_000_000
)

// fault reports the present row's cell of the column.
func (t *table) fault(column int, reason string) {
	at := max(t.at[column], 0)
	t.report(t.line(at), t.names[column].name, reason)
}

// text reads a cell: without space around it, and with single spaces for line
// ends and tabs inside. ok is false when it cannot be used, and when a required
// one is empty: that has been reported.
func (t *table) text(column, longest int) (text string, ok bool) {
	if t.at[column] < 0 {
		return "", true
	}
	text = strings.TrimSpace(t.cells[t.at[column]])
	if text == "" {
		if t.names[column].required {
			t.fault(column, "is empty")
			return "", false
		}
		return "", true
	}
	if !plain(text) {
		var reason string
		if text, reason = t.clean(text); reason != "" {
			t.fault(column, reason)
			return "", false
		}
	}
	if len(text) > longest && utf8.RuneCountInString(text) > longest {
		t.fault(column, fmt.Sprintf("is longer than %d characters", longest))
		return "", false
	}
	return text, true
}

// plain reports whether the text is printable ASCII: most are.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

func (t *table) clean(text string) (clean, reason string) {
	switch {
	case t.windows && strings.ContainsRune(text, utf8.RuneError):
		return "", "holds a byte that is no character in Windows-1252"
	case !utf8.ValidString(text):
		return "", "is not UTF-8; if the file is in Windows-1252, import it with --encoding windows-1252"
	}
	if strings.ContainsAny(text, "\n\r\t") {
		text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
			return r == '\n' || r == '\r' || r == '\t'
		}), " ")
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "", "holds a control character"
	}
	return text, ""
}

// number reads a card number.
func (t *table) number(column int) (card.Number, bool) {
	text, ok := t.text(column, maxText)
	if !ok {
		return card.Number{}, false
	}
	n, err := card.ParseNumber(text)
	if err != nil {
		t.fault(column, "is no card number: 1 to 32 characters without spaces or control characters")
		return card.Number{}, false
	}
	return n, true
}

// date reads a date, none when the cell is empty.
func (t *table) date(column int) calendar.Date {
	text, ok := t.text(column, maxKey)
	if !ok || text == "" {
		return calendar.Date{}
	}
	d, style := readDate(text)
	switch {
	case style == noDates:
		t.fault(column, t.quote(column, text)+"is no date; write YYYY-MM-DD, or DD-MM-YYYY in the whole file")
	case t.dates == noDates:
		t.dates, t.datesLine = style, t.line(t.at[column])
	case style != t.dates:
		t.fault(column, fmt.Sprintf("is %s, but line %d has %s; write all dates of the file in one way",
			style, t.datesLine, t.dates))
	}
	return d
}

func readDate(text string) (calendar.Date, dateStyle) {
	if d, err := calendar.ParseISO(text); err == nil {
		return d, isoDates
	}
	if d, err := calendar.ParseDutch(text); err == nil {
		return d, dutchDates
	}
	return calendar.Date{}, noDates
}

// quote gives the value before a reason where it is nobody's secret: dates and
// amounts, except birth dates. A cell that is not written like one may hold
// what belongs in another column, so it is not shown.
func (t *table) quote(column int, text string) string {
	const longest = 20
	if t.kind == Cards && column == cardBirthDate || len(text) > longest || !strings.ContainsAny(text, ".,-/") {
		return ""
	}
	for _, r := range text {
		if (r < '0' || r > '9') && !strings.ContainsRune(".,-/: ", r) {
			return ""
		}
	}
	return strconv.Quote(text) + " "
}

// amount reads an amount above zero.
func (t *table) amount(column int) money.Cents {
	text, ok := t.text(column, maxKey)
	if !ok {
		return 0
	}
	c, err := money.Parse(text)
	switch {
	case errors.Is(err, money.ErrOverflow) || c > maxCents:
		t.fault(column, "is too large; the most is "+money.Cents(maxCents).String())
	case err != nil:
		t.fault(column, t.quote(column, text)+
			"is no amount in euros and whole cents; write 2.50 or 2,50 (three decimals can mean two things)")
	case c == 0:
		t.fault(column, "is zero; a fee is above zero")
	}
	return c
}

// yes reads a yes or no, no when the cell is empty.
func (t *table) yes(column int) bool {
	text, ok := t.text(column, maxText)
	if !ok {
		return false
	}
	switch strings.ToLower(text) {
	case "yes", "ja", "true", "1":
		return true
	case "", "no", "nee", "false", "0":
		return false
	}
	t.fault(column, "is neither yes nor no; write yes/no, ja/nee, true/false or 1/0")
	return false
}

// count reads a whole number of renewals, 0 when the cell is empty.
func (t *table) count(column int) int {
	text, ok := t.text(column, maxText)
	if !ok || text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n > maxRenewals {
		t.fault(column, "is no whole number from 0 up")
		return 0
	}
	return int(n)
}
