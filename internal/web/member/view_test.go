package member

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// TestEveryTemplateRendersEmptyAndFull executes each template with the least
// and with the most that a page can hold, in both languages.
func TestEveryTemplateRendersEmptyAndFull(t *testing.T) {
	t.Parallel()
	texts, err := text.Load(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range text.Languages {
		p := texts.In(lang)
		for name, view := range map[string]templ.Component{
			"sign in, empty": signInView(signInPage{T: p}), "sign in, full": signInView(signInPage{T: p, CSRF: "t", Login: hostile, Then: hostile, Faults: wrong("login", "password", "")}),
			"password, empty": passwordView(passwordPage{T: p}), "password, full": passwordView(passwordPage{T: p, Name: hostile, Faults: wrong("new", "again", "")}),
			"menu, empty": menuView(menuPage{T: p}), "menu, full": menuView(menuPage{T: p, Waiting: 3}),
			"home, empty": homeView(homePage{T: p}), "home, full": homeView(fullHome(p)),
			"loans, empty": loansView(loansPage{T: p}), "loans, full": loansView(fullLoans(p)), "loans, away": loansView(loansPage{T: p, Away: true, Own: true}),
			"fees, empty": feesView(feesPage{T: p}), "fees, full": feesView(fullFees(p, true)), "fees, offline": feesView(fullFees(p, false)),
			"fees together, empty": feesView(feesPage{T: p, Together: true}),
			"payment, empty":       paymentView(paymentPage{T: p, Standing: standing(payment.Paid)}),
			"payments, empty":      paymentsView(paymentsPage{T: p}), "payments, full": paymentsView(paymentsPage{T: p, Rows: []paymentRow{{Day: hostile, For: hostile, State: hostile}}}),
			"relations, empty": relationsView(relationsPage{T: p}), "relations, full": relationsView(fullRelations(p)),
			"log, empty": logView(logPage{T: p}), "log, full": logView(logPage{T: p, Older: "/x", Rows: []ui.Entry{{When: hostile, Text: hostile}}}),
			"details, empty": detailsView(detailsPage{T: p}), "details, full": detailsView(fullDetails(p)),
		} {
			check(t, string(lang)+" "+name, view)
		}
		ways := slices.Clone(standings)
		for _, state := range payment.States {
			ways = append(ways, standing(state))
		}
		for _, s := range ways {
			for _, part := range []bool{false, true} {
				check(t, string(lang)+" payment "+string(s), paymentView(paymentPage{
					T: p, Standing: s, Part: part, Until: "12:15", Checkout: "/bank", Total: hostile, Rounding: hostile, Again: 5,
					Facts: []ui.Fact{{Label: "a", Value: hostile}}, Backs: []string{hostile},
					Groups: []paidGroup{{Who: ui.Who{Name: hostile}, Rows: []ui.Line{{Label: hostile, Note: hostile, Amount: "1"}}}},
				}))
			}
		}
	}
}

// hostile must come out as text, wherever it stands.
const hostile = `<script>alert("'1'")</script>`

func check(t *testing.T, name string, view templ.Component) {
	t.Helper()
	var out strings.Builder
	if err := view.Render(t.Context(), &out); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for _, broken := range []string{"<script", "member.", "problem.", "<no value>", "javascript:"} {
		if strings.Contains(out.String(), broken) {
			t.Errorf("%s: holds %q:\n%s", name, broken, out.String())
		}
	}
	if !strings.Contains(out.String(), "<h1") {
		t.Errorf("%s: no heading", name)
	}
}

func wrong(fields ...string) web.Faults {
	var out web.Faults
	for _, f := range fields {
		out = append(out, ui.Fault{Field: f, Text: hostile})
	}
	return out
}

func aLoan() ui.Loan {
	return ui.Loan{
		ID: "0", Title: hostile, Facts: []string{hostile}, Problems: []string{hostile}, Who: &ui.Who{Name: hostile},
		Due: ui.Due{Away: hostile, Day: hostile, Late: true}, Renew: &ui.Post{Action: "/x", Hidden: []ui.Hidden{{Name: "loan", Value: hostile}}},
	}
}

func fullHome(p *text.Printer) homePage {
	return homePage{
		T: p, Name: hostile, Waiting: 1, Loans: []ui.Loan{aLoan()}, More: 1, Linked: true, Owes: 100, FeesAt: togetherAt,
		LoansAway: []string{hostile}, FeesAway: []string{hostile}, Moneys: []moneyNotice{{Kind: note, Text: hostile, Href: "/x", Label: hostile}},
	}
}

func fullLoans(p *text.Printer) loansPage {
	second := aLoan()
	second.ID = "1"
	return loansPage{
		T: p, Name: hostile, Pass: "2", Loans: []ui.Loan{aLoan(), second},
		Tabs: []ui.Tab{{Label: hostile, Current: true, Who: &ui.Who{Name: hostile}}, {Label: "b"}},
	}
}

func fullFees(p *text.Printer, online bool) feesPage {
	return feesPage{
		T: p, Together: true, Online: online, Key: hostile, From: together, Total: 100, AllOwed: 200, Payable: 1, Faults: wrong(""), GoOn: []string{"/x"},
		Tabs: []ui.Tab{{Label: hostile}, {Label: "b", Note: "1"}},
		Groups: []feeGroup{
			{Who: ui.Who{Name: hostile}, Rows: []ui.Choice{{ID: "a", Label: hostile, Note: hostile}, {ID: "b", Disabled: true, Label: hostile}}},
			{Who: ui.Who{Name: hostile}, Away: true},
		},
	}
}

func fullRelations(p *text.Printer) relationsPage {
	row := mandateRow{ID: 1, Who: ui.Who{Name: hostile}, Scope: hostile, State: hostile, Says: hostile, Means: hostile, When: hostile, Acts: []ui.Post{{Action: "/x"}}}
	return relationsPage{
		T: p, Waiting: []mandateRow{row}, People: []relation{{Known: true, Rows: []mandateRow{row}}, {Rows: []mandateRow{row}}}, Past: []mandateRow{row},
		Form: applyForm{Number: hostile, Day: hostile, Faults: wrong("number", "born", "scope", "")},
	}
}

func fullDetails(p *text.Printer) detailsPage {
	return detailsPage{
		T: p, Name: hostile, Number: hostile, Away: true, Ended: true, Blocked: true, UserName: hostile, Typed: hostile,
		NameFaults: wrong("name"), PasswordFaults: wrong("current", "new", "again"),
	}
}
