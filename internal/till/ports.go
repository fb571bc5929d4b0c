package till

import (
	"context"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/payment"
)

// Store is what this room needs kept. Each method is one transaction.
type Store interface {
	// LastShift returns the newest shift of a desk; ok is false when it never had
	// one.
	LastShift(ctx context.Context, at Place) (s Shift, ok bool, err error)
	// OpenShift keeps a new shift with its postings, whose Shift it fills in. It
	// writes nothing and reports false when the desk's newest shift is not the one
	// named after (0 for none), or is open.
	OpenShift(ctx context.Context, s Shift, after ShiftID, postings []ledger.Posting) (Shift, bool, error)
	// CloseShift closes an open shift as s says, with its postings. It writes
	// nothing and reports false when the shift is closed, or when what must be
	// there is not CashExpected and PINExpected.
	CloseShift(ctx context.Context, s Shift, postings []ledger.Posting) (bool, error)
	// AddMovement keeps a movement with its postings. If one with the same Key
	// exists, that one is returned instead, with Again set, and nothing is
	// written. A shift that is not open is payment.ReasonShiftOver; an Out above
	// what the drawer holds is ReasonNotEnough.
	AddMovement(ctx context.Context, m Movement, postings []ledger.Posting) (Movement, error)
	// Shift returns a shift, or ReasonNotFound.
	Shift(ctx context.Context, id ShiftID) (Shift, error)
	// Sums returns a shift with its sums and movements of one moment, without Cash
	// and PIN, or ReasonNotFound.
	Sums(ctx context.Context, id ShiftID) (Summary, error)
	// OpenShifts returns all shifts that are open, by branch and desk.
	OpenShifts(ctx context.Context) ([]Shift, error)
	// Shifts returns a desk's shifts, or those of all desks when the place is
	// zero, newest first, up to limit.
	Shifts(ctx context.Context, at Place, limit int) ([]Shift, error)
}

// Cashier takes money and pays it back. payment.Cashier is one.
type Cashier interface {
	Take(ctx context.Context, w payment.Wish, m payment.Means) (payment.Payment, error)
	PayBack(ctx context.Context, w payment.RefundWish) (payment.Refund, error)
	Receipt(ctx context.Context, id payment.ID) (payment.Payment, error)
}
