package kohatest

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

var (
	circulate = permissions{"circulate": "circulate_remaining_permissions"} //nolint:gochecknoglobals // a table, never written
	catalogue = permissions{"catalogue": "1"}                               //nolint:gochecknoglobals // a table, never written
)

func (s *Server) listCheckouts(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.allowed(w, r, circulate); !ok || !s.loanFilters(w, r) {
		return
	}
	if _, ok := s.embedding(w, r); !ok {
		return
	}
	patron, match := r.URL.Query().Get("patron_id"), r.URL.Query().Get("_match")
	all := []object{}
	for _, c := range s.checkouts {
		if patron == "" || matches(strconv.Itoa(c.Patron), patron, match) {
			all = append(all, s.checkout(c))
		}
	}
	s.list(w, r, all)
}

// loanFilters are the parameters of the list of loans: 19.06 takes fewer.
func (s *Server) loanFilters(w http.ResponseWriter, r *http.Request) bool {
	if s.options.Version == V1906 && r.URL.Query().Has("_match") {
		malformed(w, "Malformed query string", "/query/_match")
		return false
	}
	return filters(w, r, "patron_id", "q")
}

func (s *Server) listPatronCheckouts(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.allowed(w, r, circulate); !ok || !filters(w, r, "q") {
		return
	}
	embedded, ok := s.embedding(w, r)
	if !ok {
		return
	}
	patron := number(r, "patron_id")
	if s.byID(patron) == nil {
		answer(w, http.StatusNotFound, object{"error": "Patron not found", "error_code": "not_found"})
		return
	}
	all := []object{}
	for _, c := range s.checkouts {
		if c.Patron != patron {
			continue
		}
		o := s.checkout(c)
		if i := s.items[c.Item]; i != nil && slices.Contains(embedded, "item.biblio") {
			item := s.item(i)
			item["biblio"] = s.biblio(i)
			o["item"] = item
		}
		all = append(all, o)
	}
	s.list(w, r, all)
}

func (s *Server) getCheckout(w http.ResponseWriter, r *http.Request) {
	if c := s.asking(w, r); c != nil {
		answer(w, http.StatusOK, s.checkout(c))
	}
}

// asking finds the loan that a request is about, or answers that there is none.
func (s *Server) asking(w http.ResponseWriter, r *http.Request) *Checkout {
	if _, ok := s.allowed(w, r, circulate); !ok {
		return nil
	}
	id := number(r, "checkout_id")
	for _, c := range s.checkouts {
		if c.ID == id {
			return c
		}
	}
	complain(w, http.StatusNotFound, "Checkout doesn't exist")
	return nil
}

// checkout is a loan as it is told.
func (s *Server) checkout(c *Checkout) object {
	o := object{
		"checkout_id": c.ID, "patron_id": c.Patron, "item_id": c.Item, "library_id": c.Library, "due_date": s.instant(c.Due),
		"checkout_date": s.instant(c.LentAt), "last_renewed_date": s.instant(c.RenewedAt), "checkin_date": nil,
		"auto_renew": c.AutoRenew, "auto_renew_error": nil, "note": nil, "note_date": nil, "onsite_checkout": false,
		"timestamp": s.instant(c.ChangedAt), s.version.renewals: c.Renewals,
	}
	if s.options.Version == V1906 {
		o["noteseen"] = nil
		return o
	}
	o["note_seen"], o["external_id"], o["issuer_id"], o["unseen_renewals"] = nil, nil, nil, 0
	if s.options.Version == V2505 {
		o["booking_id"], o["checkin_library_id"] = nil, nil
	}
	return o
}

func (s *Server) renew(w http.ResponseWriter, r *http.Request) {
	c := s.asking(w, r)
	if c == nil {
		return
	}
	if code := s.against(c); code != "" {
		complain(w, http.StatusForbidden, "Renewal not authorized ("+code+")")
		return
	}
	now := s.options.Now()
	from := c.Due
	if s.options.Rules.FromToday {
		from = now
	}
	from = from.In(s.options.Zone)
	c.Due = time.Date(from.Year(), from.Month(), from.Day()+s.options.Rules.LoanDays, 23, 59, 0, 0, s.options.Zone)
	c.Renewals++
	c.RenewedAt, c.ChangedAt = now, now
	for _, l := range s.lines {
		if l.Checkout == c.ID && l.Status == "UNRETURNED" {
			l.Status, l.ChangedAt = "RENEWED", now
		}
	}
	w.Header().Set("Location", r.URL.Path)
	answer(w, http.StatusCreated, s.checkout(c))
}

// against is Koha's first reason against a renewal, "" when there is none. Debt,
// the end of the membership and, unless a preference says so, a restriction are
// none.
func (s *Server) against(c *Checkout) string {
	i := s.items[c.Item]
	if i == nil {
		i = &Item{}
	}
	p := s.byID(c.Patron)
	soon := s.tooSoon(c, i)
	switch {
	case i.Reserved:
		return "on_reserve"
	case c.Renewals >= s.most(i):
		return "too_many"
	case i.Denied:
		return "item_denied_renewal"
	case s.options.Rules.RestrictionsBlock && p != nil && p.Restricted:
		return "restriction"
	case s.options.Rules.OverduesBlock && s.late(c.Patron):
		return "overdue"
	case c.AutoRenew && soon:
		return "auto_too_soon"
	case c.AutoRenew:
		return "auto_renew"
	case soon:
		return "too_soon"
	}
	return ""
}

func (s *Server) most(i *Item) int {
	if i.MaxRenewals != nil {
		return *i.MaxRenewals
	}
	return s.options.Rules.MaxRenewals
}

func (s *Server) late(patron int) bool {
	return slices.ContainsFunc(s.checkouts, func(c *Checkout) bool {
		return c.Patron == patron && !c.Due.IsZero() && c.Due.Before(s.options.Now())
	})
}

// tooSoon compares days, as norenewalbefore does unless it counts hours.
func (s *Server) tooSoon(c *Checkout, i *Item) bool {
	days := s.options.Rules.EarliestDays
	if i.EarliestDays > 0 {
		days = i.EarliestDays
	}
	due := c.Due.In(s.options.Zone)
	first := time.Date(due.Year(), due.Month(), due.Day()-days, 0, 0, 0, 0, s.options.Zone)
	return days > 0 && s.options.Now().Before(first)
}

func (s *Server) allowsRenewal(w http.ResponseWriter, r *http.Request) {
	c := s.asking(w, r)
	if c == nil {
		return
	}
	i := s.items[c.Item]
	if i == nil {
		i = &Item{}
	}
	code := s.against(c)
	o := object{
		"allows_renewal": code == "", "current_renewals": c.Renewals, "error": orNull(code), "max_renewals": s.most(i),
	}
	if s.options.Version != V1906 {
		o["unseen_renewals"] = 0
	}
	answer(w, http.StatusOK, o)
}

func (s *Server) listItems(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.allowed(w, r, catalogue); !ok || !filters(w, r, "external_id", "q") {
		return
	}
	embedded, ok := s.embedding(w, r)
	if !ok {
		return
	}
	ids := make([]int, 0, len(s.items))
	for id := range s.items {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	all := []object{}
	for _, id := range ids {
		o := s.item(s.items[id])
		if slices.Contains(embedded, "biblio") {
			o["biblio"] = s.biblio(s.items[id])
		}
		all = append(all, o)
	}
	s.list(w, r, all)
}

func (s *Server) getItem(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.allowed(w, r, catalogue); !ok {
		return
	}
	if i := s.items[number(r, "item_id")]; i != nil {
		answer(w, http.StatusOK, s.item(i))
		return
	}
	complain(w, http.StatusNotFound, "Item not found")
}

func (s *Server) getBiblio(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.allowed(w, r, catalogue); !ok {
		return
	}
	for _, i := range s.items {
		if i.BiblioID == number(r, "biblio_id") {
			answer(w, http.StatusOK, s.biblio(i))
			return
		}
	}
	complain(w, http.StatusNotFound, "Object not found.")
}

func (s *Server) item(i *Item) object {
	return object{
		"item_id": i.ID, "biblio_id": i.BiblioID, "external_id": orNull(i.Barcode), "item_type_id": orNull(i.Type),
		"home_library_id": "CPL", "holding_library_id": "CPL", "callnumber": nil,
	}
}

func (s *Server) biblio(i *Item) object {
	return object{"biblio_id": i.BiblioID, "title": orNull(i.Title), "subtitle": nil, "author": orNull(i.Author), "item_type": orNull(i.Type)}
}
