// Package exchange takes in what a library hands over and writes it out again:
// three CSV files with cards, loans and fees. An import is all or nothing, and
// repeatable: the same files twice change nothing. Every row that cannot be
// used is reported with file, line, column and reason (Refused), and then
// nothing is changed.
//
// A file is the whole truth of its kind: a loan that is no longer in it has been
// returned, a fee has been settled, a card is closed and its mandates count for
// nothing from then on. What happened here stands over a file that does not know
// of it yet: a fee paid here stays paid, a loan renewed here keeps its date
// until the file itself brings another one.
package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/library/builtin"
)

// Kind is what a file holds.
type Kind string

// The kinds, in the order in which they are read.
const (
	Cards Kind = "cards"
	Loans Kind = "loans"
	Fees  Kind = "fees"
)

// Kinds lists every kind.
var Kinds = []Kind{Cards, Loans, Fees} //nolint:gochecknoglobals // a table, never written

// Files is what to import. A file that is not given leaves its kind as it is.
type Files struct {
	Cards, Loans, Fees Source
}

func (f Files) of(k Kind) Source {
	return map[Kind]Source{Cards: f.Cards, Loans: f.Loans, Fees: f.Fees}[k]
}

// Source is a file to read. The zero Source is not given.
type Source struct {
	name string
	open func() (content io.ReadCloser, size int64, err error)
}

// File is the file with the path, or not given when the path is empty.
func File(path string) Source {
	if path == "" {
		return Source{}
	}
	return Source{name: path, open: func() (io.ReadCloser, int64, error) {
		f, err := os.Open(path) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, 0, fmt.Errorf("open a file to import: %w", err)
		}
		info, err := f.Stat()
		if err != nil {
			return nil, 0, errors.Join(fmt.Errorf("look at a file to import: %w", err), f.Close())
		}
		return f, info.Size(), nil
	}}
}

// Reader is content under the name that reports call it. It is read once.
func Reader(name string, content io.Reader) Source {
	return Source{name: name, open: func() (io.ReadCloser, int64, error) {
		var size int64
		if sized, ok := content.(interface{ Len() int }); ok {
			size = int64(sized.Len())
		}
		return io.NopCloser(content), size, nil
	}}
}

func (s Source) given() bool { return s.open != nil }

// Step is what an import is busy with.
type Step string

// The steps of an import.
const (
	Reading   Step = "reading"         // done and total are bytes of all files
	Passwords Step = "first passwords" // cards
	Saving    Step = "saving"          // kinds
)

// Encodings of files.
const (
	UTF8        = "utf-8"
	Windows1252 = "windows-1252"
)

// Options is how to import.
type Options struct {
	// Rules say which categories have rules of their own.
	Rules builtin.Rules
	// Hasher hashes first passwords.
	Hasher account.Hasher
	Now    func() time.Time
	// Progress hears how far the step is; total is 0 when it is not known. It
	// is called from one goroutine at a time. It may be nil.
	Progress func(s Step, done, total int64)
	// Encoding is UTF8, also when it is empty, or Windows1252.
	Encoding string
	// AllowEmpty lets a file without rows close, return or settle everything
	// of its kind.
	AllowEmpty bool
}

// Import reads the files and, when every row can be used, makes them the truth
// in one transaction. Otherwise the error is a *Refused and nothing changed.
func Import(ctx context.Context, s Store, f Files, o Options) (Summary, error) {
	if o.Encoding != "" && o.Encoding != UTF8 && o.Encoding != Windows1252 {
		return Summary{}, fmt.Errorf("encoding %q is not known; use %s or %s", o.Encoding, UTF8, Windows1252)
	}
	if o.Progress == nil {
		o.Progress = func(Step, int64, int64) {}
	}
	var sum Summary
	err := s.Exchange(ctx, func(stage Stage) error {
		i := importer{Options: o, files: f, stage: stage, passwords: map[string]string{}, categories: map[string]int{}}
		var err error
		sum, err = i.run(ctx)
		return err
	})
	if err != nil {
		return Summary{}, err //nolint:wrapcheck // run says what it was doing, the store likewise
	}
	return sum, nil
}

// importer is one import at work.
type importer struct {
	Options
	files      Files
	stage      Stage
	bad        badRows
	read, size int64 // bytes of all files
	notes      []string
	// passwords are the first passwords by card number. They are kept in memory
	// until they are hashed, and in no table: what is written to a disk in clear
	// can be read there later.
	passwords  map[string]string
	categories map[string]int // rows by a category without rules of its own
	given      Given
}

func (i *importer) run(ctx context.Context) (Summary, error) {
	if err := i.readAll(ctx); err != nil {
		return Summary{}, err
	}
	if err := i.check(ctx); err != nil {
		return Summary{}, err
	}
	sum := Summary{Notes: append(i.notes, categoryNotes(i.categories)...)}
	if err := i.hash(ctx, &sum); err != nil {
		return Summary{}, err
	}
	i.Progress(Saving, 0, int64(len(i.given)))
	var err error
	if sum.Counts, err = i.stage.Merge(ctx, i.given, i.Now()); err != nil {
		return Summary{}, fmt.Errorf("save what was read: %w", err)
	}
	i.Progress(Saving, int64(len(i.given)), int64(len(i.given)))
	return sum, nil
}

// check looks at what only all rows together can tell.
func (i *importer) check(ctx context.Context) error {
	faults, count, err := i.stage.Faults(ctx, i.given, maxBadRows)
	if err != nil {
		return fmt.Errorf("compare rows with each other: %w", err)
	}
	i.bad.addFaults(i.files, faults, count)
	if err := i.bad.refused(); err != nil {
		return err
	}
	empty := slices.Contains(slices.Collect(maps.Values(i.given)), 0)
	if i.AllowEmpty || !empty {
		return nil
	}
	present, err := i.stage.Present(ctx)
	if err != nil {
		return fmt.Errorf("count what there is: %w", err)
	}
	for _, k := range Kinds {
		if rows, ok := i.given[k]; ok && rows == 0 && present[k] > 0 {
			i.bad.add(BadRow{i.files.of(k).name, 1, "", fmt.Sprintf("no rows follow: this would %s; "+
				"if that is meant, import it with --allow-empty", emptied(k, present[k]))})
		}
	}
	return i.bad.refused()
}

func emptied(k Kind, present int) string {
	switch k {
	case Cards:
		return fmt.Sprintf("close all %d cards", present)
	case Loans:
		return fmt.Sprintf("return all %d loans", present)
	default:
		return fmt.Sprintf("settle all %d open fees", present)
	}
}
