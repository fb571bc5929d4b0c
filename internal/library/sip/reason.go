package sip

import (
	"slices"
	"strconv"
	"strings"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

// reasons has every reason that a profile may name, and its kind.
var reasons = map[problem.Reason]problem.Kind{ //nolint:gochecknoglobals // a table, never written
	circulation.ReasonReserved:     problem.Refused,
	circulation.ReasonTooOften:     problem.Refused,
	circulation.ReasonFees:         problem.Refused,
	circulation.ReasonCardExpired:  problem.Refused,
	circulation.ReasonCardBlocked:  problem.Refused,
	circulation.ReasonTooSoon:      problem.Refused,
	circulation.ReasonNotAllowed:   problem.Refused,
	circulation.ReasonChanged:      problem.Conflict,
	circulation.ReasonLoanNotFound: problem.NotFound,
	circulation.ReasonFeeNotFound:  problem.NotFound,
	circulation.ReasonFeeSettled:   problem.Conflict,
}

// barriers is what the patron's status says against renewing.
type barriers struct {
	expired, blocked, fees bool
}

// against reads the status. A denial for which nothing else is told is a block.
func (s *System) against(sh sheet) (b barriers) {
	p := s.o.Profile.Patron
	if !slices.Contains(sh.Status[:], false) {
		return barriers{blocked: true} // everything at once tells no reason
	}
	b.expired = says(sh.Screen, p.Expired) || s.shortDay(sh.message, p.Expires).Overdue(s.today())
	b.fees = sh.Status[sip2.ExcessiveFines] || sh.Status[sip2.ExcessiveFees]
	b.blocked = sh.Status[sip2.CardLost] || says(sh.Screen, p.Blocked)
	if p.Denied && sh.Status[sip2.RenewalDenied] && !b.expired && !b.fees {
		b.blocked = true
	}
	return b
}

// refused returns the reasons why the patron may renew nothing, as the status has
// them; none when the profile does not go by it, or when there are none.
func (s *System) refused(sh sheet) (list problem.List) {
	if !s.o.Profile.Patron.Denied || !sh.Status[sip2.RenewalDenied] {
		return nil
	}
	b := s.against(sh)
	if b.expired {
		var args problem.Args
		if on := s.shortDay(sh.message, s.o.Profile.Patron.Expires); !on.IsZero() {
			args = problem.Args{"on": on}
		}
		list = append(list, problem.New(problem.Refused, circulation.ReasonCardExpired, args))
	}
	if b.blocked {
		list = append(list, problem.New(problem.Refused, circulation.ReasonCardBlocked, nil))
	}
	if b.fees {
		var args problem.Args
		if limit, ok := cents(sh.FeeLimit); ok {
			args = problem.Args{"limit": limit}
		}
		list = append(list, problem.New(problem.Refused, circulation.ReasonFees, args))
	}
	return list
}

func says(lines, parts []string) bool {
	for _, line := range lines {
		for _, part := range parts {
			if contains(line, part) {
				return true
			}
		}
	}
	return false
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// reasonsIn turns what the system says in AF into reasons, each once, with the
// arguments that stand behind it as "max=2".
func (s *System) reasonsIn(screen []string) (list problem.List) {
	seen := map[problem.Reason]bool{}
	for _, line := range screen {
		for text, r := range s.o.Profile.Refusals {
			if !seen[r] && contains(line, text) {
				seen[r] = true
				list = append(list, problem.New(reasons[r], r, arguments(line)))
			}
		}
	}
	return list
}

// arguments reads "renew.too_often max=2": only what we know, and only as what it
// has to be.
func arguments(line string) problem.Args {
	var args problem.Args
	for word := range strings.FieldsSeq(line) {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			continue
		}
		var v any
		switch name {
		case "max":
			if n, err := strconv.Atoi(value); err == nil && n >= 0 {
				v = n
			}
		case "limit":
			if amount, ok := cents(value); ok {
				v = amount
			}
		case "on", "due":
			if d, err := calendar.ParseISO(value); err == nil {
				v = d
			}
		}
		if v == nil {
			continue
		}
		if args == nil {
			args = problem.Args{}
		}
		args[name] = v
	}
	return args
}
