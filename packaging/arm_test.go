package packaging

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"hoofdpas/internal/web/webtest"
)

// TestTheOtherProcessorServesToo runs the program of the package for arm64, where
// this machine is none by QEMU's translation.
func TestTheOtherProcessorServesToo(t *testing.T) {
	t.Parallel()
	if os.Getenv("HOOFDPAS_TEST_PACKAGE") != "whole" {
		t.Skip("make package-test builds a program for another processor for this")
	}
	root := t.TempDir()
	run(t, ".", "dpkg-deb", "--raw-extract", build(t, "..", "arm64", candidate), root)
	program := filepath.Join(root, "usr/bin/hoofdpas")
	if said := run(t, ".", "qemu-aarch64-static", program, "version"); !strings.HasSuffix(said, " linux/arm64\n") {
		t.Errorf("the program says it is %s", said)
	}
	c := exec.CommandContext(t.Context(), "qemu-aarch64-static", program, "--store", "sqlite:"+filepath.Join(root, "library.db"),
		"serve", "--listen", "127.0.0.1:0")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	said, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Wait() }) // stopped when the test's context ended
	listens := regexp.MustCompile(`msg=listening.* public=(\S+)`)
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if m := listens.FindStringSubmatch(lines.Text()); m != nil {
			webtest.Open(t, m[1]).Get("/").Wants(http.StatusOK, "Inloggen")
			return
		}
	}
	t.Fatal("it did not say where it listens")
}
