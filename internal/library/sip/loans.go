package sip

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/sip2"
)

// itemsAtOnce is how many items of a card are asked about at once, if the pool has
// as many connections.
const itemsAtOnce = 8

// Loans returns the card's loans, earliest due date first: the bar codes from the
// lists, and for each its title and due date. One without a date comes last.
func (s *System) Loans(ctx context.Context, number card.Number) ([]circulation.Loan, error) {
	codes, _, err := s.barcodes(ctx, number)
	if err != nil {
		return nil, err
	}
	loans := make([]circulation.Loan, len(codes))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(itemsAtOnce)
	for i, code := range codes {
		g.Go(func() error {
			l, err := s.item(ctx, number, code)
			loans[i] = l
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(loans, func(a, b circulation.Loan) int {
		return cmp.Or(compareDates(a.DueOn, b.DueOn), cmp.Compare(a.ID, b.ID))
	})
	return loans, nil
}

// compareDates puts no date last.
func compareDates(a, b calendar.Date) int {
	switch {
	case a == b:
		return 0
	case a.IsZero():
		return 1
	case b.IsZero() || a.Before(b):
		return -1
	}
	return 1
}

// barcodes returns the bar codes of what the card has on loan, each once.
func (s *System) barcodes(ctx context.Context, number card.Number) (codes []string, sh sheet, err error) {
	p := s.o.Profile.Loans
	for _, name := range p.Lists {
		entries, read, err := s.list(ctx, number, listOf(name), p.Page)
		if err != nil || !read.found {
			return nil, read, err
		}
		sh = read
		for _, code := range entries {
			if code = strings.TrimSpace(code); code != "" && !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	return codes, sh, nil
}

// The longest of what is kept of an item, in characters.
const (
	longTitle = 500
	longWord  = 100
)

// item asks about one item that the card has on loan. An item that the system
// does not know, or knows no date of, is a loan without one.
func (s *System) item(ctx context.Context, number card.Number, code string) (circulation.Loan, error) {
	l := circulation.Loan{ID: circulation.LoanID(code), Item: code}
	answer, err := s.ask(ctx, sip2.ItemInformationRequest{
		Date: s.date(), Institution: s.o.Institution, Item: code, TerminalPassword: s.o.TerminalPassword,
	}.Message())
	if err != nil {
		return l, err
	}
	said, err := sip2.ReadItemInformationReply(answer)
	if err != nil {
		return l, away("read an item", err)
	}
	p := s.o.Profile.Loans
	l.Title, l.Reserved = short(said.Title, longTitle), said.Queue > 0
	due, ok := s.day(said.Due, p.Due)
	if !ok {
		s.log(ctx, "a loan without a date that can be read", number)
	}
	l.DueOn = due
	l.LentOn = s.shortDay(answer, p.Lent)
	if p.Author != "" {
		l.Author = short(answer.Get(p.Author), longTitle)
	}
	if p.Material != "" {
		l.Material = short(answer.Get(p.Material), longWord)
	}
	if n, err := strconv.ParseUint(answer.Get(p.Renewals), 10, 15); err == nil && p.Renewals != "" {
		l.Renewals = int(n)
	}
	return l, nil
}

// short cuts what is too long for any page.
func short(text string, most int) string {
	text = strings.TrimSpace(text)
	n := 0
	for i := range text {
		if n == most {
			return strings.TrimSpace(text[:i]) + "…"
		}
		n++
	}
	return text
}
