package sip2

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Charset is how a peer writes letters. The zero Charset is UTF-8.
type Charset struct{ table *charmap.Charmap }

// ErrCharset says that there is no such character set.
var ErrCharset = errors.New("sip2: character set is none of utf-8, latin-1, cp850")

// ParseCharset returns the character set of the name: "utf-8" (or ""),
// "latin-1" or "cp850".
func ParseCharset(name string) (Charset, error) {
	switch strings.ToLower(name) {
	case "", "utf-8", "utf8":
		return Charset{}, nil
	case "latin-1", "latin1", "iso-8859-1":
		return Charset{charmap.ISO8859_1}, nil
	case "cp850", "850":
		return Charset{charmap.CodePage850}, nil
	}
	return Charset{}, ErrCharset
}

// encode writes '?' for what the character set does not have.
func (c Charset) encode(text string) []byte {
	if c.table == nil {
		return []byte(strings.ToValidUTF8(text, "?"))
	}
	out := make([]byte, 0, len(text))
	for _, r := range text {
		b, ok := c.table.EncodeRune(r)
		if !ok {
			b = '?'
		}
		out = append(out, b)
	}
	return out
}

// decode reads U+FFFD for what is not in the character set. What should be UTF-8
// and is not is read as Latin-1: a Koha whose SIP account names no encoding sends
// both.
func (c Charset) decode(raw []byte) string {
	if c.table == nil && utf8.Valid(raw) {
		return string(raw)
	}
	if c.table == nil {
		c.table = charmap.ISO8859_1
	}
	var out strings.Builder
	for _, b := range raw {
		out.WriteRune(c.table.DecodeByte(b))
	}
	return out.String()
}

// has reports whether every letter can be written.
func (c Charset) has(text string) bool {
	if c.table == nil {
		return utf8.ValidString(text)
	}
	for _, r := range text {
		if _, ok := c.table.EncodeRune(r); !ok {
			return false
		}
	}
	return true
}
