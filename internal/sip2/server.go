package sip2

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// Session answers one terminal, one request at a time.
type Session interface {
	// Serve answers a request. What it does not know it answers with SendAgain. stay
	// is false when the connection is to be closed after the answer, as after a
	// log-in that failed.
	Serve(ctx context.Context, request Message) (answer Message, stay bool)
}

// SendAgain is the answer to what is not understood: the terminal is asked to send
// it again.
func SendAgain() Message { return Message{Code: SCResend} }

// Server answers terminals.
type Server struct {
	// Open begins a session with the terminal at the address.
	Open    func(ctx context.Context, remote net.Addr) Session
	Charset Charset
	// CRLF ends our lines in CRLF; otherwise they end in CR.
	CRLF bool
	// Connections is how many there are at most; one more is closed at once. 0 is
	// 64.
	Connections int
	// Idle is how long a terminal may be silent; 0 is 10 minutes. Patience is how
	// long a request may take, and an answer to be taken; 0 is 30 seconds.
	Idle, Patience time.Duration
	Log            *slog.Logger
}

const (
	defaultConnections    = 64
	defaultIdle           = 10 * time.Minute
	defaultServerPatience = 30 * time.Second
	// maxBad is how many messages in a row may be unreadable.
	maxBad = 5
)

// Serve accepts terminals until ctx ends and returns when all are gone. Those
// that are idle then are closed at once, terminals stay connected all day; a
// request that is being answered gets its answer.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() {
		_ = l.Close() // which ends Accept
	})
	defer stop()
	size := s.Connections
	if size <= 0 {
		size = defaultConnections
	}
	places := make(chan struct{}, size)
	var all sync.WaitGroup
	defer all.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accept a terminal: %w", err)
		}
		select {
		case places <- struct{}{}:
			all.Go(func() {
				defer func() { <-places }()
				s.ServeConn(ctx, conn)
			})
		default:
			s.Log.WarnContext(ctx, "sip2: too many terminals", "most", size)
			_ = conn.Close() // it is turned away
		}
	}
}

// ServeConn answers one terminal until it hangs up, is silent for too long or
// ctx ends, and closes the connection.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) {
	defer conn.Close() //nolint:errcheck // nothing is left to be said on it
	t := &terminal{
		Server: s, conn: conn, session: s.Open(ctx, conn.RemoteAddr()),
		in: NewReader(conn, s.Charset, maxRequest), out: NewWriter(conn, s.Charset, s.CRLF),
	}
	for t.turn(ctx) {
	}
}

// terminal is one connection of the server.
type terminal struct {
	*Server
	conn    net.Conn
	session Session
	in      *Reader
	out     *Writer
	// The last request and the last answer, for who did not get it.
	asked    Frame
	askedRaw []byte
	said     []byte
	bad      int
}

// turn reads a request and answers it; it is false when that was the last.
func (t *terminal) turn(ctx context.Context) bool {
	f, err := t.read(ctx)
	readable := err == nil
	switch {
	case errors.Is(err, ErrChecksum), errors.Is(err, ErrMalformed):
		t.bad++
		t.Log.WarnContext(ctx, "sip2: a request that cannot be read", "from", t.conn.RemoteAddr(), "error", err)
		checked := errors.Is(err, ErrChecksum) || t.asked.Checked
		return t.write(Frame{Message: SendAgain(), Checked: checked}) && t.bad < maxBad
	case err != nil:
		return false
	case f.Code == ACSResend && t.said == nil:
		return t.write(Frame{Message: SendAgain(), Checked: f.Checked})
	case f.Code == ACSResend, t.again(f):
		return t.send(t.said)
	}
	if readable {
		t.bad = 0
	}
	working, cancel := context.WithTimeout(context.WithoutCancel(ctx), orElse(t.Patience, defaultServerPatience))
	defer cancel()
	answer, stay := t.session.Serve(working, f.Message)
	if answer.Code != SCResend {
		// What was not understood had no answer: sent again it is asked again.
		t.asked, t.askedRaw = f, Encode(f, t.Charset)
	}
	return t.write(Frame{Message: answer, Checked: f.Checked, Seq: seqOf(answer, f)}) && stay && ctx.Err() == nil
}

// again reports whether the terminal sends its last request once more, because
// it did not get the answer: it is not to have its effect twice.
func (t *terminal) again(f Frame) bool {
	return f.Seq != 0 && f.Seq == t.asked.Seq && bytes.Equal(Encode(f, t.Charset), t.askedRaw)
}

func seqOf(answer Message, f Frame) byte {
	if answer.Code == SCResend {
		return 0
	}
	return f.Seq
}

// read waits for the next request.
func (t *terminal) read(ctx context.Context) (Frame, error) {
	waiting, cancel := context.WithTimeout(ctx, orElse(t.Idle, defaultIdle))
	defer cancel()
	stop := context.AfterFunc(waiting, func() {
		_ = t.conn.SetReadDeadline(time.Unix(1, 0)) // long ago
	})
	f, err := t.in.Read()
	if !stop() && err == nil && ctx.Err() == nil {
		err = context.DeadlineExceeded // at the last moment; it cannot be read from any more
	}
	return f, err
}

func (t *terminal) write(f Frame) bool {
	raw := append(Encode(f, t.Charset), t.out.end...)
	if f.Code != SCResend {
		t.said = raw
	}
	return t.send(raw)
}

func (t *terminal) send(raw []byte) bool {
	writing, cancel := context.WithTimeout(context.Background(), orElse(t.Patience, defaultServerPatience))
	defer cancel()
	stop := context.AfterFunc(writing, func() {
		_ = t.conn.SetWriteDeadline(time.Unix(1, 0)) // long ago
	})
	err := t.out.raw(raw)
	return stop() && err == nil
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}
