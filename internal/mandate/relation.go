package mandate

import (
	"context"
	"fmt"

	"hoofdpas/internal/card"
)

// Relation is one mandate as one of its two holders sees it (S14).
type Relation struct {
	Mandate Mandate
	// Mine is the reader's side.
	Mine Side
	// Other is the holder across. Its ID and Name are empty until the reader
	// may know them; its Number is then what the reader typed.
	Other card.Holder
	// Acts are the steps the reader may take now, in the order of the table.
	Acts []Act
}

// WaitsForMe reports whether the reader is the one to confirm or decline.
func (r Relation) WaitsForMe() bool { return len(r.Acts) > 0 && r.Acts[0] == Confirm }

// Relations lists all mandates of a holder, newest first, each as the holder
// may see it: who asked sees only what they typed until the other confirms.
func (b *Book) Relations(ctx context.Context, me card.Holder) ([]Relation, error) {
	all, err := b.Store.MandatesOf(ctx, me.ID)
	if err != nil {
		return nil, fmt.Errorf("list relations: %w", err)
	}
	out := make([]Relation, 0, len(all))
	for _, m := range all {
		if b.hasLapsed(m) {
			m.State = Expired
		}
		side, ok := m.sideOf(me.ID)
		if !ok {
			continue
		}
		r := Relation{Mine: side, Acts: m.Acts(me.ID)}
		r.Mandate, r.Other = seenBy(m, me.ID, side)
		out = append(out, r)
	}
	return out, nil
}

// seenBy hides from the starter whom a request reached until it has been
// confirmed (S9): both a matched and an unmatched one look like what was typed.
func seenBy(m Mandate, me card.ID, side Side) (Mandate, card.Holder) {
	other := m.across(side)
	if m.started().ID == me && m.ConfirmedAt.IsZero() {
		other = card.Holder{Number: m.Typed}
		if side == Grantor {
			m.Grantee = other
		} else {
			m.Grantor = other
		}
	}
	return m, other
}

// Waiting counts the mandates that wait for the holder's answer.
func (b *Book) Waiting(ctx context.Context, me card.Holder) (int, error) {
	all, err := b.Relations(ctx, me)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, r := range all {
		if r.WaitsForMe() {
			n++
		}
	}
	return n, nil
}

// Log returns a card's log, newest first, as its holder may read it: the other
// holder is hidden from who asked until the mandate has been confirmed. Pass
// the ID of the last entry as before for the next page, 0 for the first.
func (b *Book) Log(ctx context.Context, me card.Holder, before int64, limit int) ([]Entry, error) {
	all, err := b.Store.Entries(ctx, me.ID, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	for i, e := range all {
		starter := e.Other
		if e.Starter == Grantor {
			starter = e.Card
		}
		if e.Confirmed || starter.ID != me.ID {
			continue
		}
		hidden := card.Holder{Number: e.Typed}
		if e.Starter == Grantor {
			all[i].Other = hidden
		} else {
			all[i].Card = hidden
		}
		if e.Actor.ID != me.ID && !e.Actor.IsZero() {
			all[i].Actor = hidden
		}
	}
	return all, nil
}

// MayKnow reports whether the reader may see the other holder's name: it is the
// reader, or a mandate between the two is active, either way round.
func (b *Book) MayKnow(ctx context.Context, reader, other card.ID) (bool, error) {
	if reader == other {
		return true, nil
	}
	all, err := b.Store.MandatesOf(ctx, reader)
	if err != nil {
		return false, fmt.Errorf("look for a relation: %w", err)
	}
	for _, m := range all {
		if m.Counts(b.today()) && (m.Grantor.ID == other || m.Grantee.ID == other) {
			return true, nil
		}
	}
	return false, nil
}
