package stripe

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Bounds of what we wait for and read.
const (
	answerSize = 4 << 20 // bytes; a page of a list has some hundred thousand
	tries      = 4       // the first and three more
	firstPause = 250 * time.Millisecond
	longest    = 5 * time.Second // a pause that Stripe asks for and we make
)

// transport asks again what may pass: every request of Stripe's client is a GET
// or has an idempotency key. It reads no more of an answer than fits, and takes
// the key nowhere else.
type transport struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	for try, pause := 1, firstPause; ; try, pause = try+1, 2*pause {
		answer, err := t.once(r)
		if !passes(answer, err) || try == tries || r.Context().Err() != nil {
			return answer, err
		}
		rest := jitter(pause)
		if answer != nil {
			rest = max(rest, asked(answer.Header.Get("Retry-After")))
			_, _ = io.Copy(io.Discard, answer.Body) // so that the connection serves again
			_ = answer.Body.Close()
		}
		if err := wait(r.Context(), rest); err != nil {
			return nil, err
		}
	}
}

func (t transport) once(r *http.Request) (*http.Response, error) {
	one := r.Clone(r.Context())
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err //nolint:wrapcheck // the client says what it was doing
		}
		one.Body = body
	}
	answer, err := t.next.RoundTrip(one)
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	answer.Body = http.MaxBytesReader(nil, answer.Body, answerSize)
	if answer.StatusCode/100 == 3 {
		_ = answer.Body.Close() // there is nothing to read
		return nil, errElsewhere
	}
	return answer, nil
}

var errElsewhere = errors.New("it sends us on to another address, where our key is not to go")

// passes reports whether another try may do: the network, too many requests at
// once, the same key under way, or Stripe's own trouble.
func passes(answer *http.Response, err error) bool {
	if err != nil {
		return !errors.Is(err, errElsewhere)
	}
	if answer.Header.Get("Stripe-Should-Retry") == "false" {
		return false
	}
	code := answer.StatusCode
	return code == http.StatusConflict || code == http.StatusTooManyRequests || code >= http.StatusInternalServerError
}

// asked is the pause in seconds that Stripe asks for.
func asked(header string) time.Duration {
	seconds, err := strconv.Atoi(header)
	if err != nil {
		return 0
	}
	return min(max(time.Duration(seconds)*time.Second, 0), longest)
}

// jitter makes a pause half to one and a half times as long, so that those who
// were refused together do not come back together.
func jitter(pause time.Duration) time.Duration {
	var b [1]byte
	_, _ = rand.Read(b[:]) // never fails
	return pause/2 + pause*time.Duration(b[0])/256
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // nothing to add
	case <-timer.C:
		return nil
	}
}
