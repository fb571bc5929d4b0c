// Package ledger keeps the books: postings between named accounts, in double
// entry. A posting says from, to and an amount above zero, so an unbalanced one
// cannot be written; it is never changed, only reversed by its opposite. The
// postings form a chain: each is sealed with a hash over itself and the one
// before it, so that one that was changed or taken out is found (Verifier).
package ledger

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"hoofdpas/internal/money"
)

// Why says what a posting is about. Each has its sentence in docs/money.md.
type Why string

// The reasons for a posting.
const (
	Paid       Why = "paid"        // a fee was paid
	Owed       Why = "owed"        // money came in that is for no fee: we owe it
	Returned   Why = "returned"    // what was paid for a fee is owed back to the payer; the fee is open again
	PaidBack   Why = "paid_back"   // what we owed was paid back
	Chargeback Why = "chargeback"  // the payer's bank took a payment back
	Restored   Why = "restored"    // the payer's bank gave back what it had taken
	Rounding   Why = "rounding"    // cash was rounded
	CashIn     Why = "cash_in"     // put into the till, as change
	CashOut    Why = "cash_out"    // taken out of the till
	Difference Why = "difference"  // counted was not what was expected
	WrittenOff Why = "written_off" // we no longer expect, or owe, it
	Reversal   Why = "reversal"    // undoes an earlier posting
)

// Whys lists every reason.
var Whys = []Why{ //nolint:gochecknoglobals // a table, never written
	Paid, Owed, Returned, PaidBack, Chargeback, Restored, Rounding, CashIn, CashOut, Difference, WrittenOff, Reversal,
}

// Posting moves an amount from one account to another.
type Posting struct {
	From, To Account
	Amount   money.Cents // above zero
	Why      Why
	At       time.Time
	// Payment, Refund and Shift are the IDs of what it is about; 0 for none.
	Payment, Refund, Shift int64
	// Reverses is the number of the posting that this one undoes; 0 for none.
	Reverses int64
}

// ErrPosting says that a posting is not one: no amount, one account twice, no
// reason, no instant, or a name that is no text.
var ErrPosting = errors.New("not a posting")

// Post returns the posting, or ErrPosting.
func Post(p Posting) (Posting, error) {
	if p.Amount <= 0 || p.From == p.To || !name(string(p.From)) || !name(string(p.To)) || !name(string(p.Why)) ||
		(p.Why == Reversal) != (p.Reverses != 0) || p.At.IsZero() {
		return Posting{}, ErrPosting
	}
	return p, nil
}

// name reports whether every database keeps the text as it is: otherwise the
// seal would not fit what is read back.
func name(s string) bool { return s != "" && utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Balances adds up what each account received less what it gave.
func Balances(postings []Posting) (Book, error) {
	b := Book{}
	for _, p := range postings {
		if err := b.Add(p); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Book is what each account received less what it gave. The sum over all
// accounts is always zero.
type Book map[Account]money.Cents

// Add adds a posting. It returns money.ErrOverflow when a balance does not fit.
func (b Book) Add(p Posting) error {
	from, err := money.Add(b[p.From], -p.Amount)
	if err != nil {
		return err
	}
	to, err := money.Add(b[p.To], p.Amount)
	if err != nil {
		return err
	}
	b[p.From], b[p.To] = from, to
	return nil
}

// Sum adds up what the accounts of each kind hold, and all together.
func (b Book) Sum() (kinds map[string]money.Cents, all money.Cents, err error) {
	kinds = map[string]money.Cents{}
	for a, balance := range b {
		if kinds[a.Kind()], err = money.Add(kinds[a.Kind()], balance); err != nil {
			return nil, 0, err
		}
	}
	for _, sum := range kinds {
		if all, err = money.Add(all, sum); err != nil {
			return nil, 0, err
		}
	}
	return kinds, all, nil
}
