package country

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"hoofdpas/internal/money"
)

// Progress hears that so many rows have been written. It may be nil.
type Progress func(rows int)

// page writes rows of CSV. None of its cells holds a comma or a quote.
type page struct {
	*bufio.Writer
	row  []byte
	told Progress
}

func newPage(w io.Writer, header string, told Progress) *page {
	const large = 1 << 20
	p := &page{Writer: bufio.NewWriterSize(w, large), told: told}
	_, _ = p.WriteString(header + "\n") // Flush tells
	return p
}

func (p *page) cell(text string) *page {
	if len(p.row) > 0 {
		p.row = append(p.row, ',')
	}
	p.row = append(p.row, text...)
	return p
}

func (p *page) number(n int) *page { return p.cell(strconv.Itoa(n)) }

func (p *page) end() {
	p.row = append(p.row, '\n')
	_, _ = p.Write(p.row) // Flush tells
	p.row = p.row[:0]
	if p.told != nil {
		p.told(1)
	}
}

func (p *page) done() error {
	if err := p.Flush(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

// Files are what Cards, Loans and Fees write, by the column that begins them.
const (
	cardColumns = "card_number,name,birth_date,email,category,branch,expires_on,blocked"
	loanColumns = "loan_id,card_number,item_number,title,author,material,lent_on,due_on,renewals,reserved"
	feeColumns  = "fee_id,card_number,kind,description,amount,charged_on,item_number"
)

// number is the number of the nth card; firstNumber is like those of real
// libraries.
func number(n int) string {
	const firstNumber = 20000010000000
	return strconv.Itoa(firstNumber + n)
}

// placeOf is the place of the nth card among the households.
func (c *Country) placeOf(n int) int { return n * c.step % c.Cards }

// numberAt is the number of the card at a place.
func (c *Country) numberAt(place int) string { return number(place * c.back % c.Cards) }

// nameAt is the name of the card at a place: a household shares a family name.
func (c *Country) nameAt(place int) string {
	home := int(c.homes[place])
	return given[place*31%len(given)] + " " + family[home*17%len(family)] + families[home/len(family)%len(families)]
}

// Households have at most two adults with a card; others are young.
func (c *Country) isYoung(place int) bool { return place-c.first[c.homes[place]] >= 2 }

// WriteCards writes the file of cards.
func (c *Country) WriteCards(w io.Writer, told Progress) error {
	pick := c.random("cards")
	p := newPage(w, cardColumns, told)
	days := c.days(-90*365, 730)
	for n := range c.Cards {
		place := c.placeOf(n)
		category, age := "volwassen", 20*365+pick.IntN(65*365)
		if c.isYoung(place) {
			category, age = "jeugd", 5*365+pick.IntN(12*365)
		}
		email := ""
		if pick.IntN(5) > 0 {
			email = "lener" + strconv.Itoa(n) + "@example.nl"
		}
		blocked := "no"
		if pick.IntN(100) == 0 && place >= c.knownPlaces() {
			blocked = "yes"
		}
		p.cell(number(n)).cell(c.nameAt(place)).cell(days.ago(age)).cell(email).cell(category).
			cell("Filiaal " + strconv.Itoa(1+n%900)).cell(days.ago(-30 - pick.IntN(700))).cell(blocked).end()
	}
	return p.done()
}

func (c *Country) knownPlaces() int { return c.first[len(Known)*KnownOfEach] }

// What ten cards have on loan and owe.
var (
	loansOf = [10]int{0, 5, 3, 8, 1, 0, 12, 2, 15, 4} //nolint:gochecknoglobals // a table, never written
	feesOf  = [10]int{1, 0, 1, 0, 1, 0, 0, 2, 0, 0}   //nolint:gochecknoglobals // a table, never written
)

// Loans and Fees are how many of them there are.
func (c *Country) Loans() int { return c.Cards / len(loansOf) * sum(loansOf[:]) }

// Fees is how many fees there are.
func (c *Country) Fees() int { return c.Cards / len(feesOf) * sum(feesOf[:]) }

// holders tells the card of each of the rows of a table of ten cards.
func holders(of [10]int) (cards []int) {
	for i, n := range of {
		for range n {
			cards = append(cards, i)
		}
	}
	return cards
}

// WriteLoans writes the file of loans.
func (c *Country) WriteLoans(w io.Writer, told Progress) error {
	pick := c.random("loans")
	p := newPage(w, loanColumns, told)
	days := c.days(-90, 30)
	all, within := c.Loans(), holders(loansOf)
	step, _ := scatter(all, c.Seed)
	for n := range all {
		at := n * step % all
		place := at/len(within)*len(loansOf) + within[at%len(within)]
		due := 1 + pick.IntN(20)
		if pick.IntN(25) == 0 && place >= c.knownPlaces() {
			due = -1 - pick.IntN(14)
		}
		renewals := pick.IntN(3)
		reserved := "no"
		if place < c.knownPlaces() {
			renewals = 0
		} else if pick.IntN(12) == 0 {
			reserved = "yes"
		}
		p.number(100_000_000 + n).cell(c.numberAt(place)).number(30_000_000_000 + at).
			cell(first[pick.IntN(len(first))] + " " + second[pick.IntN(len(second))] + " " + strconv.Itoa(1+pick.IntN(99))).
			cell(given[pick.IntN(len(given))] + " " + family[pick.IntN(len(family))]).cell("boek").
			cell(days.ago(21 - due)).cell(days.ago(-due)).number(renewals).cell(reserved).end()
	}
	return p.done()
}

// WriteFees writes the file of fees.
func (c *Country) WriteFees(w io.Writer, told Progress) error {
	pick := c.random("fees")
	p := newPage(w, feeColumns, told)
	days := c.days(-400, 0)
	all, within := c.Fees(), holders(feesOf)
	step, _ := scatter(all, c.Seed)
	for n := range all {
		at := n * step % all
		place := at/len(within)*len(feesOf) + within[at%len(within)]
		k := charges[pick.IntN(len(charges))]
		p.number(500_000_000 + n).cell(c.numberAt(place)).cell(k.kind).cell(k.description).
			cell((k.amount + money.Cents(5*pick.IntN(40))).String()).cell(days.ago(1 + pick.IntN(365))).cell("").end()
	}
	return p.done()
}

// calendarDays are dates as text, made once: there are few of them.
type calendarDays struct {
	from int
	text []string
}

func (c *Country) days(from, to int) calendarDays {
	d := calendarDays{from: from}
	for n := from; n <= to; n++ {
		d.text = append(d.text, c.Day.AddDays(n).String())
	}
	return d
}

// ago is the date so many days before the country's day.
func (d calendarDays) ago(days int) string { return d.text[-days-d.from] }
