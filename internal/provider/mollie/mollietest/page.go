package mollietest

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed page.html
var pageText string

// choices are the buttons of the page.
func choices() []string { return []string{Paid, Failed, Canceled, Expired} }

// show is the page to pay on, in Mollie's own words for its states.
func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	o, ok := s.Order(r.PathValue("ref"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	var body bytes.Buffer
	page := template.Must(template.New("page").Parse(pageText))
	if err := page.Execute(&body, struct {
		Order   Order
		Choices []string
		Open    bool
	}{o, choices(), o.Status == Open || o.Status == Pending}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(body.Bytes()) // the reader went away
}

// press is a button: the order ends and the payer goes back.
func (s *Server) press(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	o, ok := s.Order(r.PathValue("ref"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	if o.Status == Open || o.Status == Pending {
		if err := s.Finish(o.Ref, r.PostFormValue("status")); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	http.Redirect(w, r, o.Return, http.StatusSeeOther)
}
