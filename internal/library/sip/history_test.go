package sip_test

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/library/sip"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

// payment is a payment of a sum, as the cashier has it.
type payment struct {
	reference string
	fee       circulation.Settlement
	tried     bool // Settle was called before: from then on the cashier says Again
	lost      bool // and it was not told what became of it
	done      bool // Settle said that it is settled
	refused   bool // Settle refused for good
}

// Whatever happens in between, no payment is taken twice and nothing is overpaid;
// and what is said to be settled was taken, unless the desk was quicker when
// nothing was known.
func TestHistoriesOfPayingASum(t *testing.T) {
	t.Parallel()
	const answer, loseAnswer, loseRequest = 0, 1, 2
	var fate atomic.Int32
	var peer *kohaPeer
	var before librarytest.Library
	var took map[string]int
	listening, k := twisted(t, func(m sip2.Message, said string) (string, bool) {
		switch {
		case m.Code != sip2.FeePaid || fate.Load() == answer:
			return said, false
		case fate.Load() == loseRequest:
			peer.mu.Lock()
			peer.lib, peer.took = before, took
			peer.mu.Unlock()
		}
		return "", true
	})
	peer = k
	rapid.Check(t, func(rt *rapid.T) {
		fate.Store(answer)
		peer.mu.Lock()
		peer.lib, peer.took, peer.overpaid = small(t), map[string]int{}, 0
		peer.mu.Unlock()
		clients := []*sip.System{system(t, "koha", listening.Dial, unchecked), system(t, "koha", listening.Dial, unchecked)}
		var payments []*payment
		for step := range rapid.IntRange(1, 12).Draw(rt, "steps") {
			s := clients[rapid.IntRange(0, 1).Draw(rt, "client")]
			switch rapid.SampledFrom([]string{"fee", "desk", "begin", "settle", "settle", "settle"}).Draw(rt, "what") {
			case "fee":
				f := circulation.Fee{Description: fmt.Sprint("Nieuw ", step), Amount: cents(rapid.Int64Range(1, 300).Draw(rt, "amount"))}
				peer.mu.Lock()
				peer.lib.Fees = append(slices.Clone(peer.lib.Fees), librarytest.Fee{Holder: number(t, annas), Fee: f})
				peer.mu.Unlock()
			case "desk":
				peer.mu.Lock()
				peer.lib.Fees = nil
				peer.mu.Unlock()
			case "begin":
				fees, err := s.Fees(t.Context(), number(t, annas))
				if err != nil {
					rt.Fatal(err)
				}
				for _, f := range fees {
					payments = append(payments, &payment{
						reference: fmt.Sprint(1000 + step), fee: circulation.Settlement{Fee: f.ID, Amount: f.Amount},
					})
				}
			case "settle":
				if len(payments) == 0 {
					continue
				}
				p := payments[rapid.IntRange(0, len(payments)-1).Draw(rt, "payment")]
				if p.refused {
					continue
				}
				fate.Store(int32(rapid.IntRange(answer, loseRequest).Draw(rt, "fate"))) //nolint:gosec // 0 to 2
				peer.mu.Lock()
				before = peer.lib
				before.Fees = slices.Clone(peer.lib.Fees)
				took = maps.Clone(peer.took)
				peer.mu.Unlock()
				p.fee.Again, p.tried = p.tried, true
				err := s.Settle(t.Context(), number(t, annas), []circulation.Settlement{p.fee}, p.reference)
				fate.Store(answer)
				switch {
				case err == nil:
					p.done = true
				case problem.Has(err, circulation.ReasonSystemAway):
					p.lost = true
				case problem.Has(err, circulation.ReasonFeeSettled):
					p.refused = true
				default:
					rt.Fatal(err)
				}
			}
		}
		peer.mu.Lock()
		defer peer.mu.Unlock()
		if peer.overpaid != 0 {
			rt.Fatalf("%s was paid too much", peer.overpaid)
		}
		for _, p := range payments {
			switch n := peer.took[p.reference]; {
			case n > 1:
				rt.Fatalf("payment %s was taken %d times", p.reference, n)
			case p.refused && n > 0:
				rt.Fatalf("payment %s was taken and refused", p.reference)
			case p.done && n == 0 && !p.lost:
				rt.Fatalf("payment %s is said to be settled", p.reference)
			}
		}
	})
}
