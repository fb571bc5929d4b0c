package sip2

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Frame is a message as it travels: with a checksum or without, and then with a
// sequence number or without.
type Frame struct {
	Message
	Checked bool
	// Seq is the digit of AY, '0' to '9', or 0 for none.
	Seq byte
}

// Checksum returns what stands after AZ: the bytes up to and including the
// letters AZ, and it, add up to 0 modulo 65536.
func Checksum(upToAZ []byte) uint16 {
	var sum uint16
	for _, b := range upToAZ {
		sum += uint16(b)
	}
	return -sum
}

// letterSum is Checksum over letters in place of bytes: so counts a Koha whose SIP
// account names no encoding, as soon as a message has a letter beyond Latin-1.
func letterSum(upToAZ []byte) uint16 {
	var sum uint16
	for _, r := range string(upToAZ) {
		sum += uint16(r) //nolint:gosec // modulo 65536, as the standard's
	}
	return -sum
}

// maxFields is how many variable fields a message may have. A patron has at most
// some hundreds of items.
const maxFields = 10_000

// Encode writes the frame without its end of line. What cannot stand in a value
// is replaced: '|' by "&#124;", as others do, and control characters by blanks.
func Encode(f Frame, c Charset) []byte {
	var b strings.Builder
	b.WriteString(f.Code)
	b.WriteString(f.Fixed)
	for _, field := range f.Fields {
		b.WriteString(field.ID)
		b.WriteString(clean(field.Value))
		b.WriteByte('|')
	}
	line := c.encode(b.String())
	if !f.Checked {
		return line
	}
	if f.Seq != 0 {
		line = append(line, 'A', 'Y', f.Seq)
	}
	line = append(line, 'A', 'Z')
	return fmt.Appendf(line, "%04X", Checksum(line))
}

const pipe = "&#124;"

func clean(value string) string {
	value = strings.ReplaceAll(value, "|", pipe)
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, value)
}

// Decode reads a line without its end. A field without letters is passed over:
// peers that are not quite right send them. The error is ErrMalformed or
// ErrChecksum.
func Decode(line []byte, c Charset) (Frame, error) {
	var f Frame
	rest, checked, err := cutChecksum(line)
	if err != nil {
		return f, err
	}
	f.Checked = checked
	if n := len(rest); n >= 3 && rest[n-3] == 'A' && rest[n-2] == 'Y' && isDigit(rest[n-1]) && endsFields(rest[:n-3]) {
		f.Seq, rest = rest[n-1], rest[:n-3]
	}
	if len(rest) < 2 {
		return f, fmt.Errorf("%w: %d bytes", ErrMalformed, len(line))
	}
	f.Code = string(rest[:2])
	width, ok := widths[f.Code]
	if !ok {
		return f, fmt.Errorf("%w: no such code", ErrMalformed)
	}
	rest = rest[2:]
	if len(rest) < width {
		return f, fmt.Errorf("%w: %s is cut short", ErrMalformed, f.Code)
	}
	f.Fixed = string(rest[:width])
	for i := range len(f.Fixed) {
		if f.Fixed[i] < ' ' || f.Fixed[i] > '~' {
			return f, fmt.Errorf("%w: %s has fixed fields that cannot be read", ErrMalformed, f.Code)
		}
	}
	f.Fields, err = fields(rest[width:], c)
	if err != nil {
		return f, fmt.Errorf("%w in %s", err, f.Code)
	}
	return f, nil
}

// endsFields reports whether a sequence number may follow: after a field, or
// after fixed fields alone.
func endsFields(rest []byte) bool {
	if len(rest) < 2 {
		return false
	}
	width, ok := widths[string(rest[:2])]
	return rest[len(rest)-1] == '|' || (ok && len(rest) == 2+width)
}

// cutChecksum cuts AZhhhh off, if it is there, and checks it.
func cutChecksum(line []byte) (rest []byte, checked bool, err error) {
	at := len(line) - 6
	if at < 0 || line[at] != 'A' || line[at+1] != 'Z' {
		return line, false, nil
	}
	want, err := strconv.ParseUint(string(line[at+2:]), 16, 16)
	if err != nil {
		if bytes.IndexByte(line[at:], '|') >= 0 {
			return line, false, nil // a field, not a checksum
		}
		return nil, false, ErrChecksum
	}
	if Checksum(line[:at+2]) != uint16(want) && letterSum(line[:at+2]) != uint16(want) {
		return nil, false, ErrChecksum
	}
	return line[:at], true, nil
}

func fields(rest []byte, c Charset) ([]Field, error) {
	if bytes.Count(rest, []byte{'|'}) > maxFields {
		return nil, fmt.Errorf("%w: too many fields", ErrMalformed)
	}
	var all []Field
	for piece := range bytes.SplitSeq(rest, []byte{'|'}) {
		if len(piece) < 2 || !isLetter(piece[0]) || !isLetterOrDigit(piece[1]) {
			continue
		}
		value := strings.ReplaceAll(c.decode(piece[2:]), pipe, "|")
		all = append(all, Field{ID: string(piece[:2]), Value: value})
	}
	return all, nil
}

func isDigit(b byte) bool         { return b >= '0' && b <= '9' }
func isLetter(b byte) bool        { return b >= 'A' && b <= 'Z' }
func isLetterOrDigit(b byte) bool { return isLetter(b) || isDigit(b) }
