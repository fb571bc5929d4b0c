package testbank

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"hoofdpas/internal/payment"
)

//go:embed page.html
var pageText string

//go:embed page.css
var styleText string

const english = "en"

// words are what the page says in one language.
type words struct {
	Title, Heading, Lead, Warning, Amount, For, Choose, Back string
	Outcomes                                                 []outcome
	Said                                                     map[payment.State]string
	Lost, LostText                                           string
}

// outcome is a button.
type outcome struct {
	State payment.State
	Label string
}

// dutch and inEnglish hold the same in two languages.
func dutch() words {
	return words{
		Title: "Testbank", Heading: "Testbank", Warning: "Dit is een testbank. Je betaalt niets.",
		Lead:   "Deze bladzijde staat op de plaats van de bank. Er gaat geen geld van je rekening. Kies zelf hoe de betaling afloopt.",
		Amount: "Bedrag", For: "Omschrijving", Choose: "Hoe loopt de betaling af?", Back: "Terug naar de bibliotheek",
		Outcomes: []outcome{
			{payment.Paid, "Betaald"}, {payment.Failed, "Mislukt"}, {payment.Cancelled, "Geannuleerd"}, {payment.Expired, "Verlopen"},
		},
		Said: map[payment.State]string{
			payment.Paid: "Deze betaling is betaald.", payment.Failed: "Deze betaling is mislukt.",
			payment.Cancelled: "Deze betaling is geannuleerd.", payment.Expired: "Deze betaling is verlopen.",
		},
		Lost: "Deze betaling is er niet", LostText: "De testbank kent deze betaling niet. Ga terug naar de bibliotheek en begin opnieuw.",
	}
}

func inEnglish() words {
	return words{
		Title: "Test bank", Heading: "Test bank", Warning: "This is a test bank. You pay nothing.",
		Lead:   "This page stands in for the bank. No money leaves your account. Choose yourself how the payment ends.",
		Amount: "Amount", For: "Description", Choose: "How does the payment end?", Back: "Back to the library",
		Outcomes: []outcome{
			{payment.Paid, "Paid"}, {payment.Failed, "Failed"}, {payment.Cancelled, "Cancelled"}, {payment.Expired, "Expired"},
		},
		Said: map[payment.State]string{
			payment.Paid: "This payment has been paid.", payment.Failed: "This payment has failed.",
			payment.Cancelled: "This payment has been cancelled.", payment.Expired: "This payment has expired.",
		},
		Lost: "There is no such payment", LostText: "The test bank does not know this payment. Go back to the library and start again.",
	}
}

// view is what the template is given.
type view struct {
	Lang, Style string
	W           words
	Found       bool
	Amount, For string
	State       payment.State
	Said        string // what became of it; "" while it is open
	Return      string
}

// Addresses of the page.
const (
	pageAt = "/testbank/{ref}"
	field  = "uitkomst"
)

// Handler serves the bank's page, below /testbank/.
func (b *Bank) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pageAt, b.show)
	mux.Handle("POST "+pageAt, http.NewCrossOriginProtection().Handler(http.HandlerFunc(b.press)))
	mux.HandleFunc("/testbank/", func(w http.ResponseWriter, r *http.Request) { b.lost(w, r) })
	return mux
}

func (b *Bank) show(w http.ResponseWriter, r *http.Request) {
	o, state, ok := b.look(r.PathValue("ref"))
	if !ok {
		b.lost(w, r)
		return
	}
	v := view{
		Lang: o.Language, W: dutch(), Found: true, Amount: euros(o.Amount, o.Language), For: o.Description,
		State: state, Return: o.Return,
	}
	if o.Language == english {
		v.W = inEnglish()
	}
	if state != payment.Open {
		v.Said = v.W.Said[state]
	}
	b.write(w, r, http.StatusOK, v)
}

// press is a button: the outcome counts, the webhook goes out, and the payer
// goes back.
func (b *Bank) press(w http.ResponseWriter, r *http.Request) {
	const bodySize = 4 << 10
	r.Body = http.MaxBytesReader(w, r.Body, bodySize)
	chosen := payment.State(r.PostFormValue(field))
	for _, known := range dutch().Outcomes {
		if known.State != chosen {
			continue
		}
		if o, ok := b.decide(r.PathValue("ref"), chosen); ok {
			http.Redirect(w, r, o.Return, http.StatusSeeOther)
			return
		}
		b.lost(w, r)
		return
	}
	http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
}

// lost is the page for an order that does not exist. The reader's language is
// not known: it follows the browser.
func (b *Bank) lost(w http.ResponseWriter, r *http.Request) {
	v := view{Lang: "nl", W: dutch(), Return: b.options.Base.String() + "/"}
	if strings.HasPrefix(r.Header.Get("Accept-Language"), english) {
		v.Lang, v.W = english, inEnglish()
	}
	b.write(w, r, http.StatusNotFound, v)
}

func (b *Bank) write(w http.ResponseWriter, r *http.Request, status int, v view) {
	if v.Lang != english {
		v.Lang = "nl"
	}
	var body bytes.Buffer
	if err := b.page.Execute(&body, v); err != nil {
		b.options.Log.ErrorContext(r.Context(), "testbank: write the page", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", b.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the reader went away
}

func newPage() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(styleText) }, //nolint:gosec // our own file
	}).Parse(pageText))
}

// policy lets the page load its own style and nothing else.
func policy() string {
	sum := sha256.Sum256([]byte(styleText))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

func comma(amount string) string { return strings.Replace(amount, ".", ",", 1) }
