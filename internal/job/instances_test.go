package job

import (
	"context"
	"slices"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mail"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func TestEachJobIsDoneByOneOfSeveralPrograms(t *testing.T) {
	t.Parallel()
	const letters, programs = 40, 3
	address := storetest.PostgresAddress(t)
	s := storetest.Open(t, address)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := newBox(nil)
	b.sent = make(chan mail.Message, 2*letters)
	delivered := make(chan payment.ID, letters)
	var made payment.Payment
	for range programs {
		again := storetest.Open(t, address)
		if made.ID == 0 {
			made = paidWith(t, again, "a", func(h card.Holder) payment.Booking {
				return payment.Booking{Letters: slices.Repeat([]payment.LetterJob{{Letter: payment.LetterPaid, To: h.ID}}, letters)}
			})
		}
		o := options(again, till{deliver: func(_ context.Context, id payment.ID) error {
			delivered <- id
			return nil
		}}, &journal{})
		o.Letters = lettersOf(t, addressBook{made: made, emails: map[string]string{made.Payer.Number.Text(): "a@b.test"}}, b)
		runWith(t, o)
	}
	for range letters {
		await(t, b.sent)
	}
	last := paid(t, s, "b")
	if got := await(t, delivered); got != last.ID {
		t.Errorf("delivered %d, not %d", got, last.ID)
	}
	if len(b.sent) != 0 || len(delivered) != 0 {
		t.Errorf("%d letters and %d deliveries too many", len(b.sent), len(delivered))
	}
}

// The database goes away under a runner that goes on, and comes back.
func TestJobsGoOnWhenTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	server := storetest.OwnServer(t)
	s := storetest.Open(t, server.Address(), store.Options{Now: time.Now})
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	delivered := make(chan payment.ID, 10)
	runWith(t, options(s, till{deliver: func(_ context.Context, id payment.ID) error {
		delivered <- id
		return nil
	}}, &journal{}))
	first := paid(t, s, "a")
	if got := await(t, delivered); got != first.ID {
		t.Errorf("delivered %d", got)
	}
	server.Restart()
	server.Stop()
	server.Restart()
	second := paid(t, s, "b")
	for got := await(t, delivered); got != second.ID; got = await(t, delivered) {
		if got != first.ID { // whose end may not have been kept
			t.Fatalf("delivered %d", got)
		}
	}
}
