package ui_test

import (
	"context"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axeAt is axe-core, beside the tests that walk the whole program.
const axeAt = "../../../walk/testdata/axe/axe.min.js"

// axeRun runs all its rules.
const axeRun = `axe.run().then(r => r.violations.map(v => ({
	rule: v.id, help: v.help, where: v.nodes.map(n => n.html + " " + n.failureSummary),
})))`

// smallTargets lists what is to be pressed and is under 44 CSS pixels high or
// wide, counting a label with its box; links in running text may be lower.
const smallTargets = `[...document.querySelectorAll("a, button, input:not([type=hidden]), summary")].filter(e => {
	const box = e.getBoundingClientRect(), label = e.id && document.querySelector('label[for="' + e.id + '"]');
	if (!box.width || e.closest(".skip-link, .form-errors, p")) return false;
	const row = e.closest(".choice") || (label && e.closest(".option")) || e;
	const whole = row.getBoundingClientRect(), after = e.matches(".menu__link") ? e.closest("li").getBoundingClientRect() : whole;
	return after.height < 43.5 || after.width < 43.5;
}).map(e => e.outerHTML.slice(0, 120) + " " + e.getBoundingClientRect().height)`

type violation struct {
	Rule  string   `json:"rule"`
	Help  string   `json:"help"`
	Where []string `json:"where"`
}

// TestTheGalleryInABrowser: every component, full and empty, in Chromium: on
// the narrowest phone nothing is cut off or needs scrolling sideways and
// everything can be hit with a thumb; axe-core finds nothing in either scheme.
func TestTheGalleryInABrowser(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(handler())
	t.Cleanup(server.Close)
	ctx := chromium(t)
	for name := range gallery() {
		for _, screen := range []struct {
			width  int64
			scheme string
		}{{320, "light"}, {1280, "dark"}} {
			p := look{t, ctx, name + " " + screen.scheme}
			p.open(server.URL+"/"+name, screen.width, screen.scheme)
			if wide := ask[int64](p, `document.documentElement.scrollWidth`); wide > screen.width {
				t.Errorf("%s at %d px scrolls to %d", p.what, screen.width, wide)
			}
			if cut := ask[[]string](p, `[...document.querySelectorAll(".cards")].filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)`); len(cut) > 0 {
				t.Errorf("%s at %d px cuts off %q", p.what, screen.width, cut)
			}
			for _, v := range ask[[]violation](p, axeRun) {
				t.Errorf("%s at %d px: %s (%s)\n    %s", p.what, screen.width, v.Help, v.Rule, strings.Join(v.Where, "\n    "))
			}
			for _, small := range ask[[]string](p, smallTargets) {
				t.Errorf("%s at %d px: hard to hit: %s", p.what, screen.width, small)
			}
		}
	}
}

// look is one way of looking at one page.
type look struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // the browser, for the time of a test
	what string
}

func chromium(t *testing.T) context.Context {
	t.Helper()
	flag := func(name string) chromedp.ExecAllocatorOption { return chromedp.Flag(name, true) }
	ctx, stop := chromedp.NewExecAllocator(t.Context(),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		flag("disable-quic"), flag("disable-background-networking"), flag("disable-component-update"), flag("disable-sync"),
		flag("disable-dev-shm-usage"), flag("disable-extensions"), flag("hide-scrollbars"),
		chromedp.Flag("force-color-profile", "srgb"))
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // events that it does not know
	t.Cleanup(stop)
	const patience = 5 * time.Minute // the machine may be busy with other tests
	ctx, stop = context.WithTimeout(ctx, patience)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium (scripts/needs installs it): %v", err)
	}
	return ctx
}

// open goes to a page on a screen of that width and loads axe-core into it.
func (p look) open(address string, width int64, scheme string) {
	p.t.Helper()
	axe, err := os.ReadFile(axeAt)
	if err != nil {
		p.t.Fatal(err)
	}
	const height = 844
	emulate := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	})
	if err := chromedp.Do(p.ctx, emulate, chromedp.EmulateViewport(width, height), chromedp.Navigate(address)); err != nil {
		p.t.Fatalf("%s: %v", p.what, err)
	}
	ask[bool](p, `document.fonts.ready.then(() => true)`)
	ask[bool](p, `(() => { `+string(axe)+`; return true })()`)
}

func ask[T any](p look, question string) T {
	p.t.Helper()
	answer, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](question, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", p.what, err)
	}
	return answer
}
