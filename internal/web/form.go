package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/justinas/nosurf"

	"hoofdpas/internal/problem"
)

// tokenField is the field of the anti-forgery token (see ui.Form).
const tokenField = nosurf.FormFieldName

// tokens gives every page the anti-forgery token that its forms send back, and
// every browser the cookie that it is compared with. The cookie goes with the
// browser.
func (s *Shell) tokens(next http.Handler) http.Handler {
	giver := nosurf.New(next)
	giver.SetBaseCookie(s.cookie("formulier", 0))
	giver.ExemptFunc(func(*http.Request) bool { return true }) // post compares, where there is a page to say it on
	return giver
}

// post is the only place where a form's address is registered. Two locks are
// before the handler: http.CrossOriginProtection refuses what a browser says
// comes from another site, and a token that only our own pages hold refuses the
// rest. It also refuses what no form of ours sends.
func (s *Shell) post(pattern string, h Handler) {
	foreign := http.NewCrossOriginProtection()
	if s.PublicURL != nil {
		// Behind a proxy the host may be another than the one in Origin. What
		// cannot be trusted for its form is not trusted: old browsers then get
		// the refusal, never a stranger the form.
		_ = foreign.AddTrustedOrigin(s.PublicURL.Scheme + "://" + s.PublicURL.Host)
	}
	s.mux.Handle("POST "+pattern, s.serve(pattern, func(ctx context.Context, r *Request) (Response, error) {
		if err := foreign.Check(r.Request); err != nil {
			return Response{}, problem.New(problem.Refused, ReasonForged, nil).Because(err)
		}
		if err := r.readForm(); err != nil {
			return Response{}, err
		}
		if real := r.Token(); real == "" || !nosurf.VerifyToken(real, r.fields.Get(tokenField)) {
			return Response{}, problem.New(problem.Refused, ReasonForged, nil)
		}
		if err := r.checkFields(); err != nil {
			return Response{}, err
		}
		return h(ctx, r)
	}))
}

// readForm reads a posted form once.
func (r *Request) readForm() error {
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return problem.New(problem.Invalid, ReasonTooLarge, nil).Because(err)
		}
		return problem.New(problem.Invalid, ReasonForm, nil).Because(err)
	}
	r.fields = r.PostForm
	return nil
}

// checkFields refuses what cannot be typed into a form of ours.
func (r *Request) checkFields() error {
	var unmet problem.List
	for _, name := range slices.Sorted(maps.Keys(r.fields)) {
		for _, v := range r.fields[name] {
			if utf8.RuneCountInString(v) > maxField {
				unmet = append(unmet, problem.New(problem.Invalid, ReasonFieldLong, problem.Args{"max": maxField}).At(name))
			} else if !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
				unmet = append(unmet, problem.New(problem.Invalid, ReasonControl, nil).At(name))
			}
		}
	}
	return unmet.Or()
}
