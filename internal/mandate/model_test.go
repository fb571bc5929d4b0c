package mandate_test

import (
	"slices"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
)

// model is what the rules say, written down as plainly as can be: lists that
// are read from one end to the other, and no table of steps.
type model struct {
	w      *world
	rows   []*row
	log    []line
	closed map[card.ID]bool
}

// row is one mandate.
type row struct {
	id       mandate.ID
	starter  person
	other    person // nobody while what was typed matched nobody
	side     mandate.Side
	scope    mandate.Scope
	typed    card.Number
	asked    time.Time
	months   int
	askedOn  int // days since the beginning, of asked
	state    mandate.State
	accepted bool // has ever been confirmed
}

// line is one line of the log.
type line struct {
	deed             mandate.Deed
	actor, whose, to card.Holder
	staff            string
	scope            mandate.Scope
	typed            card.Number
	starter          card.ID
	accepted         bool
}

func (r *row) grantor() person {
	if r.side == mandate.Grantor {
		return r.starter
	}
	return r.other
}

func (r *row) grantee() person {
	if r.side == mandate.Grantor {
		return r.other
	}
	return r.starter
}

func (r *row) isOf(p person) bool { return p.ID != 0 && (r.starter.ID == p.ID || r.other.ID == p.ID) }

// over tells that time has run out for the row, whether or not that has been
// written.
func (m *model) over(r *row) bool {
	ended := r.months > 0 && m.w.today().After(calendarDay(r.askedOn).AddMonths(r.months))
	switch r.state {
	case mandate.Requested:
		return ended || m.w.at.After(r.asked.Add(30*24*time.Hour))
	case mandate.Active:
		return ended
	}
	return false
}

// now is the state as people see it.
func (m *model) now(r *row) mandate.State {
	if m.over(r) {
		return mandate.Expired
	}
	return r.state
}

// allowed is the whole point: does an active mandate let the actor do this now?
func (m *model) allowed(actor, of person, scope mandate.Scope) bool {
	if actor.ID == of.ID {
		return true
	}
	return slices.ContainsFunc(m.rows, func(r *row) bool {
		return m.now(r) == mandate.Active && r.grantee().ID == actor.ID && r.grantor().ID == of.ID && r.scope == scope &&
			!m.closed[actor.ID] && !m.closed[of.ID]
	})
}

// alike are the rows written as active between the same two, for the same scope.
func (m *model) alike(r *row) []*row {
	var out []*row
	for _, a := range m.rows {
		if a != r && a.state == mandate.Active && a.grantor().ID == r.grantor().ID && a.grantee().ID == r.grantee().ID && a.scope == r.scope {
			out = append(out, a)
		}
	}
	return out
}

// request asks (again).
func (m *model) request(r row, staff string) *row {
	r.state, r.asked, r.askedOn = mandate.Requested, m.w.at, daysSince(m.w.today())
	kept := &r
	for _, old := range m.rows {
		if old.state == mandate.Requested && old.starter.ID == r.starter.ID && old.side == r.side && old.scope == r.scope && old.typed == r.typed {
			kept = old
			if old.other.ID == 0 {
				old.other = r.other
			}
			old.asked, old.askedOn, old.months = r.asked, r.askedOn, r.months
		}
	}
	if kept == &r {
		m.rows = append(m.rows, kept)
	}
	// The line tells of this try, not of one before.
	tried := r
	m.write(&tried, mandate.Deed(mandate.Request), r.starter.Holder, staff)
	return kept
}

func (m *model) move(r *row, act mandate.Act, to mandate.State, actor card.Holder, staff string) {
	r.state = to
	r.accepted = r.accepted || to == mandate.Active
	m.write(r, mandate.Deed(act), actor, staff)
}

func (m *model) write(r *row, deed mandate.Deed, actor card.Holder, staff string) {
	m.log = append(m.log, line{
		deed: deed, actor: actor, whose: r.grantor().Holder, to: r.grantee().Holder, staff: staff, scope: r.scope,
		typed: r.typed, starter: r.starter.ID, accepted: r.accepted,
	})
}

// runOut writes the clock's step where it is due.
func (m *model) runOut(rows ...*row) (n int) {
	for _, r := range rows {
		if m.over(r) {
			m.move(r, mandate.Expire, mandate.Expired, card.Holder{}, "")
			n++
		}
	}
	return n
}

// take says what comes of a step: "" when it is taken, or why not.
func (m *model) take(who person, r *row, act mandate.Act, staff string) (refused string) {
	if !r.isOf(who) {
		return string(mandate.ReasonNotFound)
	}
	if m.runOut(r) > 0 {
		return string(mandate.ReasonStep)
	}
	mine := who.ID == r.starter.ID
	switch {
	case r.state == mandate.Requested && act == mandate.Confirm && !mine:
		return m.confirm(who, r, staff)
	case r.state == mandate.Requested && act == mandate.Decline && !mine:
		m.move(r, act, mandate.Declined, who.Holder, staff)
	case r.state == mandate.Requested && act == mandate.Withdraw && mine:
		m.move(r, act, mandate.Withdrawn, who.Holder, staff)
	case r.state == mandate.Active && act == mandate.End:
		m.move(r, act, mandate.Ended, who.Holder, staff)
	default:
		return string(mandate.ReasonStep)
	}
	return ""
}

func (m *model) confirm(who person, r *row, staff string) string {
	closed := m.closed[r.starter.ID] || m.closed[r.other.ID]
	if !closed {
		alike := m.alike(r)
		m.runOut(alike...)
		if len(m.alike(r)) > 0 {
			return string(mandate.ReasonExists)
		}
		m.move(r, mandate.Confirm, mandate.Active, who.Holder, staff)
		return ""
	}
	return string(mandate.ReasonStep)
}

// offered are the buttons of a row for one of its two.
func (m *model) offered(who person, r *row) []mandate.Act {
	mine := who.ID == r.starter.ID
	switch m.now(r) {
	case mandate.Requested:
		if mine {
			return []mandate.Act{mandate.Withdraw}
		}
		return []mandate.Act{mandate.Confirm, mandate.Decline}
	case mandate.Active:
		return []mandate.Act{mandate.End}
	}
	return nil
}

// reads is the log as somebody may read it.
func (m *model) reads(me person) []line {
	var out []line
	for _, l := range m.log {
		if l.actor.ID != me.ID && l.whose.ID != me.ID && l.to.ID != me.ID {
			continue
		}
		if !l.accepted && l.starter == me.ID {
			for _, h := range []*card.Holder{&l.actor, &l.whose, &l.to} {
				if h.ID != me.ID && (h != &l.actor || h.ID != 0) {
					*h = card.Holder{Number: l.typed}
				}
			}
		}
		l.starter = 0
		out = append(out, l)
	}
	return out
}
