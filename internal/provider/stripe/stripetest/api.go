package stripetest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// bodySize bounds a request in bytes.
const bodySize = 1 << 20

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/checkout/sessions", s.create)
	mux.HandleFunc("GET /v1/checkout/sessions", s.listSessions)
	mux.HandleFunc("GET /v1/checkout/sessions/{id}", s.show)
	mux.HandleFunc("POST /v1/checkout/sessions/{id}/expire", s.expire)
	mux.HandleFunc("POST /v1/refunds", s.refund)
	mux.HandleFunc("GET /v1/refunds", s.listRefunds)
	mux.HandleFunc("GET /v1/disputes", s.listDisputes)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, r.Header.Clone())
		if r.Header.Get("Authorization") != "Bearer "+Key {
			complain(w, http.StatusUnauthorized, "invalid_request_error", "", "Invalid API Key provided: "+r.Header.Get("Authorization"))
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodySize))
		if err != nil {
			return
		}
		r.Form, err = url.ParseQuery(string(body) + "&" + r.URL.RawQuery)
		if err != nil {
			complain(w, http.StatusBadRequest, "invalid_request_error", "", "not a form")
			return
		}
		s.answer(w, r, mux, body)
	})
}

// answer answers once for one idempotency key, unless something goes wrong.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, mux http.Handler, body []byte) {
	var f Fault = -1
	if len(s.broken) > 0 {
		f, s.broken = s.broken[0], s.broken[1:]
	}
	switch f {
	case Fails:
		complain(w, http.StatusInternalServerError, "api_error", "", "something is wrong with us")
		return
	case Forged:
		_, _ = io.WriteString(w, "<html>")
		return
	case Moved:
		http.Redirect(w, r, "http://127.0.0.2:1/", http.StatusTemporaryRedirect)
		return
	case Lost:
	}
	key := r.Header.Get("Idempotency-Key")
	sum := sha256.Sum256(append([]byte(r.URL.Path+"\n"), body...))
	before, ok := s.keys[key]
	switch {
	case key == "" || r.Method != http.MethodPost || !ok || s.now().Sub(before.at) > keepKey:
		out := httptest.NewRecorder()
		mux.ServeHTTP(out, r)
		before = kept{request: sum, at: s.now(), status: out.Code, body: out.Body.Bytes()}
		if key != "" && out.Code/100 == 2 {
			s.keys[key] = before
		}
	case before.request != sum:
		complain(w, http.StatusBadRequest, "idempotency_error", "", "Keys for idempotent requests can only be used with the same parameters")
		return
	}
	if f == Lost {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(before.status)
	_, _ = w.Write(before.body) // the client hung up
}

func complain(w http.ResponseWriter, status int, kind, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"type": kind, "code": code, "message": message}}) // the client hung up
}

func invalid(w http.ResponseWriter, code, message string) {
	complain(w, http.StatusBadRequest, "invalid_request_error", code, message)
}

func missing(w http.ResponseWriter, what string) {
	complain(w, http.StatusNotFound, "invalid_request_error", "resource_missing", "No such "+what)
}

func say(w http.ResponseWriter, v any) {
	_ = json.NewEncoder(w).Encode(v) // the client hung up
}

func (s *Server) create(w http.ResponseWriter, r *http.Request) {
	amount, ok := cents(r.Form.Get("line_items[0][price_data][unit_amount]"))
	expires, err := strconv.ParseInt(r.Form.Get("expires_at"), 10, 64)
	const least, most = 50, 99_999_999
	switch {
	case !ok || err != nil || r.Form.Get("mode") != "payment" || r.Form.Get("success_url") == "":
		invalid(w, "parameter_missing", "mode, expires_at, success_url and an amount")
		return
	case amount < least:
		invalid(w, "amount_too_small", "The Checkout Session's total amount must convert to at least 50 cents.")
		return
	case amount > most:
		invalid(w, "amount_too_large", "The Checkout Session's total amount due must be no more than €999,999.99")
		return
	}
	now := s.now()
	if until := time.Unix(expires, 0).Sub(now); until < 30*time.Minute || until > 24*time.Hour {
		invalid(w, "", "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout Session creation.")
		return
	}
	o := &session{
		id: token("cs_test_"), intent: token("pi_"), status: "open", paymentWord: "unpaid", intentStatus: "requires_payment_method",
		amount: amount, currency: r.Form.Get("line_items[0][price_data][currency]"), reference: r.Form.Get("metadata[reference]"),
		created: now, expires: time.Unix(expires, 0),
	}
	s.sessions = append(s.sessions, o)
	say(w, s.session(o, nil))
}

func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	if o := s.find(r.PathValue("id")); o != nil {
		say(w, s.session(o, expanded(r, "")))
		return
	}
	missing(w, "checkout.session: "+r.PathValue("id"))
}

func (s *Server) expire(w http.ResponseWriter, r *http.Request) {
	o := s.find(r.PathValue("id"))
	switch {
	case o == nil:
		missing(w, "checkout.session: "+r.PathValue("id"))
	case o.status != "open":
		invalid(w, "", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of "+o.status)
	default:
		o.status, o.intentStatus = "expired", "canceled"
		say(w, s.session(o, nil))
	}
}

func (s *Server) listSessions(w http.ResponseWriter, r *http.Request) {
	var all []item
	expand := expanded(r, "data.")
	for i := len(s.sessions) - 1; i >= 0; i-- { // the newest first
		o := s.sessions[i]
		s.age(o)
		if pi := r.Form.Get("payment_intent"); (pi != "" && pi != o.intent) || !within(r.Form, o.created) {
			continue
		}
		all = append(all, item{o.id, func() any { return s.session(o, expand) }})
	}
	page(w, r, all)
}

func within(form url.Values, t time.Time) bool {
	from, err := strconv.ParseInt(form.Get("created[gte]"), 10, 64)
	if err == nil && t.Unix() < from {
		return false
	}
	to, err := strconv.ParseInt(form.Get("created[lt]"), 10, 64)
	return err != nil || t.Unix() < to
}

func (s *Server) ofIntent(intent string) *session {
	for _, o := range s.sessions {
		if o.intent == intent {
			return o
		}
	}
	return nil
}

func (s *Server) refund(w http.ResponseWriter, r *http.Request) {
	o := s.ofIntent(r.Form.Get("payment_intent"))
	amount, ok := cents(r.Form.Get("amount"))
	switch {
	case o == nil:
		missing(w, "payment_intent")
	case o.charge == "" || !ok || amount <= 0:
		invalid(w, "", "This PaymentIntent does not have a successful charge to refund.")
	case amount > o.left():
		invalid(w, "charge_already_refunded", "Refund amount is greater than unrefunded amount on charge")
	default:
		made := &refund{id: token("re_"), reference: r.Form.Get("metadata[reference]"), status: "pending", amount: amount, created: s.now()}
		o.refunds = append(o.refunds, made)
		say(w, made.shown(o))
	}
}

func (s *Server) listRefunds(w http.ResponseWriter, r *http.Request) {
	var all []item
	if o := s.ofIntent(r.Form.Get("payment_intent")); o != nil {
		for i := len(o.refunds) - 1; i >= 0; i-- {
			made := o.refunds[i]
			all = append(all, item{made.id, func() any { return made.shown(o) }})
		}
	}
	page(w, r, all)
}

func (s *Server) listDisputes(w http.ResponseWriter, r *http.Request) {
	var all []item
	if o := s.ofIntent(r.Form.Get("payment_intent")); o != nil {
		for i := len(o.disputes) - 1; i >= 0; i-- {
			d := o.disputes[i]
			all = append(all, item{d.id, func() any { return d.shown(o) }})
		}
	}
	page(w, r, all)
}

// item is one row of a list.
type item struct {
	id   string
	show func() any
}

// page shows the part of a list that is asked for.
func page(w http.ResponseWriter, r *http.Request, all []item) {
	limit, err := strconv.Atoi(r.Form.Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		limit = 10
	}
	if after := r.Form.Get("starting_after"); after != "" {
		for i, one := range all {
			if one.id == after {
				all = all[i+1:]
				break
			}
		}
	}
	data := []any{}
	for _, one := range all[:min(limit, len(all))] {
		data = append(data, one.show())
	}
	say(w, map[string]any{"object": "list", "url": r.URL.Path, "has_more": len(all) > limit, "data": data})
}

// expanded lists what is to be shown whole.
func expanded(r *http.Request, prefix string) map[string]bool {
	out := map[string]bool{}
	for name, values := range r.Form {
		if !strings.HasPrefix(name, "expand[") {
			continue
		}
		path := ""
		for _, part := range strings.Split(strings.TrimPrefix(values[0], prefix), ".") {
			path += "/" + part
			out[path] = true
		}
	}
	return out
}

func (s *Server) session(o *session, expand map[string]bool) map[string]any {
	shown := map[string]any{
		"id": o.id, "object": "checkout.session", "status": o.status, "payment_status": o.paymentWord, "mode": "payment",
		"amount_total": int64(o.amount), "currency": o.currency, "client_reference_id": o.reference,
		"metadata": map[string]any{"reference": o.reference}, "created": o.created.Unix(), "expires_at": o.expires.Unix(),
		"livemode": false, "url": nil, "payment_intent": nil,
	}
	if o.status == "open" {
		shown["url"] = fmt.Sprintf("%s/c/pay/%s", s.http.URL, o.id)
		return shown // Stripe makes the intent when the payer begins
	}
	shown["payment_intent"] = o.intent
	if expand["/payment_intent"] {
		shown["payment_intent"] = o.whole(expand)
	}
	return shown
}

func (o *session) whole(expand map[string]bool) map[string]any {
	intent := map[string]any{"id": o.intent, "object": "payment_intent", "status": o.intentStatus, "amount": int64(o.amount), "currency": o.currency}
	if o.charge == "" {
		return intent
	}
	intent["latest_charge"] = o.charge
	if expand["/payment_intent/latest_charge"] {
		intent["latest_charge"] = map[string]any{
			"id": o.charge, "object": "charge", "paid": true, "amount": int64(o.amount), "amount_captured": int64(o.amount),
			"amount_refunded": int64(o.refunded()), "currency": o.currency, "disputed": len(o.disputes) > 0,
		}
	}
	return intent
}

func (r *refund) shown(o *session) map[string]any {
	return map[string]any{
		"id": r.id, "object": "refund", "amount": int64(r.amount), "currency": o.currency, "status": r.status,
		"created": r.created.Unix(), "metadata": map[string]any{"reference": r.reference}, "payment_intent": o.intent, "charge": o.charge,
	}
}

func (d *dispute) shown(o *session) map[string]any {
	moves := []any{map[string]any{"id": "txn_1", "object": "balance_transaction", "created": d.created.Unix(), "amount": -int64(d.amount)}}
	if !d.settled.IsZero() {
		moves = append(moves, map[string]any{"id": "txn_2", "object": "balance_transaction", "created": d.settled.Unix(), "amount": int64(d.amount)})
	}
	return map[string]any{
		"id": d.id, "object": "dispute", "amount": int64(d.amount), "currency": o.currency, "status": d.status,
		"created": d.created.Unix(), "payment_intent": o.intent, "charge": o.charge, "balance_transactions": moves,
	}
}
