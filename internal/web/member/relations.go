package member

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// relationsPage is GET and POST /relaties, *Relaties* (S8 to S16): what waits
// for the reader's answer, all mandates by person, the form to ask for one, and
// what is over.
type relationsPage struct {
	T       *text.Printer
	CSRF    string
	Waiting []mandateRow
	People  []relation
	Past    []mandateRow
	Form    applyForm
}

// relation is another card, and the mandates between it and the reader's.
type relation struct {
	Who ui.Who
	// Known tells that the reader may know the name; the number that they typed
	// stands there otherwise.
	Known bool
	Rows  []mandateRow
}

// mandateRow is one mandate as the reader sees it (S14).
type mandateRow struct {
	ID    mandate.ID
	Who   ui.Who
	Known bool
	Scope string // the function in words
	State string // in words
	Tone  ui.Tone
	// Says is the mandate as a sentence: who may do what for whom.
	Says string
	// Means tells what confirming would allow, when it waits for the reader.
	Means string
	// When is the sentence about its dates.
	When string
	Acts []ui.Post
}

// paths are the last parts of the addresses of the steps.
var paths = map[mandate.Act]string{ //nolint:gochecknoglobals // a table, never written
	mandate.Confirm:  "bevestigen",
	mandate.Decline:  "weigeren",
	mandate.Withdraw: "intrekken",
	mandate.End:      "beeindigen",
}

// tones colour the states; the words carry the meaning.
var tones = map[mandate.State]ui.Tone{ //nolint:gochecknoglobals // a table, never written
	mandate.Requested: ui.ToneWait, mandate.Active: ui.ToneGood, mandate.Declined: ui.ToneCalm,
	mandate.Withdrawn: ui.ToneCalm, mandate.Expired: ui.ToneCalm, mandate.Ended: ui.ToneCalm,
}

func (p *pages) showRelations(ctx context.Context, r *web.Request) (web.Response, error) {
	page, err := p.relationsPage(ctx, r, applyForm{Side: string(mandate.Grantee)})
	if err != nil {
		return web.Response{}, err
	}
	return web.Show(page), nil
}

func (p *pages) relationsPage(ctx context.Context, r *web.Request, form applyForm) (web.Page, error) {
	all, err := p.Book.Relations(ctx, r.Me.Holder)
	if err != nil {
		return web.Page{}, err
	}
	page := relationsPage{T: r.Text, CSRF: r.Token(), Form: form}
	// The functions of one request stand in the order of the form.
	slices.SortStableFunc(all, func(a, b mandate.Relation) int {
		return cmp.Or(b.Mandate.RequestedAt.Compare(a.Mandate.RequestedAt),
			slices.Index(mandate.Scopes, a.Mandate.Scope)-slices.Index(mandate.Scopes, b.Mandate.Scope))
	})
	for _, rel := range all {
		row := p.mandateRow(r, rel)
		switch {
		case rel.WaitsForMe():
			page.Waiting = append(page.Waiting, row)
		case rel.Mandate.State == mandate.Requested || rel.Mandate.State == mandate.Active:
			page.People = withRow(page.People, row)
		default:
			page.Past = append(page.Past, row)
		}
	}
	return web.Page{
		Title: r.Text.T("member.relations"), Body: relationsView(page), Section: relationsAt, Stay: relationsAt,
	}, nil
}

// withRow puts the row with the person it is about.
func withRow(people []relation, row mandateRow) []relation {
	i := slices.IndexFunc(people, func(q relation) bool { return q.Known == row.Known && q.Who == row.Who })
	if i < 0 {
		i = len(people)
		people = append(people, relation{Who: row.Who, Known: row.Known})
	}
	people[i].Rows = append(people[i].Rows, row)
	return people
}

func (p *pages) mandateRow(r *web.Request, rel mandate.Relation) mandateRow {
	t, m := r.Text, rel.Mandate
	name, mine := nameOrNumber(t, rel.Other), rel.Mine == mandate.Grantee
	row := mandateRow{
		ID: m.ID, Known: rel.Other.Name != "", Who: ui.Who{Name: sentence(name), Key: int64(rel.Other.ID)},
		Scope: t.T("member.scope_" + string(m.Scope)), State: t.T("member.state_" + string(m.State)),
		Tone: tones[m.State], Says: sentence(says(t, phase(m), m.Scope, mine, name)), When: p.when(t, m),
	}
	if rel.WaitsForMe() {
		row.State = "" // the heading says so
		row.Means = says(t, "means_"+string(m.Scope), m.Scope, mine, name)
	}
	for _, act := range rel.Acts {
		button := ui.Press{Label: t.T("member.act_" + string(act)), DescribedBy: row.about() + " " + row.about() + "-functie", Variant: ui.Secondary}
		switch act {
		case mandate.Confirm:
			button.Variant = ui.Primary
		case mandate.End:
			button.Variant = ui.Danger
		}
		post := ui.Post{
			Action: relationsAt + "/" + strconv.FormatInt(int64(m.ID), 10) + "/" + paths[act], CSRF: r.Token(), Button: button,
		}
		if act == mandate.Confirm {
			post.Hidden = []ui.Hidden{{Name: askedField, Value: strconv.FormatInt(m.RequestedAt.UnixMilli(), 10)}}
		}
		row.Acts = append(row.Acts, post)
	}
	return row
}

// about is the id of the sentence that a mandate's buttons are about.
func (m mandateRow) about() string { return "machtiging-" + strconv.FormatInt(int64(m.ID), 10) }

// phase is how a mandate is told in each of its states.
func phase(m mandate.Mandate) string {
	wish := "want"
	if m.Starter == mandate.Grantor {
		wish = "offer"
	}
	switch {
	case m.State == mandate.Requested:
		return wish
	case m.State == mandate.Active:
		return "may"
	case m.ConfirmedAt.IsZero():
		return wish + "ed" // it never was more than a wish
	}
	return "might"
}

// says writes a mandate in words: "jij mag verlengen voor Sem de Vries", "Sem
// de Vries wil verlengen voor jou". mine tells that the reader is the one who
// acts; name is the one across.
func says(t *text.Printer, phase string, scope mandate.Scope, mine bool, name string) string {
	key := "member." + phase + "_other"
	if mine {
		key = "member." + phase + "_you"
	}
	return t.T(key, "verb", t.T("member.verb_"+string(scope)), "name", name)
}

// sentence begins with a capital.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// nameOrNumber is the name, or until the reader may know it the number that
// they typed.
func nameOrNumber(t *text.Printer, h card.Holder) string {
	if h.Name != "" {
		return h.Name
	}
	return t.T("member.card_number", "number", h.Number.Text())
}

// when writes the dates of a mandate that matter in its state.
func (p *pages) when(t *text.Printer, m mandate.Mandate) string {
	day := func(at time.Time) calendar.Date { return calendar.Today(at, p.shell.Zone) }
	switch m.State {
	case mandate.Requested:
		if !m.Until.IsZero() {
			return t.T("member.when_requested_until", "day", day(m.RequestedAt), "answer", day(m.AnswerBy), "until", m.Until)
		}
		return t.T("member.when_requested", "day", day(m.RequestedAt), "answer", day(m.AnswerBy))
	case mandate.Active:
		if !m.Until.IsZero() {
			return t.T("member.when_active_until", "day", day(m.ConfirmedAt), "until", m.Until)
		}
		return t.T("member.when_active", "day", day(m.ConfirmedAt))
	default:
		return t.T("member.when_closed", "asked", day(m.RequestedAt), "day", p.closedOn(m))
	}
}

// closedOn is the day on which a mandate stopped. The clock's step may not have
// been written yet: then it is the day from which it no longer counted.
func (p *pages) closedOn(m mandate.Mandate) calendar.Date {
	switch {
	case !m.ClosedAt.IsZero():
		return calendar.Today(m.ClosedAt, p.shell.Zone)
	case !m.ConfirmedAt.IsZero():
		return m.Until
	}
	return calendar.Today(m.AnswerBy, p.shell.Zone)
}
