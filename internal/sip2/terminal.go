package sip2

import (
	"bytes"
	"context"
	"errors"
	"net"
	"runtime/debug"
	"time"
)

// terminal is one connection of the server. Most of the time it is idle, so it
// keeps little.
type terminal struct {
	*Server
	conn    net.Conn
	session Session
	in      *Reader
	out     *Writer
	// limit ends what takes too long, late who does not log in.
	limit, late *time.Timer
	// The last request, when it was numbered, and the last answer, for who did not
	// get it.
	asked   []byte
	said    []byte
	checked bool // the last request had a checksum
	bad     int
	told    bool // something wrong with it stands in the log
}

// ServeConn answers one terminal until it hangs up, is silent for too long or
// ctx ends, and closes the connection.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) {
	defer conn.Close() //nolint:errcheck // nothing is left to be said on it
	t := &terminal{
		Server: s, conn: conn, session: s.Open(ctx, conn.RemoteAddr()),
		in: NewReader(conn, s.Charset, maxRequest), out: NewWriter(conn, s.Charset, s.CRLF),
	}
	defer func() {
		if fault := recover(); fault != nil { // the other terminals are not to suffer
			s.Log.ErrorContext(ctx, "sip2: a request could not be answered for a fault of ours", "fault", fault, "stack", string(debug.Stack()))
		}
	}()
	cut := func() { _ = conn.SetDeadline(longAgo()) } // whoever reads or writes gives up
	t.limit = time.AfterFunc(orElse(s.Idle, defaultIdle), cut)
	defer t.limit.Stop()
	if s.LogIn > 0 {
		late := time.AfterFunc(s.LogIn, cut)
		t.late = late
		defer late.Stop()
	}
	stop := context.AfterFunc(ctx, func() {
		_ = conn.SetReadDeadline(longAgo()) // an answer may still be written
	})
	defer stop()
	for t.turn(ctx) {
	}
}

// turn reads a request and answers it; it is false when that was the last.
func (t *terminal) turn(ctx context.Context) bool {
	f, err := t.read()
	switch {
	case errors.Is(err, ErrChecksum), errors.Is(err, ErrMalformed):
		t.tell(ctx, "sip2: a request that cannot be read", err)
		t.bad++
		checked := errors.Is(err, ErrChecksum) || t.checked
		return t.write(Frame{Message: SendAgain(), Checked: checked}) && t.bad < maxBad
	case err != nil:
		t.gone(ctx, err)
		return false
	case f.Code == ACSResend && t.said == nil:
		return t.write(Frame{Message: SendAgain(), Checked: f.Checked})
	case f.Code == ACSResend, t.again(f):
		return t.send(t.said)
	}
	t.bad, t.checked = 0, f.Checked
	working, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.patience())
	defer cancel()
	answer, stay := t.session.Serve(working, f.Message)
	if t.late != nil && answer.Code == LoggedIn && answer.Fixed == oneZero(true) && t.late.Stop() {
		t.late = nil
	}
	out := Frame{Message: answer, Checked: f.Checked, Seq: f.Seq}
	if answer.Code == SCResend {
		// What was not understood had no answer: sent again it is asked again.
		out.Seq = 0
	} else {
		t.asked = nil
		if f.Seq != 0 {
			t.asked = Encode(f, t.Charset)
		}
	}
	return t.write(out) && stay && ctx.Err() == nil
}

// again reports whether the terminal sends its last request once more, because
// it did not get the answer: it is not to have its effect twice.
func (t *terminal) again(f Frame) bool {
	return f.Seq != 0 && t.asked != nil && bytes.Equal(Encode(f, t.Charset), t.asked)
}

// What takes too long.
var (
	errIdle = errors.New("sip2: silent for too long")
	errSlow = errors.New("sip2: a message takes too long")
)

// read waits for the next request, for as long as a terminal may be silent. Once it
// has begun it must come whole soon, however slowly its bytes drip.
func (t *terminal) read() (f Frame, err error) {
	if err := t.within(orElse(t.Idle, defaultIdle), errIdle, t.in.wait); err != nil {
		return Frame{}, err
	}
	err = t.within(t.patience(), errSlow, func() (err error) {
		f, err = t.in.Read()
		return err
	})
	return f, err
}

// within does what has its time; over is the error when that is over.
func (t *terminal) within(d time.Duration, over error, do func() error) error {
	t.limit.Reset(d)
	err := do()
	if !t.limit.Stop() {
		return over
	}
	return err
}

func (t *terminal) write(f Frame) bool {
	raw := append(Encode(f, t.Charset), t.out.end...)
	if f.Code != SCResend {
		t.said = raw
	}
	return t.send(raw)
}

func (t *terminal) send(raw []byte) bool {
	return t.within(t.patience(), errSlow, func() error { return t.out.raw(raw) }) == nil
}

// gone tells why a terminal is no longer listened to, when that is its fault.
func (t *terminal) gone(ctx context.Context, err error) {
	switch {
	case t.late != nil && !t.late.Stop():
		t.tell(ctx, "sip2: a terminal that did not log in", err)
	case errors.Is(err, errSlow), errors.Is(err, ErrTooLong):
		t.tell(ctx, "sip2: a request that did not end", err)
	}
}

// tell writes into the log what a terminal does wrong, once.
func (t *terminal) tell(ctx context.Context, what string, err error) {
	if !t.told {
		t.told = true
		t.Log.WarnContext(ctx, what, "from", addressOf(t.conn.RemoteAddr()), "error", err)
	}
}

func (t *terminal) patience() time.Duration { return orElse(t.Patience, defaultServerPatience) }

func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// longAgo is a deadline that has passed.
func longAgo() time.Time { return time.Unix(1, 0) }
