package soak

import (
	"fmt"
	"strconv"
	"strings"

	"hoofdpas/internal/money"
	"hoofdpas/internal/provider/mollie/mollietest"
)

// check compares what the program has kept with what the provider knows, and
// what the commands say. It returns a line about what was compared.
func (w *world) check() string {
	w.t.Helper()
	if printed, code := w.reconcile(); code != 0 {
		w.t.Errorf("after all that has been seen to, the comparison with the provider ended with %d:\n%s", code, printed)
	}
	w.program.must(0, "ledger", "verify")
	balance := w.program.must(0, "ledger", "balance")
	r := w.read()
	truth := w.bank.Orders()
	holds := w.checkOrders(r, truth)
	w.checkPayments(r)
	w.checkFees(r)
	w.checkNumbers()
	if want := fmt.Sprintf("provider/mollie %s\n", holds); !strings.Contains(squeeze(balance), want) {
		w.t.Errorf("the provider holds %s; the ledger says\n%s", holds, balance)
	}
	states := map[string]int{}
	for _, p := range r.payments {
		states[p.state]++
	}
	return fmt.Sprintf("%d orders at the provider, payments %v, %d refunds from here and %d from there, %d chargebacks, "+
		"%d findings for the desk, the provider holds %s as the ledger says", len(truth), states,
		w.count(`SELECT count(*) FROM refunds WHERE reason <> 'at_provider'`), w.count(`SELECT count(*) FROM refunds WHERE reason = 'at_provider'`),
		w.count(`SELECT count(*) FROM chargebacks`), w.count(`SELECT count(*) FROM findings`), holds)
}

func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	return strings.Join(lines, "\n")
}

// checkOrders looks whether everything at the provider is booked, once. It
// returns what the provider holds.
func (w *world) checkOrders(r *rows, truth []mollietest.Order) (holds money.Cents) {
	w.t.Helper()
	for _, o := range truth {
		p := r.byRef[o.Ref]
		if p == nil {
			if o.Status == mollietest.Paid {
				w.t.Errorf("order %s (payment %s) was paid, and is no payment's", o.Ref, o.Reference)
			}
			continue
		}
		received := amountOf(o)
		refunded, charged := w.checkBacks(o, p)
		holds += received - refunded - charged
		switch {
		case o.Reference != strconv.FormatInt(p.id, 10):
			w.t.Errorf("order %s is of payment %s, and stands with payment %d", o.Ref, o.Reference, p.id)
		case p.received != received || p.came() != (received > 0):
			w.t.Errorf("payment %d is %s and received %s; the provider got %s (%s)", p.id, p.state, p.received, received, o.Status)
		case p.receivedPosting != received:
			w.t.Errorf("payment %d: %s was posted as come in; the provider got %s", p.id, p.receivedPosting, received)
		case p.purse != received-refunded-charged:
			w.t.Errorf("payment %d: the ledger says that the provider holds %s of it, the provider %s", p.id, p.purse, received-refunded-charged)
		}
	}
	return holds
}

// amountOf is what came in for an order.
func amountOf(o mollietest.Order) money.Cents {
	if o.Status != mollietest.Paid {
		return 0
	}
	amount, err := money.Parse(o.Value)
	if err != nil {
		return 0
	}
	return amount
}

// checkBacks looks whether what went back of an order is what we have.
func (w *world) checkBacks(o mollietest.Order, p *paid) (refunded, charged money.Cents) {
	w.t.Helper()
	asked := map[string]bool{}
	for _, f := range o.Refunds {
		if f.Reference != "" && asked[f.Reference] {
			w.t.Errorf("payment %d: refund %s was asked for twice", p.id, f.Reference)
		}
		asked[f.Reference] = true
		if f.Status != mollietest.RefundFailed {
			refunded += f.Amount
		}
	}
	for _, c := range o.Chargebacks {
		if c.ReversedAt.IsZero() {
			charged += c.Amount
		}
	}
	if got := sum(p.refunds); got != refunded {
		w.t.Errorf("payment %d: we have %s paid back, the provider %s", p.id, got, refunded)
	}
	if got := sum(p.chargebacks); got != charged {
		w.t.Errorf("payment %d: we have %s charged back, the provider %s", p.id, got, charged)
	}
	return refunded, charged
}

// checkPayments looks at each payment by itself.
func (w *world) checkPayments(r *rows) {
	w.t.Helper()
	for _, p := range r.payments {
		if p.state == "open" {
			w.t.Errorf("payment %d is still open", p.id)
		}
		if !p.came() && (p.purse != 0 || p.onFees != 0) {
			w.t.Errorf("payment %d is %s and has postings", p.id, p.state)
		}
		if p.onFees != -p.kept() {
			w.t.Errorf("payment %d: its lines are for %s, its postings for %s", p.id, p.kept(), -p.onFees)
		}
		// What came in and is for no fee went back; or it is on the desk's list.
		if rest := p.purse + p.onFees; rest != 0 && r.findings[p.id] == 0 {
			w.t.Errorf("payment %d (%s): %s is owed and nobody is told", p.id, p.state, rest)
		}
		if p.kept() > 0 && !p.receipt {
			w.t.Errorf("payment %d has no receipt", p.id)
		}
		for _, b := range p.refunds {
			if b.state == "due" || b.state == "sent" {
				w.t.Errorf("payment %d: a refund of %s is still %s", p.id, b.amount, b.state)
			}
		}
	}
}

// checkFees looks whether each fee is paid at most once, and whether the library
// system knows just that.
func (w *world) checkFees(r *rows) {
	w.t.Helper()
	by := map[string]*paid{}
	for _, p := range r.payments {
		for _, l := range p.lines {
			kept := p.came() && l.kept()
			if l.holding != kept {
				w.t.Errorf("payment %d is %s: fee %s is held: %v", p.id, p.state, l.fee, l.holding)
			}
			if !kept {
				if p.came() && l.returned && !l.opened {
					w.t.Errorf("payment %d: the library system was not told that fee %s is open again", p.id, l.fee)
				}
				continue
			}
			if other := by[l.fee]; other != nil {
				w.t.Errorf("fee %s is paid by payments %d and %d", l.fee, other.id, p.id)
			}
			by[l.fee] = p
			if f := r.fees[l.fee]; !l.told || f.open || f.settledBy != strconv.FormatInt(p.id, 10) || f.paid != l.amount {
				w.t.Errorf("fee %s is paid by payment %d for %s; the library system has %+v (told: %v)", l.fee, p.id, l.amount, f, l.told)
			}
		}
	}
	for id, f := range r.fees {
		if by[id] == nil && !f.open {
			w.t.Errorf("fee %s is paid by nobody and settled in the library system by %s", id, f.settledBy)
		}
	}
}

// checkNumbers looks whether receipts are numbered without gaps, and whether no
// job gave up.
func (w *world) checkNumbers() {
	w.t.Helper()
	if n := w.count(`SELECT count(*) FROM (SELECT 1 FROM receipts GROUP BY branch, year HAVING max(no) <> count(*) OR min(no) <> 1)`); n > 0 {
		w.t.Error("receipts have gaps")
	}
	if n := w.count(`SELECT count(*) FROM river_job WHERE kind LIKE 'payment.%' AND kind <> 'payment.letter' AND state IN ('discarded', 'cancelled')`); n > 0 {
		w.t.Errorf("%d jobs about payments gave up", n)
	}
}
