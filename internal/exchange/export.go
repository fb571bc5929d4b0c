package exchange

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
)

// Export writes cards.csv, loans.csv and fees.csv into the folder, as they were
// at one moment, over those of an earlier export. Importing them again changes
// nothing. First passwords are not in them, since only their hashes are kept,
// and neither are the overdue fees that grow by the day: they follow from the
// loans.
func Export(ctx context.Context, s Store, dir string) (err error) {
	const folderMode = 0o700 // names, birth dates and loans: the operator's only
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return fmt.Errorf("make the folder for the export: %w", err)
	}
	sheets := map[Kind]*sheet{}
	defer func() {
		for _, sh := range sheets {
			err = errors.Join(err, sh.drop())
		}
	}()
	for _, k := range Kinds {
		if sheets[k], err = newSheet(dir, k); err != nil {
			return err
		}
	}
	err = s.ReadLibrary(ctx, Visitor{
		Card: func(c card.Card) error { return sheets[Cards].write(cardCells(c)) },
		Loan: func(n card.Number, l circulation.Loan) error { return sheets[Loans].write(loanCells(n, l)) },
		Fee:  func(n card.Number, f circulation.Fee) error { return sheets[Fees].write(feeCells(n, f)) },
	})
	if err != nil {
		return fmt.Errorf("read the library: %w", err)
	}
	for _, k := range Kinds {
		if err := sheets[k].keep(); err != nil {
			return err
		}
	}
	return nil
}

// sheet is a file being written. It gets its name when it is whole.
type sheet struct {
	path string
	file *os.File
	buf  *bufio.Writer
	csv  *csv.Writer
}

func newSheet(dir string, k Kind) (*sheet, error) {
	f, err := os.CreateTemp(dir, string(k)+"-*.part") // readable by its owner only
	if err != nil {
		return nil, fmt.Errorf("begin %s.csv: %w", k, err)
	}
	s := &sheet{path: filepath.Join(dir, string(k)+".csv"), file: f, buf: bufio.NewWriter(f)}
	s.csv = csv.NewWriter(s.buf)
	var names []string
	for _, c := range columnsOf(k) {
		if k != Cards || c.name != columnsOf(Cards)[cardFirstPassword].name {
			names = append(names, c.name)
		}
	}
	return s, s.write(names)
}

func (s *sheet) write(cells []string) error {
	if err := s.csv.Write(cells); err != nil {
		return fmt.Errorf("write %s: %w", s.path, err)
	}
	return nil
}

// keep ends the file and gives it its name.
func (s *sheet) keep() error {
	s.csv.Flush()
	if err := errors.Join(s.csv.Error(), s.buf.Flush(), s.file.Sync(), s.file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", s.path, err)
	}
	if err := os.Rename(s.file.Name(), s.path); err != nil {
		return fmt.Errorf("write %s: %w", s.path, err)
	}
	return nil
}

// drop takes away what did not get its name.
func (s *sheet) drop() error {
	if s == nil {
		return nil
	}
	_ = s.file.Close() // closed already when it was kept; an error of writing has been told
	if err := os.Remove(s.file.Name()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("clear up %s: %w", s.path, err)
	}
	return nil
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func cardCells(c card.Card) []string {
	return []string{
		c.Number.Text(), c.Name, c.BirthDate.String(), c.Email, c.Category, c.Branch, c.ExpiresOn.String(), yesNo(c.Blocked),
	}
}

func loanCells(n card.Number, l circulation.Loan) []string {
	return []string{
		string(l.ID), n.Text(), l.Item, l.Title, l.Author, l.Material, l.LentOn.String(), l.DueOn.String(),
		strconv.Itoa(l.Renewals), yesNo(l.Reserved),
	}
}

func feeCells(n card.Number, f circulation.Fee) []string {
	return []string{
		string(f.ID), n.Text(), string(f.Kind), f.Description, f.Amount.String(), f.ChargedOn.String(), f.Item,
	}
}
