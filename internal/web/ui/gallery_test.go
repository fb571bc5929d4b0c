package ui_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"hoofdpas/internal/web/ui"
)

// all puts components below each other.
func all(parts ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, p := range parts {
			if err := p.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// with gives a component its children.
func with(parent templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return parent.Render(templ.WithChildren(ctx, all(children...)), w)
	})
}

var (
	marieke = ui.Who{Name: "Mijzelf", Full: "Marieke de Vries", Key: 1}
	sem     = ui.Who{Name: "Sem de Vries", Key: 2}
	noor    = ui.Who{Name: "Noor van Nieuwenhuijzen-Hoogeveenseveldhuisstermansdorf", Key: 3}
	opa     = ui.Who{Name: "Şükrü Yıldırım", Key: 4}
)

func frame(title string) ui.Frame {
	return ui.Frame{
		Lang: "nl", Title: title, LibraryName: "Bibliotheek Rijnwaarde", HomeHref: "/", SkipLabel: "Direct naar de inhoud",
		SwitchLang: "en", SwitchLabel: "English", SwitchHref: "/taal/en", NavLabel: "Menu",
		Nav: []ui.Link{
			{Href: "/", Label: "Mijn bibliotheek"},
			{Href: "/menu", Label: "Mijn menu"},
			{Href: "/geleend", Label: "Geleend", Wide: true, Current: true},
			{Href: "/betalen", Label: "Betalen", Wide: true},
			{Href: "/relaties", Label: "Relaties", Wide: true},
			{Href: "/mijn-gegevens", Label: "Mijn gegevens", Wide: true},
		},
		Me: &ui.Who{Name: "Marieke de Vries", Key: 1}, SignOutHref: "/uitloggen", SignOutLabel: "Uitloggen", CSRF: "t",
		FooterLinks: []ui.Link{{Href: "/help", Label: "Hulp nodig?"}},
	}
}

func stranger(title string) ui.Frame {
	f := frame(title)
	f.Nav, f.Me, f.SignOutHref = nil, nil, ""
	return f
}

func press(label string, v ui.Variant) templ.Component {
	return ui.Button(ui.Press{Label: label, Variant: v})
}

func tabs(current int) templ.Component {
	who := []ui.Who{marieke, sem, noor, opa}
	notes := []string{"€ 2,50", "2 te laat", "", "€ 12,00"}
	var out []ui.Tab
	for i := range who {
		out = append(out, ui.Tab{
			Href: "/geleend?pas=" + strconv.Itoa(i), Label: who[i].Name, Who: &who[i], Current: i == current, Note: notes[i],
		})
	}
	return ui.Tabs("Van wie", out)
}

func renew() *ui.Post {
	return &ui.Post{Action: "/geleend/verlengen", CSRF: "t", Hidden: []ui.Hidden{{Name: "uitlening", Value: "1"}}, Button: ui.Press{Label: "Verlengen", Variant: ui.Secondary}}
}

func loans() templ.Component {
	return with(ui.Cards(),
		ui.LoanCard(ui.Loan{
			ID: "1", Due: ui.Due{Away: "2 dagen te laat", Day: "zondag 22 november", ISO: "2026-11-22", Late: true}, Title: "De zeven zussen",
			Facts: []string{"Nog 1 keer te verlengen"}, Problems: []string{"Een andere lener wacht hierop. Breng het op tijd terug."}, Renew: renew(),
		}),
		ui.LoanCard(ui.Loan{
			ID: "2", Due: ui.Due{Away: "morgen", Day: "woensdag 25 november", ISO: "2026-11-25", Soon: true}, Title: "Dolfje Weerwolfje",
			Who: &sem, Facts: []string{"Al 2 keer verlengd"}, Renew: renew(),
		}),
		ui.LoanCard(ui.Loan{
			ID: "3", Due: ui.Due{Away: "over 3 dagen", Day: "vrijdag 27 november", ISO: "2026-11-27"}, Href: "/x",
			Title: "De geheime geschiedenis van de arbeidsongeschiktheidsverzekeringsmaatschappij en wat zij daarna aan niemand kon vertellen", Who: &noor, Renew: renew(),
		}),
		ui.LoanCard(ui.Loan{ID: "4", Due: ui.Due{Away: "over 40 dagen", Day: "zaterdag 2 januari 2027", ISO: "2027-01-02"}, Title: "Max Havelaar"}),
	)
}

// gallery is every component, full and empty, as pages.
func gallery() map[string]templ.Component {
	pages := map[string]templ.Component{}
	for _, f := range []func(map[string]templ.Component){memberPages, formPages, deskPages, emptyPages} {
		f(pages)
	}
	return pages
}

func memberPages(pages map[string]templ.Component) {
	f := frame("Geleend")
	f.Notices = []ui.Notice{
		{Kind: ui.KindGood, Text: "Verlengd: 2 van de 3.", Details: []string{"De zeven zussen: een andere lener wacht hierop."}},
		{Kind: ui.KindInfo, Text: "Er wacht 1 aanvraag op je antwoord."},
	}
	pages["loans"] = ui.Document(f, all(
		ui.PageHead("Geleend", ""), tabs(1),
		with(ui.Section(ui.Heading{Title: "Sem de Vries", ID: "sem", Lead: "4 dingen geleend. Het eerste moet vandaag terug."}),
			with(ui.Buttons(), ui.ButtonForm(ui.Post{Action: "/a", CSRF: "t", Button: ui.Press{Label: "Alles verlengen"}})), loans())))
	pages["fees"] = ui.Document(frame("Betalen"), all(ui.PageHead("Betalen", "Kies wat je nu wilt betalen."), tabs(3),
		with(ui.Form(ui.Post{Action: "/betalen", CSRF: "t", Label: "Betalen"}),
			with(ui.Choices(),
				ui.ChoiceRow(ui.Choice{ID: "f1", Name: "kosten", Value: "1", Label: "Te laat: De zeven zussen", Amount: "€ 2,50", Checked: true, Facts: []string{"22 november 2026"}}),
				ui.ChoiceRow(ui.Choice{ID: "f2", Name: "kosten", Value: "2", Label: "Abonnement", Amount: "€ 1.012,00", Checked: true}),
				ui.ChoiceRow(ui.Choice{ID: "f3", Name: "kosten", Value: "3", Label: "Te laat: Dolfje Weerwolfje en de verschrikkelijk lange titel", Amount: "€ 0,20", Disabled: true, Note: "Iemand anders is dit nu aan het betalen. Dit kan nog tot 16:45."})),
			ui.Total("Totaal", "€ 1.014,50"), with(ui.Buttons(), press("Betalen", ui.Primary), ui.LinkButton("/betalen/samen", "Samen betalen", ui.Secondary)))))
	pages["relations"] = ui.Document(frame("Relaties"), all(
		ui.PageHead("Relaties", "Regel hier wie voor wie mag verlengen en betalen."),
		ui.NoticeBox(ui.Notice{Kind: ui.KindWarn, Text: "We kunnen het bibliotheeksysteem nu niet bereiken. Probeer het straks opnieuw."}),
		with(ui.Section(ui.Heading{Title: "Deze aanvragen wachten op jou", ID: "w"}), with(ui.Cards(),
			with(ui.Card(), with(ui.CardHead(), ui.CardTitle("Şükrü Yıldırım", "t"), ui.Badge("Wacht op jou", ui.ToneWait)), ui.Facts([]ui.Fact{{"Functie", "Verlengen"}, {"Aangevraagd op", "24 november 2026"}}),
				with(ui.Buttons(), press("Bevestigen", ui.Primary), press("Weigeren", ui.Danger))),
			with(ui.Card(), ui.Person(noor), ui.Badge("Actief", ui.ToneGood), ui.Badge("Verlopen", ui.ToneCalm), ui.Badge("Te laat", ui.ToneLate),
				with(ui.Buttons(), press("Beëindigen", ui.Danger))))),
		with(ui.Section(ui.Heading{Title: "Logboek", ID: "log"}), ui.Log([]ui.Entry{
			{When: "24 november 2026, 16:45", ISO: "2026-11-24T15:45Z", Text: "Marieke de Vries verlengde 1 uitlening voor Sem de Vries.", By: "Via de balie: J. Bakker"},
			{When: "23 november 2026, 09:00", ISO: "2026-11-23T08:00Z", Text: "Sem de Vries bevestigde de machtiging Verlengen."},
		}))))
	menu := frame("Mijn menu")
	menu.HideNav = true
	pages["menu"] = ui.Document(menu, all(ui.PageHead("Mijn menu", ""), with(ui.Menu([]ui.Item{
		{"/geleend", "Geleend", "Wat je hebt geleend, en verlengen"},
		{"/betalen", "Betalen", "Boetes en andere kosten"},
		{"/relaties", "Relaties", "Passen van kinderen, buren of familie"},
		{"/mijn-gegevens", "Mijn gegevens", ""},
	}), templ.Raw("<li>"), ui.ButtonForm(ui.Post{Action: "/uitloggen", CSRF: "t", Button: ui.Press{Label: "Uitloggen", Variant: ui.Quiet}}), templ.Raw("</li>"))))
}

func formPages(pages map[string]templ.Component) {
	login := with(ui.Form(ui.Post{Action: "/inloggen", CSRF: "t"}),
		ui.TextField(ui.Field{Name: "login", Label: "Lenersnummer of gebruikersnaam", Hint: "Het nummer staat op je pas.", Autocomplete: "username", Focus: true}),
		ui.PasswordField(ui.Field{Name: "password", Label: "Wachtwoord", Autocomplete: "current-password"}),
		press("Inloggen", ui.Primary))
	pages["login"] = ui.Document(stranger("Inloggen"), all(ui.PageHead("Inloggen", "Met je pas van de bibliotheek."),
		with(ui.Columns(), with(ui.Panel(), login), with(ui.Section(ui.Heading{Title: "Voor het eerst hier?"}), ui.Steps([]string{
			"Vraag bij de balie een wachtwoord.", "Log in met het nummer op je pas.", "Kies zelf een nieuw wachtwoord.",
		}), ui.Hint("Wachtwoord vergeten? Vraag bij de balie een nieuw wachtwoord.")))))
	wrong := []string{"Gebruik minstens 8 tekens.", "Gebruik minstens 1 cijfer."}
	pages["faults"] = ui.Document(frame("Wachtwoord instellen"), all(ui.PageHead("Wachtwoord instellen", ""),
		ui.FormErrors("Er is iets niet goed ingevuld", []ui.Fault{{"new", wrong[0]}, {"new", wrong[1]}, {"born", "Vul een geboortedatum in die bestaat."}, {"", "Deze bladzijde is oud."}}),
		with(ui.Panel(), with(ui.Form(ui.Post{Action: "/relaties", CSRF: "t"}),
			ui.PasswordField(ui.Field{Name: "new", Label: "Nieuw wachtwoord", Hint: "Minstens 8 tekens, met een hoofdletter, een kleine letter, een cijfer en een van deze tekens: !@\\$%^*()<>?", Errors: wrong, Value: "geheim", Autocomplete: "new-password"}),
			ui.TextField(ui.Field{Name: "number", Label: "Pasnummer", InputMode: "numeric", Value: "<b>\"29876\"</b>", Short: true, MaxLength: 40}),
			ui.DateFields(ui.Date{
				Name: "born", Legend: "Geboortedatum", Hint: "Bijvoorbeeld 2 6 2014", Errors: []string{"Vul een geboortedatum in die bestaat."},
				Day: ui.DatePart{"day", "Dag", "31"}, Month: ui.DatePart{"month", "Maand", "2"}, Year: ui.DatePart{"year", "Jaar", "2014"},
			}),
			ui.Radios(ui.Options{Name: "side", Legend: "Relatie", Options: []ui.Option{
				{Value: "a", Label: "Machtig mij voor zijn/haar abonnement", Hint: "Jij mag iets doen voor de ander.", Checked: true},
				{Value: "b", Label: "Ik machtig hem/haar voor mijn abonnement", Hint: "De ander mag iets doen voor jou."},
			}}),
			ui.Checkboxes(ui.Options{Name: "scope", Legend: "Functie", Hint: "Kies er een of allebei.", Errors: []string{"Kies Verlengen, Betalen of allebei."}, Options: []ui.Option{
				{Value: "renew", Label: "Verlengen"}, {Value: "pay", Label: "Betalen", Disabled: true},
			}}),
			with(ui.Buttons(), press("Aanvragen", ui.Primary), press("Opslaan", ui.Secondary), press("Beëindigen", ui.Danger), press("Niet nu", ui.Quiet))))))
	pages["error"] = ui.Document(stranger("Deze bladzijde is er niet"), ui.ErrorPage("Deze bladzijde is er niet",
		[]string{"Misschien is het adres verkeerd getypt, of is er iets verhuisd. Begin opnieuw vanaf de eerste bladzijde."}, "", "Naar Mijn bibliotheek", "/"))
	complaint := frame("Betalen")
	complaint.Notices = []ui.Notice{{Kind: ui.KindError, Text: "Het bedrag is intussen veranderd. Kijk het na en kies opnieuw."}}
	pages["nothing"] = ui.Document(complaint, all(ui.PageHead("Betalen", ""), tabs(0), with(ui.EmptyState("Je hoeft niets te betalen", "Fijn! Alles is betaald."), ui.LinkButton("/geleend", "Bekijk wat je hebt geleend", ui.Secondary))))
}

func deskPages(pages map[string]templ.Component) {
	f := frame("Pas")
	f.Dense, f.Nav = true, []ui.Link{{Href: "/balie", Label: "Zoeken", Current: true}}
	f.Me = &ui.Who{Name: "J. Bakker", Key: 7}
	pages["desk"] = ui.Document(f, all(ui.PageHead("Marieke de Vries", "Pas 2 0037 1234 5678"),
		with(ui.SearchForm(ui.Post{Action: "/balie/zoeken", CSRF: "t"}), ui.TextField(ui.Field{Name: "zoek", Label: "Pasnummer of naam", Focus: true}), press("Zoeken", ui.Primary)),
		with(ui.Section(ui.Heading{Title: "Openstaand", ID: "open"}), ui.DataTable(ui.Table{
			Caption: "Wat openstaat", QuietCaption: true,
			Columns: []ui.Column{{Label: "Wie"}, {Label: "Waarvoor"}, {Label: "Datum"}, {Label: "Bedrag", Number: true}, {Label: "Doen", Quiet: true}},
			Rows: [][]templ.Component{
				{ui.Person(sem), ui.Text("Te laat: Dolfje Weerwolfje"), ui.Text("22 november"), ui.Amount("€ 1.002,50"), ui.ButtonForm(ui.Post{Action: "/x", CSRF: "t", Button: ui.Press{Label: "Contant", Variant: ui.Secondary}})},
				{ui.Person(opa), ui.Text("Abonnement"), ui.Text("1 november"), ui.Amount("€ 42,11"), ui.Text("")},
			},
			Foot: []templ.Component{ui.Text("Totaal"), ui.Text(""), ui.Text(""), ui.Amount("€ 1.044,61"), ui.Text("")},
		}), with(ui.Buttons(), press("Contant", ui.Primary), press("PIN", ui.Primary)))))
	pages["receipt"] = ui.Document(f, ui.Receipt(ui.Slip{
		Library: "Bibliotheek Rijnwaarde", Title: "Bon", Facts: []ui.Fact{{"Datum", "24 november 2026, 16:45"}, {"Betaald met", "PIN"}, {"Nummer", "1043"}},
		Groups: []ui.ReceiptGroup{
			{Title: "Sem de Vries", Lines: []ui.Line{{"Te laat: Dolfje Weerwolfje", "22 november 2026", "€ 2,50"}}},
			{Title: "Şükrü Yıldırım", Lines: []ui.Line{{"Abonnement", "", "€ 42,00"}}},
		},
		TotalLabel: "Totaal", Total: "€ 44,50", Closing: "Dank je wel en tot ziens.",
	}))
}

// emptyPages has every component with nothing in it.
func emptyPages(pages map[string]templ.Component) {
	pages["empty"] = ui.Document(ui.Frame{Lang: "nl", Title: "Leeg", HomeHref: "/", LibraryName: "Bibliotheek", SkipLabel: "Naar de inhoud"}, all(
		ui.PageHead("Leeg", ""), ui.NoticeBox(ui.Notice{Kind: ui.KindInfo, Text: "Leeg."}), ui.FormErrors("", nil), ui.Form(ui.Post{}), ui.EmptyState("Niets", ""),
		ui.Facts(nil), ui.Hint("Niets"), ui.Amount(""), ui.Text(""), ui.Person(ui.Who{}), ui.Section(ui.Heading{Title: "Leeg"}),
		ui.DueDate(ui.Due{}), ui.Panel(), ui.Columns(), ui.Buttons(), ui.Total("Totaal", "")))
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// handler serves the gallery like the program serves its pages.
func handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/stijl/", ui.Assets())
	for name, page := range gallery() {
		mux.Handle("/"+name, templ.Handler(page))
	}
	return mux
}
