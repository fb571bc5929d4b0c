// Package web is the shell around every page: sessions, the reader's language,
// forms and their protection, rendering, and the one place where a problem
// becomes a page. The pages themselves are in web/member and web/desk; how
// they look is in web/ui.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/klauspost/compress/gzhttp"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/request"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web/ui"
)

// Reasons of this room.
const (
	ReasonForm      problem.Reason = "web.form"       // the form cannot be read
	ReasonTooLarge  problem.Reason = "web.too_large"  // the form is larger than any of ours
	ReasonForged    problem.Reason = "web.forged"     // the anti-forgery token is missing or wrong
	ReasonNoPage    problem.Reason = "web.no_page"    // no such page, or not for this person
	ReasonOurFault  problem.Reason = "web.our_fault"  // something broke on our side
	ReasonControl   problem.Reason = "web.control"    // a field holds characters that no keyboard has
	ReasonFieldLong problem.Reason = "web.field_long" // a field is too long; argument max
)

// Shell is what every page shares. All fields are set before Handler is called.
type Shell struct {
	Texts *text.Texts
	Log   *slog.Logger
	Now   func() time.Time
	Zone  *time.Location
	// Prefix is where the face lives: "" for members, "/balie" for the desk.
	Prefix string
	// Library is the library's name as it stands in the header.
	Library string
	// HouseStyle is the address of the library's own style sheet; "" for none.
	HouseStyle string
	// PublicURL is the address members use, such as https://mijn.example.nl.
	// Over https, cookies are for https only.
	PublicURL *url.URL
	// Sessions keeps what this face's sessions remember.
	Sessions *scs.SessionManager
	// HomeText is the key of the words for the way home on an error page; "" is
	// "web.error_home".
	HomeText string
	// Watch, when there is one, is told of each request.
	Watch request.Watch
	// Frame completes the frame of a page for the reader: navigation and who
	// is logged in. It is nil for a face without any.
	Frame func(*Request, *ui.Frame)

	mux *http.ServeMux
}

// Handler answers one request: with a Response, or with an error that becomes
// an error page.
type Handler func(ctx context.Context, r *Request) (Response, error)

// Route is one row of a face's map of routes.
type Route struct {
	Method, Pattern string
	Handle          Handler
}

// Routes builds the face from its map of routes. A page that does not exist is
// answered like one that is somebody else's.
func (s *Shell) Routes(routes []Route) http.Handler {
	s.mux = http.NewServeMux()
	for _, rt := range routes {
		switch rt.Method {
		case http.MethodPost:
			s.post(rt.Pattern, rt.Handle)
		default:
			s.mux.Handle("GET "+rt.Pattern, s.serve(rt.Pattern, rt.Handle))
		}
	}
	s.mux.Handle("/", s.serve("/", func(context.Context, *Request) (Response, error) {
		return Response{}, problem.New(problem.NotFound, ReasonNoPage, nil)
	}))
	return s.guard(compress(s.sessions(s.tokens(s.mux))))
}

// compress makes answers small. A page holds what somebody reads beside what an
// address can put in it; random bytes hide by how much each is compressed
// (BREACH), and the anti-forgery token looks different every time.
func compress(next http.Handler) http.Handler {
	const jitter = 32 // bytes at most
	zip, err := gzhttp.NewWrapper(gzhttp.RandomJitter(jitter, 0, false))
	if err != nil {
		panic(err) // not possible: the options are constant
	}
	return zip(next)
}

// serve runs a handler and writes its answer.
func (s *Shell) serve(pattern string, h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		r := s.request(w, hr)
		noteRoute(hr, pattern)
		var resp Response
		err := whole("answer a page", func() (err error) {
			resp, err = h(hr.Context(), r)
			return err
		})
		if err != nil {
			resp = s.failed(r, err)
		}
		s.write(r, resp)
	})
}

// whole runs f and makes an error of a panic: the reader gets a page, not a
// broken connection.
func whole(doing string, f func() error) (err error) {
	defer func() {
		broke := recover()
		if broke == http.ErrAbortHandler { //nolint:errorlint,err113 // a panic's value is compared as it is
			panic(broke) // asks for the connection to be cut
		}
		if broke != nil {
			err = fmt.Errorf("%s: panic: %v\n%s", doing, broke, debug.Stack())
		}
	}()
	return f()
}

// Today is the date in the library's zone.
func (s *Shell) Today() calendar.Date { return calendar.Today(s.Now(), s.Zone) }

// secure reports whether members come over https.
func (s *Shell) secure() bool { return s.PublicURL != nil && s.PublicURL.Scheme == "https" }

// home is the face's first page.
func (s *Shell) home() string {
	if s.Prefix == "" {
		return "/"
	}
	return s.Prefix
}

func (s *Shell) homeText() string {
	if s.HomeText == "" {
		return "web.error_home"
	}
	return s.HomeText
}

// signIn is the log-in page; afterwards it leads to the address, if any.
func (s *Shell) signIn(then string) string {
	address := s.Prefix + "/inloggen"
	if then == "" || then == s.home() {
		return address
	}
	return address + "?naar=" + url.QueryEscape(then)
}
