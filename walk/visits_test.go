package walk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"hoofdpas/internal/demo"
	"hoofdpas/internal/money"
	"hoofdpas/walk/terminal"
)

// TestAHouseholdPaysAtAKiosk: a mother who has linked her children's cards and their
// grandfather's pays what all of them owe, at a machine that never heard of linked
// cards (S20).
func TestAHouseholdPaysAtAKiosk(t *testing.T) {
	t.Parallel()
	s := tell(t)
	s.Step("the cards are linked", func() { s.household(s.Visitor(phone)) })
	kiosk, err := terminal.Connect(t.Context(), s.kiosk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kiosk.Close)
	asks := func(code, fixed string, fields ...string) terminal.Answer {
		s.t.Helper()
		a, err := kiosk.Ask(code, fixed, fields...)
		if err != nil {
			s.t.Fatal(err)
		}
		return a
	}
	card := []string{"AO", "RIJNWAARDE", "AA", marieke.number, "AC", "", "AD", theSame}
	now := terminal.Now()
	const dutch = "005"
	const fines = "   Y      "
	var owed money.Cents

	s.Step("the kiosk logs in", func() {
		if a := asks("93", "00", "CN", demo.Terminal.User, "CO", demo.Terminal.Password, "CP", ""); a.Fixed != "1" {
			s.t.Fatal("it is not let in")
		}
		// It says that it takes patron information and fees, and no checkouts.
		if a := asks("99", "00802.00"); !strings.HasPrefix(a.Fixed, "YNNY") || a.Get("BX") != "YNNNYYYYYYYNNNYY" {
			s.t.Errorf("it can do %s %s", a.Fixed, a.Get("BX"))
		}
	})
	s.Step("the mother sees what the cards owe, by first name", func() {
		a := asks("63", dutch+now+fines, card...)
		if a.Get("BL") != "Y" || a.Get("CQ") != "Y" || a.Get("BH") != "EUR" || a.Get("AE") != marieke.name {
			s.t.Errorf("got %+v", a)
		}
		var sum money.Cents
		for _, line := range a.Fields["AV"] {
			sum += s.cents(line[strings.LastIndex(line, " ")+1:])
		}
		owed = s.cents(a.Get("BV"))
		if sum != owed || owed == 0 || a.Fixed[47:51] != fmt.Sprintf("%04d", len(a.Fields["AV"])) {
			s.t.Errorf("the fines come to %s, and BV says %s", sum, owed)
		}
		whose := func(name string) bool {
			return slices.ContainsFunc(a.Fields["AV"], func(line string) bool { return strings.HasPrefix(line, name+": ") })
		}
		if !whose("Marieke") || !whose("Sem") || !whose("Willem") || strings.Contains(strings.Join(a.Fields["AV"], " "), "Vries") {
			s.t.Errorf("the fines are %q", a.Fields["AV"])
		}
	})
	pay := func() terminal.Answer {
		s.t.Helper()
		return asks("37", now+"01"+"00"+"EUR", append([]string{"BV", owed.String(), "BK", "20260001"}, card...)...)
	}
	s.Step("she pays all of it, and gets a receipt; the same again is the same payment", func() {
		a := pay()
		printed := strings.Join(a.Fields["AG"], "\n")
		if a.Fixed[0] != 'Y' || a.Get("BK") != "20260001" {
			s.t.Fatalf("got %+v", a)
		}
		for _, want := range []string{"Marieke: ", "Sem: ", "Willem: ", strings.ReplaceAll(owed.String(), ".", ",")} {
			if !strings.Contains(printed, want) {
				s.t.Errorf("no %q on the receipt:\n%s", want, printed)
			}
		}
		if again := pay(); again.Fixed[0] != 'Y' || !slices.Equal(again.Fields["AG"], a.Fields["AG"]) {
			s.t.Errorf("again: %+v", again)
		}
	})
	s.Step("nothing is owed any more, and she goes", func() {
		if a := asks("63", dutch+now+fines, card...); a.Get("BV") != "0.00" || len(a.Fields["AV"]) > 0 {
			s.t.Errorf("got %+v", a)
		}
		if a := asks("35", now, card...); a.Fixed[0] != 'Y' {
			s.t.Errorf("got %+v", a)
		}
	})
	s.Step("what an operator types sees the same", func() {
		said := s.command(s.t, demo.Terminal.Password+"\n"+theSame+"\n", "sip", "63", "--to", s.kiosk, "--checksum",
			"--user", demo.Terminal.User, "--password-file", "-", "--card", marieke.number, "--pin-file", "-", "--list", "fines")
		if !strings.Contains(said, "BV amount               0.00") || strings.Contains(said, theSame) {
			s.t.Errorf("it says:\n%s", said)
		}
	})
	s.Step("the books agree, and the member finds it", func() {
		s.booksAgree("terminal/Centrum/Zuil", owed)
		mother := s.Visitor(phone)
		mother.LogIn(marieke.number, theSame)
		mother.Open("/betalingen")
		mother.Sees("bij de betaalzuil")
	})
}

// TestAHouseholdPaysByAnApp: the same over PAIA, with one token.
func TestAHouseholdPaysByAnApp(t *testing.T) {
	t.Parallel()
	s := tell(t)
	mother := s.Visitor(phone)
	s.Step("the cards are linked", func() { s.household(mother) })
	a := &app{s: s}
	var owed money.Cents
	var choice []any

	s.Step("the app logs in", func() {
		said := a.asks(http.MethodPost, "/paia/auth/login", map[string]any{
			"grant_type": "password", "username": marieke.number, "password": theSame, "client": "Wandelaar", "scope": "read_patron read_items read_fees pay_fees",
		})
		a.token = text(said["access_token"])
	})
	s.Step("under one token, four cards' fees", func() {
		for _, who := range []person{marieke, sem, noor, willem} {
			said := a.asks(http.MethodGet, "/paia/core/"+who.number+"/fees", nil)
			amount := strings.TrimSuffix(text(said["amount"]), " EUR")
			owed += s.cents(amount)
			if (amount == "0.00") != (who == noor) {
				s.t.Errorf("%s owes %s", who.name, amount)
			}
		}
		if said := a.asks(http.MethodGet, "/paia/core/"+sem.number+"/items", nil); len(list(said["doc"])) != 5 {
			s.t.Errorf("Sem has %v", said)
		}
	})
	s.Step("one payment for all of them, at the bank", func() {
		said := a.asks(http.MethodGet, "/api/v1/"+marieke.number+"/fees", nil)
		if text(said["amount"]) != owed.String()+" EUR" {
			s.t.Fatalf("together they owe %v, not %s", said["amount"], owed)
		}
		for _, fee := range list(said["fee"]) {
			choice = append(choice, object(fee)["choice"])
		}
		wish := map[string]any{"choice": choice, "amount": owed.String() + " EUR", "key": "walk-1"}
		made := a.asks(http.MethodPost, "/api/v1/"+marieke.number+"/payments", wish)
		again := a.asks(http.MethodPost, "/api/v1/"+marieke.number+"/payments", wish)
		if made["id"] != again["id"] || made["state"] != "open" || len(list(made["patron"])) != 3 {
			s.t.Errorf("the same key made %v and %v", made, again)
		}
		mother.Open(strings.TrimPrefix(text(made["checkout"]), s.home))
		mother.Press("Betaald")
		mother.Await(aHeading, "Betaald")
		state := a.asks(http.MethodGet, fmt.Sprintf("/api/v1/%s/payments/%v", marieke.number, made["id"]), nil)
		if state["state"] != "paid" {
			s.t.Errorf("the payment is %v", state)
		}
	})
	s.Step("nothing is owed any more, and the app logs out", func() {
		for _, who := range []person{marieke, sem, noor, willem} {
			if said := a.asks(http.MethodGet, "/paia/core/"+who.number+"/fees", nil); said["amount"] != "0.00 EUR" {
				s.t.Errorf("%s owes %v", who.name, said)
			}
		}
		a.asks(http.MethodPost, "/paia/auth/logout", map[string]any{"patron": marieke.number})
		if status, _ := a.ask(http.MethodGet, "/paia/core/"+marieke.number+"/fees", nil); status != http.StatusUnauthorized {
			s.t.Errorf("after the log-out: %d", status)
		}
	})
	s.Step("the books agree", func() { s.booksAgree("provider/testbank", owed) })
}

// booksAgree checks the whole chain, that all accounts come to nothing together, and
// what one of them holds.
func (s *story) booksAgree(account string, holds money.Cents) {
	s.t.Helper()
	if said := s.command(s.t, "", "ledger", "verify"); !strings.Contains(said, "The ledger is sound") {
		s.t.Errorf("it says:\n%s", said)
	}
	said := s.command(s.t, "", "ledger", "balance")
	found := map[string]string{}
	for line := range strings.Lines(said) {
		if f := strings.Fields(line); len(f) > 1 {
			found[strings.Join(f[:len(f)-1], " ")] = f[len(f)-1]
		}
	}
	if found[account] != holds.String() || found["in all"] != "0.00" {
		s.t.Errorf("%s holds %s, not %s:\n%s", account, found[account], holds, said)
	}
}

// cents reads an amount.
func (s *story) cents(amount string) money.Cents {
	s.t.Helper()
	c, err := money.Parse(amount)
	if err != nil {
		s.t.Fatalf("%q: %v", amount, err)
	}
	return c
}

// app asks for JSON over HTTP.
type app struct {
	s     *story
	token string
}

func (a *app) ask(verb, path string, body any) (status int, answer map[string]any) {
	t := a.s.t
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), verb, a.s.home+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(said, &answer)
	}
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", verb, path, err, said)
	}
	return resp.StatusCode, answer
}

// asks is ask for what must be answered.
func (a *app) asks(verb, path string, body any) map[string]any {
	a.s.t.Helper()
	status, answer := a.ask(verb, path, body)
	if status != http.StatusOK {
		a.s.t.Fatalf("%s %s: %d %v", verb, path, status, answer)
	}
	return answer
}

func text(v any) string { s, _ := v.(string); return s }

func list(v any) []any { l, _ := v.([]any); return l }

func object(v any) map[string]any { o, _ := v.(map[string]any); return o }
