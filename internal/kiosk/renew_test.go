package kiosk_test

import (
	"slices"
	"testing"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/sip2"
)

func (m *machine) renewAll(p sip2.Patron, date string) sip2.RenewAllReply {
	m.t.Helper()
	a, err := sip2.ReadRenewAllReply(m.ask(sip2.RenewAllRequest{Patron: p, Date: date}.Message()))
	must(m.t, err)
	return a
}

func TestAnItemIsRenewedOnWhicheverCardItIs(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	if a := m.renew(with(marieke, own), "3001", ""); !a.OK || !a.RenewalOK || a.Due != "20261216    235900" || a.Title != "De aanslag" || a.Item != "3001" {
		t.Errorf("the own: %+v", a)
	}
	if a := m.renew(with(marieke, own), "3003", ""); !a.OK || a.Title != "Spel" {
		t.Errorf("Sem's: %+v", a)
	}
	for item, says := range map[string]string{
		"3002": "Een andere lener wacht hierop.", "3005": "Dit staat niet meer op deze pas.", "": "Dit staat niet meer op deze pas.",
	} {
		if a := m.renew(with(marieke, own), item, ""); a.OK || a.RenewalOK || !told(a.Screen, says) {
			t.Errorf("%q: %+v", item, a)
		}
	}
	w.end(noor, mandate.Renew)
	if a := m.renew(with(marieke, own), "3004", ""); a.OK || a.Title != "" || !told(a.Screen, "Dit staat niet meer op deze pas.") {
		t.Errorf("Noor's, without a mandate: %+v", a)
	}
}

func TestAllIsRenewedAndToldItemByItem(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	a := m.renewAll(with(marieke, own), "")
	if !a.OK || a.Renewed != 3 || a.Unrenewed != 1 || !slices.Equal(a.UnrenewedItems, []string{"3002"}) {
		t.Errorf("got %+v", a)
	}
	if !slices.Equal(sorted(a.RenewedItems), []string{"3001", "3003", "3004"}) || !told(a.Screen, "Het huis: Een andere lener wacht hierop.") {
		t.Errorf("got %+v", a)
	}
	w.end(noor, mandate.Renew)
	w.library.leave(func(n card.Number) bool { return n.Text() == sem })
	a = m.renewAll(with(marieke, own), "20261125    120500")
	if !a.OK || a.Renewed != 0 || a.Unrenewed != 2 || !told(a.Screen, "Wat Sem heeft geleend, kunnen we nu niet zien.") {
		t.Errorf("with a card out of reach: %+v", a)
	}
	if a := m.renewAll(with(marieke, "fout"), ""); a.OK || !told(a.Screen, "Het pasnummer of het wachtwoord klopt niet.") {
		t.Errorf("got %+v", a)
	}
}

func TestARenewalThatIsSentAgainIsDoneOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	const date = "20261125    120000"
	first := w.enter().renew(with(marieke, own), "3001", date)
	again := w.enter().renew(with(marieke, own), "3001", date)
	if !first.OK || !again.OK || again.Due != first.Due {
		t.Errorf("got %+v, then %+v", first, again)
	}
	if a := w.enter().renew(with(marieke, own), "3001", "20261125    120100"); a.OK {
		t.Errorf("a minute later it is another: %+v", a)
	}
	all := w.enter().renewAll(with(marieke, own), date)
	if again := w.enter().renewAll(with(marieke, own), date); all.Renewed != 2 || again.Renewed != 2 {
		t.Errorf("all: %+v, then %+v", all, again)
	}
}
