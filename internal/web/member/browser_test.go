package member_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// browser is a reader at a browser without scripts: it keeps cookies, follows
// redirects and sends forms as they stand on the page.
type browser struct {
	t    *testing.T
	site *site
	http *http.Client
}

// page is one answer.
type page struct {
	*goquery.Document
	b      *browser
	status int
	url    *url.URL
	body   string
	header http.Header
}

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, site: s, http: &http.Client{Jar: jar}}
}

// get fetches an address of the site.
func (b *browser) get(path string) *page {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil)
}

func (b *browser) do(method, path string, fields url.Values) *page {
	b.t.Helper()
	address := path
	if !strings.HasPrefix(path, "http") {
		address = b.site.url + path
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(fields.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	return &page{doc, b, resp.StatusCode, resp.Request.URL, string(body), resp.Header}
}

// post sends fields with the token of the page, without looking at its forms.
func (p *page) post(path string, fields url.Values) *page {
	p.b.t.Helper()
	all := url.Values{}
	for k, v := range fields {
		all[k] = v
	}
	if !all.Has("csrf_token") {
		all.Set("csrf_token", p.token())
	}
	return p.b.do(http.MethodPost, path, all)
}

func (p *page) token() string {
	token, _ := p.Find(`input[name="csrf_token"]`).First().Attr("value")
	return token
}

// form is one form of a page, with what stands in it.
type form struct {
	p      *page
	action string
	fields url.Values
}

// form finds the form with a button of that name. Its fields are as the page
// filled them in; with is for several forms with the same button: the form, or
// something around it, must have that text.
func (p *page) form(button string, with ...string) form {
	p.b.t.Helper()
	found := p.buttons(button, with...)
	if len(found) == 0 {
		p.b.t.Fatalf("%s: no button %q %v on:\n%s", p.url.Path, button, with, p.text())
	}
	f := found[0].Closest("form")
	action, _ := f.Attr("action")
	out := form{p: p, action: action, fields: url.Values{}}
	f.Find("input, select, textarea").Each(func(_ int, in *goquery.Selection) {
		name, _ := in.Attr("name")
		value, _ := in.Attr("value")
		kind, _ := in.Attr("type")
		_, checked := in.Attr("checked")
		switch {
		case name == "":
		case kind == "checkbox" || kind == "radio":
			if checked {
				out.fields.Add(name, value)
			}
		case goquery.NodeName(in) == "select":
			value, _ = in.Find("option[selected]").Attr("value")
			if value == "" {
				value, _ = in.Find("option").First().Attr("value")
			}
			out.fields.Add(name, value)
		default:
			out.fields.Add(name, value)
		}
	})
	if name, ok := found[0].Attr("name"); ok {
		value, _ := found[0].Attr("value")
		out.fields.Set(name, value)
	}
	return out
}

// buttons lists the buttons of that accessible name, if given those in
// something small that has all the texts.
func (p *page) buttons(name string, with ...string) []*goquery.Selection {
	var out []*goquery.Selection
	p.Find("button").Each(func(_ int, b *goquery.Selection) {
		if clean(b.Text()) != name {
			return
		}
		around := clean(b.Closest("li, tr, article, section, form").Text())
		for _, w := range with {
			if !strings.Contains(around, w) {
				return
			}
		}
		out = append(out, b)
	})
	return out
}

// set changes a field.
func (f form) set(name string, values ...string) form {
	f.fields[name] = values
	return f
}

// send presses the button.
func (f form) send() *page {
	f.p.b.t.Helper()
	return f.p.b.do(http.MethodPost, f.action, f.fields)
}

// press presses the button as the form stands.
func (p *page) press(button string, with ...string) *page {
	p.b.t.Helper()
	return p.form(button, with...).send()
}

// follow follows the link of that name.
func (p *page) follow(link string) *page {
	p.b.t.Helper()
	var href string
	p.Find("a").EachWithBreak(func(_ int, a *goquery.Selection) bool {
		if clean(a.Text()) == link {
			href, _ = a.Attr("href")
			return false
		}
		return true
	})
	if href == "" {
		p.b.t.Fatalf("%s: no link %q on:\n%s", p.url.Path, link, p.text())
	}
	return p.b.get(href)
}

func (p *page) text() string { return clean(p.Find("body").Text()) }

func (p *page) main() string { return clean(p.Find("main").Text()) }

// labels lists the texts of what the selector finds.
func (p *page) labels(selector string) []string {
	var out []string
	p.Find(selector).Each(func(_ int, s *goquery.Selection) { out = append(out, clean(s.Text())) })
	return out
}

// wants checks status and sentences.
func (p *page) wants(status int, sentences ...string) *page {
	p.b.t.Helper()
	if p.status != status {
		p.b.t.Errorf("%s: status %d, want %d:\n%s", p.url.Path, p.status, status, p.text())
	}
	for _, s := range sentences {
		if !strings.Contains(p.text(), s) {
			p.b.t.Errorf("%s: no %q on:\n%s", p.url.Path, s, p.text())
		}
	}
	return p
}

// lacks checks that nothing of it is anywhere in the answer.
func (p *page) lacks(texts ...string) *page {
	p.b.t.Helper()
	for _, s := range texts {
		if strings.Contains(p.body, s) {
			p.b.t.Errorf("%s: has %q", p.url.Path, s)
		}
	}
	return p
}

func (p *page) wantsLabels(selector string, want ...string) *page {
	p.b.t.Helper()
	if got := p.labels(selector); !slices.Equal(got, want) {
		p.b.t.Errorf("%s: %s are %q, want %q", p.url.Path, selector, got, want)
	}
	return p
}

func clean(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\u00a0", " ")), " ")
}
