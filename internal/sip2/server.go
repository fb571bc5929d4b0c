package sip2

import (
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

// Server answers terminals. What a terminal does wrong is told to the log once for
// each connection.
type Server struct {
	// Open begins a session with the terminal at the address.
	Open    func(ctx context.Context, remote net.Addr) Session
	Charset Charset
	// CRLF ends our lines in CRLF; otherwise they end in CR.
	CRLF bool
	// Connections is how many there are at most, on each listener; one more is
	// closed at once. 0 is 64. PerAddress is how many of them may come from one
	// address; 0 is all of them.
	Connections, PerAddress int
	// LogIn is how long a terminal may take until it has logged in; 0 is for one
	// that need not.
	LogIn time.Duration
	// Idle is how long a terminal may be silent; 0 is 10 minutes. Patience is how
	// long a request may take to come, to be answered, and its answer to be taken;
	// 0 is 30 seconds.
	Idle, Patience time.Duration
	Log            *slog.Logger
}

const (
	defaultConnections    = 64
	defaultIdle           = 10 * time.Minute
	defaultServerPatience = 30 * time.Second
	// maxBad is how many messages in a row may be unreadable.
	maxBad = 5
	// breath is waited when no connection can be accepted, for others to end.
	breath = 100 * time.Millisecond
)

// Serve accepts terminals until ctx ends and returns when all are gone. Those
// that are idle then are closed at once, terminals stay connected all day; a
// request that is being answered gets its answer.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() {
		_ = l.Close() // which ends Accept
	})
	defer stop()
	d := newDoor(s.Connections, s.PerAddress)
	var all sync.WaitGroup
	defer all.Wait()
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept a terminal: %w", err)
		default: // too many open files, perhaps: those inside are not to suffer
			s.Log.WarnContext(ctx, "sip2: a terminal could not be accepted", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(breath):
			}
			continue
		}
		from := addressOf(conn.RemoteAddr())
		in, tell := d.enter(from)
		if tell {
			s.Log.WarnContext(ctx, "sip2: too many terminals", "from", from, "most", d.most, "of_one_address", d.mostFrom)
		}
		if !in {
			_ = conn.Close() // it is turned away
			continue
		}
		all.Go(func() {
			defer d.leave(from)
			s.ServeConn(ctx, conn)
		})
	}
}
