package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"hoofdpas/internal/sip2"
)

// sipCommand asks one thing of a SIP2 server, as a terminal would.
type sipCommand struct {
	Code string `arg:"" enum:"93,99,97,23,63,17,29,65,37,35" help:"What to ask: 93 log in, 99 how the server is, 97 the last answer again, 23 patron status, 63 patron information, 17 item, 29 renew, 65 renew all, 37 fee paid, 35 end session."`

	To         string        `required:"" help:"Where the server is." placeholder:"HOST:PORT"`
	TLS        bool          `help:"Speak TLS."`
	CA         string        `name:"ca" help:"Trust these certificates (PEM) and no others." placeholder:"FILE"`
	Charset    string        `help:"utf-8, latin-1 or cp850." enum:"utf-8,latin-1,cp850" default:"utf-8"`
	Terminator string        `help:"What ends a line: cr or crlf." enum:"cr,crlf" default:"cr"`
	Checksum   bool          `help:"Send checksums and sequence numbers."`
	Patience   time.Duration `help:"How long an answer is waited for." default:"10s"`

	User         string `help:"Log in first (CN)." placeholder:"USER"`
	PasswordFile string `help:"A file with the terminal's password (CO); - asks for it, or reads a line of standard input." placeholder:"FILE"`
	Location     string `help:"Where the terminal stands (CP)." placeholder:"TEXT"`
	Institution  string `help:"The institution (AO)." placeholder:"TEXT"`
	Bare         bool   `help:"Do not ask how the server is (99) first."`
	ShowSecrets  bool   `help:"Print passwords too."`

	Card        string `help:"The card (AA)." placeholder:"NUMBER"`
	PINFile     string `name:"pin-file" help:"A file with the card's password (AD); - asks for it, or reads a line of standard input." placeholder:"FILE"`
	List        string `help:"With 63: holds, overdue, charged, fines, recalls or unavailable." enum:",holds,overdue,charged,fines,recalls,unavailable" default:"" placeholder:"LIST"`
	Item        string `help:"With 17 and 29: the item's bar code (AB)." placeholder:"CODE"`
	Amount      string `help:"With 37: what was paid (BV), sent as it is written." placeholder:"1.20"`
	Currency    string `help:"With 37: of what." default:"EUR"`
	Fee         string `help:"With 37: which fee (CG)." placeholder:"ID"`
	Transaction string `help:"With 37: the terminal's number of the payment (BK). The same one again is the same payment." placeholder:"ID"`
}

// Help explains what the flags do not.
func (sipCommand) Help() string {
	return `Asks one thing of any SIP2 server and prints what went over the wire, each way, and
what the answer says in words. Control characters are shown as signs (␍), passwords as •••.

37 books a payment and 29 and 65 renew: on a live system they do so.

Examples:
  hoofdpas sip 99 --to localhost:6001 --user zuil --password-file zuil.txt
  hoofdpas sip 63 --to localhost:6001 --user zuil --password-file zuil.txt \
    --card 20001000000012 --pin-file - --list fines`
}

// Run asks, and ends with an error when there is no answer that can be read, or
// when the log-in is refused.
func (s sipCommand) Run(w *world) error {
	logIn, err := s.logIn(w)
	if err != nil {
		return err
	}
	request, err := s.request(w)
	if err != nil {
		return err
	}
	c, err := w.dialSIP(s)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // nothing is left to be said on it
	if s.User != "" {
		answer, err := c.ask(logIn)
		if err != nil {
			return err
		}
		if said, err := sip2.ReadLogInReply(answer); err != nil || !said.OK {
			return errors.New("the server does not let us in: see --user and --password-file")
		}
		if s.Code == sip2.LogIn {
			explain(w.out, answer)
			return nil
		}
	}
	if !s.Bare && s.Code != sip2.SCStatus {
		if _, err := c.ask(sip2.SCStatusRequest{PrintWidth: printWidth}.Message()); err != nil {
			return err
		}
	}
	answer, err := c.ask(request)
	if err != nil {
		return err
	}
	explain(w.out, answer)
	return nil
}

const printWidth = 80

func (s sipCommand) logIn(w *world) (sip2.Message, error) {
	password, err := w.secret(s.PasswordFile, "Password of the terminal")
	if err != nil {
		return sip2.Message{}, err
	}
	switch {
	case s.User == "" && s.Code == sip2.LogIn:
		return sip2.Message{}, errors.New("--user: write the user to log in with")
	case s.User != "" && s.PasswordFile == "":
		return sip2.Message{}, errors.New("--password-file: name a file with the terminal's password, or - to be asked for it")
	}
	return sip2.LogInRequest{User: s.User, Password: password, Location: s.Location}.Message(), nil
}

// request is what is asked in the end.
func (s sipCommand) request(w *world) (m sip2.Message, err error) {
	p, err := s.patron(w)
	if err != nil {
		return m, err
	}
	now := sip2.Stamp(w.now())
	switch s.Code {
	case sip2.SCStatus:
		return sip2.SCStatusRequest{PrintWidth: printWidth}.Message(), nil
	case sip2.ACSResend:
		return sip2.Message{Code: sip2.ACSResend}, nil
	case sip2.PatronStatus:
		m = sip2.PatronStatusRequest{Date: now, Patron: p}.Message()
	case sip2.PatronInformation:
		m = sip2.PatronInformationRequest{Date: now, Patron: p, List: lists()[s.List]}.Message()
	case sip2.ItemInformation:
		m = sip2.ItemInformationRequest{Date: now, Institution: s.Institution, Item: s.Item}.Message()
	case sip2.Renew:
		m = sip2.RenewRequest{Date: now, Patron: p, Item: s.Item}.Message()
	case sip2.RenewAll:
		m = sip2.RenewAllRequest{Date: now, Patron: p}.Message()
	case sip2.FeePaid:
		m = sip2.FeePaidRequest{
			Date: now, Patron: p, Amount: s.Amount, Currency: s.Currency, Fee: s.Fee, Transaction: s.Transaction,
		}.Message()
	case sip2.EndSession:
		m = sip2.EndSessionRequest{Date: now, Patron: p}.Message()
	}
	return m, s.missing()
}

// missing says which flag a request needs.
func (s sipCommand) missing() error {
	var item, amount error
	if s.Item == "" {
		item = errors.New("--item: write the item's bar code")
	}
	if s.Amount == "" {
		amount = errors.New("--amount: write what was paid, such as 1.20")
	}
	switch s.Code {
	case sip2.ItemInformation:
		return item
	case sip2.Renew:
		return cmp.Or(s.noCard(), item)
	case sip2.FeePaid:
		return cmp.Or(s.noCard(), amount)
	}
	return s.noCard()
}

func (s sipCommand) noCard() error {
	if s.Card == "" && s.Code != sip2.LogIn {
		return errors.New("--card: write the number of a card")
	}
	return nil
}

func (s sipCommand) patron(w *world) (sip2.Patron, error) {
	p := sip2.Patron{Institution: s.Institution, ID: s.Card}
	pin, err := w.secret(s.PINFile, "Password of the card")
	if s.PINFile != "" {
		p.Password = &pin
	}
	return p, err
}

// lists are those of 63 by the names of the flag.
func lists() map[string]sip2.List {
	return map[string]sip2.List{
		"": sip2.NoList, "holds": sip2.HoldItems, "overdue": sip2.OverdueItems, "charged": sip2.ChargedItems,
		"fines": sip2.FineItems, "recalls": sip2.RecallItems, "unavailable": sip2.UnavailableHeld,
	}
}

func (w *world) dialSIP(s sipCommand) (*sipLine, error) {
	charset, err := sip2.ParseCharset(s.Charset)
	if err != nil {
		return nil, fmt.Errorf("--charset: %w", err)
	}
	conn, err := w.dial(s.To, s.TLS, s.CA, s.Patience)
	if err != nil {
		return nil, err
	}
	const longest = 1 << 20 // of an answer, in bytes
	t := &tap{Conn: conn, out: w.out, open: s.ShowSecrets}
	return &sipLine{
		tap: t, world: w, patience: s.Patience, numbered: s.Checksum,
		in: sip2.NewReader(t, charset, longest), to: sip2.NewWriter(t, charset, s.Terminator == "crlf"),
	}, nil
}
