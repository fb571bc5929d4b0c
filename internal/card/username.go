package card

import (
	"log/slog"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"hoofdpas/internal/problem"
)

// The bounds of a user name in characters (S2).
const (
	MinUserName = 4
	MaxUserName = 80
)

// UserName is a self-chosen name to log in with instead of the card number
// (S2). The zero UserName is none.
type UserName struct{ text string }

// ParseUserName checks a user name: 4 to 80 letters, digits, '_', '-', '@' or
// '.', at least one of them a letter, so that it can never look like a card
// number (S2). It names every unmet rule in a problem.List.
//
// A library whose card numbers hold letters is covered too: signing in tries
// card numbers first, and setting a name that is somebody's number is refused.
func ParseUserName(text string) (UserName, error) {
	text = norm.NFC.String(text)
	var unmet problem.List
	if n := utf8.RuneCountInString(text); n < MinUserName || n > MaxUserName {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonUserNameLength,
			problem.Args{"min": MinUserName, "max": MaxUserName}))
	}
	letters, other := 0, false
	for _, r := range text {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r), r == '_', r == '-', r == '@', r == '.':
		default:
			other = true
		}
	}
	if other || !utf8.ValidString(text) {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonUserNameSigns, nil))
	}
	if letters == 0 && text != "" && !other {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonUserNameNoWords, nil))
	}
	if err := unmet.Or(); err != nil {
		return UserName{}, err
	}
	return UserName{text}, nil
}

// Text is the name as its owner wrote it. Do not log it.
func (u UserName) Text() string { return u.text }

// Key is the form in which names are compared: without case. Two names with
// the same key are the same name.
func (u UserName) Key() string { return NameKey(u.text) }

// NameKey is the form in which a typed log-in name is compared.
func NameKey(typed string) string { return cases.Fold().String(norm.NFC.String(typed)) }

// IsZero reports whether there is no name.
func (u UserName) IsZero() bool { return u.text == "" }

// String masks the name.
func (u UserName) String() string { return mask(u.text) }

// LogValue masks the name in logs.
func (u UserName) LogValue() slog.Value { return slog.StringValue(mask(u.text)) }
