package sip2

import (
	"fmt"
	"strconv"
	"strings"
)

// Flag is a field that is Y, N or not there.
type Flag string

// The values of a Flag.
const (
	Yes    Flag = "Y"
	No     Flag = "N"
	Absent Flag = ""
)

// FlagOf is Yes or No.
func FlagOf(b bool) Flag {
	if b {
		return Yes
	}
	return No
}

// Languages of the standard's table.
const (
	NoLanguage = "000"
	English    = "001"
	Dutch      = "005"
)

// Patron names the patron of a request and proves that it may be asked.
type Patron struct {
	Institution      string // AO
	ID               string // AA
	TerminalPassword string // AC
	// Password is the patron's own (AD), nil when it is not sent: an empty one is
	// not the same.
	Password *string
}

// patron adds the fields with the password not at the end: Koha cuts off what is no
// letter or digit there.
func (b *builder) patron(p Patron) {
	b.add("AO", p.Institution)
	b.add("AA", p.ID)
	if p.Password != nil {
		b.add("AD", *p.Password)
	}
	b.add("AC", p.TerminalPassword)
}

func patronOf(m Message) Patron {
	p := Patron{Institution: m.Get("AO"), ID: m.Get("AA"), TerminalPassword: m.Get("AC")}
	if password, ok := m.Look("AD"); ok {
		p.Password = &password
	}
	return p
}

// Barrier is a position of a patron's status.
type Barrier int

// The positions, from 0. Each is the bad thing.
const (
	ChargeDenied Barrier = iota
	RenewalDenied
	RecallDenied
	HoldDenied
	CardLost
	TooManyCharged
	TooManyOverdue
	TooManyRenewals
	TooManyClaims
	TooManyLost
	ExcessiveFines
	ExcessiveFees
	RecallOverdue
	TooManyBilled
	barriers
)

// Status is what stands against a patron.
type Status [barriers]bool

func (s Status) String() string {
	return positions(s[:], 'Y', ' ')
}

func statusOf(text string) (s Status) {
	for i := range s {
		s[i] = text[i] == 'Y'
	}
	return s
}

func positions(all []bool, yes, no byte) string {
	var b strings.Builder
	for _, set := range all {
		if set {
			b.WriteByte(yes)
		} else {
			b.WriteByte(no)
		}
	}
	return b.String()
}

// List is a list that patron information can hold; a request asks for one.
type List int

// The lists, as positions of the summary. NoList asks for none.
const (
	NoList          List = -1
	HoldItems       List = 0 // AS
	OverdueItems    List = 1 // AT
	ChargedItems    List = 2 // AU
	FineItems       List = 3 // AV
	RecallItems     List = 4 // BU
	UnavailableHeld List = 5 // CD
	lists                = 6
	// Extended is the first position that the standard leaves unused: FOLIO answers
	// it with fees in fields of its own.
	Extended List = 6
)

// Field is the field that an entry of the list comes in.
func (l List) Field() string {
	if l < 0 || l >= lists {
		return ""
	}
	return [lists]string{"AS", "AT", "AU", "AV", "BU", "CD"}[l]
}

// builder makes a message.
type builder struct{ m Message }

func build(code string, fixed ...string) *builder {
	return &builder{Message{Code: code, Fixed: strings.Join(fixed, "")}}
}

func (b *builder) add(id, value string) {
	b.m.Fields = append(b.m.Fields, Field{id, value})
}

func (b *builder) maybe(id, value string) {
	if value != "" {
		b.add(id, value)
	}
}

func (b *builder) each(id string, values []string) {
	for _, value := range values {
		b.add(id, value)
	}
}

// pairs adds fields, each as its letters and its value.
func (b *builder) pairs(all ...string) {
	for i := 0; i+1 < len(all); i += 2 {
		b.add(all[i], all[i+1])
	}
}

// Page is the part of a list from first up to and including last, from 1; 0 is not
// said (BP, BQ).
func Page[T any](all []T, first, last int) []T {
	first = min(max(first, 1), len(all)+1)
	if last == 0 || last > len(all) {
		last = len(all)
	}
	if last < first {
		return nil
	}
	return all[first-1 : last]
}

// fixed is what is left to read of the fixed fields.
type fixed string

// open checks that the message is what a reader wants.
func open(m Message, code string) (fixed, error) {
	if m.Code != code || len(m.Fixed) != widths[code] {
		return "", fmt.Errorf("%w: %s is no %s", ErrMalformed, m.Code, code)
	}
	return fixed(m.Fixed), nil
}

func (f *fixed) take(n int) string {
	text := string((*f)[:n])
	*f = (*f)[n:]
	return text
}

func (f *fixed) yes() bool { return f.take(1) == "Y" }

// number reads a count; blanks and anything else that is none are -1.
func (f *fixed) number(width int) int {
	n, err := strconv.ParseUint(f.take(width), 10, 31)
	if err != nil {
		return -1
	}
	return int(n)
}

// pad makes text exactly as wide as the fixed field.
func pad(text string, width int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	if len(text) > width {
		return text[:width]
	}
	return text + strings.Repeat(" ", width-len(text))
}

// count writes a number; one that is unknown (below zero) or too large is blanks.
func count(n, width int) string {
	text := strconv.Itoa(n)
	if n < 0 || len(text) > width {
		return strings.Repeat(" ", width)
	}
	return strings.Repeat("0", width-len(text)) + text
}

func yn(b bool) string { return string(FlagOf(b)) }

func oneZero(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
