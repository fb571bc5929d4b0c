package sip2

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

// FuzzDecode: whatever comes over the wire, it is read or it is an error; what is
// read can be written, and is then read as the same.
func FuzzDecode(f *testing.F) {
	for _, turns := range recordings(f) {
		for _, turn := range turns {
			f.Add(turn.Sent, byte(0))
			f.Add(turn.Got, byte(1))
		}
	}
	for _, raw := range []string{"96AZFEF6", "AY1AZ", "94", "941AY", "98", "AZ", "AZ0000", "941AZzzzz", "64|||||", "\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n<html>"} {
		f.Add([]byte(raw), byte(2))
	}
	sets := []string{"utf-8", "latin-1", "cp850"}
	f.Fuzz(func(t *testing.T, raw []byte, set byte) {
		c, err := ParseCharset(sets[int(set)%len(sets)])
		if err != nil {
			t.Fatal(err)
		}
		r := NewReader(bytes.NewReader(raw), c, 4096)
		for range 100 {
			frame, err := r.Read()
			if errors.Is(err, ErrMalformed) || errors.Is(err, ErrChecksum) {
				continue
			}
			if err != nil {
				return
			}
			readAll(t, frame.Message)
			frame.Checked = true
			written := Encode(frame, c)
			again, err := Decode(written, c)
			if err != nil {
				t.Fatalf("%q was read and written as %q: %v", raw, written, err)
			}
			if again.Code != frame.Code || again.Fixed != frame.Fixed || again.Seq != frame.Seq || len(again.Fields) != len(frame.Fields) {
				t.Fatalf("%q was read and written as %q, and read as another", raw, written)
			}
		}
	})
}

// readAll reads the message as each of the kinds: exactly its own succeeds.
func readAll(t *testing.T, m Message) {
	t.Helper()
	readers := map[string]func() (Message, error){
		LogIn:                   func() (Message, error) { r, err := ReadLogIn(m); return r.Message(), err },
		LoggedIn:                func() (Message, error) { r, err := ReadLogInReply(m); return r.Message(), err },
		SCStatus:                func() (Message, error) { r, err := ReadSCStatus(m); return r.Message(), err },
		ACSStatus:               func() (Message, error) { r, err := ReadACSStatusReply(m); return r.Message(), err },
		PatronStatus:            func() (Message, error) { r, err := ReadPatronStatus(m); return r.Message(), err },
		PatronStatusAnswer:      func() (Message, error) { r, err := ReadPatronStatusReply(m); return r.Message(), err },
		PatronInformation:       func() (Message, error) { r, err := ReadPatronInformation(m); return r.Message(), err },
		PatronInformationAnswer: func() (Message, error) { r, err := ReadPatronInformationReply(m, FineItems); return r.Message(), err },
		Renew:                   func() (Message, error) { r, err := ReadRenew(m); return r.Message(), err },
		RenewAnswer:             func() (Message, error) { r, err := ReadRenewReply(m); return r.Message(), err },
		RenewAll:                func() (Message, error) { r, err := ReadRenewAll(m); return r.Message(), err },
		RenewAllAnswer:          func() (Message, error) { r, err := ReadRenewAllReply(m); return r.Message(), err },
		FeePaid:                 func() (Message, error) { r, err := ReadFeePaid(m); return r.Message(), err },
		FeePaidAnswer:           func() (Message, error) { r, err := ReadFeePaidReply(m); return r.Message(), err },
		EndSession:              func() (Message, error) { r, err := ReadEndSession(m); return r.Message(), err },
		EndSessionAnswer:        func() (Message, error) { r, err := ReadEndSessionReply(m); return r.Message(), err },
		ItemInformation:         func() (Message, error) { r, err := ReadItemInformation(m); return r.Message(), err },
		ItemInformationAnswer:   func() (Message, error) { r, err := ReadItemInformationReply(m); return r.Message(), err },
	}
	for code, read := range readers {
		again, err := read()
		if (err == nil) != (code == m.Code) {
			t.Fatalf("%s read as %s: %v", m.Code, code, err)
		}
		if err == nil && (again.Code != m.Code || len(again.Fixed) != widths[code]) {
			t.Fatalf("%s is written with fixed fields %q", code, again.Fixed)
		}
	}
}

func FuzzParseAmount(f *testing.F) {
	for _, text := range []string{"0.3", "14", "1,50", "98.045", "-1.00", "", "abc", ".5", "1.", "00.10", "1.2300"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := ParseAmount(text)
		if err != nil {
			return
		}
		if n < 0 {
			t.Fatalf("%q is %d", text, n)
		}
		if again, err := ParseAmount(FormatAmount(n)); err != nil || again != n {
			t.Fatalf("%q is %d, written %s, read %d", text, n, FormatAmount(n), again)
		}
		// Nothing but digits, a point and blanks around was read.
		if strings.Trim(strings.Trim(text, " "), "0123456789.") != "" {
			t.Fatalf("%q was read as %d", text, n)
		}
	})
}

func FuzzParseStamp(f *testing.F) {
	for _, text := range []string{"20261124    235900", "20261025    023000", "20261124   Z000000", "20260229    000000", ""} {
		f.Add(text)
	}
	z := zone(f)
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := ParseStamp(text, z)
		if !ok {
			return
		}
		if at.Year() < 0 || at.Year() > 9999 {
			t.Fatalf("%q is %s", text, at)
		}
		// A time that the clock skips in spring is another when it is written.
		if again, ok := ParseStamp(Stamp(at), z); !ok || again.Sub(at).Abs() > time.Hour {
			t.Fatalf("%q is %s, read again %s", text, at, again)
		}
	})
}

// FuzzClient: a peer that says anything in answer to anything; asking ends, with
// the answer to what was asked or with an error.
func FuzzClient(f *testing.F) {
	for _, turn := range recordings(f)["sip-02-patron-status.txt"] {
		f.Add(turn.Got, []byte("96\r"))
	}
	f.Add([]byte("96AZFEF6\r"), []byte("941\r"))
	f.Add([]byte("24"), []byte("\x00"))
	f.Fuzz(func(t *testing.T, first, then []byte) {
		ours, theirs := net.Pipe()
		c := NewClient(ours, Options{Checksums: true, Patience: 20 * time.Millisecond})
		go func() {
			defer theirs.Close()
			in := NewReader(theirs, Charset{}, maxRequest)
			for _, said := range [][]byte{first, then} {
				if _, err := in.Read(); err != nil {
					return
				}
				if _, err := theirs.Write(said); err != nil {
					return
				}
			}
		}()
		m, err := c.Ask(t.Context(), PatronStatusRequest{Patron: Patron{ID: "20001"}}.Message())
		if err == nil && m.Code != PatronStatusAnswer {
			t.Fatalf("%q and %q are taken for an answer", first, then)
		}
		if err != nil {
			if _, err := c.Ask(t.Context(), SCStatusRequest{}.Message()); !errors.Is(err, ErrBroken) {
				t.Fatalf("the connection is used after an error: %v", err)
			}
		}
		c.Close()
	})
}

type silent struct{}

func (silent) Serve(_ context.Context, m Message) (Message, bool) {
	if _, ok := AnswerTo(m.Code); !ok {
		return SendAgain(), true
	}
	return LogInReply{OK: true}.Message(), true
}

// FuzzServer: a terminal that sends anything; serving it ends, and whatever it is
// told is a message.
func FuzzServer(f *testing.F) {
	for _, turn := range recordings(f)["sip-01-login-status.txt"] {
		f.Add(turn.Sent)
	}
	f.Add([]byte("97\r97AZFEF5\r96\r\r\n\rZZ\r"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		ours, theirs := net.Pipe()
		s := Server{
			Open: func(context.Context, net.Addr) Session { return silent{} }, Log: slog.New(slog.DiscardHandler),
		}
		over := make(chan bool)
		go func() {
			defer close(over)
			s.ServeConn(t.Context(), theirs)
		}()
		go func() {
			_, _ = ours.Write(raw)
			_, _ = ours.Write([]byte("\r"))
			_ = ours.Close()
		}()
		in := NewReader(ours, Charset{}, maxAnswer)
		for {
			_, err := in.Read()
			if errors.Is(err, ErrMalformed) || errors.Is(err, ErrChecksum) {
				t.Fatalf("%q is told something that is no message: %v", raw, err)
			}
			if err != nil {
				break
			}
		}
		<-over
	})
}
