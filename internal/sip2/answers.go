package sip2

import (
	"cmp"
	"strconv"
)

// The answers, each with its Message and its reader. What a system sends beside
// the standard's fields is in Extra, for the writer; a reader looks into the
// message itself.

// LogInReply is 94.
type LogInReply struct{ OK bool }

// Message writes the answer.
func (a LogInReply) Message() Message { return build(LoggedIn, oneZero(a.OK)).m }

// ReadLogInReply reads 94.
func ReadLogInReply(m Message) (LogInReply, error) {
	f, err := open(m, LoggedIn)
	if err != nil {
		return LogInReply{}, err
	}
	return LogInReply{OK: f.take(1) == "1"}, nil
}

// ACSStatusReply is 98.
type ACSStatusReply struct {
	Online, CheckIn, CheckOut, Renewal, StatusUpdate, Offline bool
	Timeout                                                   int // tenths of a second
	Retries                                                   int
	Date                                                      string
	Version                                                   string
	Institution                                               string // AO
	Library                                                   string // AM
	// Supported has a Y or an N for each of 16 kinds of messages (BX), or is "".
	Supported string
	Terminal  string   // AN
	Screen    []string // AF
	Print     []string // AG
}

// Message writes the answer.
func (a ACSStatusReply) Message() Message {
	b := build(ACSStatus, yn(a.Online), yn(a.CheckIn), yn(a.CheckOut), yn(a.Renewal), yn(a.StatusUpdate), yn(a.Offline),
		count(a.Timeout, 3), count(a.Retries, 3), pad(a.Date, stampWidth), pad(cmp.Or(a.Version, version), 4))
	b.add("AO", a.Institution)
	b.maybe("AM", a.Library)
	b.add("BX", a.Supported)
	b.maybe("AN", a.Terminal)
	b.told(a.Screen, a.Print)
	return b.m
}

func (b *builder) told(screen, printed []string) {
	b.each("AF", screen)
	b.each("AG", printed)
}

// ReadACSStatusReply reads 98.
func ReadACSStatusReply(m Message) (ACSStatusReply, error) {
	f, err := open(m, ACSStatus)
	if err != nil {
		return ACSStatusReply{}, err
	}
	return ACSStatusReply{
		Online: f.yes(), CheckIn: f.yes(), CheckOut: f.yes(), Renewal: f.yes(), StatusUpdate: f.yes(), Offline: f.yes(),
		Timeout: f.number(3), Retries: f.number(3), Date: f.take(stampWidth), Version: f.take(4),
		Institution: m.Get("AO"), Library: m.Get("AM"), Supported: m.Get("BX"), Terminal: m.Get("AN"),
		Screen: m.All("AF"), Print: m.All("AG"),
	}, nil
}

// Kind is a position of ACSStatusReply.Supported.
type Kind int

// The positions, from 0.
const (
	TakesPatronStatus Kind = iota
	TakesCheckOut
	TakesCheckIn
	TakesBlockPatron
	TakesStatus
	TakesResend
	TakesLogIn
	TakesPatronInformation
	TakesEndSession
	TakesFeePaid
	TakesItemInformation
	TakesItemStatusUpdate
	TakesPatronEnable
	TakesHold
	TakesRenew
	TakesRenewAll
)

// Takes reports whether the system says that it knows the kind of message; known
// is false when it does not tell.
func (a ACSStatusReply) Takes(k Kind) (takes, known bool) {
	if int(k) >= len(a.Supported) {
		return false, false
	}
	return a.Supported[k] == 'Y', true
}

// PatronStatusReply is 24.
type PatronStatusReply struct {
	Status        Status
	Language      string
	Date          string
	Institution   string // AO
	Patron        string // AA
	Name          string // AE
	ValidPatron   Flag   // BL
	ValidPassword Flag   // CQ
	Currency      string // BH
	Owed          string // BV
	Extra         []Field
	Screen        []string // AF
	Print         []string // AG
}

// Message writes the answer.
func (a PatronStatusReply) Message() Message {
	b := build(PatronStatusAnswer, a.Status.String(), pad(cmp.Or(a.Language, NoLanguage), 3), pad(a.Date, stampWidth))
	b.add("AO", a.Institution)
	b.add("AA", a.Patron)
	b.add("AE", a.Name)
	b.maybe("BL", string(a.ValidPatron))
	b.maybe("CQ", string(a.ValidPassword))
	b.maybe("BH", a.Currency)
	b.maybe("BV", a.Owed)
	b.m.Fields = append(b.m.Fields, a.Extra...)
	b.told(a.Screen, a.Print)
	return b.m
}

// ReadPatronStatusReply reads 24.
func ReadPatronStatusReply(m Message) (PatronStatusReply, error) {
	f, err := open(m, PatronStatusAnswer)
	if err != nil {
		return PatronStatusReply{}, err
	}
	return PatronStatusReply{
		Status: statusOf(f.take(int(barriers))), Language: f.take(3), Date: f.take(stampWidth),
		Institution: m.Get("AO"), Patron: m.Get("AA"), Name: m.Get("AE"),
		ValidPatron: Flag(m.Get("BL")), ValidPassword: Flag(m.Get("CQ")), Currency: m.Get("BH"), Owed: m.Get("BV"),
		Screen: m.All("AF"), Print: m.All("AG"),
	}, nil
}

// PatronInformationReply is 64.
type PatronInformationReply struct {
	Status   Status
	Language string
	Date     string
	// Counts has how many entries each list has; -1 is unknown.
	Counts        [lists]int
	Institution   string // AO
	Patron        string // AA
	Name          string // AE
	HoldLimit     string // BZ
	OverdueLimit  string // CA
	ChargedLimit  string // CB
	ValidPatron   Flag   // BL
	ValidPassword Flag   // CQ
	Currency      string // BH
	Owed          string // BV
	FeeLimit      string // CC
	// List and Items are the list that was asked for.
	List    List
	Items   []string
	Address string // BD
	Email   string // BE
	Phone   string // BF
	Extra   []Field
	Screen  []string // AF
	Print   []string // AG
}

// Message writes the answer.
func (a PatronInformationReply) Message() Message {
	b := build(PatronInformationAnswer, a.Status.String(), pad(cmp.Or(a.Language, NoLanguage), 3), pad(a.Date, stampWidth))
	for _, n := range a.Counts {
		b.m.Fixed += count(n, 4)
	}
	b.add("AO", a.Institution)
	b.add("AA", a.Patron)
	b.add("AE", a.Name)
	b.maybe("BZ", a.HoldLimit)
	b.maybe("CA", a.OverdueLimit)
	b.maybe("CB", a.ChargedLimit)
	b.maybe("BL", string(a.ValidPatron))
	b.maybe("CQ", string(a.ValidPassword))
	b.maybe("BH", a.Currency)
	b.maybe("BV", a.Owed)
	b.maybe("CC", a.FeeLimit)
	if id := a.List.Field(); id != "" {
		b.each(id, a.Items)
	}
	b.maybe("BD", a.Address)
	b.maybe("BE", a.Email)
	b.maybe("BF", a.Phone)
	b.m.Fields = append(b.m.Fields, a.Extra...)
	b.told(a.Screen, a.Print)
	return b.m
}

// ReadPatronInformationReply reads 64 with the entries of the list that was
// asked for.
func ReadPatronInformationReply(m Message, asked List) (PatronInformationReply, error) {
	f, err := open(m, PatronInformationAnswer)
	if err != nil {
		return PatronInformationReply{}, err
	}
	a := PatronInformationReply{
		Status: statusOf(f.take(int(barriers))), Language: f.take(3), Date: f.take(stampWidth),
		Institution: m.Get("AO"), Patron: m.Get("AA"), Name: m.Get("AE"),
		HoldLimit: m.Get("BZ"), OverdueLimit: m.Get("CA"), ChargedLimit: m.Get("CB"),
		ValidPatron: Flag(m.Get("BL")), ValidPassword: Flag(m.Get("CQ")),
		Currency: m.Get("BH"), Owed: m.Get("BV"), FeeLimit: m.Get("CC"),
		List: asked, Address: m.Get("BD"), Email: m.Get("BE"), Phone: m.Get("BF"),
		Screen: m.All("AF"), Print: m.All("AG"),
	}
	for i := range a.Counts {
		a.Counts[i] = f.number(4)
	}
	if id := asked.Field(); id != "" {
		a.Items = m.All(id)
	}
	return a, nil
}

// RenewReply is 30.
type RenewReply struct {
	OK          bool
	RenewalOK   bool
	Magnetic    Flag // U unknown
	Desensitize bool
	Date        string
	Institution string // AO
	Patron      string // AA
	Item        string // AB
	Title       string // AJ
	Due         string // AH, as the system writes it
	FeeType     string // BT
	Currency    string // BH
	Fee         string // BV
	MediaType   string // CK
	Properties  string // CH
	Transaction string // BK
	Extra       []Field
	Screen      []string // AF
	Print       []string // AG
}

// Message writes the answer.
func (a RenewReply) Message() Message {
	b := build(RenewAnswer, oneZero(a.OK), yn(a.RenewalOK), pad(cmp.Or(string(a.Magnetic), "U"), 1), yn(a.Desensitize), pad(a.Date, stampWidth))
	b.add("AO", a.Institution)
	b.add("AA", a.Patron)
	b.add("AB", a.Item)
	b.add("AJ", a.Title)
	b.add("AH", a.Due)
	b.maybe("BT", a.FeeType)
	b.maybe("BH", a.Currency)
	b.maybe("BV", a.Fee)
	b.maybe("CK", a.MediaType)
	b.maybe("CH", a.Properties)
	b.maybe("BK", a.Transaction)
	b.m.Fields = append(b.m.Fields, a.Extra...)
	b.told(a.Screen, a.Print)
	return b.m
}

// ReadRenewReply reads 30.
func ReadRenewReply(m Message) (RenewReply, error) {
	f, err := open(m, RenewAnswer)
	if err != nil {
		return RenewReply{}, err
	}
	return RenewReply{
		OK: f.take(1) == "1", RenewalOK: f.yes(), Magnetic: Flag(f.take(1)), Desensitize: f.yes(), Date: f.take(stampWidth),
		Institution: m.Get("AO"), Patron: m.Get("AA"), Item: m.Get("AB"), Title: m.Get("AJ"), Due: m.Get("AH"),
		FeeType: m.Get("BT"), Currency: m.Get("BH"), Fee: m.Get("BV"), MediaType: m.Get("CK"), Properties: m.Get("CH"),
		Transaction: m.Get("BK"), Screen: m.All("AF"), Print: m.All("AG"),
	}, nil
}

// RenewAllReply is 66.
type RenewAllReply struct {
	OK                 bool
	Renewed, Unrenewed int // -1 is unknown
	Date               string
	Institution        string   // AO
	RenewedItems       []string // BM
	UnrenewedItems     []string // BN
	Screen             []string // AF
	Print              []string // AG
}

// Message writes the answer.
func (a RenewAllReply) Message() Message {
	b := build(RenewAllAnswer, oneZero(a.OK), count(a.Renewed, 4), count(a.Unrenewed, 4), pad(a.Date, stampWidth))
	b.add("AO", a.Institution)
	b.each("BM", a.RenewedItems)
	b.each("BN", a.UnrenewedItems)
	b.told(a.Screen, a.Print)
	return b.m
}

// ReadRenewAllReply reads 66.
func ReadRenewAllReply(m Message) (RenewAllReply, error) {
	f, err := open(m, RenewAllAnswer)
	if err != nil {
		return RenewAllReply{}, err
	}
	return RenewAllReply{
		OK: f.take(1) == "1", Renewed: f.number(4), Unrenewed: f.number(4), Date: f.take(stampWidth),
		Institution: m.Get("AO"), RenewedItems: m.All("BM"), UnrenewedItems: m.All("BN"),
		Screen: m.All("AF"), Print: m.All("AG"),
	}, nil
}

// FeePaidReply is 38.
type FeePaidReply struct {
	Accepted    bool
	Date        string
	Institution string   // AO
	Patron      string   // AA
	Transaction string   // BK
	Screen      []string // AF
	Print       []string // AG
}

// Message writes the answer.
func (a FeePaidReply) Message() Message {
	b := build(FeePaidAnswer, yn(a.Accepted), pad(a.Date, stampWidth))
	b.add("AO", a.Institution)
	b.add("AA", a.Patron)
	b.maybe("BK", a.Transaction)
	b.told(a.Screen, a.Print)
	return b.m
}

// ReadFeePaidReply reads 38.
func ReadFeePaidReply(m Message) (FeePaidReply, error) {
	f, err := open(m, FeePaidAnswer)
	if err != nil {
		return FeePaidReply{}, err
	}
	return FeePaidReply{
		Accepted: f.yes(), Date: f.take(stampWidth),
		Institution: m.Get("AO"), Patron: m.Get("AA"), Transaction: m.Get("BK"), Screen: m.All("AF"), Print: m.All("AG"),
	}, nil
}

// EndSessionReply is 36.
type EndSessionReply struct {
	Ended       bool
	Date        string
	Institution string   // AO
	Patron      string   // AA
	Screen      []string // AF
	Print       []string // AG
}

// Message writes the answer.
func (a EndSessionReply) Message() Message {
	b := build(EndSessionAnswer, yn(a.Ended), pad(a.Date, stampWidth))
	b.add("AO", a.Institution)
	b.add("AA", a.Patron)
	b.told(a.Screen, a.Print)
	return b.m
}

// ReadEndSessionReply reads 36.
func ReadEndSessionReply(m Message) (EndSessionReply, error) {
	f, err := open(m, EndSessionAnswer)
	if err != nil {
		return EndSessionReply{}, err
	}
	return EndSessionReply{
		Ended: f.yes(), Date: f.take(stampWidth),
		Institution: m.Get("AO"), Patron: m.Get("AA"), Screen: m.All("AF"), Print: m.All("AG"),
	}, nil
}

// ItemInformationReply is 18.
type ItemInformationReply struct {
	// Circulation is the status of the item: "03" available, "04" charged, "01"
	// other, which many systems answer for an item that does not exist.
	Circulation string
	Security    string
	FeeType     string
	Date        string
	Queue       int    // CF, how many wait for it; -1 is not told
	Due         string // AH, as the system writes it
	Item        string // AB
	Title       string // AJ
	Owner       string // BG
	Currency    string // BH
	Fee         string // BV
	MediaType   string // CK
	Permanent   string // AQ
	Current     string // AP
	Properties  string // CH
	Extra       []Field
	Screen      []string // AF
	Print       []string // AG
}

// Circulation statuses of the standard's table that matter here.
const (
	ItemOther     = "01"
	ItemAvailable = "03"
	ItemCharged   = "04"
	ItemNoRecall  = "05" // charged, not to be recalled yet
)

// Message writes the answer.
func (a ItemInformationReply) Message() Message {
	b := build(ItemInformationAnswer, pad(cmp.Or(a.Circulation, ItemOther), 2), pad(cmp.Or(a.Security, "01"), 2),
		pad(cmp.Or(a.FeeType, "01"), 2), pad(a.Date, stampWidth))
	if a.Queue >= 0 {
		b.add("CF", strconv.Itoa(a.Queue))
	}
	b.maybe("AH", a.Due)
	b.add("AB", a.Item)
	b.add("AJ", a.Title)
	b.maybe("BG", a.Owner)
	b.maybe("BH", a.Currency)
	b.maybe("BV", a.Fee)
	b.maybe("CK", a.MediaType)
	b.maybe("AQ", a.Permanent)
	b.maybe("AP", a.Current)
	b.maybe("CH", a.Properties)
	b.m.Fields = append(b.m.Fields, a.Extra...)
	b.told(a.Screen, a.Print)
	return b.m
}

// ReadItemInformationReply reads 18.
func ReadItemInformationReply(m Message) (ItemInformationReply, error) {
	f, err := open(m, ItemInformationAnswer)
	if err != nil {
		return ItemInformationReply{}, err
	}
	a := ItemInformationReply{
		Circulation: f.take(2), Security: f.take(2), FeeType: f.take(2), Date: f.take(stampWidth),
		Queue: -1, Due: m.Get("AH"), Item: m.Get("AB"), Title: m.Get("AJ"), Owner: m.Get("BG"),
		Currency: m.Get("BH"), Fee: m.Get("BV"), MediaType: m.Get("CK"), Permanent: m.Get("AQ"), Current: m.Get("AP"),
		Properties: m.Get("CH"), Screen: m.All("AF"), Print: m.All("AG"),
	}
	if n, err := strconv.ParseUint(m.Get("CF"), 10, 31); err == nil {
		a.Queue = int(n)
	}
	return a, nil
}
