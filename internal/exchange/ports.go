package exchange

import (
	"context"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
)

// Store is where an import goes and an export comes from.
type Store interface {
	// Exchange lends an empty stage to work. What work puts on the stage is
	// seen by nobody else and is gone when work returns.
	Exchange(ctx context.Context, work func(Stage) error) error
	// ReadLibrary hands everything of the library to the visitor as it was at
	// one moment: all cards that are not closed, then their loans, then their
	// open fees, each by its key in byte order.
	ReadLibrary(ctx context.Context, v Visitor) error
}

// Visitor takes what is read. An error of its functions ends the reading and
// is returned.
type Visitor struct {
	Card func(c card.Card) error
	Loan func(holder card.Number, l circulation.Loan) error
	Fee  func(holder card.Number, f circulation.Fee) error
}

// CardRow is a row of the cards file.
type CardRow struct {
	Line int
	Card card.Card
}

// LoanRow is a row of the loans file.
type LoanRow struct {
	Line   int
	Holder card.Number
	Loan   circulation.Loan
}

// FeeRow is a row of the fees file.
type FeeRow struct {
	Line   int
	Holder card.Number
	Fee    circulation.Fee
}

// Given tells which kinds a file was given of, and how many rows it has.
type Given map[Kind]int

// Fault is what is wrong with a row among the others.
type Fault struct {
	Kind Kind
	Line int
	// Twin is the line of the first row with the same key, or 0 when the fault
	// is that the row's card is not known.
	Twin int
}

// FirstPassword is what is kept of a card's first password.
type FirstPassword struct {
	Hash account.Hash // empty when there is none
	// Chosen tells that the holder has chosen an own password since.
	Chosen bool
}

// Stage is where rows wait until all are known to be good.
type Stage interface {
	AddCards(ctx context.Context, rows []CardRow) error
	AddLoans(ctx context.Context, rows []LoanRow) error
	AddFees(ctx context.Context, rows []FeeRow) error
	// Faults returns the first faults by kind and line, at most limit, and how
	// many there are: keys that occur twice in a file; loans and fees whose
	// card is not in the cards file or, when none was given, is not an open
	// card of the library. Rows can no longer be added.
	Faults(ctx context.Context, given Given, limit int) ([]Fault, int, error)
	// Present counts the open cards, their loans and their open fees of which
	// a file can be the truth.
	Present(ctx context.Context) (map[Kind]int, error)
	// FirstPasswords returns what is kept for the card numbers.
	FirstPasswords(ctx context.Context, numbers []string) (map[string]FirstPassword, error)
	// SetFirstPasswords puts new hashes by card number on the stage.
	SetFirstPasswords(ctx context.Context, hashes map[string]account.Hash) error
	// Merge makes the stage the truth of the given kinds, in one transaction.
	// at is the moment at which what is gone was closed or settled.
	Merge(ctx context.Context, given Given, at time.Time) (map[Kind]Count, error)
}

// Count is what became of a kind.
type Count struct {
	Added, Changed, Unchanged int
	// Gone are cards that were closed, loans that were returned and fees that
	// were settled in the library.
	Gone int
}
