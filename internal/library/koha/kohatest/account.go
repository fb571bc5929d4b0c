package kohatest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

var (
	readAccount = permissions{"borrowers": "edit_borrowers", "updatecharges": "remaining_permissions"} //nolint:gochecknoglobals // a table, never written
	writeMoney  = permissions{"updatecharges": "remaining_permissions"}                                //nolint:gochecknoglobals // a table, never written
)

// holder finds whose account a request is about, or answers that there is none.
func (s *Server) holder(w http.ResponseWriter, r *http.Request, needs permissions, owners bool) (*Patron, who, bool) {
	p := s.byID(number(r, "patron_id"))
	var may []int
	if p != nil && owners {
		may = []int{p.ID}
		if p.Guarantor > 0 {
			may = append(may, p.Guarantor)
		}
	}
	by, ok := s.allowed(w, r, needs, may...)
	if !ok {
		return nil, who{}, false
	}
	if p == nil {
		complain(w, http.StatusNotFound, "Patron not found.")
		return nil, who{}, false
	}
	return p, by, true
}

func (s *Server) getAccount(w http.ResponseWriter, r *http.Request) {
	p, _, ok := s.holder(w, r, readAccount, true)
	if !ok {
		return
	}
	debits, owed := s.outstanding(p.ID, func(l *Line) bool { return l.Outstanding > 0 })
	credits, left := s.outstanding(p.ID, func(l *Line) bool { return l.Outstanding < 0 })
	answer(w, http.StatusOK, object{
		"balance":             owed + left,
		"outstanding_debits":  object{"total": owed, "lines": debits},
		"outstanding_credits": object{"total": left, "lines": credits},
	})
}

func (s *Server) outstanding(patron int, which func(*Line) bool) ([]object, Micros) {
	all, total := []object{}, Micros(0)
	for _, l := range s.lines {
		if l.Patron == patron && which(l) {
			all = append(all, s.line(l))
			total += l.Outstanding
		}
	}
	return all, total
}

// line is a line of an account as it is told.
func (s *Server) line(l *Line) object {
	o := object{
		"account_line_id": l.ID, "patron_id": l.Patron, "item_id": orNull(l.Item), "checkout_id": orNull(l.Checkout),
		"date": l.Date, "amount": l.Amount, "amount_outstanding": l.Outstanding, "description": l.Description,
		"internal_note": l.Note, "status": orNull(l.Status), "interface": l.Interface, "library_id": orNull(l.Library),
		"payment_type": orNull(l.PaymentType), "timestamp": s.instant(l.ChangedAt), "user_id": orNull(l.User),
	}
	if s.options.Version == V1906 {
		o["account_type"] = l.Type
		return o
	}
	o["account_type"], o["debit_type"], o["credit_type"], o["last_increment"], o["cash_register_id"] = nil, nil, nil, nil, nil
	if l.Amount < 0 {
		o["credit_type"] = l.Type
	} else {
		o["debit_type"] = l.Type
	}
	return o
}

// listed is a line as the lists of credits and debits tell it.
func (s *Server) listed(l *Line) object {
	o := s.line(l)
	for _, name := range []string{"account_type", "debit_type", "credit_type", "last_increment", "payment_type"} {
		delete(o, name)
	}
	o["type"] = l.Type
	return o
}

func (s *Server) listCredits(w http.ResponseWriter, r *http.Request) {
	s.listLines(w, r, func(l *Line) bool { return l.Amount < 0 })
}

func (s *Server) listDebits(w http.ResponseWriter, r *http.Request) {
	s.listLines(w, r, func(l *Line) bool { return l.Amount >= 0 })
}

func (s *Server) listLines(w http.ResponseWriter, r *http.Request, which func(*Line) bool) {
	p, _, ok := s.holder(w, r, readAccount, false)
	if !ok || !filters(w, r, "q") {
		return
	}
	all := []object{}
	for _, l := range s.lines {
		if l.Patron == p.ID && which(l) {
			all = append(all, s.listed(l))
		}
	}
	s.list(w, r, all)
}

// paid is a credit as it is asked for.
type paid struct {
	Amount      json.RawMessage `json:"amount"`
	Lines       []int           `json:"account_lines_ids"`
	Note        string          `json:"note"`
	Description string          `json:"description"`
	Library     string          `json:"library_id"`
	PaymentType string          `json:"payment_type"`
	Type        string          `json:"credit_type"`
}

func (s *Server) addCredit(w http.ResponseWriter, r *http.Request) {
	p, by, ok := s.holder(w, r, writeMoney, false)
	if !ok {
		return
	}
	var body paid
	if json.NewDecoder(r.Body).Decode(&body) != nil {
		malformed(w, "Expected object - got null.", "/body")
		return
	}
	amount, ok := readMicros(body.Amount)
	switch {
	case len(body.Amount) == 0:
		malformed(w, "Missing property.", "/body/amount")
		return
	case !ok:
		malformed(w, "Expected number - got string.", "/body/amount")
		return
	case amount < 0:
		malformed(w, string(body.Amount)+" < minimum(0)", "/body/amount")
		return
	case amount == 0:
		s.refuse(w, "A required parameter is missing")
		return
	case body.Library != "" && !slices.Contains(s.libraries, body.Library):
		s.next++ // the database counted on
		s.refuse(w, "Invalid branchcode")
		return
	}
	id := s.addLine(Line{
		Patron: p.ID, Type: s.version.payment, Description: body.Description, Note: body.Note, Amount: -amount, Outstanding: -amount,
		Library: body.Library, PaymentType: body.PaymentType, Interface: "api", User: by.ID,
	})
	s.apply(id, p.ID, body.Lines)
	if !s.version.created {
		answer(w, http.StatusOK, object{"account_line_id": id})
		return
	}
	answer(w, http.StatusCreated, s.line(s.lineOf(id)))
}

func (s *Server) lineOf(id int) *Line {
	for _, l := range s.lines {
		if l.ID == id {
			return l
		}
	}
	return nil
}

// refuse is a 400 that 19.06 turns into a 500.
func (s *Server) refuse(w http.ResponseWriter, text string) {
	if s.options.Version == V1906 {
		unruled(w)
		return
	}
	complain(w, http.StatusBadRequest, text)
}

// apply puts a credit on the lines that are named, whoever's they are, and what
// is left on any other of the person's.
func (s *Server) apply(id, patron int, named []int) {
	credit := s.lineOf(id)
	pay := func(l *Line) {
		part := min(l.Outstanding, -credit.Outstanding)
		if part <= 0 {
			return
		}
		l.Outstanding -= part
		credit.Outstanding += part
		l.ChangedAt = s.options.Now()
	}
	for _, l := range s.lines {
		if l.Outstanding > 0 && slices.Contains(named, l.ID) {
			pay(l)
		}
	}
	for _, l := range s.lines {
		if l.Outstanding > 0 && l.Patron == patron {
			pay(l)
		}
	}
}

func (s *Server) addDebit(w http.ResponseWriter, r *http.Request) {
	p, _, ok := s.holder(w, r, writeMoney, false)
	if !ok {
		return
	}
	var body struct {
		Amount      json.RawMessage `json:"amount"`
		Description string          `json:"description"`
		Note        string          `json:"internal_note"`
		Type        string          `json:"type"`
		Library     string          `json:"library_id"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if decoder.Decode(&body) != nil {
		malformed(w, "Properties not allowed.", "/body")
		return
	}
	amount, ok := readMicros(body.Amount)
	if !ok || amount <= 0 {
		malformed(w, "Expected number.", "/body/amount")
		return
	}
	id := s.addLine(Line{
		Patron: p.ID, Type: body.Type, Description: body.Description, Note: body.Note, Amount: amount, Outstanding: amount,
		Library: body.Library, Interface: "api", User: p.ID,
	})
	w.Header().Set("Location", r.URL.Path+"/"+strconv.Itoa(id))
	answer(w, http.StatusCreated, s.listed(s.lineOf(id)))
}
