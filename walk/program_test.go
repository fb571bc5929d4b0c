package walk

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is the program under test, built once as `make build` does it.
var built struct {
	once   sync.Once
	folder string
	path   string
	output []byte
	err    error
}

func program(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		// go test remembers which files a test looked at, and runs it again
		// when one changed. The compiler is another process, so look here.
		for _, folder := range []string{"../cmd", "../internal", "../assets", "../go.mod"} {
			_ = filepath.WalkDir(folder, func(string, fs.DirEntry, error) error { return nil })
		}
		if built.folder, built.err = os.MkdirTemp("", "hoofdpas-walk-"); built.err != nil { //nolint:usetesting // outlives this test
			return
		}
		built.path = filepath.Join(built.folder, "hoofdpas")
		c := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", built.path, "./cmd/hoofdpas")
		c.Dir = ".."
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		built.output, built.err = c.CombinedOutput()
	})
	if built.err != nil {
		t.Fatalf("build the program: %v\n%s", built.err, built.output)
	}
	return built.path
}

// What the demo says of where it is to be found: itself, its kiosk, and that it has
// said all.
var (
	addressPrinted = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	kioskPrinted   = regexp.MustCompile(`A kiosk is answered at (127\.0\.0\.1:\d+)`)
)

const lastPrinted = "Nothing is kept"

// running is the program while it runs.
type running struct {
	home, kiosk string // where it is
	folder      string // that it keeps its store in
}

// transcript keeps what the program printed.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *transcript) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *transcript) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// demoIn starts the real program with its made-up library in one of the library
// systems; settings are added to its environment. When the test ends it is asked to
// stop, as systemd would; it must do so in good order and have complained of nothing.
func demoIn(t *testing.T, library string, settings ...string) running {
	t.Helper()
	printed := &transcript{}
	c := exec.CommandContext(t.Context(), program(t), "demo", "--listen", "127.0.0.1:0", "--library", library)
	c.Dir = t.TempDir()
	c.Env = append([]string{"HOME=" + c.Dir, "TMPDIR=" + c.Dir, "TZ=UTC"}, settings...)
	c.Stderr = printed
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = patience * time.Second
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatalf("start the demo: %v", err)
	}
	found := make(chan running, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		is := running{folder: c.Dir}
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			_, _ = printed.Write(append(lines.Bytes(), '\n'))
			if is.home == "" {
				is.home = addressPrinted.FindString(lines.Text())
			}
			if m := kioskPrinted.FindStringSubmatch(lines.Text()); m != nil {
				is.kiosk = m[1]
			}
			if strings.HasPrefix(lines.Text(), lastPrinted) {
				found <- is
			}
		}
	}()
	t.Cleanup(func() {
		<-read // the program has closed its output: it ended
		_ = c.Wait()
		if code := c.ProcessState.ExitCode(); code != 0 {
			t.Errorf("the program ended with %d when asked to stop", code)
		}
		if text := printed.String(); strings.Contains(text, "level=ERROR") || strings.Contains(text, "panic") {
			t.Errorf("the program said:\n%s", text)
		}
	})
	select {
	case is := <-found:
		return is
	case <-read:
		t.Fatal("the demo ended at once")
	case <-time.After(2 * patience * time.Second):
		t.Fatal("the demo did not say where it is")
	}
	return running{}
}

// command runs a subcommand on the store of the program that runs, as an operator
// does, and returns what it says. What it reads may be given.
func (r running) command(t *testing.T, in string, args ...string) string {
	t.Helper()
	stores, err := filepath.Glob(filepath.Join(r.folder, "*", "demo.db"))
	if err != nil || len(stores) != 1 {
		t.Fatalf("the demo has %d stores (%v)", len(stores), err)
	}
	c := exec.CommandContext(t.Context(), program(t), append([]string{"--store", "sqlite:" + stores[0]}, args...)...)
	c.Env = []string{"HOME=" + r.folder}
	c.Stdin = strings.NewReader(in)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", args, err, out)
	}
	return string(out)
}
