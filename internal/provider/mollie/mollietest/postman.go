package mollietest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// parcel is a webhook to be sent after a while.
type parcel struct {
	webhook, ref string
	after        time.Duration
}

// postman sends webhooks, each on its own, until they are taken.
type postman struct {
	options Options
	client  *http.Client
	parcels chan parcel
	left    atomic.Int64
}

func newPostman(o Options) *postman {
	const waiting = 1 << 14
	const patience = 15 * time.Second
	return &postman{
		options: o, parcels: make(chan parcel, waiting),
		// A transport of its own: what it keeps open is closed with it.
		client: &http.Client{Timeout: patience, Transport: &http.Transport{}},
	}
}

func (p *postman) waiting() int { return int(p.left.Load()) }

func (p *postman) take(one parcel) {
	p.left.Add(1)
	select {
	case p.parcels <- one:
	default:
		p.left.Add(-1)
		p.options.Log.Warn("mollietest: a webhook was dropped: far too many wait")
	}
}

func (p *postman) run(ctx context.Context) {
	var sending sync.WaitGroup
	defer p.client.CloseIdleConnections()
	defer sending.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case one := <-p.parcels:
			sending.Go(func() {
				defer p.left.Add(-1)
				p.deliver(ctx, one)
			})
		}
	}
}

// deliver sends a webhook until it is taken, or it has been tried often enough.
func (p *postman) deliver(ctx context.Context, one parcel) {
	if !rest(ctx, one.after) {
		return
	}
	for _, pause := range append(p.options.Again, 0) {
		err := p.send(ctx, one)
		if err == nil {
			return
		}
		p.options.Log.DebugContext(ctx, "mollietest: a webhook was not taken", "error", err)
		if pause == 0 || !rest(ctx, pause) {
			return
		}
	}
}

// rest waits, and reports whether there is time left.
func rest(ctx context.Context, pause time.Duration) bool {
	if pause <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (p *postman) send(ctx context.Context, one parcel) error {
	body := strings.NewReader(url.Values{"id": {one.ref}}.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, one.webhook, body)
	if err != nil {
		return fmt.Errorf("write a webhook: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", "Mollie HTTP")
	answer, err := p.client.Do(r)
	if err != nil {
		return fmt.Errorf("send a webhook: %w", err)
	}
	defer answer.Body.Close() //nolint:errcheck // nothing of it is read
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("send a webhook: answered %d", answer.StatusCode)
	}
	return nil
}

// tell sends an order's webhook, as far as the faults let it.
func (s *Server) tell(o *Order) {
	if o.Webhook == "" || s.chance(s.faults.Unsent) {
		return
	}
	times := 1
	if s.chance(s.faults.Twice) {
		times = 2
	}
	for range times {
		one := parcel{webhook: o.Webhook, ref: o.Ref}
		if s.chance(s.faults.Late) && s.faults.LateBy > 0 {
			one.after = time.Duration(s.random.Int64N(int64(s.faults.LateBy)))
		}
		s.post.take(one)
	}
}
