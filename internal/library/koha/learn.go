package koha

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The calls of the API that are used.
const (
	getPatrons         = "GET /patrons"
	getPatron          = "GET /patrons/{patron_id}"
	getAccount         = "GET /patrons/{patron_id}/account"
	postCredit         = "POST /patrons/{patron_id}/account/credits"
	getCheckouts       = "GET /checkouts"
	getCheckout        = "GET /checkouts/{checkout_id}"
	postRenewal        = "POST /checkouts/{checkout_id}/renewal"
	postRenewals       = "POST /checkouts/{checkout_id}/renewals"
	getAllows          = "GET /checkouts/{checkout_id}/allows_renewal"
	getPatronCheckouts = "GET /patrons/{patron_id}/checkouts"
	getItems           = "GET /items"
	getItem            = "GET /items/{item_id}"
	getBiblio          = "GET /biblios/{biblio_id}"
	getCredits         = "GET /patrons/{patron_id}/account/credits"
	getDebits          = "GET /patrons/{patron_id}/account/debits"
	postDebit          = "POST /patrons/{patron_id}/account/debits"
	postValidation     = "POST /auth/password/validation"
	getVersion         = "GET /status/version"
)

// Need is how much a call is missed.
type Need int

// The needs.
const (
	Always Need = iota // nothing works without it
	Better             // something is better with it
)

// Call is a call of the API and whether this Koha has it.
type Call struct {
	Name    string // "GET /patrons"
	Need    Need
	Offered bool
}

// calls are the calls that are used, in the order in which they are shown.
var calls = []Call{ //nolint:gochecknoglobals // a table, never written
	{Name: getPatrons},
	{Name: getPatron},
	{Name: getAccount},
	{Name: postCredit},
	{Name: getCheckouts},
	{Name: getCheckout},
	{Name: postRenewal},
	{Name: getAllows, Need: Better},
	{Name: getPatronCheckouts, Need: Better},
	{Name: getItems, Need: Better},
	{Name: getItem, Need: Better},
	{Name: getBiblio, Need: Better},
	{Name: getCredits, Need: Better},
	{Name: getDebits, Need: Better},
	{Name: postDebit, Need: Better},
	{Name: postValidation, Need: Better},
	{Name: getVersion, Need: Better},
}

// Abilities is what a Koha offers, as it describes itself.
type Abilities struct {
	// Version is Koha's own, "" when it does not tell: only newer ones do.
	Version string
	// Described is false when Koha did not describe itself; then it is taken for
	// the oldest that we know.
	Described bool
	Calls     []Call
	// Titles is where titles come from: "checkouts", "items", "biblios", "sip" or "".
	Titles string
	// FirstPasswords is who checks them: "koha", "sip" or "desk".
	FirstPasswords string

	identifier bool // a card number can be given to have its password checked
	query      bool // lists take a query in q
	matches    bool // the list of loans compares in part unless it is told otherwise
	embeds     map[string][]string
}

// Has reports whether the call is offered.
func (a *Abilities) Has(name string) bool {
	return slices.ContainsFunc(a.Calls, func(c Call) bool { return c.Name == name && c.Offered })
}

// Missing are the calls without which nothing works.
func (a *Abilities) Missing() []string {
	var names []string
	for _, c := range a.Calls {
		if !c.Offered && c.Need == Always {
			names = append(names, c.Name)
		}
	}
	return names
}

// The sources of titles and first passwords.
const (
	fromCheckouts = "checkouts"
	fromItems     = "items"
	fromBiblios   = "biblios"
	fromKoha      = "koha"
	fromSIP       = "sip"
	fromDesk      = "desk"
)

// learnAgain is how long what was learned holds: a Koha is upgraded now and then.
const (
	learnAgain = 24 * time.Hour
	learnSoon  = 15 * time.Minute // when it did not describe itself
)

// Learn reads from Koha's own description, GET /api/v1/, what it offers: once,
// and again after an error, a day, or a call that was not there.
func (s *System) Learn(ctx context.Context) (Abilities, error) {
	a, err := s.able(ctx)
	if err != nil {
		return Abilities{}, err
	}
	return *a, nil
}

func (s *System) able(ctx context.Context) (*Abilities, error) {
	if learned := s.known(); learned != nil {
		return learned, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, s.away(ctx, "wait to learn what Koha offers", ctx.Err())
	}
	if learned := s.known(); learned != nil {
		return learned, nil // somebody else asked meanwhile
	}
	learned, err := s.learn(ctx)
	if err != nil {
		return nil, s.away(ctx, "learn what Koha offers", err)
	}
	lasts := learnAgain
	if !learned.Described {
		lasts = learnSoon
		s.options.Log.WarnContext(ctx, "koha: it does not describe itself at /api/v1/, so it is taken for a 19.05")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learned, s.again = learned, s.options.Now().Add(lasts)
	return learned, nil
}

// known is what was learned and still holds, or nil.
func (s *System) known() *Abilities {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.learned == nil || !s.options.Now().Before(s.again) {
		return nil
	}
	return s.learned
}

func (s *System) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learned = nil
}

func (s *System) learn(ctx context.Context) (*Abilities, error) {
	var said map[string]json.RawMessage
	_, err := s.call(ctx, request{method: http.MethodGet, route: "/", most: descriptionSize}, &said)
	var no *refusal
	switch {
	case errors.As(err, &no) && no.status/100 == 4:
		return s.abilities(description{}), nil
	case err != nil:
		return nil, err
	}
	a := s.abilities(described(said))
	if a.Has(getVersion) {
		var v struct {
			Version string `json:"version"`
		}
		// Not to know the version is no reason to know nothing.
		if _, err := s.call(ctx, request{method: http.MethodGet, route: "/status/version"}, &v); err == nil {
			a.Version = bound(v.Version)
		}
	}
	return a, nil
}

// oldest are the calls of Koha 19.05.
var oldest = []string{ //nolint:gochecknoglobals // a table, never written
	getPatrons, getPatron, getAccount, postCredit, getCheckouts, getCheckout, postRenewal, getAllows,
}

// abilities makes something of a description; an empty one is none.
func (s *System) abilities(d description) *Abilities {
	a := &Abilities{Described: len(d.paths) > 0, embeds: map[string][]string{}}
	_, singular := d.operation(postRenewal)
	_, plural := d.operation(postRenewals)
	for _, c := range calls {
		op, ok := d.operation(c.Name)
		c.Offered = ok || (c.Name == postRenewal && plural) || (!a.Described && slices.Contains(oldest, c.Name))
		a.Calls = append(a.Calls, c)
		if len(op.Embeds) > 0 {
			a.embeds[c.Name] = op.Embeds
		}
		for _, p := range op.Parameters {
			a.parameter(c.Name, p)
		}
	}
	if plural && !singular {
		a.Calls = append(a.Calls, Call{Name: postRenewals, Need: Better, Offered: true})
	}
	a.Titles, a.FirstPasswords = s.titleSource(a), s.passwordSource(a)
	return a
}

func (a *Abilities) parameter(call string, p describedParameter) {
	switch {
	case strings.EqualFold(p.Name, "x-koha-embed"):
		a.embeds[call] = p.Items.Enum
	case call == getPatrons && p.Name == "q":
		a.query = true
	case call == getCheckouts && p.Name == "_match":
		a.matches = true
	case call == postValidation && p.Name == "body":
		_, a.identifier = p.Schema.Properties["identifier"]
	}
}

func (s *System) titleSource(a *Abilities) string {
	switch {
	case a.Has(getPatronCheckouts) && slices.Contains(a.embeds[getPatronCheckouts], "item.biblio"):
		return fromCheckouts
	case a.Has(getItems) && slices.Contains(a.embeds[getItems], "biblio"):
		return fromItems
	case a.Has(getItem) && a.Has(getBiblio):
		return fromBiblios
	case s.options.Items != nil:
		return fromSIP
	}
	return ""
}

func (s *System) passwordSource(a *Abilities) string {
	switch want := s.options.FirstPassword; {
	case want == fromDesk:
		return fromDesk
	case a.Has(postValidation) && want != fromSIP:
		return fromKoha
	case s.options.Passwords != nil:
		return fromSIP
	}
	return fromDesk
}
