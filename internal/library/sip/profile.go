package sip

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

//go:embed profiles/*.toml
var profiles embed.FS

// Profile says what a system sends and means where the standard leaves it open.
// It is data, read from a TOML file: those in the folder profiles, or a library's
// own.
type Profile struct {
	Name   string        `toml:"name"`
	Loans  LoanProfile   `toml:"loans"`
	Patron PatronProfile `toml:"patron"`
	Fees   FeeProfile    `toml:"fees"`
	// Refusals has the reason for what the system says in AF when it refuses: a
	// part of the text, without case.
	Refusals map[string]problem.Reason `toml:"refusals"`
}

// LoanProfile is about loans.
type LoanProfile struct {
	// Lists are the lists of 63 that loans are in: "charged", "overdue".
	Lists []string `toml:"lists"`
	// Page is how many entries are asked for at once with BP and BQ; 0 asks for
	// all without them.
	Page int `toml:"page"`
	// Due has the forms of AH: "sip" is that of the standard, others are Go's
	// layouts. Empty is "sip".
	Due []string `toml:"due"`
	// Fields of 18 that the standard does not have; "" is not sent.
	Author   string `toml:"author"`
	Material string `toml:"material"`
	Lent     string `toml:"lent"`
	Renewals string `toml:"renewals"`
}

// PatronProfile is about 64.
type PatronProfile struct {
	// Number is a regular expression that a card number matches whole; "" lets any
	// be one. It keeps out user names where the system takes them for numbers and
	// does not tell.
	Number string `toml:"number"`
	// The fields; "" is not sent. Dates are YYYYMMDD, or with dashes.
	Birth    string `toml:"birth"`
	Category string `toml:"category"`
	Expires  string `toml:"expires"`
	Branch   string `toml:"branch"`
	// Expired and Blocked are parts of AF that say that the membership has ended
	// or that the card is blocked.
	Expired []string `toml:"expired"`
	Blocked []string `toml:"blocked"`
	// Denied tells that position 2 of the status is Y for who may renew nothing;
	// 29 is not sent then. A denial without a reason that we know is a block.
	Denied bool `toml:"denied"`

	number *regexp.Regexp
}

func (p PatronProfile) isNumber(text string) bool {
	return p.number == nil || p.number.MatchString(text)
}

// FeeProfile is about what a patron owes.
type FeeProfile struct {
	// List is the list of 63 that fees are in: "fines", which "" is too, or
	// "extended", the first position that the standard leaves unused.
	List string `toml:"list"`
	// Line is how an AV reads: a regular expression with the groups amount and,
	// where there are, id, description and kind.
	Line string `toml:"line"`
	// Group has the fields of a fee when each is sent as a row of fields instead;
	// the id comes first.
	Group GroupProfile `toml:"group"`
	// Dates has the forms of a fee's date, as Go's layouts.
	Dates []string `toml:"dates"`
	// Take is "line" when a payment names a fee by CG, or "sum" when only the whole
	// sum (BV of 64) can be paid.
	Take string `toml:"take"`
	// Grows tells that more can be owed under an id that was paid.
	Grows bool `toml:"grows"`
	// Titled tells that a description may hold the title of what was lent.
	Titled bool `toml:"titled"`
	// Remembers tells that the system knows our reference (BK): the same payment
	// told twice counts once, and it says why it refuses one.
	Remembers bool `toml:"remembers"`
	// PaymentType is that of 37; "" is 02.
	PaymentType string `toml:"payment_type"`
	// Kinds has our kind of fee for each of the system's.
	Kinds map[string]circulation.FeeKind `toml:"kinds"`

	line *regexp.Regexp
	list sip2.List
}

// GroupProfile has the fields of a row.
type GroupProfile struct {
	ID          string `toml:"id"`
	Amount      string `toml:"amount"`
	Item        string `toml:"item"`
	Charged     string `toml:"charged"`
	Description string `toml:"description"`
	Kind        string `toml:"kind"`
}

// The values of FeeProfile.Take.
const (
	takeLine = "line"
	takeSum  = "sum"
)

// ProfileNames lists the profiles that come with the program.
func ProfileNames() []string {
	files, err := fs.Glob(profiles, "profiles/*.toml")
	if err != nil {
		return nil // cannot be: the pattern is good
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".toml")
	}
	return files
}

// LoadProfile returns the profile of the name or, when it names a file (it has a
// slash, or ends in .toml), the one in that file.
func LoadProfile(name string) (Profile, error) {
	var text []byte
	var err error
	if strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".toml") {
		text, err = os.ReadFile(name)
	} else {
		text, err = profiles.ReadFile("profiles/" + name + ".toml")
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("there is none of that name; there are %s, or the path of a file of your own", strings.Join(ProfileNames(), ", "))
		}
	}
	if err != nil {
		return Profile{}, fmt.Errorf("SIP2 profile %q: %w", name, err)
	}
	p, err := ParseProfile(string(text))
	if err != nil {
		return Profile{}, fmt.Errorf("SIP2 profile %q: %w", name, err)
	}
	return p, nil
}

// ParseProfile reads a profile and checks it; the error has every fault.
func ParseProfile(text string) (Profile, error) {
	var p Profile
	read, err := toml.Decode(text, &p)
	if err != nil {
		return Profile{}, fmt.Errorf("not TOML as it should be: %w", err)
	}
	var faults []error
	for _, key := range read.Undecoded() {
		faults = append(faults, fmt.Errorf("%s: no such key", key))
	}
	faults = append(faults, p.check()...)
	return p, errors.Join(faults...)
}

func (p *Profile) check() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if len(p.Loans.Lists) == 0 {
		fault("loans.lists: name a list, such as \"charged\"")
	}
	for _, l := range p.Loans.Lists {
		if listOf(l) == sip2.NoList {
			fault("loans.lists: %q is none of \"charged\", \"overdue\"", l)
		}
	}
	if p.Loans.Page < 0 {
		fault("loans.page: %d is below zero", p.Loans.Page)
	}
	if len(p.Loans.Due) == 0 {
		p.Loans.Due = []string{standardForm}
	}
	if p.Fees.Take != takeLine && p.Fees.Take != takeSum {
		fault("fees.take: %q is none of \"line\", \"sum\"", p.Fees.Take)
	}
	var err error
	if p.Patron.Number != "" {
		if p.Patron.number, err = regexp.Compile(`\A(?:` + p.Patron.Number + `)\z`); err != nil {
			fault("patron.number: %w", err)
		}
	}
	switch p.Fees.List {
	case "", "fines":
		p.Fees.list = sip2.FineItems
	case "extended":
		p.Fees.list = sip2.Extended
	default:
		fault("fees.list: %q is none of \"fines\", \"extended\"", p.Fees.List)
	}
	if p.Fees.line, err = regexp.Compile(p.Fees.Line); err != nil {
		fault("fees.line: %w", err)
	} else if p.Fees.Line != "" && p.Fees.line.SubexpIndex("amount") < 0 {
		fault("fees.line: has no group amount")
	}
	switch grouped := p.Fees.Group.ID != "" && p.Fees.Group.Amount != ""; {
	case p.Fees.Take == takeLine && !grouped && (p.Fees.line == nil || p.Fees.line.SubexpIndex("id") < 0):
		fault("fees.take: \"line\" needs an id, in fees.line or fees.group")
	case !grouped && p.Fees.Group != GroupProfile{}:
		fault("fees.group: needs id and amount")
	}
	for text, kind := range p.Fees.Kinds {
		if !slices.Contains(circulation.FeeKinds, kind) {
			fault("fees.kinds: %q is %q, which is no kind of fee", text, kind)
		}
	}
	for text, r := range p.Refusals {
		if _, ok := reasons[r]; !ok || text == "" {
			fault("refusals: %q is %q, which is no reason", text, r)
		}
	}
	return faults
}

// listOf is the list of a name, or sip2.NoList.
func listOf(name string) sip2.List {
	switch name {
	case "charged":
		return sip2.ChargedItems
	case "overdue":
		return sip2.OverdueItems
	}
	return sip2.NoList
}
