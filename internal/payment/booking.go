package payment

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
)

// Share is what a payment pays of one card.
type Share struct {
	Holder card.Holder
	Amount money.Cents
	Lines  []Line
}

// Shares puts the lines of each card together, in the order of the payment.
func Shares(lines []Line) []Share {
	var all []Share
	at := map[card.ID]int{}
	for _, l := range lines {
		i, ok := at[l.Holder.ID]
		if !ok {
			i = len(all)
			at[l.Holder.ID] = i
			all = append(all, Share{Holder: l.Holder})
		}
		all[i].Amount += l.Amount // a part of Total, which was added with care
		all[i].Lines = append(all[i].Lines, l)
	}
	return all
}

// pick returns the lines with the indexes, and what they come to.
func (p Payment) pick(indexes []int) (lines []Line, sum money.Cents) {
	for _, i := range indexes {
		lines = append(lines, p.Lines[i])
		sum += p.Lines[i].Amount
	}
	return lines, sum
}

// kept returns the indexes of the lines that the payment paid, and still does.
func (p Payment) kept() (indexes []int) {
	for i, l := range p.Lines {
		if l.Kept() {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// without returns all indexes of lines but some.
func (p Payment) without(some []int) (indexes []int) {
	for i := range p.Lines {
		if !slices.Contains(some, i) {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// Owed is what we owe to the payer and is not under way yet: what came in, less
// what is for fees and what went back.
func (p Payment) Owed() money.Cents { return max(0, p.balance()) }

// Ahead is what went back for none of the fees: a part that was paid back at the
// provider itself, or that the payer's bank took. The payer has it already, so it
// is taken off what is paid back of the payment after that.
func (p Payment) Ahead() money.Cents { return max(0, -p.balance()) }

// balance is Owed, below zero when more went back than we owed.
func (p Payment) balance() money.Cents {
	_, used := p.pick(p.kept())
	return p.Received - p.Rounding - used - p.refunded() - p.ChargedBack()
}

// refunded is what was paid back or is under way.
func (p Payment) refunded() (sum money.Cents) {
	for _, r := range p.Refunds {
		if r.UnderWay() {
			sum += r.Amount
		}
	}
	return sum
}

// ChargedBack is what the payer's bank took back and did not give back.
func (p Payment) ChargedBack() (sum money.Cents) {
	for _, b := range p.Chargebacks {
		if b.RestoredAt.IsZero() {
			sum += b.Amount
		}
	}
	return sum
}

// book is a booking being written: postings are added until one is not right.
type book struct {
	Booking
	payment Payment
	at      time.Time
	err     error
}

func (b *book) posting(from, to ledger.Account, amount money.Cents, why ledger.Why) (ledger.Posting, bool) {
	if amount == 0 || b.err != nil {
		return ledger.Posting{}, false
	}
	made, err := ledger.Post(ledger.Posting{
		From: from, To: to, Amount: amount, Why: why, At: b.at, Payment: int64(b.payment.ID), Shift: b.payment.Till.Shift,
	})
	if err != nil {
		b.err = fmt.Errorf("book payment %d: %w", b.payment.ID, err)
	}
	return made, err == nil
}

func (b *book) post(from, to ledger.Account, amount money.Cents, why ledger.Why) {
	if made, ok := b.posting(from, to, amount, why); ok {
		b.Postings = append(b.Postings, made)
	}
}

// perCard books what the lines come to, card by card.
func (b *book) perCard(lines []Line, why ledger.Why, ends func(fees ledger.Account) (from, to ledger.Account)) {
	for _, s := range Shares(lines) {
		from, to := ends(ledger.Fees(int64(s.Holder.ID)))
		b.post(from, to, s.Amount, why)
	}
}

// returned books that what was paid for the lines is owed to the payer.
func (b *book) returned(lines []Line) {
	b.perCard(lines, ledger.Returned, func(fees ledger.Account) (ledger.Account, ledger.Account) { return b.payment.owedTo(), fees })
}

// owedTo is the account of what we owe to the payer.
func (p Payment) owedTo() ledger.Account { return ledger.Refunds(int64(p.Payer.ID)) }

// purse is the account where the money of a payment comes in.
func (p Payment) purse() ledger.Account { return purse(p.Means, p.Provider, p.Till) }

// purse is the account that the money of a refund leaves.
func (r Refund) purse() ledger.Account { return purse(r.Means, r.Provider, r.Till) }

func purse(m Means, provider string, t Till) ledger.Account {
	switch m {
	case Online:
		return ledger.Provider(provider)
	case WriteOff:
		return ledger.WriteOffs
	case Kiosk:
		return ledger.Terminal(t.Branch, t.Desk)
	}
	return ledger.Till(t.Branch, t.Desk, string(m))
}

// tell writes a line into both holders' log for each card whose fees the payer
// paid for another, or that was dealt with at the desk. What somebody does alone
// with their own card is nobody's business.
func (b *book) tell(lines []Line, deed mandate.Deed, staff string) {
	for _, s := range Shares(lines) {
		if deed == mandate.Paid && s.Holder.ID == b.payment.Payer.ID && staff == "" {
			continue
		}
		b.Entries = append(b.Entries, mandate.Entry{
			At: b.at, Deed: deed, Actor: b.payment.Payer, Staff: staff, Scope: mandate.Pay,
			Card: s.Holder, Other: b.payment.Payer, Confirmed: true, Count: len(s.Lines), Amount: s.Amount,
		})
	}
}

// write adds a letter about some lines to the payer, for whom it comes to the
// amount, and to the other holders of the lines.
func (b *book) write(kind LetterKind, lines []Line, amount money.Cents) {
	b.writePayer(kind, lines, amount)
	for _, s := range Shares(lines) {
		if s.Holder.ID != b.payment.Payer.ID {
			b.letter(kind, s.Holder.ID, s.Lines, s.Amount)
		}
	}
}

// writePayer adds a letter to the payer alone.
func (b *book) writePayer(kind LetterKind, lines []Line, amount money.Cents) {
	b.letter(kind, b.payment.Payer.ID, lines, amount)
}

func (b *book) letter(kind LetterKind, to card.ID, lines []Line, amount money.Cents) {
	var indexes []int
	for _, l := range lines {
		indexes = append(indexes, b.payment.index(l))
	}
	b.Letters = append(b.Letters, LetterJob{Letter: kind, Payment: b.payment.ID, To: to, Lines: indexes, Amount: amount})
}

// find adds a finding about the payment; about sets it apart from others of the
// same kind.
func (b *book) find(kind FindingKind, about string, amount money.Cents, detail string) {
	b.Findings = append(b.Findings, b.payment.finding(kind, about, amount, detail, b.at))
}

func (p Payment) finding(kind FindingKind, about string, amount money.Cents, detail string, at time.Time) Finding {
	return Finding{
		Kind: kind, About: strconv.FormatInt(int64(p.ID), 10) + "/" + about, Payment: p.ID, Provider: p.Provider, Ref: p.Ref,
		Amount: amount, Detail: detail, FoundAt: at,
	}
}

// booked is the booking of a payment that is paid: from each card's fees to
// where the money is. What it is not for after all (unused) is owed to the
// payer, and goes back by itself.
func (c *Cashier) booked(p Payment, unused []int, at time.Time) (Booking, error) {
	b := &book{payment: p, at: at}
	used, _ := p.pick(p.without(unused))
	late, rest := p.pick(unused)
	b.Received = p.Total + p.Rounding
	b.perCard(used, ledger.Paid, func(fees ledger.Account) (ledger.Account, ledger.Account) { return fees, p.purse() })
	b.post(p.owedTo(), p.purse(), rest, ledger.Owed)
	from, to, rounding := rounded(p.Rounding, p.purse(), p.Till)
	b.post(from, to, rounding, ledger.Rounding)
	b.tell(used, mandate.Paid, p.Staff)
	b.Unused = unused
	b.Deliver = len(used) > 0
	b.Series = c.series(p.Means, p.Till, at)
	if p.Means == Online && len(used) > 0 {
		b.Letters = append(b.Letters, LetterJob{Letter: LetterPaid, Payment: p.ID, To: p.Payer.ID})
	}
	if rest > 0 {
		c.sendBack(b, rest, RefundLate)
		b.writePayer(LetterLate, late, rest)
	}
	return b.Booking, b.err
}

// bookedOwed is the booking of a payment whose money is for none of its fees.
// When it is because they were paid otherwise, it goes back by itself; when
// another amount came than we asked for, the desk decides.
func (c *Cashier) bookedOwed(p Payment, received money.Cents, at time.Time) (Booking, error) {
	b := &book{payment: p, at: at}
	b.Received = received
	b.Unused = p.without(nil)
	b.post(p.owedTo(), p.purse(), received, ledger.Owed)
	b.Series = c.series(p.Means, p.Till, at)
	if received != p.Total {
		b.find(FoundAmount, "amount", received, "")
		return b.Booking, b.err
	}
	c.sendBack(b, received, RefundLate)
	b.writePayer(LetterLate, p.Lines, received)
	return b.Booking, b.err
}

// sendBack adds a refund through the provider, with a receipt of its own.
func (c *Cashier) sendBack(b *book, amount money.Cents, why RefundReason) {
	b.RefundSeries = c.series(Online, Till{}, b.at)
	b.Refund = &Refund{
		Payment: b.payment.ID, Means: Online, Provider: b.payment.Provider, Reason: why, Amount: amount,
		State: Due, OrderKey: newKey(), RequestedAt: b.at,
	}
}

// rounded is the posting of what cash was rounded: up, above zero, came into the
// drawer; below zero it stayed out.
func rounded(up money.Cents, drawer ledger.Account, t Till) (from, to ledger.Account, amount money.Cents) {
	roundings := ledger.Roundings(t.Branch)
	if up > 0 {
		return roundings, drawer, up
	}
	return drawer, roundings, -up
}

// bookedUnwanted is the booking of a line that the library system refuses: what
// was taken for the fee is owed to the payer. It goes back by itself when the
// payment was online; otherwise the desk pays it back.
func (c *Cashier) bookedUnwanted(p Payment, line int, why string, at time.Time) (Booking, error) {
	b := &book{payment: p, at: at}
	lines, amount := p.pick([]int{line})
	b.returned(lines)
	b.Unused = []int{line}
	b.find(FoundRefused, "line/"+strconv.Itoa(line), amount, why)
	if p.Means == Online {
		c.sendBack(b, amount, RefundUnwanted)
	}
	b.writePayer(LetterUnwanted, lines, amount)
	return b.Booking, b.err
}

// series is what receipts of this means and desk are numbered in.
func (c *Cashier) series(m Means, t Till, at time.Time) Series {
	s := Series{Branch: OnlineBranch, Year: at.In(c.zone()).Year()}
	if m != Online {
		s.Branch = t.Branch
	}
	return s
}
