// Package password hashes and checks passwords with argon2id, a bounded number
// at once: a thousand people who log in together wait for each other instead of
// eating the memory.
package password

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/unicode/norm"

	"hoofdpas/internal/account"
)

// Hasher is an account.Hasher.
type Hasher struct {
	params argon2id.Params
	places *semaphore.Weighted
	// nobody is the hash of no password: comparing with it takes as long as
	// comparing with any other, and its outcome is thrown away.
	nobody string
}

// New makes a hasher that computes at most atOnce hashes at the same time, each
// with the parameters that OWASP's page on storing passwords names for
// argon2id: 19 MiB, two passes, one lane.
func New(atOnce int) *Hasher {
	p := argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	zeros := func(n uint32) string { return base64.RawStdEncoding.EncodeToString(make([]byte, n)) }
	return &Hasher{
		params: p,
		places: semaphore.NewWeighted(int64(max(1, atOnce))),
		nobody: fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Iterations, p.Parallelism,
			zeros(p.SaltLength), zeros(p.KeyLength)),
	}
}

// Hash hashes a password. It waits for its turn and gives up with the context.
func (h *Hasher) Hash(ctx context.Context, password string) (account.Hash, error) {
	if err := h.places.Acquire(ctx, 1); err != nil {
		return "", fmt.Errorf("wait to hash a password: %w", err)
	}
	defer h.places.Release(1)
	hash, err := argon2id.CreateHash(composed(password), &h.params)
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
		compared = h.nobody
	}
	ok, err := argon2id.ComparePasswordAndHash(composed(password), compared)
	if err != nil {
		return false, fmt.Errorf("check a password: %w", err)
	}
	return ok && hash != "", nil
}

// composed writes letters with accents in one way: one keyboard sends an e and
// an accent where another sends an é.
func composed(password string) string { return norm.NFC.String(password) }
