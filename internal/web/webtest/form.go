package webtest

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// Form is one form of a page, with what stands in it.
type Form struct {
	Action string
	Fields url.Values
	p      *Page
}

// Form finds the form with a button of that name. Its fields are as the page
// filled them in. around tells several forms with the same button apart: the
// form, or something small around it, has these texts.
func (p *Page) Form(button string, around ...string) Form {
	p.b.t.Helper()
	found := p.Buttons(button, around...)
	if len(found) == 0 {
		p.b.t.Fatalf("%s: no button %q %v on:\n%s", p.URL.Path, button, around, p.Text())
	}
	f := found[0].Closest("form")
	action, _ := f.Attr("action")
	out := Form{p: p, Action: p.resolve(action), Fields: url.Values{}}
	for _, in := range f.Find("input, select, textarea").EachIter() {
		if name, value, sent := field(in); sent {
			out.Fields.Add(name, value)
		}
	}
	if name, ok := found[0].Attr("name"); ok {
		value, _ := found[0].Attr("value")
		out.Fields.Set(name, value)
	}
	return out
}

// resolve is where a form goes: one without an address goes to its page.
func (p *Page) resolve(action string) string {
	u, err := p.URL.Parse(action)
	if err != nil {
		return action
	}
	return u.RequestURI()
}

// field is what a field sends as it stands.
func field(in *goquery.Selection) (name, value string, sent bool) {
	name, _ = in.Attr("name")
	value, _ = in.Attr("value")
	kind, _ := in.Attr("type")
	_, checked := in.Attr("checked")
	_, disabled := in.Attr("disabled")
	switch {
	case name == "" || disabled:
		return "", "", false
	case kind == "checkbox" || kind == "radio":
		return name, value, checked
	case goquery.NodeName(in) == "select":
		option := in.Find("option[selected]")
		if option.Length() == 0 {
			option = in.Find("option")
		}
		value, _ = option.First().Attr("value")
	}
	return name, value, true
}

// Buttons lists the buttons of that name, if given those in something small
// that has all the texts.
func (p *Page) Buttons(name string, around ...string) []*goquery.Selection {
	var out []*goquery.Selection
	for _, b := range p.Find("button").EachIter() {
		row := b.Closest("li, tr, article")
		if row.Length() == 0 {
			row = b.Closest("form, section")
		}
		near, fits := text(row), text(b) == name
		for _, text := range around {
			fits = fits && strings.Contains(near, text)
		}
		if fits {
			out = append(out, b)
		}
	}
	return out
}

// Set changes a field; without values it is not sent.
func (f Form) Set(name string, values ...string) Form {
	fields := url.Values{}
	for k, v := range f.Fields {
		fields[k] = v
	}
	delete(fields, name)
	if len(values) > 0 {
		fields[name] = values
	}
	f.Fields = fields
	return f
}

// Send presses the button.
func (f Form) Send() *Page {
	f.p.b.t.Helper()
	return f.p.b.Do(http.MethodPost, f.Action, f.Fields)
}

// Try presses the button in a goroutine of its own.
func (f Form) Try() (*Page, error) { return f.p.b.Try(http.MethodPost, f.Action, f.Fields) }

// Press presses the button as its form stands.
func (p *Page) Press(button string, around ...string) *Page {
	p.b.t.Helper()
	return p.Form(button, around...).Send()
}
