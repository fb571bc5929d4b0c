package sip2

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"
)

// What can go wrong with a request.
var (
	// ErrUnanswered: the request was sent, in part or whole, and no answer came
	// that can be read. It may have had its effect.
	ErrUnanswered = errors.New("sip2: no answer")
	// ErrNotUnderstood: the system asked for the request again and again. It had
	// no effect.
	ErrNotUnderstood = errors.New("sip2: the system does not understand the request")
	// ErrStray: the answer is one to another request.
	ErrStray = errors.New("sip2: an answer to another request")
	// ErrLogIn: the system does not let us in.
	ErrLogIn = errors.New("sip2: log-in refused")
	// ErrOffline: the system says that it is not to be asked now.
	ErrOffline = errors.New("sip2: the system says that it is off line")
	// ErrBroken: an earlier request failed on the connection.
	ErrBroken = errors.New("sip2: connection is broken")
)

// Options say how a system wants to be spoken to.
type Options struct {
	// User, Password and Location log in. Without a user nobody logs in.
	User, Password, Location string
	Charset                  Charset
	// CRLF ends our lines in CRLF; otherwise they end in CR.
	CRLF bool
	// Checksums adds AY and AZ to what we send.
	Checksums bool
	// Patience is how long an answer is waited for; 0 is 10 seconds.
	Patience time.Duration
}

// LogValue hides the password.
func (o Options) LogValue() slog.Value {
	return slog.GroupValue(slog.String("location", o.Location), slog.Bool("checksums", o.Checksums))
}

const (
	defaultPatience = 10 * time.Second
	// tries is how often a request or an answer is sent at most.
	tries = 3
	// strays is how many answers to earlier requests are passed over.
	strays = 3
)

// Client is one connection to a system. It asks one thing at a time and is not
// for use by several at once; that is what Pool is for. After an error that is
// no refusal the connection is closed and every further request is ErrBroken.
type Client struct {
	conn   net.Conn
	in     *Reader
	out    *Writer
	o      Options
	seq    byte
	broken bool
	status ACSStatusReply
}

// NewClient speaks over the connection, which the Client closes.
func NewClient(conn net.Conn, o Options) *Client {
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	return &Client{
		conn: conn, o: o, seq: '9',
		in: NewReader(conn, o.Charset, maxAnswer), out: NewWriter(conn, o.Charset, o.CRLF),
	}
}

// Begin logs in, when there is a user, and asks how the system is. The error may
// be ErrLogIn or ErrOffline.
func (c *Client) Begin(ctx context.Context) error {
	if c.o.User != "" {
		answer, err := c.Ask(ctx, LogInRequest{User: c.o.User, Password: c.o.Password, Location: c.o.Location}.Message())
		if err != nil {
			return fmt.Errorf("log in: %w", err)
		}
		said, err := ReadLogInReply(answer)
		if err != nil {
			return err
		}
		if !said.OK {
			c.Close()
			return ErrLogIn
		}
	}
	status, err := c.Check(ctx)
	if err != nil {
		return fmt.Errorf("ask the system how it is: %w", err)
	}
	if !status.Online {
		c.Close()
		return ErrOffline
	}
	return nil
}

// Check asks the system how it is (99).
func (c *Client) Check(ctx context.Context) (ACSStatusReply, error) {
	answer, err := c.Ask(ctx, SCStatusRequest{PrintWidth: 80}.Message())
	if err != nil {
		return ACSStatusReply{}, err
	}
	c.status, err = ReadACSStatusReply(answer)
	return c.status, err
}

// Close closes the connection.
func (c *Client) Close() {
	c.broken = true
	_ = c.conn.Close() // nothing is left to be said on it
}

// Ask sends a request and returns the answer to it. The request is sent again
// only when the system asks for that, with the same sequence number. ctx ends
// the waiting, and then the connection too: whose answer comes next would not be
// known.
func (c *Client) Ask(ctx context.Context, m Message) (Message, error) {
	want, ok := AnswerTo(m.Code)
	switch {
	case !ok:
		return Message{}, fmt.Errorf("%w: %q is no request", ErrMalformed, m.Code)
	case c.broken:
		return Message{}, ErrBroken
	case ctx.Err() != nil:
		return Message{}, fmt.Errorf("ask %s: %w", m.Code, ctx.Err())
	}
	waiting, cancel := context.WithTimeout(ctx, c.o.Patience)
	defer cancel()
	stop := context.AfterFunc(waiting, func() {
		_ = c.conn.SetDeadline(time.Unix(1, 0)) // long ago: whoever reads or writes gives up
	})
	answer, err := c.exchange(m, want)
	if !stop() || err != nil {
		c.Close()
	}
	if err != nil && waiting.Err() != nil {
		err = fmt.Errorf("%w (%w)", err, waiting.Err())
	}
	if err != nil {
		return Message{}, fmt.Errorf("ask %s: %w", m.Code, err)
	}
	return answer, nil
}

// exchange sends a request and reads until there is the answer to it.
func (c *Client) exchange(m Message, want string) (Message, error) {
	request := Frame{Message: m, Checked: c.o.Checksums}
	if c.o.Checksums {
		c.seq = '0' + (c.seq-'0'+1)%10
		request.Seq = c.seq
	}
	raw, err := c.out.Write(request)
	if err != nil {
		return Message{}, unanswered(err)
	}
	damaged, again, others := 0, 0, 0
	for {
		f, err := c.in.Read()
		switch {
		case errors.Is(err, ErrChecksum) && damaged < tries-1:
			damaged++
			_, err = c.out.Write(Frame{Message: Message{Code: ACSResend}, Checked: true})
		case err != nil:
		case f.Code == SCResend && damaged > 0:
			// It has nothing to send again, so whether it did what we asked is not
			// known: asking once more could do it twice.
			err = ErrStray
		case f.Code == SCResend:
			if again++; again == tries {
				return Message{}, ErrNotUnderstood
			}
			err = c.out.raw(raw)
		case f.Seq != 0 && request.Seq != 0 && f.Seq != request.Seq:
			if others++; others > strays {
				err = ErrStray
			}
		case f.Code != want:
			err = fmt.Errorf("%w: %s", ErrStray, f.Code)
		default:
			return f.Message, nil
		}
		if err != nil {
			return Message{}, unanswered(err)
		}
	}
}

func unanswered(err error) error { return fmt.Errorf("%w: %w", ErrUnanswered, err) }
