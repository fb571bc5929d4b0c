package text

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/bojanz/currency"
	"github.com/nicksnyder/go-i18n/v2/i18n"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// Printer writes for readers of one language. It is safe for use by many
// goroutines and keeps nothing of a request.
type Printer struct {
	Lang Language
	keys map[string]bool
	// plain are the texts in which nothing is filled in: most of them.
	plain   map[string]string
	texts   *i18n.Localizer
	amounts *currency.Formatter
	zone    *time.Location
}

func newPrinter(b *i18n.Bundle, l Language, zone *time.Location, keys map[string]bool, plain map[string]string) *Printer {
	f := currency.NewFormatter(currency.NewLocale(string(l)))
	return &Printer{Lang: l, keys: keys, plain: plain, texts: i18n.NewLocalizer(b, string(l)), amounts: f, zone: zone}
}

// Has reports whether the key has a text.
func (p *Printer) Has(key string) bool { return p.keys[key] }

// T writes the text of a key. args are pairs of a name and a value: an amount,
// a date, an instant, a duration or anything that prints itself is written in
// the reader's language. A key without text is printed as the key and logged:
// a test makes sure that it does not come to that.
func (p *Printer) T(key string, args ...any) string {
	if s, ok := p.plain[key]; ok {
		return s
	}
	return p.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: p.data(args)})
}

// N writes the text of a key whose form depends on the number n; the text gets
// n as {{.N}}.
func (p *Printer) N(key string, n int, args ...any) string {
	data := p.data(args)
	data["N"] = n
	return p.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: n})
}

func (p *Printer) localize(c *i18n.LocalizeConfig) string {
	s, err := p.texts.Localize(c)
	if err != nil || !p.keys[c.MessageID] {
		slog.Error("no text", "key", c.MessageID, "language", string(p.Lang), "error", err)
		if s == "" {
			return c.MessageID
		}
	}
	return s
}

func (p *Printer) data(args []any) map[string]any {
	data := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		data[fmt.Sprint(args[i])] = p.value(args[i+1])
	}
	return data
}

func (p *Printer) value(v any) any {
	switch v := v.(type) {
	case money.Cents:
		return p.Amount(v)
	case calendar.Date:
		return p.Date(v)
	case time.Time:
		return p.Clock(v)
	case time.Duration:
		return p.Wait(v)
	default:
		return v
	}
}

// Problem writes what went wrong as a sentence. The key is "problem." and the
// reason.
func (p *Printer) Problem(q *problem.Problem) string {
	args := make([]any, 0, 2*len(q.Args))
	for k, v := range q.Args {
		args = append(args, k, v)
	}
	return p.T("problem."+string(q.Reason), args...)
}

// Problems writes every problem in err, in order.
func (p *Printer) Problems(err error) []string {
	var out []string
	for _, q := range problem.Of(err) {
		out = append(out, p.Problem(q))
	}
	return out
}

// Amount writes an amount with its sign of currency: "€ 2,50".
func (p *Printer) Amount(c money.Cents) string {
	a, err := currency.NewAmount(c.String(), "EUR")
	if err != nil {
		return c.String() // not possible: Cents write themselves as a number
	}
	return p.amounts.Format(a)
}

// Join writes a list: "a, b en c".
func (p *Printer) Join(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + p.T("text.and") + " " + items[last]
}
