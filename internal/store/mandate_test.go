package store_test

import (
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// asks is a request by the grantee for a scope on the grantor's card.
func asks(grantee, grantor card.Holder, scope mandate.Scope, typed card.Number) mandate.Mandate {
	return mandate.Mandate{
		Scope: scope, Starter: mandate.Grantee, Grantee: grantee, Grantor: grantor, Typed: typed, State: mandate.Requested,
		RequestedAt: noon, AnswerBy: noon.Add(mandate.AnswerWithin),
	}
}

func logged(m mandate.Mandate, deed mandate.Deed, actor card.Holder) mandate.Entry {
	return mandate.Entry{
		At: noon, Deed: deed, Actor: actor, Scope: m.Scope, Card: m.Grantor, Other: m.Grantee, Typed: m.Typed,
		Starter: m.Starter, Confirmed: !m.ConfirmedAt.IsZero(),
	}
}

func request(t testing.TB, s *store.Store, m mandate.Mandate) mandate.Mandate {
	t.Helper()
	kept, err := s.AddRequest(t.Context(), m, logged(m, mandate.Deed(mandate.Request), m.Grantee))
	must(t, err)
	return kept
}

// active makes an active mandate for the grantee on the grantor's card.
func active(t testing.TB, s *store.Store, grantee, grantor card.Holder, scope mandate.Scope, until calendar.Date) mandate.Mandate {
	t.Helper()
	m := asks(grantee, grantor, scope, grantor.Number)
	m.Until = until
	m = request(t, s, m)
	m.State, m.ConfirmedAt = mandate.Active, noon
	saved, err := s.SaveStep(t.Context(), m, mandate.Requested, logged(m, mandate.Deed(mandate.Confirm), grantor))
	must(t, err)
	mustBe(t, "saved", saved, true)
	return m
}

func date(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseISO(text)
	must(t, err)
	return d
}

func TestARequestIsKeptAsItWasMade(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		m := asks(anna, bram, mandate.Renew, bram.Number)
		m.Until = date(t, "2027-05-31")
		kept := request(t, s, m)
		m.ID = kept.ID
		mustBe(t, "answer", kept, m)
		read, err := s.Mandate(t.Context(), m.ID)
		must(t, err)
		mustBe(t, "row", read, m)
		entries, err := s.Entries(t.Context(), bram.ID, 0, 10)
		must(t, err)
		if len(entries) != 1 || entries[0].Mandate != m.ID || entries[0].Card != bram || entries[0].Other != anna {
			t.Errorf("the log: %+v", entries)
		}
	})
}

func TestARequestThatMatchedNobodyIsOnTheStartersListOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		m := request(t, s, asks(anna, card.Holder{}, mandate.Pay, bram.Number))
		if !m.Grantor.IsZero() || m.Grantee != anna || m.Typed != bram.Number {
			t.Errorf("kept %+v", m)
		}
		for id, want := range map[card.ID]int{anna.ID: 1, bram.ID: 0} {
			all, err := s.MandatesOf(t.Context(), id)
			must(t, err)
			mustBe(t, "mandates", len(all), want)
		}
	})
}

func TestASecondTryRenewsTheOpenRequest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, cleo := threePeople(t, s)
		first := request(t, s, asks(anna, card.Holder{}, mandate.Renew, bram.Number))
		again := asks(anna, bram, mandate.Renew, bram.Number)
		again.RequestedAt, again.AnswerBy = noon.Add(time.Hour), noon.Add(time.Hour+mandate.AnswerWithin)
		again.Until = date(t, "2026-12-24")
		kept := request(t, s, again)
		again.ID = first.ID
		mustBe(t, "the renewed request", kept, again)

		// A third try with a wrong birth date takes nothing away.
		worse := asks(anna, card.Holder{}, mandate.Renew, bram.Number)
		kept = request(t, s, worse)
		mustBe(t, "the other holder", kept.Grantor, bram)
		mustBe(t, "requests", rows(t, s, "mandates"), 1)
		mustBe(t, "entries", rows(t, s, "mandate_log"), 3)

		// Another scope, side, number or starter is another request.
		request(t, s, asks(anna, bram, mandate.Pay, bram.Number))
		request(t, s, asks(anna, cleo, mandate.Renew, cleo.Number))
		request(t, s, asks(cleo, bram, mandate.Renew, bram.Number))
		offer := asks(bram, anna, mandate.Renew, bram.Number)
		offer.Starter = mandate.Grantor
		request(t, s, offer)
		mustBe(t, "requests", rows(t, s, "mandates"), 5)
	})
}

func TestAClosedRequestIsNotRenewed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		m := request(t, s, asks(anna, bram, mandate.Renew, bram.Number))
		m.State, m.ClosedAt = mandate.Declined, noon
		saved, err := s.SaveStep(t.Context(), m, mandate.Requested, logged(m, mandate.Deed(mandate.Decline), bram))
		must(t, err)
		mustBe(t, "saved", saved, true)
		next := request(t, s, asks(anna, bram, mandate.Renew, bram.Number))
		if next.ID == m.ID {
			t.Error("a declined request was opened again")
		}
		read, err := s.Mandate(t.Context(), m.ID)
		must(t, err)
		mustBe(t, "the declined one", read, m)
	})
}

func TestOneFormSentManyTimesAtOnceIsOneRequest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		m := asks(anna, bram, mandate.Renew, bram.Number)
		mustAll(t, atOnce(12, func(int) error {
			_, err := s.AddRequest(t.Context(), m, logged(m, mandate.Deed(mandate.Request), anna))
			return err
		}))
		mustBe(t, "requests", rows(t, s, "mandates"), 1)
		mustBe(t, "entries", rows(t, s, "mandate_log"), 12)
	})
}

func TestAMandateIsConfirmedOnceHoweverManyClick(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		m := request(t, s, asks(anna, bram, mandate.Renew, bram.Number))
		m.State, m.ConfirmedAt = mandate.Active, noon
		mustBe(t, "saved", count(t, 12, func(int) (bool, error) {
			return s.SaveStep(t.Context(), m, mandate.Requested, logged(m, mandate.Deed(mandate.Confirm), bram))
		}), 1)
		mustBe(t, "entries", rows(t, s, "mandate_log"), 2)
	})
}

// count runs f n times at once and returns how often it was true.
func count(t testing.TB, n int, f func(i int) (bool, error)) int {
	t.Helper()
	yes := make([]bool, n)
	mustAll(t, atOnce(n, func(i int) (err error) {
		yes[i], err = f(i)
		return err
	}))
	sum := 0
	for _, y := range yes {
		if y {
			sum++
		}
	}
	return sum
}

func TestTwoRequestsForOneMandateDoNotBothBecomeActive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		// Anna asked Bram, and Bram offered it to Anna: each confirms the other's.
		asked := request(t, s, asks(anna, bram, mandate.Renew, bram.Number))
		offer := asks(anna, bram, mandate.Renew, anna.Number)
		offer.Starter = mandate.Grantor
		offer = request(t, s, offer)
		both := []mandate.Mandate{asked, offer}
		mustBe(t, "saved", count(t, 2, func(i int) (bool, error) {
			m := both[i]
			m.State, m.ConfirmedAt = mandate.Active, noon
			return s.SaveStep(t.Context(), m, mandate.Requested, logged(m, mandate.Deed(mandate.Confirm), bram))
		}), 1)
		n, err := s.Count(t.Context(), `SELECT count(*) FROM mandates WHERE state = 'active'`)
		must(t, err)
		mustBe(t, "active", n, 1)
		// Ended, its place is free.
		all, err := s.ActiveFor(t.Context(), anna.ID)
		must(t, err)
		ended := all[0]
		ended.State, ended.ClosedAt = mandate.Ended, noon
		saved, err := s.SaveStep(t.Context(), ended, mandate.Active, logged(ended, mandate.Deed(mandate.End), anna))
		must(t, err)
		mustBe(t, "ended", saved, true)
		for _, m := range both {
			if m.ID != ended.ID {
				m.State, m.ConfirmedAt = mandate.Active, noon
				saved, err = s.SaveStep(t.Context(), m, mandate.Requested, logged(m, mandate.Deed(mandate.Confirm), bram))
				must(t, err)
				mustBe(t, "the other one", saved, true)
			}
		}
	})
}

func TestTheDatabaseItselfHoldsOneActiveMandate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		m := active(t, s, anna, bram, mandate.Renew, calendar.Date{})
		request(t, s, asks(anna, bram, mandate.Renew, bram.Number))
		err := s.Run(t.Context(), `UPDATE mandates SET state = 'active' WHERE id <> $1`, int64(m.ID))
		if err == nil {
			t.Error("a second active mandate was written")
		}
	})
}

func TestActiveMandatesComeByNameWithoutClosedCards(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, cleo := threePeople(t, s)
		odile := know(t, s, "20000004", "Ödile Bos")
		zoe := know(t, s, "20000005", "zoë Bos")
		for _, h := range []card.Holder{zoe, odile, cleo, bram} {
			active(t, s, anna, h, mandate.Renew, calendar.Date{})
			active(t, s, anna, h, mandate.Pay, calendar.Date{})
		}
		active(t, s, bram, anna, mandate.Pay, calendar.Date{}) // the other way round
		names := func() string {
			all, err := s.ActiveFor(t.Context(), anna.ID)
			must(t, err)
			out := ""
			for _, m := range all {
				mustBe(t, "grantee", m.Grantee, anna)
				out += m.Grantor.Name + " " + string(m.Scope) + ", "
			}
			return out
		}
		mustBe(t, "active", names(), "Bram de Wit renew, Bram de Wit pay, Cléo Őz renew, Cléo Őz pay, "+
			"Ödile Bos renew, Ödile Bos pay, zoë Bos renew, zoë Bos pay, ")
		shut(t, s, cleo)
		mustBe(t, "without Cléo", strings.Contains(names(), "Cléo"), false)
		shut(t, s, anna)
		mustBe(t, "without Anna's own card", names(), "")
		mustBe(t, "mandates that are to be ended", len(ofClosed(t, s)), 9)
	})
}

func ofClosed(t testing.TB, s *store.Store) []mandate.Mandate {
	t.Helper()
	all, err := s.OfClosedCards(t.Context(), 100)
	must(t, err)
	return all
}

func TestClosedCardsMandatesAreFoundUntilTheyHaveEnded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, cleo := threePeople(t, s)
		m := active(t, s, anna, bram, mandate.Renew, calendar.Date{})
		open := request(t, s, asks(cleo, bram, mandate.Pay, bram.Number))
		active(t, s, anna, cleo, mandate.Renew, calendar.Date{})
		mustBe(t, "none", len(ofClosed(t, s)), 0)
		byBram := request(t, s, asks(bram, cleo, mandate.Pay, cleo.Number))
		shut(t, s, bram)
		found := ofClosed(t, s) // but not what Cleo asked of Bram: she would learn that it had matched
		if len(found) != 2 || found[0] != m || found[1] != byBram {
			t.Errorf("found %+v", found)
		}
		one, err := s.OfClosedCards(t.Context(), 1)
		must(t, err)
		mustBe(t, "with a limit", len(one), 1)
		m.State, m.ClosedAt = mandate.Ended, noon
		saved, err := s.SaveStep(t.Context(), m, mandate.Active, logged(m, "close", card.Holder{}))
		must(t, err)
		mustBe(t, "saved", saved, true)
		mustBe(t, "left", len(ofClosed(t, s)), 1)
		// Nothing becomes active with a closed card.
		open.State, open.ConfirmedAt = mandate.Active, noon
		saved, err = s.SaveStep(t.Context(), open, mandate.Requested, logged(open, mandate.Deed(mandate.Confirm), bram))
		must(t, err)
		mustBe(t, "confirmed", saved, false)
	})
}

func TestLapsedMandatesAreFoundOldestFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, cleo := threePeople(t, s)
		late := asks(anna, bram, mandate.Renew, bram.Number)
		late.AnswerBy = noon.Add(-time.Millisecond)
		late = request(t, s, late)
		later := asks(anna, cleo, mandate.Renew, cleo.Number)
		later.AnswerBy = noon.Add(-time.Hour)
		later = request(t, s, later)
		now := asks(bram, cleo, mandate.Renew, cleo.Number)
		now.AnswerBy = noon
		request(t, s, now)
		ended := active(t, s, cleo, anna, mandate.Pay, date(t, "2026-11-23"))
		active(t, s, cleo, bram, mandate.Pay, date(t, "2026-11-24"))
		active(t, s, bram, anna, mandate.Pay, calendar.Date{})
		for limit, want := range map[int][]mandate.ID{10: {later.ID, late.ID, ended.ID}, 2: {later.ID, late.ID}, 1: {later.ID}} {
			all, err := s.Lapsed(t.Context(), noon, "2026-11-24", limit)
			must(t, err)
			mustBe(t, "lapsed", len(all), len(want))
			for i := range min(len(all), len(want)) {
				mustBe(t, "lapsed", all[i].ID, want[i])
			}
		}
	})
}

func TestAMandateThatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, err := s.Mandate(t.Context(), 17)
		mustBe(t, "kind", problem.KindOf(err), problem.NotFound)
		mustBe(t, "reason", problem.Has(err, mandate.ReasonNotFound), true)
	})
}

func TestTheLogIsReadByAllWhoAreInItPageByPage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, cleo := threePeople(t, s)
		for i := range 25 {
			e := mandate.Entry{
				At: noon.Add(time.Duration(i) * time.Minute), Deed: mandate.Paid, Actor: anna, Card: bram, Other: anna,
				Scope: mandate.Pay, Confirmed: true, Count: i, Amount: 520, Staff: "Bas",
			}
			must(t, s.AddEntry(ctx, e))
			must(t, s.AddEntry(ctx, mandate.Entry{At: noon, Deed: mandate.Renewed, Actor: cleo, Card: cleo, Other: cleo}))
		}
		for _, h := range []card.Holder{anna, bram} {
			var before int64
			next := 24
			for _, size := range []int{10, 10, 5, 0} {
				page, err := s.Entries(ctx, h.ID, before, 10)
				must(t, err)
				mustBe(t, "entries on the page", len(page), size)
				for _, e := range page {
					want := mandate.Entry{
						ID: e.ID, At: noon.Add(time.Duration(next) * time.Minute), Deed: mandate.Paid, Actor: anna, Card: bram,
						Other: anna, Scope: mandate.Pay, Confirmed: true, Count: next, Amount: 520, Staff: "Bas",
					}
					mustBe(t, "entry", e, want)
					before = e.ID
					next--
				}
			}
		}
		none, err := s.Entries(ctx, 999, 0, 10)
		must(t, err)
		mustBe(t, "a stranger's entries", len(none), 0)
	})
}

func TestAnEntryThatCannotBeWrittenUndoesItsStep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		m := request(t, s, asks(anna, bram, mandate.Renew, bram.Number))
		next := m
		next.State, next.ConfirmedAt = mandate.Active, noon
		bad := logged(next, mandate.Deed(mandate.Confirm), card.Holder{ID: 999}) // no such card
		if _, err := s.SaveStep(t.Context(), next, mandate.Requested, bad); err == nil {
			t.Fatal("an entry by nobody was written")
		}
		read, err := s.Mandate(t.Context(), m.ID)
		must(t, err)
		mustBe(t, "the mandate", read, m)
		if _, err := s.AddRequest(t.Context(), asks(bram, anna, mandate.Pay, anna.Number), bad); err == nil {
			t.Fatal("an entry by nobody was written")
		}
		mustBe(t, "mandates", rows(t, s, "mandates"), 1)
	})
}
