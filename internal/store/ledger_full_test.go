package store_test

import (
	"fmt"
	"testing"
	"time"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// The disk is full at each page that a booking needs, in turn: it is kept whole,
// or not at all, and in the end it is.
func TestADiskThatIsFullAtAnyPageKeepsABookingWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	ctx := t.Context()
	anna, bram, _ := threePeople(t, s)
	p := open(t, s, pays(anna, "", fee(bram, "8")))
	before := posting(7)
	must(t, s.Post(ctx, before))
	b := payment.Booking{
		Received: p.Total, Series: payment.Series{Branch: "Centrum", Year: 2026}, Deliver: true,
		Letters: []payment.LetterJob{{Letter: payment.LetterPaid, To: anna.ID}},
	}
	const parts = 300 // enough to fill some pages
	for i := range parts {
		b.Postings = append(b.Postings, ledger.Posting{
			From: ledger.Fees(int64(bram.ID)), To: ledger.Till("Centrum", fmt.Sprint(i), "cash"), Amount: money.Cents(1 + i), Why: ledger.Paid, At: noon,
		})
	}
	must(t, s.Run(ctx, `VACUUM`)) // no page is free but those of the disk
	pages, err := s.Count(ctx, `SELECT page_count FROM pragma_page_count()`)
	must(t, err)
	failed := 0
	for room := 0; ; room++ {
		must(t, s.Run(ctx, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+room)))
		moved, err := s.Move(ctx, p, payment.Paid, noon.Add(time.Minute), b)
		now, readErr := s.Payment(ctx, p.ID)
		must(t, readErr)
		if f := verified(t, s); f != nil {
			t.Fatalf("with room for %d pages: %v", room, f)
		}
		if err == nil {
			mustBe(t, "moved", moved, true)
			mustBe(t, "state", now.State, payment.Paid)
			mustBe(t, "receipt", now.Receipt.No, 1)
			mustBe(t, "postings", rows(t, s, "postings"), 1+parts)
			mustBe(t, "jobs", rows(t, s, "river_job"), 2)
			break
		}
		failed++
		mustBeUnavailable(t, err, store.ReasonFull)
		mustBe(t, "state", now.State, payment.Open)
		mustBe(t, "received", now.Received, 0)
		mustBe(t, "postings", rows(t, s, "postings"), 1)
		mustBe(t, "receipts", rows(t, s, "receipts"), 0)
		mustBe(t, "jobs", rows(t, s, "river_job"), 0)
	}
	if failed < 3 {
		t.Errorf("the disk was full only %d times", failed)
	}
	t.Logf("the disk was full at %d pages in turn", failed)
}
