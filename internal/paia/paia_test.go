package paia_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/ledger"
)

func TestTheCardAndWhatIsLinkedToIt(t *testing.T) {
	t.Parallel()
	a := open(t).enter(marieke)
	if r := a.ask(http.MethodGet, "/paia/core/"+marieke, nil); r.body["name"] != "Marieke de Vries" || r.body["email"] != "marieke@example.nl" ||
		r.body["expires"] != "2027-08-01" || r.body["status"] != 0.0 {
		t.Errorf("got %s", r.raw)
	}
	if r := a.ask(http.MethodGet, "/paia/core/"+sem, nil); r.body["name"] != "Sem de Vries" || r.body["email"] != nil || r.body["expires"] != nil {
		t.Errorf("a linked card: %s", r.raw)
	}
	r := a.ask(http.MethodGet, "/paia/core/"+sem+"/items", nil)
	docs := r.body["doc"].([]any)                                                                                                                             //nolint:errcheck,forcetypeassert // a test
	if d := docs[0].(map[string]any); len(docs) != 1 || d["about"] != "Spel" || d["duedate"] != "2026-12-02" || d["status"] != 3.0 || d["label"] != "3003" || //nolint:errcheck,forcetypeassert // a test
		d["endtime"] != "2026-12-02T23:59:00+01:00" || d["item"] != "https://mijn.example.nl/paia/item/3003" {
		t.Errorf("got %s", r.raw)
	}
	if r := a.ask(http.MethodGet, "/paia/core/"+noor+"/fees", nil); r.body["amount"] != "0.80 EUR" {
		t.Errorf("got %s", r.raw)
	}
	// Noor lets her mother pay, and nothing else.
	a.wants(a.ask(http.MethodGet, "/paia/core/"+noor+"/items", nil), http.StatusForbidden, "access_denied")
	// What somebody reads is not for who may only pay; of Sem she may both.
	if r := a.ask(http.MethodGet, "/paia/core/"+sem+"/fees", nil); !strings.Contains(r.raw, "Te laat: Spel") {
		t.Errorf("got %s", r.raw)
	}
}

func TestEachDocumentIsRenewedByItself(t *testing.T) {
	t.Parallel()
	a := open(t).enter(marieke)
	item := func(code string) map[string]any {
		return map[string]any{"item": "https://mijn.example.nl/paia/item/" + code}
	}
	r := a.ask(http.MethodPost, "/paia/core/"+marieke+"/renew", map[string]any{"doc": []any{item("3001"), item("3002"), item("3003"), item("3001")}})
	a.wants(r, http.StatusOK, "")
	docs := r.body["doc"].([]any) //nolint:errcheck,forcetypeassert // a test
	var said []string
	for _, d := range docs {
		m := d.(map[string]any) //nolint:errcheck,forcetypeassert // a test
		text, _ := m["error"].(string)
		due, _ := m["duedate"].(string)
		said = append(said, due+" "+text)
	}
	r = a.ask(http.MethodPost, "/paia/core/"+marieke+"/renew", map[string]any{"doc": []any{map[string]any{"edition": "https://example.nl/boek"}}})
	if !strings.Contains(r.raw, `"status":0,"edition":"https://example.nl/boek","error":"`) {
		t.Errorf("an edition: %s", r.raw)
	}
	if len(said) != 4 || said[0] != "2026-12-16 " || !strings.Contains(said[1], "wacht") || !strings.HasPrefix(said[2], " ") || said[3] != said[0] {
		t.Errorf("got %q", said)
	}
	// Without a date the library's own system sees that it would not move.
	if r = a.ask(http.MethodPost, "/paia/core/"+marieke+"/renew", map[string]any{"doc": []any{item("3001")}}); !strings.Contains(r.raw, `"renewals":1`) {
		t.Errorf("sent again: %s", r.raw)
	}
	// The date that the app saw is over: what was sent twice renews once.
	again := map[string]any{"item": "https://mijn.example.nl/paia/item/3001", "duedate": "2026-12-01"}
	r = a.ask(http.MethodPost, "/paia/core/"+marieke+"/renew", map[string]any{"doc": []any{again}})
	if !strings.Contains(r.raw, `"renewals":1`) || !strings.Contains(r.raw, `"error"`) {
		t.Errorf("again: %s", r.raw)
	}
	// For a child, by mandate.
	r = a.ask(http.MethodPost, "/paia/core/"+sem+"/renew", map[string]any{"doc": []any{item("3003")}})
	if !strings.Contains(r.raw, `"renewals":1`) || strings.Contains(r.raw, `"error"`) {
		t.Errorf("for Sem: %s", r.raw)
	}
}

func TestWhatIsNotServedSaysSo(t *testing.T) {
	t.Parallel()
	a := open(t).enter(marieke)
	for _, path := range []string{"/request", "/cancel"} {
		a.wants(a.ask(http.MethodPost, "/paia/core/"+marieke+path, map[string]any{"doc": []any{}}), http.StatusNotImplemented, "not_implemented")
	}
	a.wants(a.ask(http.MethodPatch, "/paia/core/"+marieke, map[string]any{}), http.StatusNotImplemented, "not_implemented")
	a.wants(a.ask(http.MethodDelete, "/paia/core/"+marieke+"/messages", nil), http.StatusNotImplemented, "not_implemented")
	for _, path := range []string{"/paia/core/", "/paia/core/" + marieke + "/nothing", "/paia/auth/none", "/api/v1/", "/paia"} {
		a.wants(a.ask(http.MethodGet, path, nil), http.StatusNotFound, "not_found")
	}
	r := a.ask(http.MethodPut, "/paia/core/"+marieke+"/items", map[string]any{})
	a.wants(r, http.StatusMethodNotAllowed, "invalid_request")
	if r.header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("allows %q", r.header.Get("Allow"))
	}
	a.library.away = true
	r = a.ask(http.MethodGet, "/paia/core/"+marieke+"/items", nil)
	a.wants(r, http.StatusBadGateway, "bad_gateway")
	if r.header.Get("Retry-After") == "" {
		t.Error("it does not say when to come back")
	}
	r = a.ask(http.MethodGet, "/paia/core/"+marieke+"/items?suppress_response_codes", nil)
	if r.status != http.StatusOK || r.body["code"] != 502.0 {
		t.Errorf("suppressed: %d %s", r.status, r.raw)
	}
}

func TestTokensAreShortLivedAndRefreshed(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter(marieke)
	if r := a.ask(http.MethodGet, "/paia/core/"+marieke, nil); r.header.Get("X-OAuth-Scopes") != "read_patron read_items write_items read_fees read_messages" ||
		r.header.Get("X-Accepted-OAuth-Scopes") != "read_patron" {
		t.Errorf("headers %v", r.header)
	}
	w.clock.Pass(16 * time.Minute)
	r := a.ask(http.MethodGet, "/paia/core/"+marieke, nil)
	a.wants(r, http.StatusUnauthorized, "invalid_grant")
	if r.header.Get("WWW-Authenticate") != `Bearer realm="PAIA"` {
		t.Errorf("headers %v", r.header)
	}
	old := a.refresh
	a.keep(a.ask(http.MethodPost, "/paia/auth/login", map[string]any{"grant_type": "refresh_token", "refresh_token": old}))
	a.wants(a.ask(http.MethodGet, "/paia/core/"+marieke, nil), http.StatusOK, "")
	a.wants(a.ask(http.MethodPost, "/paia/auth/login", map[string]any{"grant_type": "refresh_token", "refresh_token": old}), http.StatusUnauthorized, "invalid_grant")
	a.wants(a.ask(http.MethodGet, "/paia/core/"+marieke, nil), http.StatusUnauthorized, "invalid_grant") // somebody has stolen it: all is over
	b := w.enter(marieke)
	a.wants(b.ask(http.MethodPost, "/paia/auth/logout", map[string]any{}), http.StatusUnprocessableEntity, "invalid_request")
	a.wants(b.ask(http.MethodPost, "/paia/auth/logout", map[string]any{"patron": sem}), http.StatusForbidden, "access_denied")
	a.wants(b.ask(http.MethodPost, "/paia/auth/logout", map[string]any{"patron": marieke}), http.StatusOK, "")
	a.wants(b.ask(http.MethodGet, "/paia/core/"+marieke, nil), http.StatusUnauthorized, "invalid_grant")
}

func TestAPasswordIsChangedByWhoKnowsIt(t *testing.T) {
	t.Parallel()
	w := open(t)
	a, other := w.enter(marieke, "change_password", "read_patron"), w.enter(marieke)
	change := func(who *app, user, old, chosen string) reply {
		return who.ask(http.MethodPost, "/paia/auth/change", map[string]any{"patron": marieke, "username": user, "old_password": old, "new_password": chosen})
	}
	a.wants(change(other, marieke, own, "Nieuw!wachtwoord2"), http.StatusForbidden, "insufficient_scope")
	a.wants(change(a, sem, own, "Nieuw!wachtwoord2"), http.StatusForbidden, "access_denied")
	a.wants(change(a, marieke, "mis", "Nieuw!wachtwoord2"), http.StatusUnprocessableEntity, "invalid_request")
	a.wants(change(a, marieke, own, "kort"), http.StatusUnprocessableEntity, "invalid_request")
	a.wants(change(a, marieke, own, "Nieuw!wachtwoord2"), http.StatusOK, "")
	a.wants(a.ask(http.MethodGet, "/paia/core/"+marieke, nil), http.StatusOK, "")
	a.wants(other.ask(http.MethodGet, "/paia/core/"+marieke, nil), http.StatusUnauthorized, "invalid_grant")
}

func TestAMandateIsAskedConfirmedAndEnded(t *testing.T) {
	t.Parallel()
	w := open(t)
	a, b := w.enter(marieke, everything...), w.enter(bo, everything...)
	ask := map[string]any{"side": "grantee", "patron": bo, "birthdate": "1990-01-01", "scopes": []string{"renew"}, "months": 0}
	a.wants(a.ask(http.MethodPost, "/api/v1/"+marieke+"/mandates", ask), http.StatusOK, "")
	ask["birthdate"] = "1990-01-02" // reaches nobody, and looks the same
	ask["scopes"] = []string{"pay"}
	a.wants(a.ask(http.MethodPost, "/api/v1/"+marieke+"/mandates", ask), http.StatusOK, "")
	if r := a.ask(http.MethodGet, "/api/v1/"+marieke+"/mandates", nil); strings.Contains(r.raw, "Bo Blok") {
		t.Errorf("told whom it reached: %s", r.raw)
	}
	r := b.ask(http.MethodGet, "/paia/core/"+bo+"/messages", nil)
	if list := r.body["message"].([]any); len(list) != 1 || !strings.Contains(r.raw, "Marieke de Vries wil zien wat jij leent") { //nolint:errcheck,forcetypeassert // a test
		t.Fatalf("got %s", r.raw)
	}
	m := b.ask(http.MethodGet, "/api/v1/"+bo+"/mandates", nil).body["mandate"].([]any)[0].(map[string]any) //nolint:errcheck,forcetypeassert // a test
	path := "/api/v1/" + bo + "/mandates/" + number(m["id"]) + "/"
	a.wants(b.ask(http.MethodPost, path+"confirm", map[string]any{"asked": "1"}), http.StatusUnprocessableEntity, "invalid_request")
	a.wants(b.ask(http.MethodPost, path+"confirm", map[string]any{"asked": m["asked"]}), http.StatusOK, "")
	a.wants(a.ask(http.MethodGet, "/paia/core/"+bo+"/items", nil), http.StatusOK, "")
	if r := a.ask(http.MethodGet, "/api/v1/"+marieke+"/cards", nil); !strings.Contains(r.raw, bo) {
		t.Errorf("not among %s", r.raw)
	}
	a.wants(b.ask(http.MethodPost, path+"end", map[string]any{}), http.StatusOK, "")
	a.wants(a.ask(http.MethodGet, "/paia/core/"+bo+"/items", nil), http.StatusForbidden, "access_denied")
	a.wants(b.ask(http.MethodPost, path+"close", map[string]any{}), http.StatusNotFound, "not_found")
}

// The whole visit: what three cards owe, one payment, and nothing is owed any more.
func TestAHouseholdIsPaidInOnePayment(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.enter(marieke, everything...)
	r := a.ask(http.MethodGet, "/api/v1/"+marieke+"/fees", nil)
	if r.body["amount"] != "4.50 EUR" {
		t.Fatalf("owes %s", r.raw)
	}
	var choice []any
	for _, f := range r.body["fee"].([]any) { //nolint:errcheck,forcetypeassert // a test
		choice = append(choice, f.(map[string]any)["choice"]) //nolint:errcheck,forcetypeassert // a test
	}
	wish := map[string]any{"choice": choice, "amount": "4.50 EUR", "key": "a1"}
	path := "/api/v1/" + marieke + "/payments"
	r = a.ask(http.MethodPost, path, wish)
	a.wants(r, http.StatusOK, "")
	if r.body["state"] != "open" || r.body["checkout"] != "https://bank.example/1" {
		t.Errorf("started %s", r.raw)
	}
	if again := a.ask(http.MethodPost, path, wish); again.body["id"] != r.body["id"] {
		t.Errorf("sent twice it is another: %s", again.raw)
	}
	for _, bad := range []map[string]any{
		{"choice": choice, "amount": "4.49 EUR", "key": "a2"},
		{"choice": choice, "amount": "4,50", "key": "a2"},
		{"choice": choice, "amount": "4.50 EUR"},
		{"choice": []any{}, "amount": "0.00 EUR", "key": "a3"},
		{"choice": choice[:1], "amount": "2.50 EUR", "key": "a1"},
	} {
		a.wants(a.ask(http.MethodPost, path, bad), http.StatusUnprocessableEntity, "invalid_request")
	}
	w.bank.pay(1)
	if r := a.ask(http.MethodGet, path+"/1", nil); r.body["state"] != "paid" || r.body["checkout"] != nil {
		t.Errorf("stands %s", r.raw)
	}
	if r := a.ask(http.MethodGet, "/api/v1/"+marieke+"/fees", nil); r.body["amount"] != "0.00 EUR" || len(r.body["fee"].([]any)) > 0 { //nolint:errcheck,forcetypeassert // a test
		t.Errorf("still owes %s", r.raw)
	}
	a.wants(w.enter(sem, everything...).ask(http.MethodGet, "/api/v1/"+sem+"/payments/1", nil), http.StatusNotFound, "not_found")
	must(t, w.cashier.Deliver(t.Context(), 1))
	if r := a.ask(http.MethodGet, "/paia/core/"+sem+"/fees", nil); r.body["amount"] != "0.00 EUR" {
		t.Errorf("Sem owes %s", r.raw)
	}
	var v ledger.Verifier
	book := ledger.Book{}
	head, err := w.store.EachPosting(t.Context(), 0, func(row ledger.Row) error {
		must(t, book.Add(row.Posting))
		return v.Add(row)
	})
	must(t, err)
	must(t, v.End(head))
	if book[ledger.Provider("bank")] != 450 {
		t.Errorf("the books: %v", book)
	}
}
