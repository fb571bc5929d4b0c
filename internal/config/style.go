package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"unicode/utf8"
)

// maxStyle bounds a house style in bytes: it is a handful of colours, and every
// visitor waits for it.
const maxStyle = 32 << 10

// HouseStyle reads the library's own style sheet; nil when there is none.
func (c Config) HouseStyle() ([]byte, error) {
	if c.Library.Style == "" {
		return nil, nil
	}
	css, err := os.ReadFile(c.Library.Style)
	if err != nil {
		return nil, fmt.Errorf("read the style sheet: %w", err)
	}
	if len(css) > maxStyle {
		return nil, fmt.Errorf("the style sheet has %d bytes; at most %d are possible", len(css), maxStyle)
	}
	if !utf8.Valid(css) || bytes.ContainsRune(css, 0) {
		return nil, errors.New("the style sheet is no text in UTF-8")
	}
	return css, nil
}
