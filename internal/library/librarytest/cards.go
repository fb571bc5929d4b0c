package librarytest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/card"
)

func cardByNumber(t *testing.T, s scene) {
	c, ok, err := s.Cards.Card(s.ctx, anna)
	if err != nil || !ok {
		t.Fatalf("the card is not known: %v", err)
	}
	if diff := cmp.Diff(s.Limits.card(given().Cards[0].Card), s.Limits.card(c), cmp.Comparer(func(a, b card.Number) bool { return a == b }),
		cmp.Comparer(sameDate)); diff != "" {
		t.Error(diff)
	}
	for _, other := range []string{"20001", "020001", "000200010", "2000100000001", "%", "_", "A", "anna"} {
		if _, ok, err := s.Cards.Card(s.ctx, number(other)); ok || err != nil {
			t.Errorf("card %q is known, %v", other, err)
		}
	}
}

func firstPassword(t *testing.T, s scene) {
	for _, c := range []struct {
		number   card.Number
		password string
		want     bool
	}{
		{anna, "Welkom-1984", true},
		{anna, "welkom-1984", false},
		{anna, "Welkom-1984 ", false},
		{anna, "Welkom-2014", false},
		{anna, "", false},
		{bert, "Welkom-2014", true},
		{carla, "", false}, // has none
		{carla, "Welkom-1984", false},
		{nobody, "Welkom-1984", false},
		{nobody, "", false},
	} {
		got, err := s.Passwords.CheckFirstPassword(s.ctx, c.number, c.password)
		if err != nil || got != (c.want && !s.Limits.NoFirstPasswords) {
			t.Errorf("%q on %s: got %v, %v", c.password, c.number, got, err)
		}
	}
}
