package mollie_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// described is Mollie's own description of its API, read once.
var described = sync.OnceValues(func() (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromFile("testdata/openapi.yaml")
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(loader.Context)
})

// routesAt finds what is asked at an address.
func routesAt(t *testing.T, address string) routers.Router {
	t.Helper()
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	here := *doc
	here.Servers = openapi3.Servers{{URL: address}}
	router, err := gorillamux.NewRouter(&here)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

// checked wraps a client, so that every request and every answer is held against
// Mollie's description: what our client sends and what mollietest answers is what
// Mollie means.
func checked(t *testing.T, c *http.Client, server string) *http.Client {
	t.Helper()
	return &http.Client{Transport: &checker{t: t, router: routesAt(t, server), next: c.Transport}}
}

type checker struct {
	t      *testing.T
	router routers.Router
	next   http.RoundTripper
}

func (c *checker) RoundTrip(r *http.Request) (*http.Response, error) {
	said, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(said))
	answer, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	if fresh(r.Method, r.URL.Path, answer.Status, string(said), string(body)) {
		for _, err := range faults(c.router, r, said, answer, body) {
			c.t.Errorf("%s %s answered %d: %v\n%s", r.Method, r.URL, answer.StatusCode, err, body)
		}
	}
	return answer, nil
}

// seen is what was looked at already, without its keys and numbers: looking
// takes long.
var (
	seen    sync.Map
	numbers = regexp.MustCompile(`(tr|re|chb)_[a-z0-9]+|[0-9]+`)
)

func fresh(parts ...string) bool {
	_, before := seen.LoadOrStore(numbers.ReplaceAllString(strings.Join(parts, "\n"), "0"), true)
	return !before
}

// faults is what does not fit the description.
func faults(router routers.Router, r *http.Request, said []byte, answer *http.Response, body []byte) (all []error) {
	route, params, err := router.FindRoute(r)
	if err != nil {
		return []error{err}
	}
	copied := r.Clone(r.Context())
	copied.Body = io.NopCloser(bytes.NewReader(said))
	asked := &openapi3filter.RequestValidationInput{
		Request: copied, PathParams: params, Route: route, QueryParams: r.URL.Query(),
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), asked); err != nil {
		all = append(all, err)
	}
	if answer == nil {
		return all
	}
	if err := openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked, Status: answer.StatusCode, Header: answer.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{MultiError: true},
	}); err != nil {
		all = append(all, err)
	}
	return all
}

func TestTheDescriptionCatchesWhatMollieWouldNotTake(t *testing.T) {
	t.Parallel()
	router := routesAt(t, mollieAddress)
	for body, fine := range map[string]bool{
		`{"amount": {"currency": "EUR", "value": "12.34"}, "description": "x", "redirectUrl": "https://example.org", "locale": "nl_NL"}`: true,
		`{"amount": {"currency": "EUR", "value": "12.34"}, "description": "x", "redirectUrl": "https://example.org", "locale": "nl"}`:    false,
		`{"amount": {"currency": "EUR", "value": 12.34}, "description": "x", "redirectUrl": "https://example.org"}`:                      false,
		`{"amount": 12.34, "description": "x", "redirectUrl": "https://example.org"}`:                                                    false,
		`{"description": "x", "redirectUrl": "https://example.org"}`:                                                                     false,
	} {
		r, err := http.NewRequest(http.MethodPost, mollieAddress+"/v2/payments", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if got := faults(router, r, []byte(body), nil, nil); (len(got) == 0) != fine {
			t.Errorf("%s: %v", body, got)
		}
	}
}
