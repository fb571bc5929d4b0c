package sip2

import (
	"bytes"
	"errors"
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
