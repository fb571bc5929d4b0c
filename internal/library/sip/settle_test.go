package sip_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/library/sip"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
	"hoofdpas/internal/sip2/sip2test"
)

func cents(n int64) money.Cents { return money.Cents(n) }

func (k *kohaPeer) set(l librarytest.Library) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lib = l
}

// owes is what the card owes at the peer, and took is what it was paid.
func (k *kohaPeer) owes() money.Cents {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.owed(annas)
}

// counter is a kohaPeer whose payments are counted, and lost when lose is set.
type counter struct {
	*kohaPeer
	peer *sip2test.Peer
	paid atomic.Int32
	lose atomic.Bool
}

func counting(t *testing.T) *counter {
	t.Helper()
	c := &counter{}
	c.peer, c.kohaPeer = twisted(t, func(m sip2.Message, said string) (string, bool) {
		if m.Code == sip2.FeePaid {
			c.paid.Add(1)
			if c.lose.Load() {
				return "", true
			}
		}
		return said, false
	})
	return c
}

func (c *counter) client(t *testing.T) *sip.System {
	t.Helper()
	return system(t, "koha", c.peer.Dial, unchecked)
}

// sumOf is all that the card owes, as one settlement.
func sumOf(t *testing.T, s *sip.System) circulation.Settlement {
	t.Helper()
	fees, err := s.Fees(t.Context(), number(t, annas))
	if err != nil || len(fees) != 1 {
		t.Fatalf("got %+v, %v", fees, err)
	}
	return circulation.Settlement{Fee: fees[0].ID, Amount: fees[0].Amount}
}

func settle(t *testing.T, s *sip.System, f circulation.Settlement, want problem.Reason) {
	t.Helper()
	err := s.Settle(t.Context(), number(t, annas), []circulation.Settlement{f}, "1001")
	if want == "" && err != nil || want != "" && !problem.Has(err, want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func (c *counter) is(t *testing.T, owed int64, paid int32) {
	t.Helper()
	if c.owes() != cents(owed) || c.paid.Load() != paid {
		t.Errorf("%s is owed and it was paid %d times, want %s and %d", c.owes(), c.paid.Load(), cents(owed), paid)
	}
}

func again(f circulation.Settlement) circulation.Settlement {
	f.Again = true
	return f
}

func TestASumIsPaidOnce(t *testing.T) {
	t.Parallel()
	c := counting(t)
	s := c.client(t)
	f := sumOf(t, s)
	if f.Amount != 150 {
		t.Fatalf("owes %s", f.Amount)
	}
	settle(t, s, f, "")
	c.is(t, 0, 1)
	settle(t, s, f, "") // the same program remembers
	settle(t, s, again(f), "")
	settle(t, c.client(t), again(f), "") // another looks
	settle(t, c.client(t), f, circulation.ReasonFeeSettled)
	c.is(t, 0, 1)
}

func TestASumWhoseAnswerIsLostIsPaidOnce(t *testing.T) {
	t.Parallel()
	c := counting(t)
	s := c.client(t)
	f := sumOf(t, s)
	c.lose.Store(true)
	settle(t, s, f, circulation.ReasonSystemAway)
	c.lose.Store(false)
	c.is(t, 0, 1)
	settle(t, c.client(t), again(f), "")
	c.is(t, 0, 1)
}

func TestASumThatDidNotComeIsPaidWhenToldAgain(t *testing.T) {
	t.Parallel()
	c := counting(t)
	f := sumOf(t, c.client(t))
	settle(t, c.client(t), again(f), "")
	c.is(t, 0, 1)
}

func TestASumThatWasPaidElsewhereIsNotPaidAgain(t *testing.T) {
	t.Parallel()
	for name, left := range map[string][]int64{"all of it": nil, "a part": {30}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := counting(t)
			f := sumOf(t, c.client(t))
			l := small(t)
			l.Fees = slices.DeleteFunc(l.Fees, func(x librarytest.Fee) bool { return !slices.Contains(left, int64(x.Amount)) })
			c.set(l)
			settle(t, c.client(t), f, circulation.ReasonFeeSettled)
			if c.paid.Load() != 0 {
				t.Error("it was paid")
			}
		})
	}
}

func TestWhatCameToBeOwedSinceStaysOwed(t *testing.T) {
	t.Parallel()
	c := counting(t)
	f := sumOf(t, c.client(t))
	l := small(t)
	l.Fees = append(l.Fees, librarytest.Fee{Holder: number(t, annas), Fee: circulation.Fee{Description: "Nieuw", Amount: 500}})
	c.set(l)
	settle(t, c.client(t), f, "")
	c.is(t, 500, 1)
	// Told again, with as much owed as was paid, but for other things.
	settle(t, c.client(t), again(f), "")
	c.is(t, 500, 1)
	// And when what was paid for grows meanwhile, as an overdue fee does.
	l = small(t)
	l.Fees[0].Amount += 20
	c.set(l)
	settle(t, c.client(t), again(f), "")
	c.is(t, 20, 2)
}

func TestASumOfAnotherIDIsNotPaid(t *testing.T) {
	t.Parallel()
	c := counting(t)
	for _, id := range []circulation.FeeID{"", "a", "sum", "sum/2026-11-25", "sum/2026-11-25/1.49/", "sum/gisteren/1.50/", "%", "SUM/2026-11-25/1.50/"} {
		settle(t, c.client(t), circulation.Settlement{Fee: id, Amount: 150}, circulation.ReasonFeeNotFound)
	}
	settle(t, c.client(t), circulation.Settlement{Fee: "sum/2026-11-25/0.00/", Amount: 0}, circulation.ReasonFeeNotFound)
	settle(t, c.client(t), circulation.Settlement{Fee: "sum/2026-11-25/-1.00/", Amount: -100}, circulation.ReasonFeeNotFound)
	c.is(t, 150, 0)
}

func TestAnIDTellsNothingOfWhatIsOwedFor(t *testing.T) {
	t.Parallel()
	f := sumOf(t, counting(t).client(t))
	if strings.Contains(string(f.Fee), "Kopie") || strings.Contains(string(f.Fee), annas) {
		t.Error(f.Fee)
	}
}

func TestAFeeCannotBeOpenedAgain(t *testing.T) {
	t.Parallel()
	c := counting(t)
	s := c.client(t)
	err := s.Reopen(t.Context(), number(t, annas), []circulation.Settlement{{Fee: "1", Amount: 1}}, "1001")
	if !problem.Has(err, circulation.ReasonNotReopened) {
		t.Errorf("got %v", err)
	}
	if err := s.Reopen(t.Context(), number(t, annas), nil, "1001"); err != nil {
		t.Errorf("got %v", err)
	}
	c.is(t, 150, 0)
}
