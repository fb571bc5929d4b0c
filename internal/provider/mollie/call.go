package mollie

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Bounds of what we wait for and read.
const (
	patience   = 6 * time.Second  // for one request, so that a second fits in what a payer waits
	patienter  = 20 * time.Second // for a list, which nobody stands waiting for
	answerSize = 1 << 20          // bytes
	firstPause = 250 * time.Millisecond
	longest    = 10 * time.Second // a pause that Mollie asks for and we make
	tries      = 4                // the first and three more
)

// request is one request of the API.
type request struct {
	method string
	path   []string
	query  url.Values
	body   any
	// key makes asking twice the same as asking once; again says that it is so
	// by itself. What has neither, and is no GET, is asked once.
	key   string
	again bool
	// patience is how long an answer is waited for; 0 is the usual.
	patience time.Duration
}

func (r request) repeatable() bool { return r.method == http.MethodGet || r.key != "" || r.again }

// call asks Mollie and reads its answer into the value, unless that is nil.
// What may be repeated is, a few times, when Mollie could not be reached, was
// in trouble or asked for a pause.
func (p *Provider) call(ctx context.Context, r request, into any) error {
	body, err := json.Marshal(r.body)
	if err != nil {
		return fmt.Errorf("write a request: %w", err)
	}
	if r.body == nil {
		body = nil
	}
	for try, pause := 1, firstPause; ; try, pause = try+1, 2*pause {
		answer, err := p.ask(ctx, r, body)
		var passing *passingError
		switch {
		case err == nil:
			return read(answer, into)
		case !errors.As(err, &passing) || !r.repeatable() || try == tries || ctx.Err() != nil:
			return err
		}
		if wait(ctx, max(passing.pause, jitter(pause))) != nil {
			return err // why there was nobody to ask, not that nobody waits any more
		}
		p.log.DebugContext(ctx, "mollie: asked again", "method", r.method, "try", try+1)
	}
}

// passingError is an error that may be gone at the next try.
type passingError struct {
	pause time.Duration // that Mollie asks for; 0 when it does not say
	cause error
}

func (e *passingError) Error() string { return e.cause.Error() }

func (e *passingError) Unwrap() error { return e.cause }

// ask sends the request once and returns the body of an answer that says yes.
func (p *Provider) ask(ctx context.Context, r request, body []byte) ([]byte, error) {
	asking, cancel := context.WithTimeout(ctx, cmp.Or(r.patience, patience))
	defer cancel()
	address := p.base.JoinPath(r.path...)
	address.RawQuery = r.query.Encode()
	q, err := http.NewRequestWithContext(asking, r.method, address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("write a request: %w", err)
	}
	q.Header.Set("Authorization", "Bearer "+p.key())
	q.Header.Set("Accept", "application/hal+json")
	q.Header.Set("User-Agent", "Hoofdpas")
	if len(body) > 0 {
		q.Header.Set("Content-Type", "application/json")
	}
	if r.key != "" {
		q.Header.Set("Idempotency-Key", uuid(r.key))
	}
	answer, err := p.http.Do(q)
	if err != nil {
		return nil, &passingError{cause: err}
	}
	defer answer.Body.Close() //nolint:errcheck // it has been read, or is not wanted
	said, err := io.ReadAll(io.LimitReader(answer.Body, answerSize+1))
	switch {
	case err != nil:
		return nil, &passingError{cause: fmt.Errorf("read an answer: %w", err)}
	case len(said) > answerSize:
		return nil, errors.New("an answer of more than a megabyte")
	}
	return said, p.judge(answer, said)
}

// judge says what an answer means, as the port has it.
func (p *Provider) judge(answer *http.Response, said []byte) error {
	code := answer.StatusCode
	if code == http.StatusNoContent {
		return nil
	}
	if code/100 == 2 {
		kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
		if err != nil || (kind != "application/hal+json" && kind != "application/json") {
			return fmt.Errorf("an answer that is not JSON: %q", kind)
		}
		return nil
	}
	err := p.complaint(code, said)
	switch {
	case code == http.StatusNotFound || code == http.StatusGone:
		return problem.New(problem.NotFound, payment.ReasonNotFound, nil).Because(err)
	case code == http.StatusUnprocessableEntity:
		return problem.New(problem.Refused, payment.ReasonStep, nil).Because(err)
	case code == http.StatusConflict:
		return problem.New(problem.Conflict, payment.ReasonStep, nil).Because(err)
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return fmt.Errorf("the API key is not accepted, see payment.mollie.key: %w", err)
	case code == http.StatusTooManyRequests || code/100 == 5:
		return &passingError{pause: asked(answer.Header.Get("Retry-After"), p.now()), cause: err}
	}
	return err // among them: sent on elsewhere, where our key is not to go
}

// complaint is what Mollie says is wrong, for the log.
func (p *Provider) complaint(code int, said []byte) error {
	const most = 300
	var c struct {
		Detail string `json:"detail"`
		Field  string `json:"field"`
	}
	if json.Unmarshal(said, &c) != nil || c.Detail == "" {
		return fmt.Errorf("it answered %d", code)
	}
	text := []rune(strings.ReplaceAll(c.Detail+" "+c.Field, p.key(), "***"))
	return fmt.Errorf("it answered %d: %q", code, strings.TrimSpace(string(text[:min(len(text), most)])))
}

// asked is the pause that Mollie asks for: seconds, or an instant.
func asked(header string, now time.Time) time.Duration {
	var pause time.Duration
	if seconds, err := strconv.Atoi(header); err == nil {
		pause = time.Duration(min(max(seconds, 0), int(longest/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		pause = at.Sub(now)
	}
	return min(max(pause, 0), longest)
}

// jitter makes a pause half to one and a half times as long, so that those who
// were refused together do not come back together.
func jitter(pause time.Duration) time.Duration {
	var b [8]byte
	_, _ = rand.Read(b[:])                                                      // never fails
	return pause/2 + time.Duration(binary.BigEndian.Uint64(b[:])%uint64(pause)) //nolint:gosec // a pause is above zero
}

// wait waits as long as there is somebody to wait for.
func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // nothing to add
	case <-timer.C:
		return nil
	}
}

// read reads an answer: one value and nothing behind it.
func read(said []byte, into any) error {
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(said, into); err != nil {
		return fmt.Errorf("read an answer: %w", err)
	}
	return nil
}
