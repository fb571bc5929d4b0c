package payment

import (
	"time"

	"hoofdpas/internal/money"
)

// FindingKind is a kind of thing that somebody at the desk has to look at.
type FindingKind string

// The kinds. The desk's pages say for each what to do.
const (
	FoundRefused           FindingKind = "library_refused"    // the library system refuses a fee that was paid
	FoundNotReopened       FindingKind = "not_reopened"       // the library system refuses to open a fee again
	FoundAmount            FindingKind = "other_amount"       // the provider says another amount than we asked for
	FoundCurrency          FindingKind = "other_currency"     // the provider says a currency that is not ours
	FoundRefundFailed      FindingKind = "refund_failed"      // the provider cannot pay back
	FoundRefundElsewhere   FindingKind = "refund_elsewhere"   // paid back at the provider itself, and not a whole payment
	FoundChargeback        FindingKind = "chargeback"         // the bank took a payment back
	FoundChargebackOdd     FindingKind = "chargeback_odd"     // the bank took back an amount that fits no fees
	FoundRestored          FindingKind = "chargeback_over"    // the bank gave back what it had taken
	FoundUnknown           FindingKind = "unknown_order"      // the provider has an order of ours that we do not know
	FoundMissing           FindingKind = "missing_order"      // the provider does not have an order that we know
	FoundStateDiffers      FindingKind = "state_differs"      // the provider says another state than we have
	FoundRefundDiffers     FindingKind = "refund_differs"     // the provider paid back another sum than we have
	FoundChargebackDiffers FindingKind = "chargeback_differs" // the provider was charged back another sum than we have
)

// FindingKinds lists every kind.
var FindingKinds = []FindingKind{ //nolint:gochecknoglobals // a table, never written
	FoundRefused, FoundNotReopened, FoundAmount, FoundCurrency, FoundRefundFailed, FoundRefundElsewhere, FoundChargeback,
	FoundChargebackOdd, FoundRestored, FoundUnknown, FoundMissing, FoundStateDiffers, FoundRefundDiffers, FoundChargebackDiffers,
}

// FindingID is the key of a finding.
type FindingID int64

// Finding is something that somebody at the desk has to look at. It is found
// once, however often it is seen, and stays on the list until a staff member
// says that it was settled.
type Finding struct {
	ID   FindingID
	Kind FindingKind
	// About makes it one finding however often it is found.
	About    string
	Payment  ID // 0 when we know of none
	Provider string
	Ref      string // the provider's key
	Amount   money.Cents
	// Detail is what the other side said, such as "12.34 USD".
	Detail    string
	FoundAt   time.Time
	SettledAt time.Time // zero while it is open
	SettledBy string    // the staff member's name
	Note      string    // what was done
}
