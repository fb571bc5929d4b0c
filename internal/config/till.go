package config

import (
	"slices"
	"strings"
	"unicode/utf8"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/till"
)

// places reads the desks, each as "Branch/Desk".
func (t Till) places(f *faults) []till.Place {
	const longest = 40 // characters of a name, which stands on every receipt
	if len(t.Desks) == 0 {
		f.add(`till.desks: name at least one desk, such as "Centrum/Balie 1"`)
	}
	var all []till.Place
	for _, text := range t.Desks {
		branch, desk, _ := strings.Cut(text, "/")
		p := till.Place{Branch: strings.TrimSpace(branch), Desk: strings.TrimSpace(desk)}
		switch {
		case p.Branch == "" || p.Desk == "" || strings.Contains(p.Desk, "/"),
			utf8.RuneCountInString(p.Branch) > longest || utf8.RuneCountInString(p.Desk) > longest:
			f.add("till.desks: %q is no desk; write the branch, one slash and the desk, such as \"Centrum/Balie 1\", each of at most %d characters", text, longest)
		case strings.ContainsAny(p.Branch[:1], "=+-@"):
			f.add("till.desks: %q: a spreadsheet would read a branch that begins like this as a formula; begin it with a letter", text)
		case slices.Contains(all, p):
			f.add("till.desks: %q stands twice; name each desk once", text)
		case p.Branch == payment.OnlineBranch:
			f.add("till.desks: %q: receipts of what is paid online have that branch; choose another name", text)
		default:
			all = append(all, p)
		}
	}
	return all
}

// unit reads what cash is rounded to.
func (t Till) unit(f *faults) money.Cents {
	const most = 100 // cents
	unit, err := money.Parse(t.Rounding)
	if err != nil || unit < 1 || unit > most {
		f.add("till.rounding: %q is not possible; write for example \"0.05\", or \"0.01\" for no rounding", t.Rounding)
	}
	return unit
}
