package account

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

// AppScope is one thing that an app may do with a card (PAIA: access tokens and
// scopes). It never gives more than the card itself may do at that moment.
type AppScope string

// The scopes: PAIA's, and those of what PAIA lacks.
const (
	ReadPatron    AppScope = "read_patron"
	ReadFees      AppScope = "read_fees"
	ReadItems     AppScope = "read_items"
	WriteItems    AppScope = "write_items"   // renewing
	ReadMessages  AppScope = "read_messages" // mandates to confirm
	WritePassword AppScope = "change_password"

	ReadMandates  AppScope = "read_mandates"
	WriteMandates AppScope = "write_mandates"
	PayFees       AppScope = "pay_fees"
)

// AppScopes are all scopes, in the order in which they are told.
func AppScopes() []AppScope {
	return []AppScope{
		ReadPatron, ReadItems, WriteItems, ReadFees, PayFees, ReadMessages, ReadMandates, WriteMandates, WritePassword,
	}
}

// usualScopes are what an app gets that names none (PAIA auth login).
func usualScopes() []AppScope {
	return []AppScope{ReadPatron, ReadItems, WriteItems, ReadFees, ReadMessages}
}

// checkScopes puts what was asked in order, once each. One that we do not know
// is ReasonScopeUnknown.
func checkScopes(asked []AppScope) ([]AppScope, error) {
	if len(asked) == 0 {
		return usualScopes(), nil
	}
	all := AppScopes()
	for _, s := range asked {
		if !slices.Contains(all, s) {
			return nil, problem.New(problem.Invalid, ReasonScopeUnknown, nil).At("scope")
		}
	}
	return slices.DeleteFunc(all, func(s AppScope) bool { return !slices.Contains(asked, s) }), nil
}

// maxAppName is the longest name of an app in characters.
const maxAppName = 60

// appName is what an app calls itself, as far as it can be shown: one line, no
// characters that nobody sees or that turn the others around. Nobody checks
// that it is true.
func appName(claimed string) string {
	shown := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, claimed)
	name := []rune(strings.Join(strings.Fields(shown), " "))
	return strings.TrimSpace(string(name[:min(len(name), maxAppName)]))
}

// GrantID is the key of a grant. It is drawn at random: one that has ended
// leaves its number to no other.
type GrantID int64

// Grant is an app that is logged in to a card.
type Grant struct {
	ID     GrantID
	Holder card.Holder
	// App is what the app calls itself, "" for nothing: a claim.
	App    string
	Scopes []AppScope
	// UsedAt is exact to the minute. EndsAt moves on with every refresh.
	BegunAt, UsedAt, EndsAt time.Time
}

// Allows reports whether the app was let in for the scope.
func (g Grant) Allows(s AppScope) bool { return slices.Contains(g.Scopes, s) }

// LogValue shows a grant by its number: its name is what a stranger typed.
func (g Grant) LogValue() slog.Value { return slog.Int64Value(int64(g.ID)) }

// Tokens are what an app keeps: the only time that they can be read. They mask
// themselves.
type Tokens struct {
	Grant Grant
	// Access opens the card for ExpiresIn; Refresh gets the next two, once.
	Access, Refresh string
	ExpiresIn       time.Duration
}

// String masks the tokens.
func (Tokens) String() string { return "[tokens]" }

// GoString masks the tokens.
func (Tokens) GoString() string { return "[tokens]" }

// LogValue masks the tokens.
func (t Tokens) LogValue() slog.Value { return t.Grant.LogValue() }

// TokenHashes are the tokens of a grant as they are kept.
type TokenHashes struct {
	// Family is the part that all refresh tokens of a grant begin with: by it an
	// old one is known.
	Family, Refresh, Access string
	AccessEndsAt            time.Time
}

// AppStore is what the log-ins of apps need kept. Each method is one
// transaction. A grant stands while its card is open and still in the epoch in
// which the grant began, and until EndsAt.
type AppStore interface {
	// AddGrant keeps a grant of the epoch. The card's others that no longer stand
	// go, and so many of those used longest ago that it is one of most.
	AddGrant(ctx context.Context, g Grant, epoch int64, h TokenHashes, most int) error
	// TurnGrant gives the standing grant with the family and the refresh token
	// spent its next tokens, UsedAt and EndsAt. ok is false when there is none.
	TurnGrant(ctx context.Context, spent string, next TokenHashes, used, ends time.Time) (g Grant, ok bool, err error)
	// EndReused ends the grant of the family when spent is not its refresh token
	// now: it was turned before.
	EndReused(ctx context.Context, family, spent string) (g Grant, ok bool, err error)
	// GrantByAccess returns the standing grant that the access token opens at
	// the instant, and its epoch.
	GrantByAccess(ctx context.Context, access string, at time.Time) (g Grant, epoch int64, ok bool, err error)
	// UseGrant writes UsedAt.
	UseGrant(ctx context.Context, id GrantID, at time.Time) error
	// Grants returns the standing grants of a card, the one used last first.
	Grants(ctx context.Context, id card.ID, at time.Time) ([]Grant, error)
	// EndGrant ends a grant of the card; one that is not there has ended.
	EndGrant(ctx context.Context, id card.ID, g GrantID) error
	// KeepGrant takes a grant along from one epoch to another.
	KeepGrant(ctx context.Context, id GrantID, from, to int64) error
}
