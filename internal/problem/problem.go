// Package problem says what went wrong in a form that every face can put into
// words: a kind, a reason code and arguments. It never holds a sentence and
// never an HTTP status; package text turns a problem into Dutch or English, and
// each face maps the kind to its own protocol in one place.
package problem

import (
	"errors"
	"fmt"
	"strings"
)

// Kind tells a face how to treat a problem.
type Kind string

// The kinds. Every problem has exactly one.
const (
	// Invalid: what was typed cannot be used; the person can correct it.
	Invalid Kind = "invalid"
	// Refused: understood, but a rule says no.
	Refused Kind = "refused"
	// NotFound: there is no such thing for this person. It is the answer both
	// for what does not exist and for what is somebody else's.
	NotFound Kind = "not_found"
	// Conflict: the state changed in the meantime.
	Conflict Kind = "conflict"
	// Unavailable: a part of the world outside (or the store) is away.
	Unavailable Kind = "unavailable"
	// TooMany: asked too often; argument "wait" is a time.Duration.
	TooMany Kind = "too_many"
)

// Reason is the code of one thing that can go wrong, such as
// "mandate.own_card". Each room declares its reasons as constants; a test
// checks that the catalogues have a text for each in every language.
type Reason string

// Args are the arguments of a reason: money.Cents, calendar.Date, int, string,
// time.Time and time.Duration. Package text formats them for the reader.
type Args map[string]any

// Problem is an error for a person. Field, when set, names the form field or
// message part it is about.
type Problem struct {
	Kind   Kind
	Reason Reason
	Field  string
	Args   Args
	cause  error
}

// New makes a problem; args may be nil.
func New(kind Kind, reason Reason, args Args) *Problem {
	return &Problem{Kind: kind, Reason: reason, Args: args}
}

// At returns a copy of the problem that is about one field.
func (p *Problem) At(field string) *Problem {
	q := *p
	q.Field = field
	return &q
}

// Because returns a copy of the problem that wraps the error behind it, for
// the log. The cause is never shown to a person.
func (p *Problem) Because(err error) *Problem {
	q := *p
	q.cause = err
	return &q
}

// Error is for logs: codes only, no arguments, since these may be private.
func (p *Problem) Error() string {
	s := string(p.Kind) + ": " + string(p.Reason)
	if p.Field != "" {
		s += " (" + p.Field + ")"
	}
	if p.cause != nil {
		s += ": " + p.cause.Error()
	}
	return s
}

// Unwrap returns the cause, if any.
func (p *Problem) Unwrap() error { return p.cause }

// List is several problems at once: all unmet rules, not the first.
type List []*Problem

// Error joins the codes of all problems.
func (l List) Error() string {
	parts := make([]string, len(l))
	for i, p := range l {
		parts[i] = p.Error()
	}
	return strings.Join(parts, "; ")
}

// Unwrap lets errors.As find each problem.
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, p := range l {
		errs[i] = p
	}
	return errs
}

// Or returns the list as an error, or nil when it is empty.
func (l List) Or() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// Of returns every problem in err, in order, or nil when err holds none: then
// it is a fault of ours and a face says no more than that. The outermost
// problem or list counts: what lies behind it is its cause, for the log.
func Of(err error) []*Problem {
	var outermost interface{ all() []*Problem }
	if errors.As(err, &outermost) {
		return outermost.all()
	}
	return nil
}

func (p *Problem) all() []*Problem { return []*Problem{p} }

func (l List) all() []*Problem { return l }

// Has reports whether err holds a problem with the reason.
func Has(err error, reason Reason) bool {
	for _, p := range Of(err) {
		if p.Reason == reason {
			return true
		}
	}
	return false
}

// KindOf returns the kind of the first problem in err, or "" when it holds none.
func KindOf(err error) Kind {
	for _, p := range Of(err) {
		return p.Kind
	}
	return ""
}

// Away wraps an error of something outside as Unavailable.
func Away(reason Reason, doing string, err error) error {
	return New(Unavailable, reason, nil).Because(fmt.Errorf("%s: %w", doing, err))
}
