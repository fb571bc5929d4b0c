package walk

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// The most that a page may weigh over the wire, in bytes: the first one with
// style sheets and fonts, and every next one.
const (
	firstPage = 150 << 10
	nextPage  = 15 << 10
)

//go:embed testdata/axe/axe.min.js
var axeScript string

// violation is one thing that axe-core finds wrong.
type violation struct {
	Rule  string   `json:"rule"`
	Help  string   `json:"help"`
	Where []string `json:"where"`
}

// violations are what axe-core finds wrong with all its rules.
func (p *page) violations() []string {
	p.story.t.Helper()
	ask(p, "load axe-core", chromedp.Evaluate[bool](`window.axe !== undefined || (() => { `+axeScript+`; return true })()`))
	found := ask(p, "run axe-core", chromedp.Evaluate[[]violation](`axe.run().then(r => r.violations.map(v => ({
		rule: v.id, help: v.help, where: v.nodes.map(n => n.html + "\n      " + n.failureSummary.replaceAll("\n", "\n      ")),
	})))`, chromedp.EvalAwaitPromise))
	var all []string
	for _, v := range found {
		all = append(all, v.Help+" ("+v.Rule+")\n    "+strings.Join(v.Where, "\n    "))
	}
	return all
}

// sticksOut are the things that are wider than the screen.
func (p *page) sticksOut() []string {
	p.story.t.Helper()
	return ask(p, "measure the page", chromedp.Evaluate[[]string](`(() => {
		const wide = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= wide) return [];
		return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > wide + 1)
			.map(e => e.tagName + "." + e.className + " to " + e.getBoundingClientRect().right);
	})()`))
}

// isLight checks what the page weighed.
func (p *page) isLight(first bool) {
	t := p.story.t
	t.Helper()
	most := nextPage
	if first {
		most = firstPage
	}
	p.weighed = true
	total, parts := p.Weight()
	if total > most {
		slices.Sort(parts)
		t.Errorf("the page weighs %d bytes, more than %d:\n%s", total, most, strings.Join(parts, "\n"))
	}
}

// lookAs changes the size of the window.
func (p *page) lookAs(l look) {
	p.story.t.Helper()
	p.do("change the size of the window", chromedp.EmulateViewport(l.width, l.height,
		func(m *emulation.SetDeviceMetricsOverrideParams, touch *emulation.SetTouchEmulationEnabledParams) {
			m.Mobile, touch.Enabled = l.phone, l.phone
		}))
}
