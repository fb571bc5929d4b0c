package mandate_test

import (
	"testing"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

func TestTheDeskLinksTwoWhoStandThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, willem := w.family(t)
	link := mandate.Link{
		Staff: "Bea", Grantor: sem.Holder, Grantee: marieke.Holder,
		Scopes: []mandate.Scope{mandate.Pay, mandate.Renew, mandate.Pay}, Months: 12,
	}
	must(t, w.Link(t.Context(), link))
	mustBe(t, "renew", w.may(t, marieke, sem, mandate.Renew), true)
	mustBe(t, "pay", w.may(t, marieke, sem, mandate.Pay), true)
	mustBe(t, "the other way round", w.may(t, sem, marieke, mandate.Pay), false)
	mustBe(t, "somebody else", w.may(t, willem, sem, mandate.Pay), false)
	for _, reader := range []card.Holder{marieke.Holder, sem.Holder} {
		entries, err := w.Log(t.Context(), reader, 0, 10)
		must(t, err)
		mustBe(t, "entries", len(entries), 4)
		for i, want := range []mandate.Act{mandate.Confirm, mandate.Request, mandate.Confirm, mandate.Request} {
			mustBe(t, "deed", entries[i].Deed, mandate.Deed(want))
			mustBe(t, "staff", entries[i].Staff, "Bea")
			who := marieke.Holder
			if want == mandate.Confirm {
				who = sem.Holder
			}
			mustBe(t, "who", entries[i].Actor, who)
		}
	}
	wantProblem(t, w.Link(t.Context(), link), problem.Refused, mandate.ReasonExists)
	link.Grantor = marieke.Holder
	wantProblem(t, w.Link(t.Context(), link), problem.Invalid, mandate.ReasonOwnCard)
	link.Grantor, link.Scopes = willem.Holder, nil
	wantProblem(t, w.Link(t.Context(), link), problem.Invalid, mandate.ReasonNoScope)
	link.Scopes, link.Months = []mandate.Scope{mandate.Pay}, 5
	wantProblem(t, w.Link(t.Context(), link), problem.Invalid, mandate.ReasonUnknownChoice)
	mustBe(t, "after bad forms", w.may(t, marieke, willem, mandate.Pay), false)
}

func TestTheDeskAnswersAnOpenRequestByLinking(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, _ := w.family(t)
	a := asking(marieke, sem, mandate.Renew)
	a.Born = day(t, "1900-01-01") // typed wrong
	m := w.apply(t, a)
	must(t, w.Link(t.Context(), mandate.Link{
		Staff: "Bea", Grantor: sem.Holder, Grantee: marieke.Holder, Scopes: []mandate.Scope{mandate.Renew},
	}))
	linked, err := w.store.Mandate(t.Context(), m.ID)
	must(t, err)
	mustBe(t, "the same row", linked.State, mandate.Active)
}

func TestAClosedCardsMandatesCountForNothingAtOnceAndThenEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, willem := w.family(t)
	active := w.active(t, marieke, sem, mandate.Renew, 0)
	asked := w.apply(t, asking(sem, willem, mandate.Pay)) // by the one who will be closed
	w.active(t, marieke, willem, mandate.Pay, 0)
	w.shut(t, sem, true)
	mustBe(t, "permit", w.may(t, marieke, sem, mandate.Renew), false)
	if _, err := w.Take(t.Context(), by(willem), asked.ID, mandate.Confirm); err == nil {
		t.Error("a mandate for a closed card became active")
	}
	for _, want := range []int{2, 0} {
		n, err := w.CloseGone(t.Context())
		must(t, err)
		mustBe(t, "closed", n, want)
	}
	for id, want := range map[mandate.ID]mandate.State{active.ID: mandate.Ended, asked.ID: mandate.Expired} {
		m, err := w.store.Mandate(t.Context(), id)
		must(t, err)
		mustBe(t, "state", m.State, want)
	}
	entries, err := w.Log(t.Context(), marieke.Holder, 0, 10)
	must(t, err)
	mustBe(t, "deed", entries[0].Deed, mandate.Deed(mandate.Close))
	mustBe(t, "by nobody we know", entries[0].Actor, card.Holder{})
	mustBe(t, "another's mandate", w.may(t, marieke, willem, mandate.Pay), true)
	// A card that comes back has no mandates; they are asked anew.
	w.shut(t, sem, false)
	mustBe(t, "permit after coming back", w.may(t, marieke, sem, mandate.Renew), false)
	w.active(t, marieke, sem, mandate.Renew, 0)
}

func TestDeedsOnBehalfAreInBothLogs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, willem := w.family(t)
	w.active(t, marieke, sem, mandate.Pay, 0)
	permit, err := w.PermitFor(t.Context(), by(marieke), sem.ID)
	must(t, err)
	must(t, w.Note(t.Context(), permit, mandate.Entry{Deed: mandate.Paid, Scope: mandate.Pay, Count: 2, Amount: 300}))
	// What somebody does alone with their own card is nobody's business.
	must(t, w.Note(t.Context(), mandate.Own(by(sem)), mandate.Entry{Deed: mandate.Renewed, Count: 1}))
	for _, reader := range []person{marieke, sem} {
		entries, err := w.Log(t.Context(), reader.Holder, 0, 1)
		must(t, err)
		e := entries[0]
		if e.Deed != mandate.Paid || e.Actor != marieke.Holder || e.Card != sem.Holder || e.Amount != money.Cents(300) || e.Count != 2 ||
			!e.At.Equal(w.at) {
			t.Errorf("%s reads %+v", reader.Name, e)
		}
	}
	entries, err := w.Log(t.Context(), willem.Holder, 0, 10)
	must(t, err)
	mustBe(t, "a stranger reads", len(entries), 0)
	// At the desk it is written for the holder too.
	atDesk := mandate.Own(mandate.Actor{Holder: willem.Holder, Staff: "Bea"})
	must(t, w.Note(t.Context(), atDesk, mandate.Entry{Deed: mandate.Paid, Scope: mandate.Pay, Count: 1, Amount: 75}))
	entries, err = w.Log(t.Context(), willem.Holder, 0, 10)
	must(t, err)
	mustBe(t, "what the desk did", len(entries), 1)
	mustBe(t, "who", entries[0].Staff, "Bea")
}

func TestTheLogIsReadInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marieke, sem, _ := w.family(t)
	for range 5 {
		m := w.active(t, marieke, sem, mandate.Renew, 0)
		_, err := w.Take(t.Context(), by(sem), m.ID, mandate.End)
		must(t, err)
	}
	var seen []int64
	before := int64(0)
	for {
		page, err := w.Log(t.Context(), sem.Holder, before, 4)
		must(t, err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			if len(seen) > 0 && e.ID >= seen[len(seen)-1] {
				t.Fatalf("entry %d after %d", e.ID, seen[len(seen)-1])
			}
			seen = append(seen, e.ID)
		}
		before = seen[len(seen)-1]
	}
	mustBe(t, "entries", len(seen), 15)
}
