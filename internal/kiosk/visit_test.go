package kiosk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/account"
	"hoofdpas/internal/kiosk"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/sip2"
)

func TestAParentPaysForThreeCardsAtTheKiosk(t *testing.T) {
	t.Parallel()
	w := open(t)
	hashes := w.hasher.count()
	m := w.enter()
	a := m.info(with(marieke, own), sip2.FineItems)
	want := []string{
		"Marieke: Reservering 0.30", "Marieke: Kaft gescheurd 2.50",
		"Sem: Te laat: Spel 1.20", "Noor: Te laat: Prentenboek 0.80", "Noor: Zakje 0.40",
	}
	slices.Sort(want)
	got := slices.Clone(a.Items)
	if slices.Sort(got); cmp.Diff(want, got) != "" || !strings.HasPrefix(a.Items[0], "Marieke") {
		t.Errorf("fines: %q", a.Items)
	}
	if a.Owed != "5.20" || a.Currency != "EUR" || a.Counts[sip2.FineItems] != 5 || a.ValidPassword != sip2.Yes || a.Name != "Marieke de Vries" {
		t.Errorf("got %+v", a)
	}
	paid := m.pay(sip2.FeePaidRequest{Amount: "5.20", Patron: with(marieke, own), Transaction: "1001"})
	if !paid.Accepted || paid.Transaction != "1001" || !slices.Equal(paid.Screen, []string{"Betaald: EUR 5,20. Bon Centrum 2026-000001."}) {
		t.Errorf("got %+v", paid)
	}
	if diff := cmp.Diff([]string{
		"Bibliotheek Rijn", "Bon Centrum 2026-000001", "25 november 2026, 12:00",
		"Marieke: EUR 2,80", "Sem: EUR 1,20", "Noor: EUR 1,20", "Samen: EUR 5,20",
	}, paid.Print); diff != "" {
		t.Error(diff)
	}
	if a := m.info(with(marieke, own), sip2.FineItems); a.Owed != "0.00" || len(a.Items) != 0 || !told(a.Screen, "Voor EUR 5,20 loopt al") {
		t.Errorf("after paying: %+v", a)
	}
	w.deliver()
	if a := m.info(with(marieke, own), sip2.FineItems); a.Owed != "0.00" || len(a.Screen) != 0 {
		t.Errorf("after the library system was told: %+v", a)
	}
	end, err := sip2.ReadEndSessionReply(m.ask(sip2.EndSessionRequest{Patron: inHand(marieke)}.Message()))
	if err != nil || !end.Ended {
		t.Errorf("35: %+v, %v", end, err)
	}
	all := w.payments()
	if len(all) != 1 || all[0].Means != payment.Kiosk || all[0].Till != (payment.Till{Branch: "Centrum", Desk: "Zuil"}) || all[0].State != payment.Paid {
		t.Errorf("booked: %+v", all)
	}
	if n := w.hasher.count() - hashes; n != 1 {
		t.Errorf("the visit took %d hashes", n)
	}
}

func TestNothingIsAnsweredBeforeTheTerminalLogsIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, request := range []sip2.Message{
		sip2.SCStatusRequest{}.Message(),
		sip2.PatronInformationRequest{List: sip2.NoList, Patron: with(marieke, own)}.Message(),
		sip2.FeePaidRequest{Amount: "5.20", Currency: "EUR", Patron: with(marieke, own)}.Message(),
		sip2.EndSessionRequest{Patron: inHand(marieke)}.Message(),
	} {
		if answer, err := w.dial("", "").Ask(t.Context(), request); err == nil {
			t.Errorf("%s is answered %s", request, answer)
		}
	}
	for _, user := range [][2]string{{"zuil", "Geheim"}, {"zuil", ""}, {"", "geheim"}, {"zui", "geheim"}, {"zuil\x00", "geheim"}} {
		m := w.dial("", "")
		answer, err := m.Ask(t.Context(), sip2.LogInRequest{User: user[0], Password: user[1]}.Message())
		if err == nil && answer.Fixed != "0" {
			t.Errorf("%q was let in", user)
		}
	}
	if len(w.payments()) > 0 {
		t.Error("something was booked")
	}
	w.enter()
}

func TestWhoGuessesAtATerminalsPasswordIsSlowedDown(t *testing.T) {
	t.Parallel()
	w := open(t)
	for range 100 {
		if err := w.dial("zuil", "fout").Begin(t.Context()); !errors.Is(err, sip2.ErrLogIn) {
			t.Fatalf("a wrong password: %v", err)
		}
	}
	if err := w.dial("zuil", "geheim").Begin(t.Context()); !errors.Is(err, sip2.ErrLogIn) {
		t.Errorf("too soon: %v", err)
	}
	w.clock.Pass(2 * time.Second)
	w.enter()
}

func TestATerminalDoesWhatItMayAndSaysSo(t *testing.T) {
	t.Parallel()
	w := open(t, func(o *kiosk.Options) {
		o.Terminals = []kiosk.Terminal{
			{Name: "Kijk", User: "kijk", Password: "geheim", Branch: "Centrum", Read: true, PIN: true},
			{Name: "Betaal", User: "betaal", Password: "geheim", Branch: "Centrum", Read: true, Pay: true, PIN: true},
			{Name: "Verleng", User: "verleng", Password: "geheim", Branch: "Centrum", Renew: true, PIN: true},
		}
	})
	for user, want := range map[string]string{"kijk": "YNNNYYYYYNYNNNNN", "betaal": "YNNNYYYYYYYNNNNN", "verleng": "NNNNYYYNYNNNNNYY"} {
		status, err := w.enter(user).Check(t.Context())
		if err != nil || status.Supported != want || status.Institution != "RIJN" || status.Library != "Bibliotheek Rijn" || !status.Online {
			t.Errorf("%s: %+v, %v", user, status, err)
		}
	}
	no := "Dat kan niet bij deze zuil."
	if a := w.enter("kijk").pay(sip2.FeePaidRequest{Amount: "2.80", Patron: with(marieke, own)}); a.Accepted || !told(a.Screen, no) {
		t.Errorf("37: %+v", a)
	}
	if a := w.enter("betaal").renew(with(marieke, own), "3001", ""); a.OK || !told(a.Screen, no) {
		t.Errorf("29: %+v", a)
	}
	if a := w.enter("verleng").info(with(marieke, own), sip2.FineItems); a.Name != "" || a.Owed != "" || !told(a.Screen, no) {
		t.Errorf("63: %+v", a)
	}
	if len(w.payments()) > 0 {
		t.Error("something was booked")
	}
}

func TestACardIsToldToWhoKnowsItsPassword(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	for name, each := range map[string]struct {
		patron   sip2.Patron
		password sip2.Flag
		says     string
	}{
		"wrong":              {with(marieke, "eigen!wachtwoord1"), sip2.No, "Het pasnummer of het wachtwoord klopt niet."},
		"no such card":       {with("20001000000099", own), sip2.No, "Het pasnummer of het wachtwoord klopt niet."},
		"empty":              {with(marieke, ""), sip2.No, "Typ eerst het wachtwoord"},
		"none":               {inHand(marieke), sip2.Absent, "Typ eerst het wachtwoord"},
		"nobody":             {with("", own), sip2.No, "Deze pas kennen we niet."},
		"a card of signs":    {with("%\x01\x02", own), sip2.No, "Het pasnummer of het wachtwoord klopt niet."},
		"the first password": {with(sem, "Welkom-2014"), sip2.No, "Kies eerst je eigen wachtwoord op https://mijn.example.nl/."},
	} {
		a := m.info(each.patron, sip2.FineItems)
		if a.Name != "" || a.Owed != "" || len(a.Items) > 0 || a.ValidPatron != sip2.Absent || a.ValidPassword != each.password || !told(a.Screen, each.says) {
			t.Errorf("%s: %+v", name, a)
		}
		status, err := sip2.ReadPatronStatusReply(m.ask(sip2.PatronStatusRequest{Patron: each.patron}.Message()))
		if err != nil || status.Name != "" || status.Owed != "" || status.ValidPassword != each.password {
			t.Errorf("%s: 23: %+v, %v", name, status, err)
		}
		if paid := m.pay(sip2.FeePaidRequest{Amount: "0.30", Patron: each.patron}); paid.Accepted || !told(paid.Screen, each.says) {
			t.Errorf("%s: 37: %+v", name, paid)
		}
	}
	if a := m.info(with(marieke, own), sip2.NoList); a.Name == "" || a.ValidPatron != sip2.Yes || a.ValidPassword != sip2.Yes {
		t.Errorf("right: %+v", a)
	}
}

func TestGuessingAtAPINIsSlowedDownPerTerminal(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	for range 5 {
		m.info(with(marieke, "fout"), sip2.NoList)
	}
	if a := m.info(with(marieke, own), sip2.NoList); a.ValidPassword != sip2.No || !told(a.Screen, "Te veel pogingen.") {
		t.Errorf("got %+v", a)
	}
	w.clock.Pass(10 * time.Second)
	if a := m.info(with(marieke, own), sip2.NoList); a.ValidPassword != sip2.Yes {
		t.Errorf("got %+v", a)
	}
}

func TestAPasswordIsRememberedForAVisitAndNoLonger(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.choose(sem, "Welkom-2014")
	m := w.enter()
	known := func() bool { return m.info(inHand(marieke), sip2.NoList).Name != "" }
	begin := func() {
		t.Helper()
		if m.info(with(marieke, own), sip2.NoList).Name == "" || !known() {
			t.Fatal("the visit does not begin")
		}
	}
	for name, ends := range map[string]func(){
		"35":                       func() { m.ask(sip2.EndSessionRequest{Patron: inHand(marieke)}.Message()) },
		"another card":             func() { m.info(with(sem, own), sip2.NoList) },
		"a while":                  func() { w.clock.Pass(2*time.Minute + time.Second) },
		"a clock that is put back": func() { w.clock.Pass(-time.Hour) },
		"a log-in":                 func() { must(t, m.Begin(t.Context())) },
		"a wrong one":              func() { m.info(with(marieke, "fout"), sip2.NoList) },
	} {
		begin()
		if ends(); known() {
			t.Errorf("%s does not end a visit", name)
		}
	}
	begin()
	for range 3 { // somebody who reads slowly
		if w.clock.Pass(90 * time.Second); !known() {
			t.Error("the visit is over while it goes on")
		}
	}
	hashes := w.hasher.count()
	for range 5 {
		m.info(with(marieke, own), sip2.FineItems)
	}
	if w.hasher.count() != hashes {
		t.Error("the password is hashed again and again")
	}
	if other := w.enter(); other.info(inHand(marieke), sip2.NoList).Name != "" {
		t.Error("another terminal takes part in the visit")
	}
}

func TestAChangedPasswordCountsAtOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	m.info(with(marieke, own), sip2.NoList)
	me, err := w.porter.Prove(t.Context(), account.Attempt{Login: marieke, Password: own, Address: "192.0.2.1"})
	must(t, err)
	_, err = w.porter.ChoosePassword(t.Context(), me, account.NewPassword{Current: own, New: "Nieuw!wachtwoord2", Again: "Nieuw!wachtwoord2"})
	must(t, err)
	if a := m.info(with(marieke, own), sip2.NoList); a.Name != "" || a.ValidPassword != sip2.No {
		t.Errorf("the old one: %+v", a)
	}
	if a := m.info(with(marieke, "Nieuw!wachtwoord2"), sip2.NoList); a.Name == "" {
		t.Errorf("the new one: %+v", a)
	}
}

func TestACardInHandOpensItselfAndNoOther(t *testing.T) {
	t.Parallel()
	w := open(t, func(o *kiosk.Options) { o.Terminals[0].PIN = false })
	m := w.enter()
	for _, p := range []sip2.Patron{inHand(marieke), with(marieke, "")} {
		a := m.info(p, sip2.FineItems)
		if a.Owed != "2.80" || len(a.Items) != 2 || a.ValidPatron != sip2.Yes || a.ValidPassword != sip2.Absent {
			t.Errorf("in hand: %+v", a)
		}
		if strings.Contains(strings.Join(a.Items, ""), "Marieke") {
			t.Errorf("one card needs no name: %q", a.Items)
		}
	}
	if a := m.renew(inHand(marieke), "3003", ""); a.OK || !told(a.Screen, "Dit staat niet meer op deze pas.") {
		t.Errorf("a child's item: %+v", a)
	}
	if a := m.info(with(marieke, own), sip2.FineItems); a.Owed != "5.20" || a.ValidPassword != sip2.Yes {
		t.Errorf("with its password: %+v", a)
	}
	if a := m.info(with(marieke, "fout"), sip2.FineItems); a.Name != "" || a.ValidPassword != sip2.No {
		t.Errorf("with a wrong one: %+v", a)
	}
	if a := m.info(inHand("20001000000099"), sip2.FineItems); a.ValidPatron != sip2.No || !told(a.Screen, "Deze pas kennen we niet.") {
		t.Errorf("no card: %+v", a)
	}
	if a := m.info(inHand(bo), sip2.NoList); !a.Status[sip2.RenewalDenied] || !told(a.Screen, "Deze pas is geblokkeerd.") || a.Name != "Bo Blok" {
		t.Errorf("a blocked card: %+v", a)
	}
}

func TestATerminalForOwnCardsKnowsNoHousehold(t *testing.T) {
	t.Parallel()
	w := open(t, func(o *kiosk.Options) { o.Terminals[0].Household = false })
	m := w.enter()
	if a := m.info(with(marieke, own), sip2.FineItems); a.Owed != "2.80" || a.Counts[sip2.FineItems] != 2 {
		t.Errorf("got %+v", a)
	}
	if a := m.pay(sip2.FeePaidRequest{Amount: "5.20", Patron: with(marieke, own)}); a.Accepted || !told(a.Screen, "Dit is te veel. Je kunt nu EUR 2,80 betalen.") {
		t.Errorf("got %+v", a)
	}
}

func TestWhoMayOnlyPayReadsNoTitles(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.end(sem, mandate.Renew)
	m := w.enter()
	a := m.info(with(marieke, own), sip2.FineItems)
	if !slices.Contains(a.Items, "Sem: Te laat 1.20") || strings.Contains(strings.Join(a.Items, ""), "Spel") {
		t.Errorf("got %q", a.Items)
	}
	w.end(sem, mandate.Pay)
	if a := m.info(with(marieke, own), sip2.FineItems); a.Owed != "4.00" || strings.Contains(strings.Join(a.Items, ""), "Sem") {
		t.Errorf("without a mandate: %+v", a)
	}
}

func TestListsComeInPages(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	for _, each := range []struct {
		list        sip2.List
		first, last int
		want        []string
	}{
		{sip2.ChargedItems, 0, 0, []string{"3001", "3002"}},
		{sip2.ChargedItems, 2, 9, []string{"3002"}},
		{sip2.ChargedItems, 3, 9, nil},
		{sip2.OverdueItems, 1, 1, []string{"3001"}},
		{sip2.FineItems, 3, 3, []string{"Sem: Te laat: Spel 1.20"}},
		{sip2.HoldItems, 0, 0, nil},
		{sip2.RecallItems, 0, 0, nil},
		{sip2.UnavailableHeld, 0, 0, nil},
	} {
		message := m.ask(sip2.PatronInformationRequest{List: each.list, First: each.first, Last: each.last, Patron: with(marieke, own)}.Message())
		a, err := sip2.ReadPatronInformationReply(message, each.list)
		must(t, err)
		if diff := cmp.Diff(each.want, a.Items); diff != "" {
			t.Errorf("list %d from %d to %d: %s", each.list, each.first, each.last, diff)
		}
		if diff := cmp.Diff([...]int{-1, 1, 2, 5, -1, -1}, a.Counts); diff != "" {
			t.Error(diff)
		}
		if each.list == sip2.FineItems && len(message.All("CG")) != len(a.Items) {
			t.Errorf("each fine has its CG: %q", message.All("CG"))
		}
	}
}

func TestATerminalIsAnsweredInItsLanguage(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	for language, want := range map[string]string{"001": "Noor: Late", "005": "Noor: Te laat", "000": "Noor: Te laat"} {
		w.end(noor, mandate.Renew)
		a, err := sip2.ReadPatronInformationReply(m.ask(sip2.PatronInformationRequest{
			Language: language, List: sip2.FineItems, Patron: with(marieke, own),
		}.Message()), sip2.FineItems)
		must(t, err)
		if a.Language != language || !told(a.Items, want) {
			t.Errorf("%s: %+v", language, a)
		}
		w.link(noor, mandate.Renew)
	}
	m.ask(sip2.PatronStatusRequest{Language: "001", Patron: with(marieke, own)}.Message())
	if a := m.pay(sip2.FeePaidRequest{Amount: "abc", Patron: with(marieke, own)}); !told(a.Screen, "This amount is not right.") {
		t.Errorf("the visit goes on in English: %q", a.Screen)
	}
}

func TestAnItemIsToldWhileItsVisitLasts(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	if a := m.item("3001"); a.Circulation != sip2.ItemOther || a.Title != "" || a.Item != "3001" {
		t.Errorf("not seen: %+v", a)
	}
	m.info(with(marieke, own), sip2.ChargedItems)
	if a := m.item("3001"); a.Circulation != sip2.ItemCharged || a.Title != "De aanslag" || a.Due != "20261118    235900" || a.Queue != 0 {
		t.Errorf("seen: %+v", a)
	}
	if a := m.item("3002"); a.Queue != 1 {
		t.Errorf("reserved: %+v", a)
	}
	if a := w.enter().item("3001"); a.Title != "" {
		t.Errorf("at another terminal: %+v", a)
	}
	m.renew(with(marieke, own), "3003", "")
	if a := m.item("3003"); a.Title != "Spel" {
		t.Errorf("a child's: %+v", a)
	}
	w.end(sem, mandate.Renew)
	if a := m.item("3003"); a.Title != "" {
		t.Errorf("a child's, whose mandate has ended: %+v", a)
	}
	m.ask(sip2.EndSessionRequest{Patron: inHand(marieke)}.Message())
	if a := m.item("3001"); a.Title != "" {
		t.Errorf("after the visit: %+v", a)
	}
}

func TestTheLogSaysWhatWasAskedAndNothingOfWho(t *testing.T) {
	t.Parallel()
	w := open(t)
	m := w.enter()
	m.info(with(marieke, own), sip2.FineItems)
	m.info(with(marieke, "Fout-pin-77"), sip2.FineItems)
	m.renew(with(marieke, own), "3003", "")
	m.pay(sip2.FeePaidRequest{Amount: "5.20", Patron: with(marieke, own), Transaction: "1001"})
	log := w.log.String()
	for _, secret := range []string{marieke, sem, own, "Fout-pin-77", "Marieke", "Vries", "Spel", "aanslag", "geheim", "1001"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log says %q", secret)
		}
	}
	for _, want := range []string{"code=63 terminal=Zuil outcome=ok ms=0 card=***012", "code=63 terminal=Zuil outcome=account.wrong", "code=37 terminal=Zuil outcome=ok"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q:\n%s", want, log)
		}
	}
}
