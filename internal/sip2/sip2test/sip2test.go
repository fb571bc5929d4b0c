// Package sip2test has what tests of SIP2 need: what a real Koha answered, byte
// for byte, and peers that misbehave.
package sip2test

import (
	"bufio"
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Turn is one request and what came back, as recorded.
type Turn struct {
	// Note is the line above it that says what it shows.
	Note string
	// Sent and Got are the bytes on the wire; Got is nil when none came.
	Sent, Got []byte
}

// Read reads a recording: lines of "> b'...'" and "< b'...'" as Python writes
// bytes.
func Read(t testing.TB, path string) []Turn {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var turns []Turn
	note := ""
	for line := range strings.SplitSeq(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
			note = strings.TrimLeft(line, "# ")
		case strings.HasPrefix(line, "> "):
			turns = append(turns, Turn{Note: note, Sent: bytesOf(t, line[2:])})
		case strings.HasPrefix(line, "< ") && len(turns) > 0:
			if at := strings.LastIndex(line, "   ["); at > 0 {
				line = line[:at]
			}
			turns[len(turns)-1].Got = bytesOf(t, line[2:])
		}
	}
	if len(turns) == 0 {
		t.Fatalf("%s has no turns", path)
	}
	return turns
}

// bytesOf reads b'...'; what stands in the place of bytes, such as <EOF>, is nil.
func bytesOf(t testing.TB, python string) []byte {
	t.Helper()
	if len(python) < 3 || python[0] != 'b' || python[1] != python[len(python)-1] {
		t.Fatalf("not Python's bytes: %s", python)
	}
	inside := python[2 : len(python)-1]
	if python[1] == '\'' {
		inside = strings.ReplaceAll(strings.ReplaceAll(inside, `\'`, `'`), `"`, `\"`)
	}
	raw, err := strconv.Unquote(`"` + inside + `"`)
	if err != nil {
		t.Fatalf("not Python's bytes: %s", python)
	}
	if strings.HasPrefix(raw, "<") || strings.Contains(raw, "Error(") {
		return nil
	}
	return []byte(raw)
}

// Peer is a system that answers as a test wants, one function for each connection
// in the order in which they come; the last one is for all that come after.
type Peer struct {
	Addr string

	mu    sync.Mutex
	plays []func(*Conn)
	count int
}

// Conn is a connection that a Peer has accepted.
type Conn struct {
	net.Conn
	lines *bufio.Reader
}

// Line waits for the next request, without the CR at its end; ok is false when the
// other side hung up.
func (c *Conn) Line() (line string, ok bool) {
	line, err := c.lines.ReadString('\r')
	if err != nil {
		return "", false
	}
	return strings.Trim(line, "\r\n"), true
}

// Say writes bytes as they are.
func (c *Conn) Say(raw string) { _, _ = c.Write([]byte(raw)) }

// Listen starts a peer on loopback, until the test ends.
func Listen(t testing.TB, plays ...func(*Conn)) *Peer {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Peer{Addr: l.Addr().String(), plays: plays}
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		_ = l.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			play := p.next()
			all.Go(func() {
				defer conn.Close() //nolint:errcheck // the play is over
				defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
				play(&Conn{conn, bufio.NewReader(conn)})
			})
		}
	})
	return p
}

func (p *Peer) next() func(*Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	play := p.plays[min(p.count, len(p.plays)-1)]
	p.count++
	return play
}

// Connections is how many there were so far.
func (p *Peer) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Dial connects to the peer.
func (p *Peer) Dial(ctx context.Context) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", p.Addr)
}
