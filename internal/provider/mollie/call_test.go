package mollie_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/provider/mollie"
	"hoofdpas/internal/provider/mollie/mollietest"
)

func anOrder() payment.Order {
	return payment.Order{
		Reference: "12", Key: "k12", Amount: 1234, Description: "Bibliotheek 12", Return: "https://bieb.example/betaling/12",
		Webhook: "https://bieb.example/betalen/melding/mollie", Language: "nl",
	}
}

func aRefund(ref string) payment.RefundOrder {
	return payment.RefundOrder{Ref: ref, Reference: "7", Key: "k7", Amount: 500, Description: "Terug 12"}
}

func TestAnOrderIsAskedForInMolliesWords(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	p := over(t, func(r *http.Request) (*http.Response, error) {
		got = r
		b, err := io.ReadAll(r.Body)
		body = string(b)
		return answer(http.StatusCreated, paymentOf(t, map[string]any{
			"status": "open", "metadata": map[string]string{"reference": "12"},
			"_links": map[string]any{"checkout": map[string]string{"href": "https://www.mollie.com/x"}},
		})), err
	})
	if _, err := p.Create(t.Context(), anOrder()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"amount":{"currency":"EUR","value":"12.34"},"description":"Bibliotheek 12",`+
		`"redirectUrl":"https://bieb.example/betaling/12","webhookUrl":"https://bieb.example/betalen/melding/mollie",`+
		`"metadata":{"reference":"12"},"locale":"nl_NL"}`, body); diff != "" {
		t.Error(diff)
	}
	if got.URL.String() != "https://api.mollie.com/v2/payments" || got.Header.Get("Authorization") != "Bearer live_verysecretkeyofthelibrary" ||
		got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %v", got.URL, got.Header)
	}
	if key := got.Header.Get("Idempotency-Key"); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(key) {
		t.Errorf("the key %q is no UUID of version 4", key)
	}
}

func TestAnOrderAndARefundWithTheSameKeyAreNotTheSame(t *testing.T) {
	t.Parallel()
	p, server, _ := profile(t, mollietest.Options{})
	o := anOrder()
	o.Webhook = ""
	c, err := p.Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Finish(c.Ref, mollietest.Paid); err != nil {
		t.Fatal(err)
	}
	r := aRefund(c.Ref)
	r.Key = o.Key
	if s, err := p.Refund(t.Context(), r); err != nil || s.State != payment.Sent {
		t.Errorf("%+v, %v", s, err)
	}
}

// badDays is what goes wrong with the first requests, and whether the order is
// made all the same.
var badDays = map[string]struct {
	faults []mollietest.Fault
	made   bool
}{
	"the answer is lost":             {[]mollietest.Fault{mollietest.Lost}, true},
	"two answers are lost":           {[]mollietest.Fault{mollietest.Lost, mollietest.Lost}, true},
	"it is in trouble":               {[]mollietest.Fault{mollietest.Refused}, true},
	"it is busy":                     {[]mollietest.Fault{mollietest.Busy, mollietest.Busy}, true},
	"the answer is no answer":        {[]mollietest.Fault{mollietest.Garbled}, false},
	"it sends us elsewhere":          {[]mollietest.Fault{mollietest.Moved}, false},
	"the answer has no end":          {[]mollietest.Fault{mollietest.Huge}, false},
	"there is no page to pay on":     {[]mollietest.Fault{mollietest.NoPage}, false},
	"lost, in trouble, lost":         {[]mollietest.Fault{mollietest.Lost, mollietest.Refused, mollietest.Lost}, true},
	"lost, then no answer at all":    {[]mollietest.Fault{mollietest.Lost, mollietest.Garbled}, false},
	"in trouble four times, it ends": {[]mollietest.Fault{mollietest.Refused, mollietest.Refused, mollietest.Refused, mollietest.Refused}, false},
}

func TestOnABadDayThereIsOneOrderAtMost(t *testing.T) {
	t.Parallel()
	for name, day := range badDays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, server := plain(t, mollietest.Options{})
			server.Next(day.faults...)
			c, err := p.Create(t.Context(), anOrder())
			if (err == nil) != day.made {
				t.Errorf("%+v, %v", c, err)
			}
			if kind := problem.KindOf(err); kind == problem.NotFound || kind == problem.Refused || kind == problem.Conflict {
				t.Errorf("says for good: %v", err)
			}
			again, err := p.Create(t.Context(), anOrder())
			if all := server.Orders(); err != nil || len(all) != 1 || again.Ref != all[0].Ref || (day.made && again != c) {
				t.Errorf("then %+v, %v, and there are %+v", again, err, all)
			}
		})
	}
}

// plain is a client whose requests are not held against the description: on a
// bad day there is much that does not fit it.
func plain(t *testing.T, o mollietest.Options) (*mollie.Provider, *mollietest.Server) {
	t.Helper()
	server := mollietest.Serve(t, o)
	p, err := mollie.New(mollie.Options{
		Key: server.APIKey(), URL: server.URL(), Client: server.Client(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, server
}

// paidAt is a paid order.
func paidAt(t *testing.T, p *mollie.Provider, server *mollietest.Server) string {
	t.Helper()
	o := anOrder()
	o.Webhook = ""
	c, err := p.Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Finish(c.Ref, mollietest.Paid); err != nil {
		t.Fatal(err)
	}
	return c.Ref
}

func TestOnABadDayThereIsOneRefundAtMost(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]mollietest.Fault{
		"the answer is lost": {mollietest.None, mollietest.Lost}, "the answer is no answer": {mollietest.None, mollietest.Garbled},
		"asking for the list fails": {mollietest.Garbled}, "asked for just now": {mollietest.None, mollietest.Repeated},
		"made, but said to be asked for just now": {mollietest.None, mollietest.Lost, mollietest.Repeated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, server := plain(t, mollietest.Options{})
			ref := paidAt(t, p, server)
			server.Next(faults...)
			_, err := p.Refund(t.Context(), aRefund(ref))
			if kind := problem.KindOf(err); kind == problem.NotFound || kind == problem.Refused || kind == problem.Conflict {
				t.Errorf("says for good: %v", err)
			}
			s, err := p.Refund(t.Context(), aRefund(ref))
			o, _ := server.Order(ref)
			if err != nil || len(o.Refunds) != 1 || s.Ref != o.Refunds[0].Ref {
				t.Errorf("%+v, %v, and there are %+v", s, err, o.Refunds)
			}
		})
	}
}

func TestAnOrderWhoseCancellingWasNotHeardOfIsCancelled(t *testing.T) {
	t.Parallel()
	p, server := plain(t, mollietest.Options{})
	c, err := p.Create(t.Context(), anOrder())
	if err != nil {
		t.Fatal(err)
	}
	server.Next(mollietest.Lost)
	if err := p.Cancel(t.Context(), c.Ref); err != nil {
		t.Error(err)
	}
	if o, _ := server.Order(c.Ref); o.Status != mollietest.Canceled {
		t.Errorf("it is %s", o.Status)
	}
}

func TestAnOrderWhosePayerHasGoneOnIsNotCancelled(t *testing.T) {
	t.Parallel()
	p, server, _ := profile(t, mollietest.Options{})
	c, err := p.Create(t.Context(), anOrder())
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Finish(c.Ref, mollietest.Pending); err != nil {
		t.Fatal(err)
	}
	if err := p.Cancel(t.Context(), c.Ref); problem.KindOf(err) != problem.Refused {
		t.Errorf("got %v", err)
	}
	if s, err := p.Status(t.Context(), c.Ref); err != nil || s.State != payment.Open {
		t.Errorf("it is %+v, %v", s, err)
	}
}

func TestNobodyWaitsForAProviderThatSaysNothing(t *testing.T) {
	t.Parallel()
	p, server := plain(t, mollietest.Options{})
	server.Next(mollietest.Silent)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if c, err := p.Create(ctx, anOrder()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%+v, %v", c, err)
	}
	c, err := p.Create(t.Context(), anOrder()) // it had been made
	if all := server.Orders(); err != nil || len(all) != 1 || all[0].Ref != c.Ref {
		t.Errorf("%+v, %v: %+v", c, err, all)
	}
}

func TestWhatMayBeGoneIsTriedAgainWithGrowingPauses(t *testing.T) {
	t.Parallel()
	const tries = 4
	for name, bad := range map[string]func(*http.Request) (*http.Response, error){
		"away":       func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") },
		"in trouble": func(*http.Request) (*http.Response, error) { return answer(http.StatusBadGateway, "<html>"), nil },
		"busy":       func(*http.Request) (*http.Response, error) { return answer(http.StatusTooManyRequests, "{}"), nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var at []time.Time
				p := over(t, func(r *http.Request) (*http.Response, error) {
					at = append(at, time.Now())
					return bad(r)
				})
				s, err := p.Status(t.Context(), "tr_1")
				if err == nil || problem.KindOf(err) != "" || len(at) != tries {
					t.Fatalf("%d tries, %+v, %v", len(at), s, err)
				}
				for i, usual := 1, 250*time.Millisecond; i < tries; i, usual = i+1, 2*usual {
					if pause := at[i].Sub(at[i-1]); pause < usual/2 || pause > usual*3/2 {
						t.Errorf("pause %d was %v", i, pause)
					}
				}
			})
		})
	}
}

func TestThePauseThatMollieAsksForIsMade(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": 0, "86400": 10 * time.Second, "-5": 0, "soon": 0, "": 0, "99999999999999999999": 0,
		"Tue, 24 Nov 2026 10:00:04 GMT": 4 * time.Second, "Tue, 24 Nov 2026 09:00:00 GMT": 0, "Wed, 25 Nov 2026 10:00:00 GMT": 10 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			tries := 0
			p := over(t, func(*http.Request) (*http.Response, error) {
				if tries++; tries > 1 {
					return answer(http.StatusOK, paymentOf(t, nil)), nil
				}
				a := answer(http.StatusTooManyRequests, "{}")
				a.Header.Set("Retry-After", header)
				return a, nil
			})
			start := time.Now()
			s, err := p.Status(t.Context(), "tr_1")
			if took := time.Since(start); err != nil || s.State != payment.Paid || took < want || took > want+time.Second {
				t.Errorf("%q: after %v, %+v, %v", header, took, s, err)
			}
		})
	}
}

func TestARequestThatTakesTooLongIsGivenUpAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		p := over(t, func(r *http.Request) (*http.Response, error) {
			if tries++; tries > 1 {
				return answer(http.StatusOK, paymentOf(t, nil)), nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		start := time.Now()
		s, err := p.Status(t.Context(), "tr_1")
		if took := time.Since(start); err != nil || s.State != payment.Paid || took < 6*time.Second || took > 7*time.Second {
			t.Errorf("after %v, %+v, %v", took, s, err)
		}
	})
}

func TestWhoNoLongerWaitsIsNotMadeTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		p := over(t, func(*http.Request) (*http.Response, error) {
			tries++
			a := answer(http.StatusTooManyRequests, `{"detail": "Please slow down"}`)
			a.Header.Set("Retry-After", "9")
			return a, nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := p.Status(ctx, "tr_1")
		if took := time.Since(start); err == nil || tries != 1 || took != time.Second || !strings.Contains(err.Error(), "Please slow down") {
			t.Errorf("%d tries, after %v: %v", tries, took, err)
		}
	})
}

func TestWhatIsSaidForGoodIsAskedOnce(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]problem.Kind{
		http.StatusNotFound: problem.NotFound, http.StatusGone: problem.NotFound, http.StatusUnprocessableEntity: problem.Refused,
		http.StatusConflict: problem.Conflict, http.StatusUnauthorized: "", http.StatusForbidden: "", http.StatusBadRequest: "",
		http.StatusMovedPermanently: "", http.StatusFound: "", http.StatusTeapot: "",
	} {
		synctest.Test(t, func(t *testing.T) {
			tries := 0
			p := over(t, func(*http.Request) (*http.Response, error) {
				tries++
				a := answer(code, `{"status": 1, "title": "x", "detail": "What Mollie says", "field": "amount"}`)
				a.Header.Set("Location", "https://elsewhere.example/")
				return a, nil
			})
			_, err := p.Create(t.Context(), anOrder())
			if err == nil || problem.KindOf(err) != want || tries != 1 || !strings.Contains(err.Error(), "What Mollie says") {
				t.Errorf("%d: %d tries, %v", code, tries, err)
			}
			if said := code == http.StatusUnauthorized || code == http.StatusForbidden; strings.Contains(err.Error(), "payment.mollie.key") != said {
				t.Errorf("%d: %v", code, err)
			}
		})
	}
}

func TestTheKeyIsNeverTold(t *testing.T) {
	t.Parallel()
	const secret = "live_verysecretkeyofthelibrary"
	var said bytes.Buffer
	for _, code := range []int{200, 201, 301, 400, 401, 403, 404, 409, 422, 429, 500} {
		synctest.Test(t, func(t *testing.T) {
			p, err := mollie.New(mollie.Options{
				Key: secret, Now: newClock().Now, Log: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug})),
				Client: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
					return answer(code, fmt.Sprintf(`{"detail": %q}`, r.Header.Get("Authorization"))), nil
				})},
			})
			if err != nil {
				t.Fatal(err)
			}
			_, createErr := p.Create(t.Context(), anOrder())
			_, statusErr := p.Status(t.Context(), "tr_1")
			_, limitsErr := p.Limits(t.Context())
			fmt.Fprintln(&said, createErr, statusErr, limitsErr)
			fmt.Fprintf(&said, "%v %+v %#v", p, p, p)
			slog.New(slog.NewJSONHandler(&said, nil)).Info("x", "p", p)
		})
	}
	if strings.Contains(said.String(), secret) {
		t.Error("the key was told")
	}
	if !strings.Contains(said.String(), "asked again") {
		t.Error("nothing was told at all")
	}
}

func TestAKeyForTestsIsWarnedOf(t *testing.T) {
	t.Parallel()
	for key, warned := range map[string]bool{"test_abc": true, "live_abc": false} {
		var said bytes.Buffer
		if _, err := mollie.New(mollie.Options{Key: key, Client: &http.Client{}, Now: time.Now, Log: slog.New(slog.NewTextHandler(&said, nil))}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(said.String(), "level=WARN"); got != warned || strings.Contains(said.String(), key) {
			t.Errorf("%s: %s", key, said.String())
		}
	}
}

func TestWithoutAKeyOrAnAddressThereIsNoClient(t *testing.T) {
	t.Parallel()
	for _, o := range []mollie.Options{
		{}, {Key: "live_x", URL: "://"}, {Key: "live_x", URL: "api.mollie.com"}, {Key: "live_x", URL: "ftp://api.mollie.com"}, {Key: "live_x", URL: "https://"},
	} {
		o.Client, o.Now, o.Log = &http.Client{}, time.Now, slog.New(slog.DiscardHandler)
		if _, err := mollie.New(o); err == nil {
			t.Errorf("%q: made a client", o.URL)
		}
	}
}

func TestAWrongKeyIsSaidToBe(t *testing.T) {
	t.Parallel()
	server := mollietest.Serve(t, mollietest.Options{})
	p, err := mollie.New(mollie.Options{
		Key: "live_another", URL: server.URL(), Client: server.Client(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Create(t.Context(), anOrder()); err == nil || !strings.Contains(err.Error(), "payment.mollie.key") || problem.KindOf(err) != "" {
		t.Errorf("got %v", err)
	}
	if all := server.Orders(); len(all) != 0 {
		t.Errorf("made %+v", all)
	}
}
