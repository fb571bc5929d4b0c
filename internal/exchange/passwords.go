package exchange

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"hoofdpas/internal/account"
)

// passwordBatch is how many first passwords are compared between two questions
// to the store.
const passwordBatch = 256

// hash puts the hashes of new first passwords on the stage. Whether one is new
// only the slow hash can tell: keeping anything faster beside it would help
// whoever steals the store to guess. It is done before the transaction begins.
func (i *importer) hash(ctx context.Context, sum *Summary) error {
	numbers := slices.Sorted(maps.Keys(i.passwords))
	total := int64(len(numbers))
	done := int64(0)
	for numbers := range slices.Chunk(numbers, passwordBatch) {
		kept, err := i.stage.FirstPasswords(ctx, numbers)
		if err != nil {
			return fmt.Errorf("read first passwords: %w", err)
		}
		var mu sync.Mutex
		fresh := map[string]account.Hash{}
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(runtime.GOMAXPROCS(0))
		for _, number := range numbers {
			g.Go(func() error {
				h, err := i.hashOne(gctx, i.passwords[number], kept[number])
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				switch {
				case kept[number].Chosen:
					sum.FirstPasswords.Chosen++
				case h == "":
					sum.FirstPasswords.Unchanged++
				default:
					sum.FirstPasswords.Set++
					fresh[number] = h
				}
				done++
				i.Progress(Passwords, done, total)
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return fmt.Errorf("hash first passwords: %w", err)
		}
		if err := i.stage.SetFirstPasswords(ctx, fresh); err != nil {
			return fmt.Errorf("keep first passwords: %w", err)
		}
	}
	return nil
}

// hashOne returns the hash of a first password, or "" when the one that is kept
// is to stay.
func (i *importer) hashOne(ctx context.Context, password string, kept FirstPassword) (account.Hash, error) {
	if kept.Chosen {
		return "", nil
	}
	if kept.Hash != "" {
		same, err := i.Hasher.Matches(ctx, password, kept.Hash)
		if err != nil || same {
			return "", err //nolint:wrapcheck // hash says what it was doing
		}
	}
	return i.Hasher.Hash(ctx, password) //nolint:wrapcheck // hash says what it was doing
}
