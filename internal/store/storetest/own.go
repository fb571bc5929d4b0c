package storetest

import (
	"context"
	"os/exec"
	"syscall"
	"testing"
)

// Server is a throw-away PostgreSQL of one test's own, which it may stop.
type Server struct {
	t testing.TB
	*server
}

// OwnServer starts a PostgreSQL for the test alone. The tests of a program share
// another one.
func OwnServer(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.admin.Close() // it was asked everything
		_ = s.alive.Close() // whoever keeps the server stops it and cleans up
	})
	// What is kept is on the disk, as in earnest.
	if err := s.do(`ALTER DATABASE template SET synchronous_commit = on`); err != nil {
		t.Fatal(err)
	}
	return &Server{t, s}
}

// Address is the address of an empty database.
func (s *Server) Address() string { return s.address("template") }

// Restart cuts off everybody and starts again.
func (s *Server) Restart() { s.ctl("restart", "--mode=immediate") }

// Stop cuts off everybody, and refuses connections until Restart.
func (s *Server) Stop() { s.ctl("stop", "--mode=immediate") }

func (s *Server) ctl(args ...string) {
	s.t.Helper()
	programs, as, err := Programs()
	if err != nil {
		s.t.Fatal(err)
	}
	c := exec.CommandContext(context.Background(), programs+"/pg_ctl",
		append(args, "--wait", "--silent", "--pgdata="+s.folder+"/data", "--log="+s.folder+"/server.log")...)
	c.Dir = "/"
	c.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if err := c.Run(); err != nil {
		s.t.Fatal(err)
	}
}
