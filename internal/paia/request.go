package paia

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/text"
)

// call is one request.
type call struct {
	*api
	w        http.ResponseWriter
	r        *http.Request
	t        *text.Printer
	suppress bool
	status   int

	// grant and me are set once a token has been let in.
	grant account.Grant
	me    account.Identity
}

// maxBody bounds a body in bytes: some hundred documents.
const maxBody = 64 << 10

// refuseLeaks refuses what puts secrets where others read them: a token in the
// address stands in logs and histories, and JSONP gives what is read to any page.
func (c *call) refuseLeaks() error {
	query := c.r.URL.Query()
	for _, name := range []string{"access_token", "password", "callback"} {
		if _, there := query[name]; there {
			return fault{http.StatusBadRequest, "invalid_request", "api." + name}
		}
	}
	return nil
}

// token is the bearer token of the request, "" for none.
func (c *call) token() string {
	kind, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// letIn finds whose token it is, and whether it may be used for the method.
func (c *call) letIn(ctx context.Context, m method) error {
	var err error
	if c.grant, c.me, err = c.Apps.Identify(ctx, c.token()); err != nil {
		return err //nolint:wrapcheck // says what it was doing
	}
	c.w.Header().Set("X-OAuth-Scopes", scopes(c.grant.Scopes))
	if len(m.scopes) > 0 && !slices.ContainsFunc(m.scopes, c.grant.Allows) {
		return fault{http.StatusForbidden, "insufficient_scope", "api.scope"}
	}
	return nil
}

// actor is who acts: the holder of the token's card.
func (c *call) actor() mandate.Actor { return mandate.Actor{Holder: c.me.Holder} }

// own refuses any card but the token's own.
func (c *call) own() error {
	n, err := card.ParseNumber(c.r.PathValue("patron"))
	if err != nil || n != c.me.Holder.Number {
		return denied()
	}
	return nil
}

// permit is what the holder of the token may do for the card of the address: all
// for the own one, for another what its mandates allow now (S17). Without any, or
// without one of the scopes, the card is as one that does not exist.
func (c *call) permit(ctx context.Context, any ...mandate.Scope) (mandate.Permit, error) {
	n, err := card.ParseNumber(c.r.PathValue("patron"))
	if err != nil {
		return nil, denied()
	}
	permits, err := c.Book.Permits(ctx, c.actor())
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	for _, p := range permits {
		if p.Card().Number == n && slices.ContainsFunc(any, p.Allows) {
			return p, nil
		}
	}
	return nil, denied()
}

// address is where the request comes from, for slowing down.
func (c *call) address() string {
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		return c.r.RemoteAddr
	}
	return host
}

// form reads a body of named texts, as a form or as JSON (PAIA auth takes both).
func (c *call) form(names ...string) (map[string]string, error) {
	kind, err := c.contentType()
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	if kind == "application/x-www-form-urlencoded" {
		raw, err := c.body()
		if err != nil {
			return nil, err
		}
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil, malformed()
		}
		for _, given := range form {
			if len(given) > 1 {
				return nil, twice()
			}
		}
		for _, n := range names {
			values[n] = form.Get(n)
		}
		return values, nil
	}
	given := map[string]any{}
	if err := c.json(&given); err != nil {
		return nil, err
	}
	for _, n := range names {
		value, ok := given[n].(string)
		if _, there := given[n]; there && !ok {
			return nil, invalid("api.type")
		}
		values[n] = value
	}
	return values, nil
}

func malformed() error { return fault{http.StatusBadRequest, "invalid_request", "api.body"} }

// twice refuses a field that is given twice: who checks a request on its way here may
// have read the other one (RFC 6749, 3.2).
func twice() error { return fault{http.StatusBadRequest, "invalid_request", "api.twice"} }

func (c *call) contentType() (string, error) {
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || (kind != "application/json" && kind != "application/x-www-form-urlencoded") ||
		(params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8")) {
		return "", fault{http.StatusBadRequest, "invalid_request", "api.content_type"}
	}
	return kind, nil
}

func (c *call) body() ([]byte, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, fault{http.StatusBadRequest, "invalid_request", "api.large"}
	case err != nil, !utf8.Valid(raw):
		return nil, malformed()
	}
	return raw, nil
}

// json reads a body of JSON. Fields that nobody knows are left alone, as PAIA's
// own additions are to be.
func (c *call) json(into any) error {
	kind, err := c.contentType()
	if err == nil && kind != "application/json" {
		err = fault{http.StatusBadRequest, "invalid_request", "api.content_type"}
	}
	if err != nil {
		return err
	}
	raw, err := c.body()
	if err != nil {
		return err
	}
	switch {
	case !json.Valid(raw): // too deep is not valid either
		return malformed()
	case repeats(json.NewDecoder(bytes.NewReader(raw))):
		return twice()
	case json.Unmarshal(raw, into) != nil:
		return invalid("api.type")
	}
	return nil
}

// repeats reads one value, and reports whether an object in it has a field twice.
// Letters may differ in case: to encoding/json they are the same field.
func repeats(d *json.Decoder) bool {
	begin, _ := d.Token() // it is valid
	kind, ok := begin.(json.Delim)
	if !ok {
		return false
	}
	seen := map[string]bool{}
	for d.More() {
		if kind == '{' {
			name, _ := d.Token()
			key := strings.ToLower(strings.ToUpper(name.(string))) //nolint:errcheck,forcetypeassert // it is valid
			if seen[key] {
				return true
			}
			seen[key] = true
		}
		if repeats(d) {
			return true
		}
	}
	_, _ = d.Token() // its end
	return false
}
