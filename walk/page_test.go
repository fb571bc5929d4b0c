package walk

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func on(o *runtime.RemoteObject) chromedp.CallOption {
	return func(p *runtime.CallFunctionOnParams) { p.ObjectID = o.ObjectID }
}

// Open goes to a page by its address, as from a bookmark.
func (p *page) Open(path string) {
	p.story.t.Helper()
	p.goes("open "+path, chromedp.Navigate(p.story.home+path))
}

// Reload fetches the page anew.
func (p *page) Reload() {
	p.story.t.Helper()
	p.goes("reload", chromedp.Reload())
}

// Follow clicks a link.
func (p *page) Follow(name string) {
	p.story.t.Helper()
	p.goes("follow "+name, click(p.one(aLink, name)))
}

// Press clicks a button that sends a form. about says which, when there are
// several: the title of the loan, say.
func (p *page) Press(name string, about ...string) {
	p.story.t.Helper()
	p.goes("press "+name, click(p.one(aButton, name, about...)))
}

// Pay presses Betalen and, at the bank, the button of that name.
func (p *page) Pay(button string) {
	p.story.t.Helper()
	p.ToBank()
	p.Press(button)
}

// ToBank presses Betalen and waits for the bank's page.
func (p *page) ToBank() {
	p.story.t.Helper()
	p.Press("Betalen")
	p.arrive()
}

// arrive waits until the page that leads to the bank by itself has led there. It
// asks the browser nothing meanwhile: what is asked of a page that is just
// being replaced by another site's may stop the window for good.
func (p *page) arrive() {
	p.story.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience * time.Second); ; {
		p.mu.Lock()
		at, loaded := p.at, p.loaded
		p.mu.Unlock()
		if loaded && strings.HasPrefix(at, cmp.Or(p.story.bank, p.story.home+"/testbank/")) {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			p.fail("%s did not lead to the bank", at)
		}
	}
}

func click(x thing) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		left, top, err := x.middle(ctx, t)
		if err != nil {
			return err
		}
		_, err = chromedp.MouseClickXY(left, top)(ctx, t)
		return err
	})
}

// Fill types into a field in the place of what was there.
func (p *page) Fill(label, text string) {
	p.story.t.Helper()
	p.enter(p.one(aField, label), text)
}

func (p *page) enter(x thing, text string) {
	p.story.t.Helper()
	p.do("fill "+x.name, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, dom.Focus, dom.FocusParams{BackendNodeID: x.id}); err != nil {
			return fmt.Errorf("go to the field: %w", err)
		}
		if _, err := call[chromedp.Void](ctx, t, x, `function () { this.select() }`); err != nil {
			return fmt.Errorf("select what is there: %w", err)
		}
		if text == "" {
			_, err := chromedp.KeyEvent(kb.Backspace)(ctx, t)
			return err
		}
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// Tick sets a check box.
func (p *page) Tick(label string) { p.story.t.Helper(); p.set(aBox, label, true) }

// Untick clears a check box.
func (p *page) Untick(label string) { p.story.t.Helper(); p.set(aBox, label, false) }

func (p *page) set(roles []string, label string, want bool) {
	p.story.t.Helper()
	x := p.one(roles, label)
	if x.checked == want {
		return
	}
	p.do("tick "+label, click(x))
	if p.one(roles, label).checked != want {
		p.fail("clicking %q did not change it", label)
	}
}

// Choose picks one of several: a radio button, or a row of a list.
func (p *page) Choose(label, choice string) {
	p.story.t.Helper()
	if len(p.all(aRadio, choice)) > 0 {
		p.set(aRadio, choice, true)
		return
	}
	x := p.one(aList, label)
	p.do("choose "+choice, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		found, err := call[bool](ctx, t, x, `function (choice) {
			const row = [...this.options].find(o => o.text.trim() === choice);
			if (row) { row.selected = true; this.dispatchEvent(new Event("change", {bubbles: true})); }
			return !!row;
		}`, choice)
		if err == nil && !found {
			err = fmt.Errorf("%q has no row %q", label, choice)
		}
		return err
	}))
}

// Text is what stands on the page, with the white space evened out.
func (p *page) Text() string {
	p.story.t.Helper()
	return even(ask(p, "read the page", chromedp.Evaluate[string](`document.body.innerText`)))
}

func even(text string) string { return strings.Join(strings.Fields(text), " ") }

// Sees checks that each of these stands on the page.
func (p *page) Sees(texts ...string) {
	p.story.t.Helper()
	all := p.Text()
	for _, text := range texts {
		if !strings.Contains(all, even(text)) {
			p.fail("the page does not say %q", text)
		}
	}
}

// SeesNot checks that none of these stands on the page.
func (p *page) SeesNot(texts ...string) {
	p.story.t.Helper()
	all := p.Text()
	for _, text := range texts {
		if strings.Contains(all, even(text)) {
			p.fail("the page says %q", text)
		}
	}
}

// SeesHeading checks that a heading says exactly this.
func (p *page) SeesHeading(name string) { p.story.t.Helper(); p.one(aHeading, name) }

// Has checks that there is such a thing, or that there is none.
func (p *page) Has(roles []string, name string) { p.story.t.Helper(); p.one(roles, name) }

// HasNot checks that there is no such thing.
func (p *page) HasNot(roles []string, name string) {
	p.story.t.Helper()
	if len(p.all(roles, name)) > 0 {
		p.fail("there is a %s %q", roles[0], name)
	}
}

// OnTab checks that the link of this name is marked as the page one is on.
func (p *page) OnTab(name string) {
	p.story.t.Helper()
	x := p.one(aLink, name)
	if mark := ask(p, "read the mark of "+name, func(ctx context.Context, t *chromedp.Target) (string, error) {
		return call[string](ctx, t, x, `function () { return this.getAttribute("aria-current") || "" }`)
	}); mark != "page" {
		p.fail("%q is not marked as the page one is on", name)
	}
}

// Count is how many things are called so.
func (p *page) Count(roles []string, name string) int {
	p.story.t.Helper()
	return len(p.all(roles, name))
}

// At checks the address of the page, without its query.
func (p *page) At(path string) {
	p.story.t.Helper()
	where := strings.TrimPrefix(p.Address(), p.story.home)
	if where, _, _ = strings.Cut(where, "?"); where != path {
		p.fail("this is %s, not %s", where, path)
	}
}

// Address is the address of the page.
func (p *page) Address() string {
	p.story.t.Helper()
	return ask(p, "read the address", chromedp.Location())
}

// Answered checks the page's status.
func (p *page) Answered(status int64) {
	p.story.t.Helper()
	if p.status != status {
		p.fail("the page answered %d, not %d", p.status, status)
	}
}
