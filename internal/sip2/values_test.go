package sip2

import (
	"errors"
	"testing"
	"time"
)

func TestAmountsAreReadExactlyOrNotAtAll(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0.3": 30, "14": 1400, "1.50": 150, "1.15": 115, "14.34": 1434, "0.30000000": 30, "0": 0, "0.00": 0, ".5": 50,
		" 2.00 ": 200, "0001.10": 110, "92233720368547758.07": 9223372036854775807, "99.05": 9905,
	} {
		if got, err := ParseAmount(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", " ", "1,50", "98.045", "0.005", "abc", "-1.00", "+1", "1.250", "1.", ".", "1.2.3", "€ 1", "$1.00", "1e3", "0x10",
		"١", "1 000", "92233720368547758.08", "NaN", "1.005000", "1\x00",
	} {
		if got, err := ParseAmount(text); !errors.Is(err, ErrAmount) {
			t.Errorf("%q: got %d, %v", text, got, err)
		}
	}
}

func TestAnAmountIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{0, 1, 9, 10, 99, 100, 101, 123456} {
		if got, err := ParseAmount(FormatAmount(n)); err != nil || got != n {
			t.Errorf("%d: %s is read as %d, %v", n, FormatAmount(n), got, err)
		}
	}
}

func zone(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestStamps(t *testing.T) {
	t.Parallel()
	z := zone(t)
	for text, want := range map[string]string{
		"20261124    235900": "2026-11-24T23:59:00+01:00",
		"20260701    000000": "2026-07-01T00:00:00+02:00",
		"20261124   Z235900": "2026-11-24T23:59:00Z",
		"20261124      ":     "", "20261124          ": "2026-11-24T00:00:00+01:00", "20261124 EST120000": "2026-11-24T12:00:00+01:00",
		"20260229    120000": "", "20261124    240000": "", "2026-11-24 12:00:0": "", "": "", "                  ": "",
		"00000000    000000": "", "20261124    1244é": "",
	} {
		got, ok := ParseStamp(text, z)
		if ok != (want != "") || (ok && got.Format(time.RFC3339) != want) {
			t.Errorf("%q: got %s, %v", text, got, ok)
		}
	}
	at := time.Date(2026, 11, 24, 23, 30, 5, 0, time.UTC)
	if got := Stamp(at); got != "20261124   Z233005" {
		t.Errorf("got %q", got)
	}
	if got := Stamp(at.In(z)); got != "20261125    003005" {
		t.Errorf("got %q", got)
	}
}
