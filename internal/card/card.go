// Package card has the words for a library card: its number, the user name
// that can stand in for it, and the person it belongs to. Numbers and user
// names mask themselves when they are printed or logged; only Text gives them
// whole, and only a page, a protocol answer or a query asks for it.
package card

import (
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/problem"
)

// Reasons of this room.
const (
	ReasonNumberInvalid   problem.Reason = "card.number_invalid"
	ReasonUserNameLength  problem.Reason = "card.user_name_length"
	ReasonUserNameSigns   problem.Reason = "card.user_name_signs"
	ReasonUserNameNoWords problem.Reason = "card.user_name_looks_like_number"
)

// maxNumber is the longest card number in characters (exchange format).
const maxNumber = 32

// Number is a card number (lenersnummer, pasnummer): the key that the library
// system knows a patron by. Leading zeros count. The zero Number is no number.
type Number struct{ text string }

// ParseNumber reads a card number exactly: 1 to 32 characters without spaces
// or control characters. The error is a *problem.Problem.
func ParseNumber(text string) (Number, error) {
	if text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxNumber {
		return Number{}, problem.New(problem.Invalid, ReasonNumberInvalid, nil)
	}
	for _, r := range text {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return Number{}, problem.New(problem.Invalid, ReasonNumberInvalid, nil)
		}
	}
	return Number{text}, nil
}

// ReadNumber reads a card number as a person types it: the spaces that many
// print between groups of digits are dropped first.
func ReadNumber(typed string) (Number, error) {
	return ParseNumber(strings.Join(strings.Fields(typed), ""))
}

// Text is the whole number. Do not log it.
func (n Number) Text() string { return n.text }

// IsZero reports whether there is no number.
func (n Number) IsZero() bool { return n.text == "" }

// String masks the number: all but the last three characters of a long number,
// all of a short one.
func (n Number) String() string { return mask(n.text) }

// LogValue masks the number in logs.
func (n Number) LogValue() slog.Value { return slog.StringValue(mask(n.text)) }

func mask(s string) string {
	switch r := []rune(s); {
	case len(r) == 0:
		return ""
	case len(r) < 8:
		return "***"
	default:
		return "***" + string(r[len(r)-3:])
	}
}

// ID is our own key for a card. It stays the same when a lost card is replaced
// and the number changes. It means nothing outside this program.
type ID int64

// Holder is the person a card belongs to, as far as we need to know them.
// Name is as the library system last told us.
type Holder struct {
	ID     ID
	Number Number
	Name   string
}

// IsZero reports whether there is no holder.
func (h Holder) IsZero() bool { return h.ID == 0 }

// String masks the holder: a name goes into no log.
func (h Holder) String() string { return h.Number.String() }

// LogValue masks the holder: a name goes into no log.
func (h Holder) LogValue() slog.Value { return h.Number.LogValue() }

// Card is what the library system says about a card. BirthDate, Email,
// Category, Branch and ExpiresOn may be empty.
type Card struct {
	Number    Number
	Name      string
	BirthDate calendar.Date
	Email     string
	Category  string
	Branch    string
	ExpiresOn calendar.Date // last day of the membership
	Blocked   bool
	// Key is the library system's own key of the person, which stays when a lost
	// card gets a new number; "" when it tells none.
	Key string
}

// LogValue masks the card: only its masked number.
func (c Card) LogValue() slog.Value { return c.Number.LogValue() }

// BornOn reports whether the card's birth date is known and is d (S9). A card
// without a birth date matches nothing.
func (c Card) BornOn(d calendar.Date) bool {
	return !d.IsZero() && c.BirthDate == d
}

// Expired reports whether the membership has ended on today.
func (c Card) Expired(today calendar.Date) bool { return c.ExpiresOn.Overdue(today) }
