package sip2

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// PoolOptions are those of a Pool.
type PoolOptions struct {
	// Dial connects to the system. It gives up when ctx ends.
	Dial func(ctx context.Context) (net.Conn, error)
	// Size is how many connections there are at most: many systems have a
	// process, or a licence, for each. 0 is 4.
	Size int
	// KeepAlive is after how long an idle connection is asked how it is, so that
	// nobody on the way forgets it; 0 is 20 seconds: Koha hangs up after 30.
	KeepAlive time.Duration
	Options
	Now func() time.Time
	Log *slog.Logger
}

const (
	defaultSize      = 4
	defaultKeepAlive = 20 * time.Second
	// idlePings is how often a connection that nobody needs is kept alive.
	idlePings = 10
	// warm is for how long after an answer a connection is taken to be good.
	warm = 2 * time.Second
	// The pauses between connections that fail, from the second on.
	firstPause   = 250 * time.Millisecond
	longestPause = 10 * time.Second
)

// ErrResting says that connecting failed a moment ago and is not tried again
// yet.
var ErrResting = errors.New("sip2: connecting failed a moment ago")

// ErrClosed says that the Pool was closed.
var ErrClosed = errors.New("sip2: closed")

// Pool asks one system over a bounded number of connections, each used by one
// request at a time. It may be used by many at once. Connections are made when
// they are needed and kept for a while.
type Pool struct {
	o     PoolOptions
	slots chan struct{}

	mu     sync.Mutex
	idle   []*kept
	closed bool
	// What became of connecting: failed in a row, when it may be tried again, and
	// why it failed.
	failed int
	rest   time.Time
	why    error
	status ACSStatusReply
}

// kept is a connection of the pool.
type kept struct {
	*Client
	used  time.Time // last answer
	pings int
	timer *time.Timer
}

// NewPool makes a pool; it connects when it is first asked.
func NewPool(o PoolOptions) *Pool {
	if o.Size <= 0 {
		o.Size = defaultSize
	}
	if o.KeepAlive <= 0 {
		o.KeepAlive = defaultKeepAlive
	}
	return &Pool{o: o, slots: make(chan struct{}, o.Size)}
}

// repeatable has the requests that change nothing.
var repeatable = []string{PatronStatus, PatronInformation, ItemInformation, SCStatus} //nolint:gochecknoglobals // a table, never written

// Ask sends a request over a connection that is free and returns its answer; it
// waits for one as long as ctx lets it. A request that changes nothing is asked
// once more when a connection that was kept turns out to be dead. One that
// changes something is sent once, over a connection that was good a moment ago:
// ErrUnanswered then means that it may have had its effect.
func (p *Pool) Ask(ctx context.Context, m Message) (Message, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return Message{}, fmt.Errorf("wait for a connection: %w", ctx.Err())
	}
	harmless := slices.Contains(repeatable, m.Code)
	c := p.take()
	if c != nil && !harmless && p.o.Now().Sub(c.used) > warm {
		if _, err := c.Check(ctx); err != nil {
			p.drop(c, err)
			c = nil
		}
	}
	if c != nil {
		answer, err := p.askOver(ctx, c, m)
		switch {
		case err == nil:
			return answer, nil
		case !harmless || ctx.Err() != nil || !errors.Is(err, ErrUnanswered) || errors.Is(err, context.DeadlineExceeded):
			return Message{}, err
		}
	}
	c, err := p.connect(ctx)
	if err != nil {
		return Message{}, err
	}
	return p.askOver(ctx, c, m)
}

// askOver asks over one connection and keeps it, when it is good. An answer
// about another patron or item than the request is ErrStray: whose it is nobody
// knows, and the connection is closed.
func (p *Pool) askOver(ctx context.Context, c *kept, m Message) (Message, error) {
	answer, err := c.Ask(ctx, m)
	if err != nil {
		p.drop(c, err)
		return Message{}, err
	}
	for _, id := range []string{"AA", "AB"} {
		asked, said := strings.TrimSpace(m.Get(id)), strings.TrimSpace(answer.Get(id))
		if asked != "" && said != "" && asked != said {
			c.Close()
			return Message{}, fmt.Errorf("ask %s: %w: %w: %s differs", m.Code, ErrUnanswered, ErrStray, id)
		}
	}
	p.put(c)
	return answer, nil
}

// Carries reports whether the text reaches the system as it is: what its
// character set lacks, or what cannot stand in a field, would arrive as something
// else, and a password must not.
func (p *Pool) Carries(text string) bool {
	return !strings.Contains(text, "|") && clean(text) == text && p.o.Charset.has(text)
}

// Check asks the system how it is.
func (p *Pool) Check(ctx context.Context) (ACSStatusReply, error) {
	answer, err := p.Ask(ctx, SCStatusRequest{PrintWidth: 80}.Message())
	if err != nil {
		return ACSStatusReply{}, err
	}
	return ReadACSStatusReply(answer)
}

// Status is what the system said about itself when it was last connected to.
func (p *Pool) Status() ACSStatusReply {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// Close closes every connection that is idle; one that is in use closes when it
// has its answer.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.idle {
		c.timer.Stop()
		c.Close()
	}
	p.idle = nil
}

// take returns the connection that was used last, or nil.
func (p *Pool) take() *kept {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := len(p.idle); n > 0; n = len(p.idle) {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		c.timer.Stop()
		if !c.in.pending() {
			c.pings = 0
			return c
		}
		c.Close()
	}
	return nil
}

// put keeps a connection that had its answer.
func (p *Pool) put(c *kept) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || c.broken {
		c.Close()
		return
	}
	c.used = p.o.Now()
	c.timer = time.AfterFunc(p.o.KeepAlive, func() { p.keepAlive(c) })
	p.idle = append(p.idle, c)
}

// drop closes a connection that failed, and with it those that are idle: when
// the system went away they went with it.
func (p *Pool) drop(c *kept, err error) {
	c.Close()
	if errors.Is(err, context.Canceled) {
		return
	}
	p.o.Log.Warn("sip2: connection lost", "error", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, other := range p.idle {
		other.timer.Stop()
		other.Close()
	}
	p.idle = nil
}

// connect makes a connection and logs in, unless that failed a moment ago.
func (p *Pool) connect(ctx context.Context) (*kept, error) {
	p.mu.Lock()
	closed, rest, why := p.closed, p.rest, p.why
	p.mu.Unlock()
	switch {
	case closed:
		return nil, ErrClosed
	case p.o.Now().Before(rest):
		return nil, fmt.Errorf("%w: %w", ErrResting, why)
	}
	c, err := p.dial(ctx)
	if err != nil {
		p.failure(ctx, err)
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed > 0 {
		p.o.Log.InfoContext(ctx, "sip2: connected again", "failed", p.failed)
	}
	p.failed, p.rest, p.why, p.status = 0, time.Time{}, nil, c.status
	return c, nil
}

func (p *Pool) dial(ctx context.Context) (*kept, error) {
	patience := p.o.Patience
	if patience <= 0 {
		patience = defaultPatience
	}
	dialing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := p.o.Dial(dialing)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	c := NewClient(conn, p.o.Options)
	if err := c.Begin(dialing); err != nil {
		c.Close()
		return nil, err
	}
	return &kept{Client: c}, nil
}

// failure counts a connection that could not be made, unless that was because
// nobody wanted it any more.
func (p *Pool) failure(ctx context.Context, err error) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed++
	p.why = err
	if p.failed > 1 {
		pause := min(firstPause<<min(p.failed-2, 16), longestPause)
		p.rest = p.o.Now().Add(pause)
	}
	p.o.Log.WarnContext(ctx, "sip2: cannot connect", "failed", p.failed, "error", err)
}

// keepAlive asks over a connection that was idle for a while, so that it stays,
// or lets it go when nobody needed it for long.
func (p *Pool) keepAlive(c *kept) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	default: // every connection is wanted: this one will be, too
		p.mu.Lock()
		defer p.mu.Unlock()
		if slices.Contains(p.idle, c) {
			c.timer.Reset(p.o.KeepAlive)
		}
		return
	}
	p.mu.Lock()
	at := slices.Index(p.idle, c)
	if at >= 0 {
		p.idle = slices.Delete(p.idle, at, at+1)
	}
	p.mu.Unlock()
	if at < 0 {
		return
	}
	c.pings++
	if c.pings > idlePings {
		c.Close()
		return
	}
	if _, err := c.Check(context.Background()); err != nil {
		c.Close() // systems hang up on who is silent: nothing to tell of
		p.o.Log.Debug("sip2: an idle connection is gone", "error", err)
		return
	}
	p.put(c)
}
