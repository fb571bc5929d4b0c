package kiosk_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"

	"hoofdpas/internal/kiosk"
	"hoofdpas/internal/sip2"
	"hoofdpas/internal/sip2/sip2test"
)

const stamp = "20261125    120000"

func message(t testing.TB, raw string) sip2.Message {
	t.Helper()
	f, err := sip2.Decode([]byte(raw), sip2.Charset{})
	must(t, err)
	return f.Message
}

// unserved are requests that no terminal's work here is.
var unserved = []string{
	"11YN" + stamp + stamp + "AO|AA" + marieke + "|AB3009|ACtoegang|AD" + own + "|",
	"09N" + stamp + stamp + "APCentrum|AO|AB3001|AC|",
	"15+" + stamp + "AO|AA" + marieke + "|AB3001|AD" + own + "|",
	"01N" + stamp + "AO|ALverloren|AA" + marieke + "|AC|",
	"19" + stamp + "AO|AB3001|AC|CHx|",
	"25" + stamp + "AO|AA" + marieke + "|AC|AD" + own + "|",
}

func TestWhatIsNotServedIsAnsweredAsNotDone(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	for _, raw := range unserved {
		request := message(t, raw)
		want, _ := sip2.AnswerTo(request.Code)
		if a := m.ask(request); a.Code != want || a.Fixed[0] != '0' && a.Fixed[0] != ' ' || !told(a.All("AF"), "Dat kan hier niet.") {
			t.Errorf("%s: %s %q", request.Code, a.Code, a.Fixed)
		}
	}
	if m.info(with(marieke, own), sip2.NoList).Name == "" {
		t.Error("the terminal is not served any more")
	}
}

// system is a library's own SIP2 server that says what it was asked.
type system struct {
	mu    sync.Mutex
	asked []string
}

func (s *system) play(c *sip2test.Conn) {
	for {
		line, ok := c.Line()
		if !ok {
			return
		}
		s.mu.Lock()
		s.asked = append(s.asked, line)
		s.mu.Unlock()
		switch line[:2] {
		case "99":
			c.Say("98YYYYNN100003" + stamp + "2.00AOKOHA|BXYYYYYYYYYYYYYYYY|\r")
		case "11":
			c.Say("121NUN" + stamp + "AOKOHA|AA" + marieke + "|AB3009|AJEen boek|AH20261216|XXeigen|\r")
		case "17":
			c.Say("18030101" + stamp + "AB3009|AJEen boek|\r")
		default:
			return // it hangs up
		}
	}
}

func TestWhatIsNotServedIsPassedOnWithoutThePassword(t *testing.T) {
	t.Parallel()
	s := &system{}
	peer := sip2test.Listen(t, s.play)
	w := open(t, func(o *kiosk.Options) {
		o.Behind = sip2.NewPool(sip2.PoolOptions{Dial: peer.Dial, Now: o.Now, Log: slog.New(slog.DiscardHandler)})
	})
	t.Cleanup(w.options.Behind.Close)
	m := w.enter()
	status, err := m.Check(t.Context())
	if err != nil || status.Supported != "YYYYYYYYYYYYYYYY" || !status.CheckOut || !status.CheckIn {
		t.Errorf("got %+v, %v", status, err)
	}
	a := m.ask(message(t, unserved[0]))
	if a.Code != sip2.CheckOutAnswer || a.Fixed[0] != '1' || a.Get("AJ") != "Een boek" || a.Get("XX") != "eigen" {
		t.Errorf("got %s %q %v", a.Code, a.Fixed, a.Fields)
	}
	if a := m.item("3009"); a.Circulation != sip2.ItemAvailable || a.Title != "Een boek" {
		t.Errorf("an item that is on no card: %+v", a)
	}
	wrong := strings.Replace(unserved[0], own, "fout", 1)
	if a := m.ask(message(t, wrong)); a.Fixed[0] != '0' || !told(a.All("AF"), "Het pasnummer of het wachtwoord klopt niet.") {
		t.Errorf("with a wrong password: %q %v", a.Fixed, a.Fields)
	}
	if a := m.ask(message(t, unserved[2])); a.Code != sip2.HoldAnswer || a.Fixed[0] != '0' || !told(a.All("AF"), "Dat kan nu niet.") {
		t.Errorf("when it does not answer: %s %q", a.Code, a.Fixed)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	checkOuts := 0
	for _, line := range s.asked {
		if strings.Contains(line, own) || strings.Contains(line, "|AD") || strings.Contains(line, "fout") {
			t.Errorf("it was told the password: %s", line)
		}
		if strings.HasPrefix(line, "11") {
			checkOuts++
			if !strings.HasPrefix(line, "11YN"+stamp+stamp+"AO|AA"+marieke+"|AB3009|ACtoegang|") {
				t.Errorf("it was asked %s", line)
			}
		}
	}
	if checkOuts != 1 {
		t.Errorf("it was asked to lend %d times", checkOuts)
	}
}
