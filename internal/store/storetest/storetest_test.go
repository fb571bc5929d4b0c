package storetest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"hoofdpas/internal/store/storetest"
)

// dying tells the child of the test below that it is the child.
const dying = "STORETEST_DYING"

func TestPostgresIsGoneHoweverTheTestEnds(t *testing.T) {
	t.Parallel()
	if os.Getenv(dying) != "" {
		fmt.Println(storetest.PostgresAddress(t))
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPostgresIsGoneHoweverTheTestEnds$")
	child.Env = append(os.Environ(), dying+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	folder := address.Query().Get("host")
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) {
		t.Fatalf("the child ended with %v", err)
	}
	const patience = time.Minute
	given := time.NewTimer(patience)
	defer given.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return // the keeper removes it last
		}
		select {
		case <-given.C:
			t.Fatalf("%s is still there", folder)
		case <-look.C:
		}
	}
}

func TestStoresAreFreshAndApart(t *testing.T) {
	t.Parallel()
	a, b := storetest.PostgresAddress(t), storetest.PostgresAddress(t)
	if a == b {
		t.Errorf("twice %s", a)
	}
	if a, b := storetest.SQLiteAddress(t), storetest.SQLiteAddress(t); a == b {
		t.Errorf("twice %s", a)
	}
}
