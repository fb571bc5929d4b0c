package walk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// patience is how long a page may take before a test gives up on it. It is far
// more than any page needs: the machine may be busy with other tests.
const patience = 45 // seconds

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	if built.folder != "" {
		_ = os.RemoveAll(built.folder) // a temporary folder: the system clears it too
	}
	os.Exit(code)
}

// stopBrowser ends Chromium, if any test started it.
var stopBrowser = func() {}

// browser starts the one Chromium of this test binary. Each visitor has a
// browser context in it: cookies and cache of their own.
var browser = sync.OnceValues(func() (context.Context, error) {
	flag := func(name string) chromedp.ExecAllocatorOption { return chromedp.Flag(name, true) }
	options := []chromedp.ExecAllocatorOption{
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		flag("disable-quic"), flag("disable-background-networking"), flag("disable-component-update"), flag("disable-sync"),
		flag("disable-dev-shm-usage"), flag("disable-extensions"), flag("disable-default-apps"), flag("disable-breakpad"),
		flag("disable-renderer-backgrounding"), flag("disable-background-timer-throttling"),
		flag("disable-backgrounding-occluded-windows"), flag("disable-ipc-flooding-protection"),
		flag("metrics-recording-only"), flag("mute-audio"), flag("hide-scrollbars"),
		chromedp.Flag("disable-features", "Translate,MediaRouter,OptimizationHints,PasswordManagerOnboarding"),
		chromedp.Flag("password-store", "basic"), chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("lang", "nl"),
	}
	ctx, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopFirst := chromedp.NewContext(ctx, chromedp.WithErrorf(quiet))
	stopBrowser = func() {
		stopFirst()
		stopAllocator()
	}
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("start Chromium (scripts/needs installs it): %w", err)
	}
	return ctx, nil
})

// quiet drops what chromedp says of events it does not know: Debian's Chromium
// is newer than it.
func quiet(string, ...any) {}

// pictures is where a failing test leaves what was on the screen.
func pictures(t *testing.T, name string) string {
	folder := filepath.Join("..", "tmp", "walk")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Logf("no picture: %v", err)
	}
	name = strings.Map(func(r rune) rune {
		if r == '/' || r == ' ' || r == ':' {
			return '_'
		}
		return r
	}, name)
	return filepath.Join(folder, name+".png")
}
