package exchange

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Summary is what an import did.
type Summary struct {
	// Counts has an entry for each kind that a file was given of.
	Counts map[Kind]Count
	// FirstPasswords tells what became of the first passwords in the file.
	FirstPasswords struct {
		Set, Unchanged int
		// Chosen are those of cards that have chosen their own.
		Chosen int
	}
	// Notes are remarks about the files, in English.
	Notes []string
}

// String is the summary for the terminal, a line for each kind and note.
func (s Summary) String() string {
	var b strings.Builder
	gone := map[Kind]string{Cards: "closed", Loans: "returned", Fees: "settled"}
	for _, k := range Kinds {
		if c, ok := s.Counts[k]; ok {
			fmt.Fprintf(&b, "%s: %d added, %d changed, %d unchanged, %d %s\n",
				k, c.Added, c.Changed, c.Unchanged, c.Gone, gone[k])
		}
	}
	if f := s.FirstPasswords; f.Set+f.Unchanged+f.Chosen > 0 {
		fmt.Fprintf(&b, "first passwords: %d set, %d unchanged, %d not used (own password chosen)\n",
			f.Set, f.Unchanged, f.Chosen)
	}
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

// maxCategories is how many categories without rules are named.
const maxCategories = 50

func categoryNotes(rows map[string]int) []string {
	names := slices.Sorted(maps.Keys(rows))
	notes := make([]string, 0, len(names))
	for _, name := range names {
		if name == "" {
			notes = append(notes, fmt.Sprintf("%d more cards have other categories without rules; they follow the default rules", rows[name]))
			continue
		}
		cards := "1 card has"
		if rows[name] != 1 {
			cards = fmt.Sprintf("%d cards have", rows[name])
		}
		notes = append(notes, fmt.Sprintf("%s category %q, which has no rules in the configuration: default rules apply", cards, name))
	}
	return notes
}
