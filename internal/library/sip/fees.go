package sip

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"slices"
	"strings"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/sip2"
)

// Fees returns what the card owes, oldest first: each fee by itself where a
// payment can name it, otherwise the whole sum as one. A fee whose amount cannot
// be read exactly is left out and logged; a sum that cannot be read is
// ReasonSystemAway, as nothing owed it is not.
func (s *System) Fees(ctx context.Context, number card.Number) ([]circulation.Fee, error) {
	entries, sh, err := s.list(ctx, number, s.o.Profile.Fees.list, 0)
	switch {
	case err != nil:
		return nil, err
	case !sh.found:
		return nil, nil
	}
	if s.o.Profile.Fees.Take == takeSum {
		return s.sum(ctx, number, sh, entries)
	}
	fees := s.rows(ctx, number, sh.message)
	for _, entry := range entries {
		if f, ok := s.line(entry); ok && f.ID != "" {
			fees = append(fees, f)
		} else if s.o.Profile.Fees.Group.ID == "" {
			s.log(ctx, "a fee that cannot be read", number)
		}
	}
	if _, owes := cents(sh.Owed); owes && len(fees) == 0 {
		// Something is owed, so that an empty list would be wrong.
		return nil, away("read what is owed", errors.New("no fee can be read by the profile"))
	}
	slices.SortStableFunc(fees, func(a, b circulation.Fee) int {
		return cmp.Or(compareDates(a.ChargedOn, b.ChargedOn), cmp.Compare(a.ID, b.ID))
	})
	return fees, nil
}

// aboutItem stands for the bar code of an item that the system does not tell: the
// description may be its title, which is not for who may only pay.
const aboutItem = "?"

// line reads an AV by the profile.
func (s *System) line(entry string) (f circulation.Fee, ok bool) {
	p := s.o.Profile.Fees
	if p.Line == "" {
		return f, false
	}
	groups := p.line.FindStringSubmatch(entry)
	if groups == nil {
		return f, false
	}
	get := func(name string) string {
		if i := p.line.SubexpIndex(name); i >= 0 {
			return groups[i]
		}
		return ""
	}
	return s.fee(row{id: get("id"), amount: get("amount"), kind: get("kind"), description: get("description")})
}

// row is a fee as it is sent.
type row struct{ id, amount, item, charged, description, kind string }

func (s *System) fee(r row) (f circulation.Fee, ok bool) {
	p := s.o.Profile.Fees
	f = circulation.Fee{
		ID: circulation.FeeID(r.id), Kind: circulation.Other, Description: short(r.description, longTitle), Item: r.item,
	}
	if kind, ok := p.Kinds[r.kind]; ok {
		f.Kind = kind
	}
	if p.Titled && f.Item == "" && f.Description != "" {
		f.Item = aboutItem
	}
	f.ChargedOn, _ = s.day(r.charged, p.Dates) // what is none is not known
	f.Amount, ok = cents(r.amount)
	if p.Grows && f.ID != "" {
		f.ID += circulation.FeeID(idEnd + f.Amount.String())
	}
	return f, ok
}

// idEnd stands between the id of a fee that may be owed on again and its amount.
const idEnd = "="

// rows reads the fees that are sent as rows of fields.
func (s *System) rows(ctx context.Context, number card.Number, m sip2.Message) (fees []circulation.Fee) {
	g := s.o.Profile.Fees.Group
	if g.ID == "" {
		return nil
	}
	var r *row
	end := func() {
		if r == nil {
			return
		}
		if f, ok := s.fee(*r); ok && f.ID != "" {
			fees = append(fees, f)
		} else {
			s.log(ctx, "a fee that cannot be read", number)
		}
		r = nil
	}
	for _, field := range m.Fields {
		switch {
		case field.ID == g.ID:
			end()
			r = &row{id: field.Value}
		case r == nil:
		case field.ID == g.Amount:
			r.amount = field.Value
		case field.ID == g.Item:
			r.item = field.Value
		case field.ID == g.Charged:
			r.charged = field.Value
		case field.ID == g.Description:
			r.description = field.Value
		case field.ID == g.Kind:
			r.kind = field.Value
		}
	}
	end()
	return fees
}

// sum is all that the card owes as one fee. Its ID says on which day which amount
// was owed for what, so that another sum is another fee, and so that it can be
// seen later whether it was paid.
func (s *System) sum(ctx context.Context, number card.Number, sh sheet, entries []string) ([]circulation.Fee, error) {
	if strings.TrimSpace(sh.Owed) == "" {
		return nil, nil // systems leave it out at zero
	}
	if n, err := sip2.ParseAmount(sh.Owed); err == nil && n == 0 {
		return nil, nil
	}
	amount, ok := cents(sh.Owed)
	if !ok {
		s.log(ctx, "a sum that cannot be read", number)
		return nil, away("read what is owed", errors.New("BV is not an amount"))
	}
	var about, marks []string
	for _, entry := range entries {
		description := entry
		if f, ok := s.line(entry); ok {
			description = f.Description
		}
		if description = strings.TrimSpace(description); description != "" && !slices.Contains(about, description) {
			about = append(about, description)
		}
		marks = append(marks, mark(description))
	}
	id := []string{sumID, s.today().String(), amount.String()}
	if len(marks) <= mostMarks {
		id = append(id, strings.Join(marks, "."))
	}
	f := circulation.Fee{
		ID: circulation.FeeID(strings.Join(id, "/")), Kind: circulation.Other, Amount: amount,
		Description: short(strings.Join(about, "; "), longTitle),
	}
	if s.o.Profile.Fees.Titled && f.Description != "" {
		f.Item = aboutItem
	}
	return []circulation.Fee{f}, nil
}

const (
	// sumID begins the ID of a sum.
	sumID = "sum"
	// mostMarks is how many fees of a sum are marked in its ID.
	mostMarks = 40
)

// mark tells fees apart by what they are for, not by their amount: that grows. It
// tells nobody what that is.
func mark(description string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(description)) // never an error
	return hex.EncodeToString(h.Sum(nil))
}
