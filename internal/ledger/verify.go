package ledger

import "fmt"

// FaultKind says in which way a ledger is not sound.
type FaultKind string

// The kinds of fault.
const (
	Changed   FaultKind = "changed"   // the posting is not the one that was sealed, or the one before it is not
	Missing   FaultKind = "missing"   // a number is left out
	Doubled   FaultKind = "doubled"   // a number comes again, or out of order
	CutOff    FaultKind = "cut_off"   // there are other last postings than the ledger says
	Rewritten FaultKind = "rewritten" // the posting that was noted before is not there any more
)

// Fault is the first place at which a ledger is not sound.
type Fault struct {
	Kind FaultKind
	No   int64 // the number of the posting
}

func (f *Fault) Error() string { return fmt.Sprintf("posting %d: %s", f.No, f.Kind) }

// Verifier walks along the chain. It keeps nothing but where it is.
type Verifier struct {
	// Expect is what somebody noted before; the zero value expects nothing.
	Expect Head
	at     Head
}

// Add takes the next posting, in the order of their numbers. It returns a
// *Fault.
func (v *Verifier) Add(r Row) error {
	switch want := v.at.No + 1; {
	case r.No > want:
		return &Fault{Missing, want}
	case r.No < want:
		return &Fault{Doubled, r.No}
	case r.Hash != Seal(v.at.Hash, r.No, r.Posting):
		return &Fault{Changed, r.No}
	}
	v.at = Head{r.No, r.Hash}
	if v.at.No == v.Expect.No && v.at != v.Expect {
		return &Fault{Rewritten, r.No}
	}
	return nil
}

// End takes what the ledger says is its last posting. It returns a *Fault.
func (v *Verifier) End(head Head) error {
	switch {
	case head != v.at:
		return &Fault{CutOff, max(head.No, v.at.No)}
	case v.at.No < v.Expect.No:
		return &Fault{Rewritten, v.Expect.No}
	}
	return nil
}
