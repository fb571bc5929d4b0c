package walk

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// story is one test, told in steps over one running program.
type story struct {
	running
	t    *testing.T // of the step at hand
	bank string     // another site that payers are sent to; "" for none
	// deskHandsOut tells that the library system checks no first passwords.
	deskHandsOut bool
}

// tell begins a story with a demo library of its own, and settings for it.
func tell(t *testing.T, settings ...string) *story {
	t.Helper()
	return &story{t: t, running: demoIn(t, "builtin", settings...)}
}

// Step runs one named part. When it fails the story ends: what follows builds
// on it.
func (s *story) Step(name string, part func()) {
	s.t.Helper()
	whole := s.t
	if !whole.Run(name, func(t *testing.T) {
		s.t = t
		defer func() { s.t = whole }()
		part()
	}) {
		whole.FailNow()
	}
}

// look is how a visitor looks at pages.
type look struct {
	width, height int64
	phone         bool
	withoutScript bool
	name          string // in the names of pictures
}

var (
	desktop = look{width: 1280, height: 900, name: "desktop"}
	phone   = look{width: 390, height: 844, phone: true, name: "phone"}
	narrow  = look{width: 320, height: 568, name: "narrow"} // not zoomed out, as a phone would
)

// page is one visitor's window.
type page struct {
	story *story
	ctx   context.Context
	look  look

	mu       sync.Mutex
	requests map[network.RequestID]*request
	complain []string
	status   int64  // of the last page
	at       string // the address that the window has got to
	loaded   bool   // whether what is there is whole
	loads    int    // how often a page was whole
	weighed  bool   // whether a page has been weighed: the next are lighter
}

// request is one thing the browser fetched.
type request struct {
	url      string
	finished bool
	bytes    float64 // over the wire, headers included
}

// Visitor opens a window with cookies and a cache of its own.
func (s *story) Visitor(l look) *page {
	s.t.Helper()
	parent, err := browser()
	if err != nil {
		s.t.Fatal(err)
	}
	p := &page{story: s, look: l, requests: map[network.RequestID]*request{}}
	ctx, closeWindow := chromedp.NewContext(parent, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.hear))
	p.ctx = ctx
	s.t.Cleanup(func() {
		closeWindow()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, c := range p.complain {
			s.t.Errorf("the browser complained: %s", c)
		}
	})
	p.do("open a window",
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "prefers-color-scheme", Value: "light"},
		}}),
		command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.withoutScript}),
	)
	p.lookAs(l)
	return p
}

// command is a protocol command whose answer does not matter.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// hear notes what the browser fetches and what it complains about.
func (p *page) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		// The icon comes when the browser feels like it, after the page.
		r := &request{url: e.Request.URL, finished: e.Type == network.ResourceTypeOther}
		if before := p.requests[e.RequestID]; before != nil && e.RedirectResponse != nil {
			r.bytes = before.bytes + e.RedirectResponse.EncodedDataLength
		}
		p.requests[e.RequestID] = r
		atBank := p.story.bank != "" && strings.HasPrefix(e.Request.URL, p.story.bank)
		if !strings.HasPrefix(e.Request.URL, p.story.home) && !atBank && !strings.HasPrefix(e.Request.URL, "data:") {
			p.complain = append(p.complain, "a page asks another host: "+e.Request.URL)
		}
	case *network.EventLoadingFinished:
		if r := p.requests[e.RequestID]; r != nil {
			r.finished = true
			r.bytes += e.EncodedDataLength
		}
	case *network.EventLoadingFailed:
		if r := p.requests[e.RequestID]; r != nil {
			r.finished = true
		}
	case *cdppage.EventFrameNavigated:
		if e.Frame.ParentID == "" {
			p.at, p.loaded = e.Frame.URL, false
		}
	case *cdppage.EventLoadEventFired:
		p.loaded = true
		p.loads++
	case *runtime.EventExceptionThrown:
		p.complain = append(p.complain, "a script broke: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		// That a page answered 404 or 422 is said too; the tests ask for those.
		if e.Entry.Source != log.EntrySourceNetwork && e.Entry.Level == log.EntryLevelError {
			p.complain = append(p.complain, e.Entry.Text)
		}
	}
}

// do runs actions with a bound on their time.
func (p *page) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.story.t.Helper()
	if err := p.try(actions...); err != nil {
		p.fail("%s: %v", what, err)
	}
}

func (p *page) try(actions ...chromedp.Action[chromedp.Void]) error {
	if chromedp.FromContext(p.ctx).Target == nil {
		// The first run opens the window, which lives as long as its context.
		if err := chromedp.Do(p.ctx); err != nil {
			return fmt.Errorf("open a window: %w", err)
		}
	}
	ctx, stop := context.WithTimeout(p.ctx, patience*time.Second)
	defer stop()
	return chromedp.Do(ctx, actions...)
}

// ask runs an action that has an answer.
func ask[T any](p *page, what string, a chromedp.Action[T]) T {
	p.story.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience*time.Second)
	defer stop()
	answer, err := chromedp.Run(ctx, a)
	if err != nil {
		p.fail("%s: %v", what, err)
	}
	return answer
}

// goes runs actions that lead to another page, and waits until it is there.
func (p *page) goes(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.story.t.Helper()
	p.mu.Lock()
	clear(p.requests)
	p.mu.Unlock()
	ctx, stop := context.WithTimeout(p.ctx, patience*time.Second)
	defer stop()
	answer, err := chromedp.RunResponse(ctx, actions...)
	if err != nil {
		p.fail("%s: no page came: %v", what, err)
	}
	if answer != nil {
		p.status = answer.Status
	}
}

// Weight is what the last page cost in bytes over the wire, with everything
// that came along.
func (p *page) Weight() (total int, parts []string) {
	p.story.t.Helper()
	ask(p, "wait for the fonts", chromedp.Evaluate[bool](`document.fonts.ready.then(() => true)`, chromedp.EvalAwaitPromise))
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience * time.Second); ; {
		total, parts = 0, nil
		waiting := ""
		p.mu.Lock()
		for _, r := range p.requests {
			if !r.finished {
				waiting = r.url
			}
			total += int(r.bytes)
			parts = append(parts, fmt.Sprintf("%6.0f %s", r.bytes, r.url))
		}
		p.mu.Unlock()
		if waiting == "" {
			return total, parts
		}
		select {
		case <-tick.C:
		case <-late:
			p.fail("%s never finished", waiting)
		}
	}
}

// fail ends the step, with what was on the screen.
func (p *page) fail(format string, args ...any) {
	t := p.story.t
	t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience*time.Second)
	defer stop()
	where, _ := chromedp.Run(ctx, chromedp.Location())
	seen, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
	if picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100)); err == nil {
		name := pictures(t, t.Name())
		if err := os.WriteFile(name, picture, 0o644); err == nil {
			t.Logf("the screen is in %s", name)
		}
	}
	t.Logf("at %s (%d) stood:\n%s", where, p.status, seen)
	t.Fatalf(format, args...)
}
