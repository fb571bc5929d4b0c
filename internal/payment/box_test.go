package payment_test

import (
	"testing"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

func ownPermit(id card.ID) mandate.Permit {
	return mandate.Own(mandate.Actor{Holder: card.Holder{ID: id}})
}

func TestABoxIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	// A fee's own key may hold full stops.
	want := payment.Box{Card: 7, Amount: 250, Fee: "overdue/a.b/2026-11-24/0"}
	got, err := payment.ReadBox(want.String())
	if err != nil || got != want {
		t.Errorf("read %v, %v, not %v", got, err, want)
	}
	for _, bad := range []string{
		"", ".", "..", "7", "7.250", "7.250.", "0.250.f", "-7.250.f", "7.0.f", "7.-1.f", "x.250.f", "7.2x.f",
		"99999999999999999999.1.f", "7.99999999999999999999.f", "' OR 1=1 --",
	} {
		if _, err := payment.ReadBox(bad); !problem.Has(err, circulation.ReasonFeeNotFound) {
			t.Errorf("%q: %v, not a fee that does not exist", bad, err)
		}
	}
}

func TestBoxesBecomeChoicesByCard(t *testing.T) {
	t.Parallel()
	permits := []mandate.Permit{ownPermit(1), ownPermit(2)}
	choices, total, err := payment.Choose(permits, []string{"1.100.a", "2.250.b", "1.50.c", "1.100.a"})
	if err != nil {
		t.Fatal(err)
	}
	if total != 400 || len(choices) != 2 || len(choices[0].Fees) != 2 || choices[1].Permit.Card().ID != 2 {
		t.Errorf("chose %v of %v", choices, total)
	}
}

func TestABoxOfACardWithoutPermitIsNotFound(t *testing.T) {
	t.Parallel()
	_, _, err := payment.Choose([]mandate.Permit{ownPermit(1)}, []string{"1.100.a", "3.100.z"})
	if !problem.Has(err, circulation.ReasonFeeNotFound) || problem.KindOf(err) != problem.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestWhatCannotBeAddedUpOrChosenIsRefused(t *testing.T) {
	t.Parallel()
	permits := []mandate.Permit{ownPermit(1)}
	if _, _, err := payment.Choose(permits, nil); !problem.Has(err, payment.ReasonNothing) {
		t.Errorf("nothing ticked: %v", err)
	}
	huge := []string{"1.9223372036854775807.a", "1.9223372036854775807.b"}
	if _, _, err := payment.Choose(permits, huge); !problem.Has(err, payment.ReasonTooMuch) {
		t.Errorf("too much: %v", err)
	}
}
