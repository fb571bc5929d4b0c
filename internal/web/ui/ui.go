// Package ui is how everything looks: the document around every page, the
// components that pages are made of, and the style sheet and fonts that belong
// to them. It knows nothing of cards, loans or languages: every text is handed
// in, in the reader's language, and is escaped here.
//
// A page's HTML must work without style sheet and without scripts; there are no
// scripts at all.
package ui

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is the kind of a notice. It is told in words and by shape, not by colour
// alone.
type Kind string

// The kinds of notices.
const (
	KindGood  Kind = "good"  // it worked
	KindInfo  Kind = "info"  // good to know
	KindWarn  Kind = "warn"  // something needs attention
	KindError Kind = "error" // it did not work
)

// role makes a screen reader say what went wrong at once, and the rest when it
// is idle.
func (k Kind) role() string {
	if k == KindError {
		return "alert"
	}
	return "status"
}

// Variant is the weight of a button or of a link that looks like one.
type Variant string

// The variants. A page has one primary button at most for each thing.
const (
	Primary   Variant = "primary"
	Secondary Variant = "secondary"
	Quiet     Variant = "quiet"
	Danger    Variant = "danger" // takes something away; outlined, never filled red
)

func (v Variant) class() string {
	if v == "" {
		v = Primary
	}
	return "button button--" + string(v)
}

// Tone colours a badge. The words in it carry the meaning.
type Tone string

// The tones.
const (
	ToneCalm Tone = "calm"
	ToneGood Tone = "good"
	ToneWait Tone = "wait"
	ToneLate Tone = "late"
)

// Link is a link with a text.
type Link struct {
	Href, Label string
	// Current marks the page that the reader is on.
	Current bool
	// Wide leaves the link out of the header on a narrow screen.
	Wide bool
}

// Who is a person on a page.
type Who struct {
	// Name is shown: the name on the card, or "Mijzelf".
	Name string
	// Full makes the initials; Name when empty.
	Full string
	// Key makes the colour of the initials: the same key has the same colour
	// on every page. It is a row's number, never a card number.
	Key int64
}

// colours is how many colours initials have in the style sheet.
const colours = 10

func (w Who) colour() string {
	n := w.Key % colours
	if n < 0 {
		n += colours
	}
	return "initials initials--" + strconv.FormatInt(n, 10)
}

// initials are the first letters of the first and the last word that begins
// with a capital: "Sem de Vries" is SV.
func (w Who) initials() string {
	name := w.Full
	if name == "" {
		name = w.Name
	}
	var all, capitals []rune
	for _, word := range strings.Fields(name) {
		first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(word, unicode.IsPunct))
		if !unicode.IsLetter(first) && !unicode.IsDigit(first) {
			continue
		}
		all = append(all, unicode.ToUpper(first))
		if !unicode.IsLower(first) {
			capitals = append(capitals, first)
		}
	}
	if len(capitals) > 0 {
		all = capitals
	}
	switch len(all) {
	case 0:
		return "•"
	case 1:
		return string(all[0])
	default:
		return string([]rune{all[0], all[len(all)-1]})
	}
}

// FieldID is the id of a form's field in the page, for links to it.
func FieldID(name string) string { return "veld-" + name }

func hintID(name string) string { return FieldID(name) + "-hulp" }

func errorID(name string) string { return FieldID(name) + "-fout" }

// described lists what belongs to a field for aria-describedby.
func described(name, hint string, errors []string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, hintID(name))
	}
	if len(errors) > 0 {
		ids = append(ids, errorID(name))
	}
	return strings.Join(ids, " ")
}

// class joins class names, leaving out empty ones.
func class(names ...string) string {
	return strings.Join(strings.Fields(strings.Join(names, " ")), " ")
}

// when returns the class if the condition holds.
func when(holds bool, name string) string {
	if holds {
		return name
	}
	return ""
}
