package koha

import (
	"context"
	"net/http"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
)

// debit is what Koha takes as a new charge.
type charge struct {
	Amount      amount `json:"amount"`
	Description string `json:"description"`
	Type        string `json:"type"`
	Note        string `json:"internal_note"`
	Library     string `json:"library_id,omitempty"`
}

// manual is Koha's type of a charge that somebody made by hand. A type of its own
// rules, such as OVERDUE, would make it grow.
const manual = "MANUAL"

// Reopen charges what the payment settled once more. Koha's REST cannot take a
// credit back, so the fee comes back under another ID; a note tells which payment
// it is of, and that it was done. A Koha without such charges (before 23.11)
// refuses, and the desk does it.
func (s *System) Reopen(
	ctx context.Context, number card.Number, fees []circulation.Settlement, reference string,
) error {
	able, err := s.able(ctx)
	if err != nil || reference == "" {
		return err
	}
	b, ok, err := s.books(ctx, able, number, fees, reference)
	if err != nil {
		return s.away(ctx, "look at fees before they are opened again", err)
	}
	if !ok {
		return nil
	}
	for _, f := range fees {
		id, ok := readKey(string(f.Fee))
		if !ok || b.reopened[id] || (b.credits && !b.told[id]) {
			continue
		}
		if !able.Has(postDebit) || !b.credits || !b.all {
			if b.isOpen(id, f) {
				continue
			}
			return problem.New(problem.Refused, circulation.ReasonNotReopened, nil)
		}
		c := charge{Amount: euro(f.Amount), Type: manual, Note: note(reference, noteReopen, id), Library: s.options.Branch}
		for _, l := range b.debits {
			if l.ID == id {
				c.Description = bound(l.Description)
			}
		}
		if _, err := s.call(ctx, request{
			method: http.MethodPost, route: "/patrons/{patron_id}/account/debits", id: b.who, body: c,
		}, nil); err != nil {
			return s.away(ctx, "open a fee again", err)
		}
		b.reopened[id] = true
	}
	return nil
}

// isOpen reports whether the whole fee is still owed: then it was not settled.
func (b books) isOpen(id key, f circulation.Settlement) bool {
	for _, o := range b.open {
		if o.ID == id {
			return o.owed >= max(f.Amount, f.Of)
		}
	}
	return false
}
