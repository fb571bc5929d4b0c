// Package sip is a library system that speaks SIP2, whichever that is: a client
// over sip2.Pool. What systems send and mean differently is data, a Profile.
//
// What SIP2 leaves to whoever asks is done here: a card number is compared
// exactly, a first password counts only when the system says both that the patron
// is valid and that the password is, a loan is this card's and due when the member
// saw it before it is renewed, a fee is this card's and open before it is paid, and
// an amount that cannot be read exactly is not paid. Nothing is renewed or paid
// again because an answer was lost: the state is read first.
//
//	SIP2                     we say
//	64 with BL Y             card; there is no key that stays when a number changes
//	bar code of AU and 18    loan; the bar code is its ID
//	AV, a row of fields, BV  fees: each with its id, or the whole sum as one
//	29                       a renewal, one by one: 66 of some is broken
//	37                       a settlement, our reference in BK
//	                         a fee that was given back: not possible
//
// Everything that cannot be had is circulation.ReasonSystemAway with the message
// and the cause behind it, for the log: no card number, no name, no title.
package sip

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

// Options are how a system is reached and what it is.
type Options struct {
	Pool    *sip2.Pool
	Profile Profile
	// Institution is AO, Location CP of the log-in (in Pool), TerminalPassword AC.
	Institution      string
	TerminalPassword string
	// Currency is that of payments: EUR.
	Currency string
	// Zone is that of the system's dates, which carry none.
	Zone *time.Location
	Now  func() time.Time
	Log  *slog.Logger
}

// System is a library system that speaks SIP2. It is a circulation.LibrarySystem,
// an account.Cards, a mandate.Cards and an account.FirstPasswords. It keeps
// nothing but which payments it has told of lately.
type System struct {
	o    Options
	told *told
}

// New makes a client. It asks the system nothing yet.
func New(o Options) *System {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &System{o: o, told: newTold()}
}

// recoverFor is how long the state is read for after an answer was lost, also when
// nobody waits any more.
const recoverFor = 5 * time.Second

func (s *System) date() string { return sip2.Stamp(s.o.Now().In(s.o.Zone)) }

func (s *System) today() calendar.Date { return calendar.Today(s.o.Now(), s.o.Zone) }

func (s *System) patron(number card.Number) sip2.Patron {
	return sip2.Patron{Institution: s.o.Institution, ID: number.Text(), TerminalPassword: s.o.TerminalPassword}
}

// ask asks the system; whatever goes wrong is ReasonSystemAway.
func (s *System) ask(ctx context.Context, m sip2.Message) (sip2.Message, error) {
	answer, err := s.o.Pool.Ask(ctx, m)
	if err != nil {
		return sip2.Message{}, problem.Away(circulation.ReasonSystemAway, "ask the library system", err)
	}
	return answer, nil
}

// sheet is what 64 tells of a patron. Found is false when there is no card of
// exactly the number.
type sheet struct {
	sip2.PatronInformationReply
	found   bool
	message sip2.Message
}

// read asks for a patron with a list and, for a part of it, a page.
func (s *System) read(ctx context.Context, p sip2.Patron, list sip2.List, first, last int) (sheet, error) {
	if !s.o.Pool.Carries(p.ID) || !s.o.Profile.Patron.isNumber(p.ID) {
		return sheet{}, nil // it cannot be the number of a card there
	}
	answer, err := s.ask(ctx, sip2.PatronInformationRequest{
		Language: sip2.Dutch, Date: s.date(), List: list, Patron: p, First: first, Last: last,
	}.Message())
	if err != nil {
		return sheet{}, err
	}
	said, err := sip2.ReadPatronInformationReply(answer, list)
	if err != nil {
		return sheet{}, away("read a patron", err)
	}
	found := said.ValidPatron == sip2.Yes || said.ValidPatron == sip2.Absent && said.Name != ""
	return sheet{said, found, answer}, nil
}

// card asks for a patron whose number somebody typed. An answer about another
// patron, twice and over two connections, means that what was typed is another
// name for that patron's card, such as a user name: that is no number of a card.
func (s *System) card(ctx context.Context, p sip2.Patron) (sheet, error) {
	sh, err := s.read(ctx, p, sip2.NoList, 0, 0)
	if errors.Is(err, sip2.ErrStray) {
		return sheet{}, nil
	}
	return sh, err
}

func away(doing string, err error) error {
	return problem.Away(circulation.ReasonSystemAway, doing, err)
}

// Bounds of what a list may hold. A patron with more is none.
const (
	mostEntries = 1000
	mostPages   = 50
)

// list reads all entries of a list, page by page where the profile says so. A
// page may bring one more than was asked, and when it brings less, it is the last.
// Some systems send everything whatever page is asked for.
func (s *System) list(ctx context.Context, number card.Number, list sip2.List, page int) (all []string, sh sheet, err error) {
	if page == 0 {
		return s.whole(ctx, number, list)
	}
	for n := range mostPages {
		first := n*page + 1
		sh, err = s.read(ctx, s.patron(number), list, first, first+page-1)
		if err != nil || !sh.found {
			return nil, sh, err
		}
		if len(sh.Items) > page+1 || n > 0 && len(sh.Items) > 0 && sh.Items[0] == all[0] {
			if len(sh.Items) > mostEntries {
				break
			}
			return sh.Items, sh, nil // pages are nothing to it: this is everything
		}
		all = append(all, sh.Items[:min(page, len(sh.Items))]...)
		total := sh.Counts[list]
		if len(sh.Items) < page || total >= 0 && len(all) >= total {
			return all, sh, nil
		}
		if len(all) > mostEntries {
			break
		}
	}
	return nil, sh, away("read a list", errors.New("it has too many pages"))
}

// whole reads a list in one go.
func (s *System) whole(ctx context.Context, number card.Number, list sip2.List) ([]string, sheet, error) {
	sh, err := s.read(ctx, s.patron(number), list, 0, 0)
	switch {
	case err != nil:
		return nil, sh, err
	case len(sh.Items) > mostEntries:
		return nil, sh, away("read a list", errors.New("it has too many entries"))
	case sh.found && len(sh.Items) > 0 && list.Field() != "" && len(sh.Items) < sh.Counts[list]:
		s.log(ctx, "a list that is shorter than it says", number, "list", list.Field())
	}
	return sh.Items, sh, nil
}

// cents reads an amount; ok is false for what is not plainly one above zero.
func cents(text string) (amount money.Cents, ok bool) {
	n, err := sip2.ParseAmount(text)
	if err != nil || n <= 0 || n > mostCents {
		return 0, false
	}
	return money.Cents(n), true
}

// mostCents is more than anybody owes a library; what is more was misread.
const mostCents = 100_000_00

// log writes what a system sends that cannot be used: what and where, nothing of
// what it says.
func (s *System) log(ctx context.Context, what string, number card.Number, args ...any) {
	s.o.Log.WarnContext(ctx, "sip: "+what, append([]any{"profile", s.o.Profile.Name, "card", number}, args...)...)
}

// standardForm names the form of dates in SIP2's own standard.
const standardForm = "sip"

// day reads a date in one of the forms; ok is false when it is in none.
func (s *System) day(text string, forms []string) (d calendar.Date, ok bool) {
	for _, form := range forms {
		if form == standardForm {
			if t, ok := sip2.ParseStamp(text, s.o.Zone); ok {
				return valid(t.In(s.o.Zone))
			}
			continue
		}
		if t, err := time.ParseInLocation(form, text, s.o.Zone); err == nil {
			return valid(t.In(s.o.Zone))
		}
	}
	return calendar.Date{}, false
}

func valid(t time.Time) (calendar.Date, bool) {
	d, err := calendar.New(t.Year(), int(t.Month()), t.Day())
	return d, err == nil
}

// shortDate is a date in the vendors' fields, there with dashes or without.
const shortDate = "20060102"

func (s *System) shortDay(m sip2.Message, field string) calendar.Date {
	text := strings.ReplaceAll(m.Get(field), "-", "")
	if field == "" || len(text) < len(shortDate) {
		return calendar.Date{}
	}
	d, _ := s.day(text[:len(shortDate)], []string{shortDate}) // what is none is not known
	return d
}
