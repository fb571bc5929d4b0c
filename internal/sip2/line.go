package sip2

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Reader reads messages that end in CR, LF or CRLF. Empty lines are passed over.
type Reader struct {
	in      *bufio.Reader
	max     int
	charset Charset
}

// The most bytes of a message: of an answer, which may list every item of a
// patron with its title, and of a request, which lists nothing.
const (
	maxAnswer  = 256 << 10
	maxRequest = 8 << 10
)

// NewReader reads messages of at most max bytes. What it keeps ready for them is
// small, since most of the time nothing comes.
func NewReader(in io.Reader, c Charset, maxBytes int) *Reader {
	const part = 16
	return &Reader{in: bufio.NewReaderSize(in, maxBytes/part), max: maxBytes, charset: c}
}

// wait returns when a message begins. Empty lines are none.
func (r *Reader) wait() error {
	for {
		next, err := r.in.Peek(1)
		if err != nil {
			return hungUp(err, nil)
		}
		if next[0] != '\r' && next[0] != '\n' {
			return nil
		}
		if _, err := r.in.Discard(1); err != nil {
			return hungUp(err, nil) // cannot be: it is buffered
		}
	}
}

// Read returns the next message. io.EOF means that the peer hung up between two
// messages, io.ErrUnexpectedEOF that it did so in the middle of one. After
// ErrMalformed and ErrChecksum the next message can be read, after any other
// error nothing can.
func (r *Reader) Read() (Frame, error) {
	line, err := r.line()
	if err != nil {
		return Frame{}, err
	}
	return Decode(line, r.charset)
}

// line returns the next line that is not empty. A CR ends it at once: the LF
// that may follow is passed over with the next one.
func (r *Reader) line() ([]byte, error) {
	var line []byte
	for {
		if _, err := r.in.Peek(1); err != nil {
			return nil, hungUp(err, line)
		}
		waiting, err := r.in.Peek(r.in.Buffered())
		if err != nil {
			return nil, hungUp(err, line) // cannot be: it is buffered
		}
		end := bytes.IndexAny(waiting, "\r\n")
		part := waiting
		if end >= 0 {
			part = waiting[:end]
		}
		if len(line)+len(part) > r.max {
			return nil, ErrTooLong
		}
		line = append(line, part...)
		if _, err := r.in.Discard(min(len(part)+1, len(waiting))); err != nil {
			return nil, hungUp(err, line) // cannot be: it is buffered
		}
		if end >= 0 && len(line) > 0 {
			return line, nil
		}
	}
}

// hungUp is what the end of what can be read means.
func hungUp(err error, line []byte) error {
	switch {
	case errors.Is(err, io.EOF) && len(line) > 0:
		return io.ErrUnexpectedEOF
	case errors.Is(err, io.EOF):
		return io.EOF
	}
	return fmt.Errorf("read a message: %w", err)
}

// pending reports whether there is something that nobody asked for, apart from
// the LF of the last line.
func (r *Reader) pending() bool {
	waiting, err := r.in.Peek(r.in.Buffered())
	if err != nil {
		return true // cannot be: it is buffered
	}
	for _, b := range waiting {
		if b != '\r' && b != '\n' {
			return true
		}
	}
	return false
}

// Writer writes messages with the end of line that the peer wants.
type Writer struct {
	out     io.Writer
	charset Charset
	end     string
}

// NewWriter ends lines in CR, or in CRLF.
func NewWriter(out io.Writer, c Charset, crlf bool) *Writer {
	if crlf {
		return &Writer{out, c, "\r\n"}
	}
	return &Writer{out, c, "\r"}
}

// Write writes the frame in one piece and returns its bytes.
func (w *Writer) Write(f Frame) ([]byte, error) {
	raw := append(Encode(f, w.charset), w.end...)
	return raw, w.raw(raw)
}

func (w *Writer) raw(raw []byte) error {
	if _, err := w.out.Write(raw); err != nil {
		return fmt.Errorf("write a message: %w", err)
	}
	return nil
}
