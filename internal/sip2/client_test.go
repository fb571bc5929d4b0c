package sip2_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/sip2"
	"hoofdpas/internal/sip2/sip2test"
)

// framed is an answer as the peer would send it, with the sequence number.
func framed(m sip2.Message, seq byte) string {
	return string(sip2.Encode(sip2.Frame{Message: m, Checked: true, Seq: seq}, sip2.Charset{})) + "\r\n"
}

func patron(id string) sip2.Message {
	return sip2.PatronStatusReply{Patron: id, Name: "Anna", ValidPatron: sip2.Yes}.Message()
}

func ask(id string) sip2.Message {
	return sip2.PatronStatusRequest{Patron: sip2.Patron{ID: id}}.Message()
}

// answer plays one request: what comes back is said, in order, one more thing for
// each line that the client sends.
func answer(said ...string) func(*sip2test.Conn) {
	return func(c *sip2test.Conn) {
		for _, s := range said {
			if _, ok := c.Line(); !ok {
				return
			}
			c.Say(s)
		}
		for ok := true; ok; _, ok = c.Line() { // until the other side hangs up
		}
	}
}

// hangUp plays a peer that says something and is gone.
func hangUp(said string) func(*sip2test.Conn) {
	return func(c *sip2test.Conn) {
		c.Line()
		c.Say(said)
	}
}

func client(t *testing.T, o sip2.Options, play func(*sip2test.Conn)) *sip2.Client {
	t.Helper()
	conn, err := sip2test.Listen(t, play).Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := sip2.NewClient(conn, o)
	t.Cleanup(c.Close)
	return c
}

func TestBadDaysOfAClient(t *testing.T) {
	t.Parallel()
	good, damaged := framed(patron("1"), '0'), strings.Replace(framed(patron("1"), '0'), "Anna", "Bnna", 1)
	for name, c := range map[string]struct {
		play func(*sip2test.Conn)
		want []error // none is a good answer
	}{
		"it is right":                            {answer(good), nil},
		"it ends in CR":                          {answer(strings.TrimSuffix(good, "\n")), nil},
		"it ends in LF":                          {answer(strings.Replace(good, "\r\n", "\n", 1)), nil},
		"it has no checksum":                     {answer("24" + patron("1").Fixed + "AEAnna|AA1|\r"), nil},
		"empty lines come first":                 {answer("\r\n\r\n" + good), nil},
		"damaged once":                           {answer(damaged, good), nil},
		"damaged every time":                     {answer(damaged, damaged, damaged), []error{sip2.ErrUnanswered, sip2.ErrChecksum}},
		"damaged, and then it forgot":            {answer(damaged, "96AZFEF6\r"), []error{sip2.ErrUnanswered, sip2.ErrStray}},
		"asked once more":                        {answer("96AZFEF6\r", good), nil},
		"asked once more and once more":          {answer("96AZFEF6\r", "96\r", good), nil},
		"never understood":                       {answer("96AZFEF6\r", "96AZFEF6\r", "96AZFEF6\r"), []error{sip2.ErrNotUnderstood}},
		"an earlier answer comes first":          {answer(framed(patron("2"), '9') + good), nil},
		"nothing but earlier answers":            {answer(strings.Repeat(framed(patron("2"), '9'), 9)), []error{sip2.ErrUnanswered, sip2.ErrStray}},
		"an answer to another request":           {answer(framed(sip2.EndSessionReply{}.Message(), '0')), []error{sip2.ErrUnanswered, sip2.ErrStray}},
		"half a message":                         {hangUp(good[:20]), []error{sip2.ErrUnanswered, io.ErrUnexpectedEOF}},
		"it hangs up":                            {hangUp(""), []error{sip2.ErrUnanswered, io.EOF}},
		"half a message that ends":               {answer("24YYYY\r"), []error{sip2.ErrUnanswered, sip2.ErrMalformed}},
		"HTML":                                   {answer("<html><body>Bad gateway</body></html>\r\n"), []error{sip2.ErrUnanswered, sip2.ErrMalformed}},
		"it never ends":                          {answer(strings.Repeat("24YYYY", 1<<16)), []error{sip2.ErrUnanswered, sip2.ErrTooLong}},
		"silence":                                {answer(), []error{sip2.ErrUnanswered, context.DeadlineExceeded}},
		"half a message and silence":             {answer(good[:20]), []error{sip2.ErrUnanswered, context.DeadlineExceeded}},
		"fixed fields that are not letters":      {answer("24\x00\x01" + strings.Repeat(" ", 40) + "|\r"), []error{sip2.ErrUnanswered, sip2.ErrMalformed}},
		"a checksum that is none":                {answer("941AZ12G4\r", "941AZ12G4\r", "941AZ12G4\r"), []error{sip2.ErrUnanswered, sip2.ErrChecksum}},
		"fields twice, in another order, others": {answer("24" + patron("1").Fixed + "AA1|ZZx|AA2|AEAnna|AEBert|Q|AF<b>x</b>|\r"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := sip2.Options{Checksums: true}
			if slices.Contains(c.want, context.DeadlineExceeded) {
				o.Patience = 50 * time.Millisecond
			}
			c2 := client(t, o, c.play)
			got, err := c2.Ask(t.Context(), ask("1"))
			for _, want := range c.want {
				if !errors.Is(err, want) {
					t.Errorf("got %v, want %v", err, want)
				}
			}
			if errors.Is(err, sip2.ErrNotUnderstood) && errors.Is(err, sip2.ErrUnanswered) {
				t.Error("what was not understood may have had its effect")
			}
			if c.want == nil {
				if err != nil || got.Get("AE") != "Anna" || got.Get("AA") != "1" {
					t.Errorf("got %q %q, %v", got.Get("AE"), got.Get("AA"), err)
				}
				return
			}
			if _, err := c2.Ask(t.Context(), ask("1")); !errors.Is(err, sip2.ErrBroken) {
				t.Errorf("the connection is used again: %v", err)
			}
		})
	}
}

func TestARequestIsRepeatedWithItsOwnNumberAndTheNextHasTheNext(t *testing.T) {
	t.Parallel()
	lines := make(chan string, 3)
	c := client(t, sip2.Options{Checksums: true}, func(c *sip2test.Conn) {
		for _, say := range []string{"96AZFEF6\r", framed(patron("1"), '0'), framed(patron("1"), '1')} {
			line, _ := c.Line()
			lines <- line
			c.Say(say)
		}
	})
	for range 2 {
		if _, err := c.Ask(t.Context(), ask("1")); err != nil {
			t.Fatal(err)
		}
	}
	first, again, next := <-lines, <-lines, <-lines
	if first != again || !strings.Contains(first, "AY0AZ") || !strings.Contains(next, "AY1AZ") {
		t.Errorf("sent %q, %q, %q", first, again, next)
	}
}

func TestWaitingEndsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := client(t, sip2.Options{}, func(c *sip2test.Conn) {
		c.Line()
		cancel()
		c.Line()
	})
	if _, err := c.Ask(ctx, ask("1")); !errors.Is(err, context.Canceled) || !errors.Is(err, sip2.ErrUnanswered) {
		t.Errorf("got %v", err)
	}
}

func TestLogIn(t *testing.T) {
	t.Parallel()
	online := sip2.ACSStatusReply{Online: true, Supported: "YYYYYYYYYYYNYYYN"}.Message()
	say := func(m sip2.Message) string { return string(sip2.Encode(sip2.Frame{Message: m}, sip2.Charset{})) + "\r" }
	for name, c := range map[string]struct {
		play func(*sip2test.Conn)
		want error
	}{
		"in":                      {answer("941\r", say(online)), nil},
		"wrong password":          {hangUp("940\r\n"), sip2.ErrLogIn},
		"it says it is off line":  {answer("941\r", say(sip2.ACSStatusReply{}.Message())), sip2.ErrOffline},
		"all its places are full": {answer(), context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := sip2.Options{User: "term", Password: "geheim"}
			if errors.Is(c.want, context.DeadlineExceeded) {
				o.Patience = 50 * time.Millisecond
			}
			c2 := client(t, o, c.play)
			if err := c2.Begin(t.Context()); !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			} else if err != nil && strings.Contains(err.Error(), "geheim") {
				t.Error("the error tells the password")
			}
		})
	}
}

func TestWhatASystemSaysItTakes(t *testing.T) {
	t.Parallel()
	a := sip2.ACSStatusReply{Supported: "YN"}
	for kind, want := range map[sip2.Kind][2]bool{
		sip2.TakesPatronStatus: {true, true}, sip2.TakesCheckOut: {false, true}, sip2.TakesRenew: {false, false},
	} {
		if takes, known := a.Takes(kind); takes != want[0] || known != want[1] {
			t.Errorf("%d: got %v, %v", kind, takes, known)
		}
	}
}
