package bench_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// visitor is a member without a browser: it reads pages and fills in forms by
// their labels.
type visitor struct {
	t      testing.TB
	client *http.Client
	base   string
	page   *goquery.Document
	body   []byte
	at     *url.URL
}

func newVisitor(t testing.TB, base string) *visitor {
	t.Helper()
	return newVisitorFrom(t, base, "127.0.0.1")
}

// newVisitorFrom comes from a loopback address of its own: two hundred members
// do not share one.
func newVisitorFrom(t testing.TB, base, address string) *visitor {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, base: base, client: &http.Client{Jar: jar, Transport: &http.Transport{DialContext: dialer.DialContext}}}
}

// fetch reads a page without looking at it, and tells how long that took.
func (v *visitor) fetch(path string) time.Duration {
	v.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	began := time.Now()
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		v.t.Fatal(err)
	}
	took := time.Since(began)
	if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != path {
		v.t.Fatalf("%s: %s", resp.Request.URL, resp.Status)
	}
	return took
}

func (v *visitor) open(path string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	v.read(v.client.Do(req))
}

func (v *visitor) read(resp *http.Response, err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	if v.body, err = io.ReadAll(resp.Body); err != nil {
		v.t.Fatal(err)
	}
	v.at = resp.Request.URL
	if v.page, err = goquery.NewDocumentFromReader(strings.NewReader(string(v.body))); err != nil {
		v.t.Fatal(err)
	}
}

// press fills in the fields by their labels and presses the button.
func (v *visitor) press(button string, fields map[string]string) {
	v.t.Helper()
	v.read(v.send(button, fields))
}

func (v *visitor) send(button string, fields map[string]string) (*http.Response, error) {
	v.t.Helper()
	forms := v.page.Find("form").FilterFunction(func(_ int, f *goquery.Selection) bool {
		return f.Find("button").FilterFunction(func(_ int, b *goquery.Selection) bool {
			return strings.TrimSpace(b.Text()) == button
		}).Length() > 0
	})
	if forms.Length() == 0 {
		v.t.Fatalf("no button %q on %s", button, v.at.Path)
	}
	form := forms.First()
	values := url.Values{}
	form.Find("input[type=hidden]").Each(func(_ int, in *goquery.Selection) {
		values.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	for label, value := range fields {
		id := ""
		form.Find("label").Each(func(_ int, l *goquery.Selection) {
			if strings.HasPrefix(strings.TrimSpace(l.Text()), label) && id == "" {
				id = l.AttrOr("for", "")
			}
		})
		values.Set(form.Find("[id='"+id+"']").AttrOr("name", label), value)
	}
	action, err := v.at.Parse(form.AttrOr("action", ""))
	if err != nil {
		v.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, action.String(), strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.client.Do(req)
}
