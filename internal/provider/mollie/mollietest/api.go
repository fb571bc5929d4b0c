package mollietest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hoofdpas/internal/money"
)

const (
	contentType = "application/hal+json"
	maxBody     = 64 << 10
	keysLast    = time.Hour // how long an idempotency key is known
)

// handler is the API and the page to pay on.
func (s *Server) handler() http.Handler {
	api := http.NewServeMux()
	api.HandleFunc("POST /v2/payments", s.once(s.create))
	api.HandleFunc("GET /v2/payments", s.plain(s.list))
	api.HandleFunc("GET /v2/payments/{ref}", s.plain(s.get))
	api.HandleFunc("DELETE /v2/payments/{ref}", s.once(s.cancel))
	api.HandleFunc("POST /v2/payments/{ref}/refunds", s.once(s.refund))
	api.HandleFunc("GET /v2/payments/{ref}/refunds", s.plain(s.refunds))
	api.HandleFunc("GET /v2/payments/{ref}/chargebacks", s.plain(s.chargebacks))
	api.HandleFunc("GET /v2/methods", s.plain(s.methods))
	api.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		complain(w, http.StatusNotFound, "No endpoint exists with this address")
	})
	mux := http.NewServeMux()
	mux.Handle("/v2/", s.badly(s.known(api)))
	mux.HandleFunc("GET /checkout/{ref}", s.show)
	mux.HandleFunc("POST /checkout/{ref}", s.press)
	return mux
}

// known lets in who has the key.
func (s *Server) known(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+s.options.Key {
			complain(w, http.StatusUnauthorized, "Missing authentication, or failed to authenticate")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		api.ServeHTTP(w, r)
	})
}

// reply is an answer of the API.
type reply struct {
	status int
	body   any
}

// no is an answer that says what is wrong, and with which field.
func no(status int, detail, field string) reply {
	c := object{
		"status": status, "title": http.StatusText(status), "detail": detail,
		"_links": object{"documentation": object{"href": "https://docs.mollie.com/errors", "type": "text/html"}},
	}
	if field != "" {
		c["field"] = field
	}
	return reply{status, c}
}

func notFound(token string) reply {
	return no(http.StatusNotFound, "No entity exists with token '"+token+"'", "")
}

func complain(w http.ResponseWriter, status int, detail string) {
	r := no(status, detail, "")
	write(w, r.status, encode(r.body))
}

func encode(body any) []byte {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // made of texts, numbers and objects
	}
	return b
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client went away
}

// plain answers what may be asked again and again.
func (s *Server) plain(answer func(*http.Request) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		got := answer(r)
		body := encode(got.body)
		s.mu.Unlock()
		write(w, got.status, body)
	}
}

// once does what was asked once for each idempotency key, and gives the same
// answer again.
func (s *Server) once(answer func(*http.Request, []byte) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		if err != nil {
			complain(w, http.StatusBadRequest, "The request body could not be read")
			return
		}
		s.mu.Lock()
		name := r.Header.Get("Idempotency-Key")
		now := s.options.Now()
		before, ok := s.answers[name]
		if name == "" || !ok || !before.at.Add(keysLast).After(now) {
			got := answer(r, asked)
			before = kept{at: now, status: got.status, body: encode(got.body)}
			if name != "" {
				s.answers[name] = before
			}
		}
		s.mu.Unlock()
		write(w, before.status, before.body)
	}
}

// paymentRequest is what is asked for.
type paymentRequest struct {
	Amount      amount `json:"amount"`
	Description string `json:"description"`
	RedirectURL string `json:"redirectUrl"`
	WebhookURL  string `json:"webhookUrl"`
	Metadata    any    `json:"metadata"`
	Locale      string `json:"locale"`
}

type amount struct {
	Currency string `json:"currency"`
	Value    string `json:"value"`
}

var valuePattern = regexp.MustCompile(`^[0-9]+\.[0-9]{2}$`)

// cents reads an amount in euro, or says what is wrong with it.
func (a amount) cents() (money.Cents, string) {
	switch {
	case a.Currency == "" && a.Value == "":
		return 0, "The 'amount' field is missing"
	case a.Currency != "EUR":
		return 0, "The currency is not supported by this profile"
	case !valuePattern.MatchString(a.Value):
		return 0, "The amount contains an invalid value"
	}
	c, err := money.Parse(a.Value)
	if err != nil || c <= 0 {
		return 0, "The amount contains an invalid value"
	}
	return c, ""
}

// fault says what is wrong with the request, and with which field.
func (q paymentRequest) fault(methods []Method) (detail, field string) {
	asked, wrong := q.Amount.cents()
	fits := func(m Method) bool { return asked >= m.Least && (m.Most == 0 || asked <= m.Most) }
	switch {
	case wrong != "":
		return wrong, "amount"
	case !slices.ContainsFunc(methods, fits):
		return "The amount is lower or higher than any payment method allows", "amount"
	case q.Description == "":
		return "The 'description' field is missing", "description"
	case utf8.RuneCountInString(q.Description) > 255:
		return "The description is too long", "description"
	case !absolute(q.RedirectURL):
		return "The redirect URL is invalid", "redirectUrl"
	case q.WebhookURL != "" && !absolute(q.WebhookURL):
		return "The webhook URL is invalid", "webhookUrl"
	case q.Locale != "" && q.Locale != "nl_NL" && q.Locale != "en_GB":
		return "The locale is invalid", "locale"
	}
	return "", ""
}

func absolute(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

func (s *Server) create(_ *http.Request, asked []byte) reply {
	var q paymentRequest
	if err := json.Unmarshal(asked, &q); err != nil {
		return no(http.StatusBadRequest, "The request body is not valid JSON", "")
	}
	if detail, field := q.fault(s.options.Methods); detail != "" {
		return no(http.StatusUnprocessableEntity, detail, field)
	}
	cents, _ := q.Amount.cents()
	o := &Order{
		Ref: s.token("tr_"), Reference: referenceOf(q.Metadata), Asked: cents, Currency: q.Amount.Currency, Value: q.Amount.Value,
		Status: Open, Locale: q.Locale, Description: q.Description, Return: q.RedirectURL, Webhook: q.WebhookURL,
		CreatedAt: s.options.Now(), metadata: q.Metadata,
	}
	s.orders, s.byRef[o.Ref] = append(s.orders, o), o
	return reply{http.StatusCreated, s.resource(o)}
}

// referenceOf is our number in the metadata.
func referenceOf(m any) string {
	of, _ := m.(map[string]any)
	reference, _ := of["reference"].(string)
	return reference
}

// found calls f with the order that a request is about.
func (s *Server) found(r *http.Request, f func(*Order) reply) reply {
	o, ok := s.byRef[r.PathValue("ref")]
	if !ok {
		return notFound(r.PathValue("ref"))
	}
	s.age(o)
	return f(o)
}

func (s *Server) get(r *http.Request) reply {
	return s.found(r, func(o *Order) reply { return reply{http.StatusOK, s.resource(o)} })
}

func (s *Server) cancel(r *http.Request, _ []byte) reply {
	return s.found(r, func(o *Order) reply {
		if o.Status != Open {
			return no(http.StatusUnprocessableEntity, "The payment cannot be cancelled", "")
		}
		o.Status, o.ClosedAt = Canceled, s.options.Now()
		s.tell(o)
		return reply{http.StatusOK, s.resource(o)}
	})
}

// refundRequest is what is asked for.
type refundRequest struct {
	Amount      amount `json:"amount"`
	Description string `json:"description"`
	Metadata    any    `json:"metadata"`
}

func (s *Server) refund(r *http.Request, asked []byte) reply {
	var q refundRequest
	if err := json.Unmarshal(asked, &q); err != nil {
		return no(http.StatusBadRequest, "The request body is not valid JSON", "")
	}
	return s.found(r, func(o *Order) reply {
		cents, wrong := q.Amount.cents()
		switch {
		case wrong != "":
			return no(http.StatusUnprocessableEntity, wrong, "amount")
		case o.Status != Paid:
			return no(http.StatusUnprocessableEntity, "The payment has not been paid", "")
		case cents > o.left():
			return no(http.StatusUnprocessableEntity, "The amount is higher than the maximum", "amount")
		}
		made := Refund{
			Ref: s.token("re_"), Reference: referenceOf(q.Metadata), Amount: cents, Status: Queued, Description: q.Description,
			CreatedAt: s.options.Now(), metadata: q.Metadata,
		}
		o.Refunds = append(o.Refunds, made)
		s.tell(o)
		return reply{http.StatusCreated, s.refundResource(o, made)}
	})
}

// bounds reads how many are asked for.
func bounds(query url.Values) (limit int, ok bool) {
	const usual, most = 50, 250
	if !query.Has("limit") {
		return usual, true
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	return limit, err == nil && limit >= 1 && limit <= most
}

func (s *Server) list(r *http.Request) reply {
	newest := slices.Clone(s.orders)
	slices.Reverse(newest)
	for _, o := range newest {
		s.age(o)
	}
	return pageOf(s, r, "payments", newest, func(o *Order) string { return o.Ref }, func(o *Order) object { return s.resource(o) })
}

func (s *Server) refunds(r *http.Request) reply {
	return s.found(r, func(o *Order) reply {
		newest := slices.Clone(o.Refunds)
		slices.Reverse(newest)
		return pageOf(s, r, "refunds", newest, func(f Refund) string { return f.Ref }, func(f Refund) object { return s.refundResource(o, f) })
	})
}

func (s *Server) chargebacks(r *http.Request) reply {
	return s.found(r, func(o *Order) reply {
		newest := slices.Clone(o.Chargebacks)
		slices.Reverse(newest)
		return pageOf(s, r, "chargebacks", newest, func(c Chargeback) string { return c.Ref }, func(c Chargeback) object { return s.chargebackResource(o, c) })
	})
}

// pageOf answers with one page of a list.
func pageOf[T any](s *Server, r *http.Request, name string, all []T, token func(T) string, resource func(T) object) reply {
	query := r.URL.Query()
	limit, ok := bounds(query)
	if !ok {
		return no(http.StatusBadRequest, "The limit should be between 1 and 250", "limit")
	}
	start := 0
	if from := query.Get("from"); from != "" {
		if start = slices.IndexFunc(all, func(one T) bool { return token(one) == from }); start < 0 {
			return no(http.StatusBadRequest, "Invalid cursor value", "from")
		}
	}
	end := min(start+limit, len(all))
	resources := []object{}
	for _, one := range all[start:end] {
		resources = append(resources, resource(one))
	}
	address := s.http.URL + r.URL.Path
	var next any
	if end < len(all) {
		next = hal(address + "?from=" + url.QueryEscape(token(all[end])) + "&limit=" + strconv.Itoa(limit))
	}
	return reply{http.StatusOK, object{
		"count": len(resources), "_embedded": object{name: resources}, "_links": object{
			"self": hal(s.http.URL + r.URL.RequestURI()), "previous": nil, "next": next, "documentation": documentation(),
		},
	}}
}

func (s *Server) methods(r *http.Request) reply {
	resources := []object{}
	for _, m := range s.options.Methods {
		var most any
		if m.Most > 0 {
			most = euro(m.Most)
		}
		icon := "https://www.mollie.com/external/icons/payment-methods/" + m.ID
		resources = append(resources, object{
			"resource": "method", "id": m.ID, "description": strings.ToUpper(m.ID[:1]) + m.ID[1:], "minimumAmount": euro(m.Least), "maximumAmount": most,
			"image":  object{"size1x": icon + ".png", "size2x": icon + "%402x.png", "svg": icon + ".svg"},
			"status": "activated", "_links": object{"self": hal(s.http.URL + "/v2/methods/" + m.ID)},
		})
	}
	return reply{http.StatusOK, object{
		"count": len(resources), "_embedded": object{"methods": resources},
		"_links": object{"self": hal(s.http.URL + r.URL.RequestURI()), "documentation": documentation()},
	}}
}
