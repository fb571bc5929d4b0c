package koha

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/sync/errgroup"
)

// mostAtOnce is how many items are read side by side, where each is a call.
const mostAtOnce = 4

// titles returns what is known of the items of the loans, by their number. What
// cannot be had is not in it: a loan without a title is better than none.
func (s *System) titles(ctx context.Context, able *Abilities, lent []checkout) map[key]item {
	known := map[key]item{}
	var unknown []key
	for _, c := range lent {
		if c.Item != nil {
			known[c.ItemID] = *c.Item
			s.items.put(c.ItemID, *c.Item)
		} else if i, ok := s.items.get(c.ItemID); ok {
			known[c.ItemID] = i
		} else if c.ItemID > 0 && !slices.Contains(unknown, c.ItemID) {
			unknown = append(unknown, c.ItemID)
		}
	}
	if len(unknown) == 0 {
		return known
	}
	var found []item
	var err error
	switch able.Titles {
	case fromItems:
		if found, err = s.itemsAtOnce(ctx, unknown); err != nil && able.Has(getItem) && able.Has(getBiblio) {
			found, err = s.itemsOneByOne(ctx, unknown)
		}
	case fromBiblios:
		found, err = s.itemsOneByOne(ctx, unknown)
	}
	if err != nil && ctx.Err() == nil {
		s.options.Log.WarnContext(ctx, "koha: loans without titles", "count", len(unknown)-len(found), "error", err)
	}
	for _, i := range found {
		known[i.ID] = i
		s.items.put(i.ID, i)
	}
	return known
}

// itemsAtOnce reads items with their titles in a few calls.
func (s *System) itemsAtOnce(ctx context.Context, ids []key) ([]item, error) {
	var all []item
	for some := range slices.Chunk(ids, perPage/2) {
		q, err := json.Marshal(map[string][]key{"me.item_id": some})
		if err != nil {
			return nil, fmt.Errorf("write a query: %w", err)
		}
		var found []item
		if _, err := s.call(ctx, request{
			method: http.MethodGet, route: "/items", embed: "biblio",
			query: url.Values{"q": {string(q)}, "_page": {"1"}, "_per_page": {"100"}},
		}, &found); err != nil {
			return all, err
		}
		for _, i := range found {
			if slices.Contains(some, i.ID) {
				all = append(all, i)
			}
		}
	}
	return all, nil
}

// itemsOneByOne reads items and then their titles.
func (s *System) itemsOneByOne(ctx context.Context, ids []key) ([]item, error) {
	all := make([]item, len(ids))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(mostAtOnce)
	for n, id := range ids {
		group.Go(func() error {
			var i item
			_, err := s.call(groupCtx, request{method: http.MethodGet, route: "/items/{item_id}", id: id}, &i)
			if gone(err) {
				return nil
			}
			if err != nil {
				return err
			}
			if i.Biblio == nil {
				var b biblio
				if _, err := s.call(groupCtx, request{method: http.MethodGet, route: "/biblios/{biblio_id}", id: i.BiblioID}, &b); err != nil {
					return err
				}
				i.Biblio = &b
			}
			if i.ID == id {
				all[n] = i
			}
			return nil
		})
	}
	err := group.Wait()
	return slices.DeleteFunc(all, func(i item) bool { return i.ID == 0 }), err //nolint:wrapcheck // of call
}
