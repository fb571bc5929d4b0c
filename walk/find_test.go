package walk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/chromedp"
)

// What a screen reader calls the things on a page.
var (
	aLink    = []string{"link"}
	aButton  = []string{"button"}
	aField   = []string{"textbox", "searchbox", "spinbutton"}
	aBox     = []string{"checkbox"}
	aRadio   = []string{"radio"}
	aList    = []string{"combobox", "listbox"}
	aHeading = []string{"heading"}
)

// thing is one element as a screen reader knows it.
type thing struct {
	id      cdp.BackendNodeID
	name    string
	about   string // the description: which loan this button renews
	value   string
	checked bool
}

// all are the things of these roles on the page, in order. A name narrows them
// to the things called exactly that.
func (p *page) all(roles []string, name string) []thing {
	p.story.t.Helper()
	return ask(p, "look for "+roles[0]+" "+name, things(roles, name))
}

func things(roles []string, name string) chromedp.Action[[]thing] {
	return func(ctx context.Context, t *chromedp.Target) ([]thing, error) {
		document, err := cdp.Call(ctx, t, dom.GetDocument, dom.GetDocumentParams{})
		if err != nil {
			return nil, fmt.Errorf("read the page: %w", err)
		}
		answer, err := cdp.Call(ctx, t, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{
			BackendNodeID: document.Root.BackendNodeID, AccessibleName: name,
		})
		if err != nil {
			return nil, fmt.Errorf("read the names on the page: %w", err)
		}
		return inRoles(answer.Nodes, roles), nil
	}
}

func inRoles(nodes []*accessibility.Node, roles []string) []thing {
	var found []thing
	for _, n := range nodes {
		if n.Ignored || n.BackendDOMNodeID == 0 || !slices.Contains(roles, said(n.Role)) {
			continue
		}
		x := thing{id: n.BackendDOMNodeID, name: said(n.Name), about: said(n.Description), value: said(n.Value)}
		for _, property := range n.Properties {
			if property.Name == accessibility.PropertyNameChecked {
				x.checked = said(property.Value) == "true"
			}
		}
		found = append(found, x)
	}
	return found
}

// Await waits until such a thing is on the page, for the rare case in which a
// page loads again by itself. It looks once each time that the page has loaded,
// and asks nothing in between: see arrive.
func (p *page) Await(roles []string, name string) {
	p.story.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	looked := 0
	for late := time.After(patience * time.Second); ; {
		p.mu.Lock()
		loads, loaded := p.loads, p.loaded
		p.mu.Unlock()
		if loaded && loads != looked {
			looked = loads
			try, enough := context.WithTimeout(p.ctx, 2*time.Second)
			found, err := chromedp.Run(try, things(roles, name))
			enough()
			if err == nil && len(found) > 0 {
				return
			}
		}
		select {
		case <-tick.C:
		case <-late:
			p.fail("no %s %q came, after %d looks", roles[0], name, looked)
		}
	}
}

// said is a value as text.
func said(v *accessibility.Value) string {
	if v == nil || len(v.Value) == 0 {
		return ""
	}
	var text string
	if json.Unmarshal(v.Value, &text) == nil {
		return text
	}
	return string(v.Value)
}

// one is the thing called so; about narrows it to the one that is described so.
// With several it is the first.
func (p *page) one(roles []string, name string, about ...string) thing {
	p.story.t.Helper()
	named := p.all(roles, name)
	for _, x := range named {
		if len(about) == 0 || strings.Contains(x.about, about[0]) {
			return x
		}
	}
	if len(named) > 0 {
		var all []string
		for _, x := range named {
			all = append(all, x.about)
		}
		p.fail("no %s %q about %q; they are about %q", roles[0], name, about[0], all)
	}
	var others []string
	for _, x := range p.all(roles, "") {
		others = append(others, x.name)
	}
	p.fail("no %s %q; there are %q", roles[0], name, others)
	return thing{}
}

// middle scrolls a thing into view and returns its middle, which must not be
// covered by something else.
func (x thing) middle(ctx context.Context, t *chromedp.Target) (left, top float64, err error) {
	if _, err := cdp.Call(ctx, t, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: x.id}); err != nil {
		return 0, 0, fmt.Errorf("scroll to %q: %w", x.name, err)
	}
	quads, err := cdp.Call(ctx, t, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: x.id})
	if err != nil {
		return 0, 0, fmt.Errorf("measure %q: %w", x.name, err)
	}
	if len(quads.Quads) == 0 {
		return 0, 0, fmt.Errorf("%q has no place on the screen", x.name)
	}
	q := quads.Quads[0] // four corners, x then y
	left, top = (q[0]+q[2]+q[4]+q[6])/4, (q[1]+q[3]+q[5]+q[7])/4
	free, err := call[bool](ctx, t, x, `function (x, y) {
		const top = document.elementFromPoint(x, y);
		const labels = [...(this.labels || [])];
		return !!top && (this.contains(top) || top.contains(this) || labels.some(l => l.contains(top)));
	}`, left, top)
	if err == nil && !free {
		err = fmt.Errorf("%q is covered by something else", x.name)
	}
	return left, top, err
}

// call runs a function of script with the thing as its `this`.
func call[T any](ctx context.Context, t *chromedp.Target, x thing, function string, args ...any) (T, error) {
	var none T
	node, err := cdp.Call(ctx, t, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: x.id})
	if err != nil {
		return none, fmt.Errorf("reach %q: %w", x.name, err)
	}
	if node.Object == nil {
		return none, errors.New("the page has changed")
	}
	return chromedp.CallFunctionOn[T](function, on(node.Object), args...)(ctx, t)
}
