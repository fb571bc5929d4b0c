package kiosk

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// linked is a permit for another's card, as a mandate gives.
type linked struct {
	mandate.Permit
	of card.ID
}

func (l linked) Card() card.Holder { return card.Holder{ID: l.of} }
func (linked) OwnCard() bool       { return false }

// homes makes households of one to four cards with fees, some of them held.
func homes(t *rapid.T) owed {
	own := mandate.Own(mandate.Actor{Holder: card.Holder{ID: 1}})
	members := []household.Member{{Permit: own}}
	for id := range rapid.IntRange(0, 3).Draw(t, "linked cards") {
		members = append(members, household.Member{Permit: linked{own, card.ID(id + 2)}})
	}
	for i := range members {
		for n := range rapid.IntRange(0, 4).Draw(t, "fees") {
			f := household.Fee{Fee: circulation.Fee{
				ID: circulation.FeeID(strconv.Itoa(n)), Amount: money.Cents(rapid.IntRange(1, 6).Draw(t, "cents")),
				ChargedOn: day(t, rapid.IntRange(1, 4).Draw(t, "day")),
			}}
			if rapid.IntRange(0, 5).Draw(t, "held") == 0 {
				f.Hold = &payment.Hold{}
			}
			members[i].Fees = append(members[i].Fees, f)
		}
	}
	o, err := add(members)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func day(t *rapid.T, n int) calendar.Date {
	d, err := calendar.New(2026, 11, n)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// names are what a terminal may say for which fees.
func names(t *rapid.T, o owed) string {
	all := []string{"", "", "1", "2", "9", "1.9"}
	for _, f := range o.fines {
		all = append(all, f.id())
	}
	return rapid.SampledFrom(all).Draw(t, "CG")
}

func TestAnAmountIsPaidOutToTheCentOrNotAtAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o, amount := homes(t), money.Cents(rapid.IntRange(1, 40).Draw(t, "amount"))
		named := names(t, o)
		free := o.total
		if named != "" {
			free = sum(o.of(func(f fine) bool { return f.id() == named || cardID(f.permit.Card().ID) == named }))
		}
		shares, err := allot(o, named, amount)
		if (err == nil) != (amount <= free) {
			t.Fatalf("%s of %s: %v", amount, free, err)
		}
		if err != nil {
			if problem.KindOf(err) == "" || len(shares) > 0 {
				t.Fatalf("refused as %v", err)
			}
			return
		}
		var total money.Cents
		parts, seen := 0, map[string]bool{}
		for _, s := range shares {
			total += s.paid
			if s.paid < s.Amount {
				parts++
			}
			if s.paid <= 0 || s.paid > s.Amount || seen[s.id()] {
				t.Fatalf("%s of %s for %s", s.paid, s.Amount, s.id())
			}
			seen[s.id()] = true
		}
		if total != amount || parts > 1 {
			t.Fatalf("%s paid out as %s, %d in part", amount, total, parts)
		}
		choicesAreTheShares(t, shares)
	})
}

// choicesAreTheShares checks that the cashier is told the same.
func choicesAreTheShares(t *rapid.T, shares []share) {
	count := 0
	for _, c := range choices(shares) {
		count += len(c.Fees)
		last := slices.IndexFunc(shares, func(s share) bool {
			return s.permit.Card().ID == c.Permit.Card().ID && s.ID == c.Fees[len(c.Fees)-1]
		})
		if c.Part != 0 && c.Part != shares[last].paid {
			t.Fatalf("%s in part, not %s", c.Part, shares[last].paid)
		}
		for _, s := range shares {
			if s.permit.Card().ID == c.Permit.Card().ID && s.paid < s.Amount && c.Part == 0 {
				t.Fatal("a part is taken for all of it")
			}
		}
	}
	if count != len(shares) {
		t.Fatalf("%d fees for %d shares", count, len(shares))
	}
}

func TestAnAmountThatFitsNothingGoesToTheOldest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o, amount := homes(t), money.Cents(rapid.IntRange(1, 40).Draw(t, "amount"))
		shares, err := allot(o, "", amount)
		if err != nil {
			return
		}
		whole := len(o.chosen("", amount)) < len(o.fines) // one card's sum
		for i, s := range shares {
			if i > 0 && older(shares[i-1].fine, s.fine) > 0 {
				t.Fatal("not in order")
			}
			for _, f := range o.fines {
				left := !slices.ContainsFunc(shares, func(s share) bool { return s.id() == f.id() })
				if left && !whole && older(f, s.fine) < 0 {
					t.Fatalf("%s is older than %s and was left", f.id(), s.id())
				}
			}
		}
	})
}

// family is three cards: 1 owes 2.50 and 0.30, 2 owes 1.20, 3 owes 0.80 and 0.40.
func family(t *testing.T) owed {
	t.Helper()
	own := mandate.Own(mandate.Actor{Holder: card.Holder{ID: 1}})
	fee := func(id string, cents money.Cents, on int) household.Fee {
		d, err := calendar.New(2026, 11, on)
		if err != nil {
			t.Fatal(err)
		}
		return household.Fee{Fee: circulation.Fee{ID: circulation.FeeID(id), Amount: cents, ChargedOn: d}}
	}
	o, err := add([]household.Member{
		{Permit: own, Fees: []household.Fee{fee("7", 250, 3), fee("8", 30, 2)}},
		{Permit: linked{own, 2}, Fees: []household.Fee{fee("9", 120, 1)}},
		{Permit: linked{own, 3}, Fees: []household.Fee{fee("10", 80, 2), fee("11", 40, 9)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestTheAmountOrCGSaysWhatIsPaid(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]struct {
		amount money.Cents
		cg     string
		want   []string
	}{
		"all":                  {520, "", []string{"2.9 1.20", "1.8 0.30", "3.10 0.80", "1.7 2.50", "3.11 0.40"}},
		"the own card":         {280, "", []string{"1.8 0.30", "1.7 2.50"}},
		"oldest first":         {150, "", []string{"2.9 1.20", "1.8 0.30"}},
		"the last in part":     {160, "", []string{"2.9 1.20", "1.8 0.30", "3.10 0.10"}},
		"a cent":               {1, "", []string{"2.9 0.01"}},
		"two cards of one sum": {120, "", []string{"2.9 1.20"}}, // 2 and 3 both owe that: the oldest is of 2
		"a fee":                {80, "3.10", []string{"3.10 0.80"}},
		"a part of a fee":      {50, "1.7", []string{"1.7 0.50"}},
		"a card":               {120, "3", []string{"3.10 0.80", "3.11 0.40"}},
		"a card in part":       {100, "3", []string{"3.10 0.80", "3.11 0.20"}},
		"more than a card":     {130, "3", nil},
		"more than all":        {521, "", nil},
		"no such card":         {1, "4", nil},
	} {
		shares, err := allot(family(t), each.cg, each.amount)
		var got []string
		for _, s := range shares {
			got = append(got, s.id()+" "+s.paid.String())
		}
		if !slices.Equal(got, each.want) || (err == nil) != (each.want != nil) {
			t.Errorf("%s: paid %q, %v, want %q", name, got, err, each.want)
		}
	}
}
