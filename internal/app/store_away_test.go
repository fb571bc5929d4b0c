package app

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hoofdpas/internal/config"
	"hoofdpas/internal/demo"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/web/webtest"
)

// badDays is the whole program over a store that can be as bad as a bad day.
type badDays struct {
	t      *testing.T
	server *storetest.Server // nil over SQLite
	site   string
	log    *journal
}

func openBadDays(t *testing.T, address string) *badDays {
	t.Helper()
	d := &badDays{t: t, log: &journal{}}
	front := httptest.NewUnstartedServer(nil)
	d.site = "http://" + front.Listener.Addr().String()
	c, err := config.Load(config.Sources{Flags: map[string]any{"store": address, "public_url": d.site}})
	if err != nil {
		t.Fatal(err)
	}
	c = DemoConfig(c)
	s := storetest.Open(t, c.Store, store.Options{Now: time.Now, LockWait: time.Millisecond})
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := Outside{Now: time.Now, Client: &http.Client{}, Log: slog.New(slog.NewTextHandler(d.log, nil))}
	if err := FillDemo(t.Context(), c, s, out); err != nil {
		t.Fatal(err)
	}
	r, err := furnish(c, s, out)
	if err != nil {
		t.Fatal(err)
	}
	if front.Config.Handler, err = r.faces(); err != nil {
		t.Fatal(err)
	}
	front.Start()
	t.Cleanup(front.Close)
	return d
}

// enter lets the first card of the demo in for the first time.
func (d *badDays) enter() *webtest.Browser {
	d.t.Helper()
	b := webtest.Open(d.t, d.site)
	b.Get("/inloggen").Form("Inloggen").Set("login", demo.Cards[0].Number).Set("password", demo.Cards[0].Password).Send().
		Form("Instellen").Set("new", chosen).Set("again", chosen).Send().Wants(http.StatusOK, demo.Cards[0].Name)
	return b
}

// ask asks the database something on a connection of its own.
func (d *badDays) ask(statements ...string) {
	d.t.Helper()
	conn, err := pgx.Connect(context.Background(), d.server.Address())
	if err != nil {
		d.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, s := range statements {
		if _, err := conn.Exec(context.Background(), s); err != nil {
			d.t.Fatal(err)
		}
	}
}

// settles waits until pages are shown: each connection that was cut off is found out
// by somebody who uses it at once, and otherwise before it is used.
func (d *badDays) settles(b *webtest.Browser) {
	d.t.Helper()
	for end := time.Now().Add(time.Minute); b.Get("/geleend").Status != http.StatusOK; {
		if time.Now().After(end) {
			d.t.Fatal("pages are not shown again")
		}
	}
}

// On each bad day a member reads what is the matter, a form that was sent is not said
// to have been done, the operator reads why, and afterwards all is well by itself.
func TestOnABadDayOfTheDatabaseNothingIsSaidThatIsNotSo(t *testing.T) {
	t.Parallel()
	server := storetest.OwnServer(t)
	d := openBadDays(t, server.Address())
	d.server = server
	b := d.enter()
	const (
		full   = `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`
		onFull = `CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON `
	)
	const endOthers = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
	name := 0
	for _, day := range []struct {
		what        string
		begin, mend func()
		reads       bool   // whether pages are still shown
		says        string // to who sends a form
		operator    string
	}{
		{
			"it refuses connections", d.server.Stop, d.server.Restart, false,
			"laad deze bladzijde over een minuut opnieuw", "store.away",
		},
		{
			"its disk is full",
			func() {
				d.ask(full, onFull+`cards EXECUTE FUNCTION full_disk()`, onFull+`sessions EXECUTE FUNCTION full_disk()`)
			},
			func() { d.ask(`DROP FUNCTION full_disk CASCADE`) },
			true, "We kunnen nu niets bewaren. Er is niets veranderd.", "53100",
		},
		{
			"it is read-only",
			func() { d.ask(`ALTER DATABASE template SET default_transaction_read_only = on`, endOthers) },
			func() {
				d.ask(`SET default_transaction_read_only = off`, `ALTER DATABASE template RESET default_transaction_read_only`, endOthers)
			},
			true, "We kunnen nu niets bewaren. Er is niets veranderd.", "25006",
		},
	} {
		name++
		want := "marieke" + strings.Repeat("x", name)
		form := b.Get("/mijn-gegevens").Form("Opslaan").Set("name", want)
		day.begin()
		if day.reads {
			d.settles(b)
		}
		d.log.take()
		form.Send().Wants(http.StatusServiceUnavailable, day.says).Lacks("opgeslagen")
		if said := d.log.take(); !strings.Contains(said, day.operator) || strings.Contains(said, demo.Cards[0].Number) {
			t.Errorf("%s: the operator reads %s", day.what, said)
		}
		if day.reads {
			b.Get("/geleend").Wants(http.StatusOK, demo.Cards[0].Name)
		} else {
			b.Get("/geleend").Wants(http.StatusServiceUnavailable, "Even geduld")
		}
		day.mend()
		d.settles(b)
		if kept := b.Get("/mijn-gegevens").Find("input[name=name]").AttrOr("value", ""); kept == want {
			t.Errorf("%s: it was kept after all", day.what)
		}
		form.Send().Wants(http.StatusOK, "opgeslagen") // as a page that is loaded again does
	}

	d.whatIsSlow(b)
}

// whatIsSlow looks at a database that takes five seconds for each question about cards,
// and in which payments hang. Whoever asks is answered in time: by what they asked for,
// or by a page.
func (d *badDays) whatIsSlow(b *webtest.Browser) {
	t := d.t
	t.Helper()
	other := webtest.Open(t, d.site)
	other.Get("/inloggen").Form("Inloggen").Set("login", demo.Cards[0].Number).Set("password", chosen).Send().Wants(http.StatusOK)
	d.ask(`ALTER TABLE cards RENAME TO quick_cards`, `CREATE VIEW cards AS SELECT c.* FROM quick_cards c, (SELECT pg_sleep(5)) s`)
	held, err := pgx.Connect(t.Context(), d.server.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close(context.Background())
	for _, statement := range []string{`BEGIN`, `LOCK TABLE payments IN ACCESS EXCLUSIVE MODE`} {
		if _, err := held.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	var both sync.WaitGroup
	var hangs, slow *webtest.Page
	both.Go(func() { hangs = other.Get("/betalingen") })
	both.Go(func() { slow = b.Get("/mijn-gegevens") })
	both.Wait()
	if took := time.Since(began); took > 30*time.Second || took < 5*time.Second {
		t.Errorf("it took %v", took)
	}
	hangs.Wants(http.StatusServiceUnavailable, "Even geduld")
	if slow.Status == http.StatusOK {
		slow.Wants(http.StatusOK, demo.Cards[0].Name)
	} else {
		slow.Wants(http.StatusServiceUnavailable, "Even geduld")
	}
	if _, err := held.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	d.ask(`DROP VIEW cards`, `ALTER TABLE quick_cards RENAME TO cards`)
	other.Get("/betalingen").Wants(http.StatusOK)
	b.Get("/geleend").Wants(http.StatusOK, demo.Cards[0].Name)
}

// Another program, such as somebody's look into the file, has it locked.
func TestWhileAFileIsLockedPagesAreShownAndNothingIsSaidToBeKept(t *testing.T) {
	t.Parallel()
	address := storetest.SQLiteAddress(t)
	d := openBadDays(t, address)
	b := d.enter()
	other, err := sql.Open("sqlite", strings.TrimPrefix(address, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	do := func(statement string) {
		t.Helper()
		if _, err := other.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	form := b.Get("/mijn-gegevens").Form("Opslaan").Set("name", "marieke")
	for _, lang := range []struct{ code, says, kept string }{
		{"en", "Nothing has changed. Try again later.", "saved"},
		{"nl", "Er is niets veranderd. Probeer het straks opnieuw.", "opgeslagen"},
	} {
		b.Get("/taal/" + lang.code)
		do(`BEGIN IMMEDIATE`)
		d.log.take()
		form.Send().Wants(http.StatusServiceUnavailable, lang.says).Lacks(lang.kept)
		if said := d.log.take(); !strings.Contains(said, "database is locked") || strings.Contains(said, demo.Cards[0].Number) {
			t.Errorf("the operator reads %s", said)
		}
		b.Get("/geleend").Wants(http.StatusOK, demo.Cards[0].Name)
		do(`ROLLBACK`)
	}
	form.Send().Wants(http.StatusOK, "opgeslagen")
}
