package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"hoofdpas/internal/app"
	"hoofdpas/internal/config"
)

// librarySIPCommand is the demo's second process: a made-up library with a system
// of its own, which speaks SIP2.
type librarySIPCommand struct{}

// Run serves until the program is told to stop, or whoever started it is gone:
// then its standard input ends.
func (librarySIPCommand) Run(w *world) error {
	c, err := w.unchecked(nil)
	if err != nil {
		return err
	}
	c = app.DemoConfig(c)
	c.Listen = c.Library.SIP.Address
	log := w.logger(c)
	s, err := w.openStore(c, log, nil)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // the program ends here
	out, err := w.outside(c, log, nil)
	if err != nil {
		return err
	}
	if err := app.FillDemo(w.ctx, c, s, out); err != nil {
		return err //nolint:wrapcheck // says what it was doing
	}
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, w.in) // whatever ends it
		stop()
	}()
	fmt.Fprintln(w.out, out.Listener.Addr())
	return app.ServeLibrary(ctx, c, s, out) //nolint:wrapcheck // says what it was doing
}

// startLibrary starts the second process, with its own store in the folder, and
// points the configuration at it. stop ends it.
func (w *world) startLibrary(c *config.Config, folder string) (stop func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	c.Library.System = config.SIP
	c.Library.SIP = config.SIPConfig{
		User: "hoofdpas", Password: rand.Text(), Institution: "RIJNWAARDE", Location: "DEMO",
		Charset: "utf-8", Profile: app.DemoProfile, Terminator: "cr", Checksums: true, Connections: 4, Currency: "EUR",
	}
	const patience = 10 * time.Second
	child := exec.CommandContext(context.WithoutCancel(w.ctx), program, "library-sip")
	// In the environment, where others cannot read them as they can flags.
	child.Env = append(withoutOurs(w.environ),
		"HOOFDPAS_STORE=sqlite:"+filepath.Join(folder, "library.db"), "HOOFDPAS_LIBRARY_ZONE="+c.Library.Zone,
		"HOOFDPAS_LIBRARY_SIP_ADDRESS=127.0.0.1:0", "HOOFDPAS_LIBRARY_SIP_INSTITUTION="+c.Library.SIP.Institution,
		"HOOFDPAS_LIBRARY_SIP_USER="+c.Library.SIP.User, "HOOFDPAS_LIBRARY_SIP_PASSWORD="+c.Library.SIP.Password,
	)
	child.Stderr = w.err
	child.WaitDelay = patience
	alive, err := child.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the library: %w", err)
	}
	said, err := child.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the library: %w", err)
	}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("start the library: %w", err)
	}
	stop = func() {
		_ = alive.Close() // that it may be gone already is what is wanted
		_ = child.Process.Signal(syscall.SIGTERM)
		_ = child.Wait()
	}
	address, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		stop()
		return nil, errors.New("the library did not start")
	}
	c.Library.SIP.Address = strings.TrimSpace(address)
	return stop, nil
}

// withoutOurs is an environment without our variables: the library has a
// configuration of its own.
func withoutOurs(environ []string) (rest []string) {
	for _, line := range environ {
		if !strings.HasPrefix(line, "HOOFDPAS_") {
			rest = append(rest, line)
		}
	}
	return rest
}
