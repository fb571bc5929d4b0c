package walk

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestKeyboardAlone logs in, chooses a password, renews and pays without a
// mouse, and sees at every stop where the keyboard is.
func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := tell(t)
	p := s.Visitor(desktop)
	p.Open("/inloggen")
	s.Step("log in", func() {
		p.TabTo("Lenersnummer of gebruikersnaam")
		p.Type(noor.number)
		p.TabTo("Wachtwoord")
		p.Type(noor.first)
		p.Enter()
		p.SeesHeading("Wachtwoord instellen")
	})
	s.Step("choose a password", func() {
		p.TabTo("Nieuw wachtwoord")
		p.Type(theSame)
		p.TabTo("Nieuw wachtwoord nogmaals")
		p.Type(theSame)
		p.TabTo("Instellen")
		p.Enter()
		p.At("/")
	})
	s.Step("skip the navigation", func() {
		p.Reload()
		p.do("press Tab", chromedp.KeyEvent(kb.Tab))
		if name := p.focused(); name != "Direct naar de inhoud" {
			p.fail("the first stop is %q", name)
		}
	})
	s.Step("renew", func() {
		p.TabTo("Geleend")
		p.Enter()
		p.TabTo("Verlengen")
		p.Enter()
		p.Sees("Verlengd:")
	})
	s.Step("log out", func() {
		p.TabTo("Uitloggen")
		p.Enter()
		p.Has(aButton, "Inloggen")
	})
}

// TabTo presses Tab until the keyboard is on the thing called so.
func (p *page) TabTo(name string) {
	p.story.t.Helper()
	const most = 120
	var passed []string
	for range most {
		p.do("press Tab", chromedp.KeyEvent(kb.Tab))
		at := p.focused()
		if at != "" && !ask(p, "look for a focus ring", chromedp.Evaluate[bool](`(() => {
			const s = getComputedStyle(document.activeElement);
			return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none";
		})()`)) {
			p.fail("nobody can see that the keyboard is on %q", at)
		}
		if at == name {
			return
		}
		passed = append(passed, at)
	}
	p.fail("Tab never comes to %q; it stops at %q", name, passed)
}

// focused is the name of the thing that the keyboard is on.
func (p *page) focused() string {
	p.story.t.Helper()
	return ask(p, "see where the keyboard is", func(ctx context.Context, t *chromedp.Target) (string, error) {
		at, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{Expression: `document.activeElement`})
		if err != nil {
			return "", err
		}
		tree, err := cdp.Call(ctx, t, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: at.Result.ObjectID})
		if err != nil || len(tree.Nodes) == 0 || said(tree.Nodes[0].Role) == "RootWebArea" {
			return "", err
		}
		return said(tree.Nodes[0].Name), nil
	})
}

// Type presses the keys of a text.
func (p *page) Type(text string) {
	p.story.t.Helper()
	p.do("type", chromedp.KeyEvent(text))
}

// Enter presses Enter, which leads to another page.
func (p *page) Enter() {
	p.story.t.Helper()
	p.goes("press Enter", chromedp.KeyEvent(kb.Enter))
}
