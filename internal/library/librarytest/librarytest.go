// Package librarytest holds the scenarios that every library system must pass,
// whichever connector speaks to it. A connector's test opens a system with the
// given library in it and hands it to Run.
package librarytest

import (
	"context"
	"slices"
	"testing"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// Today is the day on which the scenarios play. It is a Wednesday.
var Today = date("2026-11-25") //nolint:gochecknoglobals // a constant

// The rules that the system must have for every card.
const (
	LoanDays    = 21
	MaxRenewals = 2
	FeeLimit    = money.Cents(1000)
)

// Library is what the system must hold when a scenario begins.
type Library struct {
	Cards []Card
	Loans []Loan
	Fees  []Fee
}

// Card is a card and the password that the library handed out for it, if any.
type Card struct {
	card.Card
	FirstPassword string
}

// Loan is a loan and whose it is.
type Loan struct {
	Holder card.Number
	circulation.Loan
}

// Fee is a fee and whose it is.
type Fee struct {
	Holder card.Number
	circulation.Fee
}

// Fixture is an opened system.
type Fixture struct {
	Loans     circulation.LibrarySystem
	Cards     account.Cards
	Passwords account.FirstPasswords
	// SettleInLibrary settles a fee behind our back, as the library's own
	// counter does.
	SettleInLibrary func(t *testing.T, fee circulation.FeeID)
	Limits          Limits
}

// Limits are what a system that is not ours cannot do or tell. The zero value is a
// system that can do all.
type Limits struct {
	// Card and Loan leave out what the system does not tell, or tells in its own
	// way; nil leaves nothing out.
	Card func(card.Card) card.Card
	Loan func(circulation.Loan) circulation.Loan
	// NoFirstPasswords: it checks none, so that none is right.
	NoFirstPasswords bool
	// OneReason: it does not tell all reasons against a renewal at once.
	OneReason bool
	// OpenFeesOnly: it shows open fees alone, so that a fee that is not there may
	// have been settled, never have been, or be another card's.
	OpenFeesOnly bool
	// OneSum: it does not tell fees apart, so that only their sum can be paid. How
	// that goes is for the connector's own tests.
	OneSum  bool
	Reopens Reopening
	// Argument reports whether it tells an argument of a reason; nil tells all.
	Argument func(r problem.Reason, name string) bool
}

// Reopening is how a fee is owed again.
type Reopening int

// The ways.
const (
	SameFee Reopening = iota // under the ID it had
	NewFee                   // as another fee, with the same amount
	Never                    // the desk does it
)

func (l Limits) card(c card.Card) card.Card {
	if l.Card == nil {
		return c
	}
	return l.Card(c)
}

func (l Limits) loan(c circulation.Loan) circulation.Loan {
	if l.Loan == nil {
		return c
	}
	return l.Loan(c)
}

func (l Limits) arguments(r problem.Reason, all problem.Args) problem.Args {
	if l.Argument == nil {
		return all
	}
	var told problem.Args
	for name, v := range all {
		if l.Argument(r, name) {
			if told == nil {
				told = problem.Args{}
			}
			told[name] = v
		}
	}
	return told
}

// Run plays every scenario, each on a system of its own.
func Run(t *testing.T, open func(t *testing.T, given Library) Fixture) {
	t.Helper()
	scenarios := map[string]func(*testing.T, scene){
		"a card is known by its exact number":                 cardByNumber,
		"a first password opens its own card only":            firstPassword,
		"a card's loans come by due date":                     loansByDueDate,
		"a card that nobody knows has nothing":                nothingForNobody,
		"a renewal counts from today":                         renewalFromToday,
		"every reason against a renewal is told, alone":       eachReason,
		"all reasons against a renewal are told at once":      allReasons,
		"the same form renews once":                           renewalOnce,
		"another card's loan is not found":                    otherCardsLoan,
		"a fee below the limit does not stand in the way":     feesBelowLimit,
		"what is due on the day it would be renewed to stays": renewedToSameDay,
	}
	fees := map[string]func(*testing.T, scene){
		"a card's fees come by age":                        feesByAge,
		"what is settled is no longer owed":                settled,
		"settling with the same reference changes nothing": settledAgain,
		"settling what was perhaps not settled settles it": settledSurely,
		"settling again settles what was not":              settledInPart,
		"a fee is paid in parts, each once":                paidInParts,
		"a part that is given back is open again":          partsReopened,
		"a part is given back when the rest was settled":   partReopenedLate,
		"no more is taken than parts left of a fee":        morePaidThanIsLeft,
		"a fee settled by another payment is refused":      settledByAnother,
		"a fee settled in the library is refused":          settledInLibrary,
		"another card's fee is not found":                  otherCardsFee,
		"when one fee cannot be settled, none is":          settledAllOrNone,
		"what is given back is owed again":                 reopened,
		"opening again twice changes nothing":              reopenedAgain,
		"a payment given back settles no more":             settledLate,
		"a payment given back first settles nothing":       settledTooLate,
		"what another payment settled stays settled":       reopenedOfAnother,
		"what was settled in the library stays settled":    reopenedOfLibrary,
		"opening what nobody knows is no error":            reopenedOfNobody,
		"fees that are paid make renewing possible":        paidThenRenewed,
	}
	for name, play := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, scene{t.Context(), open(t, given())})
		})
	}
	for name, play := range fees {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scene{t.Context(), open(t, given())}
			if s.Limits.OneSum {
				t.Skip("it does not tell fees apart")
			}
			play(t, s)
		})
	}
}

// scene is the stage of one scenario.
type scene struct {
	ctx context.Context //nolint:containedctx // a test's own
	Fixture
}

// The cards of the library. Everything is against the last one.
var anna, bert, carla, nobody = number("20001000000012"), number("00020001"), number("1"), number("20001000000999") //nolint:gochecknoglobals // constants

var expired, blocked, debtor, bad = number("20001000000079"), number("20001000000061"), number("20001000000087"), number("20001000000095") //nolint:gochecknoglobals // constants

func given() Library {
	kept := func(n card.Number, name string) Card { return Card{Card: card.Card{Number: n, Name: name}} }
	l := Library{
		Cards: []Card{
			{Card: card.Card{
				Number: anna, Name: "Anna Åkerboom", BirthDate: date("1984-03-12"), Email: "anna@example.nl", Category: "PT",
				Branch: "Centrum", ExpiresOn: Today, // its last day is a good day
			}, FirstPassword: "Welkom-1984"},
			{Card: card.Card{Number: bert, Name: "Bert Bos"}, FirstPassword: "Welkom-2014"},
			kept(carla, "Carla Cox"),
			{Card: card.Card{Number: expired, Name: "Evert Evers", ExpiresOn: Today.AddDays(-1)}},
			{Card: card.Card{Number: blocked, Name: "Bo Blok", Blocked: true}},
			kept(debtor, "Dora Dam"),
			{Card: card.Card{Number: bad, Name: "Ben Bad", ExpiresOn: Today.AddDays(-9), Blocked: true}},
		},
	}
	lend := func(n card.Number, id string, due int, renewals int, reserved bool) {
		l.Loans = append(l.Loans, Loan{n, circulation.Loan{
			ID: circulation.LoanID(id), Item: "39" + id, Title: "Boek " + id, Author: "Schrijver", Material: "book",
			LentOn: Today.AddDays(due - LoanDays), DueOn: Today.AddDays(due), Renewals: renewals, Reserved: reserved,
		}})
	}
	lend(anna, "L2", 9, 0, false)
	lend(anna, "L1", 3, MaxRenewals-1, false)
	lend(anna, "L3", 12, 0, true)
	lend(anna, "L4", 12, MaxRenewals, false)
	lend(anna, "L5", LoanDays, 0, false)
	lend(anna, "L6", LoanDays-1, 0, false)
	lend(bert, "L7", 5, 0, false)
	lend(expired, "L8", 5, 0, false)
	lend(blocked, "L9", 5, 0, false)
	lend(debtor, "L10", 5, 0, false)
	lend(bad, "L11", LoanDays+1, MaxRenewals+1, true)
	charge := func(n card.Number, id string, amount money.Cents, age int) {
		l.Fees = append(l.Fees, Fee{n, circulation.Fee{
			ID: circulation.FeeID(id), Kind: circulation.Reservation, Description: "Reservering " + id, Amount: amount,
			ChargedOn: Today.AddDays(-age),
		}})
	}
	charge(bert, "F1", 250, 3)
	charge(bert, "F2", 749, 8)
	charge(carla, "F3", 100, 1)
	charge(debtor, "F4", FeeLimit-1, 40)
	charge(debtor, "F5", 1, 2)
	charge(bad, "F6", 5000, 2)
	return l
}

func (s scene) loans(t *testing.T, n card.Number) []circulation.Loan {
	t.Helper()
	loans, err := s.Loans.Loans(s.ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	return loans
}

func (s scene) loan(t *testing.T, n card.Number, id circulation.LoanID) circulation.Loan {
	t.Helper()
	for _, l := range s.loans(t, n) {
		if l.ID == id {
			return l
		}
	}
	t.Fatalf("loan %s is not on the card", id)
	return circulation.Loan{}
}

func (s scene) feeIDs(t *testing.T, n card.Number) []circulation.FeeID {
	t.Helper()
	fees, err := s.Loans.Fees(s.ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	ids := []circulation.FeeID{}
	for _, f := range fees {
		ids = append(ids, f.ID)
	}
	return ids
}

// someOf checks that the error holds one of the reasons or more, and no other; or
// exactly all, of a system that tells all.
func (s scene) someOf(t *testing.T, err error, kind problem.Kind, reasons ...problem.Reason) {
	t.Helper()
	if !s.Limits.OneReason {
		refused(t, err, kind, reasons...)
		return
	}
	told := []problem.Reason{}
	for _, p := range problem.Of(err) {
		if slices.Contains(reasons, p.Reason) {
			told = append(told, p.Reason)
		}
	}
	refused(t, err, kind, told...)
	if len(told) == 0 {
		t.Errorf("got %v, want some of %v", err, reasons)
	}
}

// notFound checks that there is no such fee, as far as the system knows.
func (s scene) notFound(t *testing.T, err error) {
	t.Helper()
	if s.Limits.OpenFeesOnly && problem.Has(err, circulation.ReasonFeeSettled) {
		refused(t, err, problem.Conflict, circulation.ReasonFeeSettled)
		return
	}
	refused(t, err, problem.NotFound, circulation.ReasonFeeNotFound)
}

// refused checks that the error holds exactly the reasons, in any order.
func refused(t *testing.T, err error, kind problem.Kind, reasons ...problem.Reason) {
	t.Helper()
	got := map[problem.Reason]bool{}
	for _, p := range problem.Of(err) {
		got[p.Reason] = true
		if p.Kind != kind {
			t.Errorf("%s is of kind %s, want %s", p.Reason, p.Kind, kind)
		}
	}
	for _, r := range reasons {
		if !got[r] {
			t.Errorf("%s is missing in %v", r, err)
		}
	}
	if len(got) != len(reasons) {
		t.Errorf("got %v, want %v", err, reasons)
	}
}

func number(text string) card.Number {
	n, err := card.ParseNumber(text)
	if err != nil {
		panic(err)
	}
	return n
}

func date(text string) calendar.Date {
	d, err := calendar.ParseISO(text)
	if err != nil {
		panic(err)
	}
	return d
}
