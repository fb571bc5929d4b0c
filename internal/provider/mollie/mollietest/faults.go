package mollietest

import (
	"net/http"
	"strconv"
	"time"
)

// Faults are chances, from 0 (never) to 1 (always), of what goes wrong.
type Faults struct {
	// Of each request of the API.
	Lost    float64 // it is done, but the connection breaks before the answer
	Silent  float64 // it is done, but no answer comes until the client gives up
	Refused float64 // 500, and nothing is done
	Busy    float64 // 429, and nothing is done
	Slow    float64 // the answer takes up to SlowBy
	SlowBy  time.Duration

	// Of each webhook.
	Twice  float64 // it comes twice
	Late   float64 // it takes up to LateBy, so that webhooks change places too
	LateBy time.Duration
	Unsent float64 // it never comes

	// Of each payment and refund.
	OtherAmount   float64 // a cent less was paid than was asked for
	OtherCurrency float64 // it was paid in dollars
	RefundFails   float64 // a refund fails after Options.RefundsTake
}

// Fault is one thing that goes wrong with the next request.
type Fault int

// The faults of a request.
const (
	None     Fault = iota
	Lost           // it is done, but the connection breaks before the answer
	Silent         // it is done, but no answer comes until the client gives up
	Refused        // 500, and nothing is done
	Busy           // 429, and nothing is done
	Garbled        // it is done, but the answer is no JSON
	Moved          // 307 to another host, and nothing is done
	Huge           // an answer without end
	NoPage         // the order has no page to pay on
	Repeated       // 409, as for a refund that is asked for twice in short succession
)

// Fault sets the chances from now on.
func (s *Server) Fault(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Next sets what goes wrong with the next requests, in turn; None is nothing.
func (s *Server) Next(f ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, f...)
}

// chance reports whether something with this chance happens.
func (s *Server) chance(of float64) bool { return of > 0 && s.random.Float64() < of }

// draw chooses what goes wrong with a request, and how long it takes.
func (s *Server) draw() (Fault, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.next) > 0 {
		f := s.next[0]
		s.next = s.next[1:]
		return f, 0
	}
	var slow time.Duration
	if s.chance(s.faults.Slow) && s.faults.SlowBy > 0 {
		slow = time.Duration(s.random.Int64N(int64(s.faults.SlowBy)))
	}
	switch {
	case s.chance(s.faults.Lost):
		return Lost, slow
	case s.chance(s.faults.Silent):
		return Silent, slow
	case s.chance(s.faults.Refused):
		return Refused, slow
	case s.chance(s.faults.Busy):
		return Busy, slow
	}
	return None, slow
}

// badly wraps the API in what goes wrong.
func (s *Server) badly(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault, slow := s.draw()
		if slow > 0 {
			timer := time.NewTimer(slow)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
			}
		}
		switch fault {
		case Refused:
			complain(w, http.StatusInternalServerError, "Something went wrong on our side")
		case Busy:
			w.Header().Set("Retry-After", "0")
			complain(w, http.StatusTooManyRequests, "You have exceeded the rate limit. Please slow down your requests.")
		case Repeated:
			complain(w, http.StatusConflict, "A duplicate refund has been detected")
		case Moved:
			w.Header().Set("Location", "http://127.0.0.2:9"+r.URL.Path)
			w.WriteHeader(http.StatusTemporaryRedirect)
		case Huge:
			endless(w)
		case Lost, Silent, Garbled, NoPage:
			s.spoilt(api, fault, w, r)
		case None:
			api.ServeHTTP(w, r)
		}
	})
}

// spoilt does what was asked, and spoils the answer.
func (s *Server) spoilt(api http.Handler, fault Fault, w http.ResponseWriter, r *http.Request) {
	held := &held{header: http.Header{}}
	api.ServeHTTP(held, r)
	switch fault {
	case Lost:
		panic(http.ErrAbortHandler) // closes the connection without an answer
	case Silent:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Garbled:
		held.body = []byte(`<html>`)
	case NoPage:
		held.body = withoutPage(held.body)
	}
	for name, values := range held.header {
		w.Header()[name] = values
	}
	w.WriteHeader(held.status)
	_, _ = w.Write(held.body) // the client went away
}

// endless answers until the client hangs up.
func endless(w http.ResponseWriter) {
	w.Header().Set("Content-Type", contentType)
	for range 64 {
		if _, err := w.Write(make([]byte, 1<<16)); err != nil {
			return
		}
	}
}

// held keeps an answer back.
type held struct {
	header http.Header
	status int
	body   []byte
}

func (h *held) Header() http.Header { return h.header }

func (h *held) WriteHeader(status int) { h.status = status }

func (h *held) Write(b []byte) (int, error) {
	h.body = append(h.body, b...)
	return len(b), nil
}

// spoil makes what was paid another amount, by chance.
func (s *Server) spoil(o *Order) {
	switch {
	case s.chance(s.faults.OtherCurrency):
		o.Currency = "USD"
	case s.chance(s.faults.OtherAmount) && o.Asked > 1:
		o.Value = (o.Asked - 1).String()
	}
}

// token makes the key of a thing.
func (s *Server) token(prefix string) string {
	return prefix + strconv.FormatUint(s.random.Uint64()|1<<63, 36)
}
