package sip2_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hoofdpas/internal/sip2"
)

// desk is a session that counts what it does.
type desk struct {
	done    *atomic.Int32
	working chan bool // when not nil: told of each request, which then waits for it
}

func (d desk) Serve(_ context.Context, m sip2.Message) (sip2.Message, bool) {
	d.done.Add(1)
	if d.working != nil {
		d.working <- true
		<-d.working
	}
	switch m.Code {
	case sip2.LogIn:
		return sip2.LogInReply{OK: m.Get("CO") == "right"}.Message(), m.Get("CO") == "right"
	case sip2.PatronStatus:
		return patron(m.Get("AA")), true
	}
	return sip2.SendAgain(), true
}

// terminal is the other end of a served connection.
type terminal struct {
	t    *testing.T
	conn net.Conn
	done atomic.Int32
	over chan bool
}

func serve(t *testing.T, s sip2.Server) *terminal {
	t.Helper()
	ours, theirs := net.Pipe()
	x := &terminal{t: t, conn: ours, over: make(chan bool)}
	s.Open = func(context.Context, net.Addr) sip2.Session { return desk{done: &x.done} }
	s.Log = slog.New(slog.DiscardHandler)
	go func() {
		defer close(x.over)
		s.ServeConn(t.Context(), theirs)
	}()
	t.Cleanup(func() { _ = ours.Close() })
	return x
}

// says sends bytes and returns the line that comes back, or "" when the
// connection was closed.
func (x *terminal) says(raw string) string {
	x.t.Helper()
	go func() { _, _ = x.conn.Write([]byte(raw)) }()
	var line []byte
	for b := make([]byte, 1); ; {
		if _, err := x.conn.Read(b); err != nil {
			return ""
		}
		if b[0] == '\r' {
			return string(line)
		}
		line = append(line, b[0])
	}
}

func checked(m sip2.Message, seq byte) string {
	return string(sip2.Encode(sip2.Frame{Message: m, Checked: true, Seq: seq}, sip2.Charset{})) + "\r"
}

func TestAServerFollowsTheTerminal(t *testing.T) {
	t.Parallel()
	x := serve(t, sip2.Server{})
	if got := x.says(say(ask("1"))); strings.Contains(got, "AZ") || !strings.HasPrefix(got, "24") {
		t.Errorf("got %q", got)
	}
	if got := x.says(checked(ask("1"), '7')); !strings.Contains(got, "|AY7AZ") {
		t.Errorf("got %q", got)
	}
}

func TestARequestThatIsRepeatedHasItsEffectOnce(t *testing.T) {
	t.Parallel()
	x := serve(t, sip2.Server{})
	first := x.says(checked(ask("1"), '3'))
	for _, again := range []string{checked(ask("1"), '3'), "97AZFEF5\r"} {
		if got := x.says(again); got != first || x.done.Load() != 1 {
			t.Errorf("got %q after %q, done %d times", got, first, x.done.Load())
		}
	}
	if x.says(checked(ask("1"), '4')); x.done.Load() != 2 {
		t.Error("the next request is taken for the one before")
	}
	if x.says(checked(ask("2"), '4')); x.done.Load() != 3 {
		t.Error("another request is taken for the one before")
	}
}

func TestWhatCannotBeReadIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		strings.Replace(checked(ask("1"), '3'), "AA1", "AA2", 1): "96AZFEF6",
		"ZZhello\r": "96", "23001\r": "96", "97AZFEF5\r": "96AZFEF6", "97\r": "96", "99x\r": "96",
	} {
		x := serve(t, sip2.Server{})
		if got := x.says(raw); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
		if got := x.says(say(ask("1"))); !strings.HasPrefix(got, "24") {
			t.Errorf("%q: then got %q", raw, got)
		}
	}
}

func TestAServerHangsUp(t *testing.T) {
	t.Parallel()
	t.Run("after too much that cannot be read", func(t *testing.T) {
		t.Parallel()
		x := serve(t, sip2.Server{})
		for range 5 {
			x.says("ZZ\r")
		}
		<-x.over
	})
	t.Run("on a line that does not end", func(t *testing.T) {
		t.Parallel()
		x := serve(t, sip2.Server{})
		if got := x.says(strings.Repeat("2300", 10_000)); got != "" {
			t.Errorf("got %q", got)
		}
		<-x.over
	})
	t.Run("after a log-in that failed", func(t *testing.T) {
		t.Parallel()
		x := serve(t, sip2.Server{})
		if got := x.says(say(sip2.LogInRequest{User: "a", Password: "wrong"}.Message())); got != "940" {
			t.Errorf("got %q", got)
		}
		<-x.over
	})
	t.Run("when nothing comes, or only a part", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			for part, after := range map[string]time.Duration{"": time.Hour, "\r\n\n": time.Hour, "2300": time.Minute} {
				x := serve(t, sip2.Server{Idle: time.Hour, Patience: time.Minute})
				begun := time.Now()
				if got := x.says(part); got != "" || time.Since(begun) != after {
					t.Errorf("%q: got %q after %s", part, got, time.Since(begun))
				}
			}
		})
	})
	t.Run("on who lets a request drip", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			x := serve(t, sip2.Server{Patience: time.Minute})
			begun := time.Now()
			var drip sync.WaitGroup
			defer drip.Wait()
			drip.Go(func() {
				for {
					if _, err := x.conn.Write([]byte("2")); err != nil {
						return
					}
					<-time.After(time.Second)
				}
			})
			if <-x.over; time.Since(begun) != time.Minute || x.done.Load() != 0 {
				t.Errorf("hung up after %s, %d answered", time.Since(begun), x.done.Load())
			}
		})
	})
	t.Run("on who does not log in, and not on who did", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := sip2.Server{LogIn: time.Minute, Idle: time.Hour}
			never, did := serve(t, s), serve(t, s)
			if got := did.says(say(sip2.LogInRequest{User: "a", Password: "right"}.Message())); got != "941" {
				t.Errorf("got %q", got)
			}
			begun := time.Now()
			if <-never.over; time.Since(begun) != time.Minute {
				t.Errorf("hung up after %s", time.Since(begun))
			}
			<-time.After(30 * time.Minute)
			if got := did.says(say(ask("1"))); !strings.HasPrefix(got, "24") {
				t.Errorf("got %q", got)
			}
		})
	})
	t.Run("on who does not take the answer", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			x := serve(t, sip2.Server{Patience: time.Minute})
			if _, err := x.conn.Write([]byte(say(ask("1")))); err != nil {
				t.Fatal(err)
			}
			<-x.over
		})
	})
}

func TestAServerStopsAtOnceAndAnswersWhatItWasAsked(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := desk{done: &atomic.Int32{}, working: make(chan bool)}
	s := sip2.Server{
		Open: func(context.Context, net.Addr) sip2.Session { return d }, Log: slog.New(slog.DiscardHandler), Connections: 2,
	}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- s.Serve(ctx, l) }()
	dial := func() net.Conn {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	idle, busy := dial(), dial()
	defer idle.Close()
	defer busy.Close()
	if _, err := busy.Write([]byte(say(ask("1")))); err != nil {
		t.Fatal(err)
	}
	<-d.working
	turnedAway := dial()
	if n, err := turnedAway.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Error("one terminal too many is served")
	}
	stop()
	if _, err := idle.Read(make([]byte, 1)); err != io.EOF { //nolint:errorlint // exactly that
		t.Errorf("an idle terminal got %v", err)
	}
	d.working <- true
	said, err := io.ReadAll(busy)
	if err != nil || !strings.HasPrefix(string(said), "24") {
		t.Errorf("got %q, %v", said, err)
	}
	if err := <-over; err != nil {
		t.Error(err)
	}
}
