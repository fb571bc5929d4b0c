package testbank

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"maps"
	"net/http"
	"slices"
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
	PaidBack, TakenBack, GivenBack                           string // with a sum
	After, AfterLead                                         string
	TakeBack, GiveBack                                       string // buttons
	All, None, Open                                          string // of the list of payments
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
		PaidBack: "Terugbetaald", TakenBack: "Gestorneerd", GivenBack: "Storno ingetrokken",
		After: "Wat kan de betaler nog doen?", AfterLead: "Wie betaald heeft, kan de bank vragen om het geld terug te halen. Dat heet storneren. Probeer hier wat er dan gebeurt.",
		TakeBack: "Storneren", GiveBack: "Storno intrekken",
		All: "Alle betalingen bij deze testbank", None: "Er zijn nog geen betalingen.", Open: "Nog niet betaald",
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
		PaidBack: "Refunded", TakenBack: "Charged back", GivenBack: "Chargeback withdrawn",
		After: "What else can the payer do?", AfterLead: "A payer can ask their bank to take the money back. That is a chargeback. Try here what happens then.",
		TakeBack: "Charge back", GiveBack: "Withdraw the chargeback",
		All: "All payments at this test bank", None: "There are no payments yet.", Open: "Not paid yet",
		Lost: "There is no such payment", LostText: "The test bank does not know this payment. Go back to the library and start again.",
	}
}

// view is what the template is given.
type view struct {
	Lang, Style string
	W           words
	Found, List bool   // about one order; about all
	Orders      []line // of the list
	Amount, For string
	State       payment.State
	Said        string // what became of it; "" while it is open
	Moved       []sum  // what went back
	TakeBack    bool   // whether there is something to charge back
	GiveBack    bool   // whether a chargeback can be withdrawn
	Return, All string // the way back, the list
}

// sum is one line of what went back.
type sum struct{ What, Amount string }

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
	mux.HandleFunc("GET /testbank/{$}", b.list)
	mux.HandleFunc("/testbank/", b.lost)
	return mux
}

func (b *Bank) show(w http.ResponseWriter, r *http.Request) {
	var v view
	if err := b.with(r.Context(), r.PathValue("ref"), func(o *order) error {
		v = newView(o)
		return nil
	}); err != nil {
		b.lost(w, r)
		return
	}
	b.write(w, r, http.StatusOK, v)
}

// newView is what the page shows of an order.
func newView(o *order) view {
	v := view{
		Lang: o.asked.Language, W: dutch(), Found: true, Amount: euros(o.asked.Amount, o.asked.Language),
		For: o.asked.Description, State: o.state, Return: o.asked.Return, TakeBack: o.left() > 0, GiveBack: o.chargedBack() > 0,
	}
	if v.Lang == english {
		v.W = inEnglish()
	}
	if o.state != payment.Open {
		v.Said = v.W.Said[o.state]
	}
	for _, r := range o.refunds {
		v.Moved = append(v.Moved, sum{v.W.PaidBack, euros(r.Amount, v.Lang)})
	}
	for _, c := range o.chargebacks {
		v.Moved = append(v.Moved, sum{v.W.TakenBack, euros(c.Amount, v.Lang)})
		if !c.RestoredAt.IsZero() {
			v.Moved = append(v.Moved, sum{v.W.GivenBack, euros(c.Amount, v.Lang)})
		}
	}
	return v
}

// What the buttons on a paid order send.
const (
	takeBack = "storno"
	giveBack = "storno-terug"
)

// press is a button: the outcome counts, the webhook goes out, and the payer
// goes back.
func (b *Bank) press(w http.ResponseWriter, r *http.Request) {
	const bodySize = 4 << 10
	r.Body = http.MaxBytesReader(w, r.Body, bodySize)
	act := b.act(r.PostFormValue(field))
	if act == nil {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	var back string
	if err := b.with(r.Context(), r.PathValue("ref"), func(o *order) error {
		act(o)
		back = o.asked.Return
		return nil
	}); err != nil {
		b.lost(w, r)
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// act is what a button does, or nil when there is no such button.
func (b *Bank) act(chosen string) func(*order) {
	switch chosen {
	case takeBack:
		return b.takeBack
	case giveBack:
		return b.giveBack
	}
	for _, known := range dutch().Outcomes {
		if string(known.State) == chosen {
			return func(o *order) { b.finish(o, known.State) }
		}
	}
	return nil
}

// lost is the page for an order that does not exist.
func (b *Bank) lost(w http.ResponseWriter, r *http.Request) {
	b.write(w, r, http.StatusNotFound, b.unasked(r))
}

// list is the page with every order, so that a payment of before can be charged
// back. In a demo everybody may see them.
func (b *Bank) list(w http.ResponseWriter, r *http.Request) {
	v := b.unasked(r)
	v.List = true
	b.mu.Lock()
	orders := slices.SortedFunc(maps.Values(b.byRef), func(x, y *order) int {
		return cmp.Or(y.made.Compare(x.made), strings.Compare(x.ref, y.ref))
	})
	for _, o := range orders {
		b.age(o)
		v.Orders = append(v.Orders, line{
			Href: b.address(o.ref), For: o.asked.Description, Amount: euros(o.asked.Amount, v.Lang), State: v.W.stands(o),
		})
	}
	b.mu.Unlock()
	b.write(w, r, http.StatusOK, v)
}

// line is one order in the list.
type line struct{ Href, For, Amount, State string }

// stands is how an order stands, in a word or two.
func (w words) stands(o *order) string {
	switch {
	case o.chargedBack() > 0:
		return w.TakenBack
	case o.refunded() > 0:
		return w.PaidBack
	}
	for _, known := range w.Outcomes {
		if known.State == o.state {
			return known.Label
		}
	}
	return w.Open
}

// unasked is a page that is about no order. The reader's language is not known:
// it follows the browser.
func (b *Bank) unasked(r *http.Request) view {
	v := view{Lang: "nl", W: dutch(), Return: b.options.Base.String() + "/"}
	if strings.HasPrefix(r.Header.Get("Accept-Language"), english) {
		v.Lang, v.W = english, inEnglish()
	}
	return v
}

func (b *Bank) write(w http.ResponseWriter, r *http.Request, status int, v view) {
	if v.Lang != english {
		v.Lang = "nl"
	}
	v.All = b.address("")
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
