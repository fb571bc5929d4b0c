package kiosk_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/sip2"
)

// FuzzTerminal sends any bytes, to a terminal that has logged in and to one that
// has not: nothing may bring it down, and nothing is booked but by a 37 of one that
// has.
func FuzzTerminal(f *testing.F) {
	w := open(f)
	login := "9300CNzuil|COgeheim|\r"
	pay := "37" + stamp + "0100EURBV0.30|AO|AA" + marieke + "|AD" + own + "|\r"
	for _, seed := range append(unserved,
		"99000802.00", "97", "96", "2300"+stamp+"AA|", "63001"+stamp+"   Y      AA"+marieke+"|AD"+own+"|BP2|BQ1|",
		"63001"+stamp+"Y         AA"+marieke+"\xc3|AD\x00\xff|", "17"+stamp+"AB3001|", "35"+stamp+"AA"+marieke+"|",
		"29NN"+stamp+stamp+"AA"+marieke+"|AB3001|", "65"+stamp+"AA"+marieke+"|AD|", pay,
		strings.Replace(pay, "0.30", "abc", 1), strings.Replace(pay, "AA", "AB", 1), "\x00\x00\x00", "9400", "AY1AZF000",
	) {
		f.Add([]byte(seed+"\r"), true)
		f.Add([]byte(seed+"\r"), false)
	}
	f.Fuzz(func(t *testing.T, raw []byte, in bool) {
		w := *w
		w.t = t
		before := len(w.payments())
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.addr)
		must(t, err)
		defer conn.Close()
		must(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
		if in {
			raw = append([]byte(login), raw...)
		}
		_, _ = conn.Write(raw) // it may hang up before the end
		if c, ok := conn.(*net.TCPConn); ok {
			_ = c.CloseWrite()
		}
		said, err := io.ReadAll(conn)
		if e := net.Error(nil); errors.As(err, &e) && e.Timeout() {
			t.Fatalf("%q leaves the terminal waiting", raw)
		}
		for line := range bytes.SplitSeq(said, []byte("\r")) {
			if len(line) > 0 {
				if _, err := sip2.Decode(line, sip2.Charset{}); err != nil {
					t.Fatalf("answered %q: %v", line, err)
				}
			}
		}
		booked := len(w.payments()) - before
		if booked > 0 && (!in && !bytes.Contains(raw, []byte("CNzuil")) || !bytes.Contains(raw, []byte("37"))) {
			t.Fatalf("%q booked %d payments", raw, booked)
		}
		if strings.Contains(w.log.String(), "a fault of ours") {
			t.Fatalf("a fault: %s", w.log.String())
		}
	})
}
