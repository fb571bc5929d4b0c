package soak

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen.
const patience = 5 * time.Minute

// program is the program under test, which is started, killed and started
// again on one store and one address.
type program struct {
	t       *testing.T
	binary  string
	folder  string
	address string // host and port
	environ []string
	log     *os.File

	mu      sync.Mutex
	running *exec.Cmd
}

func newProgram(t *testing.T, providerURL, providerKey string, openFor time.Duration) *program {
	t.Helper()
	p := &program{t: t, folder: t.TempDir(), address: freeAddress(t)}
	p.binary = build(t, p.folder)
	var err error
	if p.log, err = os.Create(filepath.Join(p.folder, "log")); err != nil {
		t.Fatal(err)
	}
	p.environ = []string{
		"HOME=" + p.folder, "TMPDIR=" + p.folder,
		"HOOFDPAS_STORE=sqlite:" + p.file(), "HOOFDPAS_LISTEN=" + p.address, "HOOFDPAS_PUBLIC_URL=" + p.base(),
		"HOOFDPAS_LIBRARY_ZONE=UTC", "HOOFDPAS_CLOSING_WEEKDAYS=sunday",
		"HOOFDPAS_PAYMENT_PROVIDER=mollie", "HOOFDPAS_PAYMENT_MOLLIE_KEY=" + providerKey, "HOOFDPAS_PAYMENT_MOLLIE_URL=" + providerURL,
		"HOOFDPAS_PAYMENT_OPEN_FOR=" + openFor.String(),
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			p.keep()
		}
	})
	return p
}

// keep keeps the store and the log of a test that failed.
func (p *program) keep() {
	folder, err := os.MkdirTemp("", "hoofdpas-soak-")
	if err != nil {
		p.t.Log(err)
		return
	}
	for _, name := range []string{"library.db", "library.db-wal", "log"} {
		content, err := os.ReadFile(filepath.Join(p.folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), content, 0o600)
		}
		if err != nil {
			p.t.Log(err)
		}
	}
	p.t.Logf("the store and the program's log are kept in %s", folder)
}

func build(t *testing.T, folder string) string {
	t.Helper()
	// go test remembers which files a test looked at, and runs it again when one
	// changed. The compiler is another process, so look here.
	for _, folder := range []string{"../cmd", "../internal", "../assets", "../go.mod"} {
		_ = filepath.WalkDir(folder, func(string, fs.DirEntry, error) error { return nil })
	}
	binary := filepath.Join(folder, "hoofdpas")
	c := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./cmd/hoofdpas")
	c.Dir = ".."
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return binary
}

// freeAddress is one that nobody listens on: webhooks must find the program
// where it was before.
func freeAddress(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (p *program) file() string { return filepath.Join(p.folder, "library.db") }

func (p *program) base() string { return "http://" + p.address }

// start starts serving, and returns when it answers.
func (p *program) start() {
	p.t.Helper()
	c := exec.CommandContext(context.Background(), p.binary, "serve")
	c.Dir, c.Env, c.Stderr = p.folder, p.environ, p.log
	if err := c.Start(); err != nil {
		p.t.Errorf("start the program: %v", err)
		return
	}
	p.mu.Lock()
	p.running = c
	p.mu.Unlock()
}

// answers waits until the program answers, and reports whether it does.
func (p *program) answers() bool {
	until := time.Now().Add(patience)
	for time.Now().Before(until) {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, p.base()+"/inloggen", nil)
		if err != nil {
			p.t.Error(err)
			return false
		}
		if answer, err := http.DefaultTransport.RoundTrip(r); err == nil {
			return answer.Body.Close() == nil
		}
		pause(10 * time.Millisecond)
	}
	p.t.Error("the program does not answer")
	return false
}

// kill ends the program at once, as a power cut does.
func (p *program) kill() { p.end(syscall.SIGKILL) }

// stop asks the program to end, as systemd does.
func (p *program) stop() { p.end(syscall.SIGTERM) }

func (p *program) end(how os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		return
	}
	_ = p.running.Process.Signal(how)
	_ = p.running.Wait() // how it ended is what was asked
	p.running = nil
}

// run runs a subcommand and returns what it printed and its exit code.
func (p *program) run(args ...string) (printed string, code int) {
	p.t.Helper()
	var out bytes.Buffer
	c := exec.CommandContext(context.Background(), p.binary, args...)
	c.Dir, c.Env, c.Stdout, c.Stderr = p.folder, p.environ, &out, &out
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		p.t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return out.String(), c.ProcessState.ExitCode()
}

// must runs a subcommand that must end with the code.
func (p *program) must(code int, args ...string) string {
	p.t.Helper()
	printed, got := p.run(args...)
	if got != code {
		p.t.Errorf("%s ended with %d, want %d:\n%s", strings.Join(args, " "), got, code, printed)
	}
	return printed
}

// pause lets the world go on for a while. What a test waits for it asks for; the
// pauses of people and of power cuts are what this test is made of.
func pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}
