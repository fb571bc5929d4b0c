// Package kohatest is a Koha for tests: the calls of its REST API that a
// connector uses, with state, as three versions answer them. The oldest is as a
// real one was recorded (koha_test holds its answers against the transcripts);
// the newer ones are as Koha describes them. It is lenient where Koha is: it takes
// the fee of another card, the same payment twice, and renews for a card that is
// blocked. Faults make it as bad as a bad day.
//
// It stands in the test's own process, so that it goes on when the program under
// test is killed, and Checkout, Line and Credits tell what is true.
package kohatest

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/librarytest"
)

// The versions.
const (
	V1906 = "19.06"
	V2211 = "22.11"
	V2505 = "25.05"
)

// Versions are all of them, oldest first.
var Versions = []string{V1906, V2211, V2505} //nolint:gochecknoglobals // a table, never written

// The user and the client of the API when Options have none.
const (
	User         = "hoofdpas"
	Password     = "koha-api-password"
	ClientID     = "hoofdpas-client"
	ClientSecret = "koha-api-secret"
)

// Options are how the library is set up; the zero value will do.
type Options struct {
	Version string         // "" is V1906
	Zone    *time.Location // nil is Europe/Amsterdam
	Now     func() time.Time
	Rules   Rules
	// Lacks are permissions that the user has not, such as "updatecharges".
	Lacks []string
	// TokenLasts is how long an OAuth2 token is good; 0 is an hour.
	TokenLasts time.Duration
	// Takes is how long each answer takes.
	Takes time.Duration
}

// Rules are the circulation rules, the same for everybody.
type Rules struct {
	LoanDays    int // 0 is 21
	MaxRenewals int // 0 is 2
	// FromToday tells that a renewal counts from today and not from the due date
	// (preference RenewalPeriodBase).
	FromToday bool
	// EarliestDays is how many days before the due date a renewal begins to be
	// allowed (norenewalbefore); 0 is always.
	EarliestDays int
	// OverduesBlock and RestrictionsBlock are the preferences
	// OverduesBlockRenewing=block and RestrictionBlockRenewing.
	OverduesBlock, RestrictionsBlock bool
}

// Patron is a person.
type Patron struct {
	ID                       int
	Number, First, Surname   string
	UserID, Password         string
	Born, Expires            string // 2026-11-24, or ""
	Email, Category, Library string
	Restricted, LostCard     bool
	Guarantor                int
	permissions              []string // of a member of staff: "borrowers", or all with "superlibrarian"
}

// Item is what can be lent.
type Item struct {
	ID, BiblioID           int
	Barcode, Title, Author string
	Type                   string
	Reserved               bool // another waits for it
	MaxRenewals            *int // nil is as in Rules
	EarliestDays           int  // 0 is as in Rules
	Denied                 bool // this item is never renewed (ItemsDeniedRenewal)
}

// Checkout is a loan.
type Checkout struct {
	ID, Patron, Item int
	Library          string
	LentAt, Due      time.Time // Due zero is none
	RenewedAt        time.Time
	ChangedAt        time.Time
	Renewals         int
	AutoRenew        bool
}

// Line is a line of an account: a debit above zero, a credit below.
type Line struct {
	ID, Patron, Item, Checkout int
	Type, Description, Note    string
	Status, Interface, Library string
	PaymentType                string
	Amount, Outstanding        Micros
	Date                       string
	ChangedAt                  time.Time
	User                       int
}

// Server is the library. Its methods may be used side by side.
type Server struct {
	options Options
	version version
	http    *httptest.Server
	mux     *http.ServeMux

	mu        sync.Mutex
	patrons   []*Patron
	items     map[int]*Item
	checkouts []*Checkout
	lines     []*Line
	libraries []string
	tokens    map[string]time.Time
	next      int // of the lines
	loans     map[circulation.LoanID]int
	fees      map[circulation.FeeID]int
	faults    map[string][]Fault
	asked     map[string]int
}

// New makes an empty library with one member of staff, the API's user.
func New(o Options) *Server {
	o.Version = cmp.Or(o.Version, V1906)
	if o.Zone == nil {
		o.Zone, _ = time.LoadLocation("Europe/Amsterdam")
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Rules.LoanDays, o.Rules.MaxRenewals = cmp.Or(o.Rules.LoanDays, 21), cmp.Or(o.Rules.MaxRenewals, 2)
	o.TokenLasts = cmp.Or(o.TokenLasts, time.Hour)
	s := &Server{
		options: o, version: versions[o.Version], next: 1, libraries: []string{"CPL"},
		items: map[int]*Item{}, tokens: map[string]time.Time{}, loans: map[circulation.LoanID]int{},
		fees: map[circulation.FeeID]int{}, faults: map[string][]Fault{}, asked: map[string]int{},
	}
	granted := slices.DeleteFunc([]string{"borrowers", "circulate", "updatecharges", "catalogue"}, func(p string) bool {
		return slices.Contains(o.Lacks, p)
	})
	s.AddStaff(1, User, Password, granted...)
	s.mux = s.routes()
	return s
}

// Serve starts a library on loopback, which stops with the test.
func Serve(t testing.TB, o Options) *Server {
	t.Helper()
	s := New(o)
	s.http = httptest.NewServer(s)
	t.Cleanup(s.http.Close)
	return s
}

// URL is the address of the staff interface, for library.koha.url.
func (s *Server) URL() string { return s.http.URL }

// Client is a client for this server.
func (s *Server) Client() *http.Client { return s.http.Client() }

// Fill puts a library in. Koha gives loans and fees numbers of its own:
// CheckoutID and LineID tell which.
func (s *Server) Fill(l librarytest.Library) {
	ids := map[string]int{}
	for i, c := range l.Cards {
		first, rest, _ := strings.Cut(c.Name, " ")
		p := Patron{
			ID: 50 + i, Number: c.Number.Text(), First: first, Surname: rest, UserID: "user" + c.Number.Text(),
			Password: c.FirstPassword, Born: c.BirthDate.String(), Expires: c.ExpiresOn.String(), Email: c.Email,
			Category: cmp.Or(c.Category, "PT"), Library: cmp.Or(c.Branch, "CPL"), Restricted: c.Blocked,
		}
		ids[c.Number.Text()] = p.ID
		s.AddPatron(p)
	}
	for i, x := range l.Loans {
		item := 1000 + i
		s.AddItem(Item{
			ID: item, BiblioID: 2000 + i, Barcode: x.Item, Title: x.Title, Author: x.Author, Type: x.Material, Reserved: x.Reserved,
		})
		c := Checkout{ID: 300 + i, Patron: ids[x.Holder.Text()], Item: item, Library: "CPL", Renewals: x.Renewals}
		c.LentAt, c.Due = s.lateOn(x.LentOn), s.lateOn(x.DueOn)
		s.AddCheckout(c)
		s.mu.Lock()
		s.loans[x.ID] = c.ID
		s.mu.Unlock()
	}
	for _, x := range l.Fees {
		line := Line{
			Patron: ids[x.Holder.Text()], Type: typeOf(x.Kind, s.version), Description: x.Description,
			Amount: Cents(x.Amount), Outstanding: Cents(x.Amount), Date: x.ChargedOn.String(), Interface: "intranet", Library: "CPL",
			Item: s.itemWith(x.Item),
		}
		id := s.AddLine(line)
		s.mu.Lock()
		s.fees[x.ID] = id
		s.mu.Unlock()
	}
}

func (s *Server) itemWith(barcode string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, i := range s.items {
		if barcode != "" && i.Barcode == barcode {
			return id
		}
	}
	return 0
}

// lateOn is the end of a day, when what is due that day is due.
func (s *Server) lateOn(d calendar.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year(), time.Month(d.Month()), d.Day(), 23, 59, 0, 0, s.options.Zone)
}

// AddPatron adds a person.
func (s *Server) AddPatron(p Patron) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Library != "" && !slices.Contains(s.libraries, p.Library) {
		s.libraries = append(s.libraries, p.Library)
	}
	s.patrons = append(s.patrons, &p)
}

// AddStaff adds a member of staff who has the permissions.
func (s *Server) AddStaff(id int, user, password string, permissions ...string) {
	s.AddPatron(Patron{
		ID: id, Number: "staff-" + user, First: "API", Surname: user, UserID: user, Password: password, Category: "S", Library: "CPL",
		permissions: permissions,
	})
}

// AddItem adds something to lend.
func (s *Server) AddItem(i Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items[i.ID] = &i
}

// AddCheckout lends.
func (s *Server) AddCheckout(c Checkout) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.ChangedAt.IsZero() {
		c.ChangedAt = s.options.Now()
	}
	s.checkouts = append(s.checkouts, &c)
}

// AddLine adds a line to an account and returns its number, the next one when it
// has none.
func (s *Server) AddLine(l Line) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addLine(l)
}

func (s *Server) addLine(l Line) int {
	if l.ID == 0 {
		l.ID = s.next
	}
	s.next = max(s.next, l.ID+1)
	if l.Date == "" {
		l.Date = calendar.Today(s.options.Now(), s.options.Zone).String()
	}
	if l.ChangedAt.IsZero() {
		l.ChangedAt = s.options.Now()
	}
	s.lines = append(s.lines, &l)
	return l.ID
}

// NextLine sets the number of the next line.
func (s *Server) NextLine(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = id
}

// ChangePatron changes a person: the desk does.
func (s *Server) ChangePatron(number string, change func(*Patron)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.patrons {
		if p.Number == number {
			change(p)
			return
		}
	}
}

// DeletePatron deletes a person.
func (s *Server) DeletePatron(number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.patrons = slices.DeleteFunc(s.patrons, func(p *Patron) bool { return p.Number == number })
}

// CheckoutID is Koha's number of a loan that Fill put in.
func (s *Server) CheckoutID(loan circulation.LoanID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loans[loan]
}

// LineID is Koha's number of a fee that Fill put in.
func (s *Server) LineID(fee circulation.FeeID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fees[fee]
}

// Checkout returns a loan as it stands.
func (s *Server) Checkout(id int) Checkout {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.checkouts {
		if c.ID == id {
			return *c
		}
	}
	return Checkout{}
}

// Line returns a line as it stands.
func (s *Server) Line(id int) Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if l.ID == id {
			return *l
		}
	}
	return Line{}
}

// Credits returns every credit, oldest first.
func (s *Server) Credits() []Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Line
	for _, l := range s.lines {
		if l.Amount < 0 {
			all = append(all, *l)
		}
	}
	return all
}

// PayAtDesk pays a line whole, as the library's own counter does.
func (s *Server) PayAtDesk(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if l.ID == id && l.Outstanding > 0 {
			s.addLine(Line{Patron: l.Patron, Type: s.version.payment, Amount: -l.Outstanding, Interface: "intranet", Library: "CPL"})
			l.Outstanding = 0
			return
		}
	}
}

// Asked is how often a call came in, "POST /checkouts/{checkout_id}/renewal".
func (s *Server) Asked(call string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[call]
}
