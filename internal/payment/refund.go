package payment

import (
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/money"
)

// RefundID is the key of a refund.
type RefundID int64

// RefundState is where a refund stands.
type RefundState string

// The states of a refund.
const (
	Due          RefundState = "due"    // decided; the provider has not been asked, or did not answer
	Sent         RefundState = "sent"   // the provider has it under way
	Done         RefundState = "done"   // the money has left us
	RefundFailed RefundState = "failed" // the provider cannot: the desk has to
)

// RefundStep is one row of the table of allowed steps of a refund.
type RefundStep struct{ From, To RefundState }

// RefundSteps is the table of allowed steps. A refund is made in state Due, or
// Done when it is handed out at the desk or was made at the provider itself.
var RefundSteps = []RefundStep{ //nolint:gochecknoglobals // a table, never written
	{Due, Sent},
	{Due, Done},
	{Due, RefundFailed},
	{Sent, Done},
	{Sent, RefundFailed},
	{Done, RefundFailed}, // the payer's bank sent it back
}

// RefundAllowed reports whether the table has the step.
func RefundAllowed(from, to RefundState) bool {
	for _, s := range RefundSteps {
		if s.From == from && s.To == to {
			return true
		}
	}
	return false
}

// RefundReason says why something is paid back.
type RefundReason string

// The reasons.
const (
	RefundLate       RefundReason = "late"        // the fee was paid otherwise by the time the money came
	RefundUnwanted   RefundReason = "refused"     // the library system would not hear of it
	RefundByStaff    RefundReason = "staff"       // a staff member decided; Note says why
	RefundAmount     RefundReason = "amount"      // another amount came in than was asked for
	RefundAtProvider RefundReason = "at_provider" // it was made at the provider, not here
)

// Refund is money that is paid back of one payment.
type Refund struct {
	ID       RefundID
	Payment  ID
	Means    Means
	Provider string // when Means is Online
	Ref      string // the provider's key, once it has answered
	// OrderKey is random and makes asking the provider for it twice one refund;
	// Key does so for a form that is sent twice.
	OrderKey, Key string
	Reason        RefundReason
	Note          string // what the staff member wrote
	Amount        money.Cents
	// Rounding is what cash was rounded up (above zero: more was handed out) or
	// down.
	Rounding money.Cents
	State    RefundState
	// Lines are the indexes of the payment's lines that it returns.
	Lines   []int
	Staff   string
	Till    Till
	Receipt ReceiptNumber
	// RequestedAt is set at once, EndedAt when it is Done or RefundFailed.
	RequestedAt, EndedAt time.Time
	// Again is set on the answer to a form that was sent before. It is not kept.
	Again bool
}

// UnderWay reports whether the money has left us or is about to.
func (r Refund) UnderWay() bool { return r.State != RefundFailed }

// Chargeback is what the payer's bank took back of a payment.
type Chargeback struct {
	Ref        string // the provider's key
	Amount     money.Cents
	At         time.Time
	RestoredAt time.Time // when the bank gave it back; zero when it did not
}

// RefundJob asks the job runner to see a refund through at the provider. It is
// written in the same transaction as the refund.
type RefundJob struct {
	Refund RefundID `json:"refund"`
}

// Kind names the job.
func (RefundJob) Kind() string { return "payment.refund" }

// LetterKind is what somebody is told by mail.
type LetterKind string

// The letters.
const (
	LetterPaid       LetterKind = "paid"         // the receipt of a payment
	LetterLate       LetterKind = "late"         // money came that was not for a fee any more, and goes back
	LetterRefunded   LetterKind = "refunded"     // money goes back; the fee is open again
	LetterChargeback LetterKind = "charged_back" // the bank took money back; the fee is open again
	LetterUnwanted   LetterKind = "refused"      // the library did not take what was paid; it goes back
)

// LetterJob asks the job runner to tell a holder by mail. It is written in the
// same transaction as what it tells of. A holder who is not the payer reads of
// their own card's lines only.
type LetterJob struct {
	Letter  LetterKind `json:"letter"`
	Payment ID         `json:"payment"`
	To      card.ID    `json:"to"`
	// Lines are the indexes of the payment's lines that this letter tells of, and
	// Amount what that comes to for its reader: a payment has more letters of a
	// kind than one. An Amount of 0 tells of all that the kind fits.
	Lines  []int       `json:"lines,omitempty"`
	Amount money.Cents `json:"amount,omitempty"`
}

// Kind names the job.
func (LetterJob) Kind() string { return "payment.letter" }

// LetterQueue is where letters wait.
const LetterQueue = "letters"

// Queue keeps letters apart: a mail server that does not answer holds up no
// money.
func (LetterJob) Queue() string { return LetterQueue }
