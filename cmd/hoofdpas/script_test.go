package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"hoofdpas/internal/sip2/sip2test"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hoofdpas": main, "spoil": spoil})
}

// spoil changes a store as somebody does who has its file: spoil FILE STATEMENT.
func spoil() {
	if err := spoilFile(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestCommandLine runs the scripts of testdata/script: each is what an IT person
// types and what they see.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	koha, err := filepath.Abs("../../internal/exchange/testdata/koha-sample")
	if err != nil {
		t.Fatal(err)
	}
	sip := sip2test.Listen(t, playSIP)
	paia := httptest.NewServer(http.HandlerFunc(playPAIA))
	t.Cleanup(paia.Close)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("KOHA", koha)
			e.Setenv("SIP", sip.Addr)
			e.Setenv("PAIA", paia.URL)
			return nil
		},
	})
}

// TestServeWithoutAProviderStartsServesAndStops starts the real program in a
// process of its own.
func TestServeWithoutAProviderStartsServesAndStops(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "hoofdpas")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := exec.CommandContext(context.WithoutCancel(t.Context()), binary, "--store", "sqlite:"+filepath.Join(t.TempDir(), "l.db"),
		"serve", "--listen", "127.0.0.1:0")
	c.Env = os.Environ()
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	lines := bufio.NewReader(stderr)
	base := ""
	for base == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("it did not say where it listens: %v", err)
		}
		if m := regexp.MustCompile(`public=(\S+)`).FindStringSubmatch(line); m != nil {
			base = m[1]
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/inloggen", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(page), "Inloggen") {
		t.Errorf("the log-in page: %d, %v", resp.StatusCode, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(lines)
	if err != nil && !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("it did not stop well: %v\n%s", err, rest)
	}
	if strings.Contains(string(rest), "/inloggen?") || !strings.Contains(string(rest), "stopping") {
		t.Errorf("the log: %s", rest)
	}
}
