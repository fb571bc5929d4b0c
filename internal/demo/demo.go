// Package demo is a made-up library: its people never lived, its titles are
// real. It comes as the three files of the exchange format, so that it enters
// by the same door as a real one.
package demo

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/money"
)

// Card is one of the fixed cards of the demo.
type Card struct {
	Number, Name, Born, Password, About string
}

// Cards are the cards that somebody can log in with. They exist in the demo
// only.
var Cards = []Card{ //nolint:gochecknoglobals // a table, never written
	{marieke, "Marieke de Vries", "1984-03-12", "Welkom-1984", "main card"},
	{sem, "Sem de Vries", "2014-06-02", "Welkom-2014", "child, one loan overdue"},
	{noor, "Noor de Vries", "2016-11-23", "Welkom-2016", "child"},
	{willem, "Willem Jansen", "1941-01-30", "Welkom-1941", "grandfather"},
	{fatima, "Fatima El Amrani", "1990-07-08", "Welkom-1990", "linked to nobody"},
	{tom, "Tom Bakker", "1975-09-17", "Welkom-1975", "blocked, fees above the limit"},
	{ans, "Ans Visser", "1958-04-04", "Welkom-1958", "membership expired"},
}

const (
	marieke = "20001000000012"
	sem     = "20001000000020"
	noor    = "20001000000038"
	willem  = "20001000000046"
	fatima  = "20001000000053"
	tom     = "20001000000061"
	ans     = "20001000000079"
)

// StaffAccount is the demo's account for the desk.
type StaffAccount struct{ User, Name, Password string }

// Staff can log in at the desk. It exists in the demo only.
var Staff = StaffAccount{"balie", "Medewerker balie", "Welkom-Balie1"} //nolint:gochecknoglobals // never written

// TerminalAccount is the demo's account for a kiosk.
type TerminalAccount struct{ Name, User, Password, Branch string }

// Terminal can log in over SIP2. It exists in the demo only.
var Terminal = TerminalAccount{"Zuil", "zuil", "Welkom-Zuil1", "Centrum"} //nolint:gochecknoglobals // never written

// How many people, loans and fees there are beside the fixed ones.
const (
	people = 420
	loans  = 1600
	fees   = 270
)

// The categories of the demo's rules.
const (
	youth = "jeugd"
	adult = "volwassen"
)

// Files writes the library as it stands on the day start: cards, loans and fees.
// The same day always gives the same files.
func Files(start calendar.Date) (cardsFile, loansFile, feesFile []byte) {
	w := &writer{today: start, pick: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // made-up data, the same every time
	w.titles = readTitles()
	w.fixed()
	for n := range people {
		w.person(n)
	}
	for range loans {
		w.randomLoan()
	}
	for range fees {
		w.randomFee()
	}
	return w.cards.bytes(cardColumns), w.loans.bytes(loanColumns), w.fees.bytes(feeColumns)
}

//nolint:gochecknoglobals // tables, never written
var (
	cardColumns = []string{"card_number", "name", "birth_date", "email", "category", "branch", "expires_on", "blocked", "first_password"}
	loanColumns = []string{"loan_id", "card_number", "item_number", "title", "author", "material", "lent_on", "due_on", "renewals", "reserved"}
	feeColumns  = []string{"fee_id", "card_number", "kind", "description", "amount", "charged_on", "item_number"}
	branches    = []string{"Centrum", "Noord", "Waterkwartier"}
)

type table [][]string

func (t table) bytes(columns []string) []byte {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(columns) // a strings.Builder takes everything
	_ = w.WriteAll(t)
	return []byte(b.String())
}

type title struct{ material, audience, name, author string }

//go:embed titles.csv
var titlesFile string

func readTitles() map[string][]title {
	rows, err := csv.NewReader(strings.NewReader(titlesFile)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("the embedded list of titles cannot be read: %v", err)) // found by the first test
	}
	all := map[string][]title{}
	for _, r := range rows[1:] {
		category := adult
		if r[1] == "child" {
			category = youth
		}
		all[category] = append(all[category], title{r[0], r[1], r[2], r[3]})
	}
	return all
}

// borrower is who may get a random loan or fee.
type borrower struct{ number, category string }

type writer struct {
	today              calendar.Date
	pick               *rand.Rand
	titles             map[string][]title
	next               map[string]int
	borrowers          []borrower
	cards, loans, fees table
}

func (w *writer) card(c Card, category, expires, blocked string) {
	w.cards = append(w.cards, []string{
		c.Number, c.Name, c.Born, emailOf(c.Number), category, branches[len(w.cards)%len(branches)], expires, blocked, c.Password,
	})
}

// emailOf is where somebody reads mail, on a host that cannot exist; many have
// no address.
func emailOf(number string) string {
	switch number {
	case marieke:
		return "marieke@voorbeeld.example"
	case sem:
		return "sem@voorbeeld.example"
	case fatima:
		return "fatima@voorbeeld.example"
	}
	return ""
}

// lent is a loan in days from today.
type lent struct {
	due, renewals int
	reserved      bool
}

// loan adds a loan of the next title for the category and returns its item.
func (w *writer) loan(number, category string, l lent) string {
	if w.next == nil {
		w.next = map[string]int{}
	}
	t := w.titles[category][w.next[category]%len(w.titles[category])]
	w.next[category]++
	days := 21
	if category == youth {
		days = 28
	}
	id := strconv.Itoa(len(w.loans) + 1)
	item := fmt.Sprintf("30002000%06d", len(w.loans)+1)
	due := w.today.AddDays(l.due)
	reserved := "no"
	if l.reserved {
		reserved = "yes"
	}
	w.loans = append(w.loans, []string{
		id, number, item, t.name, t.author, t.material, due.AddDays(-days * (l.renewals + 1)).String(), due.String(),
		strconv.Itoa(l.renewals), reserved,
	})
	return item
}

func (w *writer) fee(number, kind, description string, amount money.Cents, daysAgo int, item string) {
	w.fees = append(w.fees, []string{
		strconv.Itoa(len(w.fees) + 1), number, kind, description, amount.String(), w.today.AddDays(-daysAgo).String(), item,
	})
}
