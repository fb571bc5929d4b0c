package sip_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/money"
	"hoofdpas/internal/sip2"
)

// kohaPeer answers as a Koha does over SIP2, in the words and with the oddities of
// the recordings in sip2/testdata/koha, from a library that it keeps.
type kohaPeer struct {
	mu  sync.Mutex
	lib librarytest.Library
	now time.Time
	// took has how often each payment was taken, by BK, and overpaid what was more
	// than was owed.
	took     map[string]int
	overpaid money.Cents
}

func (k *kohaPeer) Serve(_ context.Context, m sip2.Message) (sip2.Message, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch m.Code {
	case sip2.LogIn:
		ok := m.Get("CN") == "term1" && m.Get("CO") == "term1"
		return sip2.LogInReply{OK: ok}.Message(), ok
	case sip2.SCStatus:
		return sip2.ACSStatusReply{Online: true, Supported: "YYYYYYYYYYYNYYYY", Institution: "CPL"}.Message(), true
	case sip2.PatronInformation:
		return k.patron(m), true
	case sip2.ItemInformation:
		return k.item(m), true
	case sip2.Renew:
		return k.renew(m), true
	case sip2.FeePaid:
		return k.pay(m), true
	}
	return sip2.SendAgain(), true
}

func (k *kohaPeer) card(number string) (librarytest.Card, bool) {
	i := slices.IndexFunc(k.lib.Cards, func(c librarytest.Card) bool { return c.Number.Text() == number })
	if i < 0 {
		return librarytest.Card{}, false
	}
	return k.lib.Cards[i], true
}

func (k *kohaPeer) owed(number string) (sum money.Cents) {
	for _, f := range k.lib.Fees {
		if f.Holder.Text() == number {
			sum += f.Amount
		}
	}
	return sum
}

func (k *kohaPeer) today() calendar.Date { return calendar.Today(k.now, k.now.Location()) }

// denied is what Koha's status and its AF say of a patron.
func (k *kohaPeer) denied(c librarytest.Card) (s sip2.Status, told string) {
	all := func() {
		for _, b := range []sip2.Barrier{sip2.ChargeDenied, sip2.RenewalDenied, sip2.RecallDenied, sip2.HoldDenied} {
			s[b] = true
		}
	}
	told = "Greetings from Koha. "
	if c.Expired(k.today()) {
		all()
		told += "PATRON EXPIRED"
	}
	if c.Blocked {
		all()
		told += " -- Owes an apology"
	}
	if owed := k.owed(c.Number.Text()); owed >= librarytest.FeeLimit {
		all()
		s[sip2.ExcessiveFines], s[sip2.ExcessiveFees] = true, true
		told += " -- Patron owes " + owed.String()
	}
	return s, told
}

func perl(c money.Cents) string {
	return strings.TrimSuffix(strings.TrimRight(c.String(), "0"), ".")
}

func (k *kohaPeer) patron(m sip2.Message) sip2.Message {
	r, err := sip2.ReadPatronInformation(m)
	if err != nil {
		return sip2.SendAgain()
	}
	c, ok := k.card(r.Patron.ID)
	if !ok {
		a := sip2.PatronInformationReply{Patron: r.Patron.ID, ValidPatron: sip2.No, List: sip2.NoList, Screen: []string{"Invalid cardnumber"}}
		a.Status = sip2.Status{true, true, true, true}
		return a.Message()
	}
	status, told := k.denied(c)
	a := sip2.PatronInformationReply{
		Status: status, Language: r.Language, Date: sip2.Stamp(k.now), Institution: "CPL", Patron: c.Number.Text(), Name: c.Name,
		ValidPatron: sip2.Yes, FeeLimit: perl(librarytest.FeeLimit), Email: c.Email, List: r.List,
		Extra: []sip2.Field{{ID: "PC", Value: c.Category}, {ID: "PI", Value: "N"}},
	}
	if r.Patron.Password != nil {
		right := c.FirstPassword != "" && *r.Patron.Password == c.FirstPassword
		a.ValidPassword = sip2.FlagOf(right)
		if !right {
			told += " -- Invalid password"
		}
	}
	a.Screen = []string{told}
	if !c.BirthDate.IsZero() {
		a.Extra = append(a.Extra, sip2.Field{ID: "PB", Value: strings.ReplaceAll(c.BirthDate.String(), "-", "")})
	}
	if owed := k.owed(r.Patron.ID); owed > 0 {
		a.Owed = perl(owed)
	}
	var charged, fines []string
	for _, l := range k.lib.Loans {
		if l.Holder == c.Number {
			charged = append(charged, l.Item)
		}
	}
	for _, f := range k.lib.Fees {
		if f.Holder == c.Number {
			fines = append(fines, f.Description+" "+f.Amount.String())
		}
	}
	a.Counts = [6]int{0, 0, len(charged), len(fines), 0, 0}
	switch r.List {
	case sip2.ChargedItems:
		a.Items = page(charged, r)
	case sip2.FineItems:
		a.Items = page(fines, r)
	}
	return a.Message()
}

// page is one entry more than was asked for.
func page(all []string, r sip2.PatronInformationRequest) []string {
	if r.First == 0 {
		return all
	}
	from := min(r.First-1, len(all))
	return all[from:min(max(r.Last+1, from), len(all))]
}

func due(d calendar.Date) string { return strings.ReplaceAll(d.String(), "-", "") + "    235900" }

func (k *kohaPeer) item(m sip2.Message) sip2.Message {
	r, err := sip2.ReadItemInformation(m)
	if err != nil {
		return sip2.SendAgain()
	}
	for _, l := range k.lib.Loans {
		if l.Item == r.Item {
			a := sip2.ItemInformationReply{Circulation: "04", Security: "02", Item: l.Item, Title: l.Title, Due: due(l.DueOn), Queue: -1}
			if l.Reserved {
				a.Queue = 1
			}
			return a.Message()
		}
	}
	return sip2.ItemInformationReply{Item: r.Item, Queue: -1}.Message()
}

func (k *kohaPeer) renew(m sip2.Message) sip2.Message {
	r, err := sip2.ReadRenew(m)
	if err != nil {
		return sip2.SendAgain()
	}
	a := sip2.RenewReply{Patron: r.Patron.ID, Item: r.Item, Date: sip2.Stamp(k.now)}
	no := func(why string) sip2.Message {
		a.Screen = []string{why}
		return a.Message()
	}
	c, ok := k.card(r.Patron.ID)
	if !ok {
		return no("Invalid patron barcode.")
	}
	if s, _ := k.denied(c); s[sip2.RenewalDenied] {
		return no("Renewals not allowed.")
	}
	i := slices.IndexFunc(k.lib.Loans, func(l librarytest.Loan) bool { return l.Item == r.Item && l.Holder == c.Number })
	if i < 0 {
		return no("Item not checked out to " + c.Name)
	}
	l := &k.lib.Loans[i]
	a.Title = l.Title
	new := k.today().AddDays(librarytest.LoanDays)
	switch {
	case l.Reserved:
		return no("Item unavailable due to outstanding holds")
	case l.Renewals >= librarytest.MaxRenewals:
		return no("Item has reached maximum renewals")
	case !new.After(l.DueOn):
		return no("too_soon")
	}
	l.DueOn = new
	l.Renewals++
	a.OK, a.RenewalOK, a.Magnetic, a.Due = true, true, sip2.No, due(new)
	return a.Message()
}

// pay takes what it is told, oldest fee first; it keeps no reference.
func (k *kohaPeer) pay(m sip2.Message) sip2.Message {
	r, err := sip2.ReadFeePaid(m)
	if err != nil {
		return sip2.SendAgain()
	}
	a := sip2.FeePaidReply{Patron: r.Patron.ID, Transaction: r.Transaction, Date: sip2.Stamp(k.now)}
	if _, ok := k.card(r.Patron.ID); !ok {
		a.Screen = []string{"Invalid patron barcode."}
		return a.Message()
	}
	paid, err := strconv.ParseFloat(r.Amount, 64)
	if err != nil {
		paid = 0
	}
	left := money.Cents(paid*100 + 0.5)
	for i := 0; i < len(k.lib.Fees) && left > 0; {
		f := &k.lib.Fees[i]
		if f.Holder.Text() != r.Patron.ID {
			i++
			continue
		}
		part := min(left, f.Amount)
		left -= part
		f.Amount -= part
		if f.Amount > 0 {
			i++
			continue
		}
		k.lib.Fees = slices.Delete(k.lib.Fees, i, i+1)
	}
	if k.took == nil {
		k.took = map[string]int{}
	}
	k.took[r.Transaction]++
	k.overpaid += left
	a.Accepted = true
	return a.Message()
}

// serve serves a session on loopback and returns how to dial it.
func serve(t *testing.T, s sip2.Session) func(context.Context) (net.Conn, error) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	server := sip2.Server{Open: func(context.Context, net.Addr) sip2.Session { return s }, CRLF: true, Log: slog.New(slog.DiscardHandler)}
	go func() { over <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	return func(ctx context.Context) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
		if err != nil {
			return nil, fmt.Errorf("dial the test's peer: %w", err)
		}
		return conn, nil
	}
}
