package builtin_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// lateLibrary has one card with one loan that was due five days ago.
func lateLibrary(t *testing.T, category string) (librarytest.Library, card.Number) {
	t.Helper()
	n := number(t, "20001000000012")
	return librarytest.Library{
		Cards: []librarytest.Card{{Card: card.Card{Number: n, Name: "Anna", Category: category}}},
		Loans: []librarytest.Loan{{Holder: n, Loan: circulation.Loan{
			ID: "a/b", Item: "39", Title: "Boek", LentOn: librarytest.Today.AddDays(-26), DueOn: librarytest.Today.AddDays(-5),
		}}},
	}, n
}

func (w *world) owes(n card.Number, want ...money.Cents) []circulation.Fee {
	w.t.Helper()
	fees, err := w.Fees(w.t.Context(), n)
	if err != nil {
		w.t.Fatal(err)
	}
	var got []money.Cents
	for _, f := range fees {
		got = append(got, f.Amount)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Fatalf("owed: %s", diff)
	}
	return fees
}

func (w *world) pay(n card.Number, reference string, fees ...circulation.Fee) error {
	var all []circulation.Settlement
	for _, f := range fees {
		all = append(all, circulation.Settlement{Fee: f.ID, Amount: f.Amount})
	}
	return w.Settle(w.t.Context(), n, all, reference)
}

func (w *world) mustPay(n card.Number, reference string, fees ...circulation.Fee) {
	w.t.Helper()
	if err := w.pay(n, reference, fees...); err != nil {
		w.t.Fatal(err)
	}
}

func has(t *testing.T, err error, r problem.Reason) {
	t.Helper()
	if !problem.Has(err, r) {
		t.Errorf("got %v, want %s", err, r)
	}
}

func TestAnOverdueFeeGrowsAndWhatWasPaidStaysPaid(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, n := lateLibrary(t, "")
		w := open(t, s, l)
		first := w.owes(n, 100)[0]
		if first.Description != "" {
			t.Error("a fee names the title: who may pay may not always see the loans")
		}
		w.today = w.today.AddDays(1)
		w.owes(n, 120)
		w.mustPay(n, "1", first) // begun yesterday, when it was 1.00
		w.mustPay(n, "1", first) // told twice
		rest := w.owes(n, 20)[0]
		if rest.ID == first.ID {
			t.Error("the rest has the ID of what was paid")
		}
		has(t, w.pay(n, "2", first), circulation.ReasonFeeSettled)
		w.mustPay(n, "2", rest)
		w.owes(n)
		w.today = w.today.AddDays(100)
		w.owes(n, 380) // the cap, less what was paid
		w.load(l)      // the same files again
		w.owes(n, 380)
	})
}

func TestRenewingALateLoanFixesItsFee(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, n := lateLibrary(t, "jeugd")
		w := open(t, s, l)
		fee := w.owes(n, 50)[0]
		loan, err := w.Renew(t.Context(), n, "a/b", l.Loans[0].DueOn)
		if err != nil {
			t.Fatal(err)
		}
		if want := w.today.AddDays(28); loan.DueOn != want {
			t.Errorf("due on %s, want %s", loan.DueOn, want)
		}
		w.today = w.today.AddDays(10)
		if diff := cmp.Diff(fee.ID, w.owes(n, 50)[0].ID); diff != "" {
			t.Errorf("a payment that began before would not find it: %s", diff)
		}
		w.today = loan.DueOn.AddDays(1)
		w.owes(n, 50, 10)
		w.mustPay(n, "1", fee)
		w.owes(n, 10)
	})
}

func TestWhatGrewCountsForTheLimit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, n := lateLibrary(t, "")
		l.Fees = []librarytest.Fee{{Holder: n, Fee: circulation.Fee{
			ID: "1", Kind: circulation.Other, Amount: 900, ChargedOn: librarytest.Today,
		}}}
		w := open(t, s, l)
		w.owes(n, 100, 900)
		_, err := w.Renew(t.Context(), n, "a/b", l.Loans[0].DueOn)
		has(t, err, circulation.ReasonFees)
	})
}

func TestAnImportedOverdueFeeTakesTheOthersPlace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, n := lateLibrary(t, "")
		w := open(t, s, l)
		w.owes(n, 100)
		with := l
		with.Fees = []librarytest.Fee{{Holder: n, Fee: circulation.Fee{
			ID: "K1", Kind: circulation.Overdue, Amount: 75, ChargedOn: librarytest.Today, Item: "39",
		}}}
		w.load(with)
		w.owes(n, 75)
		w.load(l) // settled in the library: not to be counted anew
		w.owes(n)
	})
}

func TestWhatWasPaidStaysPaidWhenTheLoanMoves(t *testing.T) {
	t.Parallel()
	other := number(t, "20001000000029")
	for what, move := range map[string]func(*librarytest.Loan){
		"to another card": func(l *librarytest.Loan) { l.Holder = other },
		"to another item": func(l *librarytest.Loan) { l.Item = "40" },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				l, n := lateLibrary(t, "")
				l.Cards = append(l.Cards, librarytest.Card{Card: card.Card{Number: other, Name: "Bert"}})
				// Loans whose fees would begin alike if one did not look well.
				l.Loans = append(l.Loans, l.Loans[0], l.Loans[0])
				l.Loans[1].ID, l.Loans[2].ID = "a%", "a/b/"+circulation.LoanID(l.Loans[0].DueOn.String())
				l.Loans[1].Item, l.Loans[2].Item = "41", "42"
				w := open(t, s, l)
				fees := w.owes(n, 100, 100, 100)
				w.mustPay(n, "1", fees...)
				w.owes(n)
				l.Loans = append([]librarytest.Loan{}, l.Loans...)
				move(&l.Loans[0])
				w.load(l)
				w.owes(n)
				w.owes(other)
				w.mustPay(l.Loans[0].Holder, "1", fees...) // told again
				has(t, w.pay(l.Loans[0].Holder, "2", fees...), circulation.ReasonFeeSettled)
				w.today = w.today.AddDays(1)
				all := append(w.mustFees(n), w.mustFees(other)...)
				if len(all) != 3 || owedOf(all) != 60 {
					t.Fatalf("a day later they owe %+v", all)
				}
				w.mustPay(l.Loans[0].Holder, "2", w.mustFees(l.Loans[0].Holder)...)
				w.owes(l.Loans[0].Holder)
			})
		})
	}
}

func TestWhatWasFixedOnAnotherCardIsNeitherChargedNorOwedAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, n := lateLibrary(t, "")
		other := number(t, "20001000000029")
		l.Cards = append(l.Cards, librarytest.Card{Card: card.Card{Number: other, Name: "Bert"}})
		w := open(t, s, l)
		fixed := w.owes(n, 100)[0]
		if _, err := w.Renew(t.Context(), n, "a/b", l.Loans[0].DueOn); err != nil {
			t.Fatal(err)
		}
		l.Loans[0].Holder, l.Loans[0].Renewals = other, 1 // the file has something new: late as before
		w.load(l)
		w.owes(n, 100)
		w.owes(other)
		has(t, w.pay(other, "1", fixed), circulation.ReasonFeeNotFound)
		w.mustPay(n, "2", fixed)
		w.owes(n)
		w.today = w.today.AddDays(1)
		w.mustPay(other, "3", w.owes(other, 20)...)
		w.owes(other)
	})
}

func (w *world) mustFees(n card.Number) []circulation.Fee {
	w.t.Helper()
	fees, err := w.Fees(w.t.Context(), n)
	if err != nil {
		w.t.Fatal(err)
	}
	return fees
}

func owedOf(fees []circulation.Fee) (total money.Cents) {
	for _, f := range fees {
		total += f.Amount
	}
	return total
}

func TestAFeePaidOnTheDayThatTheCardClosesIsSettled(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, n := lateLibrary(t, "")
		w := open(t, s, l)
		fee := w.owes(n, 100)[0]
		other := librarytest.Library{Cards: []librarytest.Card{{Card: card.Card{Number: number(t, "2"), Name: "Bert"}}}}
		w.load(other)
		w.owes(n)
		if _, ok, err := w.Card(t.Context(), n); ok || err != nil {
			t.Errorf("a closed card is known, %v", err)
		}
		_, err := w.Renew(t.Context(), n, "a/b", l.Loans[0].DueOn)
		has(t, err, circulation.ReasonLoanNotFound)
		w.mustPay(n, "1", fee)
		w.load(l) // it comes back
		w.owes(n)
	})
}

func TestTheDeskFindsCardsByNumberAndName(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var l librarytest.Library
		for i, name := range []string{"Marieke de Vries", "Sem de Vries", "Åke Ångström", "Vera Riesling", "20001 Jansen"} {
			l.Cards = append(l.Cards, librarytest.Card{Card: card.Card{Number: number(t, fmt.Sprint(20001+i)), Name: name}})
		}
		w := open(t, s, l)
		for query, want := range map[string][]string{
			"20001":        {"Marieke de Vries"},
			"20 001":       {"Marieke de Vries"},
			"vries":        {"Marieke de Vries", "Sem de Vries"},
			"VRIES s":      {"Sem de Vries"},
			"angstrom":     {"Åke Ångström"},
			"ries":         {"Vera Riesling"},
			"20001 jansen": {"20001 Jansen"},
			"":             nil,
			"%":            nil,
			"_":            nil,
			"' OR 1=1 --":  nil,
			"zzz":          nil,
		} {
			found, err := w.FindCards(t.Context(), query, 20)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range found {
				got = append(got, c.Name)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q: %s", query, diff)
			}
		}
		if found, err := w.FindCards(t.Context(), "de", 1); err != nil || len(found) != 1 {
			t.Errorf("got %d cards of at most one, %v", len(found), err)
		}
	})
}
