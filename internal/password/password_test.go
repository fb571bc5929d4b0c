package password

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"

	"hoofdpas/internal/account"
)

var _ account.Hasher = (*Hasher)(nil)

func TestAHashIsArgon2idWithTheParametersOfOWASP(t *testing.T) {
	t.Parallel()
	h := New(2)
	one, err := h.Hash(t.Context(), "Welkom-1984!")
	must(t, err)
	other, err := h.Hash(t.Context(), "Welkom-1984!")
	must(t, err)
	form := regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`)
	if !form.MatchString(string(one)) || one == other {
		t.Error("not argon2id with 19 MiB, two passes, one lane and a salt of its own")
	}
	if s := one.String() + one.LogValue().String(); strings.Contains(s, "$") {
		t.Error("a hash does not mask itself")
	}
}

func TestAPasswordMatchesItsOwnHashOnly(t *testing.T) {
	t.Parallel()
	h := New(2)
	hash, err := h.Hash(t.Context(), "Één-wachtwoord1!")
	must(t, err)
	for typed, want := range map[string]bool{
		"Één-wachtwoord1!":                     true,
		"E\u0301e\u0301n-wachtwoord1!":         true, // as some keyboards send it
		"één-wachtwoord1!":                     false,
		"Één-wachtwoord1! ":                    false,
		"Een-wachtwoord1!":                     false,
		"":                                     false,
		strings.Repeat("Één-wachtwoord1!", 50): false,
	} {
		ok, err := h.Matches(t.Context(), typed, hash)
		must(t, err)
		if ok != want {
			t.Errorf("%q: %v", typed, ok)
		}
	}
}

func TestTheEmptyHashMatchesNothingAndCostsTheSame(t *testing.T) {
	t.Parallel()
	h := New(2)
	for _, typed := range []string{"", "Welkom-1984!", h.nobody} {
		ok, err := h.Matches(t.Context(), typed, "")
		must(t, err)
		if ok {
			t.Errorf("%q matches nothing", typed)
		}
	}
	params, salt, key, err := argon2id.DecodeHash(h.nobody)
	must(t, err)
	if *params != h.params || len(salt) != int(h.params.SaltLength) || len(key) != int(h.params.KeyLength) {
		t.Errorf("it is computed with %+v, others with %+v", *params, h.params)
	}
}

func TestAHashThatIsNoneIsAFault(t *testing.T) {
	t.Parallel()
	if ok, err := New(1).Matches(t.Context(), "x", "plain text"); ok || err == nil {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestHashesAtOnceAreBounded(t *testing.T) {
	t.Parallel()
	h := New(2)
	must(t, h.places.Acquire(t.Context(), 2)) // two are at work
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error)
	go func() { _, err := h.Hash(ctx, "x"); errs <- err }()
	go func() { _, err := h.Matches(ctx, "x", ""); errs <- err }()
	select {
	case err := <-errs:
		t.Fatalf("a third did not wait: %v", err)
	default:
	}
	cancel() // whoever waited has gone
	for range 2 {
		if err := <-errs; err == nil {
			t.Error("a third was computed")
		}
	}
	h.places.Release(2)
	_, err := h.Hash(t.Context(), "x")
	must(t, err)
	if _, err := New(0).Hash(t.Context(), "x"); err != nil {
		t.Errorf("none at once is nobody ever: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
