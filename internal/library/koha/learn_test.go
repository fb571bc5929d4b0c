package koha_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"hoofdpas/internal/library/koha"
	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/library/librarytest"
)

const described = "GET /{$}"

func TestWhatAVersionOffersIsReadFromItself(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]koha.Abilities{
		kohatest.V1906: {Titles: "", FirstPasswords: "desk"},
		kohatest.V2211: {Titles: "items", FirstPasswords: "koha"},
		kohatest.V2505: {Version: "25.05.00.000", Titles: "checkouts", FirstPasswords: "koha"},
	} {
		server := household(t, version)
		system := client(t, server, nil)
		got, err := system.Learn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.Version != want.Version || got.Titles != want.Titles || got.FirstPasswords != want.FirstPasswords || !got.Described {
			t.Errorf("%s: got %+v", version, got)
		}
		if missing := got.Missing(); len(missing) > 0 {
			t.Errorf("%s: %v are missing", version, missing)
		}
		for range 3 {
			if _, err := system.Learn(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if n := server.Asked(described); n != 1 {
			t.Errorf("%s: it was asked %d times", version, n)
		}
	}
}

func TestAnErrorIsNotWhatWasLearned(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V2505)
	system := client(t, server, nil)
	server.Break(described, kohatest.Error, kohatest.HTML)
	for range 2 {
		if _, err := system.Learn(t.Context()); err == nil {
			t.Error("something was learned from an error")
		}
	}
	got, err := system.Learn(t.Context())
	if err != nil || got.Titles != "checkouts" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAKohaThatDoesNotDescribeItselfIsTheOldest(t *testing.T) {
	t.Parallel()
	at := librarytest.Today.Begin(zone(t))
	server := household(t, kohatest.V2505)
	server.Break(described, kohatest.Unauthorized)
	system := client(t, server, func(o *koha.Options) { o.Now = func() time.Time { return at } })
	got, err := system.Learn(t.Context())
	if err != nil || got.Described || len(got.Missing()) > 0 || got.Titles != "" {
		t.Fatalf("got %+v, %v", got, err)
	}
	loans, err := system.Loans(t.Context(), number(t, annsNumber))
	if err != nil || len(loans) != 2 {
		t.Error(loans, err)
	}
	at = at.Add(20 * time.Minute)
	if got, err = system.Learn(t.Context()); err != nil || !got.Described {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWhatIsMissingIsTold(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{"/": `{"paths":{"/patrons":{"get":{},"post":{}},"/patrons/{borrowernumber}":{"get":{}},"/checkouts/{id}/renewals":{"post":{}}}}`})
	got, err := s.Learn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"GET /patrons/{patron_id}/account", "POST /patrons/{patron_id}/account/credits", "GET /checkouts", "GET /checkouts/{checkout_id}",
	}
	if !slices.Equal(got.Missing(), want) {
		t.Errorf("got %v", got.Missing())
	}
}

func TestAnUpgradedKohaIsLearnedAgain(t *testing.T) {
	t.Parallel()
	at := librarytest.Today.Begin(zone(t))
	server := household(t, kohatest.V2505)
	system := client(t, server, func(o *koha.Options) { o.Now = func() time.Time { return at } })
	for range 3 {
		if _, err := system.Learn(t.Context()); err != nil {
			t.Fatal(err)
		}
		at = at.Add(25 * time.Hour)
	}
	if n := server.Asked(described); n != 3 {
		t.Errorf("asked %d times", n)
	}
}

func TestATokenIsKeptUntilShortlyBeforeItEnds(t *testing.T) {
	t.Parallel()
	at := librarytest.Today.Begin(zone(t))
	server := kohatest.Serve(t, kohatest.Options{Version: kohatest.V2211, Now: func() time.Time { return at }})
	fill(t, server)
	system := client(t, server, func(o *koha.Options) {
		o.User, o.Password, o.ClientID, o.ClientSecret = "", "", kohatest.ClientID, kohatest.ClientSecret
		o.Now = func() time.Time { return at }
	})
	ask := func(tokens int) {
		t.Helper()
		if _, ok, err := system.Card(t.Context(), number(t, annsNumber)); err != nil || !ok {
			t.Fatal(ok, err)
		}
		if n := server.Asked("POST /oauth/token"); n != tokens {
			t.Errorf("asked for %d tokens, want %d", n, tokens)
		}
	}
	ask(1)
	at = at.Add(58 * time.Minute)
	ask(1)
	at = at.Add(90 * time.Second)
	ask(2)
	server.RevokeTokens()
	ask(3)
	ask(3)
}

func TestAWrongClientIsAway(t *testing.T) {
	t.Parallel()
	system := client(t, household(t, kohatest.V2211), func(o *koha.Options) { o.ClientID, o.ClientSecret = kohatest.ClientID, "wrong" })
	_, _, err := system.Card(t.Context(), number(t, annsNumber))
	away(t, "a card", err)
}

func TestAnAddressIsChecked(t *testing.T) {
	t.Parallel()
	for _, o := range []koha.Options{
		{URL: "", User: "u", Password: "p"},
		{URL: "koha.example.nl", User: "u", Password: "p"},
		{URL: "ftp://koha", User: "u", Password: "p"},
		{URL: "https://koha.example.nl"},
		{URL: "https://koha.example.nl", User: "u"},
		{URL: "https://koha.example.nl", ClientID: "c"},
	} {
		if _, err := koha.New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

func TestTheAddressMayEndInTheAPI(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V1906)
	for _, end := range []string{"", "/", "/api/v1", "/api/v1/"} {
		system := client(t, server, func(o *koha.Options) { o.URL = server.URL() + end })
		if _, ok, err := system.Card(t.Context(), number(t, annsNumber)); err != nil || !ok {
			t.Errorf("%q: %v, %v", end, ok, err)
		}
	}
}

func TestManyWhoComeAtOnceLearnOnce(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V2505)
	system := client(t, server, nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if loans, err := system.Loans(t.Context(), number(t, annsNumber)); err != nil || len(loans) != 2 {
				t.Errorf("%d loans, %v", len(loans), err)
			}
		})
	}
	all.Wait()
	if n := server.Asked(described); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestManyWhoseTokenIsRefusedAskForOne(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V2211)
	system := client(t, server, func(o *koha.Options) { o.ClientID, o.ClientSecret = kohatest.ClientID, kohatest.ClientSecret })
	ask := func() {
		if _, ok, err := system.Card(t.Context(), number(t, annsNumber)); err != nil || !ok {
			t.Error(ok, err)
		}
	}
	ask()
	server.RevokeTokens()
	var all sync.WaitGroup
	for range 50 {
		all.Go(ask)
	}
	all.Wait()
	if n := server.Asked("POST /oauth/token"); n != 2 {
		t.Errorf("asked for %d tokens", n)
	}
}

// Koha may say things elsewhere in its description, and refer to them.
func TestADescriptionMayReferToItself(t *testing.T) {
	t.Parallel()
	for name, said := range map[string]string{
		"whole": `{"paths":{"/items":{"get":{"parameters":[{"name":"x-koha-embed","items":{"enum":["biblio"]}}]}},
			"/patrons":{"get":{"parameters":[{"name":"q"}]}},
			"/auth/password/validation":{"post":{"parameters":[{"name":"body","schema":{"properties":{"identifier":{}}}}]}}}}`,
		"by reference": `{"paths":{"/items":{"$ref":"#/x-bundled/a~1items"},"/patrons":{"get":{"parameters":[{"$ref":"#/parameters/q_param"}]}},
			"/auth/password/validation":{"post":{"parameters":[{"name":"body","schema":{"$ref":"#/definitions/v"}}]}}},
			"x-bundled":{"a/items":{"get":{"parameters":[{"$ref":"#/parameters/embed"}]}}},
			"definitions":{"v":{"properties":{"identifier":{}}}},
			"parameters":{"q_param":{"name":"q","in":"query"},"embed":{"name":"X-Koha-Embed","items":{"enum":["biblio"]}}}}`,
		"apart": `{"paths":{"/items":{"get":{"x-koha-embed":["biblio"]}},"/patrons":{"get":{"parameters":[{"$ref":"../parameters.yaml#/q_param"}]}},
			"/auth/password/validation":{"post":{"parameters":[{"name":"body","schema":{"properties":{"identifier":{}}}}]}}}}`,
		"in circles": `{"paths":{"/items":{"$ref":"#/paths/~1items"},"/patrons":{"get":{"$ref":"#/paths/~1patrons/get"}}}}`,
		"nonsense":   `{"paths":{"/items":[],"/patrons":{"get":7,"parameters":"x"},"/auth/password/validation":null}}`,
	} {
		got, err := answers(t, map[string]string{"/": said}).Learn(t.Context())
		good := name != "in circles" && name != "nonsense"
		if err != nil || (got.Titles == "items") != good || (got.FirstPasswords == "koha") != good || !got.Has("GET /patrons") {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}
