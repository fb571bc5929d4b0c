// Package text holds every sentence that a person reads, in Dutch and in
// English, at level B1: short, without jargon, saying what to do next. It also
// writes amounts, dates and waits in the reader's language. A key that has no
// text in one of the languages fails a test.
package text

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Language is a language that the program speaks, as in an HTML lang attribute.
type Language string

// The languages. Dutch is the default.
const (
	Dutch   Language = "nl"
	English Language = "en"
)

// Languages lists them, the default first.
var Languages = []Language{Dutch, English} //nolint:gochecknoglobals // a table, never written

//go:embed catalogue/*.toml
var catalogue embed.FS

// Texts is all catalogues, ready to print.
type Texts struct {
	printers map[Language]*Printer
}

// Load reads the embedded catalogues. zone is the library's: instants are
// printed in it.
func Load(zone *time.Location) (*Texts, error) {
	bundle := i18n.NewBundle(language.Dutch)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	files, err := fs.Glob(catalogue, "catalogue/*.toml")
	if err != nil {
		return nil, fmt.Errorf("list catalogues: %w", err)
	}
	keys, plain := map[Language]map[string]bool{Dutch: {}, English: {}}, map[Language]map[string]string{Dutch: {}, English: {}}
	for _, name := range files {
		f, err := bundle.LoadMessageFileFS(catalogue, name)
		if err != nil {
			return nil, fmt.Errorf("read catalogue %s: %w", name, err)
		}
		l := Language(f.Tag.String())
		lang := keys[l]
		if lang == nil {
			return nil, fmt.Errorf("catalogue %s is in no language we speak", name)
		}
		for _, m := range f.Messages {
			if lang[m.ID] {
				return nil, fmt.Errorf("catalogue %s: %s stands twice", name, m.ID)
			}
			lang[m.ID] = true
			if m.One == "" && !strings.Contains(m.Other, "{{") {
				plain[l][m.ID] = m.Other
			}
		}
	}
	t := &Texts{printers: map[Language]*Printer{}}
	for _, l := range Languages {
		t.printers[l] = newPrinter(bundle, l, zone, keys[l], plain[l])
	}
	return t, nil
}

// In returns the printer for a language, or the Dutch one.
func (t *Texts) In(l Language) *Printer {
	if p, ok := t.printers[l]; ok {
		return p
	}
	return t.printers[Dutch]
}

// Keys lists the keys of a language, sorted.
func (t *Texts) Keys(l Language) []string {
	return slices.Sorted(maps.Keys(t.In(l).keys))
}

// Missing lists the keys that one language has and another lacks, each as
// "language key".
func (t *Texts) Missing() []string {
	var out []string
	for _, l := range Languages {
		for _, other := range Languages {
			for k := range t.In(other).keys {
				if !t.In(l).keys[k] {
					out = append(out, string(l)+" "+k)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Reads reports whether s names a language that the program speaks.
func Reads(s string) (Language, bool) {
	l := Language(strings.ToLower(s))
	return l, slices.Contains(Languages, l)
}
