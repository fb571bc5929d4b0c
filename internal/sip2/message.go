// Package sip2 speaks 3M's Standard Interchange Protocol 2.00 in both
// directions: it reads and writes messages, asks a library system (Client, Pool)
// and answers terminals (Server). It knows the wire and nothing of a library:
// what a field means to a member is decided elsewhere.
//
// What comes from a peer is bounded in size and in time and is never believed
// further than it can be read: a damaged message is ErrChecksum, one that is cut
// short or of no known code is ErrMalformed, an amount that is not plainly one is
// ErrAmount.
package sip2

import (
	"errors"
	"log/slog"
)

// What can be wrong with what a peer sends.
var (
	// ErrMalformed: not a message, or one that was cut short.
	ErrMalformed = errors.New("sip2: not a message")
	// ErrChecksum: the message was damaged on its way.
	ErrChecksum = errors.New("sip2: wrong checksum")
	// ErrTooLong: more bytes than a message may have.
	ErrTooLong = errors.New("sip2: message too long")
)

// Message is one message: its code, its fixed fields in one piece, and its
// variable fields in the order of the wire.
type Message struct {
	Code   string
	Fixed  string
	Fields []Field
}

// Field is a variable field: two letters and a value.
type Field struct{ ID, Value string }

// Get returns the value of the first field with the ID, or "".
func (m Message) Get(id string) string {
	value, _ := m.Look(id)
	return value
}

// Look is Get that tells an empty field from one that is not there.
func (m Message) Look(id string) (value string, ok bool) {
	for _, f := range m.Fields {
		if f.ID == id {
			return f.Value, true
		}
	}
	return "", false
}

// All returns the values of all fields with the ID, in order.
func (m Message) All(id string) []string {
	var all []string
	for _, f := range m.Fields {
		if f.ID == id {
			all = append(all, f.Value)
		}
	}
	return all
}

// String is the code alone: the fields hold names, titles and passwords.
func (m Message) String() string { return m.Code }

// LogValue is the code alone.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.Code) }

// widths has every code and how many characters its fixed fields take.
var widths = map[string]int{ //nolint:gochecknoglobals // a table, never written
	LogIn: 2, LoggedIn: 1,
	SCStatus: 8, ACSStatus: 34,
	PatronStatus: 21, PatronStatusAnswer: 35,
	PatronInformation: 31, PatronInformationAnswer: 59,
	Renew: 38, RenewAnswer: 22,
	RenewAll: 18, RenewAllAnswer: 27,
	FeePaid: 25, FeePaidAnswer: 19,
	EndSession: 18, EndSessionAnswer: 19,
	ItemInformation: 18, ItemInformationAnswer: 24,
	SCResend: 0, ACSResend: 0,
	CheckOut: 38, CheckOutAnswer: 22,
	CheckIn: 37, CheckInAnswer: 22,
	BlockPatron: 19,
	Hold:        19, HoldAnswer: 20,
	ItemStatusUpdate: 18, ItemStatusUpdateAnswer: 19,
	PatronEnable: 18, PatronEnableAnswer: 35,
}

// The codes. An answer has the code of its request plus or minus one.
const (
	LogIn                   = "93"
	LoggedIn                = "94"
	SCStatus                = "99"
	ACSStatus               = "98"
	PatronStatus            = "23"
	PatronStatusAnswer      = "24"
	PatronInformation       = "63"
	PatronInformationAnswer = "64"
	Renew                   = "29"
	RenewAnswer             = "30"
	RenewAll                = "65"
	RenewAllAnswer          = "66"
	FeePaid                 = "37"
	FeePaidAnswer           = "38"
	EndSession              = "35"
	EndSessionAnswer        = "36"
	ItemInformation         = "17"
	ItemInformationAnswer   = "18"
	SCResend                = "96" // the ACS asks the SC to send again
	ACSResend               = "97" // the SC asks the ACS to send again
	CheckOut                = "11"
	CheckOutAnswer          = "12"
	CheckIn                 = "09"
	CheckInAnswer           = "10"
	BlockPatron             = "01"
	Hold                    = "15"
	HoldAnswer              = "16"
	ItemStatusUpdate        = "19"
	ItemStatusUpdateAnswer  = "20"
	PatronEnable            = "25"
	PatronEnableAnswer      = "26"
)

// answers has the code of the answer to each request.
var answers = map[string]string{ //nolint:gochecknoglobals // a table, never written
	LogIn: LoggedIn, SCStatus: ACSStatus, PatronStatus: PatronStatusAnswer, PatronInformation: PatronInformationAnswer,
	Renew: RenewAnswer, RenewAll: RenewAllAnswer, FeePaid: FeePaidAnswer, EndSession: EndSessionAnswer,
	ItemInformation: ItemInformationAnswer, CheckOut: CheckOutAnswer, CheckIn: CheckInAnswer,
	BlockPatron: PatronStatusAnswer, Hold: HoldAnswer, ItemStatusUpdate: ItemStatusUpdateAnswer, PatronEnable: PatronEnableAnswer,
}

// AnswerTo returns the code of the answer to a request; ok is false for what is
// no request that has one.
func AnswerTo(code string) (answer string, ok bool) {
	answer, ok = answers[code]
	return answer, ok
}
