// Package koha is a library that runs Koha: a client of its REST API, version 1,
// as it is from Koha 19.05 on. What a Koha offers is read from its own
// description (Learn); nothing here looks at a version number.
//
// What Koha leaves to whoever asks is done here: a card number is compared
// exactly, a fee is this card's before it is paid, an amount that is not whole
// cents is not paid, nothing is paid or renewed again because an answer was lost,
// and a card that is blocked, expired or too deep in debt renews nothing, though
// Koha's REST would renew for it.
//
//	Koha                          we say
//	patron                        card; patron_id is card.Card.Key
//	restricted, patron_card_lost  blocked
//	checkout                      loan; checkout_id is its ID
//	outstanding debit             fee; account_line_id is its ID
//	credit on account_lines_ids   a settlement, our reference in its note
//	debit                         a fee that was given back
//
// Everything that cannot be had is circulation.ReasonSystemAway with the call and
// the cause behind it, for the log: no card number, no name, no title, no secret.
package koha

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
)

// Options are how a Koha is reached and what cannot be read from it.
type Options struct {
	// URL is where Koha's staff interface is, without /api/v1.
	URL string
	// User and Password are for basic authentication; ClientID and ClientSecret,
	// when given, for OAuth2 client credentials instead.
	User, Password         string
	ClientID, ClientSecret string
	// Branch is Koha's code of the library that takes the money, PaymentType
	// Koha's code of how; both may be empty.
	Branch, PaymentType string
	// FirstPassword is who checks first passwords: "koha", "sip" (Passwords) or
	// "desk" (nobody here); "" is the first of these that there is.
	FirstPassword string
	// FeeLimit is what a card owes when it can renew nothing any more, as in
	// Koha's preferences, which REST does not tell; 0 is no limit.
	FeeLimit money.Cents
	Zone     *time.Location
	Client   *http.Client
	// Items is the same Koha over SIP2, or nil: it lends where REST has no titles.
	Items ItemSource
	// Passwords is the same Koha over SIP2, or nil.
	Passwords account.FirstPasswords
	Now       func() time.Time
	Log       *slog.Logger
}

// ItemSource is another way to the loans of the same library that tells titles.
type ItemSource interface {
	Loans(ctx context.Context, number card.Number) ([]circulation.Loan, error)
	Renew(ctx context.Context, number card.Number, loan circulation.LoanID, due calendar.Date) (circulation.Loan, error)
}

// System is a Koha. It is a circulation.LibrarySystem, an account.Cards, a
// mandate.Cards, an account.Keyed, an account.FirstPasswords and an
// account.Finder. It keeps nothing but what it learned, a token, titles, and which
// person a number was of.
type System struct {
	options Options
	base    *url.URL
	http    *http.Client
	tokens  *tokens // nil with basic authentication
	people  *shelf[string, person]
	items   *shelf[key, item]

	turn    chan struct{} // to learn, one at a time
	mu      sync.Mutex    // around what was learned
	learned *Abilities
	again   time.Time // when to learn again
}

// Bounds of what is kept.
const (
	mostPeople = 20_000
	mostItems  = 50_000
	keepPeople = 24 * time.Hour
	believed   = time.Minute // how long a number is taken to be of the same person, unasked
	keepItems  = 24 * time.Hour
)

// New makes a client. It asks Koha nothing yet.
func New(o Options) (*System, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, errors.New("koha: the address is not an address")
	}
	base.Path = strings.TrimSuffix(strings.TrimSuffix(base.Path, "/"), "/api/v1")
	if (o.ClientID == "" || o.ClientSecret == "") && (o.User == "" || o.Password == "") {
		return nil, errors.New("koha: there is neither a user with a password nor a client with a secret")
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	s := &System{
		options: o, base: base, turn: make(chan struct{}, 1),
		people: newShelf[string, person](mostPeople, keepPeople, o.Now),
		items:  newShelf[key, item](mostItems, keepItems, o.Now),
	}
	// A copy: what is sent with the password goes to this address and no further.
	client := *cmp.Or(o.Client, &http.Client{})
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.http = &client
	if o.ClientID != "" && o.ClientSecret != "" {
		s.tokens = newTokens()
	}
	return s, nil
}

func (s *System) today() calendar.Date { return calendar.Today(s.options.Now(), s.options.Zone) }
