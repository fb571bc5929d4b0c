package kohatest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// routes is the map of the API: the calls that the version has.
func (s *Server) routes() *http.ServeMux {
	all := map[string]http.HandlerFunc{
		"GET /patrons":                                s.listPatrons,
		"GET /patrons/{patron_id}":                    s.getPatron,
		"GET /patrons/{patron_id}/account":            s.getAccount,
		"POST /patrons/{patron_id}/account/credits":   s.addCredit,
		"GET /patrons/{patron_id}/account/credits":    s.listCredits,
		"GET /patrons/{patron_id}/account/debits":     s.listDebits,
		"POST /patrons/{patron_id}/account/debits":    s.addDebit,
		"GET /patrons/{patron_id}/checkouts":          s.listPatronCheckouts,
		"GET /checkouts":                              s.listCheckouts,
		"GET /checkouts/{checkout_id}":                s.getCheckout,
		"POST /checkouts/{checkout_id}/renewal":       s.renew,
		"POST /checkouts/{checkout_id}/renewals":      s.renew,
		"GET /checkouts/{checkout_id}/allows_renewal": s.allowsRenewal,
		"GET /items":                     s.listItems,
		"GET /items/{item_id}":           s.getItem,
		"GET /biblios/{biblio_id}":       s.getBiblio,
		"POST /auth/password/validation": s.validate,
		"POST /oauth/token":              s.token,
		"GET /status/version":            s.tellVersion,
	}
	mux := http.NewServeMux()
	for _, call := range s.version.calls {
		method, path, _ := strings.Cut(call, " ")
		mux.HandleFunc(method+" /api/v1"+path, all[call])
	}
	mux.HandleFunc("GET /api/v1/{$}", s.describe)
	mux.HandleFunc("/", nowhere)
	return mux
}

func (s *Server) tellVersion(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, object{"version": s.options.Version + ".00.000"})
}

// number reads the number in the path.
func number(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.PathValue(name))
	if err != nil {
		return -1
	}
	return n
}

// filters are the parameters that a list takes beside its paging.
func filters(w http.ResponseWriter, r *http.Request, known ...string) bool {
	known = append(known, "_page", "_per_page", "_match", "_order_by")
	for name := range r.URL.Query() {
		if !slices.Contains(known, name) {
			malformed(w, "Malformed query string", "/query/"+name)
			return false
		}
	}
	return true
}

// list answers with a page of the objects that fit the query.
func (s *Server) list(w http.ResponseWriter, r *http.Request, all []object) {
	call := strings.Replace(r.Pattern, "/api/v1", "", 1)
	if q := r.URL.Query().Get("q"); q != "" {
		if !takesQuery(s.version, call) {
			malformed(w, "Malformed query string", "/query/q")
			return
		}
		fits, ok := readQuery(q)
		if !ok {
			malformed(w, "Invalid query", "/query/q")
			return
		}
		all = slices.DeleteFunc(all, func(o object) bool { return !fits(o) })
	}
	perPage, err := strconv.Atoi(r.URL.Query().Get("_per_page"))
	switch {
	case err != nil && s.options.Version == V1906:
		perPage = len(all) // all that there is
	case err != nil:
		perPage = 20
	}
	page, err := strconv.Atoi(r.URL.Query().Get("_page"))
	if err == nil {
		w.Header().Set("X-Total-Count", strconv.Itoa(len(all)))
	}
	page = max(page, 1)
	from := min((page-1)*perPage, len(all))
	to := min(from+perPage, len(all))
	answer(w, http.StatusOK, append([]object{}, all[from:to]...))
}

// embedding checks what is to come along.
func (s *Server) embedding(w http.ResponseWriter, r *http.Request) ([]string, bool) {
	header := r.Header.Get("x-koha-embed")
	if header == "" {
		return nil, true
	}
	call := strings.Replace(r.Pattern, "/api/v1", "", 1)
	wanted := strings.Split(header, ",")
	for _, e := range wanted {
		if !slices.Contains(s.version.embeds[call], e) {
			malformed(w, "Not in enum list: "+strings.Join(s.version.embeds[call], ", ")+".", "/header/x-koha-embed")
			return nil, false
		}
	}
	return wanted, true
}
