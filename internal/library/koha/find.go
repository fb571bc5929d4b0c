package koha

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"hoofdpas/internal/card"
)

// mostWords bounds what is asked for of a typed name.
const mostWords = 6

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
	words := wordsOf(query)
	if len(words) == 0 || len(words) > mostWords {
		return nil, nil
	}
	able, err := s.able(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.named(ctx, able, words)
	if err != nil {
		return nil, s.away(ctx, "find cards by name", err)
	}
	return s.fitting(found, words, limit), nil
}

// named asks Koha for who may have the name; fitting looks again.
func (s *System) named(ctx context.Context, able *Abilities, words []string) ([]patron, error) {
	ask := func(query url.Values) (some []patron, err error) {
		query.Set("_page", "1")
		query.Set("_per_page", fmt.Sprint(perPage))
		_, err = s.call(ctx, request{method: http.MethodGet, route: "/patrons", query: query}, &some)
		return some, err
	}
	if able.query {
		q, err := nameQuery(words)
		if err != nil {
			return nil, err
		}
		return ask(url.Values{"q": {q}, "_order_by": {"+surname"}})
	}
	// The oldest take one word of one part of the name. A word has no % in it.
	longest := slices.MaxFunc(words, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	var all []patron
	for _, part := range []string{"surname", "firstname"} {
		some, err := ask(url.Values{part: {longest}, "_match": {"contains"}})
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// nameQuery asks for names in which each word begins a word.
func nameQuery(words []string) (string, error) {
	var all []any
	for _, w := range words {
		var either []any
		for _, part := range []string{"surname", "firstname"} {
			for _, like := range []string{w + "%", "% " + w + "%", "%-" + w + "%"} {
				either = append(either, map[string]any{part: map[string]string{"-like": like}})
			}
		}
		all = append(all, either)
	}
	q, err := json.Marshal(map[string]any{"-and": all})
	if err != nil {
		return "", fmt.Errorf("write a query: %w", err)
	}
	return string(q), nil
}

// fitting are the cards whose name has for each word one that begins with it.
func (s *System) fitting(found []patron, words []string, limit int) []card.Card {
	var cards []card.Card
	seen := map[key]bool{}
	for _, p := range found {
		number, err := card.ParseNumber(p.Number)
		if err != nil || seen[p.ID] {
			continue
		}
		seen[p.ID] = true
		has := wordsOf(p.First + " " + p.Preferred + " " + p.Middle + " " + p.Surname)
		fits := !slices.ContainsFunc(words, func(w string) bool {
			return !slices.ContainsFunc(has, func(h string) bool { return strings.HasPrefix(h, w) })
		})
		if fits {
			cards = append(cards, s.card(p, number))
		}
	}
	slices.SortFunc(cards, func(a, b card.Card) int {
		return cmp.Or(strings.Compare(plain(a.Name), plain(b.Name)), strings.Compare(a.Number.Text(), b.Number.Text()))
	})
	return cards[:min(len(cards), limit)]
}

// wordsOf splits a name, or what is typed to find one, into words without case
// and accents.
func wordsOf(name string) []string {
	return strings.FieldsFunc(plain(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func plain(name string) string {
	bare, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn))), name)
	if err != nil {
		bare = name // not valid UTF-8: then letters are compared as they are
	}
	return strings.ToLower(bare)
}
