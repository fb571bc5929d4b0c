package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"hoofdpas/internal/problem"
)

// How long tokens live, and how many apps a card lets in at once.
const (
	accessFor  = 15 * time.Minute
	refreshFor = 60 * 24 * time.Hour // after the last refresh
	mostApps   = 20
	// usedEvery is how exactly it is known when an app was used last: writing it
	// down each time would make every look a write.
	usedEvery = time.Minute
)

// Apps lets apps in on behalf of a card's holder, and out again.
//
//	Begin      own password            → an access and a refresh token
//	Refresh    the refresh token, once → the next two; the former are over
//	           one that was used before → the grant ends: somebody has a copy
//	Identify   the access token        → whose it is and what it is for
//
// A changed password, "log out everywhere", a first password from the desk and a
// closed card end every grant of the card at once, as they end its sessions.
type Apps struct {
	Porter *Porter
	Store  AppStore
	Now    func() time.Time
	Log    *slog.Logger
}

// Begin logs an app in with the holder's number or user name and own password.
// The attempt is slowed down as one on a page is. app is what the app calls
// itself; no scopes are the usual ones. Problems are those of Porter.Prove,
// ReasonScopeUnknown, and ReasonMustChoose for a first password (S3).
func (a *Apps) Begin(ctx context.Context, at Attempt, app string, scopes []AppScope) (Tokens, error) {
	scopes, err := checkScopes(scopes)
	if err != nil {
		return Tokens{}, err
	}
	me, err := a.Porter.Prove(ctx, at)
	if err != nil {
		return Tokens{}, err
	}
	if me.MustChoose {
		return Tokens{}, problem.New(problem.Refused, ReasonMustChoose, nil)
	}
	now := a.Now()
	t := draw(secret())
	t.Grant = Grant{
		ID: drawID(), Holder: me.Holder, App: appName(app), Scopes: scopes,
		BegunAt: now, UsedAt: now, EndsAt: now.Add(refreshFor),
	}
	if err := a.Store.AddGrant(ctx, t.Grant, me.Epoch, t.hashes(now), mostApps); err != nil {
		return Tokens{}, fmt.Errorf("let an app in: %w", err)
	}
	return t, nil
}

// Refresh gives an app its next tokens. The access token so far is over. A
// refresh token works once: when it comes back there are two who have it, and
// nobody knows which is the app, so the grant ends (RFC 9700, 4.14.2). Anything
// but the present one of a grant that stands is ReasonTokenWrong.
func (a *Apps) Refresh(ctx context.Context, refresh string) (Tokens, error) {
	family, _, _ := strings.Cut(refresh, familyEnd)
	now := a.Now()
	t := draw(family)
	g, ok, err := a.Store.TurnGrant(ctx, digest(refresh), t.hashes(now), now, now.Add(refreshFor))
	if err != nil {
		return Tokens{}, fmt.Errorf("refresh an app's tokens: %w", err)
	}
	if ok {
		t.Grant = g
		return t, nil
	}
	if g, ok, err = a.Store.EndReused(ctx, digest(family), digest(refresh)); err != nil {
		return Tokens{}, fmt.Errorf("look for an old refresh token: %w", err)
	}
	if ok {
		a.Log.WarnContext(ctx, "a refresh token came back that had been used: its app is logged out", "card", g.Holder, "grant", g)
	}
	return Tokens{}, tokenWrong()
}

// Identify says whose card an access token opens and what for, on every request.
// A token that is missing, wrong or over is ReasonTokenWrong.
func (a *Apps) Identify(ctx context.Context, access string) (Grant, Identity, error) {
	now := a.Now()
	g, epoch, ok, err := a.Store.GrantByAccess(ctx, digest(access), now)
	if err != nil {
		return Grant{}, Identity{}, fmt.Errorf("look an access token up: %w", err)
	}
	if !ok {
		return Grant{}, Identity{}, tokenWrong()
	}
	if now.Sub(g.UsedAt) >= usedEvery {
		if err := a.Store.UseGrant(ctx, g.ID, now); err != nil { // no reason to keep the app waiting
			a.Log.WarnContext(ctx, "when an app was used could not be written down", "grant", g, "error", err)
		} else {
			g.UsedAt = now
		}
	}
	return g, Identity{Holder: g.Holder, Epoch: epoch}, nil
}

// Logout ends the grant of an access token.
func (a *Apps) Logout(ctx context.Context, access string) error {
	g, me, err := a.Identify(ctx, access)
	if err != nil {
		return err
	}
	return a.End(ctx, me, g.ID)
}

// ChangePassword changes the holder's password for the app with the access
// token. Problems are those of Porter.ChoosePassword. Everybody else who is in
// is out; this app stays, as the page does on which a password is changed.
func (a *Apps) ChangePassword(ctx context.Context, access, old, chosen string) error {
	g, me, err := a.Identify(ctx, access)
	if err != nil {
		return err
	}
	changed, err := a.Porter.ChoosePassword(ctx, me, NewPassword{Current: old, New: chosen, Again: chosen})
	if err != nil {
		return err
	}
	if err := a.Store.KeepGrant(ctx, g.ID, me.Epoch, changed.Epoch); err != nil {
		return fmt.Errorf("keep the app that changed a password: %w", err)
	}
	return nil
}

// List returns the apps that are logged in to the card, the one used last first.
func (a *Apps) List(ctx context.Context, me Identity) ([]Grant, error) {
	all, err := a.Store.Grants(ctx, me.Holder.ID, a.Now())
	if err != nil {
		return nil, fmt.Errorf("list apps: %w", err)
	}
	return all, nil
}

// End logs an app of the card out, at once. One that is not there is out.
func (a *Apps) End(ctx context.Context, me Identity, id GrantID) error {
	if err := a.Store.EndGrant(ctx, me.Holder.ID, id); err != nil {
		return fmt.Errorf("log an app out: %w", err)
	}
	return nil
}

func tokenWrong() error { return problem.New(problem.Refused, ReasonTokenWrong, nil) }

// familyEnd ends the part of a refresh token that stays.
const familyEnd = "."

// draw makes the next tokens of a family.
func draw(family string) Tokens {
	return Tokens{Access: secret(), Refresh: family + familyEnd + secret(), ExpiresIn: accessFor}
}

func (t Tokens) hashes(now time.Time) TokenHashes {
	family, _, _ := strings.Cut(t.Refresh, familyEnd)
	return TokenHashes{
		Family: digest(family), Refresh: digest(t.Refresh), Access: digest(t.Access), AccessEndsAt: now.Add(t.ExpiresIn),
	}
}

// secret is 256 random bits that fit in a header.
func secret() string {
	var b [32]byte
	rand.Read(b[:]) // never returns an error
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func drawID() GrantID {
	var b [8]byte
	rand.Read(b[:]) // never returns an error
	return GrantID(binary.BigEndian.Uint64(b[:])>>1 | 1)
}
