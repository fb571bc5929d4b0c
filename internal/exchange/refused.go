package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxBadRows is how many bad rows are reported one by one.
const maxBadRows = 100

// BadRow is a row that cannot be used. It is for the library's IT person, in
// English. It never holds a name or a title, and no card number in full.
type BadRow struct {
	File string
	Line int // of the file, the header is line 1; 0 when the whole file is meant
	// Column is the name of the column, or "" when the whole row is meant.
	Column string
	Reason string
}

func (b BadRow) String() string {
	where := b.File
	if b.Line > 0 {
		where += fmt.Sprintf(", line %d", b.Line)
	}
	if b.Column != "" {
		where += ", column " + b.Column
	}
	return where + ": " + b.Reason
}

// Refused says that an import changed nothing, and why.
type Refused struct {
	// Rows are the first bad rows, by file and line, at most 100.
	Rows []BadRow
	// Count is how many there are in all.
	Count int
}

func (r *Refused) Error() string {
	var b strings.Builder
	switch r.Count {
	case 1:
		b.WriteString("1 fault was found; nothing was changed")
	default:
		fmt.Fprintf(&b, "%d faults were found; nothing was changed", r.Count)
	}
	for _, row := range r.Rows {
		b.WriteString("\n  " + row.String())
	}
	if more := r.Count - len(r.Rows); more > 0 {
		fmt.Fprintf(&b, "\n  and %d more", more)
	}
	return b.String()
}

// badRows collects bad rows.
type badRows struct {
	rows  []BadRow
	count int
}

func (b *badRows) add(row BadRow) {
	b.count++
	if len(b.rows) < maxBadRows {
		b.rows = append(b.rows, row)
	}
}

// addFaults adds what is wrong with rows among the others, and keeps the first
// of all by file and line.
func (b *badRows) addFaults(files Files, faults []Fault, count int) {
	b.count += count
	for _, f := range faults {
		row := BadRow{File: files.of(f.Kind).name, Line: f.Line, Column: columnsOf(f.Kind)[0].name}
		if f.Twin > 0 {
			row.Reason = fmt.Sprintf("the same one stands on line %d; each must be unique", f.Twin)
		} else {
			row.Column = columnsOf(Cards)[cardNumber].name
			row.Reason = "no such card in the library"
			if files.Cards.given() {
				row.Reason = "no such card in " + files.Cards.name
			}
		}
		b.rows = append(b.rows, row)
	}
	order := map[string]int{}
	for i, k := range Kinds {
		if name := files.of(k).name; order[name] == 0 {
			order[name] = i + 1
		}
	}
	slices.SortStableFunc(b.rows, func(x, y BadRow) int {
		return cmp.Or(cmp.Compare(order[x.File], order[y.File]), cmp.Compare(x.Line, y.Line))
	})
	b.rows = b.rows[:min(len(b.rows), maxBadRows)]
}

func (b *badRows) refused() error {
	if b.count == 0 {
		return nil
	}
	return &Refused{Rows: b.rows, Count: b.count}
}
