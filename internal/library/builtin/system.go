package builtin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
)

// System is the built-in library system. It is a circulation.LibrarySystem, an
// account.Cards, a mandate.Cards, an account.FirstPasswords and an
// account.Finder.
type System struct {
	Tables Tables
	Rules  Rules
	Hasher Matcher
	Now    func() time.Time
}

// Matcher checks a password against a hash; an empty hash matches nothing and
// takes as long as any other. account.Hasher has it.
type Matcher interface {
	Matches(ctx context.Context, password string, h account.Hash) (bool, error)
}

func (s *System) today() calendar.Date { return calendar.Today(s.Now(), s.Rules.Zone) }

// Card returns the card with the number; ok is false when there is none, or it
// was closed.
func (s *System) Card(ctx context.Context, number card.Number) (c card.Card, ok bool, err error) {
	c, _, ok, err = s.Tables.LibraryCard(ctx, number)
	if err != nil {
		return card.Card{}, false, fmt.Errorf("read a card: %w", err)
	}
	return c, ok, nil
}

// CheckFirstPassword reports whether the library handed out the password for
// the card. It takes as long when there is no such card or no password.
func (s *System) CheckFirstPassword(ctx context.Context, number card.Number, password string) (bool, error) {
	_, first, ok, err := s.Tables.LibraryCard(ctx, number)
	if err != nil {
		return false, fmt.Errorf("read a first password: %w", err)
	}
	if !ok {
		first = ""
	}
	good, err := s.Hasher.Matches(ctx, password, first)
	if err != nil {
		return false, fmt.Errorf("check a first password: %w", err)
	}
	return good, nil
}

// FindCards finds cards for the desk: the one whose number was typed, or those
// with a name in which each typed word begins a word, by name, at most limit.
func (s *System) FindCards(ctx context.Context, query string, limit int) ([]card.Card, error) {
	if n, err := card.ReadNumber(query); err == nil {
		c, ok, err := s.Card(ctx, n)
		if err != nil {
			return nil, err
		}
		if ok {
			return []card.Card{c}, nil
		}
	}
	words := Words(query)
	if len(words) == 0 {
		return nil, nil
	}
	found, err := s.Tables.FindLibraryCards(ctx, words, limit)
	if err != nil {
		return nil, fmt.Errorf("find cards by name: %w", err)
	}
	return found, nil
}

// Words splits a name, or what is typed to find one, into words without case
// and accents: "Åke O'Neill-Smit" gives ake, o, neill and smit.
func Words(name string) []string {
	return strings.FieldsFunc(plain(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// plain is a name without case and accents.
func plain(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return strings.ToLower(name) // most names, and much quicker: an import has many
	}
	bare, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn))), name)
	if err != nil {
		bare = name // not valid UTF-8: then letters are compared as they are
	}
	return cases.Fold().String(bare)
}

// Loans returns the card's loans, earliest due date first.
func (s *System) Loans(ctx context.Context, number card.Number) ([]circulation.Loan, error) {
	loans, err := s.Tables.LibraryLoans(ctx, number)
	if err != nil {
		return nil, fmt.Errorf("read a card's loans: %w", err)
	}
	return loans, nil
}

// Fees returns the card's open fees, oldest first: those that are kept, and
// what has grown so far on items that are late.
func (s *System) Fees(ctx context.Context, number card.Number) ([]circulation.Fee, error) {
	sheet, err := s.Tables.LibrarySheet(ctx, number)
	if err != nil {
		return nil, fmt.Errorf("read a card's fees: %w", err)
	}
	if !sheet.Open {
		return nil, nil
	}
	return s.open(sheet, s.today()), nil
}

func sortFees(fees []circulation.Fee) {
	slices.SortFunc(fees, func(a, b circulation.Fee) int {
		return cmp.Or(b.ChargedOn.DaysUntil(a.ChargedOn), cmp.Compare(a.ID, b.ID))
	})
}
