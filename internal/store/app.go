package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
)

var _ account.AppStore = (*Store)(nil)

// grantColumns are read from appGrants or from standingGrants.
const grantColumns = `g.id, g.card_id, c.number, c.name, g.app, g.scopes, g.begun_at_ms, g.used_at_ms, g.ends_at_ms, g.epoch`

const (
	appGrants = ` FROM app_grants g JOIN cards c ON c.id = g.card_id`
	// standingGrants leaves out those of a closed card and of another epoch.
	standingGrants = appGrants + ` AND c.epoch = g.epoch AND c.closed_at_ms IS NULL`
	byAccess       = standingGrants + ` WHERE g.access_hash = $1 AND g.access_ends_at_ms > $2`
	byRefresh      = standingGrants + ` WHERE g.refresh_hash = $1 AND g.ends_at_ms > $2`
	grantsOf       = standingGrants + ` WHERE g.card_id = $1 AND g.ends_at_ms > $2 ORDER BY g.used_at_ms DESC, g.id`
	overGrants     = `DELETE FROM app_grants WHERE ends_at_ms <= $1`
)

// keptGrant is a grant with its epoch.
type keptGrant struct {
	account.Grant
	epoch int64
}

func readGrant(r row) (g keptGrant, err error) {
	var scopes string
	h := &g.Holder
	err = r.Scan(&g.ID, &h.ID, number{&h.Number}, &h.Name, &g.App, &scopes,
		instant{&g.BegunAt}, instant{&g.UsedAt}, instant{&g.EndsAt}, &g.epoch)
	for _, s := range strings.Fields(scopes) {
		g.Scopes = append(g.Scopes, account.AppScope(s))
	}
	return g, err //nolint:wrapcheck // the caller says what it was doing
}

func kept(scopes []account.AppScope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

// AddGrant implements account.AppStore.
func (s *Store) AddGrant(ctx context.Context, g account.Grant, epoch int64, h account.TokenHashes, most int) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		// The new one is not among those that are weighed: it stays.
		if _, err := change(ctx, tx, `DELETE FROM app_grants WHERE card_id = $1 AND id NOT IN (
			SELECT g.id`+grantsOf+` LIMIT $3)`,
			g.Holder.ID, ms(g.BegunAt), most-1); err != nil {
			return err
		}
		return changeOne(ctx, tx, `INSERT INTO app_grants (id, card_id, epoch, app, scopes, family_hash, refresh_hash, access_hash,
			access_ends_at_ms, begun_at_ms, used_at_ms, ends_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			int64(g.ID), g.Holder.ID, epoch, typed(g.App), kept(g.Scopes), h.Family, h.Refresh, h.Access,
			ms(h.AccessEndsAt), ms(g.BegunAt), ms(g.UsedAt), ms(g.EndsAt))
	})
	if err != nil {
		return fmt.Errorf("keep an app's log-in: %w", err)
	}
	return nil
}

// TurnGrant implements account.AppStore. Of two who come with the same token one
// finds the row as it was.
func (s *Store) TurnGrant(ctx context.Context, spent string, next account.TokenHashes, used, ends time.Time) (g account.Grant, ok bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) (err error) {
		var k keptGrant
		k, ok, err = one(ctx, tx, readGrant, `SELECT `+grantColumns+byRefresh, spent, ms(used))
		if g = k.Grant; err != nil || !ok {
			return err
		}
		g.UsedAt, g.EndsAt = used, ends
		return changeOne(ctx, tx, `UPDATE app_grants SET refresh_hash = $2, access_hash = $3, access_ends_at_ms = $4,
			used_at_ms = $5, ends_at_ms = $6 WHERE id = $1`,
			int64(g.ID), next.Refresh, next.Access, ms(next.AccessEndsAt), ms(used), ms(ends))
	})
	if err != nil {
		return account.Grant{}, false, fmt.Errorf("turn an app's tokens: %w", err)
	}
	return g, ok, nil
}

// EndReused implements account.AppStore.
func (s *Store) EndReused(ctx context.Context, family, spent string) (g account.Grant, ok bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) (err error) {
		var k keptGrant
		k, ok, err = one(ctx, tx, readGrant, `SELECT `+grantColumns+appGrants+` WHERE g.family_hash = $1 AND g.refresh_hash <> $2`,
			family, spent)
		if g = k.Grant; err != nil || !ok {
			return err
		}
		return changeOne(ctx, tx, `DELETE FROM app_grants WHERE id = $1`, int64(g.ID))
	})
	if err != nil {
		return account.Grant{}, false, fmt.Errorf("end an app's log-in: %w", err)
	}
	return g, ok, nil
}

// GrantByAccess implements account.AppStore.
func (s *Store) GrantByAccess(ctx context.Context, access string, at time.Time) (account.Grant, int64, bool, error) {
	k, ok, err := one(ctx, s.read, readGrant, `SELECT `+grantColumns+byAccess, access, ms(at))
	if err != nil {
		return account.Grant{}, 0, false, fmt.Errorf("find an app's log-in: %w", err)
	}
	return k.Grant, k.epoch, ok, nil
}

// UseGrant implements account.AppStore.
func (s *Store) UseGrant(ctx context.Context, id account.GrantID, at time.Time) error {
	if _, err := change(ctx, s.write, `UPDATE app_grants SET used_at_ms = $2 WHERE id = $1`, int64(id), ms(at)); err != nil {
		return fmt.Errorf("keep when an app was used: %w", err)
	}
	return nil
}

// Grants implements account.AppStore.
func (s *Store) Grants(ctx context.Context, id card.ID, at time.Time) ([]account.Grant, error) {
	all, err := list(ctx, s.read, func(r row) (account.Grant, error) {
		k, err := readGrant(r)
		return k.Grant, err
	}, `SELECT `+grantColumns+grantsOf, id, ms(at))
	if err != nil {
		return nil, fmt.Errorf("list apps: %w", err)
	}
	return all, nil
}

// EndGrant implements account.AppStore.
func (s *Store) EndGrant(ctx context.Context, id card.ID, g account.GrantID) error {
	if _, err := change(ctx, s.write, `DELETE FROM app_grants WHERE id = $1 AND card_id = $2`, int64(g), id); err != nil {
		return fmt.Errorf("end an app's log-in: %w", err)
	}
	return nil
}

// KeepGrant implements account.AppStore.
func (s *Store) KeepGrant(ctx context.Context, id account.GrantID, from, to int64) error {
	if _, err := change(ctx, s.write, `UPDATE app_grants SET epoch = $3 WHERE id = $1 AND epoch = $2`, int64(id), from, to); err != nil {
		return fmt.Errorf("take an app's log-in along: %w", err)
	}
	return nil
}

// SweepGrants deletes the log-ins of apps that nobody has refreshed for too long.
func (s *Store) SweepGrants(ctx context.Context) error {
	if _, err := change(ctx, s.write, overGrants, ms(s.now())); err != nil {
		return fmt.Errorf("sweep apps: %w", err)
	}
	return nil
}
