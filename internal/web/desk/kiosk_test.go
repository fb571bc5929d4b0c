package desk_test

import (
	"net/http"
	"slices"
	"testing"

	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
)

func TestWhatWasPaidAtAKioskIsSeenAndPaidBackAtTheDesk(t *testing.T) {
	t.Parallel()
	l := open(t, fees)
	b := l.staff("bea")
	b.Get("/balie/vandaag").Wants(http.StatusOK).Lacks("Betaalzuil")
	own := mandate.Own(mandate.Actor{Holder: l.holder(sem)})
	made, err := l.cashier.TakeAtTerminal(t.Context(), payment.Wish{
		Actor: own.Actor(), Choices: []payment.Choice{{Permit: own, Fees: feeIDs("s1", "s2"), Part: 600}}, Expected: 850,
		Till: payment.Till{Branch: "Centrum", Desk: "Zuil 1"},
	})
	must(t, err)
	b.Get(l.at(sem)).Wants(http.StatusOK, "Een deel is betaald en wordt verwerkt. Dit is de rest.", "€ 4,00", "Betaalzuil (Zuil 1)")
	must(t, l.cashier.Deliver(t.Context(), made.ID))
	b.Get(l.at(sem)).Wants(http.StatusOK, "Aangevinkt: 1 bedrag € 4,00")
	for lang, want := range map[string][]string{
		"nl": {"Betaalzuilen vandaag", "Centrum, Zuil 1 1 € 8,50", "Je hebt vandaag nog niets ontvangen."},
		"en": {"Kiosks today", "Centrum, Zuil 1 1 €8.50"},
	} {
		soundPage(t, b.Get("/balie/taal/"+lang+"?naar=/balie/vandaag").Wants(http.StatusOK, want...), lang)
	}
	b.Get("/balie/taal/nl")
	receipt := b.Get("/balie/bon/1").Wants(http.StatusOK, "Bon Centrum 2026-000001", "Manier Betaalzuil (Zuil 1)", "Vestiging Centrum", "Deel van € 10,00").
		Lacks("Balie Centrum")
	form := receipt.Follow("Terugbetalen").Wants(http.StatusOK, "Contant uit de kas", "Met het pinapparaat").Lacks("via de bank").Form("Nu terugbetalen")
	form.Set("regel", "1").Set("middel", "cash").Set("reden", "was al ingeleverd").Send().Wants(http.StatusOK, "Geef € 6,00 contant terug.", "Deel van € 10,00")
	must(t, l.cashier.Deliver(t.Context(), made.ID))
	b.Get(l.at(sem)).Wants(http.StatusOK, "Aangevinkt: 1 bedrag € 10,00")
	if got := l.owes(sem); !slices.Equal(got, []string{"s2"}) {
		t.Errorf("Sem's fees are %q", got)
	}
}
