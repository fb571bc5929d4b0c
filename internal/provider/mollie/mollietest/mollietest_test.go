package mollietest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/calendar/calendartest"
	"hoofdpas/internal/provider/mollie/mollietest"
)

func newClock() *calendartest.Clock {
	return calendartest.At(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
}

// ask asks the API and returns the answer's status, and its fields.
func ask(t *testing.T, s *mollietest.Server, method, path, key, body string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.APIKey())
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var fields map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&fields); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, fields
}

func orderFor(webhook string) string {
	return fmt.Sprintf(`{"amount": {"currency": "EUR", "value": "12.34"}, "description": "x", "redirectUrl": "https://bieb.example/", "webhookUrl": %q,
		"metadata": {"reference": "1"}}`, webhook)
}

// made makes an order and returns its key.
func made(t *testing.T, s *mollietest.Server, key, webhook string) string {
	t.Helper()
	status, fields := ask(t, s, http.MethodPost, "/v2/payments", key, orderFor(webhook))
	id, _ := fields["id"].(string)
	if status != http.StatusCreated || !strings.HasPrefix(id, "tr_") {
		t.Fatalf("answered %d, %v", status, fields)
	}
	return id
}

func TestAnIdempotencyKeyIsKnownForAnHour(t *testing.T) {
	t.Parallel()
	at := newClock()
	s := mollietest.Serve(t, mollietest.Options{Now: at.Now})
	first := made(t, s, "k", "")
	at.Pass(59 * time.Minute)
	if again := made(t, s, "k", ""); again != first {
		t.Errorf("within the hour it is another order: %q, %q", first, again)
	}
	at.Pass(time.Minute)
	if later := made(t, s, "k", ""); later == first {
		t.Error("after an hour it is the same order")
	}
	if a, b := made(t, s, "", ""), made(t, s, "", ""); a == b {
		t.Error("without a key two orders are one")
	}
}

func TestWhatMollieWouldNotTakeIsRefused(t *testing.T) {
	t.Parallel()
	s := mollietest.Serve(t, mollietest.Options{})
	for field, body := range map[string]string{
		"amount":      strings.Replace(orderFor(""), "12.34", "12.345", 1),
		"description": strings.Replace(orderFor(""), `"x"`, `""`, 1),
		"redirectUrl": strings.Replace(orderFor(""), "https://", "", 1),
		"webhookUrl":  orderFor("nowhere"),
	} {
		if status, fields := ask(t, s, http.MethodPost, "/v2/payments", "", body); status != http.StatusUnprocessableEntity || fields["field"] != field {
			t.Errorf("%s: answered %d, %v", field, status, fields)
		}
	}
	for amount := range map[string]bool{`"value": "0.00"`: true, `"value": "50000.01"`: true, `"value": "-1.00"`: true, `"value": "12"`: true} {
		if status, _ := ask(t, s, http.MethodPost, "/v2/payments", "", strings.Replace(orderFor(""), `"value": "12.34"`, amount, 1)); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: answered %d", amount, status)
		}
	}
	for path, want := range map[string]int{
		"/v2/payments/tr_unknown": http.StatusNotFound, "/v2/nothing": http.StatusNotFound, "/v2/payments?limit=251": http.StatusBadRequest,
		"/v2/payments?limit=x": http.StatusBadRequest, "/v2/payments?from=tr_unknown": http.StatusBadRequest,
	} {
		if status, fields := ask(t, s, http.MethodGet, path, "", ""); status != want || fields["detail"] == "" {
			t.Errorf("%s: answered %d, %v", path, status, fields)
		}
	}
	if all := s.Orders(); len(all) != 0 {
		t.Errorf("made %+v", all)
	}
}

// ear counts the webhooks that it takes, after refusing some.
func ear(t *testing.T, refuse int) (address string, heard <-chan string) {
	t.Helper()
	const room = 4096
	ids := make(chan string, room)
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if refuse > 0 {
			refuse--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		ids <- r.PostFormValue("id")
	}))
	t.Cleanup(server.Close)
	return server.URL, ids
}

// taken waits until no webhook is under way and counts what came.
func taken(t *testing.T, s *mollietest.Server, heard <-chan string) map[string]int {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for s.Waiting() > 0 {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("webhooks are under way for ever")
		}
	}
	counts := map[string]int{}
	for {
		select {
		case id := <-heard:
			counts[id]++
		default:
			return counts
		}
	}
}

func TestWebhooksComeTwiceOrLateOrNotAtAllWhenTheyAreMeantTo(t *testing.T) {
	t.Parallel()
	const many = 40
	for name, want := range map[string]struct {
		faults mollietest.Faults
		each   int
	}{
		"as they should": {mollietest.Faults{}, 1}, "twice": {mollietest.Faults{Twice: 1}, 2}, "never": {mollietest.Faults{Unsent: 1}, 0},
		"late": {mollietest.Faults{Late: 1, LateBy: 50 * time.Millisecond}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, heard := ear(t, 0)
			s := mollietest.Serve(t, mollietest.Options{Faults: want.faults})
			for range many {
				if err := s.Finish(made(t, s, "", address), mollietest.Paid); err != nil {
					t.Fatal(err)
				}
			}
			counts := taken(t, s, heard)
			for _, o := range s.Orders() {
				if counts[o.Ref] != want.each {
					t.Errorf("%q was told of %d times", o.Ref, counts[o.Ref])
				}
			}
		})
	}
}

func TestAWebhookThatIsNotTakenComesAgain(t *testing.T) {
	t.Parallel()
	address, heard := ear(t, 2)
	s := mollietest.Serve(t, mollietest.Options{Again: []time.Duration{time.Millisecond, time.Millisecond}})
	ref := made(t, s, "", address)
	if err := s.Finish(ref, mollietest.Failed); err != nil {
		t.Fatal(err)
	}
	if counts := taken(t, s, heard); counts[ref] != 1 {
		t.Errorf("told %v", counts)
	}
}

func TestWhatHappensLaterIsToldToo(t *testing.T) {
	t.Parallel()
	at := newClock()
	address, heard := ear(t, 0)
	s := mollietest.Serve(t, mollietest.Options{Now: at.Now, RefundsTake: time.Hour})
	ref := made(t, s, "", address)
	told := 0
	for i, step := range []func() error{
		func() error { return s.Finish(ref, mollietest.Paid) },
		func() error { _, err := s.RefundHere(ref, 100); return err },
		func() error { at.Pass(time.Hour); s.Orders(); return nil },
		func() error { _, err := s.ChargeBack(ref, 1134); return err },
		func() error { o, _ := s.Order(ref); return s.Restore(ref, o.Chargebacks[0].Ref) },
		func() error { return s.Tell(ref) },
	} {
		if err := step(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		told++
	}
	if counts := taken(t, s, heard); counts[ref] != told {
		t.Errorf("told %v, not %d", counts, told)
	}
	if o, _ := s.Order(ref); o.Refunds[0].Status != mollietest.Refunded || o.Chargebacks[0].ReversedAt.IsZero() {
		t.Errorf("in the end %+v", o)
	}
	late := made(t, s, "", address)
	at.Pass(15 * time.Minute)
	if o, _ := s.Order(late); o.Status != mollietest.Expired {
		t.Errorf("after its time it is %s", o.Status)
	}
	if counts := taken(t, s, heard); counts[late] != 1 {
		t.Errorf("told %v", counts)
	}
}

func TestAPayerPaysOnThePage(t *testing.T) {
	t.Parallel()
	s := mollietest.Serve(t, mollietest.Options{})
	ref := made(t, s, "", "")
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page := func() string {
		t.Helper()
		answer, err := browser.Get(s.URL() + "/checkout/" + ref)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	if before := page(); strings.Count(before, "<button") != 4 || !strings.Contains(before, "12.34") {
		t.Errorf("the page is %s", before)
	}
	answer, err := browser.PostForm(s.URL()+"/checkout/"+ref, url.Values{"status": {mollietest.Paid}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "https://bieb.example/" {
		t.Errorf("answered %d, to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	if after := page(); strings.Contains(after, "<button") {
		t.Errorf("the page is %s", after)
	}
	if o, _ := s.Order(ref); o.Status != mollietest.Paid || o.PaidAt.IsZero() {
		t.Errorf("it is %+v", o)
	}
}

func TestTheSameSeedIsTheSameBadDay(t *testing.T) {
	t.Parallel()
	day := func() (amounts string) {
		s := mollietest.Serve(t, mollietest.Options{Seed: 7, Faults: mollietest.Faults{OtherAmount: 0.3, OtherCurrency: 0.3}})
		for range 30 {
			ref := made(t, s, "", "")
			if err := s.Finish(ref, mollietest.Paid); err != nil {
				t.Fatal(err)
			}
			o, _ := s.Order(ref)
			amounts += o.Value + o.Currency + " "
		}
		return amounts
	}
	first := day()
	if second := day(); first != second {
		t.Errorf("%s\n%s", first, second)
	}
	for _, what := range []string{"12.33EUR", "12.34USD", "12.34EUR"} {
		if !strings.Contains(first, what) {
			t.Errorf("never %s: %s", what, first)
		}
	}
}
