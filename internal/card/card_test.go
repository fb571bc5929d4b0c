package card_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

func number(t *testing.T, text string) card.Number {
	t.Helper()
	n, err := card.ParseNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestANumberHasOneTo32CharactersWithoutSpaces(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1", "007", "20001000000012", "A-12/b", strings.Repeat("9", 32)} {
		if n := number(t, text); n.Text() != text {
			t.Errorf("%q became %q", text, n.Text())
		}
	}
	for _, text := range []string{"", " ", "1 2", "1\t2", "1\x00", strings.Repeat("9", 33), "\xff", "1\u00a02", "1\u202e2"} {
		if _, err := card.ParseNumber(text); !problem.Has(err, card.ReasonNumberInvalid) {
			t.Errorf("%q was taken: %v", text, err)
		}
	}
	if n, err := card.ReadNumber(" 2000 1000 0000 12 "); err != nil || n != number(t, "20001000000012") {
		t.Errorf("a number typed in groups: %v", err)
	}
}

func TestAUserNameMeetsEveryRule(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"mama", "Marieke.de-Vries_1984@thuis", "Zoë1", "a123", strings.Repeat("é", 80)} {
		if _, err := card.ParseUserName(text); err != nil {
			t.Errorf("%q was refused: %v", text, err)
		}
	}
	for text, want := range map[string][]problem.Reason{
		"abc":                   {card.ReasonUserNameLength},
		"":                      {card.ReasonUserNameLength},
		strings.Repeat("a", 81): {card.ReasonUserNameLength},
		"met spatie":            {card.ReasonUserNameSigns},
		"<b>":                   {card.ReasonUserNameLength, card.ReasonUserNameSigns},
		"naam😀":                 {card.ReasonUserNameSigns},
		"20001000000012":        {card.ReasonUserNameNoWords},
		"1234-5678":             {card.ReasonUserNameNoWords},
		"a\x00bcd":              {card.ReasonUserNameSigns},
		"ab\u202ecd":            {card.ReasonUserNameSigns},
	} {
		_, err := card.ParseUserName(text)
		var got []problem.Reason
		for _, p := range problem.Of(err) {
			got = append(got, p.Reason)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestUserNamesAreComparedWithoutCaseAndHoweverTheyAreTyped(t *testing.T) {
	t.Parallel()
	a, err := card.ParseUserName("ZOË.Straße")
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{"zoë.straße", "zoe\u0308.strasse", "ZOË.STRASSE"} {
		if card.NameKey(typed) != a.Key() {
			t.Errorf("%q is another name", typed)
		}
	}
}

func TestNothingPrivateIsPrintedOrLogged(t *testing.T) {
	t.Parallel()
	n := number(t, "20001000000012")
	name, err := card.ParseUserName("marieke84")
	if err != nil {
		t.Fatal(err)
	}
	h := card.Holder{ID: 1, Number: n, Name: "Marieke de Vries"}
	c := card.Card{Number: n, Name: "Marieke de Vries", Email: "m@example.nl"}
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "number", n, "holder", h, "card", c, "name", name)
	fmt.Fprintf(&out, "%s %v %s %v %s", n, n, h, h, name)
	for _, private := range []string{"20001000000012", "Marieke", "marieke84", "example.nl"} {
		if strings.Contains(out.String(), private) {
			t.Errorf("%q stands in %s", private, out.String())
		}
	}
}

func TestABirthDateMatchesOnlyItself(t *testing.T) {
	t.Parallel()
	born, _ := calendar.New(2014, 6, 2)
	other, _ := calendar.New(2014, 2, 6)
	if c := (card.Card{BirthDate: born}); !c.BornOn(born) || c.BornOn(other) || c.BornOn(calendar.Date{}) {
		t.Error("a birth date does not match as it should")
	}
	if (card.Card{}).BornOn(calendar.Date{}) {
		t.Error("a card without a birth date matched none typed")
	}
}
