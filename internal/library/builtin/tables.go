package builtin

import (
	"context"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
)

// Tables is where this library system keeps things. Each method is one
// transaction.
type Tables interface {
	// LibraryCard returns a card and the hash of the password that the library
	// handed out, empty when there is none. A card that was closed is not found.
	LibraryCard(ctx context.Context, number card.Number) (c card.Card, first account.Hash, ok bool, err error)
	// FindLibraryCards returns the cards, not closed, whose name has for each of
	// the words one that begins with it, by name. The words are as Words makes
	// them.
	FindLibraryCards(ctx context.Context, words []string, limit int) ([]card.Card, error)
	// LibraryLoans returns the loans of a card, earliest due date first; none of
	// one that was closed.
	LibraryLoans(ctx context.Context, number card.Number) ([]circulation.Loan, error)
	// LibrarySheet returns the sheet of a card.
	LibrarySheet(ctx context.Context, number card.Number) (Sheet, error)
	// ChangeLibrary hands the sheet of a card to decide, in one transaction
	// that no other change of the card may interleave, and writes what decide
	// returns. The sheet also holds which of the fees named in asked are
	// settled. decide may run twice; its error is returned and nothing is
	// written.
	ChangeLibrary(ctx context.Context, number card.Number, asked []circulation.FeeID, decide func(Sheet) (Change, error)) error
}

// Sheet is what is kept of one card.
type Sheet struct {
	Card card.Card
	// Open tells that there is such a card and that it was not closed. A closed
	// card has a sheet all the same: it may have been paid for on its last day.
	Open bool
	// Loans, earliest due date first.
	Loans []circulation.Loan
	// Fees are all open fees of the card, oldest first, and the settled ones
	// of kind overdue that are about an item still on loan to it.
	Fees []Fee
	// Parts are the fees, settled or not, whose ID begins as that of a part of
	// the overdue fee of one of the loans. An import may have moved the loan:
	// they may be of another card and about another item.
	Parts []Fee
	// Asked are the settled ones of the fees that were asked for, of whichever
	// card: the number of the card may have changed since it paid.
	Asked []Fee
	// Paid tells of the fees that were asked for which payments paid a part of them.
	Paid []Settled
	// Reopened tells of the fees that were asked for which payments settle them
	// no more.
	Reopened []Reopened
}

// Fee is a fee as it is kept.
type Fee struct {
	circulation.Fee
	// Imported tells that the fee came in through the import.
	Imported bool
	// Settled tells that it is not open any more. Reference is that of the
	// payment here that settled it, or "" when it was settled otherwise.
	Settled   bool
	Reference string
	// Paid is what payments here paid of it in parts.
	Paid money.Cents
}

// Change is what is to be written.
type Change struct {
	// Renewed is a loan of the card with its new due date and count, or nil.
	Renewed *circulation.Loan
	// Charged are new fees, open.
	Charged []circulation.Fee
	// Settled are fees that a payment settled, kept before or not.
	Settled []Settled
	// Paid are fees of which a payment paid a part.
	Paid []Settled
	// Reopened are fees that are open again as far as that payment settled them, and
	// that it settles no more.
	Reopened []Reopened
}

// Settled is a fee and the payment that settled it. Amount is what was paid.
type Settled struct {
	Fee       circulation.Fee
	Amount    money.Cents
	Reference string
}

// Reopened is a fee and the payment that settles it no more.
type Reopened struct {
	Fee       circulation.FeeID
	Reference string
}
