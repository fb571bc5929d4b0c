package country_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"hoofdpas/bench/country"
	"hoofdpas/internal/calendar"
)

func small(t *testing.T) *country.Country {
	t.Helper()
	day, err := calendar.ParseISO("2026-11-25")
	if err != nil {
		t.Fatal(err)
	}
	return country.New(4000, 1, day)
}

// everything writes all files of the country, by name.
func everything(t *testing.T, c *country.Country) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for name, write := range map[string]func(io.Writer, country.Progress) error{
		"cards": c.WriteCards, "loans": c.WriteLoans, "fees": c.WriteFees, "mandates": c.WriteMandates, "log": c.WriteLog,
		"accounts": func(w io.Writer, told country.Progress) error {
			return c.WriteAccounts(w, strings.ToLower, "$argon2id$m=1,t=1", told)
		},
	} {
		var b bytes.Buffer
		if err := write(&b, nil); err != nil {
			t.Fatal(err)
		}
		files[name] = b.Bytes()
	}
	return files
}

func TestTheSameCountryWritesTheSameBytes(t *testing.T) {
	t.Parallel()
	files := everything(t, small(t))
	for name, want := range map[string]string{
		"cards": "b0bfab0b38209d07", "loans": "b6b29cf214890d51", "fees": "ee778d7e0a3a10c1", "mandates": "691c49b5be45216d", "log": "11d2eb04736ead27", "accounts": "639f1109383cc1d2",
	} {
		got := sha256.Sum256(files[name])
		if hex.EncodeToString(got[:8]) != want {
			t.Errorf("%s are not what they were: %x", name, got[:8])
		}
	}
}

func TestACountryHasWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	c := small(t)
	files := everything(t, c)
	rows := map[string][][]string{}
	for name, content := range files {
		all, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rows[name] = all[1:]
	}
	for name, want := range map[string]int{
		"cards": 4000, "loans": 20_000, "fees": 2000, "mandates": 1500, "log": 1500, "accounts": c.Accounts(),
	} {
		seen := map[string]bool{}
		for _, r := range rows[name] {
			seen[r[0]] = true
		}
		if len(rows[name]) != want || len(seen) != want {
			t.Errorf("there are %d %s with %d keys, want %d", len(rows[name]), name, len(seen), want)
		}
	}
	cards := map[string]bool{}
	for _, r := range rows["cards"] {
		cards[r[0]] = true
	}
	for _, name := range []string{"loans", "fees", "accounts"} {
		for _, r := range rows[name] {
			if !cards[r[1]] {
				t.Fatalf("%s has a card that does not exist: %s", name, r[1])
			}
		}
	}
}

// The households of the measurement are the same at every size, but for the
// numbers of their cards.
func TestTheKnownHouseholdsHaveAsMuchAtEverySize(t *testing.T) {
	t.Parallel()
	loans := func(cards int) (counts []int) {
		c := country.New(cards, 1, small(t).Day)
		var b bytes.Buffer
		if err := c.WriteLoans(&b, nil); err != nil {
			t.Fatal(err)
		}
		have := map[string]int{}
		for line := range strings.Lines(b.String()) {
			have[strings.Split(line, ",")[1]]++
		}
		for _, size := range country.Known {
			households := c.Households(size)
			if len(households) != country.KnownOfEach {
				t.Fatalf("%d households of %d", len(households), size)
			}
			for _, numbers := range households {
				for _, n := range numbers {
					counts = append(counts, have[n])
				}
			}
		}
		return counts
	}
	few, many := loans(4000), loans(12_000)
	for i, n := range few {
		if many[i] != n {
			t.Fatalf("card %d has %d loans in a small country and %d in a large one", i, n, many[i])
		}
	}
}
