package store_test

import (
	"strings"
	"testing"

	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func TestMigratingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		s := storetest.Open(t, address)
		have, want, err := s.SchemaVersion(t.Context())
		if err != nil || have != 0 || want < 1 {
			t.Fatalf("an empty store has version %d of %d, %v", have, want, err)
		}
		if err := s.Answers(t.Context()); err == nil || !strings.Contains(err.Error(), "version 0") {
			t.Errorf("a store that waits for its migration is ready: %v", err)
		}
		for range 2 {
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if have, _, err = s.SchemaVersion(t.Context()); err != nil || have != want {
			t.Fatalf("a migrated store has version %d of %d, %v", have, want, err)
		}
	})
}

func TestEachGivesAMigratedStore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		have, want, err := s.SchemaVersion(t.Context())
		if err != nil || have != want {
			t.Fatalf("version %d of %d, %v", have, want, err)
		}
	})
}
