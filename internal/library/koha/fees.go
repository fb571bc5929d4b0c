package koha

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
)

// line is a line of an account as Koha tells it: a debit or a credit.
type line struct {
	ID          key    `json:"account_line_id"`
	Patron      key    `json:"patron_id"`
	ItemID      key    `json:"item_id"`
	Checkout    key    `json:"checkout_id"`
	Amount      amount `json:"amount"`
	Outstanding amount `json:"amount_outstanding"`
	Date        string `json:"date"`
	Description string `json:"description"`
	DebitType   string `json:"debit_type"`
	Type        string `json:"type"`
	OlderType   string `json:"account_type"`
	Note        string `json:"internal_note"`
	Status      string `json:"status"`
}

// balance is the answer about an account: what is outstanding of it.
type balance struct {
	Debits  lines `json:"outstanding_debits"`
	Credits lines `json:"outstanding_credits"`
}

type lines struct {
	Lines []line `json:"lines"`
}

// kinds are Koha's types of debits, of now and of 19.05, in our words.
var kinds = map[string]circulation.FeeKind{ //nolint:gochecknoglobals // a table, never written
	"OVERDUE": circulation.Overdue, "F": circulation.Overdue, "FU": circulation.Overdue, "O": circulation.Overdue,
	"LOST": circulation.Lost, "L": circulation.Lost,
	"DAMAGED": circulation.Damage, "DAMAGE": circulation.Damage,
	"ACCOUNT": circulation.Membership, "ACCOUNT_RENEW": circulation.Membership, "A": circulation.Membership,
	"NEW_CARD": circulation.Administration, "N": circulation.Administration,
	"PROCESSING": circulation.Administration, "PF": circulation.Administration,
	"RESERVE": circulation.Reservation, "RESERVE_EXPIRED": circulation.Reservation,
	"RES": circulation.Reservation, "HE": circulation.Reservation,
}

// Fees returns the card's open fees, oldest first. A line whose amount is not
// whole cents cannot be paid here: it is left out, and the log tells which.
func (s *System) Fees(ctx context.Context, number card.Number) ([]circulation.Fee, error) {
	if _, err := s.able(ctx); err != nil {
		return nil, err
	}
	open, ok, err := readOf(ctx, s, number, func(ctx context.Context, who key) ([]debit, error) {
		open, _, err := s.account(ctx, who)
		return open, err
	})
	if err != nil || !ok {
		return nil, s.awayIf(ctx, "read fees", err)
	}
	fees := make([]circulation.Fee, 0, len(open))
	for _, o := range open {
		fees = append(fees, s.fee(o))
	}
	slices.SortStableFunc(fees, func(a, b circulation.Fee) int { return b.ChargedOn.DaysUntil(a.ChargedOn) })
	return fees, nil
}

// debit is an open line with what is owed on it.
type debit struct {
	line
	owed money.Cents
}

func owed(open []debit) money.Cents {
	var total money.Cents
	for _, o := range open {
		sum, err := money.Add(total, o.owed)
		if err != nil {
			return total // more than anybody owes
		}
		total = sum
	}
	return total
}

// account reads what a person owes, in Koha's order, and the credits that are
// not used up.
func (s *System) account(ctx context.Context, who key) ([]debit, []line, error) {
	var b balance
	switch _, err := s.call(ctx, request{method: http.MethodGet, route: "/patrons/{patron_id}/account", id: who}, &b); {
	case gone(err):
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	}
	var open []debit
	for _, l := range b.Debits.Lines {
		owed, err := l.Outstanding.cents()
		switch {
		case err != nil:
			s.options.Log.WarnContext(ctx, "koha: a fee is not in whole cents, so it cannot be paid here", "account_line_id", int64(l.ID))
		case owed > 0 && l.Patron == who && l.ID > 0:
			open = append(open, debit{l, owed})
		}
	}
	slices.SortStableFunc(open, func(a, b debit) int { return cmp.Compare(a.ID, b.ID) })
	return open, b.Credits.Lines, nil
}

// fee is a line in our words.
func (s *System) fee(d debit) circulation.Fee {
	f := circulation.Fee{
		ID: circulation.FeeID(d.ID.String()), Kind: circulation.Other, Description: bound(d.Description),
		Amount: d.owed, ChargedOn: day(d.Date, s.options.Zone),
	}
	if k, ok := kinds[strings.ToUpper(cmp.Or(d.DebitType, d.Type, d.OlderType))]; ok {
		f.Kind = k
	}
	if d.ItemID > 0 {
		i, _ := s.items.get(d.ItemID)
		f.Item = cmp.Or(i.External, d.ItemID.String())
	} else if d.Checkout > 0 {
		f.Item = d.Checkout.String() // about an item all the same: its description is a title
	}
	return f
}
