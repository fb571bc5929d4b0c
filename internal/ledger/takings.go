package ledger

import (
	"strings"

	"hoofdpas/internal/money"
)

// Entry is a row with what a bookkeeper wants to see beside it.
type Entry struct {
	Row
	// Receipt numbers the receipt of the refund, or else of the payment; its No
	// is 0 when there is none.
	Receipt Receipt
	// Undoes is the reason of the posting that this one reverses, "" when it
	// reverses none.
	Undoes Why
}

// Receipt is the number of a receipt.
type Receipt struct {
	Branch string
	Year   int
	No     int64
}

// Purse is an account that holds money of ours: a till by its means, what came in
// at terminals, or what a provider holds for us.
type Purse struct {
	Branch   string // "" for a provider
	Means    string // "cash", "pin", "kiosk" or "online"
	Provider string // "" for a till
}

// online is the means of what a provider holds, kiosk that of what came in at
// terminals.
const (
	online = "online"
	kiosk  = "kiosk"
)

// purse reads what Till, Terminal and Provider wrote. The desks of a branch are one,
// and so are its terminals.
func (a Account) purse() (Purse, bool) {
	parts := strings.Split(string(a), "/")
	switch {
	case parts[0] == "provider" && len(parts) == 2:
		return Purse{Means: online, Provider: parts[1]}, true
	case parts[0] == "terminal" && len(parts) == 3:
		return Purse{Branch: parts[1], Means: kiosk}, true
	case parts[0] == "till" && len(parts) == 4:
		return Purse{Branch: parts[1], Means: parts[3]}, true
	}
	return Purse{}, false
}

// Kind is the first word of an account's name, such as "fees" or "till".
func (a Account) Kind() string {
	kind, _, _ := strings.Cut(string(a), "/")
	return kind
}

// Takings is what went into and out of a purse, for each reason. Rounding,
// Differences and Other are below zero when the purse lost by them.
type Takings struct {
	Received              money.Cents
	PaidBack, ChargedBack money.Cents // less what came back to us
	Rounding, Differences money.Cents
	In, Out               money.Cents // cash, other than by paying
	Other                 money.Cents // anything else
	Net                   money.Cents // what the purse has more
}

// Day adds up the takings of each purse.
type Day map[Purse]Takings

// Add adds an entry. It returns money.ErrOverflow when a sum does not fit.
func (d Day) Add(e Entry) error {
	if to, ok := e.To.purse(); ok {
		if err := d.add(to, e, e.Amount); err != nil {
			return err
		}
	}
	if from, ok := e.From.purse(); ok {
		return d.add(from, e, -e.Amount)
	}
	return nil
}

func (d Day) add(p Purse, e Entry, amount money.Cents) (err error) {
	t := d[p]
	if t.Net, err = money.Add(t.Net, amount); err != nil {
		return err
	}
	why := e.Why
	if why == Reversal {
		why = e.Undoes
	}
	column, sign := t.column(why, e.Refund != 0)
	if *column, err = money.Add(*column, sign*amount); err != nil {
		return err
	}
	d[p] = t
	return nil
}

// column is where what goes into a purse for the reason is added to, and with
// which sign. What is restored was a refund, or else a chargeback.
func (t *Takings) column(why Why, refund bool) (*money.Cents, money.Cents) {
	switch why {
	case Paid, Owed:
		return &t.Received, 1
	case PaidBack:
		return &t.PaidBack, -1
	case Chargeback, Restored:
		if refund {
			return &t.PaidBack, -1
		}
		return &t.ChargedBack, -1
	case Rounding:
		return &t.Rounding, 1
	case Difference:
		return &t.Differences, 1
	case CashIn:
		return &t.In, 1
	case CashOut:
		return &t.Out, -1
	case Returned, WrittenOff, Reversal: // touch no purse
	}
	return &t.Other, 1
}
