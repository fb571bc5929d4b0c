package stripe_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/stripe"
	"hoofdpas/internal/provider/stripe/stripetest"
)

// mock starts stripe-mock, which checks requests against Stripe's own
// description of its API, and returns its address. The Makefile says which
// version; where it is not there it is built.
func mock(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	tool := regexp.MustCompile(`bin/tools/stripe-mock@\S+`).FindString(string(makefile))
	if _, err := os.Stat(filepath.Join(root, tool)); err != nil {
		build := exec.CommandContext(t.Context(), "scripts/tool", "github.com/stripe/stripe-mock", tool)
		build.Dir = root
		if said, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", tool, err, said)
		}
	}
	run := exec.CommandContext(t.Context(), filepath.Join(root, tool), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Kill() // it may have ended
		_ = run.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "Listening for HTTP at address: "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }() // so that it can go on talking
			return "http://" + address
		}
	}
	t.Fatal("stripe-mock did not start")
	return ""
}

// asked is one request and the answer to it.
type asked struct {
	what   string // as in "POST /v1/refunds"
	status int
	body   []byte
}

// recorder keeps what is asked. The mock's things are in dollars; ours are not.
type recorder struct {
	next http.RoundTripper
	mu   sync.Mutex
	all  []asked
}

func (r *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	answer, err := r.next.RoundTrip(q)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	_ = answer.Body.Close()
	body = bytes.ReplaceAll(body, []byte(`"usd"`), []byte(`"eur"`))
	answer.Body = io.NopCloser(bytes.NewReader(body))
	answer.ContentLength = int64(len(body))
	path := regexp.MustCompile(`/cs_\w+`).ReplaceAllString(q.URL.Path, "/{id}")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, asked{q.Method + " " + path, answer.StatusCode, body})
	return answer, nil
}

// recorded lets a client do all that it can, and returns what it asked.
func recorded(t *testing.T, url, key string, pay func(ref string)) []asked {
	t.Helper()
	r := &recorder{next: http.DefaultTransport}
	now := time.Now
	p, err := stripe.New(stripe.Options{
		Key: key, WebhookSecret: stripetest.Secret, URL: url, Client: &http.Client{Transport: r}, Now: now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	// What the mock says is not about our order, so that these end in errors of
	// ours; what counts is that the mock has none.
	ctx := t.Context()
	made, _ := p.Create(ctx, payment.Order{
		Reference: "417", Key: "k", Amount: 1234, Description: "Bibliotheek 417", Return: "https://mijn.example/betaling/417",
		Language: "nl", ExpiresAt: now().Add(payment.OpenFor),
	})
	ref := cmp.Or(made.Ref, "cs_test_1")
	ended, _ := p.Create(ctx, payment.Order{
		Reference: "418", Key: "k2", Amount: 100, Return: "https://mijn.example/betaling/418", Language: "en", ExpiresAt: now().Add(payment.OpenFor),
	})
	_ = p.Cancel(ctx, cmp.Or(ended.Ref, "cs_test_2"))
	pay(ref)
	_, _ = p.Status(ctx, ref)
	_, _ = p.Refund(ctx, payment.RefundOrder{Ref: ref, Reference: "7", Key: "k7", Amount: 100, Description: "terug"})
	_, _ = p.Refunds(ctx, ref)
	_, _ = p.Chargebacks(ctx, ref)
	_ = p.List(ctx, now().Add(-time.Hour), now().Add(time.Hour), func(payment.Status) error { return nil })
	w := stripetest.Sign(map[string]any{
		"id": "evt_1", "object": "event", "data": map[string]any{"object": map[string]any{"object": "charge", "payment_intent": "pi_1"}},
	}, stripetest.Secret, now())
	_, _ = p.Open(ctx, http.Header{"Stripe-Signature": {w.Signature}}, w.Body)
	return r.all
}

func TestEveryRequestHasTheFormThatStripeAsksFor(t *testing.T) {
	t.Parallel()
	theirs := recorded(t, mock(t), "sk_test_123", func(string) {})
	seen := map[string]asked{}
	for _, a := range theirs {
		if a.status != http.StatusOK {
			t.Errorf("%s: %d %s", a.what, a.status, a.body)
		}
		seen[a.what] = a
	}
	for _, what := range []string{
		"POST /v1/checkout/sessions", "GET /v1/checkout/sessions/{id}", "POST /v1/checkout/sessions/{id}/expire", "GET /v1/checkout/sessions",
		"POST /v1/refunds", "GET /v1/refunds", "GET /v1/disputes",
	} {
		if seen[what].status == 0 {
			t.Errorf("%s was not asked", what)
		}
	}
	// And what our own server says has the form that Stripe's says have.
	server := stripetest.Serve(t, time.Now)
	for _, ours := range recorded(t, server.URL(), stripetest.Key, func(ref string) {
		server.Pay(ref)
		server.Dispute(ref, "warning_needs_response")
	}) {
		if ours.status != http.StatusOK {
			t.Errorf("%s: %d %s", ours.what, ours.status, ours.body)
			continue
		}
		for _, key := range slices.Sorted(slices.Values(unknown(t, ours.body, seen[ours.what].body))) {
			t.Errorf("%s: Stripe has no %s", ours.what, key)
		}
	}
}

// unknown lists the keys of ours that theirs lacks.
func unknown(t *testing.T, ours, theirs []byte) []string {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(ours, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(theirs, &b); err != nil {
		t.Fatal(err)
	}
	return lacks("", a, b)
}

func lacks(path string, a, b any) (all []string) {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || strings.HasSuffix(path, ".metadata") {
			return nil // theirs is empty here
		}
		for key, value := range a {
			other, ok := b[key]
			if !ok {
				all = append(all, path+"."+key)
				continue
			}
			all = append(all, lacks(path+"."+key, value, other)...)
		}
	case []any:
		if b, ok := b.([]any); ok && len(b) > 0 {
			for i, value := range a {
				all = append(all, lacks(fmt.Sprintf("%s[%d]", path, i), value, b[0])...)
			}
		}
	}
	return all
}
