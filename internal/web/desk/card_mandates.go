package desk

import (
	"context"
	"strconv"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
)

// mandateRow is one mandate of the card that counts or waits.
type mandateRow struct {
	ID      mandate.ID
	Says    string // "Marieke de Vries mag betalen voor Sem de Vries"
	When    string
	Waiting bool
	EndAt   string // where *Beëindigen* posts to, "" when there is nothing to end
}

// mandates lists what counts or waits, as the holder at the desk may see it.
// What is over stands in the holder's own log.
func (p *pages) mandates(ctx context.Context, r *web.Request, v visitor) ([]mandateRow, error) {
	all, err := p.Book.Relations(ctx, v.Holder)
	if err != nil {
		return nil, err
	}
	var rows []mandateRow
	for _, rel := range all {
		m := rel.Mandate
		row := mandateRow{ID: m.ID, Says: says(r.Text, m)}
		switch m.State {
		case mandate.Active:
			row.When = r.Text.T("desk.since", "day", calendar.Today(m.ConfirmedAt, p.shell.Zone))
			if !m.Until.IsZero() {
				row.When = r.Text.T("desk.since_until", "day", calendar.Today(m.ConfirmedAt, p.shell.Zone), "until", m.Until)
			}
			row.EndAt = linkAt(v.ID) + "/" + strconv.FormatInt(int64(m.ID), 10) + "/beeindigen"
		case mandate.Requested:
			row.Waiting = true
			row.When = r.Text.T("desk.waits", "name", nameOrNumber(r.Text, answers(m)),
				"day", calendar.Today(m.AnswerBy, p.shell.Zone))
		default:
			continue
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// answers is who is to confirm or decline.
func answers(m mandate.Mandate) card.Holder {
	if m.Starter == mandate.Grantor {
		return m.Grantee
	}
	return m.Grantor
}

// says writes a mandate as a sentence about two people.
func says(t *text.Printer, m mandate.Mandate) string {
	key := "desk.may"
	if m.State == mandate.Requested {
		key = "desk.would"
	}
	return t.T(key, "who", nameOrNumber(t, m.Grantee), "whose", nameOrNumber(t, m.Grantor),
		"verb", t.T("member.verb_"+string(m.Scope)))
}

// nameOrNumber is the name, or until the holder may know it the number that
// they typed.
func nameOrNumber(t *text.Printer, h card.Holder) string {
	if h.Name != "" {
		return h.Name
	}
	return t.T("member.card_number", "number", h.Number.Text())
}
