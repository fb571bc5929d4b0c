// Command hoofdpas is the member's account of a public library, with linked
// cards by consent. Each subcommand is in a file of its name.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"hoofdpas/internal/config"
	"hoofdpas/internal/request"
	"hoofdpas/internal/store"
	"hoofdpas/internal/watch"
)

// commands is the command line.
type commands struct {
	Config string `help:"Configuration file (TOML)." env:"HOOFDPAS_CONFIG" placeholder:"FILE" short:"c"`
	Store  string `help:"Where everything is kept: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE." placeholder:"ADDRESS"`

	Serve    serveCommand      `cmd:"" help:"Serve the library's members and desk."`
	Demo     demoCommand       `cmd:"" help:"Serve a made-up library on a throw-away store, to try everything."`
	Import   importCommand     `cmd:"" help:"Load cards, loans and fees that the library hands over (CSV)."`
	Export   exportCommand     `cmd:"" help:"Write cards, loans and fees in the format that import reads."`
	Payments paymentsCommand   `cmd:"" help:"Look after what was paid online."`
	Ledger   ledgerCommand     `cmd:"" help:"The books: verify them, and hand them over to bookkeeping."`
	Staff    staffCommand      `cmd:"" help:"Accounts of the staff at the desk."`
	Migrate  migrateCommand    `cmd:"" help:"Bring the store up to date with this program."`
	Keep     storeCommand      `cmd:"" name:"store" help:"Where everything is kept."`
	Backup   backupCommand     `cmd:"" help:"Copy a SQLite store into a file while the program runs."`
	Restore  restoreCommand    `cmd:"" help:"Put a backup where there is no store yet, and check it."`
	Doctor   doctorCommand     `cmd:"" help:"Examine the configuration and all that the program stands on. Exit code 1: something is wrong."`
	SIP      sipCommand        `cmd:"" name:"sip" help:"Ask one thing of a SIP2 server, and show what goes over the wire."`
	PAIA     paiaCommand       `cmd:"" name:"paia" help:"Ask one thing of a PAIA server, and show the request and the answer."`
	Library  librarySIPCommand `cmd:"" name:"library-sip" hidden:"" help:"The library system of demo --library sip."`
	Show     configCommand     `cmd:"" name:"config" help:"Print the effective configuration, secrets masked."`
	Version  versionCommand    `cmd:"" help:"Print the version."`
	Help     helpCommand       `cmd:"" help:"Print this help."`
}

// world is what a subcommand gets besides its own flags.
type world struct {
	ctx     context.Context //nolint:containedctx // a subcommand lives exactly as long
	all     *commands
	environ []string
	in      *os.File
	out     io.Writer
	err     io.Writer
	now     func() time.Time
	// helped tells that kong has printed help and wanted to exit.
	helped bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(&world{
		ctx: ctx, environ: os.Environ(), in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now,
	}, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "hoofdpas: "+err.Error())
		stop()
		os.Exit(exitCode(err))
	}
}

// disagreement is the answer of a subcommand that looked whether two things
// agree, and they do not. It says which and where.
type disagreement string

func (d disagreement) Error() string { return string(d) }

// exitCode is 2 for a disagreement, so that a script can tell it from a
// subcommand that could not do its work, which is 1.
func exitCode(err error) int {
	const failed, differs = 1, 2
	var d disagreement
	if errors.As(err, &d) {
		return differs
	}
	return failed
}

func run(w *world, args []string) error {
	w.all = &commands{}
	parser, err := kong.New(w.all, kong.Name("hoofdpas"), kong.Writers(w.out, w.err), kong.UsageOnError(),
		kong.Description("The member's account of a public library, with linked cards by consent."),
		kong.Exit(func(int) { w.helped = true }))
	if err != nil {
		return fmt.Errorf("read the command line: %w", err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if w.helped {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w (try: hoofdpas --help)", err)
	}
	return k.Run(w, parser) //nolint:wrapcheck // each subcommand says what it was doing
}

// configuration loads the configuration with the subcommand's flags over it
// and checks it.
func (w *world) configuration(flags map[string]any) (config.Config, error) {
	c, err := w.unchecked(flags)
	if err != nil {
		return c, err
	}
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("the configuration has faults:\n%w", err)
	}
	return c, nil
}

func (w *world) unchecked(flags map[string]any) (config.Config, error) {
	given := map[string]any{}
	if w.all.Store != "" {
		given["store"] = w.all.Store
	}
	for key, value := range flags {
		if value != "" {
			given[key] = value
		}
	}
	return config.Load(config.Sources{File: w.all.Config, Environ: w.environ, Flags: given}) //nolint:wrapcheck // says it
}

// logger writes for the operator, on standard error.
func (w *world) logger(c config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		level = slog.LevelInfo // Validate has refused it before
	}
	o := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(w.err, o)
	if c.Log.Format == "json" {
		h = slog.NewJSONHandler(w.err, o)
	}
	return slog.New(request.Log(h))
}

// existingStore is openStore for what makes no sense on a new one: a mistyped
// address must not make an empty library.
func (w *world) existingStore(c config.Config, log *slog.Logger) (*store.Store, error) {
	if path, ok := strings.CutPrefix(c.Store, "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no store at %s: correct the address, or make it with hoofdpas migrate", path)
		}
	}
	return w.openStore(c, log, nil)
}

// openStore opens the configured store, watched by whoever watches, and brings it up
// to date.
func (w *world) openStore(c config.Config, log *slog.Logger, seen *watch.Watch) (*store.Store, error) {
	o := store.Options{Now: w.now, Log: log}
	if seen != nil {
		o.OpenDB = seen.OpenDB
	}
	s, err := store.Open(w.ctx, c.Store, o)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	if err := s.Migrate(w.ctx); err != nil {
		_ = s.Close() // the first error counts
		return nil, fmt.Errorf("bring the store up to date: %w", err)
	}
	return s, nil
}
