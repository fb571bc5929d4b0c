package storetest

import (
	"bufio"
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// keeper is the program that starts PostgreSQL, stays until the test program
// has ended, however it ended, and then cleans up.
//
//go:embed keeper.sh
var keeper string

// server is the throw-away PostgreSQL of this test program.
type server struct {
	folder string // holds the socket and the data
	admin  *sql.DB
	made   atomic.Int64
	// alive is held open as long as this program lives.
	alive *os.File
	// migrated says that the template has been migrated.
	migrated func() error
}

var running = sync.OnceValues(start) //nolint:gochecknoglobals // one per test program

// start starts PostgreSQL without a network address, in a temporary folder.
func start() (*server, error) {
	programs, as, err := Programs()
	if err != nil {
		return nil, err
	}
	// Not the folder for temporary files of this user: another user must be
	// able to go in, and the path of a socket may have 107 characters.
	folder, err := os.MkdirTemp("/tmp", "hoofdpas-pg-")
	if err != nil {
		return nil, err
	}
	s := &server{folder: folder}
	s.migrated = sync.OnceValue(func() error { return migrate(s.address("template")) })
	if err := s.launch(programs, as); err != nil {
		return nil, fmt.Errorf("start a throw-away PostgreSQL: %w", err)
	}
	s.admin, err = sql.Open("pgx", s.address("postgres"))
	if err != nil {
		return nil, err
	}
	const manyAtOnce = 4
	s.admin.SetMaxOpenConns(manyAtOnce)
	_, err = s.admin.ExecContext(context.Background(), `CREATE DATABASE template`)
	return s, err
}

// launch starts the keeper and waits until the server answers.
func (s *server) launch(programs string, as *syscall.Credential) error {
	run := exec.CommandContext(context.Background(), "/bin/sh", "-c", keeper, "keeper", programs, s.folder)
	attr := &syscall.SysProcAttr{Setsid: true} // a Ctrl-C is for the test, not for who cleans up after it
	if as != nil {
		if err := os.Chown(s.folder, int(as.Uid), int(as.Gid)); err != nil {
			return err
		}
		attr.Credential = as
	}
	run.SysProcAttr = attr
	run.Dir = "/"
	gone, alive, err := os.Pipe()
	if err != nil {
		return err
	}
	defer gone.Close() //nolint:errcheck // the keeper has its own
	run.Stdin = gone
	answer, err := run.StdoutPipe()
	if err != nil {
		return err
	}
	if err := run.Start(); err != nil {
		return err
	}
	s.alive = alive
	said := bufio.NewReader(answer)
	if line, err := said.ReadString('\n'); err != nil || line != "ready\n" {
		rest, readErr := io.ReadAll(said)
		return errors.Join(fmt.Errorf("it says: %s%s", line, rest), readErr, run.Wait())
	}
	return nil
}

// programFolder finds the newest PostgreSQL on this machine.
func programFolder() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, lookErr := exec.LookPath("pg_ctl"); len(found) == 0 && lookErr == nil {
		path, lookErr = filepath.EvalSymlinks(path) // its neighbours are where it really is
		return filepath.Dir(path), lookErr
	}
	if err != nil || len(found) == 0 {
		return "", errors.New("these tests need PostgreSQL's programs: apt-get install postgresql (nothing of it has to run)")
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return versionOf(a) - versionOf(b) })
	return filepath.Dir(newest), nil
}

func versionOf(initdb string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	if err != nil {
		return 0 // some other folder: the last choice
	}
	return n
}

func otherUser() (uid, gid uint32, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, lookupErr := user.Lookup(name)
		if lookupErr != nil {
			continue
		}
		n, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		g, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		return uint32(n), uint32(g), errors.Join(uidErr, gidErr)
	}
	return 0, 0, errors.New("no user postgres or nobody to run PostgreSQL as")
}

func (s *server) address(database string) string {
	return "postgres:///" + database + "?user=postgres&host=" + s.folder
}

// database makes a database for the test and returns its address.
func database(t testing.TB, migrated bool) string {
	t.Helper()
	s, err := running()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d", s.made.Add(1))
	make := "CREATE DATABASE " + name
	if migrated {
		if err := s.migrated(); err != nil {
			t.Fatal(err)
		}
		make += " TEMPLATE template"
	}
	if err := s.do(make); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.do("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.address(name)
}

func (s *server) do(statement string) error {
	const patience = time.Minute
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := s.admin.ExecContext(ctx, statement)
	return err
}

// Programs is the folder of PostgreSQL's programs on this machine, and as whom
// they have to run: nil for whoever runs the test, since PostgreSQL refuses root.
func Programs() (folder string, as *syscall.Credential, err error) {
	if folder, err = programFolder(); err != nil || os.Getuid() != 0 {
		return folder, nil, err
	}
	uid, gid, err := otherUser()
	return folder, &syscall.Credential{Uid: uid, Gid: gid}, err
}
