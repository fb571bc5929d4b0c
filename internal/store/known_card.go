package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"hoofdpas/internal/card"
)

// The columns of a holder from the cards row with the alias of that letter,
// which a LEFT JOIN may have left out.
const (
	holderA = `coalesce(a.id, 0), coalesce(a.number, ''), coalesce(a.name, '')`
	holderE = `coalesce(e.id, 0), coalesce(e.number, ''), coalesce(e.name, '')`
	holderK = `coalesce(k.id, 0), coalesce(k.number, ''), coalesce(k.name, '')`
	holderO = `coalesce(o.id, 0), coalesce(o.number, ''), coalesce(o.name, '')`
	holderR = `coalesce(r.id, 0), coalesce(r.number, ''), coalesce(r.name, '')`
)

// intoHolder is where they are read into.
func intoHolder(h *card.Holder) []any { return []any{&h.ID, number{&h.Number}, &h.Name} }

// KnowCard makes sure that we have a row for the card, refreshes its name and
// returns its holder. It opens no closed card again: an import does, and a look
// at all cards. A person whose key we know under another number has a new card:
// their row goes along. A number whose row is of somebody else was given anew:
// that row gives it up.
func (s *Store) KnowCard(ctx context.Context, c card.Card) (card.Holder, error) {
	old, ok, err := one(ctx, s.read, readKnown, selectKnown+`number = $1`, c.Number.Text())
	if err != nil {
		return card.Holder{}, fmt.Errorf("look for a known card: %w", err)
	}
	if ok && old.name == typed(c.Name) && (c.Key == "" || old.key == c.Key) {
		return card.Holder{ID: old.id, Number: c.Number, Name: old.name}, nil
	}
	var h card.Holder
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		h, err = knowCard(ctx, tx, c, s.now())
		return err
	})
	if err != nil {
		return card.Holder{}, fmt.Errorf("keep a card: %w", err)
	}
	return h, nil
}

// knownRow is what decides whose row a card is.
type knownRow struct {
	id        card.ID
	name, key string
}

const selectKnown = `SELECT id, name, coalesce(system_key, '') FROM cards WHERE `

func readKnown(r row) (k knownRow, err error) {
	err = r.Scan(&k.id, &k.name, &k.key)
	return k, err //nolint:wrapcheck // the caller says what it was doing
}

func knowCard(ctx context.Context, tx *sql.Tx, c card.Card, at time.Time) (card.Holder, error) {
	h := card.Holder{Number: c.Number, Name: typed(c.Name)}
	numbered, hasNumber, err := one(ctx, tx, readKnown, selectKnown+`number = $1`, c.Number.Text())
	if err != nil {
		return card.Holder{}, err
	}
	var keyed knownRow
	hasKey := false
	if c.Key != "" {
		if keyed, hasKey, err = one(ctx, tx, readKnown, selectKnown+`system_key = $1`, typed(c.Key)); err != nil {
			return card.Holder{}, err
		}
	}
	switch {
	case hasNumber && hasKey && numbered.id != keyed.id:
		return takeOver(ctx, tx, c, keyed, numbered, at)
	case hasNumber && !hasKey && c.Key != "" && numbered.key != "" && numbered.name != h.Name:
		// The number was somebody else's: another key and another name. With the
		// same name it is the same person, in a system that was set up anew.
		if err := giveUpNumber(ctx, tx, numbered.id, at); err != nil {
			return card.Holder{}, err
		}
	case hasNumber:
		h.ID = numbered.id
		return h, nameCard(ctx, tx, h, c.Key)
	case hasKey:
		h.ID = keyed.id
		return h, nameCard(ctx, tx, h, c.Key)
	}
	h.ID, _, err = one(ctx, tx, value[card.ID], `INSERT INTO cards (number, name, sort_name, system_key) VALUES ($1, $2, $3, $4) RETURNING id`,
		c.Number.Text(), h.Name, sortName(h.Name), orNull(c.Key))
	return h, err
}

// nameCard writes what the library system says of the card of a row.
func nameCard(ctx context.Context, tx *sql.Tx, h card.Holder, key string) error {
	return changeOne(ctx, tx, `UPDATE cards SET number = $2, name = $3, sort_name = $4, system_key = coalesce($5, system_key) WHERE id = $1`,
		h.ID, h.Number.Text(), h.Name, sortName(h.Name), orNull(key))
}

// takeOver gives the number of one row to the person of another, whose new
// number it is: when it was somebody else's who has lost it, and when the row
// holds no more than the number. A row of which we do not know whose it is and
// that holds more, because somebody was quicker than we, keeps it: then the desk
// decides.
func takeOver(ctx context.Context, tx *sql.Tx, c card.Card, person, numbered knownRow, at time.Time) (card.Holder, error) {
	others := numbered.key != "" && numbered.name != typed(c.Name)
	if !others {
		empty, err := holdsNothing(ctx, tx, numbered.id)
		if err != nil || !empty {
			return card.Holder{ID: numbered.id, Number: c.Number, Name: numbered.name}, err
		}
	}
	if err := giveUpNumber(ctx, tx, numbered.id, at); err != nil {
		return card.Holder{}, err
	}
	h := card.Holder{ID: person.id, Number: c.Number, Name: typed(c.Name)}
	return h, nameCard(ctx, tx, h, c.Key)
}

// holdsNothing reports whether a row is of a card that was only looked up.
func holdsNothing(ctx context.Context, tx *sql.Tx, id card.ID) (bool, error) {
	n, _, err := one(ctx, tx, value[int64], `SELECT
		(SELECT count(*) FROM cards WHERE id = $1 AND (password <> '' OR first_password <> '' OR user_name IS NOT NULL))
		+ (SELECT count(*) FROM mandates WHERE grantor_id = $1 OR grantee_id = $1)
		+ (SELECT count(*) FROM payments WHERE payer_id = $1) + (SELECT count(*) FROM payment_fees WHERE card_id = $1)`, id)
	return n == 0, err
}

// giveUpNumber takes its number from a row: the number is somebody else's now.
// Rows are never deleted; this one is closed, and its sessions end, until the
// person is found again by their key.
func giveUpNumber(ctx context.Context, tx *sql.Tx, id card.ID, at time.Time) error {
	return changeOne(ctx, tx, `UPDATE cards SET number = $2, epoch = epoch + 1,
		closed_at_ms = coalesce(closed_at_ms, $3) WHERE id = $1`, id, "vervallen-"+strconv.FormatInt(int64(id), 10), ms(at))
}
