package koha

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
)

// Bounds of what we wait for and read.
const (
	patience        = 30 * time.Second // for one answer, when nobody waits for less
	answerSize      = 8 << 20          // bytes
	descriptionSize = 32 << 20         // bytes: Koha's description of itself is some megabytes
	perPage         = 100
	widePage        = 1000 // of a list that holds what others have too
	mostPages       = 20
)

// request is one request of the API.
type request struct {
	method string
	// route is the path below /api/v1 as Koha describes it; id stands in for its
	// one {parameter}.
	route string
	id    key
	query url.Values
	embed string // what is to come with it, for the header x-koha-embed
	body  any
	form  url.Values // instead of body
	// open is asked without a password; most is how much is read, in bytes.
	open bool
	most int64
	// perPage is how much of a list is asked for at once; 0 is the usual.
	perPage int
}

func (r request) call() string { return r.method + " " + r.route }

var parameter = regexp.MustCompile(`\{[^}]*\}`)

func (r request) path() string {
	return "api/v1" + parameter.ReplaceAllString(r.route, strconv.FormatInt(int64(r.id), 10))
}

// refusal is an answer of Koha that says no. It holds codes, not sentences.
type refusal struct {
	call   string
	status int
	// code is Koha's error_code, or what stands in brackets behind its sentence.
	code string
	// needs are the permissions that our user lacks.
	needs []string
	// ruled tells that it is no matter of who asks: Koha's rules say no.
	ruled bool
	// noRoute tells that Koha has no such call, rather than no such thing.
	noRoute bool
	// where are the parts of our request that Koha does not take.
	where []string
}

func (e *refusal) Error() string {
	text := fmt.Sprintf("%s: Koha answered %d", e.call, e.status)
	switch {
	case len(e.needs) > 0:
		text += ", our user lacks the permission " + strings.Join(e.needs, ", ")
	case e.status == http.StatusUnauthorized || (e.status == http.StatusForbidden && !e.ruled):
		text += ", it does not accept our user and password, or our client"
	case e.noRoute:
		text += ", it has no such call"
	}
	if e.code != "" {
		text += " (" + e.code + ")"
	}
	if len(e.where) > 0 {
		text += " about " + strings.Join(e.where, ", ")
	}
	return text
}

// lostError is a request without a usable answer.
type lostError struct {
	call string
	// sent tells that Koha may have done what was asked.
	sent  bool
	cause error
}

func (e *lostError) Error() string { return e.call + ": " + e.cause.Error() }

func (e *lostError) Unwrap() error { return e.cause }

// call asks Koha and reads its answer into the value, unless that is nil. The
// error is a *refusal or a *lostError.
func (s *System) call(ctx context.Context, r request, into any) (http.Header, error) {
	var token int64
	if s.tokens != nil {
		token = s.tokens.count.Load()
	}
	header, err := s.ask(ctx, r, into)
	var no *refusal
	if errors.As(err, &no) && no.status == http.StatusUnauthorized && s.tokens != nil {
		s.tokens.forget(token)
		header, err = s.ask(ctx, r, into)
	}
	if errors.As(err, &no) && no.noRoute {
		s.forget() // another Koha than the one we learned
	}
	return header, err
}

// away makes an error that says that nothing could be had, for the log and the
// person.
func (s *System) away(ctx context.Context, doing string, err error) error {
	if problem.Of(err) != nil {
		return err
	}
	if ctx.Err() == nil {
		s.options.Log.WarnContext(ctx, "koha: no usable answer", "doing", doing, "error", err)
	}
	return problem.Away(circulation.ReasonSystemAway, doing, err)
}

// awayIf is away, or nil without an error.
func (s *System) awayIf(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	return s.away(ctx, doing, err)
}

func (s *System) ask(ctx context.Context, r request, into any) (http.Header, error) {
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var sent atomic.Bool
	asking = httptrace.WithClientTrace(asking, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	q, err := s.written(asking, r)
	if err != nil {
		return nil, &lostError{call: r.call(), cause: err}
	}
	answer, err := s.http.Do(q)
	if err != nil {
		return nil, &lostError{call: r.call(), sent: sent.Load(), cause: bare(err)}
	}
	defer answer.Body.Close() //nolint:errcheck // it has been read, or is not wanted
	most := cmp.Or(r.most, answerSize)
	said, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	switch {
	case err != nil:
		err = fmt.Errorf("read an answer: %w", bare(err))
	case int64(len(said)) > most:
		err = fmt.Errorf("an answer of more than %d bytes", most)
	default:
		err = judge(r.call(), answer, said, into)
	}
	var no *refusal
	if err != nil && !errors.As(err, &no) {
		return nil, &lostError{call: r.call(), sent: true, cause: err}
	}
	return answer.Header, err
}

// written is the request as it is sent.
func (s *System) written(ctx context.Context, r request) (*http.Request, error) {
	var body []byte
	kind := "application/json"
	switch {
	case r.form != nil:
		body, kind = []byte(r.form.Encode()), "application/x-www-form-urlencoded"
	case r.body != nil:
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return nil, fmt.Errorf("write a request: %w", err)
		}
	}
	address := s.base.JoinPath(r.path())
	if strings.HasSuffix(r.route, "/") && !strings.HasSuffix(address.Path, "/") {
		address.Path += "/"
	}
	address.RawQuery = r.query.Encode()
	q, err := http.NewRequestWithContext(ctx, r.method, address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("write a request: %w", bare(err))
	}
	q.Header.Set("Accept", "application/json")
	q.Header.Set("User-Agent", "Hoofdpas")
	if len(body) > 0 {
		q.Header.Set("Content-Type", kind)
	}
	if r.embed != "" {
		q.Header.Set("x-koha-embed", r.embed)
	}
	if r.open {
		return q, nil
	}
	if s.tokens == nil {
		q.SetBasicAuth(s.options.User, s.options.Password)
		return q, nil
	}
	token, err := s.token(ctx)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Authorization", "Bearer "+token)
	return q, nil
}

// bare is the error without the address, which has card numbers in it.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// judge reads an answer.
func judge(call string, answer *http.Response, said []byte, into any) error {
	code := answer.StatusCode
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	isJSON := err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
	switch {
	case code/100 == 3:
		return fmt.Errorf("it sends us elsewhere (%d): is this the address of the API?", code)
	case code/100 == 2 && (into == nil || code == http.StatusNoContent):
		return nil
	case !isJSON && (code/100 == 2 || code/100 == 5):
		return fmt.Errorf("it answered %d and no JSON but %q", code, kind)
	case code/100 == 2:
		return read(said, into)
	case code/100 == 5:
		return &refusal{call: call, status: code}
	}
	return refused(call, code, said)
}

// read reads one value and nothing behind it.
func read(said []byte, into any) error {
	if err := json.Unmarshal(said, into); err != nil {
		// What json says of a value may quote it.
		var t *json.UnmarshalTypeError
		if errors.As(err, &t) {
			return fmt.Errorf("an answer that is not as described: %s at %s", t.Type, t.Field)
		}
		return fmt.Errorf("an answer that is no JSON, %d bytes", len(said))
	}
	return nil
}

var (
	inBrackets = regexp.MustCompile(`\(([a-z_]{2,40})\)\s*$`)
	codeLike   = regexp.MustCompile(`^[A-Za-z_]{2,60}$`)
	pathLike   = regexp.MustCompile(`^/[A-Za-z0-9_/-]{0,80}$`)
)

// refused reads an answer that says no.
func refused(call string, code int, said []byte) error {
	no := &refusal{call: call, status: code}
	var a struct {
		Error  string          `json:"error"`
		Code   string          `json:"error_code"`
		Needs  json.RawMessage `json:"required_permissions"`
		Errors []struct {
			Message string `json:"message"`
			Path    string `json:"path"`
		} `json:"errors"`
	}
	if json.Unmarshal(said, &a) != nil {
		// A 404 that is no JSON comes from something that is no Koha.
		no.noRoute = code == http.StatusNotFound
		return no
	}
	if codeLike.MatchString(a.Code) {
		no.code = a.Code
	}
	if found := inBrackets.FindStringSubmatch(a.Error); found != nil {
		no.code = found[1]
	}
	no.needs = permissions(a.Needs)
	no.ruled = a.Error != "" && len(a.Needs) == 0
	for _, e := range a.Errors {
		if pathLike.MatchString(e.Path) {
			no.where = append(no.where, e.Path)
		}
	}
	no.noRoute = code == http.StatusNotFound && len(a.Errors) > 0 && a.Error == ""
	return no
}

// permissions are those that Koha names: one of a list, or all of an object.
func permissions(said json.RawMessage) []string {
	var either []map[string]any
	if json.Unmarshal(said, &either) != nil {
		var all map[string]any
		if json.Unmarshal(said, &all) != nil {
			return nil
		}
		either = []map[string]any{all}
	}
	var needs []string
	for _, some := range either {
		for module, part := range some {
			if name := fmt.Sprint(part); codeLike.MatchString(module) && (codeLike.MatchString(name) || name == "1") {
				needs = append(needs, module+"="+name)
			}
		}
	}
	slices.Sort(needs)
	return needs
}

// list reads all pages of a list, a bounded number.
func list[T any](ctx context.Context, s *System, r request, same func(a, b T) bool) ([]T, error) {
	var all []T
	many := cmp.Or(r.perPage, perPage)
	for page := 1; page <= mostPages; page++ {
		r.query.Set("_page", strconv.Itoa(page))
		r.query.Set("_per_page", strconv.Itoa(many))
		var some []T
		header, err := s.call(ctx, r, &some)
		if err != nil {
			return nil, err
		}
		if len(all) > 0 && len(some) > 0 && same(all[0], some[0]) {
			return all, nil // it does not page: it gave everything, and gives it again
		}
		all = append(all, some...)
		total, err := strconv.Atoi(header.Get("X-Total-Count"))
		if len(some) < many || (err == nil && len(all) >= total) {
			return all, nil
		}
	}
	return nil, &lostError{call: r.call(), cause: fmt.Errorf("a list of more than %d pages", mostPages)}
}
