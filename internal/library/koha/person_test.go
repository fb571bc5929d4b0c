package koha_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/koha"
	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/problem"
)

func TestAPersonIsFoundByKeyWhenTheNumberChanges(t *testing.T) {
	t.Parallel()
	for _, version := range kohatest.Versions {
		server := household(t, version)
		system := client(t, server, nil)
		before, ok, err := system.Card(t.Context(), number(t, annsNumber))
		if err != nil || !ok || before.Key == "" {
			t.Fatal(before.Key, ok, err)
		}
		server.ChangePatron(annsNumber, func(p *kohatest.Patron) { p.Number = "2000100099999" })
		if _, ok, err := system.Card(t.Context(), number(t, annsNumber)); err != nil || ok {
			t.Errorf("the old number: %v, %v", ok, err)
		}
		after, ok, err := system.CardByKey(t.Context(), before.Key)
		if err != nil || !ok || after.Number.Text() != "2000100099999" || after.Key != before.Key || after.Name != before.Name {
			t.Errorf("%s: got %v, %v, %v", version, after.Number, ok, err)
		}
		// Nothing of the old number is remembered.
		if loans, err := system.Loans(t.Context(), number(t, annsNumber)); err != nil || len(loans) > 0 {
			t.Errorf("loans of the old number: %d, %v", len(loans), err)
		}
		server.DeletePatron("2000100099999")
		for _, key := range []string{before.Key, "", "0", "-1", "x", "1e3", "%"} {
			if _, ok, err := system.CardByKey(t.Context(), key); err != nil || ok {
				t.Errorf("key %q: %v, %v", key, ok, err)
			}
		}
	}
}

func TestFirstPasswords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		version, by string
		sip         bool
		right       string
	}{
		"19.06":                           {kohatest.V1906, "", false, ""},
		"19.06 with SIP":                  {kohatest.V1906, "", true, "1234"},
		"19.06 by Koha with SIP":          {kohatest.V1906, "koha", true, "1234"},
		"22.11, by user name":             {kohatest.V2211, "", false, "Welkom-2026"},
		"25.05":                           {kohatest.V2505, "koha", false, "Welkom-2026"},
		"25.05, but by SIP":               {kohatest.V2505, "sip", true, "1234"},
		"25.05, but by the desk":          {kohatest.V2505, "desk", true, ""},
		"25.05, by SIP but there is none": {kohatest.V2505, "sip", false, ""},
	} {
		system := client(t, household(t, c.version), func(o *koha.Options) {
			o.FirstPassword = c.by
			if c.sip {
				o.Passwords = bySIP{}
			}
		})
		for _, password := range []string{"Welkom-2026", "1234", "welkom-2026", "Welkom-2026 ", strings.Repeat("x", 10_000)} {
			got, err := system.CheckFirstPassword(t.Context(), number(t, annsNumber), password)
			if err != nil || got != (password == c.right) {
				t.Errorf("%s: %.20q: got %v, %v", name, password, got, err)
			}
		}
		if got, err := system.CheckFirstPassword(t.Context(), number(t, annsNumber), ""); got || err != nil {
			t.Errorf("%s: no password: got %v, %v", name, got, err)
		}
	}
}

// Somebody may choose another's number for a user name, and Koha looks there
// first.
func TestAPasswordOpensItsOwnCardOnly(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V2505)
	server.AddPatron(kohatest.Patron{ID: 91, Number: "91", UserID: annsNumber, Password: "Boef-1234"})
	system := client(t, server, nil)
	if got, err := system.CheckFirstPassword(t.Context(), number(t, annsNumber), "Boef-1234"); err != nil || got {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestAPasswordThatCouldNotBeCheckedIsAway(t *testing.T) {
	t.Parallel()
	for _, version := range []string{kohatest.V2211, kohatest.V2505} {
		for name, f := range bad {
			if f == kohatest.Idle {
				continue
			}
			server := household(t, version)
			if version == kohatest.V2211 && (f == kohatest.Truncated || f == kohatest.WrongType) {
				continue // its answer has no body to spoil
			}
			server.Break("POST /auth/password/validation", f)
			got, err := client(t, server, nil).CheckFirstPassword(t.Context(), number(t, annsNumber), "Welkom-2026")
			if got {
				t.Errorf("%s: it is right", name)
			}
			away(t, name, err)
		}
	}
	system := client(t, household(t, kohatest.V1906), func(o *koha.Options) {
		o.Passwords = bySIP{err: problem.Away(circulation.ReasonSystemAway, "check", errors.New("away"))}
	})
	_, err := system.CheckFirstPassword(t.Context(), number(t, annsNumber), "1234")
	away(t, "by SIP", err)
}

func TestCardsAreFoundByName(t *testing.T) {
	t.Parallel()
	for _, version := range kohatest.Versions {
		server := household(t, version)
		for i, name := range []string{"Anouk van den Berg", "Bert Bergman", "Åke Öberg", "Ann-Marie Smit", "Al%x P_rcent"} {
			first, rest, _ := strings.Cut(name, " ")
			server.AddPatron(kohatest.Patron{ID: 100 + i, Number: "30000" + string(rune('0'+i)), First: first, Surname: rest})
		}
		server.AddPatron(kohatest.Patron{ID: 120, Number: "", First: "Anouk", Surname: "Zonderkaart"})
		system := client(t, server, nil)
		for query, want := range map[string]string{
			"berg": "Anouk van den Berg, Bert Bergman", "BERG anouk": "Anouk van den Berg", "ann geh": "Ann Geheim",
			"smit": "Ann-Marie Smit", annsNumber: "Ann Geheim", "20001 0001 1122": "Ann Geheim", "nob": "", "%": "", "_": "",
			"a%": "Al%x P_rcent, Ann Geheim, Ann-Marie Smit, Anouk van den Berg", "": "", " ": "", "e": "", "marie": "Ann-Marie Smit",
		} {
			found, err := system.FindCards(t.Context(), query, 20)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, c := range found {
				if c.Name != "API hoofdpas" && c.Name != "Åke Öberg" {
					names = append(names, c.Name)
				}
			}
			if got := strings.Join(names, ", "); got != want {
				t.Errorf("%s: %q finds %q, want %q", version, query, got, want)
			}
		}
		if found, err := system.FindCards(t.Context(), "berg", 1); err != nil || len(found) != 1 {
			t.Errorf("got %d, %v", len(found), err)
		}
	}
}

// A page waits for one answer after another only the first time.
func TestWhoseNumberItIsIsAskedWhileItsLoansAreRead(t *testing.T) {
	t.Parallel()
	at := noon(t)()
	server := household(t, kohatest.V2505)
	server.AddPatron(kohatest.Patron{ID: 92, Number: "92", First: "Ander"})
	system := client(t, server, func(o *koha.Options) { o.Now = func() time.Time { return at } })
	lookups := func() int { return server.Asked("GET /patrons") }
	loans := func(want int) {
		t.Helper()
		got, err := system.Loans(t.Context(), number(t, annsNumber))
		if err != nil || len(got) != want {
			t.Fatalf("%d loans, %v", len(got), err)
		}
	}
	loans(2)
	loans(2)
	if n := lookups(); n != 1 {
		t.Errorf("%d look-ups within a minute", n)
	}
	at = at.Add(2 * time.Minute)
	loans(2)
	if n := lookups(); n != 2 {
		t.Errorf("%d look-ups after a minute", n)
	}
	// The number goes to somebody else: nobody sees Ann's loans by it.
	at = at.Add(2 * time.Minute)
	server.ChangePatron(annsNumber, func(p *kohatest.Patron) { p.Number = "" })
	server.ChangePatron("92", func(p *kohatest.Patron) { p.Number = annsNumber })
	loans(0)
	at = at.Add(2 * time.Minute)
	server.DeletePatron(annsNumber)
	loans(0)
	fees, err := system.Fees(t.Context(), number(t, annsNumber))
	if err != nil || len(fees) > 0 {
		t.Errorf("fees %v, %v", fees, err)
	}
}
