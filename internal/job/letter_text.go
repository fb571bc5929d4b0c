package job

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hoofdpas/internal/card"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/text"
)

// letter is one letter being written, about a payment as it stands now.
type letter struct {
	t    *text.Printer
	kind payment.LetterKind
	made payment.Payment
	to   card.Holder
	// lines and amount are what it was booked to tell of; an amount of 0 is all
	// that it fits.
	lines  []int
	amount money.Cents
}

// write writes the letter; ok is false when there is nothing to tell any more.
func (l letter) write(library string, base *url.URL) (subject, words string, ok bool) {
	lines, amount := l.about()
	if amount == 0 {
		return "", "", false
	}
	other := ""
	if l.to.ID != l.made.Payer.ID {
		other = "_other"
	}
	key := "letter." + string(l.kind)
	args := []any{"amount", amount, "payer", l.made.Payer.Name}
	subject = l.t.T(key+"_subject"+other, args...)
	switch {
	case l.kind == payment.LetterChargeback && len(lines) == 0:
		key += "_odd"
	case l.kind == payment.LetterUnwanted && l.made.Means != payment.Online:
		key += "_desk"
	default:
		key += other
	}
	parts := []string{l.t.T("letter.hello", "name", l.to.Name), l.t.T(key, args...)}
	parts = append(parts, l.cards(lines)...)
	if len(lines) > 1 {
		parts = append(parts, l.t.T("letter.total", "amount", sum(lines)))
	}
	parts = append(parts, l.facts(), l.t.T("letter.look", "address", l.address(base))+"\n"+l.t.T("letter.doubt"), library)
	return subject, strings.Join(parts, "\n\n") + "\n", true
}

// about is which lines the letter tells of, and what the money comes to.
func (l letter) about() (lines []payment.Line, amount money.Cents) {
	payer := l.to.ID == l.made.Payer.ID
	for i, x := range l.made.Lines {
		if (payer || l.to.ID == x.Holder.ID) && l.tellsOf(x) && (l.amount == 0 || slices.Contains(l.lines, i)) {
			lines = append(lines, x)
		}
	}
	switch {
	case l.kind == payment.LetterChargeback && payer && l.amount > 0:
		return lines, min(l.amount, l.made.ChargedBack())
	case l.kind == payment.LetterChargeback && payer:
		return lines, l.made.ChargedBack()
	case len(lines) > 0 && l.amount > 0:
		return lines, l.amount
	}
	return lines, sum(lines)
}

func (l letter) tellsOf(x payment.Line) bool {
	switch l.kind {
	case payment.LetterPaid:
		return !x.Refused
	case payment.LetterLate, payment.LetterUnwanted:
		return x.Refused
	case payment.LetterRefunded:
		return x.Returned == payment.ByRefund
	case payment.LetterChargeback:
		return x.Returned == payment.ByChargeback
	}
	return false
}

func sum(lines []payment.Line) (all money.Cents) {
	for _, x := range lines {
		all += x.Amount // a part of the total, which was added with care
	}
	return all
}

// cards are the lines of each card under its holder's name.
func (l letter) cards(lines []payment.Line) []string {
	var out []string
	for _, s := range payment.Shares(lines) {
		part := s.Holder.Name
		for _, x := range s.Lines {
			what := l.t.T("member.fee_" + string(x.Kind))
			if about := strings.Join(strings.Fields(x.Description), " "); about != "" && about != what {
				what = l.t.T("letter.what", "about", about, "kind", what)
			}
			if x.Of > 0 {
				what = l.t.T("letter.part", "what", what, "of", x.Of)
			}
			part += "\n" + l.t.T("letter.line", "what", what, "amount", x.Amount)
		}
		out = append(out, part)
	}
	return out
}

// facts are the payment's and the receipt's number, when and how.
func (l letter) facts() string {
	facts := []string{l.t.T("letter.number", "id", strconv.FormatInt(int64(l.made.ID), 10))}
	if number := l.made.Receipt.String(); number != "" {
		facts = append(facts, l.t.T("letter.receipt", "number", number))
	}
	facts = append(facts, l.t.T("letter.paid_at", "when", l.t.Moment(l.made.EndedAt), "means", l.t.T("member.means_"+string(l.made.Means), "terminal", l.made.Till.Desk)))
	return strings.Join(facts, "\n")
}

func (l letter) address(base *url.URL) string {
	return base.JoinPath("betaling", strconv.FormatInt(int64(l.made.ID), 10)).String()
}
