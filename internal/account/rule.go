package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"hoofdpas/internal/problem"
)

// The bounds of a password in characters. The upper one keeps hashing short.
const (
	MinPassword = 8
	MaxPassword = 200
	// MinStaffPassword is for staff, whose account opens every card. Length
	// does more than a set of signs; S4 is the members' rule.
	MinStaffPassword = 12
)

// Signs are the characters of which a password holds at least one (S4).
const Signs = `!@\$%^*()<>?`

// CheckPassword checks a new password against the rule of S4 and names every
// unmet part, in a problem.List about field "new". Other characters are
// allowed; they just do not count as the sign.
func CheckPassword(password string) error {
	var unmet problem.List
	need := func(met bool, reason problem.Reason, args problem.Args) {
		if !met {
			unmet = append(unmet, problem.New(problem.Invalid, reason, args).At("new"))
		}
	}
	length := utf8.RuneCountInString(password)
	need(length >= MinPassword, ReasonPasswordShort, problem.Args{"min": MinPassword})
	need(length <= MaxPassword, ReasonPasswordLong, problem.Args{"max": MaxPassword})
	need(strings.ContainsFunc(password, unicode.IsUpper), ReasonPasswordCapital, nil)
	need(strings.ContainsFunc(password, unicode.IsLower), ReasonPasswordSmall, nil)
	need(strings.ContainsAny(password, "0123456789"), ReasonPasswordDigit, nil)
	need(strings.ContainsAny(password, Signs), ReasonPasswordSign, nil)
	return unmet.Or()
}

// checkStaffPassword checks a staff member's new password: it is long enough,
// and not too long to hash.
func checkStaffPassword(password string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < MinStaffPassword:
		return problem.New(problem.Invalid, ReasonPasswordShort, problem.Args{"min": MinStaffPassword}).At("new")
	case n > MaxPassword:
		return problem.New(problem.Invalid, ReasonPasswordLong, problem.Args{"max": MaxPassword}).At("new")
	}
	return nil
}
