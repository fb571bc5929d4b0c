package mollie_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/mollie"
)

// at is an instant on the morning of the tests.
func at(minute int) time.Time { return time.Date(2026, 11, 24, 10, minute, 0, 0, time.UTC) }

// pages is a Mollie with orders at these minutes, newest first, so many to a
// page, and counts what is asked.
func pages(t *testing.T, perPage int, asked *int, minutes ...int) transport {
	t.Helper()
	return func(r *http.Request) (*http.Response, error) {
		*asked++
		if r.URL.Host != "api.mollie.com" {
			return nil, fmt.Errorf("the key went to %s", r.URL.Host)
		}
		start := 0
		if from := r.URL.Query().Get("from"); from != "" {
			if _, err := fmt.Sscanf(from, "tr_%d", &start); err != nil {
				return nil, err
			}
		}
		end, next := start+perPage, "null"
		if end < len(minutes) {
			next = fmt.Sprintf(`{"href": "https://elsewhere.example/v2/payments?from=tr_%d&limit=9", "type": "x"}`, end)
		}
		var orders []string
		for i := start; i < min(end, len(minutes)); i++ {
			orders = append(orders, paymentOf(t, map[string]any{"id": fmt.Sprintf("tr_%d", i), "createdAt": at(minutes[i])}))
		}
		return answer(http.StatusOK, fmt.Sprintf(`{"count": 1, "_embedded": {"payments": [%s]}, "_links": {"next": %s}}`, strings.Join(orders, ","), next)), nil
	}
}

func TestAListIsReadNoFurtherThanItMustAndFromNowhereElse(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		from, to int
		orders   string
		asked    int
	}{
		{0, 60, "tr_0 tr_1 tr_2 tr_3 tr_4 tr_5", 3}, {30, 60, "tr_0 tr_1 tr_2", 2}, {55, 60, "", 1}, {0, 10, "tr_5", 3}, {20, 40, "tr_2 tr_3", 3},
	} {
		asked := 0
		p := over(t, pages(t, 2, &asked, 50, 40, 30, 20, 10, 0))
		var got []string
		err := p.List(t.Context(), at(want.from), at(want.to), func(s payment.Status) error {
			got = append(got, s.Ref)
			return nil
		})
		if err != nil || strings.Join(got, " ") != want.orders || asked != want.asked {
			t.Errorf("from %d to %d: %v with %d requests, %v", want.from, want.to, got, asked, err)
		}
	}
}

func TestAListThatGoesRoundInCirclesEnds(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"https://api.mollie.com/v2/payments?from=tr_1", "https://api.mollie.com/v2/payments", "\x7f://"} {
		p := answering(t, http.StatusOK, fmt.Sprintf(`{"_embedded": {"payments": [%s]}, "_links": {"next": {"href": %q}}}`, paymentOf(t, nil), next))
		if err := p.List(t.Context(), at(0), at(60), func(payment.Status) error { return nil }); err == nil {
			t.Errorf("%q: no error", next)
		}
	}
}

func TestAnOrderInAListThatCannotBeReadStopsItAndIsNamed(t *testing.T) {
	t.Parallel()
	for field, value := range map[string]any{"createdAt": "0001-01-01T00:00:00Z", "amount": euros("12.3"), "status": "lost"} {
		p := answering(t, http.StatusOK, fmt.Sprintf(`{"_embedded": {"payments": [%s]}, "_links": {}}`, paymentOf(t, map[string]any{field: value})))
		err := p.List(t.Context(), at(0), at(60), func(payment.Status) error { return errors.New("called") })
		if err == nil || !strings.Contains(err.Error(), `"tr_1"`) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestWhatAnotherProgramOrderedIsNoHindrance(t *testing.T) {
	t.Parallel()
	strange := paymentOf(t, map[string]any{"id": "tr_9", "status": "half-paid", "metadata": map[string]string{"webshop": "9"}})
	p := answering(t, http.StatusOK, fmt.Sprintf(`{"_embedded": {"payments": [%s, %s]}, "_links": {}}`, strange, paymentOf(t, nil)))
	var got []string
	if err := p.List(t.Context(), at(0), at(60), func(s payment.Status) error {
		got = append(got, s.Ref)
		return nil
	}); err != nil || strings.Join(got, " ") != "tr_1" {
		t.Errorf("%v, %v", got, err)
	}
}

const ideal = `{"id": "ideal", "status": "activated", "minimumAmount": {"value": "0.10", "currency": "EUR"},
	"maximumAmount": {"value": "50000.00", "currency": "EUR"}}`

// methods is what Mollie says of its methods.
func methods(all string) string {
	return fmt.Sprintf(`{"count": 1, "_embedded": {"methods": [%s]}, "_links": {}}`, all)
}

func TestTheLimitsAreTheWidestOfWhatCanBeUsed(t *testing.T) {
	t.Parallel()
	const (
		card     = `{"id": "creditcard", "minimumAmount": {"value": "0.01", "currency": "EUR"}, "maximumAmount": {"value": "10000.00", "currency": "EUR"}}`
		transfer = `{"id": "banktransfer", "status": "activated", "minimumAmount": {"value": "1.00", "currency": "EUR"}, "maximumAmount": null}`
		waiting  = `{"id": "klarna", "status": "pending-review", "minimumAmount": {"value": "0.00", "currency": "EUR"}, "maximumAmount": null}`
		zloty    = `{"id": "blik", "status": "activated", "minimumAmount": {"value": "0.01", "currency": "PLN"}, "maximumAmount": null}`
		broken   = `{"id": "ideal", "status": "activated", "minimumAmount": {"value": "0.1", "currency": "EUR"}, "maximumAmount": null}`
	)
	for all, want := range map[string]payment.Limits{
		ideal: {Least: 10, Most: 50_000_00}, ideal + "," + card: {Least: 1, Most: 50_000_00}, transfer: {Least: 100},
		ideal + "," + transfer: {Least: 10}, waiting + "," + ideal: {Least: 10, Most: 50_000_00}, zloty + "," + card: {Least: 1, Most: 10_000_00},
	} {
		if got, err := answering(t, http.StatusOK, methods(all)).Limits(t.Context()); err != nil || got != want {
			t.Errorf("%s: %+v, %v", all, got, err)
		}
	}
	for _, none := range []string{"", waiting, zloty, broken, ideal + "," + broken} {
		if got, err := answering(t, http.StatusOK, methods(none)).Limits(t.Context()); err == nil {
			t.Errorf("%s: %+v", none, got)
		}
	}
}

func TestTheLimitsAreAskedOnceAnHourAndStayKnown(t *testing.T) {
	t.Parallel()
	asked, away := 0, false
	clock := newClock()
	p, err := mollie.New(mollie.Options{
		Key: "live_x", Now: clock.Now, Log: slog.New(slog.DiscardHandler),
		Client: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			asked++
			if away {
				return answer(http.StatusForbidden, "{}"), nil
			}
			return answer(http.StatusOK, methods(ideal)), nil
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		away  bool
		asked int // in all
	}{
		{0, false, 1},
		{0, true, 1},
		{59 * time.Minute, true, 1},
		{time.Minute, true, 2},
		{0, true, 2},
		{59 * time.Second, true, 2},
		{time.Second, true, 3},
		{time.Minute, false, 4},
		{59 * time.Minute, true, 4},
	} {
		clock.Pass(step.after)
		away = step.away
		got, err := p.Limits(t.Context())
		if want := (payment.Limits{Least: 10, Most: 50_000_00}); err != nil || got != want || asked != step.asked {
			t.Errorf("%+v: %+v, %v, asked %d times", step, got, err, asked)
		}
	}
}
