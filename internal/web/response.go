package web

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"hoofdpas/internal/problem"
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
	// "" is the request's own. An answer to a form has one.
	Stay string
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

// write renders into a buffer first, so that a page that breaks half-way is an
// error page and not half a page with status 200.
func (s *Shell) write(w http.ResponseWriter, r *Request, resp Response) {
	for k, v := range resp.header {
		w.Header()[k] = v
	}
	if resp.page == nil {
		http.Redirect(w, r.Request, resp.location, resp.status)
		return
	}
	var buf bytes.Buffer
	frame := s.frame(r, *resp.page)
	if err := ui.Document(frame, resp.page.Body).Render(r.Context(), &buf); err != nil {
		s.Log.ErrorContext(r.Context(), "a page could not be rendered", "error", err)
		http.Error(w, r.Text.T("problem."+string(ReasonOurFault)), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(r.Text.Lang))
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(resp.status)
	_, _ = w.Write(buf.Bytes()) // the reader has hung up: nobody to tell
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

// failed turns an error into an error page. Only problems are put into words;
// anything else is our fault and is told to the operator, not to the reader.
func (s *Shell) failed(r *Request, err error) Response {
	found := problem.Of(err)
	if len(found) == 0 {
		s.Log.ErrorContext(r.Context(), "a page failed", "error", err)
		found = []*problem.Problem{problem.New("", ReasonOurFault, nil)}
	}
	status, ok := statuses[found[0].Kind]
	if !ok {
		status = http.StatusInternalServerError
	}
	switch {
	case found[0].Kind == problem.NotFound:
		found = []*problem.Problem{problem.New(problem.NotFound, ReasonNoPage, nil)} // the same for all
	case found[0].Reason == ReasonTooLarge:
		status = http.StatusRequestEntityTooLarge
	case found[0].Kind == problem.Unavailable:
		s.Log.ErrorContext(r.Context(), "a part is away", "error", err)
	}
	sentences := make([]string, len(found))
	for i, p := range found {
		sentences[i] = r.Text.Problem(p)
	}
	resp := Show(Page{
		Title: r.Text.T("web.error_title_" + strconv.Itoa(status)),
		Body: ui.ErrorPage(r.Text.T("web.error_title_"+strconv.Itoa(status)), sentences,
			r.Text.T(s.homeText()), s.home()),
		Stay: s.home(),
	}).WithStatus(status)
	if wait, ok := found[0].Args["wait"].(time.Duration); ok {
		resp.header = http.Header{"Retry-After": {strconv.Itoa(int(wait/time.Second) + 1)}}
	}
	return resp
}
