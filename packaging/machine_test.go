package packaging

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen.
const patience = 2 * time.Minute

// machine is a Debian that has booted in a container, with its own systemd, on a
// disk that is forgotten afterwards. It shares this machine's network.
type machine struct {
	t      *testing.T
	leader string // the process number of its systemd
}

// boot starts one. The folder is there as /packages.
func boot(t *testing.T, packages string) *machine {
	t.Helper()
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	args := []string{
		"--quiet", "--directory=" + debian(t), "--volatile=overlay", "--boot", "--notify-ready=yes", "--register=no", "--console=pipe",
		"--link-journal=no", "--bind-ro=" + packages + ":/packages",
	}
	c := exec.CommandContext(t.Context(), "systemd-nspawn", args...)
	c.Env = append(os.Environ(), "NOTIFY_SOCKET="+told.LocalAddr().String())
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) } // it shuts the machine down
	c.WaitDelay = patience
	if _, err := os.Stat("/run/systemd/system"); errors.Is(err, fs.ErrNotExist) {
		c.Args = append(c.Args, "--keep-unit") // nobody to ask for a place of its own
		c.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: cgroup(t)}
	}
	var console strings.Builder
	c.Stdout, c.Stderr = &console, &console
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Wait() // the test's context has ended, and with it the machine
		if t.Failed() {
			t.Logf("the machine's console:\n%s", console.String())
		}
	})
	return &machine{t, leader(t, told)}
}

// leader waits until the machine has booted, and returns its first process.
func leader(t *testing.T, told *net.UnixConn) string {
	t.Helper()
	if err := told.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	first := regexp.MustCompile(`(?m)^X_NSPAWN_LEADER_PID=(\d+)$`)
	message, pid := make([]byte, os.Getpagesize()), ""
	for {
		n, err := told.Read(message)
		if err != nil {
			t.Fatalf("the machine has not booted: %v", err)
		}
		if m := first.FindSubmatch(message[:n]); m != nil {
			pid = string(m[1])
		}
		if pid != "" && strings.Contains(string(message[:n]), "READY=1") {
			return pid
		}
	}
}

// cgroup makes a control group for a machine, where no systemd of this machine
// makes one, and removes it afterwards.
func cgroup(t *testing.T) int {
	t.Helper()
	var folders []string
	for _, hierarchy := range []string{"/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup"} {
		if _, err := os.Stat(filepath.Join(hierarchy, "cgroup.procs")); err == nil {
			folders = append(folders, filepath.Join(hierarchy, "hoofdpas-"+filepath.Base(filepath.Dir(t.TempDir()))))
		}
	}
	if len(folders) == 0 {
		t.Fatal("control groups are not mounted at /sys/fs/cgroup")
	}
	if err := os.MkdirAll(folders[0], 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(folders[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Close()
		for _, folder := range folders {
			_ = exec.Command("find", folder, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";").Run() // may not be there
		}
	})
	return int(f.Fd())
}

// debian is the root of a small Debian 12, made once.
func debian(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../bin/debian-bookworm")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root); err == nil {
		return root
	}
	part := root + ".part"
	if err := os.RemoveAll(part); err != nil {
		t.Fatal(err)
	}
	run(t, ".", "mmdebstrap", "--variant=minbase", "--include=systemd-sysv,ca-certificates", "bookworm", part)
	if err := os.Rename(part, root); err != nil {
		t.Fatal(err)
	}
	return root
}

// do runs a line as root in the machine and returns what it said.
func (m *machine) do(line string) string {
	m.t.Helper()
	return run(m.t, "/", "nsenter", "--all", "--target", m.leader, "--wdns=/", "--", "env", "-i", "LC_ALL=C.UTF-8", "HOME=/root",
		"DEBIAN_FRONTEND=noninteractive", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-euc", line)
}

// write makes a file in the machine.
func (m *machine) write(path, content string) {
	m.t.Helper()
	m.do("mkdir -p $(dirname " + path + ") && cat >" + path + " <<'END'\n" + content + "\nEND")
}

// wants checks what a line says.
func (m *machine) wants(line, want string) {
	m.t.Helper()
	if got := strings.TrimSpace(m.do(line)); got != want {
		m.t.Errorf("%s: %s; want %s", line, got, want)
	}
}
