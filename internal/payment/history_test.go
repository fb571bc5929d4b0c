package payment_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// TestNoCentIsLostOrTakenTwice plays random histories: payers, cards, fees,
// webhooks that come late, twice and shuffled or never, expiries, give-ups, the
// desk, a bank and a library system that go away or lose their answers, and a
// program that dies in between. Whatever happens, in the end the books are right.
func TestNoCentIsLostOrTakenTwice(t *testing.T) {
	// Fewer histories than usual, but long enough for several things to go
	// wrong one after the other. The command line goes before.
	asked := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { asked[f.Name] = true })
	for name, value := range map[string]string{"rapid.checks": "50", "rapid.steps": "60"} {
		if asked[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	t.Parallel()
	w := onSQLite(t)
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t, w)
		t.Repeat(map[string]func(*rapid.T){
			"charge":  h.charge,
			"grow":    h.grow,
			"start":   h.start,
			"again":   h.again,
			"die":     h.die,
			"desk":    h.desk,
			"kiosk":   h.kiosk,
			"kiosk 2": h.kiosk,
			"bank":    h.atTheBank,
			"webhook": h.webhook,
			"look":    h.look,
			"give up": h.giveUp,
			"wait":    h.wait,
			"sweep":   h.sweep,
			"deliver": h.deliver,
			"weather": h.weather,
			"refuse":  h.refuse,
			"return":  h.payBack,
			"refund":  h.bankPaysBack,
			"storno":  h.bankTakesBack,
			"restore": h.bankRestores,
			"bounce":  h.refundFails,
			"see":     h.seeThrough,
			"":        h.nobodyPaysTwice,
			// What happens more often.
			"start 2":   h.start,
			"start 3":   h.start,
			"bank 2":    h.atTheBank,
			"bank 3":    h.atTheBank,
			"webhook 2": h.webhook,
		})
		h.end()
	})
}

// history is one history, with cards of its own in the shared world.
type history struct {
	w       *world
	t       *rapid.T
	people  []mandate.Actor
	wishes  []payment.Wish
	known   map[payment.ID]bool
	ids     []payment.ID
	charged int
	began   time.Time
}

func newHistory(t *rapid.T, w *world) *history {
	h := &history{w: w, t: t, known: map[payment.ID]bool{}, began: w.clock.Now()}
	h.calm()
	blind := rapid.Bool().Draw(t, "the library system knows no references")
	w.library.set(func(l *library) { l.blind, l.twice = blind, nil })
	for i := range rapid.IntRange(2, 4).Draw(t, "people") {
		h.people = append(h.people, w.person(fmt.Sprintf("Lener %d", i)))
	}
	for _, grantor := range h.people {
		for _, grantee := range h.people {
			if grantor != grantee && rapid.Bool().Draw(t, "mandate") {
				w.empower(grantor, grantee)
			}
		}
	}
	for range 5 {
		h.charge(t) // so that a history need not begin with that
	}
	return h
}

// calm is good weather.
func (h *history) calm() {
	h.w.bank.set(func(b *bank) { b.away, b.mute, b.dies, b.refuses, b.slow = false, false, false, false, false })
	h.w.library.set(func(l *library) { l.away, l.mute, l.dies, l.refuses = false, false, false, nil })
}

// refuse lets the library system refuse some fees from now on, and no others.
func (h *history) refuse(t *rapid.T) {
	refuses := map[circulation.FeeID]bool{}
	for range rapid.IntRange(0, 3).Draw(t, "how many refused") {
		refuses[circulation.FeeID(fmt.Sprintf("f%d", rapid.IntRange(1, h.charged).Draw(t, "refused")))] = true
	}
	h.w.library.set(func(l *library) { l.refuses = refuses })
}

// weather changes what is away or loses its answers.
func (h *history) weather(t *rapid.T) {
	odds := func(what string) bool { return rapid.IntRange(0, 5).Draw(t, what) == 0 }
	away, mute := odds("bank away"), odds("bank mute")
	refuses, slow := odds("bank refuses"), odds("bank slow")
	h.w.bank.set(func(b *bank) { b.away, b.mute, b.refuses, b.slow = away, mute, refuses, slow })
	away, mute = odds("library away"), odds("library mute")
	h.w.library.set(func(l *library) { l.away, l.mute = away, mute })
}

func (h *history) someone(t *rapid.T) mandate.Actor {
	return rapid.SampledFrom(h.people).Draw(t, "who")
}

func (h *history) charge(t *rapid.T) {
	h.charged++
	amount := money.Cents(rapid.Int64Range(1, 500).Draw(t, "amount"))
	h.w.owes(h.someone(t), circulation.FeeID(fmt.Sprintf("f%d", h.charged)), amount)
}

// grow lets a fee grow while it may be being paid.
func (h *history) grow(t *rapid.T) {
	n := h.someone(t).Holder.Number
	h.w.library.set(func(l *library) {
		for i := range l.fees[n] {
			l.fees[n][i].Amount += 20
		}
	})
}

// choose fills in a form with some of the fees that the actor may pay; ok is
// false when there are none, or they cannot be read.
func (h *history) choose(t *rapid.T, a mandate.Actor) (wish payment.Wish, ok bool) {
	permits, err := h.w.book.Permits(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	var all []payment.Box
	for _, p := range permits {
		fees, err := h.w.office.Fees(context.Background(), p)
		if err != nil {
			return payment.Wish{}, false
		}
		for _, f := range fees {
			all = append(all, payment.Box{Card: p.Card().ID, Amount: f.Amount, Fee: f.ID})
		}
	}
	if len(all) == 0 {
		return payment.Wish{}, false
	}
	all = rapid.Permutation(all).Draw(t, "order")[:rapid.IntRange(1, len(all)).Draw(t, "how many")]
	h.w.born++
	wish = h.w.wish(a, fmt.Sprintf("key-%d", h.w.born), all...)
	h.wishes = append(h.wishes, wish)
	return wish, true
}

// send sends an online form; whatever it is told, the books must stay right.
func (h *history) send(wish payment.Wish) {
	p, err := h.w.cashier.Start(context.Background(), wish)
	if err != nil && problem.Of(err) == nil {
		h.t.Fatalf("start: %v", err)
	}
	h.know(p)
}

func (h *history) know(p payment.Payment) {
	if p.ID != 0 && !h.known[p.ID] {
		h.known[p.ID] = true
		h.ids = append(h.ids, p.ID)
	}
}

func (h *history) start(t *rapid.T) {
	if wish, ok := h.choose(t, h.someone(t)); ok {
		h.send(wish)
	}
}

func (h *history) again(t *rapid.T) {
	if len(h.wishes) == 0 {
		return
	}
	wish := rapid.SampledFrom(h.wishes).Draw(t, "form")
	switch {
	case wish.Till == kiosk():
		h.pay(wish)
		return
	case wish.Actor.Staff == "":
		h.send(wish)
		return
	}
	p, err := h.w.cashier.Take(context.Background(), wish, payment.Cash)
	if err != nil && problem.Of(err) == nil {
		t.Fatalf("take: %v", err)
	}
	h.know(p)
}

// die starts a payment in a program that dies before it has the bank's answer.
func (h *history) die(t *rapid.T) {
	wish, ok := h.choose(t, h.someone(t))
	if !ok {
		return
	}
	h.w.bank.set(func(b *bank) { b.dies = true })
	defer h.w.bank.set(func(b *bank) { b.dies = false })
	defer func() { _ = recover() }()
	h.send(wish)
}

func (h *history) desk(t *rapid.T) {
	if wish, ok := h.choose(t, atDesk(h.someone(t))); ok {
		p, err := h.w.cashier.Take(context.Background(), wish, payment.Cash)
		if err != nil && problem.Of(err) == nil {
			t.Fatalf("take: %v", err)
		}
		h.know(p)
	}
}

// kiosk pays at a terminal, the last fee of a card only in part now and then.
func (h *history) kiosk(t *rapid.T) {
	wish, ok := h.choose(t, h.someone(t))
	if !ok {
		return
	}
	wish.Till = kiosk()
	for i, choice := range wish.Choices {
		owed := h.w.library.owed(choice.Permit.Card().Number, choice.Fees[len(choice.Fees)-1])
		if owed > 1 && rapid.Bool().Draw(t, "part") {
			part := money.Cents(rapid.Int64Range(1, int64(owed)-1).Draw(t, "of it"))
			wish.Choices[i].Part = part
			wish.Expected -= owed - part
		}
	}
	h.wishes[len(h.wishes)-1] = wish
	h.pay(wish)
}

// pay takes what a terminal sends.
func (h *history) pay(wish payment.Wish) {
	p, err := h.w.cashier.TakeAtTerminal(context.Background(), wish)
	if err != nil && problem.Of(err) == nil {
		h.t.Fatalf("take at a terminal: %v", err)
	}
	h.know(p)
}

// payment is one of those that the history knows of.
func (h *history) payment(t *rapid.T) (payment.Payment, bool) {
	if len(h.ids) == 0 {
		return payment.Payment{}, false
	}
	return h.read(rapid.SampledFrom(h.ids).Draw(t, "payment")), true
}

func (h *history) read(id payment.ID) payment.Payment {
	p, err := h.w.store.Payment(context.Background(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// atTheBank lets a payer do something on the bank's page, in time or not.
func (h *history) atTheBank(t *rapid.T) {
	p, ok := h.payment(t)
	if !ok || p.Ref == "" || h.w.bank.paid(p) != 0 {
		return
	}
	switch rapid.IntRange(0, 6).Draw(t, "button") {
	case 0:
		h.w.bank.ends(p, payment.Failed)
	case 1:
		h.w.bank.ends(p, payment.Cancelled)
	case 2:
		h.w.bank.ends(p, payment.Expired)
	case 3:
		h.w.bank.pays(p, p.Total+money.Cents(rapid.Int64Range(1, 9).Draw(t, "too much")))
	default:
		h.w.bank.ends(p, payment.Paid)
	}
}

// paid is what came in at the bank for the payment.
func (b *bank) paid(p payment.Payment) money.Cents {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o, ok := b.orders[fmt.Sprint(int64(p.ID))]; ok && o.state == payment.Paid {
		return o.paid
	}
	return 0
}

func (h *history) webhook(t *rapid.T) {
	if p, ok := h.payment(t); ok && p.Ref != "" {
		if err := h.w.cashier.Heard(context.Background(), "bank", p.Ref); err != nil && problem.KindOf(err) != problem.Unavailable {
			t.Fatalf("hear: %v", err)
		}
	}
}

func (h *history) look(t *rapid.T) {
	if p, ok := h.payment(t); ok {
		if _, err := h.w.cashier.Look(context.Background(), mandate.Actor{Holder: p.Payer}, p.ID); err != nil {
			t.Fatalf("look: %v", err)
		}
	}
}

func (h *history) giveUp(t *rapid.T) {
	p, ok := h.payment(t)
	if !ok {
		return
	}
	_, err := h.w.cashier.GiveUp(context.Background(), mandate.Actor{Holder: p.Payer}, p.ID)
	if err != nil && !problem.Has(err, payment.ReasonStep) && !problem.Has(err, payment.ReasonUnsure) {
		t.Fatalf("give up: %v", err)
	}
}

func (h *history) wait(t *rapid.T) {
	h.w.clock.Pass(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)
}

func (h *history) sweep(t *rapid.T) {
	if _, err := h.w.cashier.AskWaiting(context.Background()); err != nil {
		t.Fatalf("settle: %v", err)
	}
}

// payBack lets a staff member pay back some lines, what is owed, or both; the
// same form is sent twice now and then.
func (h *history) payBack(t *rapid.T) {
	p, ok := h.payment(t)
	if !ok {
		return
	}
	h.w.born++
	w := payment.RefundWish{
		Payment: p.ID, Means: rapid.SampledFrom([]payment.Means{payment.Online, payment.Cash, payment.PIN}).Draw(t, "means"),
		Note: "Het boek was er nog", Staff: "Balie Boukje", Key: fmt.Sprintf("back-%d", h.w.born),
		Owed: rapid.Bool().Draw(t, "owed"), Till: h.w.till(),
	}
	for i := range p.Lines {
		if rapid.Bool().Draw(t, "line") {
			w.Lines = append(w.Lines, i)
		}
	}
	first, err := h.w.cashier.PayBack(context.Background(), w)
	if err != nil && problem.Of(err) == nil {
		t.Fatalf("pay back: %v", err)
	}
	if err == nil && rapid.Bool().Draw(t, "twice") {
		again, err := h.w.cashier.PayBack(context.Background(), w)
		if err != nil || again.ID != first.ID || !again.Again {
			t.Fatalf("the same form made refund %d, then %d: %v", first.ID, again.ID, err)
		}
	}
}

// cameIn is a payment that the bank was paid for, with how much of it is there.
func (h *history) cameIn(t *rapid.T) (p payment.Payment, left money.Cents, ok bool) {
	p, ok = h.payment(t)
	if !ok || p.Ref == "" || h.w.bank.paid(p) == 0 {
		return p, 0, false
	}
	h.w.bank.with(p, func(o *bankOrder) { left = o.paid - o.status().Refunded })
	return p, left, true
}

func (h *history) bankPaysBack(t *rapid.T) {
	p, left, ok := h.cameIn(t)
	if !ok || left <= 0 || rapid.IntRange(0, 2).Draw(t, "rarely") > 0 {
		return
	}
	if rapid.Bool().Draw(t, "some") {
		left = money.Cents(rapid.Int64Range(1, int64(left)).Draw(t, "amount"))
	}
	h.w.bank.paysBack(p, left)
}

func (h *history) bankTakesBack(t *rapid.T) {
	p, left, ok := h.cameIn(t)
	if !ok || rapid.IntRange(0, 2).Draw(t, "rarely") > 0 {
		return
	}
	if left <= 0 || rapid.Bool().Draw(t, "whole") {
		left = h.w.bank.paid(p)
	}
	h.w.bank.takesBack(p, left)
}

func (h *history) bankRestores(t *rapid.T) {
	if p, _, ok := h.cameIn(t); ok {
		h.w.bank.restores(p)
	}
}

// refundFails lets refunds come back to the bank, also those that were done.
func (h *history) refundFails(t *rapid.T) {
	if p, _, ok := h.cameIn(t); ok && rapid.IntRange(0, 3).Draw(t, "rarely") == 0 {
		h.w.bank.becomes(p, payment.RefundFailed)
	}
}

func (h *history) seeThrough(t *rapid.T) {
	if _, err := h.w.cashier.FollowRefunds(context.Background()); err != nil && problem.KindOf(err) != problem.Unavailable {
		t.Fatalf("follow refunds: %v", err)
	}
}

// deliver runs the job of every paid payment, in any weather.
func (h *history) deliver(t *rapid.T) {
	h.weather(t)
	dies := rapid.IntRange(0, 5).Draw(t, "the program dies") == 0
	h.w.library.set(func(l *library) { l.dies = dies })
	defer h.w.library.set(func(l *library) { l.dies = false })
	defer func() { _ = recover() }()
	for _, id := range h.ids {
		if err := h.w.cashier.Deliver(context.Background(), id); err != nil && problem.KindOf(err) != problem.Unavailable {
			t.Fatalf("deliver: %v", err)
		}
	}
}

// nobodyPaysTwice holds at every moment: no fee is in two payments that are
// open or paid, but for those that paid a part of it.
func (h *history) nobodyPaysTwice(t *rapid.T) {
	in := map[string]payment.ID{}
	for _, p := range h.w.all(h.people) {
		h.know(p)
		if p.State != payment.Open && !p.Came() {
			continue
		}
		for _, l := range p.Lines {
			if !l.Kept() || l.Of > 0 {
				continue // it is free again, or the rest of it is
			}
			key := l.Holder.Number.Text() + " " + string(l.Fee)
			if other, ok := in[key]; ok {
				t.Fatalf("a fee is in payment %d and in payment %d", other, p.ID)
			}
			in[key] = p.ID
		}
	}
}

// end lets everything come to rest, and then looks at the books.
func (h *history) end() {
	ctx := context.Background()
	h.calm()
	h.w.clock.Pass(payment.OpenFor + time.Millisecond)
	settle := func() {
		for _, id := range h.ids {
			p := h.read(id)
			if p.Ref == "" {
				continue
			}
			h.w.bank.with(p, func(o *bankOrder) {
				for i := range o.refunds {
					if o.refunds[i].State == payment.Sent {
						o.refunds[i].State = payment.Done
					}
				}
			})
			if err := h.w.cashier.Heard(ctx, "bank", p.Ref); err != nil {
				h.t.Fatalf("hear: %v", err)
			}
		}
	}
	settle()
	if _, err := h.w.cashier.AskWaiting(ctx); err != nil {
		h.t.Fatalf("settle: %v", err)
	}
	if _, err := h.w.cashier.FollowRefunds(ctx); err != nil {
		h.t.Fatalf("follow refunds: %v", err)
	}
	for _, id := range h.ids {
		if err := h.w.cashier.Deliver(ctx, id); err != nil {
			h.t.Fatalf("deliver: %v", err)
		}
	}
	// What the library system refused just now goes back.
	if _, err := h.w.cashier.FollowRefunds(ctx); err != nil {
		h.t.Fatalf("follow refunds: %v", err)
	}
	settle()
	h.nobodyPaysTwice(h.t)
	for _, fault := range h.w.faults(h.people) {
		h.t.Error(fault)
	}
	h.agrees()
}

// agrees compares with the bank: nothing differs that the bank can tell.
func (h *history) agrees() {
	report, err := h.w.cashier.Reconcile(context.Background(), h.began, h.w.clock.Now().Add(time.Minute), nil)
	if err != nil {
		h.t.Fatalf("reconcile: %v", err)
	}
	for _, f := range report.Differences {
		h.t.Errorf("payment %d differs: %s, %v %s", f.Payment, f.Kind, f.Amount, f.Detail)
	}
}

// all returns every payment of the people.
func (w *world) all(people []mandate.Actor) []payment.Payment {
	w.t.Helper()
	var all []payment.Payment
	for _, a := range people {
		past, err := w.store.PaymentsOf(context.Background(), a.Holder.ID, 10_000)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, slices.DeleteFunc(past, func(p payment.Payment) bool { return p.Payer.ID != a.Holder.ID })...)
	}
	return all
}

// checkBooks checks the books of the people, after everything has come to rest.
func (w *world) checkBooks(people []mandate.Actor) {
	w.t.Helper()
	for _, p := range w.all(people) {
		if err := w.cashier.Deliver(context.Background(), p.ID); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.cashier.FollowRefunds(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	for _, fault := range w.faults(people) {
		w.t.Error(fault)
	}
}

// model is what the books of some people must say, told from the bank's and the
// desk's side alone.
type model struct {
	accounts map[ledger.Account]money.Cents
	settled  map[string]map[string]money.Cents // by fee and payment
	notes    map[string]int
	refused  map[string]bool
}

// faults lists what is wrong with the books of the people.
func (w *world) faults(people []mandate.Actor) (faults []string) {
	bad := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	want := model{map[ledger.Account]money.Cents{}, map[string]map[string]money.Cents{}, map[string]int{}, w.refused()}
	ids, booked := map[int64]bool{}, w.postings()
	for _, p := range w.all(people) {
		ids[int64(p.ID)] = true
		came := w.bank.paid(p)
		if p.Means != payment.Online {
			came = p.Total
		}
		var total money.Cents
		for _, l := range p.Lines {
			total += l.Amount
		}
		switch {
		case total != p.Total:
			bad("payment %d is of %v over fees of %v", p.ID, p.Total, total)
		case p.State == payment.Open:
			bad("payment %d is still open", p.ID)
		case (came != 0) != p.Came():
			bad("payment %d is %s, and %v was paid", p.ID, p.State, came)
		case p.State == payment.Paid && came != p.Total:
			bad("payment %d of %v is paid with %v", p.ID, p.Total, came)
		case p.State == payment.Refunded && (p.Owed() != 0 || slices.ContainsFunc(p.Lines, payment.Line.Kept)):
			bad("payment %d is refunded, but something of it is left", p.ID)
		case slices.ContainsFunc(p.Refunds, func(r payment.Refund) bool { return r.State == payment.Due || r.State == payment.Sent }):
			bad("a refund of payment %d is under way for ever", p.ID)
		}
		if owed := owedBy(booked, p); owed != p.Owed() {
			bad("payment %d owes %v, and the ledger says %v", p.ID, p.Owed(), owed)
		}
		want.expect(w, p, came)
	}
	faults = append(faults, w.compare(want, ids, people)...)
	return faults
}

// expect adds what the books must say about one payment.
func (m model) expect(w *world, p payment.Payment, came money.Cents) {
	if came == 0 {
		return
	}
	owed := came
	purse := ledger.Provider("bank")
	switch p.Means {
	case payment.Kiosk:
		purse = ledger.Terminal("Centrum", "Zuil 1")
	case payment.Cash:
		purse = ledger.Till("Centrum", "Balie 1", string(p.Means))
	default:
		w.bank.with(p, func(o *bankOrder) {
			back := o.status().Refunded + o.status().ChargedBack
			m.accounts[purse] -= back
			owed -= back
		})
	}
	m.accounts[purse] += came
	for _, r := range p.Refunds { // at the desk
		if r.Means == payment.Cash || r.Means == payment.PIN {
			m.accounts[ledger.Till("Centrum", "Balie 1", string(r.Means))] -= r.Amount
			owed -= r.Amount
		}
	}
	byCard := map[card.ID]money.Cents{}
	for i, l := range p.Lines {
		if l.Kept() {
			m.accounts[ledger.Fees(int64(l.Holder.ID))] -= l.Amount
			key := l.Holder.Number.Text() + " " + string(l.Fee)
			if m.settled[key] == nil {
				m.settled[key] = map[string]money.Cents{}
			}
			m.settled[key][fmt.Sprint(int64(p.ID))] = l.Amount
			owed -= l.Amount
		}
		// A line that the payment was never for was nobody's to tell of.
		if !l.Refused || m.refused[fmt.Sprintf("%d/line/%d", p.ID, i)] {
			byCard[l.Holder.ID] += l.Amount
		}
	}
	m.accounts[ledger.Refunds(int64(p.Payer.ID))] -= owed
	for id, amount := range byCard {
		if id != p.Payer.ID || p.Staff != "" {
			m.notes[fmt.Sprintf("%s%d pays %v for %d", p.Staff, p.Payer.ID, amount, id)]++
		}
	}
}

// owedBy is what the ledger says that is still owed of a payment and is not on
// its way.
func owedBy(booked []ledger.Posting, p payment.Payment) (owed money.Cents) {
	for _, q := range booked {
		if q.Payment != int64(p.ID) {
			continue
		}
		for account, amount := range map[ledger.Account]money.Cents{q.From: q.Amount, q.To: -q.Amount} {
			if account == ledger.Refunds(int64(p.Payer.ID)) || account == ledger.Chargebacks(int64(p.Payer.ID)) {
				owed += amount
			}
		}
	}
	for _, r := range p.Refunds {
		if r.State == payment.Due || r.State == payment.Sent {
			owed -= r.Amount
		}
	}
	return max(0, owed)
}

// refused are the lines that the library system would not hear of.
func (w *world) refused() map[string]bool {
	w.t.Helper()
	found, err := w.store.Findings(context.Background(), true, 1_000_000)
	if err != nil {
		w.t.Fatal(err)
	}
	refused := map[string]bool{}
	for _, f := range found {
		if f.Kind == payment.FoundRefused {
			refused[f.About] = true
		}
	}
	return refused
}

// compare holds the store and the library system against the model.
func (w *world) compare(want model, ids map[int64]bool, people []mandate.Actor) (faults []string) {
	bad := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	postings := w.postings()
	postings = slices.DeleteFunc(postings, func(p ledger.Posting) bool { return !ids[p.Payment] })
	got, err := ledger.Balances(postings)
	if err != nil {
		w.t.Fatal(err)
	}
	for account, balance := range got { // claims on a payer, and what we owe them
		if payer, ok := strings.CutPrefix(string(account), "chargebacks/"); ok {
			got[ledger.Account("refunds/"+payer)] += balance
			delete(got, account)
		}
	}
	var sum money.Cents
	for account, balance := range got {
		sum += balance
		if want.accounts[account] != balance {
			bad("%s has %v, not %v", account, balance, want.accounts[account])
		}
	}
	for account, balance := range want.accounts {
		if got[account] != balance {
			bad("%s has %v, not %v", account, got[account], balance)
		}
	}
	if sum != 0 {
		bad("the sum over all accounts is %v", sum)
	}
	return append(faults, w.compareTold(want, people)...)
}

func (w *world) compareTold(want model, people []mandate.Actor) (faults []string) {
	bad := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	w.library.mu.Lock()
	defer w.library.mu.Unlock()
	for _, fee := range w.library.twice {
		bad("the library system booked fee %s twice", fee)
	}
	notes := map[string]int{}
	for _, a := range people {
		for _, f := range w.library.fees[a.Holder.Number] {
			key := a.Holder.Number.Text() + " " + string(f.ID)
			got := slices.Collect(maps.Keys(w.library.parts[key]))
			if whole := w.library.settled[key]; whole != "" {
				got = append(got, whole)
			}
			slices.Sort(got)
			if paid := slices.Sorted(maps.Keys(want.settled[key])); !slices.Equal(got, paid) {
				bad("the library system knows fee %s as paid by %q, not %q", key, got, paid)
			}
			var sum money.Cents
			for _, amount := range want.settled[key] {
				sum += amount
			}
			if sum > f.Amount {
				bad("fee %s of %v was paid with %v", key, f.Amount, sum)
			}
		}
		entries, err := w.store.Entries(context.Background(), a.Holder.ID, 0, 10_000)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range entries {
			if e.Deed == mandate.Paid && e.Card.ID == a.Holder.ID {
				notes[fmt.Sprintf("%s%d pays %v for %d", e.Staff, e.Actor.ID, e.Amount, e.Card.ID)]++
			}
		}
	}
	for note, n := range want.notes {
		if notes[note] != n {
			bad("the log says %d times instead of %d: %s", notes[note], n, note)
		}
	}
	if len(notes) != len(want.notes) {
		bad("the log has %d kinds of notes, not %d", len(notes), len(want.notes))
	}
	return faults
}
