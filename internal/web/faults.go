package web

import (
	"net/http"

	"hoofdpas/internal/problem"
	"hoofdpas/internal/web/ui"
)

// Faults are all that is to be corrected in a form.
type Faults []ui.Fault

// Faults puts the problems of a form into words.
func (r *Request) Faults(err error) Faults {
	var out Faults
	for _, q := range problem.Of(err) {
		out = append(out, ui.Fault{Field: q.Field, Text: r.Text.Problem(q)})
	}
	return out
}

// At returns the sentences about one field.
func (f Faults) At(field string) []string {
	var out []string
	for _, x := range f {
		if x.Field == field {
			out = append(out, x.Text)
		}
	}
	return out
}

// Again answers a form that something is wrong with: page makes its page once
// more, with what was typed and with the faults. A fault of ours, and what is
// not there for this person, is no matter of the form's and stays an error.
func (s *Shell) Again(r *Request, err error, page func(Faults) (Page, error)) (Response, error) {
	status := http.StatusUnprocessableEntity
	switch problem.KindOf(err) {
	case "", problem.NotFound:
		return Response{}, err
	case problem.Conflict:
		status = http.StatusConflict
	case problem.TooMany:
		status = http.StatusTooManyRequests
	case problem.Unavailable:
		s.wrong(r.Context(), "a part is away", err)
		status = http.StatusServiceUnavailable
	}
	p, broke := page(r.Faults(err))
	if broke != nil {
		return Response{}, broke
	}
	return ShowAgain(p).WithStatus(status), nil
}
