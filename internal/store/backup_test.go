package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func sqliteAt(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func cardNumber(n int64) (card.Number, error) {
	return card.ParseNumber("2000" + strconv.FormatInt(1_000_000_000+n, 10)) //nolint:wrapcheck // the caller is a test
}

// knows counts the cards that writer wrote, in their order: none is left out.
func knows(t *testing.T, s *store.Store, atLeast int64) int64 {
	t.Helper()
	for n := int64(1); ; n++ {
		number, err := cardNumber(n)
		if err != nil {
			t.Fatal(err)
		}
		_, ok, err := s.AccountByNumber(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			if n-1 < atLeast {
				t.Errorf("%d cards were kept when the backup began, and it has %d", atLeast, n-1)
			}
			return n - 1
		}
	}
}

func TestABackupIsOfOneMomentWhileOthersWrite(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := sqliteAt(t, filepath.Join(folder, "library.db"))
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var kept atomic.Int64
	wrote, done := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(done)
		for n := int64(1); ctx.Err() == nil; n++ {
			number, err := cardNumber(n)
			if err == nil {
				_, err = s.KnowCard(ctx, card.Card{Number: number, Name: strings.Repeat("Jo ", 200)})
			}
			if err != nil {
				if ctx.Err() == nil {
					done <- err
				}
				return
			}
			if kept.Store(n); n == 20 {
				close(wrote)
			}
		}
	}()
	<-wrote
	backup := filepath.Join(folder, "backup.db")
	before := kept.Load()
	steps := 0
	if err := s.Backup(t.Context(), backup, func(done, total int64) {
		if steps++; done > total {
			t.Errorf("%d of %d pages", done, total)
		}
	}); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if steps == 0 {
		t.Error("no progress was told")
	}
	if info, err := os.Stat(backup); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup can be read by others: %v %v", info.Mode(), err)
	}
	var held int64
	restored := filepath.Join(folder, "restored.db")
	if err := store.Restore(t.Context(), backup, restored, store.Options{Now: time.Now}, func(r *store.Store) error {
		held = knows(t, r, before)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if again := knows(t, sqliteAt(t, restored), before); again != held {
		t.Errorf("%d cards where it was checked, %d where it was put", held, again)
	}
	left, err := filepath.Glob(filepath.Join(folder, "*.part*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestABackupTakesNobodysPlace(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := sqliteAt(t, filepath.Join(folder, "library.db"))
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(folder, "backup.db")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(backup+".part", "of one that was cut off")
	none := func(int64, int64) {}
	if err := s.Backup(t.Context(), backup, none); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), backup, none); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("over another backup: %v", err)
	}
	fine := func(*store.Store) error { return nil }
	o := store.Options{Now: time.Now}
	if err := store.Restore(t.Context(), backup, filepath.Join(folder, "library.db"), o, fine); err == nil {
		t.Error("restored over a store")
	}
	write(filepath.Join(folder, "new.db-wal"), "of a store that was there")
	if err := store.Restore(t.Context(), backup, filepath.Join(folder, "new.db"), o, fine); err == nil || !strings.Contains(err.Error(), "new.db-wal") {
		t.Errorf("beside the log of another: %v", err)
	}
	unwanted := errors.New("unwanted")
	other := filepath.Join(folder, "other.db")
	if err := store.Restore(t.Context(), backup, other, o, func(*store.Store) error { return unwanted }); !errors.Is(err, unwanted) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("what was refused has the store's name")
	}
}

func TestASpoiledBackupIsNotRestored(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := sqliteAt(t, filepath.Join(folder, "library.db"))
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(folder, "good.db")
	if err := s.Backup(t.Context(), good, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	half := raw[:len(raw)/2]
	holed := append([]byte(nil), raw...)
	copy(holed[len(holed)/2:], make([]byte, 8192))
	for name, bytes := range map[string][]byte{"half": half, "holed": holed, "text": []byte("no database"), "empty": nil} {
		bad, path := filepath.Join(folder, name+".bad"), filepath.Join(folder, name+".db")
		if err := os.WriteFile(bad, bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		err := store.Restore(t.Context(), bad, path, store.Options{Now: time.Now}, func(*store.Store) error { return nil })
		if _, statErr := os.Stat(path); err == nil || statErr == nil {
			t.Errorf("%s was restored: %v", name, err)
		}
	}
}

func TestPostgreSQLIsBackedUpByItsOwnTools(t *testing.T) {
	t.Parallel()
	err := storetest.Postgres(t).Backup(t.Context(), filepath.Join(t.TempDir(), "b"), func(int64, int64) {})
	if !errors.Is(err, store.ErrNotAFile) {
		t.Errorf("got %v", err)
	}
}
