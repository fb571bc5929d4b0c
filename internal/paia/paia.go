// Package paia lets apps reach a member's account over HTTP as JSON: the field's
// open interface, the Patrons Account Information API in version 1.4 (PAIA core and
// PAIA auth), and a small extension for what PAIA lacks.
//
//	/paia/core/{patron}…   the card, its items and fees, renewing, messages
//	/paia/auth/…           login, logout, change
//	/api/v1/{patron}/…     the extension: who else is reached, mandates, joint payments
//	/api/                  what there is, for people; /api/openapi.json for programs
//
// {patron} is the number of a card. A token is for one card; a linked card is
// reached under the same token, as far as its mandate goes at that very moment
// (S17 to S19). A card without one and a card that does not exist are the same.
//
// It refuses JSONP and tokens in the address, which leak, and asks for nothing but a
// token: no cookie counts here, so no other site can act in somebody's name.
package paia

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/request"
	"hoofdpas/internal/text"
)

// version is that of the specification that this was written after.
const version = "1.4.0"

// Rooms are the use cases that apps reach.
type Rooms struct {
	Apps    *account.Apps
	Porter  *account.Porter
	Book    *mandate.Book
	Office  *circulation.Office
	Viewer  *household.Viewer
	Cashier *payment.Cashier
}

// Options are what an API is for whom.
type Options struct {
	Texts *text.Texts
	// PublicURL is where members find the site, Library the library's name.
	PublicURL *url.URL
	Library   string
	// Origins are the sites whose pages may ask; "*" is any.
	Origins []string
	Zone    *time.Location
	Now     func() time.Time
	Log     *slog.Logger
	// Watch, when there is one, is told of each request.
	Watch request.Watch
}

// api answers apps.
type api struct {
	Options
	Rooms
}

// method is one row of the map of methods.
type method struct {
	verb, pattern string
	// scopes are those of which the token must have one; open asks for no token.
	scopes []account.AppScope
	open   bool
	handle func(context.Context, *call) (any, error)
}

// The base addresses.
const (
	coreBase = "/paia/core/"
	authBase = "/paia/auth/"
	apiBase  = "/api/v1/"
)

// methods is every method there is; openapi.json describes them, which a test holds.
func (a *api) methods() []method {
	scope := func(s ...account.AppScope) []account.AppScope { return s }
	return []method{
		{http.MethodGet, coreBase + "{patron}", scope(account.ReadPatron), false, a.patron},
		{http.MethodPatch, coreBase + "{patron}", nil, false, notImplemented},
		{http.MethodGet, coreBase + "{patron}/items", scope(account.ReadItems), false, a.items},
		{http.MethodPost, coreBase + "{patron}/renew", scope(account.WriteItems), false, a.renew},
		{http.MethodPost, coreBase + "{patron}/request", scope(account.WriteItems), false, notImplemented},
		{http.MethodPost, coreBase + "{patron}/cancel", scope(account.WriteItems), false, notImplemented},
		{http.MethodGet, coreBase + "{patron}/fees", scope(account.ReadFees), false, a.fees},
		{http.MethodGet, coreBase + "{patron}/messages", scope(account.ReadMessages), false, a.messages},
		{http.MethodDelete, coreBase + "{patron}/messages", nil, false, notImplemented},
		{http.MethodGet, coreBase + "{patron}/messages/{message}", scope(account.ReadMessages), false, a.message},
		{http.MethodDelete, coreBase + "{patron}/messages/{message}", nil, false, notImplemented},

		{http.MethodPost, authBase + "login", nil, true, a.login},
		{http.MethodPost, authBase + "logout", nil, false, a.logout},
		{http.MethodPost, authBase + "change", scope(account.WritePassword), false, a.change},

		{http.MethodGet, apiBase + "{patron}/cards", scope(account.ReadMandates), false, a.cards},
		{http.MethodGet, apiBase + "{patron}/mandates", scope(account.ReadMandates), false, a.mandates},
		{http.MethodPost, apiBase + "{patron}/mandates", scope(account.WriteMandates), false, a.ask},
		{http.MethodPost, apiBase + "{patron}/mandates/{mandate}/{act}", scope(account.WriteMandates), false, a.take},
		{http.MethodGet, apiBase + "{patron}/fees", scope(account.ReadFees), false, a.allFees},
		{http.MethodPost, apiBase + "{patron}/payments", scope(account.PayFees), false, a.pay},
		{http.MethodGet, apiBase + "{patron}/payments/{payment}", scope(account.PayFees), false, a.paid},
	}
}

// Handler answers at /paia/ and /api/.
func Handler(o Options, rooms Rooms) http.Handler {
	a := &api{o, rooms}
	mux := http.NewServeMux()
	byPattern := map[string][]method{}
	for _, m := range a.methods() {
		byPattern[m.pattern] = append(byPattern[m.pattern], m)
	}
	for pattern, all := range byPattern {
		mux.Handle(pattern, a.serve(pattern, all))
	}
	mux.Handle("/", a.serve("/", nil))
	mux.Handle("GET /api/{$}", a.documented("/api/", "text/html; charset=utf-8", a.page()))
	mux.Handle("GET /api/openapi.json", a.documented("/api/openapi.json", jsonType, openAPI))
	return mux
}

// verbs are those that a pattern answers.
func verbs(all []method) string {
	list := []string{http.MethodOptions}
	for _, m := range all {
		list = append(list, m.verb)
		if m.verb == http.MethodGet {
			list = append(list, http.MethodHead)
		}
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}

// choose finds the method of a request among those of its address.
func choose(all []method, verb string) (method, bool) {
	if verb == http.MethodHead {
		verb = http.MethodGet
	}
	i := slices.IndexFunc(all, func(m method) bool { return m.verb == verb })
	if i < 0 {
		return method{}, false
	}
	return all[i], true
}
