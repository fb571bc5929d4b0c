package koha

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
)

// checkout is a loan as Koha tells it.
type checkout struct {
	ID         key    `json:"checkout_id"`
	Patron     key    `json:"patron_id"`
	ItemID     key    `json:"item_id"`
	External   string `json:"external_id"`
	Due        string `json:"due_date"`
	LentOn     string `json:"checkout_date"`
	CheckedIn  string `json:"checkin_date"`
	Count      *int   `json:"renewals_count"`
	OlderCount any    `json:"renewals"` // a number; in newer versions a list
	Item       *item  `json:"item"`
}

func (c checkout) renewals() int {
	if c.Count != nil {
		return *c.Count
	}
	if n, ok := c.OlderCount.(float64); ok && n >= 0 && n < 1000 {
		return int(n)
	}
	return 0
}

// item is what is lent, with its title.
type item struct {
	ID       key    `json:"item_id"`
	BiblioID key    `json:"biblio_id"`
	External string `json:"external_id"`
	Type     string `json:"item_type_id"`
	Biblio   *biblio
}

type biblio struct {
	Title    string `json:"title"`
	Subtitle string `json:"subtitle"`
	Author   string `json:"author"`
	Type     string `json:"item_type"`
}

// UnmarshalJSON reads an item; item_type is what item_type_id was called before.
func (i *item) UnmarshalJSON(said []byte) error {
	var a struct {
		ID       key     `json:"item_id"`
		BiblioID key     `json:"biblio_id"`
		External string  `json:"external_id"`
		Type     string  `json:"item_type_id"`
		Older    string  `json:"item_type"`
		Biblio   *biblio `json:"biblio"`
	}
	if err := json.Unmarshal(said, &a); err != nil {
		return err //nolint:wrapcheck // it is json's own
	}
	*i = item{ID: a.ID, BiblioID: a.BiblioID, External: a.External, Type: cmp.Or(a.Type, a.Older), Biblio: a.Biblio}
	return nil
}

// Loans returns the card's loans, earliest due date first; one without a due
// date comes last. Where REST has no titles and there is SIP2, they come by SIP2.
func (s *System) Loans(ctx context.Context, number card.Number) ([]circulation.Loan, error) {
	able, err := s.able(ctx)
	if err != nil {
		return nil, err
	}
	if able.Titles == fromSIP {
		loans, err := s.loansBySIP(ctx, number)
		if err == nil || ctx.Err() != nil {
			return loans, err
		}
		s.options.Log.WarnContext(ctx, "koha: no loans by SIP2, so they have no titles", "error", err)
	}
	lent, ok, err := readOf(ctx, s, number, func(ctx context.Context, who key) ([]checkout, error) {
		return s.checkouts(ctx, able, who)
	})
	if err != nil || !ok {
		return nil, s.awayIf(ctx, "read loans", err)
	}
	titles := s.titles(ctx, able, lent)
	loans := make([]circulation.Loan, 0, len(lent))
	for _, c := range lent {
		loans = append(loans, s.loan(c, titles[c.ItemID]))
	}
	sortLoans(loans)
	return loans, nil
}

// sortLoans puts the earliest due date first, and what has none last.
func sortLoans(loans []circulation.Loan) {
	slices.SortStableFunc(loans, func(a, b circulation.Loan) int {
		switch {
		case a.DueOn.IsZero() || b.DueOn.IsZero():
			return cmp.Compare(boolean(a.DueOn.IsZero()), boolean(b.DueOn.IsZero()))
		default:
			return cmp.Or(b.DueOn.DaysUntil(a.DueOn), cmp.Compare(a.Title, b.Title))
		}
	})
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// checkouts reads what a person has on loan.
func (s *System) checkouts(ctx context.Context, able *Abilities, who key) ([]checkout, error) {
	r := request{method: http.MethodGet, route: "/checkouts", query: url.Values{"patron_id": {who.String()}}}
	// Koha takes the number for a part of a number, so that 53 is 153 too, unless it
	// is told otherwise, which an older one cannot be.
	if able.matches {
		r.query.Set("_match", "exact")
	} else {
		r.perPage = widePage
	}
	if able.Titles == fromCheckouts {
		r = request{
			method: http.MethodGet, route: "/patrons/{patron_id}/checkouts", id: who, query: url.Values{}, embed: "item.biblio",
		}
	}
	all, err := list(ctx, s, r, func(a, b checkout) bool { return a.ID == b.ID })
	switch {
	case gone(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	lent := all[:0]
	seen := map[key]bool{} // a loan may move to the next page meanwhile
	for _, c := range all {
		// Whose it is is not left to a query that an older version may not know.
		if c.Patron == who && c.ID > 0 && c.CheckedIn == "" && !seen[c.ID] {
			lent, seen[c.ID] = append(lent, c), true
		}
	}
	return lent, nil
}

// loan is a checkout in our words.
func (s *System) loan(c checkout, i item) circulation.Loan {
	l := circulation.Loan{
		ID: circulation.LoanID(c.ID.String()), Item: cmp.Or(i.External, c.External), Material: i.Type,
		LentOn: day(c.LentOn, s.options.Zone), DueOn: day(c.Due, s.options.Zone), Renewals: c.renewals(),
	}
	if l.Item == "" && c.ItemID > 0 {
		l.Item = c.ItemID.String()
	}
	if i.Biblio != nil {
		l.Title, l.Author = bound(i.Biblio.Title), bound(i.Biblio.Author)
		if i.Biblio.Subtitle != "" {
			l.Title = bound(l.Title + " " + i.Biblio.Subtitle)
		}
		l.Material = cmp.Or(i.Type, i.Biblio.Type)
	}
	return l
}

// bySIP begins the ID of a loan that came by SIP2, where it has another.
const bySIP = "sip:"

func (s *System) loansBySIP(ctx context.Context, number card.Number) ([]circulation.Loan, error) {
	loans, err := s.options.Items.Loans(ctx, number)
	if err != nil {
		return nil, fmt.Errorf("read loans by SIP2: %w", err)
	}
	for i := range loans {
		loans[i].ID = bySIP + loans[i].ID
	}
	return loans, nil
}

// renewBySIP renews a loan that came by SIP2, for whom the desk would too.
func (s *System) renewBySIP(ctx context.Context, number card.Number, id string, due calendar.Date) (circulation.Loan, error) {
	if s.options.Items == nil {
		return circulation.Loan{}, problem.New(problem.NotFound, circulation.ReasonLoanNotFound, nil)
	}
	d, known, err := s.holder(ctx, number)
	switch {
	case err != nil:
		return circulation.Loan{}, s.away(ctx, "read a card that renews", err)
	case !known:
		return circulation.Loan{}, problem.New(problem.NotFound, circulation.ReasonLoanNotFound, nil)
	}
	if err := s.against(d).Or(); err != nil {
		return circulation.Loan{}, err
	}
	loan, err := s.options.Items.Renew(ctx, number, circulation.LoanID(id), due)
	if err != nil {
		return circulation.Loan{}, fmt.Errorf("renew by SIP2: %w", err)
	}
	loan.ID = bySIP + loan.ID
	return loan, nil
}
