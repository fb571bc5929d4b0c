package store_test

import (
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func TestHoldsTellWhatIsBeingPaidUntilTheLibraryIsTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, cleo := threePeople(t, s)
		p := open(t, s, pays(anna, "", fee(bram, "8"), fee(cleo, "9")))
		holds := func(of ...card.ID) int {
			held, err := s.Holds(ctx, of)
			must(t, err)
			return len(held)
		}
		mustBe(t, "of all", holds(anna.ID, bram.ID, cleo.ID), 2)
		mustBe(t, "of one", holds(bram.ID), 1)
		mustBe(t, "of none", holds(), 0)
		mustBe(t, "paid", step(t, s, p, payment.Open, payment.Paid), true)
		held, err := s.Holds(ctx, []card.ID{bram.ID})
		must(t, err)
		if len(held) != 1 || held[0].State != payment.Paid || held[0].Payer != anna {
			t.Errorf("held: %+v", held)
		}
		must(t, s.MarkTold(ctx, p.ID, bram.ID, noon))
		must(t, s.MarkTold(ctx, p.ID, bram.ID, noon.Add(time.Hour)))
		mustBe(t, "of one when told", holds(bram.ID), 0)
		mustBe(t, "of the other", holds(cleo.ID), 1)
		read, err := s.Payment(ctx, p.ID)
		must(t, err)
		if !read.Lines[0].Told || read.Lines[1].Told {
			t.Errorf("lines: %+v", read.Lines)
		}
		// Told or not, it is paid.
		_, taken, err := s.OpenPayment(ctx, pays(bram, "", fee(bram, "8")), payment.Booking{})
		must(t, err)
		mustBe(t, "holds on a paid fee", len(taken), 1)
		many := make([]card.ID, 1200)
		for i := range many {
			many[i] = card.ID(i + 1)
		}
		mustBe(t, "of very many cards", holds(many...), 1)
	})
}

func TestPaymentsAreListed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, _ := threePeople(t, s)
		first := pays(anna, "", fee(anna, "1"), fee(anna, "2"))
		first.ExpiresAt = noon.Add(-time.Millisecond)
		first = open(t, s, first)
		second := pays(anna, "", fee(anna, "3"))
		second.ExpiresAt = noon.Add(-time.Hour)
		second = open(t, s, second)
		open(t, s, pays(bram, "", fee(bram, "4")))
		desk := pays(anna, "", fee(bram, "5"))
		desk.Means, desk.Staff, desk.State, desk.StartedAt = payment.PIN, "Bas", payment.Paid, noon.Add(time.Hour)
		desk = open(t, s, desk)

		past, err := s.PaymentsOf(ctx, anna.ID, 2)
		must(t, err)
		same(t, "of a payer, newest first", past, []payment.Payment{desk, second})
		late, err := s.Waiting(ctx, noon, noon, 10)
		must(t, err)
		same(t, "waiting, the first to expire first", late, []payment.Payment{second, first})
		late, err = s.Waiting(ctx, noon, noon, 1)
		must(t, err)
		same(t, "with a limit", late, []payment.Payment{second})
		late, err = s.Waiting(ctx, noon, noon.Add(time.Millisecond), 10)
		must(t, err)
		mustBe(t, "waiting for a while, expired or not", len(late), 3)
		byId, err := s.Online(ctx, "testbank", noon, noon.Add(time.Hour), second.ID, 10)
		must(t, err)
		same(t, "online, after the second", ids(byId), []payment.ID{second.ID + 1})
		past, err = s.PaymentsOf(ctx, bram.ID, 10)
		must(t, err)
		same(t, "of a card, also by another who paid", ids(past), []payment.ID{desk.ID, second.ID + 1})
		taken, err := s.Taken(ctx, "Bas", noon.Add(time.Hour), noon.Add(2*time.Hour))
		must(t, err)
		same(t, "taken at the desk", taken, []payment.Payment{desk})
		for _, none := range []struct {
			staff    string
			from, to time.Time
		}{{"Bas", noon, noon.Add(time.Hour)}, {"Zoë", noon, noon.Add(2 * time.Hour)}, {"", noon, noon.Add(2 * time.Hour)}} {
			taken, err = s.Taken(ctx, none.staff, none.from, none.to)
			must(t, err)
			same(t, "taken by another or at another time", taken, nil)
		}
	})
}

func ids(of []payment.Payment) (all []payment.ID) {
	for _, p := range of {
		all = append(all, p.ID)
	}
	return all
}

func TestAProvidersKeyIsOfOnePayment(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		a, b := open(t, s, pays(anna, "", fee(anna, "1"))), open(t, s, pays(bram, "", fee(bram, "1")))
		must(t, s.AttachCheckout(t.Context(), a.ID, "tb_1", ""))
		must(t, s.AttachCheckout(t.Context(), a.ID, "tb_1", "https://bank.example"))
		err := s.AttachCheckout(t.Context(), b.ID, "tb_1", "")
		if err == nil || problem.Of(err) != nil {
			t.Errorf("two payments have one key: %v", err)
		}
	})
}

func TestARefusedLineIsBookedOnceAndItsFeeIsFree(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, cleo := threePeople(t, s)
		p := open(t, s, pays(anna, "", fee(bram, "8"), fee(bram, "9"), fee(cleo, "8")))
		mustBe(t, "paid", step(t, s, p, payment.Open, payment.Paid), true)
		p = reread(t, s, p)
		owed := payment.Booking{Postings: []ledger.Posting{posted(t, "refunds/1", "fees/2", 150)}, Unused: []int{0}}
		refuse := func(b payment.Booking) (bool, error) { return s.Move(ctx, p, payment.Paid, noon, b) }
		lines := func() (is string) {
			read, err := s.Payment(ctx, p.ID)
			must(t, err)
			mustBe(t, "state", read.State, payment.Paid)
			for _, l := range read.Lines {
				is += map[[2]bool]string{{true, true}: "refused ", {true, false}: "told ", {false, false}: "left "}[[2]bool{l.Told, l.Refused}]
			}
			return is
		}
		bad := payment.Booking{Postings: []ledger.Posting{{From: "a", To: "a", Amount: 1, At: noon}}, Unused: []int{0}}
		if _, err := refuse(bad); err == nil {
			t.Fatal("an impossible posting was written")
		}
		mustBe(t, "undone", lines(), "left left left ")
		mustBe(t, "refusals", count(t, 8, func(int) (bool, error) { return refuse(owed) }), 1)
		mustBe(t, "lines", lines(), "refused left left ")
		must(t, s.MarkTold(ctx, p.ID, bram.ID, noon))
		mustBe(t, "lines when told of the rest", lines(), "refused told left ")
		mustBe(t, "postings", rows(t, s, "postings"), 1)
		want := owed.Postings[0]
		want.Payment = int64(p.ID)
		same(t, "postings", postings(t, s), []ledger.Posting{want})
		open(t, s, pays(bram, "", fee(bram, "8"))) // or it fails here
		_, held, err := s.OpenPayment(ctx, pays(bram, "", fee(bram, "9")), payment.Booking{})
		must(t, err)
		mustBe(t, "holds on the other", len(held), 1)
	})
}
