package koha

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// A note of ours names the payment and, each with a #, the lines that it is
// about: "Hoofdpas 1001 #12 #13". Staff find the payment by it, and we what was
// told before.
const (
	noteBegin  = "Hoofdpas "
	noteReopen = " reopened"
)

func note(reference, what string, ids ...key) string {
	text := noteBegin + reference + what
	for _, id := range ids {
		text += " #" + id.String()
	}
	return text
}

// namedIn are the lines that notes with the payment's number are about, in those of
// the account's lines that begin as note makes them.
func namedIn(all []line, reference, what string) map[key]bool {
	ids := map[key]bool{}
	if reference == "" {
		return ids
	}
	for _, l := range all {
		rest, ok := strings.CutPrefix(l.Note, note(reference, what)+" #")
		if !ok {
			continue
		}
		for word := range strings.SplitSeq(rest, " #") {
			if id, ok := readKey(word); ok {
				ids[id] = true
			}
		}
	}
	return ids
}

// books is what an account says about some fees and a payment.
type books struct {
	who  key
	open []debit
	// told and reopened are the lines that notes of this payment name.
	told, reopened map[key]bool
	// credits tells that told is all that was ever told; all that debits has each of
	// the fees that there is, open or not.
	credits bool
	debits  []line
	all     bool
}

// Settle records that fees were paid here: one credit on exactly these lines.
// They are looked at first, since Koha would take them of another card's account
// too, and would book the same payment twice: what a note of this payment names
// was told before. A Koha that cannot list its credits (19.05) shows only what is
// still open; there a fee that is open no more was told when it may have been
// (Again), and is settled otherwise when it was not.
func (s *System) Settle(
	ctx context.Context, number card.Number, fees []circulation.Settlement, reference string,
) error {
	able, err := s.able(ctx)
	if err != nil {
		return err
	}
	b, ok, err := s.books(ctx, able, number, fees, reference)
	if err != nil {
		return s.away(ctx, "look at fees before they are settled", err)
	}
	if !ok {
		return problem.New(problem.NotFound, circulation.ReasonFeeNotFound, nil)
	}
	var whole, parts []circulation.Settlement
	var trouble problem.List
	seen := map[circulation.FeeID]bool{}
	for _, f := range fees {
		if seen[f.Fee] {
			continue
		}
		seen[f.Fee] = true
		owed, done, p := b.toSettle(f)
		switch {
		case p != nil:
			trouble = append(trouble, p)
		case done:
		case owed == f.Amount:
			whole = append(whole, f)
		default:
			parts = append(parts, f)
		}
	}
	if len(trouble) > 0 {
		return trouble
	}
	// What Koha has left of a credit it puts on any other line: a line that is paid
	// in part gets a credit of its own.
	groups := [][]circulation.Settlement{whole}
	for _, f := range parts {
		groups = append(groups, []circulation.Settlement{f})
	}
	for _, group := range groups {
		if err := s.credit(ctx, b.who, group, reference); err != nil {
			return err
		}
	}
	return nil
}

// toSettle is what is owed of a fee that is to be settled; done tells that it was
// told before, or given back since.
func (b books) toSettle(f circulation.Settlement) (owed money.Cents, done bool, p *problem.Problem) {
	id, ok := readKey(string(f.Fee))
	if !ok || f.Amount <= 0 {
		return 0, false, problem.New(problem.NotFound, circulation.ReasonFeeNotFound, nil)
	}
	if b.told[id] || b.reopened[id] {
		return 0, true, nil
	}
	for _, o := range b.open {
		if o.ID == id {
			owed = o.owed
		}
	}
	switch {
	case f.Of > 0 && f.Again && !b.credits && owed == f.Of-f.Amount:
		return owed, true, nil // the part has been taken off
	case owed >= f.Amount:
		return owed, false, nil
	case f.Again && !b.credits:
		return owed, true, nil
	case owed == 0 && b.all && !slices.ContainsFunc(b.debits, func(l line) bool { return l.ID == id && l.Patron == b.who }):
		return 0, false, problem.New(problem.NotFound, circulation.ReasonFeeNotFound, nil)
	}
	return owed, false, problem.New(problem.Conflict, circulation.ReasonFeeSettled, nil)
}

// books reads what the account of the card says about the fees and the payment;
// ok is false when there is no such card.
func (s *System) books(
	ctx context.Context, able *Abilities, number card.Number, fees []circulation.Settlement, reference string,
) (b books, ok bool, err error) {
	p, ok, err := s.patron(ctx, number)
	if err != nil || !ok {
		return books{}, false, err
	}
	b = books{who: p.ID}
	var credits []line
	if b.open, credits, err = s.account(ctx, p.ID); err != nil {
		return books{}, false, err
	}
	noted := map[string]any{"internal_note": map[string]string{"-like": note(reference, "") + "%"}}
	if able.Has(getCredits) {
		if credits, err = s.lines(ctx, "/patrons/{patron_id}/account/credits", p.ID, noted); err != nil {
			return books{}, false, err
		}
		b.credits = true
	}
	if able.Has(getDebits) {
		named := map[string]any{"account_line_id": ids(fees)}
		if b.debits, err = s.lines(ctx, "/patrons/{patron_id}/account/debits", p.ID, map[string]any{"-or": []any{named, noted}}); err != nil {
			return books{}, false, err
		}
		b.all = true
	}
	b.told, b.reopened = namedIn(credits, reference, ""), namedIn(b.debits, reference, noteReopen)
	return b, true, nil
}

// lines reads the debits or credits of an account that a query asks for.
func (s *System) lines(ctx context.Context, route string, who key, query any) ([]line, error) {
	q, err := json.Marshal(query)
	if err != nil {
		return nil, fmt.Errorf("write a query: %w", err)
	}
	r := request{method: http.MethodGet, route: route, id: who, query: url.Values{"q": {string(q)}}}
	return list(ctx, s, r, func(a, b line) bool { return a.ID == b.ID })
}

// ids are Koha's numbers of fees; what is none is left out.
func ids(fees []circulation.Settlement) []key {
	all := []key{0} // an empty list is no query, and nothing has this number
	for _, f := range fees {
		if id, ok := readKey(string(f.Fee)); ok {
			all = append(all, id)
		}
	}
	return all
}

// credit is what Koha takes as a payment. It has no type: what is the usual one
// is called otherwise in each version.
type credit struct {
	Amount      amount `json:"amount"`
	Lines       []key  `json:"account_lines_ids"`
	Note        string `json:"note"`
	Library     string `json:"library_id,omitempty"`
	PaymentType string `json:"payment_type,omitempty"`
}

// credit pays lines that were looked at.
func (s *System) credit(ctx context.Context, who key, fees []circulation.Settlement, reference string) error {
	if len(fees) == 0 {
		return nil
	}
	var total money.Cents
	var ids []key
	for _, f := range fees {
		id, _ := readKey(string(f.Fee)) // toSettle read it
		ids = append(ids, id)
		sum, err := money.Add(total, f.Amount)
		if err != nil {
			return fmt.Errorf("settle in Koha: %w", err)
		}
		total = sum
	}
	if _, err := s.call(ctx, request{
		method: http.MethodPost, route: "/patrons/{patron_id}/account/credits", id: who, body: credit{
			Amount: euro(total), Lines: ids, Note: note(reference, "", ids...), Library: s.options.Branch, PaymentType: s.options.PaymentType,
		},
	}, nil); err != nil {
		return s.away(ctx, "settle fees", err)
	}
	return nil
}
