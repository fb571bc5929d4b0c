package till_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/till"
)

// desk is what a person with paper and pencil would know of one desk.
type desk struct {
	shift     till.Shift
	open      bool
	cash, pin money.Cents // in the drawer; by PIN in this shift
	pinEver   money.Cents
	paid      []payment.Payment // in this branch, that can be paid back
}

// TestAnyDayAtTheTillAddsUp lets staff do anything in any order at three desks.
// A pencil, the sums of a shift's rows and the ledger must say the same.
func TestAnyDayAtTheTillAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := onSQLite(t)
		desks := map[till.Place]*desk{centrum1: {}, centrum2: {}, oost: {}}
		given := map[payment.ReceiptNumber]bool{}
		var differences, rounded money.Cents
		for range rapid.IntRange(1, 25).Draw(r, "acts") {
			at := rapid.SampledFrom([]till.Place{centrum1, centrum2, oost}).Draw(r, "desk")
			d := desks[at]
			amount := money.Cents(rapid.Int64Range(1, 5000).Draw(r, "amount"))
			act := rapid.SampledFrom([]string{"open", "close", "cash", "pin", "back", "in", "out"}).Draw(r, "act")
			if !d.open {
				if act != "open" {
					continue
				}
				first := d.shift.ID == 0
				d.shift, d.open = w.open(at, amount), true
				if !first {
					differences += d.cash - amount
				}
				d.cash, d.pin = amount, 0
				continue
			}
			differences += d.act(r, w, act, amount, given, &rounded)
		}
		b := w.balances()
		for at, d := range desks {
			if d.shift.ID == 0 {
				continue
			}
			sum := w.sum(d.shift)
			if d.open && (sum.Cash != d.cash || sum.PIN != d.pin) {
				r.Errorf("%s must hold %v and %v by PIN; its rows say %v and %v", at, d.cash, d.pin, sum.Cash, sum.PIN)
			}
			if b[cashOf(at)] != d.cash || b[pinOf(at)] != d.pinEver {
				r.Errorf("%s must hold %v and %v by PIN; the ledger says %v and %v", at, d.cash, d.pinEver, b[cashOf(at)], b[pinOf(at)])
			}
		}
		if got := b[ledger.Differences("Centrum")] + b[ledger.Differences("Oost")]; got != differences {
			r.Errorf("the differences are %v, not %v", got, differences)
		}
		if got := b[ledger.Roundings("Centrum")] + b[ledger.Roundings("Oost")]; got != -rounded {
			r.Errorf("rounding brought in %v, not %v", -got, rounded)
		}
		for n := range given {
			if n.No > 1 && !given[payment.ReceiptNumber{Branch: n.Branch, Year: n.Year, No: n.No - 1}] {
				r.Errorf("there is a receipt %s, and none before it", n)
			}
		}
	})
}

// act does one thing at an open desk and returns what it adds to the branch's
// differences.
func (d *desk) act(
	r *rapid.T, w *world, act string, amount money.Cents, given map[payment.ReceiptNumber]bool, rounded *money.Cents,
) (differences money.Cents) {
	ctx := context.Background()
	give := func(n payment.ReceiptNumber) {
		if n.No == 0 || given[n] {
			r.Errorf("receipt %q is given out again", n)
		}
		given[n] = true
	}
	switch act {
	case "open":
		_, err := w.drawer.Open(ctx, "Bart", d.shift.Place, amount)
		wantReason(w.t, err, problem.Conflict, till.ReasonOpen)
	case "close":
		c := w.right(d.shift)
		c.Cash = max(0, c.Cash+money.Cents(rapid.SampledFrom([]int64{0, 0, 0, -500, 25}).Draw(r, "off")))
		c.PIN += money.Cents(rapid.SampledFrom([]int64{0, 0, -100}).Draw(r, "off by PIN"))
		c.Note = "geteld"
		closed, err := w.drawer.Close(ctx, "Bea", d.shift.ID, c)
		must(w.t, err)
		differences = -closed.CashDifference() - closed.PINDifference()
		d.cash, d.open = c.Cash, false
		d.pinEver += closed.PINDifference()
	case "cash", "pin":
		p := w.take(d.shift, amount, payment.Means(act))
		give(p.Receipt)
		if act == "cash" {
			d.cash += p.Received
			*rounded += p.Received - amount
		} else {
			d.pin += amount
			d.pinEver += amount
		}
		d.paid = append(d.paid, p)
	case "back":
		if len(d.paid) == 0 {
			return 0
		}
		p := d.paid[0]
		m := rapid.SampledFrom([]payment.Means{payment.Cash, payment.PIN}).Draw(r, "means")
		f, err := w.drawer.PayBack(ctx, d.shift.ID, payment.RefundWish{
			Payment: p.ID, Lines: []int{0}, Means: m, Note: "terug", Staff: "Bea", Key: w.key(),
		})
		if due := p.Total + till.Round(p.Total, 5); m == payment.Cash && due > d.cash {
			wantReason(w.t, err, problem.Refused, till.ReasonNotEnough)
			return 0
		}
		must(w.t, err)
		d.paid = d.paid[1:]
		give(f.Receipt)
		if m == payment.Cash {
			d.cash -= f.Amount + f.Rounding
			*rounded -= f.Rounding
		} else {
			d.pin -= f.Amount
			d.pinEver -= f.Amount
		}
	case "in":
		_, err := w.drawer.Move(ctx, "Bea", d.shift.ID, till.Move{Kind: till.In, Amount: amount, Reason: "wisselgeld", Key: w.key()})
		must(w.t, err)
		d.cash += amount
	case "out":
		_, err := w.drawer.Move(ctx, "Bea", d.shift.ID, till.Move{Kind: till.Out, Amount: amount, Reason: "kluis", Key: w.key()})
		if amount > d.cash {
			wantReason(w.t, err, problem.Refused, till.ReasonNotEnough)
			return 0
		}
		must(w.t, err)
		d.cash -= amount
	}
	return differences
}
