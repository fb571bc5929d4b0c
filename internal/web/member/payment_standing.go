package member

import "hoofdpas/internal/payment"

// standing is how a payment stands in the words of the pages: its state, in more
// detail when it was paid.
type standing string

// What a state does not tell.
const (
	waits     standing = "waits"      // paid, and the library system is being told
	partBack  standing = "part_back"  // paid, and a part of it went back
	goingBack standing = "going_back" // nothing of it is for a fee any more, and the money is on its way
)

// standings are the words beyond the states.
var standings = []standing{waits, partBack, goingBack} //nolint:gochecknoglobals // a table, never written

// standingOf looks at the lines that the reader sees.
func standingOf(made payment.Payment) standing {
	if made.State != payment.Paid {
		return standing(made.State)
	}
	kept, told := 0, 0
	for _, l := range made.Lines {
		if l.Kept() {
			kept++
			if l.Told {
				told++
			}
		}
	}
	switch {
	case kept == 0:
		return goingBack
	case told < kept:
		return waits
	case kept < len(made.Lines):
		return partBack
	}
	return standing(payment.Paid)
}

// retryAt is where the payer begins anew when no money came, "" where money
// came or still may.
func (p paymentPage) retryAt() string {
	switch payment.State(p.Standing) {
	case payment.Failed, payment.Cancelled, payment.Expired:
	default:
		return ""
	}
	switch {
	case p.Part:
		return ""
	case len(p.Groups) == 1 && p.Groups[0].Own:
		return feesAt
	}
	return togetherAt
}
