// Package password hashes and checks passwords with argon2id, a bounded number
// at once: a thousand people who log in together wait for each other instead of
// eating the memory.
package password

import (
	"context"
	"fmt"
	"sync"

	"github.com/alexedwards/argon2id"
	"golang.org/x/sync/semaphore"

	"hoofdpas/internal/account"
)

// Hasher is an account.Hasher.
type Hasher struct {
	params argon2id.Params
	places *semaphore.Weighted
	// nobody is the hash of nothing: comparing with it takes as long as
	// comparing with any other, and its outcome is thrown away.
	nobody func() (string, error)
}

// New makes a hasher that computes at most atOnce hashes at the same time, each
// with the parameters that OWASP's page on storing passwords names for
// argon2id: 19 MiB, two passes, one lane.
func New(atOnce int) *Hasher {
	h := &Hasher{
		params: argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		places: semaphore.NewWeighted(int64(atOnce)),
	}
	h.nobody = sync.OnceValues(func() (string, error) { return argon2id.CreateHash("", &h.params) })
	return h
}

// Hash hashes a password. It waits for its turn and gives up with the context.
func (h *Hasher) Hash(ctx context.Context, password string) (account.Hash, error) {
	if err := h.places.Acquire(ctx, 1); err != nil {
		return "", fmt.Errorf("wait to hash a password: %w", err)
	}
	defer h.places.Release(1)
	hash, err := argon2id.CreateHash(password, &h.params)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return account.Hash(hash), nil
}

// Matches reports whether the hash is of the password. The empty hash matches
// nothing and takes as long as any other.
func (h *Hasher) Matches(ctx context.Context, password string, hash account.Hash) (bool, error) {
	if err := h.places.Acquire(ctx, 1); err != nil {
		return false, fmt.Errorf("wait to check a password: %w", err)
	}
	defer h.places.Release(1)
	compared := string(hash)
	if hash == "" {
		var err error
		if compared, err = h.nobody(); err != nil {
			return false, fmt.Errorf("check a password: %w", err)
		}
	}
	ok, err := argon2id.ComparePasswordAndHash(password, compared)
	if err != nil {
		return false, fmt.Errorf("check a password: %w", err)
	}
	return ok && hash != "", nil
}
