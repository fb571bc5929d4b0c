package till

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// Drawer keeps the drawers of all desks: the use cases of this room.
type Drawer struct {
	Store   Store
	Cashier Cashier
	// Places are the desks of the library.
	Places []Place
	// Unit is what cash is rounded to, in cents; 1 rounds nothing.
	Unit money.Cents
	Now  func() time.Time
	Log  *slog.Logger
}

// Desks returns the desks that can be chosen: those of the library, and those
// that have an open shift although they are of the library no more.
func (d *Drawer) Desks(ctx context.Context) ([]Desk, error) {
	open, err := d.Store.OpenShifts(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the open shifts: %w", err)
	}
	desks := make([]Desk, 0, len(d.Places)+len(open))
	for _, p := range d.Places {
		desks = append(desks, Desk{Place: p})
	}
	for _, s := range open {
		i := slices.IndexFunc(desks, func(k Desk) bool { return k.Place == s.Place })
		if i < 0 {
			i = len(desks)
			desks = append(desks, Desk{Place: s.Place})
		}
		desks[i].Shift = s
	}
	return desks, nil
}

// Desk is a place with the shift that is open there; the zero Shift for none.
type Desk struct {
	Place
	Shift Shift
}

// IsOpen reports whether a shift is open at the desk.
func (k Desk) IsOpen() bool { return k.Shift.ID != 0 }

// Open begins a shift at a desk with what was counted in its drawer. A
// difference with what its last shift left there is booked. A desk's first
// drawer is filled from the branch's safe. The same wish twice is one shift;
// ReasonOpen when somebody else's shift, or one with another count, is open.
func (d *Drawer) Open(ctx context.Context, staff string, at Place, counted money.Cents) (Shift, error) {
	if !slices.Contains(d.Places, at) {
		return Shift{}, notFound()
	}
	if counted < 0 || counted > Most {
		return Shift{}, badAmount().At("geteld")
	}
	for {
		last, ok, err := d.Store.LastShift(ctx, at)
		if err != nil {
			return Shift{}, fmt.Errorf("look for the desk's last shift: %w", err)
		}
		if ok && last.IsOpen() {
			return alreadyOpen(last, staff, counted)
		}
		s := Shift{Place: at, OpenedBy: staff, OpenedAt: d.Now(), OpeningCounted: counted, OpeningExpected: counted}
		b := booking{at: s.OpenedAt}
		if ok {
			s.OpeningExpected = last.CashCounted
			b.differs(at, payment.Cash, s.OpeningDifference())
		} else {
			b.post(ledger.Safe(at.Branch), at.purse(payment.Cash), counted, ledger.CashIn)
		}
		if b.err != nil {
			return Shift{}, b.err
		}
		made, opened, err := d.Store.OpenShift(ctx, s, last.ID, b.postings)
		if err != nil {
			return Shift{}, fmt.Errorf("open a shift: %w", err)
		}
		if opened {
			d.Log.InfoContext(ctx, "a shift was opened", "shift", int64(made.ID), "desk", at.String(),
				"difference", made.OpeningDifference().String())
			return made, nil
		}
		// Somebody else was first: look again.
	}
}

func alreadyOpen(s Shift, staff string, counted money.Cents) (Shift, error) {
	if s.OpenedBy == staff && s.OpeningCounted == counted {
		s.Again = true
		return s, nil
	}
	return Shift{}, problem.New(problem.Conflict, ReasonOpen, problem.Args{"by": s.OpenedBy, "since": s.OpenedAt})
}

// Count is what was counted when a shift is closed: the cash in the drawer and
// the total that the terminal says. ExpectedCash and ExpectedPIN are what the
// staff member was told must be there: the differences that they saw.
type Count struct {
	Cash, PIN                 money.Cents
	ExpectedCash, ExpectedPIN money.Cents
	Note                      string
}

// Close ends a shift. Differences are booked, and need a note. The same wish
// twice is closed once. ReasonChanged when money came or went since the
// differences were shown, payment.ReasonShiftOver when it was closed by another
// wish.
func (d *Drawer) Close(ctx context.Context, staff string, id ShiftID, c Count) (Shift, error) {
	s, err := d.Store.Shift(ctx, id)
	if err != nil {
		return Shift{}, fmt.Errorf("read a shift: %w", err)
	}
	if !s.IsOpen() {
		return alreadyClosed(s, staff, c)
	}
	if err := d.check(c); err != nil {
		return Shift{}, err
	}
	s.ClosedBy, s.ClosedAt, s.Note = staff, d.Now(), c.Note
	s.CashExpected, s.CashCounted, s.PINExpected, s.PINCounted = c.ExpectedCash, c.Cash, c.ExpectedPIN, c.PIN
	b := booking{at: s.ClosedAt, shift: s.ID}
	b.differs(s.Place, payment.Cash, s.CashDifference())
	b.differs(s.Place, payment.PIN, s.PINDifference())
	if b.err != nil {
		return Shift{}, b.err
	}
	closed, err := d.Store.CloseShift(ctx, s, b.postings)
	if err != nil {
		return Shift{}, fmt.Errorf("close a shift: %w", err)
	}
	if !closed {
		now, err := d.Store.Shift(ctx, id)
		if err != nil {
			return Shift{}, fmt.Errorf("read a shift: %w", err)
		}
		if !now.IsOpen() {
			return alreadyClosed(now, staff, c)
		}
		return Shift{}, problem.New(problem.Conflict, ReasonChanged, nil)
	}
	d.Log.InfoContext(ctx, "a shift was closed", "shift", int64(s.ID), "desk", s.Place.String(),
		"cash_difference", s.CashDifference().String(), "pin_difference", s.PINDifference().String())
	return s, nil
}

func (d *Drawer) check(c Count) error {
	var unmet problem.List
	if c.Cash < 0 || c.Cash > Most {
		unmet = append(unmet, badAmount().At("geteld"))
	}
	if c.PIN < -Most || c.PIN > Most {
		unmet = append(unmet, badAmount().At("pin"))
	}
	switch {
	case utf8.RuneCountInString(c.Note) > maxNote:
		unmet = append(unmet, problem.New(problem.Invalid, ReasonNoteLong, problem.Args{"max": maxNote}).At("opmerking"))
	case (c.Cash != c.ExpectedCash || c.PIN != c.ExpectedPIN) && strings.TrimSpace(c.Note) == "":
		unmet = append(unmet, problem.New(problem.Invalid, ReasonDifference, nil).At("opmerking"))
	}
	return unmet.Or()
}

func alreadyClosed(s Shift, staff string, c Count) (Shift, error) {
	if s.ClosedBy == staff && s.CashCounted == c.Cash && s.PINCounted == c.PIN && s.Note == c.Note {
		s.Again = true
		return s, nil
	}
	return Shift{}, shiftOver()
}

// Move is cash that a staff member puts in or takes out.
type Move struct {
	Kind   Kind
	Amount money.Cents
	Reason string // required
	Key    string // makes a form that is sent twice one movement; required
}

// maxKey bounds a form's key in bytes; ours have 26.
const maxKey = 64

// Move puts cash into a drawer from the branch's safe, or takes it out to there.
// Errors are ReasonAmount, ReasonWhy, ReasonNotEnough, payment.ReasonShiftOver and
// payment.ReasonKeyReused.
func (d *Drawer) Move(ctx context.Context, staff string, id ShiftID, w Move) (Movement, error) {
	if err := w.check(); err != nil {
		return Movement{}, err
	}
	s, err := d.Store.Shift(ctx, id)
	if err != nil {
		return Movement{}, fmt.Errorf("read a shift: %w", err)
	}
	m := Movement{Shift: id, Kind: w.Kind, Amount: w.Amount, Reason: strings.TrimSpace(w.Reason), Staff: staff, At: d.Now(), Key: w.Key}
	b := booking{at: m.At, shift: id}
	safe, drawer := ledger.Safe(s.Branch), s.purse(payment.Cash)
	if w.Kind == In {
		b.post(safe, drawer, w.Amount, ledger.CashIn)
	} else {
		b.post(drawer, safe, w.Amount, ledger.CashOut)
	}
	if b.err != nil {
		return Movement{}, b.err
	}
	kept, err := d.Store.AddMovement(ctx, m, b.postings)
	if err != nil {
		return Movement{}, fmt.Errorf("move cash: %w", err)
	}
	if kept.Again && (kept.Shift != m.Shift || kept.Kind != m.Kind || kept.Amount != m.Amount || kept.Reason != m.Reason || kept.Staff != m.Staff) {
		return Movement{}, problem.New(problem.Conflict, payment.ReasonKeyReused, nil)
	}
	return kept, nil
}

func (w Move) check() error {
	var unmet problem.List
	if w.Amount <= 0 || w.Amount > Most {
		unmet = append(unmet, badAmount().At("bedrag"))
	}
	if text := strings.TrimSpace(w.Reason); text == "" || utf8.RuneCountInString(text) > maxNote {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonWhy, problem.Args{"max": maxNote}).At("reden"))
	}
	if w.Key == "" || len(w.Key) > maxKey || (w.Kind != In && w.Kind != Out) {
		unmet = append(unmet, problem.New(problem.Conflict, payment.ReasonKeyReused, nil))
	}
	return unmet.Or()
}

// Take takes money for fees in a shift, in cash or by PIN; cash is rounded. Its
// errors are those of payment.Cashier.Take.
func (d *Drawer) Take(ctx context.Context, id ShiftID, w payment.Wish, m payment.Means) (payment.Payment, error) {
	s, err := d.Store.Shift(ctx, id)
	if err != nil {
		return payment.Payment{}, fmt.Errorf("read a shift: %w", err)
	}
	// Whether it is still open is for the payment's own transaction to see.
	w.Till = s.Till()
	if m == payment.Cash {
		w.Rounding = Round(w.Expected, d.Unit)
	}
	return d.Cashier.Take(ctx, w, m) //nolint:wrapcheck // the cashier says what it was doing
}

// PayBack pays back what was paid: in cash, rounded, or by PIN in a shift, or
// through the provider, for which the shift does not matter. Its errors are
// those of payment.Cashier.PayBack, and ReasonNotEnough when the drawer does not
// hold the cash.
func (d *Drawer) PayBack(ctx context.Context, id ShiftID, w payment.RefundWish) (payment.Refund, error) {
	if w.Means == payment.Cash || w.Means == payment.PIN {
		s, err := d.Store.Shift(ctx, id)
		if err != nil {
			return payment.Refund{}, fmt.Errorf("read a shift: %w", err)
		}
		w.Till = s.Till()
	}
	if w.Means == payment.Cash {
		if err := d.handOut(ctx, id, &w); err != nil {
			return payment.Refund{}, err
		}
	}
	return d.Cashier.PayBack(ctx, w) //nolint:wrapcheck // the cashier says what it was doing
}

// handOut rounds what is to be paid back in cash, and looks whether it is there.
// Two refunds at the same moment may together be more: then the drawer tells.
func (d *Drawer) handOut(ctx context.Context, id ShiftID, w *payment.RefundWish) error {
	p, err := d.Cashier.Receipt(ctx, w.Payment)
	if err != nil {
		return err //nolint:wrapcheck // the cashier says what it was doing
	}
	if w.Key != "" && slices.ContainsFunc(p.Refunds, func(r payment.Refund) bool { return r.Key == w.Key }) {
		return nil // sent before: nothing more is handed out
	}
	amount, err := Due(p, w.Lines, w.Owed)
	if err != nil {
		return err
	}
	w.Rounding = Round(amount, d.Unit)
	sum, err := d.Sum(ctx, id)
	if err != nil {
		return err
	}
	if amount+w.Rounding > sum.Cash {
		return NotEnough(sum.Cash).At("middel")
	}
	return nil
}

// Due is what paying back some lines comes to, with what is owed and not for
// any line when asked, less what went back before for no line.
func Due(p payment.Payment, lines []int, owed bool) (money.Cents, error) {
	var amount money.Cents
	var err error
	for _, i := range lines {
		if i < 0 || i >= len(p.Lines) {
			return 0, problem.New(problem.NotFound, payment.ReasonNotFound, nil)
		}
		if amount, err = total("a refund", amount, p.Lines[i].Amount); err != nil {
			return 0, err
		}
	}
	if owed {
		amount, err = total("a refund", amount, p.Owed())
	}
	return max(0, amount-p.Ahead()), err
}

// Sum returns what came and went in a shift, and what must be there.
func (d *Drawer) Sum(ctx context.Context, id ShiftID) (Summary, error) {
	sum, err := d.Store.Sums(ctx, id)
	if err != nil {
		return Summary{}, fmt.Errorf("add up a shift: %w", err)
	}
	if sum.Cash, err = sum.Sums.Cash(); err != nil {
		return Summary{}, err
	}
	if sum.PIN, err = sum.Sums.PIN(); err != nil {
		return Summary{}, err
	}
	return sum, nil
}

// Past returns a desk's shifts, or those of all desks when the place is zero,
// newest first, up to limit.
func (d *Drawer) Past(ctx context.Context, at Place, limit int) ([]Shift, error) {
	past, err := d.Store.Shifts(ctx, at, limit)
	if err != nil {
		return nil, fmt.Errorf("list shifts: %w", err)
	}
	return past, nil
}

func notFound() error { return problem.New(problem.NotFound, ReasonNotFound, nil) }

func shiftOver() error { return problem.New(problem.Conflict, payment.ReasonShiftOver, nil) }

// NotEnough says that the drawer holds less than what is to leave it.
func NotEnough(holds money.Cents) *problem.Problem {
	return problem.New(problem.Refused, ReasonNotEnough, problem.Args{"holds": max(holds, 0)})
}

func badAmount() *problem.Problem {
	return problem.New(problem.Invalid, ReasonAmount, problem.Args{"most": Most})
}

// booking is postings being written, until one is not right.
type booking struct {
	at       time.Time
	shift    ShiftID
	postings []ledger.Posting
	err      error
}

func (b *booking) post(from, to ledger.Account, amount money.Cents, why ledger.Why) {
	if amount == 0 || b.err != nil {
		return
	}
	p, err := ledger.Post(ledger.Posting{From: from, To: to, Amount: amount, Why: why, At: b.at, Shift: int64(b.shift)})
	if err != nil {
		b.err = fmt.Errorf("book a shift: %w", err)
		return
	}
	b.postings = append(b.postings, p)
}

// differs books that more, or less, was counted than expected.
func (b *booking) differs(at Place, m payment.Means, more money.Cents) {
	differences, purse := ledger.Differences(at.Branch), at.purse(m)
	if more > 0 {
		b.post(differences, purse, more, ledger.Difference)
	} else {
		b.post(purse, differences, -more, ledger.Difference)
	}
}
