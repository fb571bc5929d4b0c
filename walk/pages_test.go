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

// axe runs axe-core with all its rules.
func (p *page) axe(how string) {
	t := p.story.t
	t.Helper()
	ask(p, "load axe-core", chromedp.Evaluate[bool](`window.axe !== undefined || (() => { `+axeScript+`; return true })()`))
	found := ask(p, "run axe-core", chromedp.Evaluate[[]violation](`axe.run().then(r => r.violations.map(v => ({
		rule: v.id, help: v.help, where: v.nodes.map(n => n.html + "\n      " + n.failureSummary.replaceAll("\n", "\n      ")),
	})))`, chromedp.EvalAwaitPromise))
	for _, v := range found {
		t.Errorf("axe-core on a %s: %s (%s)\n    %s", how, v.Help, v.Rule, strings.Join(v.Where, "\n    "))
	}
}

// fits checks that nothing sticks out of the screen.
func (p *page) fits() {
	t := p.story.t
	t.Helper()
	out := ask(p, "measure the page", chromedp.Evaluate[[]string](`(() => {
		const wide = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= wide) return [];
		return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > wide + 1)
			.map(e => e.tagName + "." + e.className + " to " + e.getBoundingClientRect().right);
	})()`))
	if len(out) > 0 {
		t.Errorf("wider than %d px: %s", p.look.width, strings.Join(out[:min(len(out), 5)], "; "))
	}
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

// speaks checks the language the page says it is in, for screen readers.
func (p *page) speaks(language string) {
	t := p.story.t
	t.Helper()
	if lang := ask(p, "read the language", chromedp.Evaluate[string](`document.documentElement.lang`)); lang != language {
		t.Errorf("the page says that it is in %q", lang)
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
