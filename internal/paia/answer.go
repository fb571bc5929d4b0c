package paia

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"hoofdpas/internal/account"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/request"
	"hoofdpas/internal/text"
)

const jsonType = "application/json; charset=utf-8"

// serve answers one address.
func (a *api) serve(pattern string, all []method) http.Handler {
	frame := request.Frame{Log: a.Log, Now: a.Now, Watch: a.Watch}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, ended := frame.Begin(w, r)
		ctx := r.Context()
		c := &call{api: a, w: w, r: r, t: a.Texts.In(preferred(r))}
		_, c.suppress = r.URL.Query()["suppress_response_codes"]
		c.header(all)
		body, err := c.answer(ctx, pattern, all)
		if err != nil {
			body = c.failed(ctx, pattern, err)
		}
		c.write(body)
		ended("api", pattern, c.status, slog.Any("grant", c.grant))
	})
}

// answer runs the method that was asked for. A panic is a fault of ours, and no
// broken connection.
func (c *call) answer(ctx context.Context, pattern string, all []method) (body any, err error) {
	defer func() {
		broke := recover()
		if broke == http.ErrAbortHandler { //nolint:errorlint,err113 // a panic's value is compared as it is
			panic(broke) // asks for the connection to be cut
		}
		if broke != nil {
			err = fmt.Errorf("panic: %v\n%s", broke, debug.Stack())
		}
	}()
	if c.r.Method == http.MethodOptions && all != nil {
		c.status = http.StatusNoContent
		return nil, nil //nolint:nilnil // it has headers only
	}
	if err := c.refuseLeaks(); err != nil {
		return nil, err
	}
	m, ok := choose(all, c.r.Method)
	switch {
	case all == nil:
		return nil, fault{http.StatusNotFound, "not_found", "api.no_method"}
	case !ok:
		return nil, fault{http.StatusMethodNotAllowed, "invalid_request", "api.verb"}
	case !m.open:
		if err := c.letIn(ctx, m); err != nil {
			return nil, err
		}
	}
	c.status = http.StatusOK
	body, err = m.handle(ctx, c)
	if err == nil && body == nil {
		err = fmt.Errorf("%s answers nothing", pattern)
	}
	return body, err
}

// fault is a request error that is no problem of a use case.
type fault struct {
	status int
	code   string // PAIA's
	text   string // key of its words
}

func (f fault) Error() string { return f.code + ": " + f.text }

func invalid(key string) error { return fault{http.StatusUnprocessableEntity, "invalid_request", key} }

func notImplemented(context.Context, *call) (any, error) {
	return nil, fault{http.StatusNotImplemented, "not_implemented", "api.not_implemented"}
}

// denied is a card that this token does not reach, whether it exists or not.
func denied() error { return fault{http.StatusForbidden, "access_denied", "api.card"} }

// requestError is PAIA's body of a request error.
type requestError struct {
	Error       string `json:"error"`
	Code        int    `json:"code,omitempty"`
	Description string `json:"error_description,omitempty"`
	URI         string `json:"error_uri,omitempty"`
}

// failed turns an error into a request error, by PAIA's table.
func (c *call) failed(ctx context.Context, pattern string, err error) any {
	h := c.w.Header()
	h.Set("WWW-Authenticate", `Bearer realm="PAIA"`)
	body := requestError{URI: c.PublicURL.JoinPath("api").String() + "/"}
	var f fault
	var p *problem.Problem
	if found := problem.Of(err); len(found) > 0 {
		p = found[0]
	}
	switch {
	case errors.As(err, &f):
		c.status, body.Error, body.Description = f.status, f.code, c.t.T(f.text)
	case p != nil:
		c.status, body.Error = code(p)
		body.Description = strings.Join(c.t.Problems(err), " ")
		wait, ok := p.Args["wait"].(time.Duration)
		if !ok && c.status >= http.StatusInternalServerError {
			const comeBack = 30 * time.Second
			wait, ok = comeBack, true
		}
		if ok {
			h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		}
	case errors.Is(err, context.DeadlineExceeded):
		c.status, body.Error, body.Description = http.StatusGatewayTimeout, "gateway_timeout", c.t.T("api.timeout")
	default:
		c.status, body.Error = http.StatusInternalServerError, "internal_error"
		body.Description = c.t.T("web.error_number", "Number", request.Number(ctx))
	}
	if c.status >= http.StatusInternalServerError && c.status != http.StatusNotImplemented {
		c.wrong(ctx, "an app's request failed", "route", pattern, "error", err)
	}
	if c.suppress && !strings.HasPrefix(c.r.URL.Path, authBase) {
		body.Code = c.status
	}
	return body
}

// wrong tells the operator. An app that hung up ended what was under way for it:
// that is nobody's fault.
func (c *call) wrong(ctx context.Context, what string, args ...any) {
	level := slog.LevelError
	if errors.Is(ctx.Err(), context.Canceled) {
		level = slog.LevelInfo
	}
	c.Log.Log(ctx, level, what, args...)
}

// code is PAIA's status and error of a problem. The table has none for a conflict
// or for too many requests.
func code(p *problem.Problem) (status int, name string) {
	switch {
	case p.Reason == account.ReasonTokenWrong:
		return http.StatusUnauthorized, "invalid_grant"
	case p.Reason == circulation.ReasonSystemAway, p.Reason == payment.ReasonAway:
		return http.StatusBadGateway, "bad_gateway"
	}
	switch p.Kind {
	case problem.Refused:
		return http.StatusForbidden, "access_denied"
	case problem.NotFound:
		return http.StatusNotFound, "not_found"
	case problem.Unavailable, problem.TooMany:
		return http.StatusServiceUnavailable, "service_unavailable"
	case problem.Invalid, problem.Conflict:
	}
	return http.StatusUnprocessableEntity, "invalid_request"
}

// header sets what every answer carries.
func (c *call) header(all []method) {
	h := c.w.Header()
	h.Set("X-PAIA-Version", version)
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Language", string(c.t.Lang))
	h.Set("Vary", "Origin, Accept-Language")
	if c.PublicURL.Scheme == "https" {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	if m, ok := choose(all, c.r.Method); ok {
		h.Set("X-Accepted-OAuth-Scopes", scopes(m.scopes))
	}
	if all != nil {
		h.Set("Allow", verbs(all))
	}
	if origin := c.r.Header.Get("Origin"); origin != "" && (slices.Contains(c.Origins, origin) || slices.Contains(c.Origins, "*")) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Request-Id, Retry-After")
	}
	if c.r.Method == http.MethodOptions && all != nil {
		h.Set("Access-Control-Allow-Methods", verbs(all))
		h.Set("Access-Control-Allow-Headers", "Content-Type, Authorization, Accept-Language")
		h.Set("Access-Control-Max-Age", "600")
	}
}

// write sends the answer.
func (c *call) write(body any) {
	if body == nil {
		c.w.WriteHeader(c.status)
		return
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err) // not possible: they are our own plain structs
	}
	status := c.status
	if c.suppress {
		status = http.StatusOK
	}
	c.w.Header().Set("Content-Type", jsonType)
	c.w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(raw) // who asked has hung up
	}
}

// scopes writes scopes as OAuth does.
func scopes(all []account.AppScope) string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = string(s)
	}
	return strings.Join(names, " ")
}

// preferred is the language of Accept-Language, or else the library's first.
func preferred(r *http.Request) text.Language {
	wanted, _, _ := language.ParseAcceptLanguage(r.Header.Get("Accept-Language")) // one that cannot be read is as none
	for _, w := range wanted {
		base, _ := w.Base()
		if l, ok := text.Reads(base.String()); ok {
			return l
		}
	}
	l, _ := text.Reads("nl")
	return l
}
