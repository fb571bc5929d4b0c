package sip2_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hoofdpas/internal/sip2"
)

// place is a server on a real socket.
type place struct {
	t    *testing.T
	addr string
	done atomic.Int32
	log  log
}

type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// lines is how many lines of the log say it.
func (l *log) lines(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}

func listen(t *testing.T, s *sip2.Server) *place {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &place{t: t, addr: l.Addr().String()}
	if s.Open == nil {
		s.Open = func(context.Context, net.Addr) sip2.Session { return desk{done: &p.done} }
	}
	s.Log = slog.New(slog.NewTextHandler(&p.log, nil))
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	over := make(chan error, 1)
	go func() { over <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *place) dial() *terminal {
	p.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(p.t.Context(), "tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	return &terminal{t: p.t, conn: conn}
}

// hungUp waits until the server hangs up.
func (x *terminal) hungUp() {
	x.t.Helper()
	_, _ = io.Copy(io.Discard, x.conn)
}

// works is a terminal that is not to suffer from what others do.
func (p *place) works() {
	p.t.Helper()
	if got := p.dial().says(say(ask("1"))); !strings.HasPrefix(got, "24") {
		p.t.Errorf("another terminal got %q", got)
	}
}

const short = 50 * time.Millisecond

func TestWhoNeverLogsInIsHungUpOn(t *testing.T) {
	t.Parallel()
	p := listen(t, &sip2.Server{LogIn: short})
	silent, busy := p.dial(), p.dial()
	go func() { // says something, but not who it is
		for range 10_000 {
			if _, err := busy.conn.Write([]byte(say(ask("1")))); err != nil {
				return
			}
			<-time.After(short / 10)
		}
	}()
	silent.hungUp()
	busy.hungUp()
	p.works()
	if n := p.log.lines("did not log in"); n != 2 {
		t.Errorf("%d lines in the log", n)
	}
}

func TestWhoIsSilentIsHungUpOnWithoutAWord(t *testing.T) {
	t.Parallel()
	p := listen(t, &sip2.Server{Idle: short})
	p.dial().hungUp()
	p.works()
	if n := p.log.lines("level="); n != 0 {
		t.Errorf("%d lines in the log", n)
	}
}

func TestARequestThatDripsIsGivenUp(t *testing.T) {
	t.Parallel()
	p := listen(t, &sip2.Server{Patience: short})
	x := p.dial()
	go func() {
		for range 10_000 {
			if _, err := x.conn.Write([]byte{'2'}); err != nil {
				return
			}
			<-time.After(short / 10)
		}
	}()
	x.hungUp()
	p.works()
	if n := p.log.lines("did not end"); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
}

func TestTenMegabytesWithoutAnEndAreNotRead(t *testing.T) {
	t.Parallel()
	p := listen(t, &sip2.Server{})
	x := p.dial()
	go func() { _, _ = x.conn.Write(bytes.Repeat([]byte{'2'}, 10<<20)) }()
	x.hungUp()
	p.works()
	if n := p.log.lines("did not end"); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
}

func TestAThousandConnectionsFromOneAddressLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	p := listen(t, &sip2.Server{Connections: 2000, PerAddress: 10})
	ours := make([]*terminal, 10)
	for i := range ours {
		ours[i] = p.dial()
		if got := ours[i].says(say(ask("1"))); !strings.HasPrefix(got, "24") {
			t.Fatalf("terminal %d got %q", i, got)
		}
	}
	for range 1000 {
		x := p.dial()
		x.hungUp()
		_ = x.conn.Close()
	}
	for i, x := range ours {
		if got := x.says(say(ask("1"))); !strings.HasPrefix(got, "24") {
			t.Errorf("terminal %d got %q", i, got)
		}
	}
	other := &terminal{t: t}
	var err error
	if other.conn, err = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext(t.Context(), "tcp", p.addr); err != nil {
		t.Fatal(err)
	}
	defer other.conn.Close()
	if got := other.says(say(ask("1"))); !strings.HasPrefix(got, "24") {
		t.Errorf("a terminal elsewhere got %q", got)
	}
	if n := p.log.lines("too many terminals"); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
}

func TestWhatCannotBeReadIsToldTheLogOnce(t *testing.T) {
	t.Parallel()
	p := listen(t, &sip2.Server{})
	x := p.dial()
	for range 3 {
		for _, raw := range []string{"ZZ\r", "23\x00\x00\r", "23001" + strings.Repeat("\x00", 18) + "AA1|\r"} {
			if got := x.says(raw); got != "96" {
				t.Errorf("%q: got %q", raw, got)
			}
		}
		cut := strings.Replace(say(ask("1")), "AA1", "AA1\xc3", 1) // the first half of a letter
		if got := x.says(cut); !strings.HasPrefix(got, "24") {
			t.Errorf("%q: got %q", cut, got)
		}
	}
	p.works()
	if n := p.log.lines("level="); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
}

// faulty is a session with a fault in it.
type faulty struct{ desk }

func (f faulty) Serve(ctx context.Context, m sip2.Message) (sip2.Message, bool) {
	if m.Get("AA") == "13" {
		panic("a fault of ours")
	}
	return f.desk.Serve(ctx, m)
}

func TestAFaultOfOursEndsOneConnection(t *testing.T) {
	t.Parallel()
	s := &sip2.Server{}
	var done atomic.Int32
	s.Open = func(context.Context, net.Addr) sip2.Session { return faulty{desk{done: &done}} }
	p := listen(t, s)
	if got := p.dial().says(say(ask("13"))); got != "" {
		t.Errorf("got %q", got)
	}
	p.works()
	if n := p.log.lines("a fault of ours"); n == 0 {
		t.Error("the log has nothing about it")
	}
}

func TestARefusalHasItsPlacesAndSaysWhy(t *testing.T) {
	t.Parallel()
	stamp := "20261125    120000"
	for request, want := range map[string]string{
		"23005" + stamp + "AO|AA12|":                   "24              005" + stamp + "AORIJN|AA12|AE|AFkan niet|",
		"63005" + stamp + "Y         AO|AA12|":         "64              005" + stamp + strings.Repeat(" ", 24) + "AORIJN|AA12|AE|AFkan niet|",
		"29NN" + stamp + stamp + "AO|AA12|AB7|AJBoek|": "300NUN" + stamp + "AORIJN|AA12|AB7|AJBoek|AH|AFkan niet|",
		"65" + stamp + "AO|AA12|":                      "66000000000" + stamp + "AORIJN|AFkan niet|",
		"37" + stamp + "0100EURBV1.00|AO|AA12|BK9|":    "38N" + stamp + "AORIJN|AA12|BK9|AFkan niet|",
		"35" + stamp + "AO|AA12|":                      "36N" + stamp + "AORIJN|AA12|AFkan niet|",
		"17" + stamp + "AO|AB7|":                       "18010101" + stamp + "AB7|AJ|AFkan niet|",
		"11YN" + stamp + stamp + "AO|AA12|AB7|AC|":     "120NUN" + stamp + "AORIJN|AA12|AB7|AJ|AH|AFkan niet|",
		"09N" + stamp + stamp + "AP|AO|AB7|AC|":        "100NUN" + stamp + "AORIJN|AB7|AQ|AFkan niet|",
		"15+" + stamp + "AO|AA12|AB7|":                 "160N" + stamp + "AORIJN|AA12|AFkan niet|",
		"19" + stamp + "AO|AB7|AC|CHx|":                "200" + stamp + "AB7|AFkan niet|",
		"25" + stamp + "AO|AA12|AC|AD|":                "26              000" + stamp + "AORIJN|AA12|AE|AFkan niet|",
		"01N" + stamp + "AO|ALverloren|AA12|AC|":       "24              000" + stamp + "AORIJN|AA12|AE|AFkan niet|",
	} {
		f, err := sip2.Decode([]byte(request), sip2.Charset{})
		if err != nil {
			t.Fatalf("%s: %v", request, err)
		}
		answer, ok := sip2.Refusal(f.Message, stamp, "RIJN", "kan niet")
		if got := string(sip2.Encode(sip2.Frame{Message: answer}, sip2.Charset{})); !ok || got != want {
			t.Errorf("%s\n got %q\nwant %q", request, got, want)
		}
		if code, _ := sip2.AnswerTo(f.Code); code != answer.Code {
			t.Errorf("%s is answered %s", f.Code, answer.Code)
		}
	}
	for _, m := range []sip2.Message{{Code: "97"}, sip2.SCStatusRequest{}.Message(), sip2.LogInRequest{}.Message()} {
		if answer, ok := sip2.Refusal(m, stamp, ""); ok {
			t.Errorf("%s is answered %s", m, answer)
		}
	}
}
