package walk

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/demo"
	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/money"
)

// libraries begin a story with the demo library in each system that a library may
// keep it in.
var libraries = map[string]func(*testing.T) *story{
	"builtin":    func(t *testing.T) *story { return tell(t) },
	"sip":        func(t *testing.T) *story { return &story{t: t, running: demoIn(t, "sip")} },
	"koha 19.06": func(t *testing.T) *story { return tellInKoha(t, kohatest.V1906) },
	"koha 22.11": func(t *testing.T) *story { return tellInKoha(t, kohatest.V2211) },
	"koha 25.05": func(t *testing.T) *story { return tellInKoha(t, kohatest.V2505) },
}

// tellInKoha begins a story in front of a Koha with the demo library's people.
func tellInKoha(t *testing.T, version string) *story {
	t.Helper()
	rules := kohatest.Rules{MaxRenewals: 3, FromToday: true} // those of the demo's children
	server := kohatest.Serve(t, kohatest.Options{Version: version, Rules: rules})
	server.Fill(demoLibrary(t))
	t.Cleanup(func() { // when the program has ended
		paid := func(c kohatest.Line) bool {
			return strings.Contains(c.Note, "Hoofdpas") && c.Amount == -kohatest.Cents(73)
		}
		if !slices.ContainsFunc(server.Credits(), paid) {
			t.Error("Koha does not know that the grandfather's fee was paid")
		}
	})
	is := demoIn(t, "configured",
		"HOOFDPAS_LIBRARY_SYSTEM=koha", "HOOFDPAS_LIBRARY_KOHA_URL="+server.URL(),
		"HOOFDPAS_LIBRARY_KOHA_USER="+kohatest.User, "HOOFDPAS_LIBRARY_KOHA_PASSWORD="+kohatest.Password,
		"HOOFDPAS_LIBRARY_KOHA_FEE_LIMIT=10.00",
	)
	return &story{t: t, running: is, deskHandsOut: version == kohatest.V1906}
}

// demoLibrary is the made-up library of today.
func demoLibrary(t *testing.T) (l librarytest.Library) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	cards, loans, fees := demo.Files(calendar.Today(time.Now(), zone))
	r := rows{t}
	for row := range r.of(cards) {
		l.Cards = append(l.Cards, librarytest.Card{FirstPassword: row["first_password"], Card: card.Card{
			Number: r.number(row), Name: row["name"], BirthDate: r.date(row, "birth_date"), Email: row["email"], Category: row["category"],
			Branch: row["branch"], ExpiresOn: r.date(row, "expires_on"), Blocked: row["blocked"] == "yes",
		}})
	}
	for row := range r.of(loans) {
		l.Loans = append(l.Loans, librarytest.Loan{Holder: r.number(row), Loan: circulation.Loan{
			ID: circulation.LoanID(row["loan_id"]), Item: row["item_number"], Title: row["title"], Author: row["author"], Material: row["material"],
			LentOn: r.date(row, "lent_on"), DueOn: r.date(row, "due_on"), Renewals: r.count(row, "renewals"), Reserved: row["reserved"] == "yes",
		}})
	}
	for row := range r.of(fees) {
		amount, err := money.Parse(row["amount"])
		if err != nil {
			t.Fatal(err)
		}
		l.Fees = append(l.Fees, librarytest.Fee{Holder: r.number(row), Fee: circulation.Fee{
			ID: circulation.FeeID(row["fee_id"]), Kind: circulation.FeeKind(row["kind"]), Description: row["description"], Amount: amount,
			ChargedOn: r.date(row, "charged_on"), Item: row["item_number"],
		}})
	}
	return l
}

// rows reads the demo's files.
type rows struct{ t *testing.T }

// of yields each row by the names of the columns.
func (r rows) of(file []byte) func(yield func(map[string]string) bool) {
	all, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		r.t.Fatal(err)
	}
	return func(yield func(map[string]string) bool) {
		for _, cells := range all[1:] {
			row := map[string]string{}
			for i, name := range all[0] {
				row[name] = cells[i]
			}
			if !yield(row) {
				return
			}
		}
	}
}

func (r rows) number(row map[string]string) card.Number {
	n, err := card.ParseNumber(row["card_number"])
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func (r rows) date(row map[string]string, column string) calendar.Date {
	if row[column] == "" {
		return calendar.Date{}
	}
	d, err := calendar.ParseISO(row[column])
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

func (r rows) count(row map[string]string, column string) int {
	n, err := strconv.Atoi(row[column])
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}
