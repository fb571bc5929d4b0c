package store_test

import (
	"database/sql"
	"encoding/json"
	"testing"

	"github.com/riverqueue/river"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func TestTheJobOfAPaidPaymentNamesIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		anna, _, _ := threePeople(t, s)
		open(t, s, pays(anna, "", fee(anna, "1")))
		p := open(t, s, pays(anna, "", fee(anna, "2")))
		mustBe(t, "paid", step(t, s, p, payment.Open, payment.Paid), true)
		c, err := river.NewClient[*sql.Tx](s.JobDriver(), &river.Config{})
		must(t, err)
		found, err := c.JobList(t.Context(), river.NewJobListParams())
		must(t, err)
		mustBe(t, "jobs", len(found.Jobs), 1)
		var args payment.DeliveryJob
		must(t, json.Unmarshal(found.Jobs[0].EncodedArgs, &args))
		mustBe(t, "payment", args.Payment, p.ID)
		mustBe(t, "kind", found.Jobs[0].Kind, args.Kind())
	})
}
