package exchange

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// table reads the rows of one file.
type table struct {
	kind  Kind
	file  string
	csv   *csv.Reader
	bytes *bounded
	header
	names []column
	extra []string
	bad   *badRows
	// dates is the style of the first date in the file, and datesLine where it
	// stands: the whole file uses one.
	dates     dateStyle
	datesLine int
	// windows tells that the file was in Windows-1252.
	windows bool

	cells []string // of the present row, as they stand in the file
	last  int      // the line of the last row that could be read
}

// openTable reads the header row of a file. An unusable file is reported in
// bad, and no table is returned.
func openTable(src tableSource, bad *badRows) (*table, error) {
	t := &table{kind: src.kind, file: src.name, names: columnsOf(src.kind), bad: bad, windows: src.encoding == Windows1252}
	content, err := decode(src.content, src.encoding)
	if err == nil {
		err = t.begin(content)
	}
	var u unusable
	if errors.As(err, &u) {
		bad.add(BadRow{File: src.name, Line: 1, Reason: string(u)})
		return nil, nil //nolint:nilnil // reported
	}
	if err != nil {
		return nil, err
	}
	cells, err := t.record()
	if err != nil {
		if errors.Is(err, io.EOF) {
			bad.add(BadRow{File: src.name, Line: 1, Reason: "the file has no header row"})
			return nil, nil //nolint:nilnil // reported
		}
		return nil, err
	}
	var faults []string
	t.header, t.extra, faults = readHeader(cells, src.kind)
	for _, f := range faults {
		bad.add(BadRow{File: src.name, Line: 1, Reason: f})
	}
	if len(faults) > 0 {
		return nil, nil //nolint:nilnil // reported
	}
	return t, nil
}

type tableSource struct {
	kind     Kind
	name     string
	content  io.Reader
	encoding string
}

// begin finds out by the header row what separates the cells: the sign that
// gives most known columns.
func (t *table) begin(content *bufio.Reader) error {
	first, err := content.Peek(maxHeader)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read a header row: %w", err)
	}
	end := bytes.IndexByte(first, '\n')
	if i := bytes.IndexByte(first, '\r'); i >= 0 && i != end-1 && (end < 0 || i < end) && i != len(first)-1 {
		return unusable("lines end in a single CR; save the file with LF or CR LF at the ends of lines")
	}
	if end >= 0 {
		first = first[:end]
	} else if len(first) == maxHeader {
		return unusable("the first line does not end; the file must be CSV and begin with a header row")
	}
	comma, most := ',', 0
	for _, sign := range []rune{',', ';', '\t'} {
		r := csv.NewReader(bytes.NewReader(first))
		r.Comma = sign
		cells, err := r.Read()
		if n := hits(cells, t.names); err == nil && n > most {
			comma, most = sign, n
		}
	}
	if most == 0 {
		return unusable("the first line names no known column; it must be a header row with " + requiredOf(t.names) +
			", separated by commas or semicolons")
	}
	t.bytes = &bounded{from: content}
	t.csv = csv.NewReader(t.bytes)
	t.csv.Comma, t.csv.FieldsPerRecord, t.csv.ReuseRecord = comma, -1, true
	return nil
}

// record reads the next record that is CSV and reports those that are not. At
// the end, or when the rest of the file is lost, the error is io.EOF.
func (t *table) record() ([]string, error) {
	for {
		t.bytes.left = maxRow
		cells, err := t.csv.Read()
		var p *csv.ParseError
		var u unusable
		switch {
		case err == nil:
			t.last = t.line(0)
			return cells, nil
		case errors.Is(err, io.EOF) && !errors.As(err, &p):
			return nil, io.EOF
		case errors.As(err, &u):
			t.report(1, "", string(u))
			return nil, io.EOF
		case errors.Is(err, errRowTooLong):
			t.report(t.last, "", "the row after this one does not end; look for a quote that is not closed")
			return nil, io.EOF
		case errors.As(err, &p):
			t.report(p.StartLine, "", quoteFault(p))
		default:
			return nil, fmt.Errorf("read a row: %w", err)
		}
	}
}

func quoteFault(p *csv.ParseError) string {
	if errors.Is(p.Err, csv.ErrBareQuote) {
		return `a quote stands inside a cell; put the cell in quotes and write the quote twice ("")`
	}
	return `a quote opens a cell and is not closed, or something follows the closing quote; write a quote inside a cell twice ("")`
}

// next reads the next row that has the right number of cells, at the end
// io.EOF. Rows of empty cells are passed over.
func (t *table) next() error {
	for {
		cells, err := t.record()
		if err != nil {
			return err
		}
		if empty(cells) {
			continue
		}
		if len(cells) < t.width || (len(cells) > t.width && !empty(cells[t.width:])) {
			t.report(t.line(0), "", fmt.Sprintf("the row has %d cells, the header row has %d", len(cells), t.width))
			continue
		}
		t.cells = cells
		return nil
	}
}

func empty(cells []string) bool {
	for _, c := range cells {
		if c != "" {
			return false
		}
	}
	return true
}

func (t *table) line(at int) int {
	line, _ := t.csv.FieldPos(at)
	return line
}

func (t *table) report(line int, column, reason string) {
	t.bad.add(BadRow{File: t.file, Line: line, Column: column, Reason: reason})
}
