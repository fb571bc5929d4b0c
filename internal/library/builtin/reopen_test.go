package builtin_test

import (
	"testing"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func (w *world) mustReopen(n card.Number, reference string, fees ...circulation.Fee) {
	w.t.Helper()
	var all []circulation.Settlement
	for _, f := range fees {
		all = append(all, circulation.Settlement{Fee: f.ID, Amount: f.Amount})
	}
	if err := w.Reopen(w.t.Context(), n, all, reference); err != nil {
		w.t.Fatal(err)
	}
}

func TestAnOverdueFeeThatIsGivenBackIsOwedBesideWhatGrows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, n := lateLibrary(t, "")
		w := open(t, s, l)
		first := w.owes(n, 100)[0]
		w.mustPay(n, "1", first)
		w.today = w.today.AddDays(1)
		w.mustReopen(n, "1", first)
		fees := w.owes(n, 100, 20)
		if fees[0].ID != first.ID {
			t.Error("the fee has another ID than the payment knows")
		}
		w.mustPay(n, "1", first) // comes late
		w.owes(n, 100, 20)
		w.load(l)
		w.mustPay(n, "2", w.owes(n, 100, 20)...)
		w.owes(n)
	})
}

func TestAFeeThatGrowsIsPaidInPartAndThePartGivenBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, n := lateLibrary(t, "")
		w := open(t, s, l)
		fee := w.owes(n, 100)[0]
		part := []circulation.Settlement{{Fee: fee.ID, Amount: 60, Of: 100}}
		for range 2 { // told twice
			if err := w.Settle(t.Context(), n, part, "1"); err != nil {
				t.Fatal(err)
			}
			w.owes(n, 40)
		}
		w.today = w.today.AddDays(1)
		w.mustPay(n, "2", w.owes(n, 60)...)
		w.owes(n)
		if err := w.Reopen(t.Context(), n, part, "1"); err != nil {
			t.Fatal(err)
		}
		w.mustPay(n, "3", w.owes(n, 60)...)
		w.owes(n)
	})
}

func TestAFeeThatStillGrowsIsNotSettledByWhatWasGivenBackBefore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, n := lateLibrary(t, "")
		w := open(t, s, l)
		fee := w.owes(n, 100)[0]
		w.mustReopen(n, "1", fee)
		w.mustPay(n, "1", fee) // comes late
		w.today = w.today.AddDays(1)
		w.mustPay(n, "2", w.owes(n, 120)...)
		w.owes(n)
	})
}

func TestAFeeThatIsGivenBackFollowsTheFileFromWhenItHasItAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n := number(t, "20001000000012")
		without := librarytest.Library{Cards: []librarytest.Card{{Card: card.Card{Number: n, Name: "Anna"}}}}
		with := without
		with.Fees = []librarytest.Fee{{Holder: n, Fee: circulation.Fee{
			ID: "K1", Kind: circulation.Damage, Amount: 75, ChargedOn: librarytest.Today,
		}}}
		w := open(t, s, with)
		fee := w.owes(n, 75)[0]
		w.mustPay(n, "1", fee)
		w.load(without) // the library has heard that it is paid
		w.mustReopen(n, "1", fee)
		w.load(without) // it has not heard yet that it is open again
		w.owes(n, 75)
		w.load(with)
		w.owes(n, 75)
		w.load(without) // settled in the library
		w.owes(n)
	})
}

func TestAFeeIsGivenBackOnAClosedCardAndAfterItsNumberChanged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, n := lateLibrary(t, "")
		other := number(t, "20001000000029")
		l.Cards = append(l.Cards, librarytest.Card{Card: card.Card{Number: other, Name: "Bert"}})
		w := open(t, s, l)
		fee := w.owes(n, 100)[0]
		w.mustPay(n, "1", fee)
		closed := librarytest.Library{Cards: l.Cards[1:]}
		w.load(closed)
		w.mustReopen(other, "1", fee) // the number that the holder has now
		w.load(l)
		w.owes(n, 100)
	})
}
