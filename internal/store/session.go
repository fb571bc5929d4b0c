package store

import (
	"context"
	"fmt"
	"time"
)

// Sessions keeps the sessions of one face. It is a CtxStore of
// github.com/alexedwards/scs; the tokens are hashed before they come here.
type Sessions struct {
	store *Store
	face  string
}

// Sessions returns the sessions of the face, such as "leden".
func (s *Store) Sessions(face string) *Sessions { return &Sessions{store: s, face: face} }

// FindCtx returns the data of a session that has not expired.
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, ok, err := one(ctx, s.store.read, value[[]byte],
		`SELECT data FROM sessions WHERE face = $1 AND token = $2 AND expires_at_ms > $3 AND length(data) > 0`,
		s.face, typed(token), ms(s.store.now()))
	if err != nil {
		return nil, false, fmt.Errorf("find a session: %w", err)
	}
	return data, ok, nil
}

// CommitCtx keeps the data of a session until expiry. One that has ended stays
// ended: a page that was under way when somebody logged out would bring it back
// for whoever still holds its token.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, err := change(ctx, s.store.write, `INSERT INTO sessions (face, token, data, expires_at_ms) VALUES ($1, $2, $3, $4)
		ON CONFLICT (face, token) DO UPDATE SET data = excluded.data, expires_at_ms = excluded.expires_at_ms
		WHERE length(sessions.data) > 0`,
		s.face, typed(token), data, ms(expiry))
	if err != nil {
		return fmt.Errorf("keep a session: %w", err)
	}
	return nil
}

// DeleteCtx ends a session; one that is not there is no error. The empty row
// stays until it would have expired, so that nothing brings it back.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := change(ctx, s.store.write, `UPDATE sessions SET data = $3 WHERE face = $1 AND token = $2`, s.face, typed(token), []byte{})
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// Find is FindCtx without a context, which scs asks for and does not call.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// SweepSessions deletes the sessions of all faces that have expired.
func (s *Store) SweepSessions(ctx context.Context) error {
	if _, err := change(ctx, s.write, `DELETE FROM sessions WHERE expires_at_ms <= $1`, ms(s.now())); err != nil {
		return fmt.Errorf("sweep sessions: %w", err)
	}
	return nil
}
