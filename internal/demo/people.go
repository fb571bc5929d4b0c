package demo

import (
	"fmt"

	"hoofdpas/internal/money"
)

// fixed adds the seven cards that checks log in with.
func (w *writer) fixed() {
	next := w.today.AddMonths(9).String()
	w.card(Cards[0], adult, next, "no")
	w.loan(marieke, adult, lent{due: 3})
	w.loan(marieke, adult, lent{due: 12, renewals: 1})
	w.fee(marieke, "overdue", "", 120, 9, "")

	w.card(Cards[1], youth, next, "no")
	late := w.loan(sem, youth, lent{due: -6})
	w.loan(sem, youth, lent{due: 3})
	w.loan(sem, youth, lent{due: 5, reserved: true})
	w.loan(sem, youth, lent{due: 9, renewals: 3})
	w.loan(sem, youth, lent{due: 14})
	w.fee(sem, "overdue", "", 50, 1, late)
	w.fee(sem, "damage", "Kaft gescheurd", 250, 20, "")

	w.card(Cards[2], youth, next, "no")
	w.loan(noor, youth, lent{due: 2})
	w.loan(noor, youth, lent{due: 2})
	w.loan(noor, youth, lent{due: 16, renewals: 1})

	w.card(Cards[3], adult, next, "no")
	w.fee(willem, "reservation", "", 73, 12, "") // so that a joint payment in cash is rounded

	w.card(Cards[4], adult, next, "no")
	w.loan(fatima, adult, lent{due: 1})
	w.loan(fatima, adult, lent{due: 6})
	w.loan(fatima, adult, lent{due: 18, renewals: 1})
	w.fee(fatima, "overdue", "", 180, 15, "")
	w.fee(fatima, "administration", "Nieuwe pas", 350, 40, "")

	w.card(Cards[5], adult, next, "yes")
	w.loan(tom, adult, lent{due: 4})
	w.fee(tom, "lost", "Niet teruggebracht", 1495, 45, "")
	w.fee(tom, "overdue", "", 500, 60, "")

	w.card(Cards[6], adult, w.today.AddDays(-20).String(), "no")
	w.loan(ans, adult, lent{due: 7})
}

//nolint:gochecknoglobals // tables, never written
var (
	given = []string{
		"Emma", "Julia", "Mila", "Tess", "Sophie", "Zoë", "Sara", "Nora", "Yara", "Fenna", "Lotte", "Eva", "Lina", "Amina", "Noah",
		"Sem", "Luuk", "Daan", "Finn", "Levi", "Mees", "Adam", "Bram", "Thijs", "Youssef", "Jesse", "Ali", "Ravi", "Dex", "Gijs",
		"Johanna", "Cornelis", "Wilhelmina", "Hendrik", "Petra", "Kees", "Ria", "Gerard", "Anja", "Ruud", "Mehmet", "Ayşe", "Li", "Ewa",
	}
	family = []string{
		"Jansen", "de Jong", "van den Berg", "van Dijk", "Bakker", "Visser", "Smit", "Meijer", "Mulder", "de Boer", "Bos", "Vos",
		"Peters", "Hendriks", "Dekker", "Brouwer", "van Leeuwen", "Kok", "de Graaf", "Yılmaz", "El Idrissi", "Kowalski", "Nguyen",
		"Ramdin", "Öztürk", "van 't Hof", "Ten Brink", "Schouten", "Wiersma", "Hoekstra",
	}
)

// person adds one made-up member; every three share a surname.
func (w *writer) person(n int) {
	child := n%3 == 2
	born := w.today.AddDays(-365*(20+w.pick.IntN(65)) - w.pick.IntN(365))
	category := adult
	if child {
		category = youth
		born = w.today.AddDays(-365*(5+w.pick.IntN(11)) - w.pick.IntN(365))
	}
	c := Card{
		Number: fmt.Sprintf("200020%08d", (n+1)*7), Name: given[w.pick.IntN(len(given))] + " " + family[n/3%len(family)],
		Born: born.String(),
	}
	w.card(c, category, w.today.AddDays(30+w.pick.IntN(330)).String(), "no")
	w.borrowers = append(w.borrowers, borrower{c.Number, category})
}

// randomLoan lends something to somebody; a few are late.
func (w *writer) randomLoan() {
	b := w.borrowers[w.pick.IntN(len(w.borrowers))]
	const lateOneIn = 25
	due := 1 + w.pick.IntN(20)
	if w.pick.IntN(lateOneIn) == 0 {
		due = -1 - w.pick.IntN(14)
	}
	w.loan(b.number, b.category, lent{due: due, renewals: w.pick.IntN(3), reserved: w.pick.IntN(12) == 0})
}

// randomFee charges somebody for something that is over.
func (w *writer) randomFee() {
	kinds := []struct {
		kind, description string
		amount            money.Cents
	}{
		{"overdue", "", 20},
		{"reservation", "", 75},
		{"damage", "Vlekken", 250},
		{"administration", "Nieuwe pas", 350},
		{"overdue", "", 140},
	}
	b := w.borrowers[w.pick.IntN(len(w.borrowers))]
	k := kinds[w.pick.IntN(len(kinds))]
	w.fee(b.number, k.kind, k.description, k.amount, 1+w.pick.IntN(90), "")
}
