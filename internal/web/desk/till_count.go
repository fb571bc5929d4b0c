package desk

import (
	"strconv"
	"strings"

	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// Reasons about amounts and counting.
const (
	ReasonAmountEmpty  problem.Reason = "desk.amount_empty"  // an amount must be filled in
	ReasonAmountWrong  problem.Reason = "desk.amount_wrong"  // what was typed is no amount; argument typed
	ReasonCountWrong   problem.Reason = "desk.count_wrong"   // what was typed is no number of notes or coins; argument typed
	ReasonCountDiffers problem.Reason = "desk.count_differs" // the notes and coins add up to another amount than was filled in; arguments counted, typed (money.Cents)
)

// notes and coins are what counting has a field for, in cents.
var (
	notes = []money.Cents{10000, 5000, 2000, 1000, 500}  //nolint:gochecknoglobals // a table, never written
	coins = []money.Cents{200, 100, 50, 20, 10, 5, 2, 1} //nolint:gochecknoglobals // a table, never written
)

// mostPieces is the most of one note or coin that is counted.
const mostPieces = 99_999

// amount reads an amount in euros as people type it: "12,50", "12.50", "12". It
// is at most till.Most.
func amount(r *web.Request, field string) (money.Cents, *problem.Problem) {
	typed := r.Field(field)
	if typed == "" {
		return 0, problem.New(problem.Invalid, ReasonAmountEmpty, nil).At(field)
	}
	cents, err := money.Parse(typed)
	if err != nil {
		return 0, notAmount(field, typed)
	}
	if cents > till.Most {
		return 0, problem.New(problem.Invalid, till.ReasonAmount, problem.Args{"most": till.Most}).At(field)
	}
	return cents, nil
}

// signed is amount for what may be below zero: "-12,50".
func signed(r *web.Request, field string) (money.Cents, *problem.Problem) {
	typed := r.Field(field)
	if len(typed) > 1 && typed[0] == '-' {
		cents, err := money.Parse(typed[1:])
		if err != nil || cents > till.Most {
			return 0, notAmount(field, typed)
		}
		return -cents, nil
	}
	return amount(r, field)
}

func notAmount(field, typed string) *problem.Problem {
	return problem.New(problem.Invalid, ReasonAmountWrong, problem.Args{"typed": typed}).At(field)
}

// count is cash that is being counted: how many of each note and coin, which
// adds up without a script, and the amount.
type count struct {
	Notes, Coins []ui.Field
	Total        ui.Field
	// Cash is what was counted, when nothing is wrong.
	Cash money.Cents
}

// emptyCount is a count in which nothing has been typed.
func emptyCount(t *text.Printer) count {
	return count{Notes: pieces(t, notes, nil), Coins: pieces(t, coins, nil), Total: totalField(t, "")}
}

func totalField(t *text.Printer, typed string) ui.Field {
	return ui.Field{
		Name: "geteld", Label: t.T("till.counted_cash"), Hint: t.T("till.counted_hint"), Value: typed, InputMode: "decimal",
		Autocomplete: "off", Short: true,
	}
}

func pieces(t *text.Printer, of []money.Cents, typed func(name string) string) []ui.Field {
	fields := make([]ui.Field, 0, len(of))
	for _, c := range of {
		f := ui.Field{Name: pieceName(c), Label: t.Amount(c), InputMode: "numeric", Autocomplete: "off", Short: true}
		if typed != nil {
			f.Value = typed(f.Name)
		}
		fields = append(fields, f)
	}
	return fields
}

// readCount reads what was counted. When pieces were counted they make the
// amount; one that was filled in as well must be the same, unless it is only
// being added up.
func readCount(r *web.Request, adding bool) (count, problem.List) {
	c := count{Notes: pieces(r.Text, notes, r.Field), Coins: pieces(r.Text, coins, r.Field), Total: totalField(r.Text, r.Field("geteld"))}
	var unmet problem.List
	var sum money.Cents
	counted := false
	for _, part := range []struct {
		of     []money.Cents
		fields []ui.Field
	}{{notes, c.Notes}, {coins, c.Coins}} {
		for i, f := range part.fields {
			if f.Value == "" {
				continue
			}
			n, err := strconv.ParseUint(f.Value, 10, 32)
			if err != nil || n > mostPieces {
				unmet = append(unmet, problem.New(problem.Invalid, ReasonCountWrong, problem.Args{"typed": f.Value}).At(f.Name))
				continue
			}
			counted = true
			sum += part.of[i] * money.Cents(n) //nolint:gosec // at most mostPieces, so that the sum fits
		}
	}
	switch {
	case len(unmet) > 0:
		return c, unmet
	case counted && sum > till.Most:
		return c, problem.List{problem.New(problem.Invalid, till.ReasonAmount, problem.Args{"most": till.Most}).At("geteld")}
	case counted && (adding || c.Total.Value == ""):
		c.Cash, c.Total.Value = sum, asTyped(r.Text, sum)
		return c, nil
	case adding && c.Total.Value == "":
		return c, nil
	}
	typed, p := amount(r, "geteld")
	if p != nil {
		return c, problem.List{p}
	}
	if counted && typed != sum {
		return c, problem.List{problem.New(problem.Invalid, ReasonCountDiffers, problem.Args{"counted": sum, "typed": typed}).At("geteld")}
	}
	c.Cash = typed
	return c, nil
}

// with puts the sentences about a count beside its fields.
func (c count) with(f web.Faults) count {
	mark := func(fields []ui.Field) []ui.Field {
		out := make([]ui.Field, len(fields))
		for i, field := range fields {
			field.Errors = f.At(field.Name)
			out[i] = field
		}
		return out
	}
	c.Notes, c.Coins, c.Total.Errors = mark(c.Notes), mark(c.Coins), f.At(c.Total.Name)
	return c
}

// asTyped is an amount as the reader would type it: "12,50".
func asTyped(t *text.Printer, c money.Cents) string {
	if t.Lang == text.Dutch {
		return strings.Replace(c.String(), ".", ",", 1)
	}
	return c.String()
}

// countNames are the names of the fields of notes and coins.
func countNames() []string {
	var names []string
	for _, c := range append(append([]money.Cents{}, notes...), coins...) {
		names = append(names, pieceName(c))
	}
	return names
}

func pieceName(c money.Cents) string { return "stuks-" + idText(int64(c)) }

func idText(id int64) string { return strconv.FormatInt(id, 10) }
