package web

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"hoofdpas/internal/problem"
	"hoofdpas/internal/request"
	"hoofdpas/internal/web/ui"
)

// Page is what a handler shows: a title and a body. The shell puts the frame
// around it.
type Page struct {
	Title string
	Body  templ.Component
	// Section is the Href of the navigation's link that this page belongs to.
	Section string
	// HideNav leaves out the row of links, on the menu page itself.
	HideNav bool
	// Stay is the address that shows this page again, for the language switch;
	// "" is the request's own. The answer to a form whose address is no page has
	// one.
	Stay string
	// Onward is an address on another site that the page leads to at once and by
	// itself; "" stays. The page must have a link to it too.
	Onward string
	// Again loads the page again by itself after so many seconds; 0 does not. The
	// page must have a link to itself that does not, for who reads slowly.
	Again int
}

// Response is a handler's answer: a page with a status, or another address.
type Response struct {
	status   int
	page     *Page
	location string
	header   http.Header
}

// Show answers with a page.
func Show(p Page) Response { return Response{status: http.StatusOK, page: &p} }

// ShowAgain answers 422 with a form that has something to correct; what was
// typed is in it.
func ShowAgain(p Page) Response { return Response{status: http.StatusUnprocessableEntity, page: &p} }

// WithStatus changes the status.
func (r Response) WithStatus(status int) Response {
	r.status = status
	return r
}

// See answers a form that did its work: the browser fetches the address, so
// that reloading repeats nothing.
func See(location string) Response { return Response{status: http.StatusSeeOther, location: location} }

// SeeOr answers a form with one button: on a problem, its sentence stands at
// the top of the next page too. Any other error becomes an error page.
func SeeOr(r *Request, location string, err error) (Response, error) {
	if err == nil {
		return See(location), nil
	}
	switch problem.KindOf(err) {
	case "", problem.NotFound:
		return Response{}, err
	}
	r.Complain(err)
	return See(location), nil
}

// write sends an answer. It renders into a buffer first, so that a page that
// breaks half-way is an error page and not half a page with status 200; then
// the session is kept, so that nobody reads of something that is not so.
func (s *Shell) write(r *Request, resp Response) {
	body, err := s.render(r, resp)
	if err != nil {
		resp = s.failed(r, err)
		body, err = s.render(r, resp)
	}
	if away := s.keepSession(r); away != nil {
		r.bare = true
		resp = s.failed(r, away)
		body, err = s.render(r, resp)
	}
	w, h := r.w, r.w.Header()
	if err != nil { // even the error page breaks: our last words
		s.wrong(r.Context(), "an error page broke", err)
		http.Error(w, r.Text.T("problem."+string(ReasonOurFault)), http.StatusInternalServerError)
		return
	}
	maps.Copy(h, resp.header)
	if resp.page == nil {
		http.Redirect(w, r.Request, resp.location, resp.status)
		return
	}
	// Not in the page itself: what checks pages takes that for one that cannot be
	// stopped.
	switch {
	case resp.page.Onward != "":
		h.Set("Refresh", "0;url="+resp.page.Onward)
	case resp.page.Again > 0:
		h.Set("Refresh", strconv.Itoa(resp.page.Again))
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(r.Text.Lang))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(resp.status)
	_, _ = w.Write(body) // the reader has hung up: nobody to tell
}

// render makes the bytes of a page; there are none for another address. A page that
// says that the time is over is made after it is.
func (s *Shell) render(r *Request, resp Response) ([]byte, error) {
	if resp.page == nil {
		return nil, nil
	}
	var buf bytes.Buffer
	err := whole("render a page", func() error {
		return ui.Document(s.frame(r, *resp.page), resp.page.Body).Render(context.WithoutCancel(r.Context()), &buf)
	})
	return buf.Bytes(), err
}

// statuses is the one place where a kind of problem becomes a status.
var statuses = map[problem.Kind]int{ //nolint:gochecknoglobals // a table, never written
	problem.Invalid:     http.StatusUnprocessableEntity,
	problem.Refused:     http.StatusForbidden,
	problem.NotFound:    http.StatusNotFound,
	problem.Conflict:    http.StatusConflict,
	problem.Unavailable: http.StatusServiceUnavailable,
	problem.TooMany:     http.StatusTooManyRequests,
}

// comeBack is when to try again while a part is away: a database that fails over is
// back after some of these.
const comeBack = 10 * time.Second

// failed turns an error into an error page. Only problems are put into words;
// anything else is our fault and is told to the operator, not to the reader.
func (s *Shell) failed(r *Request, err error) Response {
	found := problem.Of(err)
	switch {
	case len(found) > 0:
	case errors.Is(err, context.DeadlineExceeded):
		reason := ReasonAway
		if r.Method == http.MethodPost {
			reason = ReasonUnsure
		}
		found = []*problem.Problem{problem.New(problem.Unavailable, reason, nil)}
	case errors.Is(err, context.Canceled):
		found = []*problem.Problem{problem.New("", ReasonOurFault, nil)} // the reader has hung up: nobody reads this
	default:
		s.wrong(r.Context(), "a page failed", err)
		found = []*problem.Problem{problem.New("", ReasonOurFault, nil)}
	}
	first := found[0]
	status, ok := statuses[first.Kind]
	if !ok {
		status = http.StatusInternalServerError
	}
	wait, waits := first.Args["wait"].(time.Duration)
	switch {
	case first.Kind == problem.NotFound:
		found = []*problem.Problem{problem.New(problem.NotFound, ReasonNoPage, nil)} // the same for all
	case first.Reason == ReasonTooLarge:
		status = http.StatusRequestEntityTooLarge
	case first.Reason == ReasonForm:
		status = http.StatusBadRequest
	case first.Kind == problem.Unavailable:
		s.wrong(r.Context(), "a part is away", err)
		if !waits {
			wait, waits = comeBack, true
		}
	}
	resp := Show(s.errorPage(r, status, found)).WithStatus(status)
	if waits {
		resp.header = http.Header{"Retry-After": {strconv.Itoa(int((wait + time.Second - 1) / time.Second))}}
	}
	return resp
}

// wrong tells the operator. A reader who hung up, or clicked twice, ends what
// was under way for them: that is nobody's fault.
func (s *Shell) wrong(ctx context.Context, what string, err error) {
	level := slog.LevelError
	if errors.Is(ctx.Err(), context.Canceled) {
		level = slog.LevelInfo
	}
	s.Log.Log(ctx, level, what, "error", err)
}

func (s *Shell) errorPage(r *Request, status int, found []*problem.Problem) Page {
	var sentences []string
	for _, p := range found {
		if sentence := r.Text.Problem(p); !slices.Contains(sentences, sentence) {
			sentences = append(sentences, sentence)
		}
	}
	title := r.Text.T("web.error_title_" + strconv.Itoa(status))
	note := ""
	if status >= http.StatusInternalServerError {
		note = r.Text.T("web.error_number", "Number", request.Number(r.Context()))
	}
	p := Page{Title: title}
	label, leads := r.Text.T(s.homeText()), s.home()
	switch {
	case found[0].Kind != problem.Unavailable:
	case r.Method != http.MethodPost:
		// It comes by itself when all is well again.
		p.Again = int(comeBack / time.Second)
		label, leads = r.Text.T("web.error_again"), r.URL.RequestURI()
	case !unsure(found[0].Reason):
		// What was typed would be lost on the way back: our pages are kept nowhere.
		sentences = append(sentences, r.Text.T("web.error_send_again"))
	}
	p.Body = ui.ErrorPage(title, sentences, note, label, leads)
	return p
}

// unsure reports whether the reason means that what was asked may have been done.
// Every room calls it so.
func unsure(r problem.Reason) bool { return strings.HasSuffix(string(r), "unsure") }
