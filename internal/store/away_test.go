package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"hoofdpas/internal/card"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func TestAServerThatRestartsLosesWhatWasNotCommittedAndNothingElse(t *testing.T) {
	t.Parallel()
	server := storetest.OwnServer(t)
	s := storetest.Open(t, server.Address())
	must(t, s.Migrate(t.Context()))
	anna, _, _ := threePeople(t, s)
	_, err := s.RaiseEpoch(t.Context(), anna.ID)
	must(t, err)
	err = s.InTx(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(t.Context(), `UPDATE cards SET epoch = 70`); err != nil {
			return err
		}
		server.Restart()
		_, err := tx.ExecContext(t.Context(), `UPDATE cards SET epoch = 71`)
		return err
	})
	mustBeUnavailable(t, err, store.ReasonAway)

	server.Stop()
	for range 3 {
		_, _, err = s.Account(t.Context(), anna.ID)
		mustBeUnavailable(t, err, store.ReasonAway)
		_, err = s.RaiseEpoch(t.Context(), anna.ID)
		mustBeUnavailable(t, err, store.ReasonAway)
		mustBe(t, "ready", s.Answers(t.Context()) == nil, false)
	}
	mustSay(t, opening(t, server.Address()), "cannot be reached", "start it")
	server.Restart()
	epoch, err := s.RaiseEpoch(t.Context(), anna.ID) // by the same pool
	must(t, err)
	mustBe(t, "epoch", epoch, 2)
	must(t, s.Answers(t.Context()))
}

func TestWhatEndedWithoutAnAnswerIsNotSaidToBeUndone(t *testing.T) {
	t.Parallel()
	address := storetest.PostgresAddress(t)
	real := storetest.Open(t, address)
	must(t, real.Migrate(t.Context()))
	anna, _, _ := threePeople(t, real)
	w := openWire(t, address)
	s := storetest.Open(t, w.address)
	_, err := s.RaiseEpoch(t.Context(), anna.ID)
	must(t, err)

	// The answers to a statement outside of a transaction, and to a COMMIT.
	w.cutAt("stmtcache_") // the statement, which the server knows by now
	_, err = s.RaiseEpoch(t.Context(), anna.ID)
	mustBeUnavailable(t, err, store.ReasonUnsure)
	w.mend()
	w.cutAt("commit")
	err = s.InTx(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE cards SET epoch = epoch + 4`)
		return err
	})
	mustBeUnavailable(t, err, store.ReasonUnsure)
	mustBeUnavailable(t, reading(s, anna.ID), store.ReasonAway)
	w.mend()
	a, _, err := s.Account(t.Context(), anna.ID)
	must(t, err)
	mustBe(t, "epoch", a.Epoch, 6) // both were kept

	// A server that goes down at the end of a transaction.
	must(t, real.Run(t.Context(), `CREATE FUNCTION go() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NULL; END $$`))
	must(t, real.Run(t.Context(), `CREATE CONSTRAINT TRIGGER go AFTER UPDATE ON cards DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION go()`))
	_, err = s.RaiseEpoch(t.Context(), anna.ID)
	mustBeUnavailable(t, err, store.ReasonUnsure)
}

func reading(s *store.Store, id card.ID) error {
	_, _, err := s.Account(context.Background(), id)
	return err
}

// wire stands between a store and its server. From when the store has said the word
// on, the server still hears what is asked, and no answer comes back.
type wire struct {
	address string
	mu      sync.Mutex
	word    string
	cut     bool
}

func (w *wire) cutAt(word string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.word = word
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.word, w.cut = "", false
}

// hears notes what the store says.
func (w *wire) hears(said []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = w.cut || (w.word != "" && bytes.Contains(said, []byte(w.word)))
}

func (w *wire) isCut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut
}

func openWire(t *testing.T, address string) *wire {
	t.Helper()
	_, folder, ok := strings.Cut(address, "&host=")
	if !ok {
		t.Fatal("the address names no folder: " + address)
	}
	const socket = ".s.PGSQL.5432"
	dir, err := os.MkdirTemp("", "wire") //nolint:usetesting // a socket's path is short
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := &wire{address: strings.Replace(address, folder, dir, 1)}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "unix", filepath.Join(dir, socket))
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			var d net.Dialer
			server, err := d.DialContext(context.Background(), "unix", filepath.Join(folder, socket))
			if err != nil {
				_ = client.Close()
				continue
			}
			go pass(client, server, func(said []byte) bool {
				w.hears(said)
				return true
			})
			go pass(server, client, func([]byte) bool { return !w.isCut() })
		}
	}()
	return w
}

// pass passes on what one says to the other, as long as it may, and hangs up.
func pass(from, to net.Conn, may func([]byte) bool) {
	defer from.Close()
	defer to.Close()
	said := make([]byte, 1<<16)
	for {
		n, err := from.Read(said)
		if n > 0 && !may(said[:n]) {
			return
		}
		if _, writeErr := to.Write(said[:n]); err != nil || writeErr != nil {
			return
		}
	}
}
