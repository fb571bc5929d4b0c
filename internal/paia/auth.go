package paia

import (
	"context"
	"slices"
	"strings"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
)

// loggedIn is the answer to login (PAIA auth login; RFC 6749, 5.1).
type loggedIn struct {
	Patron       string `json:"patron"`
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	Scope        string `json:"scope"`
}

// login gives tokens for a number or user name and a password, or the next ones for
// a refresh token (RFC 6749, 6). client is what the app calls itself, for its user's
// page Apps.
func (a *api) login(ctx context.Context, c *call) (any, error) {
	given, err := c.form("grant_type", "username", "password", "refresh_token", "scope", "client")
	if err != nil {
		return nil, err
	}
	var t account.Tokens
	switch given["grant_type"] {
	case "password":
		if given["username"] == "" || given["password"] == "" {
			return nil, invalid("api.credentials")
		}
		wanted := known(given["scope"])
		if len(wanted) == 0 && strings.TrimSpace(given["scope"]) != "" {
			return nil, invalid("api.no_scope")
		}
		t, err = a.Apps.Begin(ctx, account.Attempt{Login: given["username"], Password: given["password"], Address: c.address()},
			given["client"], wanted)
	case "refresh_token":
		t, err = a.Apps.Refresh(ctx, given["refresh_token"])
	default:
		return nil, invalid("api.grant_type")
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	c.grant = t.Grant
	c.w.Header().Set("X-OAuth-Scopes", scopes(t.Grant.Scopes))
	return loggedIn{
		Patron: t.Grant.Holder.Number.Text(), AccessToken: t.Access, TokenType: "Bearer", ExpiresIn: int(t.ExpiresIn.Seconds()),
		RefreshToken: t.Refresh, Scope: scopes(t.Grant.Scopes),
	}, nil
}

// unserved are scopes of PAIA for methods that are not implemented: who asks for
// them is let in without.
var unserved = []account.AppScope{ //nolint:gochecknoglobals // a table, never written
	"delete_messages", "update_patron", "update_patron_name", "update_patron_email", "update_patron_address",
}

func known(list string) []account.AppScope {
	var all []account.AppScope
	for _, name := range strings.Fields(list) {
		if s := account.AppScope(name); !slices.Contains(unserved, s) {
			all = append(all, s)
		}
	}
	return all
}

// patronOnly is what logout and change answer.
type patronOnly struct {
	Patron string `json:"patron"`
}

// is refuses a body about another card than the token's.
func (c *call) is(patron string) error {
	if patron == "" {
		return invalid("api.patron")
	}
	n, err := card.ParseNumber(patron)
	if err != nil || n != c.me.Holder.Number {
		return denied()
	}
	return nil
}

// logout ends the token, and its refresh token with it.
func (a *api) logout(ctx context.Context, c *call) (any, error) {
	given, err := c.form("patron")
	if err != nil {
		return nil, err
	}
	if err := c.is(given["patron"]); err != nil {
		return nil, err
	}
	if err := a.Apps.Logout(ctx, c.token()); err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	return patronOnly{given["patron"]}, nil
}

// change changes the password (S5). Whoever else is logged in is out.
func (a *api) change(ctx context.Context, c *call) (any, error) {
	given, err := c.form("patron", "username", "old_password", "new_password")
	if err != nil {
		return nil, err
	}
	if err := c.is(given["patron"]); err != nil {
		return nil, err
	}
	if err := a.sameUser(ctx, c, given["username"]); err != nil {
		return nil, err
	}
	if given["old_password"] == "" || given["new_password"] == "" {
		return nil, invalid("api.passwords")
	}
	if err := a.Apps.ChangePassword(ctx, c.token(), given["old_password"], given["new_password"]); err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	return patronOnly{given["patron"]}, nil
}

// sameUser refuses a user name that is not the one of the token's card.
func (a *api) sameUser(ctx context.Context, c *call, typed string) error {
	if n, err := card.ReadNumber(typed); err == nil && n == c.me.Holder.Number {
		return nil
	}
	name, err := a.Porter.UserName(ctx, c.me)
	if err != nil {
		return err //nolint:wrapcheck // says what it was doing
	}
	if name.IsZero() || card.NameKey(strings.TrimSpace(typed)) != name.Key() {
		return denied()
	}
	return nil
}
