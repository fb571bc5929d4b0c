package text_test

import (
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/text"
)

func load(t *testing.T) *text.Texts {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := text.Load(zone)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestEveryKeyHasATextInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, k := range load(t).Missing() {
		t.Errorf("no text: %s", k)
	}
}

func TestAmountsAndDatesAreWrittenAsReadersWriteThem(t *testing.T) {
	t.Parallel()
	nl, en := load(t).In(text.Dutch), load(t).In(text.English)
	today, _ := calendar.New(2026, 11, 24)
	for _, c := range []struct{ got, want string }{
		{nl.Amount(250), "€\u00a02,50"},
		{en.Amount(250), "€2.50"},
		{nl.Amount(123456), "€\u00a01.234,56"},
		{nl.Amount(0), "€\u00a00,00"},
		{nl.Day(today.AddDays(3), today), "vrijdag 27 november"},
		{en.Day(today.AddDays(60), today), "Saturday 23 January 2027"},
		{nl.Away(today, today), "vandaag"},
		{nl.Away(today.AddDays(1), today), "morgen"},
		{nl.Away(today.AddDays(3), today), "over 3 dagen"},
		{nl.Away(today.AddDays(-1), today), "1 dag te laat"},
		{nl.Wait(90 * time.Second), "2 minuten"},
		{nl.Wait(time.Millisecond), "1 seconde"},
		{nl.Moment(time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)), "25 november 2026, 00:30"},
		{nl.Join([]string{"a", "b", "c"}), "a, b en c"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
