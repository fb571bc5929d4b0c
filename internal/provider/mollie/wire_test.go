package mollie_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/provider/mollie"
)

const mollieAddress = mollie.Address

// transport answers requests in the test itself.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering is a client whose Mollie answers every request with one text.
func answering(t *testing.T, status int, body string) *mollie.Provider {
	t.Helper()
	return over(t, func(*http.Request) (*http.Response, error) { return answer(status, body), nil })
}

func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(strings.NewReader(body)),
		Header: http.Header{"Content-Type": {"application/hal+json"}},
	}
}

func over(t *testing.T, f transport) *mollie.Provider {
	t.Helper()
	p, err := mollie.New(mollie.Options{
		Key: "live_verysecretkeyofthelibrary", Client: &http.Client{Transport: f}, Now: newClock().Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// paymentOf is a payment as Mollie writes it, with other fields by name.
func paymentOf(t *testing.T, fields map[string]any) string {
	t.Helper()
	all := map[string]any{
		"resource": "payment", "id": "tr_1", "mode": "live", "createdAt": "2026-11-24T10:00:00+00:00",
		"amount": map[string]string{"currency": "EUR", "value": "12.34"}, "description": "x", "status": "paid",
		"metadata": map[string]string{"reference": "1"}, "profileId": "pfl_1", "sequenceType": "oneoff", "_links": map[string]any{},
	}
	for name, value := range fields {
		all[name] = value
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAmountsAreReadExactlyOrNotAtAll(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]money.Cents{"12.34": 1234, "0.01": 1, "1000.00": 100000, "1.15": 115, "999999999999.99": 99999999999999} {
		s, err := answering(t, http.StatusOK, paymentOf(t, map[string]any{"amount": map[string]string{"currency": "EUR", "value": value}})).Status(t.Context(), "tr_1")
		if err != nil || s.Amount != want || s.Said != value+" EUR" {
			t.Errorf("%q: %+v, %v", value, s, err)
		}
	}
	for _, amount := range []any{
		"12.34", 12.34, nil,
		map[string]any{"currency": "EUR", "value": 12.34},
		euros("12"), euros("12.3"), euros("12.340"), euros("12,34"), euros("-12.34"), euros("+12.34"), euros(" 12.34"), euros("12.34 "),
		euros("1e2"), euros("1,000.00"), euros(".34"), euros(""), euros("9999999999999999.99"), euros("１2.34"), euros("NaN"),
		map[string]string{"currency": "", "value": "12.34"},
		map[string]string{"currency": "eur", "value": "12.34"},
		map[string]string{"currency": "EURO", "value": "12.34"},
		map[string]string{"currency": "USD", "value": "<b>12</b>"},
	} {
		for _, field := range []string{"amount", "amountRefunded", "amountChargedBack"} {
			if amount == nil && field != "amount" {
				continue // there is none
			}
			s, err := answering(t, http.StatusOK, paymentOf(t, map[string]any{field: amount})).Status(t.Context(), "tr_1")
			if err == nil {
				t.Errorf("%s %v: %+v", field, amount, s)
			}
		}
	}
}

func euros(value string) map[string]string {
	return map[string]string{"currency": "EUR", "value": value}
}

func TestEveryStateOfMollieIsOneOfOurs(t *testing.T) {
	t.Parallel()
	for theirs, ours := range map[string]payment.State{
		"open": payment.Open, "pending": payment.Open, "authorized": payment.Open, "paid": payment.Paid, "canceled": payment.Cancelled,
		"failed": payment.Failed, "expired": payment.Expired,
	} {
		s, err := answering(t, http.StatusOK, paymentOf(t, map[string]any{"status": theirs})).Status(t.Context(), "tr_1")
		if err != nil || s.State != ours {
			t.Errorf("%s: %+v, %v", theirs, s, err)
		}
	}
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	for _, theirs := range doc.Components.Schemas["payment-status"].Value.Enum {
		if _, err := answering(t, http.StatusOK, paymentOf(t, map[string]any{"status": theirs})).Status(t.Context(), "tr_1"); err != nil {
			t.Errorf("%v is in the description: %v", theirs, err)
		}
	}
	for _, unknown := range []any{"", "PAID", "refunded", nil, 1} {
		if s, err := answering(t, http.StatusOK, paymentOf(t, map[string]any{"status": unknown})).Status(t.Context(), "tr_1"); err == nil {
			t.Errorf("%v: %+v", unknown, s)
		}
	}
}

func TestEveryStateOfARefundIsOneOfOurs(t *testing.T) {
	t.Parallel()
	refunds := func(status any) *mollie.Provider {
		return answering(t, http.StatusOK, fmt.Sprintf(`{"count": 1, "_embedded": {"refunds": [{"id": "re_1", "status": %q,
			"amount": {"currency": "EUR", "value": "1.00"}, "metadata": null, "createdAt": "2026-11-24T10:00:00+00:00"}]}, "_links": {"next": null}}`, status))
	}
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	for _, theirs := range doc.Components.Schemas["refund-status-response"].Value.Enum {
		want := map[any]payment.RefundState{
			"queued": payment.Sent, "pending": payment.Sent, "processing": payment.Sent, "refunded": payment.Done,
			"failed": payment.RefundFailed, "canceled": payment.RefundFailed,
		}[theirs]
		got, err := refunds(theirs).Refunds(t.Context(), "tr_1")
		if err != nil || len(got) != 1 || got[0].State != want || got[0].Reference != "" || got[0].Amount != 100 {
			t.Errorf("%v: %+v, %v", theirs, got, err)
		}
	}
	if got, err := refunds("lost").Refunds(t.Context(), "tr_1"); err == nil {
		t.Errorf("an unknown state: %+v", got)
	}
}

func TestWhatOthersNoteWithAnOrderIsNotOurs(t *testing.T) {
	t.Parallel()
	for _, metadata := range []any{nil, "1", 1, []string{"reference"}, map[string]any{"order": "1"}, map[string]any{"reference": 1}, map[string]any{"reference": nil}} {
		s, err := answering(t, http.StatusOK, paymentOf(t, map[string]any{"metadata": metadata})).Status(t.Context(), "tr_1")
		if err != nil || s.Reference != "" {
			t.Errorf("%v: %+v, %v", metadata, s, err)
		}
	}
}

func TestAnAnswerAboutAnotherOrderIsNoAnswer(t *testing.T) {
	t.Parallel()
	if s, err := answering(t, http.StatusOK, paymentOf(t, map[string]any{"id": "tr_2"})).Status(t.Context(), "tr_1"); err == nil {
		t.Errorf("got %+v", s)
	}
}

func TestAnAnswerThatIsNotMolliesIsAnErrorAndSaysNothingOfTheOrder(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "[]", "{}", "<html>", `{"id": "tr_1"`, paymentOf(t, nil) + "{}"} {
		s, err := answering(t, http.StatusOK, body).Status(t.Context(), "tr_1")
		if err == nil || problem.KindOf(err) != "" {
			t.Errorf("%q: %+v, %v", body, s, err)
		}
	}
	p := over(t, func(*http.Request) (*http.Response, error) {
		a := answer(http.StatusOK, paymentOf(t, nil))
		a.Header.Set("Content-Type", "text/html")
		return a, nil
	})
	if s, err := p.Status(t.Context(), "tr_1"); err == nil {
		t.Errorf("a page: %+v", s)
	}
}

func TestNoMoreThanAMegabyteIsRead(t *testing.T) {
	t.Parallel()
	if s, err := answering(t, http.StatusOK, paymentOf(t, nil)+strings.Repeat(" ", 1<<19)).Status(t.Context(), "tr_1"); err != nil {
		t.Errorf("half of that: %+v, %v", s, err)
	}
	if s, err := answering(t, http.StatusOK, paymentOf(t, nil)+strings.Repeat(" ", 1<<20)).Status(t.Context(), "tr_1"); err == nil {
		t.Errorf("got %+v", s)
	}
}

func TestANewOrderHasAPageThatAPayerCanBeSentTo(t *testing.T) {
	t.Parallel()
	for page, fine := range map[string]bool{
		"https://www.mollie.com/checkout/select-issuer/ideal/7UhSN1zuXS": true,
		"":                       false,
		"/checkout/1":            false,
		"http://www.mollie.com/": false, // not in the open
		"javascript:alert(1)":    false,
		"https:///1":             false,
		"\x00":                   false,
	} {
		p := answering(t, http.StatusCreated, paymentOf(t, map[string]any{
			"status": "open", "_links": map[string]any{"checkout": map[string]string{"href": page, "type": "text/html"}},
		}))
		c, err := p.Create(t.Context(), payment.Order{Reference: "1", Key: "k", Amount: 1234, Description: "x", Return: "https://example.org/"})
		if (err == nil) != fine || (fine && c.URL != page) {
			t.Errorf("%q: %+v, %v", page, c, err)
		}
	}
}

func FuzzWhatMollieSaysIsReadExactlyOrNotAtAll(f *testing.F) {
	for _, seed := range []string{
		`{"id": "tr_1", "status": "paid", "amount": {"currency": "EUR", "value": "12.34"}, "metadata": {"reference": "1"}, "createdAt": "2026-11-24T10:00:00+00:00"}`,
		`{"id": "tr_1", "status": "open", "amount": {"currency": "USD", "value": "12.34"}, "amountRefunded": {"currency": "EUR", "value": "0.00"}}`,
		`{"id": "tr_1", "status": "paid", "amount": {"currency": "EUR", "value": "1e3"}}`, `[]`, `null`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s, err := answering(t, http.StatusOK, body).Status(t.Context(), "tr_1")
		if err != nil {
			return
		}
		var said struct {
			Amount struct{ Currency, Value string }
		}
		if err := json.Unmarshal([]byte(body), &said); err != nil {
			t.Fatalf("took %q: %v", body, err)
		}
		switch {
		case s.Ref != "tr_1" || s.Currency != said.Amount.Currency:
			t.Errorf("%q: %+v", body, s)
		case s.Currency == payment.Euro && strings.TrimLeft(s.Amount.String(), "0.") != strings.TrimLeft(said.Amount.Value, "0."):
			t.Errorf("%q is %v", said.Amount.Value, s.Amount)
		case s.Currency != payment.Euro && (s.Amount != 0 || s.Refunded != 0 || s.ChargedBack != 0):
			t.Errorf("%q counts: %+v", body, s)
		}
	})
}
