package soak

import (
	"context"
	"database/sql"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver of the program's store
)

// unfinished are the jobs about payments that still have something to do. What
// is told by mail is not about money.
const unfinished = `kind LIKE 'payment.%' AND kind <> 'payment.letter' AND state NOT IN ('completed', 'cancelled', 'discarded')`

// calm lets the storm blow over: webhooks arrive, time passes, and what is under
// way ends. The program is stopped afterwards.
func (w *world) calm() {
	w.t.Helper()
	if !w.program.answers() {
		return
	}
	w.until("the webhooks are sent", func() bool { return w.bank.Waiting() == 0 })
	pause(w.openFor) // the last payments have had their time
	w.program.stop()
	const rounds = 8
	for range rounds {
		// First the jobs, which are there within minutes, then the comparison, which
		// comes by night: that one must not be what mends the others.
		if w.timePasses() > 0 {
			w.program.start()
			w.until("the jobs are done", func() bool {
				return w.count(`SELECT count(*) FROM river_job WHERE `+unfinished+` AND state <> 'scheduled'`) == 0
			})
			w.program.stop()
		}
		pause(refundsTake)
		if _, code := w.reconcile(); code != 0 && code != 2 {
			w.t.Errorf("reconcile ended with %d", code)
		}
		if w.count(`SELECT count(*) FROM river_job WHERE `+unfinished) == 0 &&
			w.count(`SELECT count(*) FROM refunds WHERE state IN ('due', 'sent')`) == 0 {
			return
		}
	}
	w.t.Error("there is always something left to do")
}

func (w *world) reconcile() (printed string, code int) {
	now := time.Now().UTC()
	return w.program.run("payments", "reconcile", "--from", now.AddDate(0, 0, -1).Format(time.DateOnly), "--to", now.Format(time.DateOnly))
}

// timePasses does at once what happens in some minutes: a killed program's
// deliveries are left to others, and the runner of jobs takes up the jobs that a killed program left behind, and tries again what did not
// work. It returns how many jobs that are.
func (w *world) timePasses() int64 {
	w.t.Helper()
	db := w.beside()
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), `UPDATE payments SET delivering_until_ms = NULL WHERE delivering_until_ms > 0`); err != nil {
		w.t.Fatal(err)
	}
	r, err := db.ExecContext(context.Background(), `UPDATE river_job SET state = 'available', scheduled_at = created_at WHERE `+unfinished)
	if err != nil {
		w.t.Fatal(err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// beside opens the store's file beside the program.
func (w *world) beside() *sql.DB {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.program.file()+"?_pragma=busy_timeout(10000)")
	if err != nil {
		w.t.Fatal(err)
	}
	return db
}

func (w *world) count(query string) (n int) {
	w.t.Helper()
	db := w.beside()
	defer db.Close()
	if err := db.QueryRowContext(context.Background(), query).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", strings.TrimSpace(query), err)
	}
	return n
}

// until waits for what must happen.
func (w *world) until(what string, happened func() bool) {
	w.t.Helper()
	for end := time.Now().Add(3 * patience); !happened(); pause(100 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("it did not happen that %s", what)
		}
	}
}
