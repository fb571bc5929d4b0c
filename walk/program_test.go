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

// addressPrinted is how the demo says where it is to be found.
var addressPrinted = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

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
// systems and returns its address; settings are added to its environment. When the test ends it is asked
// to stop, as systemd would; it must do so in good order and have complained of
// nothing.
func demoIn(t *testing.T, library string, settings ...string) string {
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
	found := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			_, _ = printed.Write(append(lines.Bytes(), '\n'))
			if address := addressPrinted.FindString(lines.Text()); address != "" {
				select {
				case found <- address:
				default:
				}
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
	case address := <-found:
		return address
	case <-read:
		t.Fatal("the demo ended at once")
	case <-time.After(2 * patience * time.Second):
		t.Fatal("the demo did not print its address")
	}
	return ""
}
