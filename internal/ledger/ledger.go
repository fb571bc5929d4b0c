// Package ledger keeps the books: postings between named accounts. A posting
// says from, to and an amount above zero, so an unbalanced one cannot be
// written; it is never changed, only reversed by its opposite.
package ledger

import (
	"errors"
	"strconv"
	"time"

	"hoofdpas/internal/money"
)

// Account is the name of an account, such as "fees/17" (what the card with ID
// 17 owed and paid), "provider/testbank" or "till/cash".
type Account string

// Posting moves an amount from one account to another.
type Posting struct {
	From, To Account
	Amount   money.Cents // above zero
	// Payment is the ID of the payment that caused it.
	Payment int64
	At      time.Time
}

// ErrPosting says that a posting is not one: no amount, or one account twice.
var ErrPosting = errors.New("not a posting")

// Post makes a posting or returns ErrPosting.
func Post(from, to Account, amount money.Cents, payment int64, at time.Time) (Posting, error) {
	if amount <= 0 || from == to || from == "" || to == "" {
		return Posting{}, ErrPosting
	}
	return Posting{From: from, To: to, Amount: amount, Payment: payment, At: at}, nil
}

// Reverse is the posting that undoes p at the instant.
func (p Posting) Reverse(at time.Time) Posting {
	return Posting{From: p.To, To: p.From, Amount: p.Amount, Payment: p.Payment, At: at}
}

// Balances adds up what each account received less what it gave. The sum over
// all accounts is always zero.
func Balances(postings []Posting) (map[Account]money.Cents, error) {
	b := map[Account]money.Cents{}
	for _, p := range postings {
		var err error
		if b[p.From], err = money.Add(b[p.From], -p.Amount); err != nil {
			return nil, err
		}
		if b[p.To], err = money.Add(b[p.To], p.Amount); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// The accounts. An account's balance is what it received less what it gave: a
// purse that holds money is above zero, fees that were paid and refunds that we
// owe are below.

// Fees is what the card with the ID owed and paid.
func Fees(card int64) Account { return Account("fees/" + strconv.FormatInt(card, 10)) }

// Refunds is what we owe to the holder of the card with the ID.
func Refunds(card int64) Account { return Account("refunds/" + strconv.FormatInt(card, 10)) }

// Provider is what a payment provider holds for us.
func Provider(name string) Account { return Account("provider/" + name) }

// Till is what came in at the desk: "cash" or "pin".
func Till(means string) Account { return Account("till/" + means) }
