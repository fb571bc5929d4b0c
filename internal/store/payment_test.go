package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// pays is an open online payment by the payer of a fee of 1.50 for each line.
func pays(payer card.Holder, key string, lines ...payment.Line) payment.Payment {
	p := payment.Payment{
		Payer: payer, Means: payment.Online, Provider: "testbank", Key: key, State: payment.Open, Lines: lines,
		StartedAt: noon, ExpiresAt: noon.Add(payment.OpenFor),
	}
	for _, l := range lines {
		p.Total += l.Amount
	}
	return p
}

func fee(h card.Holder, id circulation.FeeID) payment.Line {
	return payment.Line{Holder: h, Fee: id, Kind: circulation.Overdue, Description: "Te laat", Amount: 150}
}

func open(t testing.TB, s *store.Store, p payment.Payment) payment.Payment {
	t.Helper()
	kept, held, err := s.OpenPayment(t.Context(), p, payment.Booking{})
	must(t, err)
	if len(held) > 0 {
		t.Fatalf("held: %+v", held)
	}
	return kept
}

// step moves the payment, as it is by now, from one state to another.
func step(t testing.TB, s *store.Store, p payment.Payment, from, to payment.State) bool {
	t.Helper()
	p = reread(t, s, p)
	if p.State != from {
		return false
	}
	ok, err := s.Move(t.Context(), p, to, noon.Add(time.Minute), payment.Booking{Deliver: to == payment.Paid})
	must(t, err)
	return ok
}

func reread(t testing.TB, s *store.Store, p payment.Payment) payment.Payment {
	t.Helper()
	p, err := s.Payment(t.Context(), p.ID)
	must(t, err)
	return p
}

// postings is the whole ledger.
func postings(t testing.TB, s *store.Store) (all []ledger.Posting) {
	t.Helper()
	_, err := s.EachPosting(t.Context(), 0, func(r ledger.Row) error {
		all = append(all, r.Posting)
		return nil
	})
	must(t, err)
	return all
}

// same compares whole values; numbers and dates compare themselves.
func same[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.AllowUnexported(card.Number{}), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func posted(t testing.TB, from, to ledger.Account, amount money.Cents) ledger.Posting {
	t.Helper()
	p, err := ledger.Post(ledger.Posting{From: from, To: to, Amount: amount, Why: ledger.Paid, At: noon})
	must(t, err)
	return p
}

func jobs(t testing.TB, s *store.Store) int {
	t.Helper()
	n, err := s.Count(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'payment.deliver'`)
	must(t, err)
	return n
}

func TestAPaymentIsKeptAsItWasOpened(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, cleo := threePeople(t, s)
		p := open(t, s, pays(anna, "form 1", fee(cleo, "9"), fee(bram, "8"), fee(bram, "10")))
		want := pays(anna, "form 1", fee(cleo, "9"), fee(bram, "8"), fee(bram, "10"))
		want.ID = p.ID
		same(t, "answer", p, want)
		read, err := s.Payment(t.Context(), p.ID)
		must(t, err)
		same(t, "row", read, want)
		mustBe(t, "jobs of an open payment", jobs(t, s), 0)

		must(t, s.AttachCheckout(t.Context(), p.ID, "tb_1", "https://bank.example/tb_1"))
		want.Ref, want.Checkout = "tb_1", "https://bank.example/tb_1"
		read, err = s.PaymentByRef(t.Context(), "testbank", "tb_1")
		must(t, err)
		same(t, "by ref", read, want)
		read, ok, err := s.PaymentByKey(t.Context(), "form 1")
		must(t, err)
		mustBe(t, "found by key", ok, true)
		same(t, "by key", read, want)
	})
}

func TestAPaymentThatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, _, _ := threePeople(t, s)
		open(t, s, pays(anna, "", fee(anna, "1"))) // no key and no ref: found by neither
		_, err := s.Payment(ctx, 999)
		mustBe(t, "by id", problem.Has(err, payment.ReasonNotFound), true)
		for _, ref := range []string{"", "tb_1", "tb\x00", "\xff"} {
			_, err = s.PaymentByRef(ctx, "testbank", ref)
			mustBe(t, "by ref", problem.Has(err, payment.ReasonNotFound), true)
		}
		for _, key := range []string{"", "form", "\x00"} {
			_, ok, err := s.PaymentByKey(ctx, key)
			must(t, err)
			mustBe(t, "by key", ok, false)
		}
		if err := s.AttachCheckout(ctx, 999, "tb_1", ""); err == nil {
			t.Error("a page was kept of no payment")
		}
		if ok, err := s.Move(ctx, payment.Payment{ID: 999, State: payment.Open}, payment.Paid, noon, payment.Booking{}); ok || err != nil {
			t.Errorf("no payment was stepped: %v, %v", ok, err)
		}
	})
}

func TestTheSameFormTwiceIsOnePayment(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		const n = 8
		kept := make([]payment.Payment, n)
		mustAll(t, atOnce(n, func(i int) (err error) {
			kept[i], _, err = s.OpenPayment(t.Context(), pays(anna, "form 1", fee(bram, "8")), payment.Booking{
				Postings: []ledger.Posting{posted(t, "fees/1", "till/cash", 150)},
			})
			return err
		}))
		first := 0
		for _, p := range kept {
			mustBe(t, "id", p.ID, kept[0].ID)
			if !p.Again {
				first++
			}
			if len(p.Lines) != 1 {
				t.Errorf("an answer without its line: %+v", p)
			}
		}
		mustBe(t, "answers that made it", first, 1)
		mustBe(t, "payments", rows(t, s, "payments"), 1)
		mustBe(t, "postings", rows(t, s, "postings"), 1)
	})
}

func TestTwoPayersOfOneFeeAtOnceDoNotBothGetIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, cleo := threePeople(t, s)
		wishes := []payment.Payment{
			pays(anna, "a", fee(cleo, "1"), fee(cleo, "2"), fee(anna, "3")),
			pays(bram, "b", fee(bram, "3"), fee(cleo, "2"), fee(cleo, "1")),
		}
		kept, held := make([]payment.Payment, 2), make([][]payment.Hold, 2)
		mustAll(t, atOnce(2, func(i int) (err error) {
			kept[i], held[i], err = s.OpenPayment(t.Context(), wishes[i], payment.Booking{})
			return err
		}))
		won := 0
		if len(held[0]) > 0 {
			won = 1
		}
		mustBe(t, "holds of who won", len(held[won]), 0)
		if kept[won].ID == 0 || kept[1-won].ID != 0 {
			t.Errorf("kept %+v", kept)
		}
		holds := held[1-won]
		mustBe(t, "holds in the way", len(holds), 2)
		for _, h := range holds {
			want := payment.Hold{
				Fee: h.Fee, Card: cleo.ID, Payment: kept[won].ID, Payer: wishes[won].Payer, State: payment.Open,
				Until: noon.Add(payment.OpenFor),
			}
			mustBe(t, "hold", h, want)
		}
		mustBe(t, "payments", rows(t, s, "payments"), 1)
		mustBe(t, "lines", rows(t, s, "payment_fees"), 3)
	})
}

func TestManyPayersOfManyFeesNeverLockUpNorDouble(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, cleo := threePeople(t, s)
		all := []payment.Line{fee(anna, "1"), fee(bram, "1"), fee(cleo, "1"), fee(cleo, "2")}
		mustBe(t, "payments of all fees", count(t, 16, func(i int) (bool, error) {
			lines := append(append([]payment.Line{}, all[i%4:]...), all[:i%4]...)
			_, held, err := s.OpenPayment(t.Context(), pays(anna, "", lines...), payment.Booking{})
			return len(held) == 0, err
		}), 1)
		mustBe(t, "lines", rows(t, s, "payment_fees"), 4)
	})
}

func TestTheDatabaseItselfHoldsAFeeInOnePayment(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		p := open(t, s, pays(anna, "", fee(bram, "8")))
		mustBe(t, "failed", step(t, s, p, payment.Open, payment.Failed), true)
		open(t, s, pays(bram, "", fee(bram, "8")))
		if err := s.Run(t.Context(), `UPDATE payment_fees SET holding = TRUE`); err == nil {
			t.Error("a fee is in two payments")
		}
	})
}

func TestAFeeTwiceInOnePaymentIsAnError(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, _, _ := threePeople(t, s)
		if _, _, err := s.OpenPayment(t.Context(), pays(anna, "", fee(anna, "1"), fee(anna, "1")), payment.Booking{}); err == nil {
			t.Error("it was kept")
		}
		mustBe(t, "payments", rows(t, s, "payments"), 0)
	})
}

func TestAPaymentPaidAtTheDeskIsDeliveredAndBookedAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, _ := threePeople(t, s)
		p := pays(anna, "", fee(bram, "8"))
		p.Means, p.Provider, p.Staff, p.State, p.EndedAt = payment.Cash, "", "Bas", payment.Paid, noon
		kept, _, err := s.OpenPayment(ctx, p, payment.Booking{
			Postings: []ledger.Posting{posted(t, "fees/2", "till/cash", 150)},
			Entries:  []mandate.Entry{{At: noon, Deed: mandate.Paid, Actor: anna, Card: bram, Other: anna, Staff: "Bas", Count: 1, Amount: 150}},
			Received: 150, Deliver: true, Series: payment.Series{Branch: "Centrum", Year: 2026},
		})
		must(t, err)
		read, err := s.Payment(ctx, kept.ID)
		must(t, err)
		p.ID, p.Received, p.Receipt = kept.ID, 150, payment.ReceiptNumber{Branch: "Centrum", Year: 2026, No: 1}
		same(t, "answer", kept, p)
		same(t, "row", read, p)
		mustBe(t, "jobs", jobs(t, s), 1)
		want := posted(t, "fees/2", "till/cash", 150)
		want.Payment = int64(kept.ID)
		same(t, "postings", postings(t, s), []ledger.Posting{want})
		entries, err := s.Entries(ctx, bram.ID, 0, 10)
		must(t, err)
		if len(entries) != 1 || entries[0].Amount != 150 || entries[0].Deed != mandate.Paid {
			t.Errorf("the log: %+v", entries)
		}
	})
}

func TestAPaymentStepsToPaidOnceHoweverOftenItIsTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, _ := threePeople(t, s)
		p := open(t, s, pays(anna, "", fee(bram, "8"), fee(anna, "9")))
		b := payment.Booking{
			Postings: []ledger.Posting{posted(t, "fees/2", "provider/testbank", 150), posted(t, "fees/1", "provider/testbank", 150)},
			Entries:  []mandate.Entry{{At: noon, Deed: mandate.Paid, Actor: anna, Card: bram, Other: anna}},
			Received: 300, Deliver: true,
		}
		mustBe(t, "steps", count(t, 12, func(int) (bool, error) {
			return s.Move(ctx, p, payment.Paid, noon.Add(time.Minute), b)
		}), 1)
		mustBe(t, "postings", rows(t, s, "postings"), 2)
		mustBe(t, "entries", rows(t, s, "mandate_log"), 1)
		mustBe(t, "jobs", jobs(t, s), 1)
		read, err := s.Payment(ctx, p.ID)
		must(t, err)
		mustBe(t, "state", read.State, payment.Paid)
		mustBe(t, "received", read.Received, 300)
		mustBe(t, "ended", read.EndedAt, noon.Add(time.Minute))
	})
}

func TestWhatEndsUnpaidFreesItsFees(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		for _, end := range []payment.State{payment.Failed, payment.Cancelled, payment.Expired, payment.Owed} {
			p := open(t, s, pays(anna, "", fee(bram, "8")))
			mustBe(t, "stepped", step(t, s, p, payment.Open, end), true)
			mustBe(t, "stepped again", step(t, s, p, payment.Open, end), false)
			held, err := s.Holds(t.Context(), []card.ID{bram.ID})
			must(t, err)
			mustBe(t, "holds", len(held), 0)
		}
		mustBe(t, "jobs", jobs(t, s), 0)
	})
}

func TestPaidLateTakesTheFeesBackOnlyWhenTheyAreFree(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		late := open(t, s, pays(anna, "", fee(bram, "8"), fee(anna, "9")))
		mustBe(t, "expired", step(t, s, late, payment.Open, payment.Expired), true)
		other := open(t, s, pays(bram, "", fee(bram, "8")))
		mustBe(t, "paid while another holds a fee", step(t, s, late, payment.Expired, payment.Paid), false)
		read, err := s.Payment(t.Context(), late.ID)
		must(t, err)
		mustBe(t, "state", read.State, payment.Expired)
		mustBe(t, "jobs", jobs(t, s), 0)
		mustBe(t, "cancelled", step(t, s, other, payment.Open, payment.Cancelled), true)
		mustBe(t, "paid when they are free", step(t, s, late, payment.Expired, payment.Paid), true)
		mustBe(t, "jobs", jobs(t, s), 1)
		_, held, err := s.OpenPayment(t.Context(), pays(bram, "", fee(bram, "8")), payment.Booking{})
		must(t, err)
		if len(held) != 1 || held[0].State != payment.Paid || held[0].Payment != late.ID {
			t.Errorf("held: %+v", held)
		}
	})
}

func TestPaidLateRacesWithANewPayment(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, bram, _ := threePeople(t, s)
		for range 5 {
			late := open(t, s, pays(anna, "", fee(bram, "8")))
			mustBe(t, "expired", step(t, s, late, payment.Open, payment.Expired), true)
			late = reread(t, s, late)
			got := make([]payment.Payment, 1)
			mustBe(t, "who has the fee", count(t, 2, func(i int) (bool, error) {
				if i == 0 {
					return s.Move(t.Context(), late, payment.Paid, noon, payment.Booking{})
				}
				p, held, err := s.OpenPayment(t.Context(), pays(bram, "", fee(bram, "8")), payment.Booking{})
				got[0] = p
				return len(held) == 0, err
			}), 1)
			if got[0].ID == 0 {
				return // paid late won: the fee is paid for good
			}
			mustBe(t, "cancelled", step(t, s, got[0], payment.Open, payment.Cancelled), true)
		}
	})
}

func TestAStepThatIsNotInTheTableIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, _, _ := threePeople(t, s)
		p := open(t, s, pays(anna, "", fee(anna, "1")))
		for _, to := range []payment.State{payment.Refunded, payment.ChargedBack, "gone", ""} {
			if ok, err := s.Move(t.Context(), p, to, noon, payment.Booking{}); ok || err == nil {
				t.Errorf("to %q: %v, %v", to, ok, err)
			}
		}
	})
}

func TestABookingThatCannotBeWrittenUndoesTheStepAndTheJob(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, _, _ := threePeople(t, s)
		p := open(t, s, pays(anna, "", fee(anna, "1")))
		bad := payment.Booking{Postings: []ledger.Posting{
			posted(t, "fees/1", "provider/testbank", 150), {From: "a", To: "a", Amount: 1, At: noon},
		}}
		if _, err := s.Move(ctx, p, payment.Paid, noon, bad); err == nil {
			t.Fatal("an impossible posting was written")
		}
		read, err := s.Payment(ctx, p.ID)
		must(t, err)
		same(t, "row", read, p)
		bad.Postings[1] = ledger.Posting{From: "a", To: "b", Amount: 0, At: noon}
		desk := pays(anna, "", fee(anna, "2"))
		desk.State = payment.Paid
		if _, _, err := s.OpenPayment(ctx, desk, bad); err == nil {
			t.Fatal("an empty posting was written")
		}
		mustBe(t, "payments", rows(t, s, "payments"), 1)
		mustBe(t, "postings", rows(t, s, "postings"), 0)
		mustBe(t, "jobs", jobs(t, s), 0)
	})
}

func TestThatTheLibrarySystemIsBeingToldIsKeptUntilItIsKnownWhatCameOfIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		anna, bram, _ := threePeople(t, s)
		p := open(t, s, pays(anna, "", fee(anna, "1"), fee(bram, "2"), fee(bram, "3")))
		telling := func(what string, want ...bool) {
			t.Helper()
			var got []bool
			for _, l := range reread(t, s, p).Lines {
				got = append(got, l.Telling)
			}
			same(t, what, got, want)
		}
		telling("at first", false, false, false)
		must(t, s.MarkTelling(ctx, p.ID, nil, noon))
		telling("of nothing", false, false, false)
		must(t, s.MarkTelling(ctx, p.ID, []int{0, 2}, noon))
		telling("begun", true, false, true)
		must(t, s.MarkTelling(ctx, p.ID, []int{2}, time.Time{}))
		telling("refused", true, false, false)
		must(t, s.MarkTold(ctx, p.ID, anna.ID, noon))
		must(t, s.MarkTelling(ctx, p.ID, []int{0, 1}, noon))
		telling("told", false, true, false)
	})
}
