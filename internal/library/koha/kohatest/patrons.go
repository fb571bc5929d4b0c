package kohatest

import (
	"encoding/json"
	"net/http"
	"strings"
)

var editBorrowers = permissions{"borrowers": "edit_borrowers"} //nolint:gochecknoglobals // a table, never written

func (s *Server) listPatrons(w http.ResponseWriter, r *http.Request) {
	parts := []string{"cardnumber", "surname", "firstname", "userid", "library_id", "category_id"}
	if _, ok := s.allowed(w, r, editBorrowers); !ok || !filters(w, r, append(parts, "q")...) {
		return
	}
	match := r.URL.Query().Get("_match")
	all := []object{}
	for _, p := range s.patrons {
		o, keep := s.patron(p), true
		for _, part := range parts {
			if want := r.URL.Query().Get(part); want != "" {
				text, _ := o[part].(string)
				keep = keep && matches(text, want, match)
			}
		}
		if keep {
			all = append(all, o)
		}
	}
	s.list(w, r, all)
}

// matches compares as Koha's lists do: contains unless told otherwise, with %
// and _ as wildcards, without regard to case.
func matches(text, want, match string) bool {
	switch match {
	case "exact":
		return strings.EqualFold(text, want)
	case "starts_with":
		return isLike(text, want+"%")
	case "ends_with":
		return isLike(text, "%"+want)
	}
	return isLike(text, "%"+want+"%")
}

func (s *Server) getPatron(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.allowed(w, r, editBorrowers); !ok {
		return
	}
	p := s.byID(number(r, "patron_id"))
	if p == nil {
		complain(w, http.StatusNotFound, "Patron not found.")
		return
	}
	answer(w, http.StatusOK, s.patron(p))
}

// empty are the parts of a patron that nobody fills in here.
const empty = `address2 altaddress_address altaddress_address2 altaddress_city altaddress_country
	altaddress_email altaddress_notes altaddress_phone altaddress_postal_code altaddress_state altaddress_street_number
	altaddress_street_type altcontact_address altcontact_address2 altcontact_city altcontact_country
	altcontact_firstname altcontact_phone altcontact_postal_code altcontact_state altcontact_surname country
	date_renewed fax gender initials last_seen mobile opac_notes other_name overdrive_auth_token
	relationship_type secondary_email secondary_phone sms_number sms_provider_id staff_notes state statistics_1
	statistics_2 street_number street_type title`

// patron is a person as it is told.
func (s *Server) patron(p *Patron) object {
	o := object{
		"patron_id": p.ID, "cardnumber": orNull(p.Number), "firstname": orNull(p.First), "surname": p.Surname,
		"userid": orNull(p.UserID), "date_of_birth": orNull(p.Born), "expiry_date": orNull(p.Expires),
		"email": orNull(p.Email), "category_id": p.Category, "library_id": p.Library, "restricted": p.Restricted,
		"patron_card_lost": p.LostCard, "anonymized": false, "check_previous_checkout": "inherit", "incorrect_address": false,
		"lang": "default", "login_attempts": 0, "privacy": 1, "privacy_guarantor_checkouts": 0,
		"address": "12 Mill Lane", "city": "Centerville", "postal_code": "04112", "phone": nil, "date_enrolled": "2024-01-15",
		"updated_on": s.instant(s.options.Now()),
	}
	for _, name := range strings.Fields(empty) {
		o[name] = nil
	}
	if s.options.Version == V1906 {
		o["guarantor_id"] = orNull(p.Guarantor)
	} else {
		o["autorenew_checkouts"], o["privacy_guarantor_fines"] = true, false
	}
	if s.options.Version == V2505 {
		o["preferred_name"], o["middle_name"], o["pronouns"], o["protected"] = orNull(p.First), nil, nil, false
	}
	return o
}

// validate checks a password, as 22.11 (by user name, and without a word) or as
// later ones.
func (s *Server) validate(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.allowed(w, r, permissions{"borrowers": "1"}); !ok {
		return
	}
	var body map[string]string
	if json.NewDecoder(r.Body).Decode(&body) != nil {
		malformed(w, "Expected object - got null.", "/body")
		return
	}
	if _, given := body["identifier"]; given && !s.version.identifier {
		malformed(w, "Properties not allowed: identifier.", "/body")
		return
	}
	p := s.byUser(body["userid"])
	if name := body["identifier"]; name != "" {
		if p = s.byUser(name); p == nil {
			p = s.byNumber(name)
		}
	}
	if p == nil || p.Password == "" || p.Password != body["password"] {
		complain(w, http.StatusBadRequest, "Validation failed")
		return
	}
	if !s.version.identifier {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, http.StatusCreated, object{"cardnumber": p.Number, "patron_id": p.ID, "userid": p.UserID})
}
