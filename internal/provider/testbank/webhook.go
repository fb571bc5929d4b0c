package testbank

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// event is a webhook to be sent.
type event struct{ webhook, ref string }

// pauses are the waits before the tries of a webhook after the first. After the
// last the bank gives up, as a real one does in the end.
var pauses = []time.Duration{ //nolint:gochecknoglobals // a table, never written
	250 * time.Millisecond, time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute,
}

// Run sends the webhooks until the context ends; what has not been sent by then
// is dropped, and the payment asks by itself in the end.
func (b *Bank) Run(ctx context.Context) error {
	var sending sync.WaitGroup
	defer sending.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-b.news:
			sending.Go(func() { b.deliver(ctx, e) })
		}
	}
}

// announce tells that an order changed.
func (b *Bank) announce(o *order) {
	if o.asked.Webhook == "" {
		return
	}
	select {
	case b.news <- event{webhook: o.asked.Webhook, ref: o.ref}:
	default: // nobody runs the bank, or far too many wait
		b.options.Log.Warn("testbank: a webhook was dropped")
	}
}

// deliver sends one webhook until it is taken.
func (b *Bank) deliver(ctx context.Context, e event) {
	for try := 0; ; try++ {
		err := b.send(ctx, e)
		if err == nil || ctx.Err() != nil {
			return
		}
		if try == len(pauses) {
			b.options.Log.WarnContext(ctx, "testbank: gave up on a webhook", "tries", try+1, "error", err)
			return
		}
		timer := time.NewTimer(pauses[try])
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// send posts the order's key, and nothing else.
func (b *Bank) send(ctx context.Context, e event) error {
	const patience = 15 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	body := strings.NewReader(url.Values{"id": {e.ref}}.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.webhook, body)
	if err != nil {
		return fmt.Errorf("write a webhook: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := b.options.Client.Do(r)
	if err != nil {
		return fmt.Errorf("send a webhook: %w", err)
	}
	defer answer.Body.Close() //nolint:errcheck // nothing of it is read
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("send a webhook: answered %d", answer.StatusCode)
	}
	return nil
}
