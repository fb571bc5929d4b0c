package webtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// Page is one answer.
type Page struct {
	*goquery.Document
	Status int
	URL    *url.URL // where the redirects ended
	Body   string
	Header http.Header
	b      *Browser
}

// Post sends fields with the token of the page, unless they have one, without
// looking at its forms.
func (p *Page) Post(path string, fields url.Values) *Page {
	p.b.t.Helper()
	all := url.Values{"csrf_token": {p.Token()}}
	for k, v := range fields {
		all[k] = v
	}
	return p.b.Do(http.MethodPost, path, all)
}

// Token is the anti-forgery token on the page.
func (p *Page) Token() string {
	token, _ := p.Find(`input[name="csrf_token"]`).First().Attr("value")
	return token
}

// Follow follows the link of that name.
func (p *Page) Follow(link string) *Page {
	p.b.t.Helper()
	for _, a := range p.Find("a").EachIter() {
		if href, ok := a.Attr("href"); ok && named(a) == link {
			return p.b.Get(href)
		}
	}
	p.b.t.Fatalf("%s: no link %q on:\n%s", p.URL.Path, link, p.Text())
	return nil
}

// Text is all that stands on the page, Main its own part of it.
func (p *Page) Text() string { return text(p.Find("body")) }

// Main is what stands on the page without header and footer.
func (p *Page) Main() string { return text(p.Find("main")) }

// Labels lists the texts of what the selector finds.
func (p *Page) Labels(selector string) []string {
	var out []string
	for _, s := range p.Find(selector).EachIter() {
		out = append(out, text(s))
	}
	return out
}

// Wants checks status and sentences.
func (p *Page) Wants(status int, sentences ...string) *Page {
	p.b.t.Helper()
	if p.Status != status {
		p.b.t.Errorf("%s: status %d, want %d:\n%s", p.URL.Path, p.Status, status, p.Text())
	}
	for _, s := range sentences {
		if !strings.Contains(p.Text(), s) {
			p.b.t.Errorf("%s: no %q on:\n%s", p.URL.Path, s, p.Text())
		}
	}
	return p
}

// WantsAt checks the address, without its query.
func (p *Page) WantsAt(path string) *Page {
	p.b.t.Helper()
	if p.URL.Path != path {
		p.b.t.Errorf("at %s, want %s:\n%s", p.URL.Path, path, p.Text())
	}
	return p
}

// Lacks checks that nothing of it is anywhere in the answer.
func (p *Page) Lacks(texts ...string) *Page {
	p.b.t.Helper()
	for _, s := range texts {
		if strings.Contains(p.Body, s) {
			p.b.t.Errorf("%s: has %q", p.URL.Path, s)
		}
	}
	return p
}

// WantsLabels checks the texts of what the selector finds.
func (p *Page) WantsLabels(selector string, want ...string) *Page {
	p.b.t.Helper()
	if got := p.Labels(selector); !slices.Equal(got, want) {
		p.b.t.Errorf("%s: %s are %q, want %q", p.URL.Path, selector, got, want)
	}
	return p
}

// named is a link's name: its text without what is hidden from screen readers,
// such as initials.
func named(a *goquery.Selection) string {
	a = a.Clone()
	a.Find(`[aria-hidden="true"]`).Remove()
	return text(a)
}

// text is what stands in the elements. Between two elements there is a space,
// as a reader sees one.
func text(s *goquery.Selection) string {
	var parts []string
	for _, n := range s.Nodes {
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				parts = append(parts, d.Data)
			}
		}
	}
	return Clean(strings.Join(parts, " "))
}

// Clean evens out white space, also the kind that keeps an amount together.
func Clean(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\u00a0", " ")), " ")
}
