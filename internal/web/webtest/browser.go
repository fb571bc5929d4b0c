// Package webtest is a reader at a browser without scripts, for the tests of
// pages: it keeps cookies, follows redirects and pages that go on at once, and sends forms as they stand on
// the page.
package webtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Browser is one reader's browser.
type Browser struct {
	t    testing.TB
	site string
	http *http.Client
}

// Open opens a browser for a site, such as http://127.0.0.1:1234.
func Open(t testing.TB, site string) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{t: t, site: site, http: &http.Client{Jar: jar}}
}

// Get fetches an address of the site.
func (b *Browser) Get(path string) *Page {
	b.t.Helper()
	return b.Do(http.MethodGet, path, nil)
}

// Do sends fields to an address of the site and follows where it leads.
func (b *Browser) Do(method, path string, fields url.Values) *Page {
	b.t.Helper()
	p, err := b.Try(method, path, fields)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// Try is Do for a goroutine of its own, which may not end the test.
func (b *Browser) Try(method, path string, fields url.Values) (*Page, error) {
	p, err := b.fetch(method, path, fields)
	if err != nil {
		return nil, err
	}
	if on, ok := strings.CutPrefix(p.Header.Get("Refresh"), "0;url="); ok {
		return b.fetch(http.MethodGet, on, nil)
	}
	return p, nil
}

// Stay fetches an address of the site, and stays on a page that goes on at once.
func (b *Browser) Stay(path string) *Page {
	b.t.Helper()
	p, err := b.fetch(http.MethodGet, path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *Browser) fetch(method, path string, fields url.Values) (*Page, error) {
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.at(path).String(), strings.NewReader(fields.Encode()))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := b.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch a page: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("read a page: %w", err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("read a page: %w", err)
	}
	return &Page{
		Document: doc, Status: resp.StatusCode, URL: resp.Request.URL, Body: string(body), Header: resp.Header, b: b,
	}, nil
}

func (b *Browser) at(path string) *url.URL {
	if !strings.HasPrefix(path, "http") {
		path = b.site + path
	}
	u, err := url.Parse(path)
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// Cookie is the value of a cookie of the site, "" for none.
func (b *Browser) Cookie(name string) string {
	for _, c := range b.http.Jar.Cookies(b.at("/")) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// SetCookie puts a cookie of the site into the browser.
func (b *Browser) SetCookie(name, value string) {
	b.http.Jar.SetCookies(b.at("/"), []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}
