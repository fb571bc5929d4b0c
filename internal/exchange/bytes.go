package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

const (
	// maxHeader is the longest header row in bytes.
	maxHeader = 64 << 10
	// maxRow is the longest row in bytes: beyond it a quote was not closed.
	maxRow = 1 << 20
)

// errRowTooLong says that a row does not end within maxRow.
var errRowTooLong = errors.New("row too long")

// unusable is a fault of a whole file, in English, for its reader.
type unusable string

func (u unusable) Error() string { return string(u) }

// utf8BOM is the mark that Windows programs put before a file in UTF-8.
const utf8BOM = "\xef\xbb\xbf"

// decode returns the content as UTF-8 without a mark. A file that cannot be
// text in the encoding is unusable.
func decode(content io.Reader, encoding string) (*bufio.Reader, error) {
	raw := bufio.NewReaderSize(content, maxHeader)
	start, err := raw.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read a file to import: %w", err)
	}
	switch {
	case len(start) == 0:
		return nil, unusable("the file is empty; it must begin with a header row")
	case bytes.HasPrefix(start, []byte(utf8BOM)):
		if _, err := raw.Discard(len(utf8BOM)); err != nil {
			return nil, fmt.Errorf("read a file to import: %w", err)
		}
		return raw, nil // the mark tells the encoding better than the operator
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return nil, unusable("the file is in UTF-16; save it as CSV in UTF-8")
	case bytes.HasPrefix(start, []byte("PK\x03\x04")), bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0")):
		return nil, unusable("this is a workbook, not a CSV file; save it as CSV in UTF-8")
	case encoding != Windows1252:
		return raw, nil
	}
	decoded := transform.NewReader(&notUTF8{from: raw}, charmap.Windows1252.NewDecoder())
	return bufio.NewReaderSize(decoded, maxHeader), nil
}

// notUTF8 passes on a file that was said to be in Windows-1252, and ends in
// unusable when it turns out to be UTF-8: read as Windows-1252 every é in it
// would become Ã©, and stay so.
type notUTF8 struct {
	from   io.Reader
	signs  bool   // there was something beyond ASCII
	broken bool   // that is not UTF-8
	rest   []byte // the begun character at the end of what was passed on
}

func (n *notUTF8) Read(p []byte) (int, error) {
	c, err := n.from.Read(p)
	n.look(p[:c])
	if errors.Is(err, io.EOF) && n.signs && !n.broken && len(n.rest) == 0 {
		return c, unusable("the file is in UTF-8; import it without --encoding windows-1252")
	}
	return c, err //nolint:wrapcheck // a reader passes io.EOF on as it is
}

func (n *notUTF8) look(p []byte) {
	if n.broken {
		return
	}
	if len(n.rest) > 0 {
		p = append(n.rest, p...)
		n.rest = nil
	}
	for len(p) > 0 {
		if p[0] < utf8.RuneSelf {
			p = p[1:]
			continue
		}
		n.signs = true
		if !utf8.FullRune(p) {
			n.rest = bytes.Clone(p)
			return
		}
		r, size := utf8.DecodeRune(p)
		if r == utf8.RuneError && size == 1 {
			n.broken = true
			return
		}
		p = p[size:]
	}
}

// bounded gives a row only so many bytes.
type bounded struct {
	from io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRowTooLong
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err //nolint:wrapcheck // a reader passes io.EOF on as it is
}

// counted tells how many bytes were read.
type counted struct {
	from io.Reader
	tell func(n int)
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.tell(n)
	return n, err //nolint:wrapcheck // a reader passes io.EOF on as it is
}
