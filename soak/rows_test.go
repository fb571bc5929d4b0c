package soak

import (
	"context"
	"database/sql"
	"slices"

	"hoofdpas/internal/money"
)

// rows is what the program has kept, read past the program.
type rows struct {
	payments map[int64]*paid
	byRef    map[string]*paid
	fees     map[string]fee // of the library system, by their key
	findings map[int64]int  // by payment
}

// paid is a payment.
type paid struct {
	id, payer       int64
	ref, state      string
	received        money.Cents
	receipt         bool
	lines           []line
	refunds         []back
	chargebacks     []back
	purse, onFees   money.Cents // what its postings brought there
	receivedPosting money.Cents
}

type line struct {
	card                                     int64
	fee                                      string
	amount                                   money.Cents
	holding, told, refused, returned, opened bool
}

// kept reports whether the payment is for the fee.
func (l line) kept() bool { return !l.refused && !l.returned }

// came reports whether money came.
func (p *paid) came() bool {
	return slices.Contains([]string{"paid", "owed", "refunded", "charged_back"}, p.state)
}

func (p *paid) kept() (sum money.Cents) {
	for _, l := range p.lines {
		if p.came() && l.kept() {
			sum += l.amount
		}
	}
	return sum
}

// back is a refund or a chargeback; over when it failed or was given back.
type back struct {
	ref, state string
	amount     money.Cents
	over       bool
}

func sum(all []back) (s money.Cents) {
	for _, b := range all {
		if !b.over {
			s += b.amount
		}
	}
	return s
}

type fee struct {
	open      bool
	settledBy string
	paid      money.Cents
}

// read reads everything.
func (w *world) read() *rows {
	w.t.Helper()
	db := w.beside()
	defer db.Close()
	r := &rows{payments: map[int64]*paid{}, byRef: map[string]*paid{}, fees: map[string]fee{}, findings: map[int64]int{}}
	w.each(db, `SELECT p.id, p.payer_id, coalesce(p.ref, ''), p.state, p.received, EXISTS (SELECT 1 FROM receipts WHERE payment_id = p.id)
		FROM payments p ORDER BY p.id`, func(scan func(...any) error) error {
		p := &paid{}
		err := scan(&p.id, &p.payer, &p.ref, &p.state, &p.received, &p.receipt)
		r.payments[p.id] = p
		if p.ref != "" {
			r.byRef[p.ref] = p
		}
		return err
	})
	w.each(db, `SELECT payment_id, card_id, fee, amount, holding, told_at_ms IS NOT NULL, refused_at_ms IS NOT NULL, returned <> '', reopened_at_ms IS NOT NULL
		FROM payment_fees ORDER BY payment_id, line`, func(scan func(...any) error) error {
		var of int64
		var l line
		err := scan(&of, &l.card, &l.fee, &l.amount, &l.holding, &l.told, &l.refused, &l.returned, &l.opened)
		r.payments[of].lines = append(r.payments[of].lines, l)
		return err
	})
	w.each(db, `SELECT payment_id, coalesce(ref, ''), state, amount, state = 'failed' FROM refunds ORDER BY id`, func(scan func(...any) error) error {
		var of int64
		var b back
		err := scan(&of, &b.ref, &b.state, &b.amount, &b.over)
		r.payments[of].refunds = append(r.payments[of].refunds, b)
		return err
	})
	w.each(db, `SELECT payment_id, ref, amount, restored_at_ms IS NOT NULL FROM chargebacks ORDER BY id`, func(scan func(...any) error) error {
		var of int64
		var b back
		err := scan(&of, &b.ref, &b.amount, &b.over)
		r.payments[of].chargebacks = append(r.payments[of].chargebacks, b)
		return err
	})
	w.each(db, `SELECT payment_id, from_account, to_account, amount, why FROM postings ORDER BY id`, func(scan func(...any) error) error {
		var of int64
		var from, to, why string
		var amount money.Cents
		err := scan(&of, &from, &to, &amount, &why)
		r.payments[of].post(from, -amount, why)
		r.payments[of].post(to, amount, why)
		return err
	})
	w.each(db, `SELECT id, settled_at_ms IS NULL, coalesce(settled_by, ''), coalesce(paid, 0) FROM library_fees`, func(scan func(...any) error) error {
		var id string
		var f fee
		err := scan(&id, &f.open, &f.settledBy, &f.paid)
		r.fees[id] = f
		return err
	})
	w.each(db, `SELECT coalesce(payment_id, 0), count(*) FROM findings GROUP BY payment_id`, func(scan func(...any) error) error {
		var of int64
		var n int
		err := scan(&of, &n)
		r.findings[of] = n
		return err
	})
	return r
}

func (p *paid) post(account string, amount money.Cents, why string) {
	switch {
	case account == "provider/mollie":
		p.purse += amount
		if why == "paid" || why == "owed" {
			p.receivedPosting += amount
		}
	case len(account) > 5 && account[:5] == "fees/":
		p.onFees += amount
	}
}

func (w *world) each(db *sql.DB, query string, read func(scan func(...any) error) error) {
	w.t.Helper()
	all, err := db.QueryContext(context.Background(), query)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	defer all.Close()
	for all.Next() {
		if err := read(all.Scan); err != nil {
			w.t.Fatalf("%s: %v", query, err)
		}
	}
	if err := all.Err(); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}
