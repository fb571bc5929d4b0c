package account_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"hoofdpas/internal/account"
	"hoofdpas/internal/problem"
)

func unmet(err error) (reasons []problem.Reason) {
	for _, p := range problem.Of(err) {
		reasons = append(reasons, p.Reason)
	}
	return reasons
}

// TestThePasswordRule is S4.
func TestThePasswordRule(t *testing.T) {
	t.Parallel()
	const (
		short, long     = account.ReasonPasswordShort, account.ReasonPasswordLong
		capital, little = account.ReasonPasswordCapital, account.ReasonPasswordSmall
		digit, sign     = account.ReasonPasswordDigit, account.ReasonPasswordSign
	)
	for password, want := range map[string][]problem.Reason{
		"Abcdef1!":                        nil,
		"Abcde1!":                         {short},
		"":                                {short, capital, little, digit, sign},
		"abcdefg1!":                       {capital},
		"ABCDEFG1!":                       {little},
		"Abcdefgh!":                       {digit},
		"Abcdefg1":                        {sign},
		"Abcdefg1#":                       {sign}, // other characters are allowed, they do not count
		"Abcdefg1#!":                      nil,
		"Abcdefg1-_+=&|~`'\";:,./[]{}":    {sign},
		"Éééééé1!":                        nil, // letters of every language
		"Ωωωωωω1!":                        nil,
		"漢字漢字漢字1!":                        {capital, little},
		"Abcdef١!":                        {digit}, // an Arabic-Indic one: no digit on a Dutch keyboard
		"Aé1!😀😀😀":                         {short},
		"Aé1!😀😀😀😀":                        nil,
		"A b c 1 !":                       nil,
		"Ab1!" + strings.Repeat("é", 196): nil,
		"Ab1!" + strings.Repeat("é", 197): {long},
	} {
		err := account.CheckPassword(password)
		if got := unmet(err); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", password, got, want)
		}
		for _, p := range problem.Of(err) {
			if p.Field != "new" || p.Kind != problem.Invalid {
				t.Errorf("%q: %v", password, p)
			}
		}
	}
	for _, s := range []string{"!", "@", `\`, "$", "%", "^", "*", "(", ")", "<", ">", "?"} {
		if err := account.CheckPassword("Abcdefg1" + s); err != nil {
			t.Errorf("%s is a sign of the rule: %v", s, err)
		}
	}
	if n := len(account.Signs); n != 12 {
		t.Errorf("%d signs", n)
	}
}

func TestThePasswordRuleForAnyPassword(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9!@\\$%^*()<>?#é-]{0,12}`)).Draw(t, "password")
		has := func(f func(rune) bool) bool {
			return slices.ContainsFunc([]rune(password), f)
		}
		n := len([]rune(password))
		want := n >= 8 && n <= 200 && has(unicode.IsUpper) && has(unicode.IsLower) &&
			has(func(r rune) bool { return r >= '0' && r <= '9' }) &&
			has(func(r rune) bool { return strings.ContainsRune("!@\\$%^*()<>?", r) })
		if got := account.CheckPassword(password) == nil; got != want {
			t.Fatalf("%q: accepted %v", password, got)
		}
	})
}
