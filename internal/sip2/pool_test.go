package sip2_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hoofdpas/internal/sip2"
	"hoofdpas/internal/sip2/sip2test"
)

func say(m sip2.Message) string {
	return string(sip2.Encode(sip2.Frame{Message: m}, sip2.Charset{})) + "\r"
}

// echo answers patron status, renewals and how it is, as often as it is asked;
// requests counts what is not about how it is.
func echo(requests *atomic.Int32) func(*sip2test.Conn) { return echoFor(1<<30, requests) }

// echoFor hangs up after so many answers, without one to the request after them.
func echoFor(answers int, requests *atomic.Int32) func(*sip2test.Conn) {
	return func(c *sip2test.Conn) {
		for n := 0; ; n++ {
			line, ok := c.Line()
			if !ok {
				return
			}
			if !strings.HasPrefix(line, sip2.SCStatus) {
				requests.Add(1)
			}
			if n == answers {
				return
			}
			f, err := sip2.Decode([]byte(line), sip2.Charset{})
			if err != nil {
				return
			}
			switch f.Code {
			case sip2.SCStatus:
				c.Say(say(sip2.ACSStatusReply{Online: true}.Message()))
			case sip2.Renew:
				c.Say(say(sip2.RenewReply{OK: true, Patron: f.Get("AA"), Item: f.Get("AB")}.Message()))
			default:
				c.Say(say(patron(f.Get("AA"))))
			}
		}
	}
}

// clock is a clock that a test moves.
type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.ns.Load()) }
func (c *clock) forward(d time.Duration) { c.ns.Add(int64(d)) }

func pool(t *testing.T, p *sip2test.Peer, change func(*sip2.PoolOptions)) (*sip2.Pool, *clock) {
	t.Helper()
	c := &clock{}
	o := sip2.PoolOptions{Dial: p.Dial, Now: c.now, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&o)
	}
	pool := sip2.NewPool(o)
	t.Cleanup(pool.Close)
	return pool, c
}

func renewal() sip2.Message {
	return sip2.RenewRequest{Patron: sip2.Patron{ID: "1"}, Item: "39"}.Message()
}

func TestAPoolHasNoMoreConnectionsThanItsSize(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	peer := sip2test.Listen(t, echo(&requests))
	p, _ := pool(t, peer, func(o *sip2.PoolOptions) { o.Size = 3 })
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if m, err := p.Ask(t.Context(), ask("1")); err != nil || m.Get("AA") != "1" {
				t.Errorf("got %v, %v", m, err)
			}
		})
	}
	all.Wait()
	if n := peer.Connections(); n > 3 {
		t.Errorf("made %d connections", n)
	}
}

func TestWaitingForAConnectionEndsWithTheContext(t *testing.T) {
	t.Parallel()
	asked, release := make(chan bool), make(chan bool)
	defer close(release)
	var requests atomic.Int32
	peer := sip2test.Listen(t, func(c *sip2test.Conn) {
		c.Line()
		c.Say(say(sip2.ACSStatusReply{Online: true}.Message()))
		c.Line()
		close(asked)
		<-release
	}, echo(&requests))
	p, _ := pool(t, peer, func(o *sip2.PoolOptions) { o.Size = 1 })
	go func() { _, _ = p.Ask(t.Context(), ask("1")) }()
	<-asked
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := p.Ask(ctx, ask("2")); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sip2.ErrUnanswered) {
		t.Errorf("got %v", err)
	}
}

func TestWhatChangesNothingIsAskedAgainWhenAKeptConnectionIsDead(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	peer := sip2test.Listen(t, echoFor(2, &requests), echo(&requests))
	p, _ := pool(t, peer, nil)
	for range 3 {
		if _, err := p.Ask(t.Context(), ask("1")); err != nil {
			t.Fatal(err)
		}
	}
	if peer.Connections() != 2 || requests.Load() != 4 {
		t.Errorf("%d connections, %d requests", peer.Connections(), requests.Load())
	}
}

func TestARenewalIsSentOnceHoweverItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	peer := sip2test.Listen(t, echoFor(2, &requests), echo(&requests))
	p, _ := pool(t, peer, nil)
	if _, err := p.Ask(t.Context(), ask("1")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Ask(t.Context(), renewal()); !errors.Is(err, sip2.ErrUnanswered) {
		t.Errorf("got %v", err)
	}
	if requests.Load() != 2 || peer.Connections() != 1 {
		t.Errorf("%d requests over %d connections", requests.Load(), peer.Connections())
	}
}

func TestARenewalIsNotSentOverAConnectionThatDiedMeanwhile(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	peer := sip2test.Listen(t, echoFor(2, &requests), echo(&requests))
	p, c := pool(t, peer, nil)
	if _, err := p.Ask(t.Context(), ask("1")); err != nil {
		t.Fatal(err)
	}
	c.forward(time.Minute)
	if m, err := p.Ask(t.Context(), renewal()); err != nil || m.Get("AB") != "39" {
		t.Errorf("got %v", err)
	}
	if requests.Load() != 2 || peer.Connections() != 2 {
		t.Errorf("%d requests over %d connections", requests.Load(), peer.Connections())
	}
}

func TestAnAnswerAboutAnotherPatronIsNotTaken(t *testing.T) {
	t.Parallel()
	other := answer(say(sip2.ACSStatusReply{Online: true}.Message()), say(patron("2")))
	var requests atomic.Int32
	t.Run("once: it is asked again over another connection", func(t *testing.T) {
		t.Parallel()
		p, _ := pool(t, sip2test.Listen(t, other, echo(&requests)), nil)
		if m, err := p.Ask(t.Context(), ask("1")); err != nil {
			if !errors.Is(err, sip2.ErrStray) {
				t.Errorf("got %v, %v", m, err)
			}
			if m, err = p.Ask(t.Context(), ask("1")); err != nil || m.Get("AA") != "1" {
				t.Errorf("got %v, %v", m, err)
			}
		}
	})
	t.Run("every time", func(t *testing.T) {
		t.Parallel()
		p, _ := pool(t, sip2test.Listen(t, other), nil)
		if _, err := p.Ask(t.Context(), ask("1")); !errors.Is(err, sip2.ErrStray) {
			t.Errorf("got %v", err)
		}
	})
}

func TestConnectingIsTriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	var dialed atomic.Int32
	down := errors.New("refused")
	p, c := pool(t, sip2test.Listen(t, answer()), func(o *sip2.PoolOptions) {
		o.Dial = func(context.Context) (net.Conn, error) {
			dialed.Add(1)
			return nil, down
		}
	})
	try := func(want error, dials int32) {
		t.Helper()
		if _, err := p.Ask(t.Context(), ask("1")); !errors.Is(err, want) || !errors.Is(err, down) {
			t.Errorf("got %v", err)
		}
		if dialed.Load() != dials {
			t.Errorf("dialled %d times, want %d", dialed.Load(), dials)
		}
	}
	try(down, 1)
	try(down, 2) // one failure may be chance
	try(sip2.ErrResting, 2)
	c.forward(250 * time.Millisecond)
	try(down, 3)
	c.forward(250 * time.Millisecond)
	try(sip2.ErrResting, 3)
	for n := int32(4); n < 30; n++ {
		c.forward(10 * time.Second) // never more than that
		try(down, n)
	}
}

func TestACallerWhoLeavesIsNoFailureOfTheSystem(t *testing.T) {
	t.Parallel()
	p, _ := pool(t, sip2test.Listen(t, answer()), nil)
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.Ask(ctx, ask("1")); errors.Is(err, sip2.ErrResting) {
			t.Errorf("got %v", err)
		}
	}
}

func TestASystemThatHangsAtLogInIsNotWaitedForForever(t *testing.T) {
	t.Parallel()
	p, _ := pool(t, sip2test.Listen(t, answer()), func(o *sip2.PoolOptions) {
		o.User, o.Patience = "term", 50*time.Millisecond
	})
	if _, err := p.Ask(t.Context(), ask("1")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAClosedPoolAsksNothing(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	p, _ := pool(t, sip2test.Listen(t, echo(&requests)), nil)
	if _, err := p.Ask(t.Context(), ask("1")); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if _, err := p.Ask(t.Context(), ask("1")); !errors.Is(err, sip2.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestOnlyWhatArrivesAsItIsIsCarried(t *testing.T) {
	t.Parallel()
	latin, err := sip2.ParseCharset("latin-1")
	if err != nil {
		t.Fatal(err)
	}
	p, _ := pool(t, sip2test.Listen(t, answer()), func(o *sip2.PoolOptions) { o.Charset = latin })
	for text, want := range map[string]bool{"geheim é": true, "": true, "a|b": false, "a\rb": false, "100 €": false} {
		if p.Carries(text) != want {
			t.Errorf("%q: got %v", text, !want)
		}
	}
}

// A connection is kept alive for a while, and let go when nobody needs it.
func TestIdleConnectionsAreKeptAliveForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked, open atomic.Int32
		p := sip2.NewPool(sip2.PoolOptions{
			Now: time.Now, Log: slog.New(slog.DiscardHandler), KeepAlive: 30 * time.Second,
			Dial: func(context.Context) (net.Conn, error) {
				ours, theirs := net.Pipe()
				open.Add(1)
				go func() {
					defer open.Add(-1)
					in, out := sip2.NewReader(theirs, sip2.Charset{}, 1000), sip2.NewWriter(theirs, sip2.Charset{}, false)
					for {
						f, err := in.Read()
						if err != nil {
							return
						}
						m := patron("1")
						if f.Code == sip2.SCStatus {
							asked.Add(1)
							m = sip2.ACSStatusReply{Online: true}.Message()
						}
						if _, err := out.Write(sip2.Frame{Message: m}); err != nil {
							return
						}
					}
				}()
				return ours, nil
			},
		})
		defer p.Close()
		if _, err := p.Ask(t.Context(), ask("1")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(95 * time.Second) //nolint:forbidigo // the clock of a bubble
		if asked.Load() != 4 || open.Load() != 1 {
			t.Errorf("asked %d times over %d connections", asked.Load(), open.Load())
		}
		time.Sleep(time.Hour) //nolint:forbidigo // the clock of a bubble
		if open.Load() != 0 {
			t.Error("a connection is kept that nobody needs")
		}
	})
}
