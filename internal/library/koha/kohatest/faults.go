package kohatest

import (
	"net/http"
	"strings"
	"time"
)

// Fault is what goes wrong with a request.
type Fault int

// The faults.
const (
	None         Fault = iota
	HTML               // 200 with a page
	Truncated          // half of the answer
	Error              // 500 in JSON, and nothing is done
	ErrorPage          // 500 in HTML, and nothing is done
	Redirect           // 302 to a page to log in
	Endless            // an answer without end
	WrongType          // the answer, as text/plain
	Silent             // it is done, but no answer comes until the client gives up
	Idle               // nothing is done and no answer comes
	Cut                // it is done, but the connection breaks before the answer
	CutBefore          // the connection breaks and nothing is done
	Unauthorized       // 401
)

// Break makes the next requests of a call go wrong, one for each fault:
// "POST /checkouts/{checkout_id}/renewal".
func (s *Server) Break(call string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[call] = append(s.faults[call], faults...)
}

// Mend makes everything go well.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// count notes the call and returns what goes wrong with it.
func (s *Server) count(call string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[call]++
	waiting := s.faults[call]
	if len(waiting) == 0 {
		return None
	}
	s.faults[call] = waiting[1:]
	return waiting[0]
}

// ServeHTTP answers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := s.mux.Handler(r)
	call := strings.Replace(pattern, "/api/v1", "", 1)
	fault := s.count(call)
	if s.options.Takes > 0 {
		pause(r, s.options.Takes)
	}
	switch fault {
	case HTML:
		page(w, http.StatusOK)
	case ErrorPage:
		page(w, http.StatusInternalServerError)
	case Error:
		complain(w, http.StatusInternalServerError, "Something went wrong, check Koha logs for details.")
	case Redirect:
		w.Header().Set("Location", "/cgi-bin/koha/mainpage.pl")
		w.WriteHeader(http.StatusFound)
	case Unauthorized:
		answerAs(w, fromAuth, http.StatusUnauthorized, object{"error": "Authentication failure."})
	case Endless:
		endless(w)
	case CutBefore:
		panic(http.ErrAbortHandler) // closes the connection without an answer
	case Idle:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Truncated, WrongType, Silent, Cut:
		s.spoilt(fault, w, r)
	case None:
		s.well(w, r)
	}
}

func (s *Server) well(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mux.ServeHTTP(w, r)
}

// spoilt does what was asked, and spoils the answer.
func (s *Server) spoilt(fault Fault, w http.ResponseWriter, r *http.Request) {
	h := &held{header: http.Header{}, status: http.StatusOK}
	s.well(h, r)
	switch fault {
	case Cut:
		panic(http.ErrAbortHandler)
	case Silent:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Truncated:
		h.body = h.body[:len(h.body)/2]
	case WrongType:
		h.header.Set("Content-Type", "text/plain")
	}
	for name, values := range h.header {
		w.Header()[name] = values
	}
	w.WriteHeader(h.status)
	_, _ = w.Write(h.body) // the client went away
}

func page(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<!DOCTYPE html><html><title>Koha</title><h1>Log in to Koha</h1></html>")) // the client went away
}

// endless answers until the client hangs up.
func endless(w http.ResponseWriter) {
	w.Header().Set("Content-Type", fromAPI)
	spaces := []byte(strings.Repeat(" ", 1<<16))
	for range 4096 {
		if _, err := w.Write(spaces); err != nil {
			return
		}
	}
}

func pause(r *http.Request, takes time.Duration) {
	timer := time.NewTimer(takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
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
