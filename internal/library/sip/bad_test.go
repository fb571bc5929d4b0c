package sip_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/library/sip"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
	"hoofdpas/internal/sip2/sip2test"
)

// twisted is a peer over a kohaPeer that says something else: twist gets each
// request and what would be said, as bytes, and says what is; hang is to hang up.
func twisted(t *testing.T, twist func(request sip2.Message, said string) (raw string, hang bool)) (*sip2test.Peer, *kohaPeer) {
	t.Helper()
	k := &kohaPeer{lib: small(t), now: noon(t)}
	return sip2test.Listen(t, func(c *sip2test.Conn) {
		for line, ok := c.Line(); ok; line, ok = c.Line() {
			f, err := sip2.Decode([]byte(line), sip2.Charset{})
			if err != nil {
				return
			}
			answer, _ := k.Serve(t.Context(), f.Message)
			raw, hang := twist(f.Message, string(sip2.Encode(sip2.Frame{Message: answer}, sip2.Charset{}))+"\r\n")
			c.Say(raw)
			if hang {
				return
			}
		}
	}), k
}

const (
	annas = "20001000000012"
	book  = "391"
)

// small is a library with one card, one loan and two fees.
func small(t *testing.T) librarytest.Library {
	t.Helper()
	n := number(t, annas)
	fee := func(id string, amount int64) librarytest.Fee {
		return librarytest.Fee{Holder: n, Fee: circulation.Fee{ID: circulation.FeeID(id), Description: "Kopie " + id, Amount: cents(amount)}}
	}
	return librarytest.Library{
		Cards: []librarytest.Card{{Card: card.Card{Number: n, Name: "Anna Akkerman"}, FirstPassword: "Welkom-1984"}},
		Loans: []librarytest.Loan{{Holder: n, Loan: circulation.Loan{ID: "1", Item: book, Title: "Geheime titel", DueOn: librarytest.Today.AddDays(3)}}},
		Fees:  []librarytest.Fee{fee("a", 120), fee("b", 30)},
	}
}

func unchecked(o *sip2.PoolOptions, _ *sip.Options) { o.Checksums = false }

// replaced says what would be said with one thing in another's place.
func replaced(code, old, by string) func(sip2.Message, string) (string, bool) {
	return func(m sip2.Message, said string) (string, bool) {
		if m.Code == code {
			return strings.Replace(said, old, by, 1), false
		}
		return said, false
	}
}

func TestASumInAnyFormIsReadExactlyOrNotAtAll(t *testing.T) {
	t.Parallel()
	for owed, want := range map[string]string{
		"BV1.5|": "1.50", "BV0.3|": "0.30", "BV14|": "14.00", "BV1.50|": "1.50", "BV 2.00 |": "2.00",
		"BV|": "none", "": "none", "BV0|": "none", "BV0.00|": "none",
		"BV1,50|": "away", "BV98.045|": "away", "BVabc|": "away", "BV-1.00|": "away", "BV0.005|": "away", "BV€ 1.50|": "away",
		"BV1.5|BV9.00|": "1.50", "BV99999999999999999999|": "away", "BV1e12|": "away", "BV1000000000000.00|": "away",
	} {
		t.Run(owed, func(t *testing.T) {
			t.Parallel()
			peer, _ := twisted(t, replaced(sip2.PatronInformation, "BV1.5|", owed))
			fees, err := system(t, "koha", peer.Dial, unchecked).Fees(t.Context(), number(t, annas))
			got := "none"
			switch {
			case problem.Has(err, circulation.ReasonSystemAway):
				got = "away"
			case err != nil || len(fees) > 1:
				got = fmt.Sprint(fees, err)
			case len(fees) == 1:
				got = fees[0].Amount.String()
			}
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestWhatASystemSendsOddly(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Lange titel ", 900)
	for name, c := range map[string]struct {
		twist func(sip2.Message, string) (string, bool)
		want  func(circulation.Loan) bool
	}{
		"a title of 10,000 characters": {
			replaced(sip2.ItemInformation, "Geheime titel", long),
			func(l circulation.Loan) bool { return len(l.Title) < 600 && strings.HasPrefix(l.Title, "Lange titel") },
		},
		"a title with a bar": {
			replaced(sip2.ItemInformation, "Geheime titel", "A &#124; B"), func(l circulation.Loan) bool { return l.Title == "A | B" },
		},
		"no title": {replaced(sip2.ItemInformation, "Geheime titel", ""), func(l circulation.Loan) bool { return l.Title == "" }},
		"no due date": {
			replaced(sip2.ItemInformation, "AH20261128    235900|", ""), func(l circulation.Loan) bool { return l.DueOn.IsZero() },
		},
		"a due date of no calendar": {
			replaced(sip2.ItemInformation, "AH20261128", "AH20260229"), func(l circulation.Loan) bool { return l.DueOn.IsZero() },
		},
		"a due date in UTC, late in the evening": {
			replaced(sip2.ItemInformation, "AH20261128    235900", "AH20261128   Z230000"),
			func(l circulation.Loan) bool { return l.DueOn == day(t, "2026-11-29") },
		},
		"bytes that are no letters": {
			replaced(sip2.ItemInformation, "Geheime", "\xff\xfe"), func(l circulation.Loan) bool { return strings.HasSuffix(l.Title, " titel") },
		},
		"a bar code twice": {
			replaced(sip2.PatronInformation, "AU391|", "AU391|AU391|AU |AU|"), func(circulation.Loan) bool { return true },
		},
		"fields in another order, twice and unknown": {
			func(m sip2.Message, said string) (string, bool) {
				if m.Code == sip2.ItemInformation {
					return said[:26] + "QQ?|AH20261128    235900|AJEerst|AJDan|AB391|\r", false
				}
				return said, false
			},
			func(l circulation.Loan) bool { return l.Title == "Eerst" && l.DueOn == librarytest.Today.AddDays(3) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer, _ := twisted(t, c.twist)
			loans, err := system(t, "koha", peer.Dial, unchecked).Loans(t.Context(), number(t, annas))
			if err != nil || len(loans) != 1 || !c.want(loans[0]) {
				t.Errorf("got %+v, %v", loans, err)
			}
		})
	}
}

func TestASystemThatMakesNoSenseIsAway(t *testing.T) {
	t.Parallel()
	for name, twist := range map[string]func(sip2.Message, string) (string, bool){
		"it hangs up":               func(sip2.Message, string) (string, bool) { return "", true },
		"it hangs up in the middle": func(_ sip2.Message, said string) (string, bool) { return said[:len(said)/2], true },
		"HTML":                      func(sip2.Message, string) (string, bool) { return "<html><h1>502</h1></html>\r\n", false },
		"a wrong checksum, every time": func(_ sip2.Message, said string) (string, bool) {
			return strings.TrimSpace(said) + "AY0AZ0000\r", false
		},
		"an answer to something else": func(sip2.Message, string) (string, bool) { return "941\r\n", false },
		"another patron":              replaced(sip2.PatronInformation, "AA"+annas, "AA20001000000099"),
		"it does not understand":      func(sip2.Message, string) (string, bool) { return "96\r", false },
		"more loans than anybody has": func(m sip2.Message, said string) (string, bool) {
			return strings.Replace(said, "AU391|", strings.Repeat("AU391|", 1100), 1), false
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer, _ := twisted(t, func(m sip2.Message, said string) (string, bool) {
				if m.Code == sip2.LogIn || m.Code == sip2.SCStatus {
					return said, false
				}
				return twist(m, said)
			})
			s := system(t, "koha", peer.Dial, unchecked)
			if loans, err := s.Loans(t.Context(), number(t, annas)); !problem.Has(err, circulation.ReasonSystemAway) {
				t.Errorf("got %+v, %v", loans, err)
			}
			if _, err := s.Renew(t.Context(), number(t, annas), book, librarytest.Today.AddDays(3)); !problem.Has(err, circulation.ReasonSystemAway) {
				t.Errorf("a renewal got %v", err)
			}
		})
	}
}

func TestAnotherNameForACardIsNoCard(t *testing.T) {
	t.Parallel()
	peer, _ := twisted(t, replaced(sip2.PatronInformation, "AAanna|", "AA"+annas+"|BLY|AEAnna|"))
	s := system(t, "koha", peer.Dial, unchecked)
	if c, ok, err := s.Card(t.Context(), number(t, "anna")); ok || err != nil {
		t.Errorf("got %v, %v, %v", c, ok, err)
	}
	if ok, err := s.CheckFirstPassword(t.Context(), number(t, "anna"), "Welkom-1984"); ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestAPasswordIsRightOnlyWhenTheSystemSaysSoTwice(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]bool{"BLY|CQY|": true, "BLY|CQN|": false, "BLN|CQY|": false, "BLY|": false, "CQY|": false, "": false, "BL|CQ|": false} {
		peer, _ := twisted(t, replaced(sip2.PatronInformation, "BLY|CQY|", said))
		s := system(t, "koha", peer.Dial, unchecked)
		if got, err := s.CheckFirstPassword(t.Context(), number(t, annas), "Welkom-1984"); err != nil || got != want {
			t.Errorf("%q: got %v, %v", said, got, err)
		}
	}
	peer, _ := twisted(t, func(m sip2.Message, said string) (string, bool) {
		return strings.Replace(said, "CQN", "CQY", 1), false
	})
	latin, err := sip2.ParseCharset("latin-1")
	if err != nil {
		t.Fatal(err)
	}
	s := system(t, "koha", peer.Dial, func(o *sip2.PoolOptions, _ *sip.Options) { o.Checksums, o.Charset = false, latin })
	for _, password := range []string{"", "€", "a|b", "a\rb"} {
		if ok, err := s.CheckFirstPassword(t.Context(), number(t, annas), password); ok || err != nil {
			t.Errorf("%q: got %v, %v", password, ok, err)
		}
	}
}

// A renewal whose answer is lost is never sent again: the date tells.
func TestARenewalWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		done, after bool // it was renewed; the system answers afterwards
		want        problem.Reason
	}{
		"it was renewed":        {true, true, ""},
		"it was not":            {false, true, circulation.ReasonUnsure},
		"nobody answers at all": {true, false, circulation.ReasonUnsure},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent atomic.Int32
			var k *kohaPeer
			var peer *sip2test.Peer
			var before librarytest.Library
			var once sync.Once
			peer, k = twisted(t, func(m sip2.Message, said string) (string, bool) {
				if m.Code == sip2.Renew {
					sent.Add(1)
					if !c.done {
						once.Do(func() { k.set(before) })
					}
					return "", true
				}
				if sent.Load() > 0 && !c.after {
					return "", true
				}
				return said, false
			})
			before = small(t)
			s := system(t, "koha", peer.Dial, unchecked)
			due := librarytest.Today.AddDays(3)
			got, err := s.Renew(t.Context(), number(t, annas), book, due)
			if c.want == "" && (err != nil || got.DueOn != librarytest.Today.AddDays(librarytest.LoanDays)) {
				t.Errorf("got %v, %v", got, err)
			}
			if c.want != "" && !problem.Has(err, c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if sent.Load() != 1 {
				t.Errorf("it was sent %d times", sent.Load())
			}
		})
	}
}

func TestARefusalInWordsThatNobodyKnows(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"<b onclick=alert(1)>NEE</b>", "", "Geen idee", strings.Repeat("x", 5000)} {
		peer, k := twisted(t, replaced(sip2.Renew, "Item has reached maximum renewals", words))
		l := small(t)
		l.Loans[0].Renewals = librarytest.MaxRenewals
		k.set(l)
		s := system(t, "koha", peer.Dial, unchecked)
		_, err := s.Renew(t.Context(), number(t, annas), book, librarytest.Today.AddDays(3))
		if all := problem.Of(err); len(all) != 1 || all[0].Reason != circulation.ReasonNotAllowed {
			t.Errorf("%.20q: got %v", words, err)
		}
	}
}

func TestARenewalToADateThatIsNotToldIsReadAgain(t *testing.T) {
	t.Parallel()
	peer, _ := twisted(t, func(m sip2.Message, said string) (string, bool) {
		if m.Code == sip2.Renew {
			return strings.Replace(said, "AH2026", "AHsoon", 1), false
		}
		return said, false
	})
	got, err := system(t, "koha", peer.Dial, unchecked).Renew(t.Context(), number(t, annas), book, librarytest.Today.AddDays(3))
	if err != nil || got.DueOn != librarytest.Today.AddDays(librarytest.LoanDays) {
		t.Errorf("got %v, %v", got, err)
	}
}

// The log tells what and where, and nothing of anybody.
func TestTheLogTellsNothingOfAnybody(t *testing.T) {
	t.Parallel()
	var out lockedBuffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	peer, k := twisted(t, func(m sip2.Message, said string) (string, bool) {
		said = strings.Replace(strings.Replace(said, "BV1.5|", "BV1,50|", 1), "AH2026", "AHxx", 1)
		return said, m.Code == sip2.FeePaid
	})
	s := system(t, "koha", peer.Dial, func(po *sip2.PoolOptions, o *sip.Options) { po.Checksums, po.Log, o.Log = false, log, log })
	ctx, anna := t.Context(), number(t, annas)
	run := func() {
		_, _, err1 := s.Card(ctx, anna)
		_, err2 := s.CheckFirstPassword(ctx, anna, "Welkom-1984")
		_, err3 := s.Loans(ctx, anna)
		_, err4 := s.Fees(ctx, anna)
		_, err5 := s.Renew(ctx, anna, book, librarytest.Today.AddDays(3))
		err6 := s.Settle(ctx, anna, []circulation.Settlement{{Fee: "sum/2026-11-25/1.50/", Amount: 150}}, "1001")
		log.Info("errors", "all", []error{err1, err2, err3, err4, err5, err6})
	}
	run()
	l := small(t)
	l.Loans[0].Renewals = librarytest.MaxRenewals
	k.set(l)
	run()
	said := out.String()
	for _, secret := range []string{"Anna", "Akkerman", "Geheime", "Welkom", annas, "term1", "Kopie"} {
		if strings.Contains(said, secret) {
			t.Errorf("the log tells %q:\n%s", secret, said)
		}
	}
	for _, told := range []string{"a sum that cannot be read", "a loan without a date", "profile=koha"} {
		if !strings.Contains(said, told) {
			t.Errorf("the log does not tell %q:\n%s", told, said)
		}
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestAnsweringTakesNoLongerThanAsked(t *testing.T) {
	t.Parallel()
	peer := sip2test.Listen(t, func(c *sip2test.Conn) {
		for _, ok := c.Line(); ok; _, ok = c.Line() {
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := system(t, "koha", peer.Dial, unchecked).Loans(ctx, number(t, annas))
	if !problem.Has(err, circulation.ReasonSystemAway) {
		t.Errorf("got %v", err)
	}
}
