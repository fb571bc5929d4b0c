package exchange

import (
	"fmt"
	"slices"
	"strings"

	"hoofdpas/internal/circulation"
)

// column is a column of a file.
type column struct {
	name     string
	required bool
}

// The columns of the cards file, by position in columnsOf(Cards).
const (
	cardNumber = iota
	cardName
	cardBirthDate
	cardEmail
	cardCategory
	cardBranch
	cardExpiresOn
	cardBlocked
	cardFirstPassword
)

// The columns of the loans file.
const (
	loanID = iota
	loanCard
	loanItem
	loanTitle
	loanAuthor
	loanMaterial
	loanLentOn
	loanDueOn
	loanRenewals
	loanReserved
)

// The columns of the fees file.
const (
	feeID = iota
	feeCard
	feeKind
	feeDescription
	feeAmount
	feeChargedOn
	feeItem
)

// columnsOf is the table of columns: what is read and, in this order, written.
func columnsOf(k Kind) []column {
	return map[Kind][]column{
		Cards: {
			{"card_number", true},
			{"name", true},
			{"birth_date", false},
			{"email", false},
			{"category", false},
			{"branch", false},
			{"expires_on", false},
			{"blocked", false},
			{"first_password", false},
		},
		Loans: {
			{"loan_id", true},
			{"card_number", true},
			{"item_number", true},
			{"title", true},
			{"author", false},
			{"material", false},
			{"lent_on", true},
			{"due_on", true},
			{"renewals", false},
			{"reserved", false},
		},
		Fees: {
			{"fee_id", true},
			{"card_number", true},
			{"kind", true},
			{"description", false},
			{"amount", true},
			{"charged_on", true},
			{"item_number", false},
		},
	}[k]
}

// header is where the columns of a file stand.
type header struct {
	// at is the position in the file of each column of columnsOf, -1 for none.
	at []int
	// width is the number of cells in the header row.
	width int
}

// hits counts how many of the cells are known columns.
func hits(cells []string, columns []column) int {
	n := 0
	for _, c := range cells {
		if slices.ContainsFunc(columns, func(k column) bool { return k.name == columnName(c) }) {
			n++
		}
	}
	return n
}

func columnName(cell string) string { return strings.ToLower(strings.TrimSpace(cell)) }

// readHeader finds the columns in the header row. It returns the names of
// columns that are not used, and what makes the file unusable.
func readHeader(cells []string, k Kind) (h header, extra []string, faults []string) {
	columns := columnsOf(k)
	h = header{at: make([]int, len(columns)), width: len(cells)}
	for i := range h.at {
		h.at[i] = -1
	}
	for at, cell := range cells {
		name := columnName(cell)
		i := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
		switch {
		case i >= 0 && h.at[i] >= 0:
			faults = append(faults, fmt.Sprintf("column %s stands twice in the header row; leave one out", name))
		case i >= 0:
			h.at[i] = at
		case name != "":
			extra = append(extra, strings.TrimSpace(cell))
		}
	}
	for i, c := range columns {
		if c.required && h.at[i] < 0 {
			faults = append(faults, fmt.Sprintf("the header row has no column %s; it must name %s", c.name, requiredOf(columns)))
		}
	}
	return h, extra, faults
}

func requiredOf(columns []column) string {
	var names []string
	for _, c := range columns {
		if c.required {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, ", ")
}

// feeKindOf reads the kind of a fee.
func feeKindOf(text string) (circulation.FeeKind, bool) {
	k := circulation.FeeKind(strings.ToLower(text))
	return k, slices.Contains(circulation.FeeKinds, k)
}

func feeKindNames() string {
	names := make([]string, len(circulation.FeeKinds))
	for i, k := range circulation.FeeKinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}
