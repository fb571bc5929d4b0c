package sip2

import (
	"cmp"
	"strconv"
)

// The requests, each with its Message and its reader. Dates are texts of 18
// characters, as Stamp writes and ParseStamp reads them.

// LogInRequest is 93. Only plain passwords (algorithm 0) are known.
type LogInRequest struct {
	User     string // CN
	Password string // CO
	Location string // CP
}

// Message writes the request.
func (r LogInRequest) Message() Message {
	b := build(LogIn, "00")
	b.add("CN", r.User)
	b.add("CO", r.Password)
	b.add("CP", r.Location)
	return b.m
}

// ReadLogIn reads 93.
func ReadLogIn(m Message) (LogInRequest, error) {
	if _, err := open(m, LogIn); err != nil {
		return LogInRequest{}, err
	}
	return LogInRequest{User: m.Get("CN"), Password: m.Get("CO"), Location: m.Get("CP")}, nil
}

// SCStatusRequest is 99.
type SCStatusRequest struct {
	Code       byte // '0' ok, '1' out of paper, '2' shutting down
	PrintWidth int
	Version    string
}

// Message writes the request.
func (r SCStatusRequest) Message() Message {
	return build(SCStatus, string(cmp.Or(r.Code, '0')), count(r.PrintWidth, 3), pad(cmp.Or(r.Version, version), 4)).m
}

const version = "2.00"

// ReadSCStatus reads 99.
func ReadSCStatus(m Message) (SCStatusRequest, error) {
	f, err := open(m, SCStatus)
	if err != nil {
		return SCStatusRequest{}, err
	}
	return SCStatusRequest{Code: f.take(1)[0], PrintWidth: f.number(3), Version: f.take(4)}, nil
}

// PatronStatusRequest is 23.
type PatronStatusRequest struct {
	Language string
	Date     string
	Patron   Patron
}

// Message writes the request.
func (r PatronStatusRequest) Message() Message {
	b := build(PatronStatus, pad(cmp.Or(r.Language, NoLanguage), 3), pad(r.Date, stampWidth))
	b.patron(r.Patron)
	return b.m
}

// ReadPatronStatus reads 23.
func ReadPatronStatus(m Message) (PatronStatusRequest, error) {
	f, err := open(m, PatronStatus)
	if err != nil {
		return PatronStatusRequest{}, err
	}
	return PatronStatusRequest{Language: f.take(3), Date: f.take(stampWidth), Patron: patronOf(m)}, nil
}

// PatronInformationRequest is 63.
type PatronInformationRequest struct {
	Language string
	Date     string
	// List is the one that is asked for; when a request has more than one Y, the
	// first.
	List   List
	Patron Patron
	// First and Last are the page of the list, from 1; 0 is not said.
	First, Last int
}

// Message writes the request.
func (r PatronInformationRequest) Message() Message {
	summary := make([]bool, summaryWidth)
	if r.List >= 0 && r.List < summaryWidth {
		summary[r.List] = true
	}
	b := build(PatronInformation, pad(cmp.Or(r.Language, NoLanguage), 3), pad(r.Date, stampWidth), positions(summary, 'Y', ' '))
	b.patron(r.Patron)
	if r.First > 0 {
		b.add("BP", strconv.Itoa(r.First))
	}
	if r.Last > 0 {
		b.add("BQ", strconv.Itoa(r.Last))
	}
	return b.m
}

const summaryWidth = 10

// ReadPatronInformation reads 63.
func ReadPatronInformation(m Message) (PatronInformationRequest, error) {
	f, err := open(m, PatronInformation)
	if err != nil {
		return PatronInformationRequest{}, err
	}
	r := PatronInformationRequest{
		Language: f.take(3), Date: f.take(stampWidth), List: NoList, Patron: patronOf(m),
		First: position(m.Get("BP")), Last: position(m.Get("BQ")),
	}
	for i := summaryWidth - 1; i >= 0; i-- {
		if f[i] == 'Y' {
			r.List = List(i)
		}
	}
	return r, nil
}

// position reads BP or BQ; 0 for what is none.
func position(text string) int {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// RenewRequest is 29.
type RenewRequest struct {
	ThirdParty bool // allowed
	NoBlock    bool
	Date       string
	// NewDue is the date that was promised while the ACS was away, or "".
	NewDue          string
	Patron          Patron
	Item            string // AB
	Title           string // AJ
	Properties      string // CH
	FeeAcknowledged Flag   // BO
}

// Message writes the request.
func (r RenewRequest) Message() Message {
	b := build(Renew, yn(r.ThirdParty), yn(r.NoBlock), pad(r.Date, stampWidth), pad(r.NewDue, stampWidth))
	b.patron(r.Patron)
	b.add("AB", r.Item)
	b.maybe("AJ", r.Title)
	b.maybe("CH", r.Properties)
	b.maybe("BO", string(r.FeeAcknowledged))
	return b.m
}

// ReadRenew reads 29.
func ReadRenew(m Message) (RenewRequest, error) {
	f, err := open(m, Renew)
	if err != nil {
		return RenewRequest{}, err
	}
	return RenewRequest{
		ThirdParty: f.yes(), NoBlock: f.yes(), Date: f.take(stampWidth), NewDue: f.take(stampWidth),
		Patron: patronOf(m), Item: m.Get("AB"), Title: m.Get("AJ"), Properties: m.Get("CH"),
		FeeAcknowledged: Flag(m.Get("BO")),
	}, nil
}

// RenewAllRequest is 65.
type RenewAllRequest struct {
	Date            string
	Patron          Patron
	FeeAcknowledged Flag // BO
}

// Message writes the request.
func (r RenewAllRequest) Message() Message {
	b := build(RenewAll, pad(r.Date, stampWidth))
	b.patron(r.Patron)
	b.maybe("BO", string(r.FeeAcknowledged))
	return b.m
}

// ReadRenewAll reads 65.
func ReadRenewAll(m Message) (RenewAllRequest, error) {
	f, err := open(m, RenewAll)
	if err != nil {
		return RenewAllRequest{}, err
	}
	return RenewAllRequest{Date: f.take(stampWidth), Patron: patronOf(m), FeeAcknowledged: Flag(m.Get("BO"))}, nil
}

// FeePaidRequest is 37.
type FeePaidRequest struct {
	Date        string
	FeeType     string // 01 other, 04 overdue
	PaymentType string // 00 cash, 01 VISA, 02 credit card
	Currency    string // EUR
	Amount      string // BV, as FormatAmount writes it
	Patron      Patron
	Fee         string // CG
	Transaction string // BK
}

// Message writes the request.
func (r FeePaidRequest) Message() Message {
	b := build(FeePaid, pad(r.Date, stampWidth), pad(cmp.Or(r.FeeType, "01"), 2), pad(cmp.Or(r.PaymentType, "00"), 2), pad(r.Currency, 3))
	b.add("BV", r.Amount)
	b.patron(r.Patron)
	b.maybe("CG", r.Fee)
	b.maybe("BK", r.Transaction)
	return b.m
}

// ReadFeePaid reads 37.
func ReadFeePaid(m Message) (FeePaidRequest, error) {
	f, err := open(m, FeePaid)
	if err != nil {
		return FeePaidRequest{}, err
	}
	return FeePaidRequest{
		Date: f.take(stampWidth), FeeType: f.take(2), PaymentType: f.take(2), Currency: f.take(3),
		Amount: m.Get("BV"), Patron: patronOf(m), Fee: m.Get("CG"), Transaction: m.Get("BK"),
	}, nil
}

// EndSessionRequest is 35.
type EndSessionRequest struct {
	Date   string
	Patron Patron
}

// Message writes the request.
func (r EndSessionRequest) Message() Message {
	b := build(EndSession, pad(r.Date, stampWidth))
	b.patron(r.Patron)
	return b.m
}

// ReadEndSession reads 35.
func ReadEndSession(m Message) (EndSessionRequest, error) {
	f, err := open(m, EndSession)
	if err != nil {
		return EndSessionRequest{}, err
	}
	return EndSessionRequest{Date: f.take(stampWidth), Patron: patronOf(m)}, nil
}

// ItemInformationRequest is 17.
type ItemInformationRequest struct {
	Date             string
	Institution      string // AO
	Item             string // AB
	TerminalPassword string // AC
}

// Message writes the request.
func (r ItemInformationRequest) Message() Message {
	b := build(ItemInformation, pad(r.Date, stampWidth))
	b.add("AO", r.Institution)
	b.add("AB", r.Item)
	b.add("AC", r.TerminalPassword)
	return b.m
}

// ReadItemInformation reads 17.
func ReadItemInformation(m Message) (ItemInformationRequest, error) {
	f, err := open(m, ItemInformation)
	if err != nil {
		return ItemInformationRequest{}, err
	}
	return ItemInformationRequest{
		Date: f.take(stampWidth), Institution: m.Get("AO"), Item: m.Get("AB"), TerminalPassword: m.Get("AC"),
	}, nil
}
