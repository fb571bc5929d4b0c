package failover

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hoofdpas/internal/store/storetest"
)

// patience is how long the test waits for what must happen.
const patience = 2 * time.Minute

// place is where everything runs: a folder, and a user who is not root, since
// PostgreSQL refuses that one.
type place struct {
	t        *testing.T
	folder   string
	postgres string // the folder of its programs
	as       *syscall.Credential
}

func newPlace(t *testing.T) *place {
	t.Helper()
	programs, as, err := storetest.Programs()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("/tmp", "hoofdpas-failover-") //nolint:usetesting // another user goes in, and it stays when the test fails
	if err != nil {
		t.Fatal(err)
	}
	if as != nil {
		if err := os.Chown(folder, int(as.Uid), int(as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the logs are kept in %s", folder)
			return
		}
		_ = os.RemoveAll(folder) // a temporary folder
	})
	return &place{t, folder, programs, as}
}

// write writes a file of settings and returns its path.
func (p *place) write(name, content string) string {
	p.t.Helper()
	path := filepath.Join(p.folder, name)
	const readable = 0o644
	if err := os.WriteFile(path, []byte(content), readable); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// process is something that runs until it is killed or the test ends.
type process struct{ *exec.Cmd }

// start starts a program. The kernel ends it when this test is killed: the thread
// that starts all of them is locked to the test.
func (p *place) start(name string, environ []string, program string, args ...string) *process {
	p.t.Helper()
	log, err := os.OpenFile(filepath.Join(p.folder, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	c := exec.CommandContext(context.Background(), program, args...)
	c.Dir, c.Stdout, c.Stderr = p.folder, log, log
	c.Env = append([]string{"HOME=" + p.folder, "TMPDIR=" + p.folder, "PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}, environ...)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: p.as, Pdeathsig: syscall.SIGTERM}
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	running := &process{c}
	p.t.Cleanup(running.kill)
	return running
}

func (r *process) kill() { r.end(syscall.SIGKILL) }

// end ends the process; one that has ended already is left alone.
func (r *process) end(how os.Signal) {
	if r.ProcessState == nil {
		_ = r.Process.Signal(how)
		_ = r.Wait() // how it ended is what was asked
	}
}

// port is one that nobody listens on.
func (p *place) port() string {
	p.t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(p.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		p.t.Fatal(err)
	}
	return port
}

// until waits for what must happen.
func (p *place) until(what string, happened func() bool) {
	p.t.Helper()
	p.within(patience, what, happened)
}

func (p *place) within(patience time.Duration, what string, happened func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !happened(); pause(100 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("it did not happen that %s", what)
		}
	}
}

// pause lets the world go on for a while.
func pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

// pidIn reads the number of a process from the first line of a file; 0 is none.
func pidIn(path string) int {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return pid
}
