package payment

import (
	"slices"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/money"
)

// A payment is paid back in parts: each letter is about its own part.
func TestALetterIsBookedForWhatGoesBackNow(t *testing.T) {
	t.Parallel()
	mother, sem := card.Holder{ID: 1}, card.Holder{ID: 2}
	p := Payment{
		ID: 7, Payer: mother, Means: Online, Provider: "bank", Ref: "x", State: Paid, Total: 400, Received: 400, Lines: []Line{
			{Holder: mother, Fee: "a", Amount: 100, Returned: ByRefund}, {Holder: sem, Fee: "b", Amount: 250}, {Holder: sem, Fee: "c", Amount: 50},
		},
		Refunds: []Refund{{ID: 1, Amount: 100, State: Done, Means: Online}, {ID: 2, Amount: 30, State: Done, Means: Online}},
	}
	c := &Cashier{Now: func() time.Time { return time.Unix(1, 0) }}
	_, b, err := c.payBack(p, RefundWish{Payment: 7, Lines: []int{1}, Means: Cash, Note: "x", Staff: "x", Till: Till{Shift: 1, Branch: "B", Desk: "D"}}, "k")
	if err != nil {
		t.Fatal(err)
	}
	for to, want := range map[card.ID]money.Cents{1: 220, 2: 250} { // 30 went back before
		i := slices.IndexFunc(b.Letters, func(l LetterJob) bool { return l.To == to })
		if i < 0 || !slices.Equal(b.Letters[i].Lines, []int{1}) || b.Letters[i].Amount != want {
			t.Errorf("letters: %+v", b.Letters)
		}
	}
}
