package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

	"hoofdpas/bench/country"
	"hoofdpas/internal/library/builtin"
	hashing "hoofdpas/internal/password"
	"hoofdpas/internal/store/storetest"
)

// settings of the PostgreSQL that is measured; the rest is as it comes. It is as
// durable as any: fsync and synchronous_commit stay on.
var postgresSettings = []string{
	"shared_buffers=4GB", "effective_cache_size=12GB", "work_mem=16MB", "maintenance_work_mem=512MB", "max_wal_size=8GB",
	"checkpoint_timeout=15min", "random_page_cost=1.1",
}

// postgresServer is a server over data that outlives the run.
type postgresServer struct {
	t      testing.TB
	socket string
}

func startPostgres(t testing.TB, dir string) postgresServer {
	t.Helper()
	programs, as, err := storetest.Programs()
	must(t, err)
	socket, err := os.MkdirTemp("/tmp", "hoofdpas-country-") //nolint:usetesting // the path of a socket may have 107 characters
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(socket) })
	must(t, os.MkdirAll(dir, 0o755)) //nolint:gosec // the server's user must be able to go in
	if as != nil {
		must(t, os.Chown(dir, int(as.Uid), int(as.Gid)))
		must(t, os.Chown(socket, int(as.Uid), int(as.Gid)))
	}
	run := func(name string, args ...string) {
		c := exec.CommandContext(context.Background(), filepath.Join(programs, name), args...)
		c.SysProcAttr, c.Dir = &syscall.SysProcAttr{Credential: as}, "/"
		if name == "initdb" {
			out, err := c.CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, out)
			}
			return
		}
		must(t, c.Run()) // the server keeps what a pipe would wait for
	}
	data := filepath.Join(dir, "data")
	if _, err := os.Stat(data); err != nil {
		run("initdb", "--pgdata="+data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
	}
	options := "-k " + socket + " -c listen_addresses="
	for _, s := range postgresSettings {
		options += " -c " + s
	}
	run("pg_ctl", "start", "--pgdata="+data, "--wait", "--silent", "--log="+filepath.Join(dir, "log"), "--options="+options)
	t.Cleanup(func() { run("pg_ctl", "stop", "--pgdata="+data, "--mode=fast", "--silent") })
	return postgresServer{t, socket}
}

func (s postgresServer) address(database string) string {
	return "postgres:///" + database + "?user=postgres&host=" + s.socket
}

// psql runs commands, each in a transaction of its own.
func (s postgresServer) psql(database string, commands ...string) string {
	s.t.Helper()
	args := []string{"--quiet", "--no-psqlrc", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--host=" + s.socket, "--username=postgres", database}
	for _, c := range commands {
		args = append(args, "--command="+c)
	}
	return tool(s.t, "", "psql", args...)
}

// tool runs a program and returns what it said.
func tool(t testing.TB, input, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(context.Background(), name, args...)
	c.Stdin = strings.NewReader(input)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return strings.TrimSpace(string(out))
}

// engine is one of the two databases: how the bench reaches it without us.
type engine struct {
	name, version string
	// address is that of a store, and plain what driver opens it with.
	driver         string
	address, plain func(name string) string
	drop           func(name string)
	size           func(name string) int64
	// bulk makes tables and loads each file into the table of the columns, as the
	// engine loads many rows by itself.
	bulk func(name, tables string, loads []load)
}

type load struct{ table, columns, file string }

func sqliteEngine(t testing.TB, dir string) engine {
	file := func(name string) string { return filepath.Join(dir, name+".db") }
	return engine{
		name: "SQLite", driver: "sqlite", version: "bulk load by sqlite3 " + strings.Fields(tool(t, "", "sqlite3", "--version"))[0],
		address: func(name string) string { return "sqlite:" + file(name) },
		plain: func(name string) string {
			return "file:" + file(name) + "?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=journal_mode(WAL)"
		},
		drop: func(name string) {
			for _, end := range []string{"", "-wal", "-shm"} {
				_ = os.Remove(file(name) + end) // it may not be there
			}
		},
		size: func(name string) int64 {
			info, err := os.Stat(file(name))
			must(t, err)
			return info.Size()
		},
		bulk: func(name, tables string, loads []load) {
			script := ".bail on\n" + tables + "\n"
			for _, l := range loads {
				if l.columns == "" {
					script += ".import --csv --skip 1 " + l.file + " " + l.table + "\n"
					continue
				}
				script += "CREATE TEMPORARY TABLE incoming (" + l.columns + ");\n.import --csv --skip 1 --schema temp " + l.file + " incoming\n" +
					"INSERT INTO " + l.table + " (" + l.columns + ") SELECT " + l.columns + " FROM incoming; DROP TABLE incoming;\n"
			}
			tool(t, script, "sqlite3", file(name))
		},
	}
}

func postgresEngine(t testing.TB, dir string) engine {
	s := startPostgres(t, dir)
	return engine{
		name: "PostgreSQL", driver: "pgx", version: s.psql("postgres", "SHOW server_version"),
		address: s.address, plain: s.address,
		drop: func(name string) { s.psql("postgres", "DROP DATABASE IF EXISTS "+name, "CREATE DATABASE "+name) },
		size: func(name string) int64 {
			n, err := strconv.ParseInt(s.psql(name, "SELECT pg_database_size('"+name+"')"), 10, 64)
			must(t, err)
			return n
		},
		bulk: func(name, tables string, loads []load) {
			commands := []string{tables}
			for _, l := range loads {
				into := l.table
				if l.columns != "" {
					into += " (" + l.columns + ")"
				}
				commands = append(commands, `\copy `+into+` FROM '`+l.file+`' CSV HEADER`)
				if l.columns != "" {
					commands = append(commands, "SELECT setval(pg_get_serial_sequence('"+l.table+"', 'id'), max(id)) FROM "+l.table)
				}
			}
			if loads[0].columns != "" {
				commands = append(commands, "VACUUM ANALYZE") // as autovacuum does within some minutes
			}
			s.psql(name, commands...)
		},
	}
}

// The tables that the engines load by themselves: the columns of the files, with
// the keys and indexes of the store's own tables, and without any.
const (
	keyedTables = `CREATE TABLE cards (number TEXT PRIMARY KEY, name TEXT, birth_date TEXT, email TEXT, category TEXT, branch TEXT,
		expires_on TEXT, blocked TEXT);
	CREATE TABLE loans (id TEXT PRIMARY KEY, card_number TEXT, item TEXT, title TEXT, author TEXT, material TEXT, lent_on TEXT,
		due_on TEXT, renewals BIGINT, reserved TEXT);
	CREATE INDEX loans_card ON loans (card_number, due_on);
	CREATE TABLE fees (id TEXT PRIMARY KEY, card_number TEXT, kind TEXT, description TEXT, amount TEXT, charged_on TEXT, item TEXT);
	CREATE INDEX fees_card ON fees (card_number);`
	withoutKeys = `CREATE INDEX loans_card ON loans (card_number, due_on);|CREATE INDEX fees_card ON fees (card_number);| PRIMARY KEY`
)

func plainTables() string {
	tables := keyedTables
	for _, part := range strings.Split(withoutKeys, "|") {
		tables = strings.ReplaceAll(tables, part, "")
	}
	return tables
}

// made is a store that was loaded, as its stamp in the cache tells.
type made struct {
	Name  string
	Cards int
	// Rows of the three files; seconds of the import, of the engine's own load
	// into tables with keys, and without.
	Rows                 int
	Import, Keyed, Plain float64
	Again                float64 // seconds of importing the same files once more; 0 in a stamp from before this was measured
	ImportMB             float64 // the importing process at most
	Bytes                int64
	Mandates             int
}

// nation makes stores of one size, or finds them in the cache.
type nation struct {
	t      testing.TB
	binary string
	dir    string
	land   *country.Country
	key    string // of everything that decides what is in a store
}

// progress shows a bar on a terminal, elsewhere a line at the end.
func (n nation) progress(what string, total int) (told country.Progress, done func()) {
	began := time.Now()
	done = func() { fmt.Fprintf(os.Stderr, "%s %s: %.0f s\n", n.key, what, time.Since(began).Seconds()) }
	if !isatty.IsTerminal(os.Stderr.Fd()) {
		return nil, done
	}
	const often = 100 * time.Millisecond
	bar := progressbar.NewOptions(total, progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(often))
	return func(rows int) { _ = bar.Add(rows) }, func() { _ = bar.Finish(); done() } // a bar that cannot be drawn spoils nothing
}

// file is one of the country's files, written when it is not there.
func (n nation) file(name string, rows int, write func(io.Writer, country.Progress) error) string {
	n.t.Helper()
	path := filepath.Join(n.dir, n.key+"-"+name+".csv")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	told, done := n.progress("writing "+name, rows)
	f, err := os.Create(path + ".part")
	must(n.t, err)
	must(n.t, write(f, told))
	must(n.t, f.Close())
	must(n.t, os.Rename(path+".part", path))
	done()
	return path
}

// timedAs runs a phase and says how many seconds it took.
func (n nation) timedAs(what string, do func()) float64 {
	fmt.Fprintf(os.Stderr, "%s %s ...\n", n.key, what)
	_, done := n.progress(what, -1)
	took := timed(do).Seconds()
	done()
	return took
}

// in is the nation's store in an engine.
func (n nation) in(e engine) made {
	n.t.Helper()
	stamp := filepath.Join(n.dir, n.key+"-"+e.driver+".json")
	m := made{Name: "country_" + n.key}
	if text, err := os.ReadFile(stamp); err == nil {
		must(n.t, json.Unmarshal(text, &m))
		return m
	}
	n.fill(e, &m)
	text, err := json.MarshalIndent(m, "", "\t")
	must(n.t, err)
	must(n.t, os.WriteFile(stamp, text, 0o600))
	return m
}

// files are the three that a library hands over.
func (n nation) files() []load {
	n.t.Helper()
	c := n.land
	return []load{
		{"cards", "", n.file("cards", c.Cards, c.WriteCards)},
		{"loans", "", n.file("loans", c.Loans(), c.WriteLoans)},
		{"fees", "", n.file("fees", c.Fees(), c.WriteFees)},
	}
}

// fill makes the store, after the engine has loaded the same files by itself.
func (n nation) fill(e engine, m *made) {
	n.t.Helper()
	c, files := n.land, n.files()
	m.Cards, m.Rows, m.Mandates = c.Cards, c.Cards+c.Loans()+c.Fees(), c.Mandates()
	const apart = "apart"
	e.drop(apart)
	m.Plain = n.timedAs(e.name+"'s own load, without keys", func() { e.bulk(apart, plainTables(), files) })
	e.drop(apart)
	m.Keyed = n.timedAs(e.name+"'s own load, with keys", func() { e.bulk(apart, keyedTables, files) })
	e.drop(apart)
	e.drop(m.Name)
	m.Import, m.ImportMB = n.imported("import into "+e.name, e, m.Name)
	n.timedAs("mandates into "+e.name, func() { n.mandates(e, m.Name) })
	m.Bytes = e.size(m.Name)
	m.Again, _ = n.imported("import again into "+e.name, e, m.Name)
}

// imported runs the program's import: seconds, and MB of memory at most.
func (n nation) imported(what string, e engine, name string) (took, memory float64) {
	n.t.Helper()
	files := n.files()
	took = n.timedAs(what, func() {
		run := exec.CommandContext(context.Background(), n.binary, "--store", e.address(name), "import",
			"--cards", files[0].file, "--loans", files[1].file, "--fees", files[2].file)
		run.Stderr = os.Stderr
		must(n.t, run.Run())
		if usage, ok := run.ProcessState.SysUsage().(*syscall.Rusage); ok {
			memory = float64(usage.Maxrss) / 1024
		}
	})
	return took, memory
}

// mandates loads accounts, mandates and their log straight into the tables.
func (n nation) mandates(e engine, name string) {
	n.t.Helper()
	c := n.land
	hash, err := hashing.New(1).Hash(n.t.Context(), ownWord)
	must(n.t, err)
	accounts := func(w io.Writer, told country.Progress) error {
		return c.WriteAccounts(w, func(name string) string { return strings.Join(builtin.Words(name), " ") }, hash, told)
	}
	e.bulk(name, "", []load{
		{"cards", country.AccountColumns, n.file("accounts", c.Accounts(), accounts)},
		{"mandates", country.MandateColumns, n.file("mandates", c.Mandates(), c.WriteMandates)},
		{"mandate_log", country.LogColumns, n.file("log", c.Mandates(), c.WriteLog)},
	})
}
