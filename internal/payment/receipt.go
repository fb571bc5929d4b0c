package payment

import "fmt"

// String is the number as it stands on paper: "Centrum 2026-000123"; "" when
// there is none.
func (n ReceiptNumber) String() string {
	if n == (ReceiptNumber{}) {
		return ""
	}
	return fmt.Sprintf("%s %d-%06d", n.Branch, n.Year, n.No)
}
