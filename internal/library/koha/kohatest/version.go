package kohatest

import (
	"net/http"
	"strings"

	"hoofdpas/internal/circulation"
)

// version is what differs between versions of Koha.
type version struct {
	calls []string
	// embeds are what the header x-koha-embed may hold, by call.
	embeds map[string][]string
	// embedsApart tells that they are described apart from the header.
	embedsApart bool
	// query lists the calls that take a query in q.
	query []string
	// renewals is what the number of renewals is called.
	renewals string
	// created tells that a credit answers 201 with the line.
	created bool
	// identifier tells that a password is checked by card number, and that the
	// answer says whose it is.
	identifier bool
	// payment is the type of a payment; types are those of debits.
	payment string
	types   map[circulation.FeeKind]string
}

// The calls of 19.06.
var first = []string{ //nolint:gochecknoglobals // a table, never written
	"GET /patrons", "GET /patrons/{patron_id}", "GET /patrons/{patron_id}/account",
	"POST /patrons/{patron_id}/account/credits", "GET /checkouts", "GET /checkouts/{checkout_id}",
	"POST /checkouts/{checkout_id}/renewal", "GET /checkouts/{checkout_id}/allows_renewal", "POST /oauth/token",
}

// What came until 22.11.
var second = append(first[:len(first):len(first)], //nolint:gochecknoglobals // a table, never written
	"POST /checkouts/{checkout_id}/renewals", "GET /items", "GET /items/{item_id}", "GET /biblios/{biblio_id}",
	"POST /auth/password/validation",
)

// What came until 25.05.
var third = append(second[:len(second):len(second)], //nolint:gochecknoglobals // a table, never written
	"GET /patrons/{patron_id}/checkouts", "GET /patrons/{patron_id}/account/credits",
	"GET /patrons/{patron_id}/account/debits", "POST /patrons/{patron_id}/account/debits", "GET /status/version",
)

var (
	olderTypes = map[circulation.FeeKind]string{ //nolint:gochecknoglobals // a table, never written
		circulation.Overdue: "OVERDUE", circulation.Lost: "LOST", circulation.Membership: "A",
		circulation.Administration: "N", circulation.Reservation: "Res", circulation.Damage: "DAMAGED", circulation.Other: "M",
	}
	newerTypes = map[circulation.FeeKind]string{ //nolint:gochecknoglobals // a table, never written
		circulation.Overdue: "OVERDUE", circulation.Lost: "LOST", circulation.Membership: "ACCOUNT",
		circulation.Administration: "NEW_CARD", circulation.Reservation: "RESERVE", circulation.Damage: "DAMAGED",
		circulation.Other: "MANUAL",
	}
	versions = map[string]version{ //nolint:gochecknoglobals // a table, never written
		V1906: {calls: first, renewals: "renewals", payment: "Pay", types: olderTypes},
		V2211: {
			calls: second, renewals: "renewals_count", created: true, embedsApart: true, payment: "PAYMENT", types: newerTypes,
			query: []string{"GET /patrons", "GET /checkouts", "GET /items"},
			embeds: map[string][]string{
				"GET /items": {"+strings", "biblio"}, "GET /checkouts": {"issuer"},
			},
		},
		V2505: {
			calls: third, renewals: "renewals_count", created: true, identifier: true, payment: "PAYMENT", types: newerTypes,
			query: []string{
				"GET /patrons", "GET /checkouts", "GET /items", "GET /patrons/{patron_id}/checkouts",
				"GET /patrons/{patron_id}/account/credits", "GET /patrons/{patron_id}/account/debits",
			},
			embeds: map[string][]string{
				"GET /items": {"+strings", "biblio"}, "GET /checkouts": {"issuer", "renewals"},
				"GET /patrons/{patron_id}/checkouts": {"booking", "issuer", "item", "item.biblio", "library", "patron", "renewals"},
			},
		},
	}
)

func typeOf(k circulation.FeeKind, v version) string { return v.types[k] }

// describe answers with the version's own description, the parts that a
// connector may read.
func (s *Server) describe(w http.ResponseWriter, _ *http.Request) {
	paths := map[string]object{}
	for _, call := range s.version.calls {
		method, path, _ := strings.Cut(call, " ")
		if paths[path] == nil {
			paths[path] = object{}
		}
		parameters := []any{}
		operation := object{}
		switch embeds := s.version.embeds[call]; {
		case len(embeds) == 0:
		case s.version.embedsApart:
			operation["x-koha-embed"] = embeds
		default:
			parameters = append(parameters, object{
				"name": "x-koha-embed", "in": "header", "type": "array", "items": object{"type": "string", "enum": embeds},
			})
		}
		if takesQuery(s.version, call) {
			parameters = append(parameters, object{"$ref": "#/parameters/q_param"}, object{"$ref": "#/parameters/match"})
		}
		if call == "POST /auth/password/validation" {
			properties := object{"userid": object{"type": "string"}, "password": object{"type": "string"}}
			if s.version.identifier {
				properties["identifier"] = object{"type": "string"}
			}
			parameters = append(parameters, object{"name": "body", "in": "body", "schema": object{"type": "object", "properties": properties}})
		}
		operation["parameters"] = parameters
		paths[path][strings.ToLower(method)] = operation
	}
	answer(w, http.StatusOK, object{
		"swagger": "2.0", "basePath": "/api/v1", "parameters": object{
			"q_param": object{"name": "q", "in": "query", "type": "string"}, "match": object{"name": "_match", "in": "query", "type": "string"},
		},
		"info": object{"title": "Koha REST API", "version": "1"}, "paths": paths,
	})
}

func takesQuery(v version, call string) bool {
	for _, q := range v.query {
		if q == call {
			return true
		}
	}
	return false
}
